"""`goal …`: what the product is to achieve, and how far its key results are."""

import re
from collections.abc import Sequence
from datetime import date

from core.chat import figures
from core.chat.card import Button, Card, Choice, Divider, Field, Form, Items, Line, Part, Progress, Reply, Text, escape
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.reasons import ASK, reason
from core.commands.refused import Refused, needed, within
from core.commands.registry import Said, command
from core.commands.sharing import AUDIENCES, FOR, audience, audience_field, not_there, told
from core.commands.telling import Kind, tell
from core.product import goals, metrics
from core.product.audience import Audience
from core.product.goals import TEXT_LENGTH, Goal, Result, Standing
from core.product.metrics import Metric
from core.product.people import Role

NOTE_LENGTH = 500
CLOSED_SHOWN = 5
_RESULT = re.compile(r"#?(?:G-?)?(?P<goal>\d{1,9})(?:\.(?P<result>\d{1,9}))?", re.IGNORECASE)

tell(
    "goals",
    Kind("goal", letter="G", says=("text",), names={"closed_at": "closed", "because": "reason"}),
)
tell(
    "results",
    Kind(
        "key result",
        part="goal_id",
        says=("text",),
        names={"start": "from", "target": "to", "metric_id": "metric"},
    ),
)


# ---- goals ----


@command(
    f"goal add TEXT [due=] [audience={AUDIENCES}]",
    example="goal add Fewer support tickets due=2026-12-31",
    role=Role.PRODUCT_MANAGER,
    text="text",
)
def add(call: Call) -> Said:
    """Say what the product is to achieve; key results tell how far it is."""
    product = call.product
    text = call.phrase()
    due, whom = call.coming("due", f"{call.today.year}-12-31"), audience(call, Audience.STAKEHOLDERS)
    if not text and not call.ask.values:
        return Form("A goal", _fields("text", "", due, whom), "goal add")
    _check(call, text, "text")
    goal = goals.add(call.db, product.id, text, due, whom)
    name = f"G-{goal.number}"
    when = f" · by {day_in_words(due, call.today)}" if due else ""
    button = Button("Add a key result", f"goal result {name}", form=True)
    return told(call, Card(f"{name} added: {text}{when} · {FOR[whom]}", buttons=(button,)), whom)


def _fields(name: str, text: str, due: date | None, whom: Audience) -> tuple[Field, ...]:
    hint = "What will be better, and for whom"
    return (
        Field(name, "Goal", value=text, required=True, hint=hint, max_length=TEXT_LENGTH),
        Field("due", "By", "date", value=due.isoformat() if due else ""),
        audience_field(whom),
    )


def _check(call: Call, text: str, field: str) -> None:
    needed(text, "A goal needs a few words.", TEXT_LENGTH, "A goal", call.command.example, field=field)


@command(
    f"goal edit G-1 [title=] [due=] [audience={AUDIENCES}]",
    example="goal edit G-1 due=2027-01-31",
    role=Role.PRODUCT_MANAGER,
)
def edit(call: Call) -> Said:
    """Reword a goal, move its day, or say who may read it."""
    goal = goal_of(call, call.take_number("G", "goal"))
    call.end()
    name = f"G-{goal.number}"
    given = call.options.keys() & {"title", "due", "audience"}
    if not given and not call.ask.values:
        return Form(
            f"Change {name}", _fields("title", goal.text, goal.due, Audience(goal.audience)), f"goal edit {name}"
        )
    was = Audience(goal.audience)
    said = []
    if call.given("title"):
        text = call.phrase("title")
        _check(call, text, "title")
        said += ["new words"] if text != goal.text else []
        goal.text = text
    if call.given("due"):
        due = call.day("due")
        said += [f"due {day_in_words(due, call.today) if due else 'no day'}"] if due != goal.due else []
        goal.due = due
    whom = audience(call, was)
    said += [FOR[whom]] if whom is not was else []
    goal.audience = whom.value
    call.db.flush()
    if not said:
        return Reply(ok=True, card=Card(f"{name} is like that already; nothing was changed."))
    return told(call, Card(f"{name} {goal.text}: {', '.join(said)}"), was, whom)


@command(
    "goal close G-1 because=",
    example="goal close G-1 because=Tickets have halved",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def close(call: Call) -> Said:
    """Close a goal that is reached, or that is given up, and say why."""
    goal = goal_of(call, call.take_number("G", "goal"))
    call.end()
    name = f"G-{goal.number}"
    if goal.closed_at is not None:
        raise Refused(f"{name} is closed already.", "goal list")
    because = reason(call, f"Close {name}", f"Why is {name} closed?")
    if isinstance(because, Form):
        return because
    standing = goals.standings(call.db, [goal], call.today)[goal.id]
    goal.closed_at, goal.because = call.now, because
    call.db.flush()
    part = goals.progress(standing)
    at = f" at {figures.percent(part)}" if part is not None else ""
    return told(call, Card(f"{name} {goal.text}: closed{at} because {because}"), goal.audience)


# ---- key results ----


@command(
    "goal result G-1 TEXT from= to= [metric=]",
    example="goal result G-1 Tickets a week from=41 to=25",
    role=Role.PRODUCT_MANAGER,
    hidden="new-text",
)
def result(call: Call) -> Said:
    """Add a key result: what is counted, from where to where; a metric fills it by itself."""
    goal = goal_of(call, call.take_number("G", "goal"))
    name = f"G-{goal.number}"
    text = call.phrase("new-text") or call.phrase()
    if goal.closed_at is not None:
        raise Refused(f"{name} is closed.", "goal list")
    if not text and not call.ask.values and not call.options:
        return _result_form(call, name)
    missing = "What is counted? A key result needs a few words."
    needed(text, missing, TEXT_LENGTH, "A key result", call.command.example, field="new-text")
    metric = _metric(call)
    start, target = _ends(call, metric)
    made = goals.add_result(call.db, goal, text, start, target, metric)
    unit = metric.unit if metric else ""
    filled = f", filled by {metric.name}" if metric else ""
    span = f"{figures.shown(start)} → {figures.shown(target, unit)}"
    button = () if metric else (Button("Update it", f"goal update {name}.{made.number}", form=True),)
    return told(call, Card(f"{name}.{made.number} added: {text} · {span}{filled}", buttons=button), goal.audience)


def _result_form(call: Call, name: str) -> Form:
    known = [one.name for one in metrics.of(call.db, call.product.id, tuple(Audience))][:100]
    choices = (Choice("None, it is typed in", ""), *(Choice(one, one) for one in known))
    fields = (
        Field("new-text", "What is counted", required=True, hint="Such as: tickets a week", max_length=TEXT_LENGTH),
        Field("from", "From", "number", required=not known),
        Field("to", "To", "number", required=not known),
        *((Field("metric", "Filled by", "choice", "", choices=choices),) if known else ()),
    )
    return Form(f"A key result of {name}", fields, f"goal result {name}")


def _metric(call: Call) -> Metric | None:
    raw = call.words("metric")
    if not raw or raw.lower() == "none":
        return None
    try:
        return metrics.find(call.db, call.product.id, raw)
    except metrics.NoSuchMetric as no:
        why = f"There is no metric “{shorten(raw, 40)}”. Define it first."
        raise Refused(why, f"metric define {metrics.slug(raw) or 'activation'}", field="metric") from no


def _ends(call: Call, metric: Metric | None) -> tuple[float, float]:
    """Where a result begins and where it is to end; what is left out is the metric's value and its goal line."""
    start, target = call.figure("from", "41"), call.figure("to", "25")
    if metric is not None and start is None:
        last = metrics.latest(call.db, metric, call.today)
        start = last.value if last else None
    if metric is not None and target is None:
        target = metric.goal
    if start is None:
        raise call.wrong("from", "Where does it begin? Say from= and a number.", "41")
    if target is None:
        raise call.wrong("to", "Where is it to end? Say to= and a number.", "25")
    if start == target:
        raise call.wrong(
            "to", "from= and to= are the same; a key result goes from one number to another.", f"{start + 1:g}"
        )
    return start, target


@command(
    "goal update G-1.1 VALUE [note=]",
    example="goal update G-1.1 33 note=after the new import",
    role=Role.PRODUCT_MANAGER,
    hidden="new-value",
)
def update(call: Call) -> Said:
    """Say what a key result counts now; its goal's progress follows."""
    goal, found = _result(call)
    name = f"G-{goal.number}.{found.number}"
    raw = call.phrase("new-value") or call.phrase()
    if found.metric_id is not None:
        filled = call.db.get_one(Metric, {"id": found.metric_id, "workspace_id": call.db.workspace})
        raise Refused(f"{name} is filled by the metric {filled.name}; record it there.", f"metric show {filled.slug}")
    if goal.closed_at is not None:
        raise Refused(f"G-{goal.number} is closed.", "goal list")
    if not raw and not call.ask.values:
        value = "" if found.value is None else f"{found.value:g}"
        fields = (
            Field("new-value", shorten(found.text, 60), "number", value, True, _span(found)),
            Field("note", "Note", max_length=NOTE_LENGTH),
        )
        return Form(f"{name} now", fields, f"goal update {name}")
    value_now = figures.read(raw)
    if value_now is None:
        why = f"{name} wants a number such as 33, not “{shorten(raw, 40)}”." if raw else "Which number is it now?"
        raise Refused(why, f"goal update {name} {found.target:g}", field="new-value")
    note = call.phrase("note")
    within(note, NOTE_LENGTH, "A note", call.command.example, field="note")
    was = found.value
    found.value, found.note = value_now, note
    call.db.flush()
    return told(call, _updated(call, goal, Standing(found, value_now), was, note), goal.audience)


def _updated(call: Call, goal: Goal, one: Standing, was: float | None, note: str) -> Card:
    before = figures.shown(was if was is not None else one.result.start)
    name = f"G-{goal.number}.{one.result.number}"
    title = f"{name} {one.result.text}: {before} → {figures.shown(one.value or 0.0)}, {_percent(one)}"
    every = goals.standings(call.db, [goal], call.today)[goal.id]
    part = goals.progress(every) or 0.0
    whole = f"G-{goal.number} {goal.text}: {figures.percent(part)} of the way" if len(every) > 1 else ""
    body: tuple[Part, ...] = (
        *((Text(escape(whole)),) if whole else ()),
        *((Text(escape(note), subtle=True),) if note else ()),
    )
    return Card(title, body)


def _percent(one: Standing) -> str:
    """'50 %', with what a number between 0 and 100 would hide."""
    said = figures.percent(one.progress)
    if one.raw < 0:
        return f"{said}: it is further away than at the start"
    return f"{said}: the target is passed" if one.raw > 1 else said


def _span(found: Result) -> str:
    return f"From {figures.shown(found.start)} to {figures.shown(found.target)}"


# ---- which ones ----


def goal_of(call: Call, number: int) -> Goal:
    """A goal that the asker may read."""
    try:
        return goals.find(call.db, call.product.id, number, call.audience.reads)
    except goals.NoSuchGoal as no:
        raise not_there(call, f"G-{number}", "goal", "goal list") from no


def _result(call: Call) -> tuple[Goal, Result]:
    """'G-1.1', or 'G-1' where the goal has one result only."""
    word = call.take_word()
    found = _RESULT.fullmatch(word)
    if not found:
        why = f"“{shorten(word, 40)}” is no key result." if word else "Which key result? It is called G-1.1 or so."
        raise Refused(why, call.command.example)
    goal = goal_of(call, int(found["goal"]))
    known = goals.results(call.db, [goal.id])
    name = f"G-{goal.number}"
    if not known:
        raise Refused(f"{name} has no key results yet.", f"goal result {name} Tickets a week from=41 to=25")
    if found["result"] is None:
        if len(known) == 1:
            return goal, known[0]
        raise Refused(f"{name} has {len(known)} key results. Which one?", f"goal update {name}.{known[0].number} 33")
    try:
        return goal, goals.result(call.db, goal, int(found["result"]))
    except goals.NoSuchResult as no:
        why = f"{name} has {counted(len(known), 'key result')}; there is no {name}.{no.args[1]}."
        raise Refused(why, f"goal update {name}.{known[0].number} 33") from no


def goal_in(call: Call, key: str) -> Goal | None:
    """The goal that an option names; None where it is empty or 'none'."""
    raw = call.options.get(key, "").strip()
    if raw.lower() in ("", "none"):
        return None
    found = re.fullmatch(r"#?(?:G-?)?(\d{1,9})", raw, re.IGNORECASE)
    try:
        if not found:
            raise goals.NoSuchGoal(raw)
        return goals.find(call.db, call.product.id, int(found[1]), call.audience.reads)
    except goals.NoSuchGoal as no:
        name = f"G-{found[1]}" if found else f"“{shorten(raw, 40)}”"
        raise Refused(f"There is no goal {name} in {call.product.name}.", "goal list", field=key) from no


# ---- reading ----


@command("goal list", example="goal list", role=Role.VIEWER, writes=False, guests=True)
def list_(call: Call) -> Said:
    """The goals, their key results and how far each is."""
    call.end()
    product = call.product
    open_ = goals.of(call.db, product.id, call.audience.reads)
    closed = goals.of(call.db, product.id, call.audience.reads, closed=True)[:CLOSED_SHOWN]
    if not open_ and not closed:
        button = (Button("Add a goal", "goal add", form=True),) if call.may(Role.PRODUCT_MANAGER) else ()
        return Card(f"{product.name} has no goals {_to_see(call)}", buttons=button)
    standings = goals.standings(call.db, [*open_, *closed], call.today)
    body: list[Part] = []
    for goal in open_:
        body += [Divider()] if body else []
        body += shown(call, goal, standings[goal.id])
    if closed:
        rows = (_closed(call, goal, goals.progress(standings[goal.id])) for goal in closed)
        body += [*([Divider()] if body else []), Text("**Closed**"), Items(tuple(rows))]
    return Card(f"{product.name} · {counted(len(open_), 'goal')}", tuple(body))


def _to_see(call: Call) -> str:
    return "yet" if call.audience is Audience.TEAM else "to show"


def shown(call: Call, goal: Goal, standings: Sequence[Standing]) -> list[Part]:
    """A goal: its words, its progress, its key results."""
    name = f"G-{goal.number}"
    late = goal.due is not None and goal.due < call.today
    due = f" · {'was due' if late else 'by'} {day_in_words(goal.due, call.today)}" if goal.due else ""
    whom = f" · {FOR[Audience(goal.audience)]}" if call.audience is Audience.TEAM else ""
    part = goals.progress(standings)
    far = f" · {figures.percent(part)}" if part is not None else ""
    head = Text(f"**{name} {escape(goal.text)}**{far}{due}{whom}")
    if part is None:
        manager = call.may(Role.PRODUCT_MANAGER)
        button = (Button("Add a key result", f"goal result {name}", form=True),) if manager else ()
        return [head, Items((Line("", "no key results yet", buttons=button),))]
    rows = tuple(_line(call, name, one) for one in standings)
    return [head, Progress(f"{name}, in percent", float(figures.percent(part).removesuffix(" %")), 100), Items(rows)]


def _line(call: Call, goal: str, one: Standing) -> Line:
    found = one.result
    name = f"{goal}.{found.number}"
    now = "not measured yet" if one.value is None else f"now {figures.shown(one.value)}"
    when = f", {day_in_words(one.measured, call.today)}" if one.measured else ""
    span = f"{figures.shown(found.start)} → {figures.shown(found.target)}"
    detail = f"{span} · {now}{when} · {_percent(one)}"
    if found.note and call.audience is Audience.TEAM:
        detail += f" · {found.note}"
    typed = found.metric_id is None and call.may(Role.PRODUCT_MANAGER)
    return Line(name, found.text, detail, (Button("Update", f"goal update {name}", form=True),) if typed else ())


def _closed(call: Call, goal: Goal, part: float | None) -> Line:
    at = f" at {figures.percent(part)}" if part is not None else ""
    when = call.date_of(goal.closed_at) if goal.closed_at else ""
    return Line(f"G-{goal.number}", goal.text, f"closed {when}{at} because {goal.because}")

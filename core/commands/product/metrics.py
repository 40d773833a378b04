"""`metric …`: what is measured, how it goes, and how far the goal line is."""

from collections.abc import Mapping, Sequence
from datetime import date

from core.chat import figures
from core.chat.card import Button, Card, Choice, Field, Form, Items, Line, Part, Reply, Table, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.product import metric_rows
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sharing import AUDIENCES, FOR, audience, audience_field, manager_only, members_only, not_there, told
from core.commands.telling import Kind, tell
from core.product import formula, metrics, trend
from core.product.audience import Audience
from core.product.metrics import NAME_LENGTH, Metric, Value
from core.product.people import Role
from core.store.history import Fields

UNIT_LENGTH = 20
SHOWN = 5
STALE = 14  # days without a value, after which it is said how old the last one is
EVERY = (
    "day", "weekday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "week", "month",
)  # fmt: skip
KEYS = ("unit", "goal", "better", "formula", "ask", "every", "audience")

tell("metrics", Kind("metric", says=("name",), names={"ask_id": "asked"}, silent=frozenset({"slug"})))


def _measured(call: Call, fields: Fields) -> str:
    """'38 on 2 Nov' where it is made or removed, 'value of 2 Nov' where it is changed."""
    day = day_in_words(fields["day"], call.today) if "day" in fields else "a day"
    return f"{figures.shown(fields['value'])} on {day}" if "metric_id" in fields else f"value of {day}"


tell("measurements", Kind("value", part="metric_id", says=("day",), tells=_measured))


# ---- defining ----


@command(
    f"metric define NAME [unit=] [goal=] [better=up|down] [formula=] [ask=] [every=] [audience={AUDIENCES}]",
    example="metric define activation unit=% goal=40",
    role=Role.PRODUCT_MANAGER,
    text="name",
)
def define(call: Call) -> Said:
    """Say what is measured, in which unit, where its goal line is, and who is asked for it."""
    product = call.product
    name = call.phrase()
    if not name and not call.ask.values:
        return _form(call)
    slug = metrics.slug(name)
    if not slug or len(name) > NAME_LENGTH:
        why = "A metric needs a name of letters." if not slug else f"A name holds {NAME_LENGTH} characters."
        raise Refused(why, call.command.example, field="name")
    known = next((one for one in metrics.of(call.db, product.id, tuple(Audience)) if one.slug == slug), None)
    before = Audience(known.audience) if known else Audience.TEAM
    fields = _fields(call, slug, known)
    _check_ask(fields, known, name)
    if known is None:
        blank = {"unit": "", "goal": None, "better": "up", "formula": "", "ask_id": None, "every": ""}
        metric = metrics.define(call.db, product.id, name, slug, {**blank, **fields})
        return told(call, _defined(call, metric, "defined"), metric.audience)
    changed = {column: value for column, value in fields.items() if getattr(known, column) != value}
    if not changed:
        return Reply(ok=True, card=Card(f"{known.name} is like that already; nothing was changed."))
    if changed.get("formula") and metrics.measured(call.db, known):
        raise Refused(f"{known.name} has values that were recorded; give the formula a name of its own.",
                      f"metric define {slug}_computed", field="formula")  # fmt: skip
    for column, value in changed.items():
        setattr(known, column, value)
    call.db.flush()
    return told(call, _defined(call, known, "changed"), known.audience, before)


def _form(call: Call) -> Form:
    fields = (
        Field("name", "Name", required=True, hint="Such as: activation", max_length=NAME_LENGTH),
        Field("unit", "Unit", hint="Such as: %", max_length=UNIT_LENGTH),
        Field("goal", "Goal line", "number"),
        Field("better", "Better is", "choice", "up", choices=(Choice("Up", "up"), Choice("Down", "down"))),
        Field("formula", "Computed from others", hint="Such as: mrr / customers", max_length=formula.LENGTH),
        Field("ask", "Ask whom for it", "person"),
        Field(
            "every", "Every", "choice", "", choices=(Choice("Never", ""), *(Choice(o.capitalize(), o) for o in EVERY))
        ),
        audience_field(Audience.TEAM),
    )
    return Form("A metric", fields, "metric define")


def _fields(call: Call, slug: str, known: Metric | None) -> dict[str, object]:
    """The columns that the options name."""
    fields: dict[str, object] = {}
    if call.given("unit"):
        fields["unit"] = call.phrase("unit")
        if len(str(fields["unit"])) > UNIT_LENGTH:
            raise call.wrong("unit", f"A unit holds {UNIT_LENGTH} characters.", "%")
    if call.given("goal"):
        fields["goal"] = call.figure("goal", "40")
    if call.options.get("better", "").strip():
        fields["better"] = call.choice("better")
    if call.given("formula"):
        fields["formula"] = _formula(call, slug)
    fields |= _asked(call, known.ask_id if known else None)
    fields["audience"] = audience(call, Audience(known.audience) if known else Audience.TEAM).value
    return fields


def _formula(call: Call, slug: str) -> str:
    text = call.phrase("formula")
    if not text:
        return ""
    known = [one.slug for one in metrics.of(call.db, call.product.id, tuple(Audience)) if one.slug != slug]
    better = " / ".join(known[:2]) or "mrr / customers"
    try:
        metrics.check_formula(call.db, call.product.id, slug, text)
    except formula.NotAFormula as no:
        raise call.wrong("formula", f"A formula {no.args[0]}.", better) from no
    except metrics.Circle as no:
        raise call.wrong("formula", f"{slug} would be computed from itself.", better) from no
    except metrics.NoSuchMetric as no:
        raise Refused(
            f"There is no metric {shorten(no.args[0], 40)} for the formula; define it first.",
            f"metric define {shorten(no.args[0], 40)}", field="formula",
        ) from no  # fmt: skip
    return text


def _asked(call: Call, known: str | None) -> dict[str, object]:
    """Whom to ask for a value and when: 'monday' where only the person is said, me where only the day is."""
    found: dict[str, object] = {}
    if call.given("ask"):
        found["ask_id"] = call.person_in("ask")
        found["every"] = "monday" if found["ask_id"] else ""
    if call.given("every"):
        every = call.words("every").lower()
        if every not in ("", *EVERY):
            raise call.wrong("every", f"every is one of {listed(EVERY)}; “{shorten(every, 40)}” is none.", "monday")
        if every or not found.get("ask_id"):
            found["every"] = every
        if every and "ask_id" not in found and known is None:
            found["ask_id"] = call.person
    return found


def _check_ask(fields: Mapping[str, object], known: Metric | None, name: str) -> None:
    """Nobody is asked for what is computed."""
    computed = str(fields.get("formula", known.formula if known else ""))
    asked = fields.get("ask_id", known.ask_id if known else None)
    if computed and asked and not fields.keys().isdisjoint({"formula", "ask_id"}):
        part = formula.read(computed).names[0]
        raise Refused(f"{name} is computed as {computed}; ask for its parts.",
                      f"metric define {part} ask=me every=monday", field="ask")  # fmt: skip


def _defined(call: Call, metric: Metric, verb: str) -> Card:
    said = [
        f"better {metric.better}",
        f"goal {figures.shown(metric.goal, metric.unit)}" if metric.goal is not None else "",
        f"in {metric.unit}" if metric.unit and metric.goal is None else "",
        f"computed as {metric.formula}" if metric.formula else "",
        f"{call.name(metric.ask_id)} is asked every {_every(metric)}" if metric.ask_id and metric.every else "",
        FOR[Audience(metric.audience)],
    ]
    button = () if metric.formula else (Button("Record a value", f"metric record {metric.slug}", form=True),)
    return Card(f"{metric.name} {verb}: {', '.join(part for part in said if part)}", buttons=button)


def _every(metric: Metric) -> str:
    return (
        metric.every.capitalize()
        if metric.every.endswith("day") and metric.every not in ("day", "weekday")
        else metric.every
    )


# ---- recording ----


@command(
    "metric record NAME VALUE|FILE [on=]",
    example="metric record activation 38 on=yesterday",
    role=Role.VIEWER,
    hidden="new-value new-rows",
    file="table",
)
def record(call: Call) -> Said:
    """Record what a metric is; one value a day, or a table of days and values, pasted or dropped as CSV."""
    product = call.product
    all_ = metrics.of(call.db, product.id, tuple(Audience))
    name, value, rows = _words(call)
    metric = _to_record(call, all_, name)
    if metric.formula:
        raise Refused(f"{metric.name} is computed as {metric.formula}; record its parts.", f"metric show {metric.slug}")
    if rows:
        return _record_rows(call, metric, metric_rows.read(call, metric, rows))
    if call.ask.files and not value:
        return _record_rows(call, metric, metric_rows.from_file(call, metric))
    day = call.day("on", "yesterday") or call.today
    if not value and not call.ask.values:
        return _record_form(call, metric)
    found = figures.read(value.removesuffix(metric.unit))
    if found is None:
        why = (
            f"{metric.name} wants a number such as 38, not “{shorten(value, 40)}”." if value else "Which number is it?"
        )
        raise Refused(why, f"metric record {metric.slug} 38", field="new-value")
    _check_day(call, day)
    was = metrics.record(call.db, metric, day, found)
    return told(call, _recorded(call, metric, day, found, was), metric.audience)


def _words(call: Call) -> tuple[str, str, str]:
    """A metric's name, the value, and a pasted table: the name may be several words, the value is the last."""
    lines = call.rest().strip().splitlines()
    first = lines[0] if lines else ""
    rows = "\n".join([*lines[1:], call.options.get("new-rows", "")]).strip()
    if call.given("new-value") or rows:
        return first.strip().strip('"“”'), call.options.get("new-value", "").strip(), rows
    words = first.split()
    slugs = {one.slug for one in metrics.of(call.db, call.product.id, tuple(Audience))}
    if metrics.slug(first) in slugs or len(words) < 2:
        return first.strip('"“”'), "", ""
    for at in range(len(words) - 1, 0, -1):  # 'weekly users 1 200': the longest name that is known
        if metrics.slug(" ".join(words[:at])) in slugs:
            return " ".join(words[:at]), " ".join(words[at:]), ""
    return " ".join(words[:-1]).strip('"“”'), words[-1], ""


def _to_record(call: Call, all_: Sequence[Metric], name: str) -> Metric:
    """The metric, where the asker may record it: the manager any, others what they are asked for."""
    metric = next((one for one in all_ if one.slug == metrics.slug(name)), None)
    if metric is None or metric.ask_id != call.person:
        manager_only(call)
    if metric is None:
        what = f"There is no metric “{shorten(name, 40)}”." if name else "Which metric? There are none yet."
        if not name and all_:
            what = f"Which metric? There {'is' if len(all_) == 1 else 'are'} {listed([one.name for one in all_[:8]])}."
        near = metrics.slug(name) or "activation"
        raise Refused(what, f"metric record {all_[0].slug} 38" if all_ and not name else f"metric define {near}")
    return metric


def _record_form(call: Call, metric: Metric) -> Form:
    hint = "Instead of one value: a day and a value on each line, as a spreadsheet gives them; or drop a CSV file"
    fields = (
        Field("new-value", f"{shorten(metric.name, 40)}{f' in {metric.unit}' if metric.unit else ''}", "number"),
        Field("on", "On", "date", call.today.isoformat()),
        Field("new-rows", "Or several", "longtext", hint=hint),
    )
    return Form(f"Record {shorten(metric.name, 40)}", fields, f"metric record {metric.slug}")


def _check_day(call: Call, day: date) -> None:
    if day > call.today:
        why = f"on= wants a day that has been; {day_in_words(day, call.today)} is to come."
        raise call.wrong("on", why, "yesterday")


def _recorded(call: Call, metric: Metric, day: date, value: float, was: float | None) -> Card:
    when = "" if day == call.today else f" on {day_in_words(day, call.today)}"
    said = f"{metric.name}{when}: {figures.shown(value, metric.unit)}"
    if metric.audience not in call.audience.reads:  # who is asked for it need not read it
        return Card(said)
    if was is not None and was != value:
        return Card(f"{said}, instead of {figures.shown(was, metric.unit)}")
    values = [one for one in metrics.series(call.db, metric, day, 2) if one.day < day]
    parts = [said]
    if values:
        parts.append(trend.change(values[-1].value, value, metric.better, metric.unit))
    if metric.goal is not None:
        parts.append(trend.distance(value, metric.goal, metric.better, metric.unit))
    return Card(" · ".join(parts), buttons=(Button("Show it", f"metric show {metric.slug}"),))


def _record_rows(call: Call, metric: Metric, rows: metric_rows.Rows) -> Said:
    """A table, day and value on each line; all of it or nothing."""
    for day, value in rows:
        metrics.record(call.db, metric, day, value)
    first, last = min(rows)[0], max(rows)[0]
    span = day_in_words(first, call.today) + (f" to {day_in_words(last, call.today)}" if last != first else "")
    show = (Button("Show it", f"metric show {metric.slug}"),) if metric.audience in call.audience.reads else ()
    card = Card(f"{metric.name}: {counted(len(rows), 'value')} recorded, {span}", buttons=show)
    return told(call, card, metric.audience)


# ---- reading ----


@command("metric show NAME", example="metric show activation", role=Role.VIEWER, writes=False, guests=True)
def show(call: Call) -> Said:
    """How a metric goes: its values, its trend, its goal line, as a picture."""
    name = call.phrase()
    product = call.product
    if not name:
        members_only(call)
        raise Refused("Which metric?", "metric list")
    try:
        metric = metrics.find(call.db, product.id, name, call.audience.reads)
    except metrics.NoSuchMetric as no:
        raise not_there(call, f"“{shorten(name, 40)}”", "metric", "metric list") from no
    values = metrics.series(call.db, metric, call.today)
    if not values:
        button = () if metric.formula else (Button("Record a value", f"metric record {metric.slug}", form=True),)
        why = f"It is computed as {metric.formula}, and its parts have no values yet." if metric.formula else ""
        return Card(f"{metric.name} · not measured yet", (Text(escape(why)),) if why else (), button)
    drawn = trend.chart(metric.name, values, metric.unit, metric.goal, metric.better, call.today)
    last = values[-1]
    title = f"{metric.name} {figures.shown(last.value, metric.unit)} · {_when(call, last.day)}"
    body: list[Part] = [Text(escape(". ".join(_sentences(call, metric, values)) + ".")), call.picture(drawn)]
    rows = tuple((day_in_words(one.day, call.today), figures.shown(one.value, metric.unit)) for one in values[-SHOWN:])
    body.append(Table(("Day", "Value"), tuple(reversed(rows)), right=("Value",)))
    team = call.audience is Audience.TEAM and not metric.formula
    return Card(title, tuple(body), (Button("Record", f"metric record {metric.slug}", form=True),) if team else ())


def _when(call: Call, day: date) -> str:
    age = (call.today - day).days
    return f"last measured {age} days ago" if age >= STALE else day_in_words(day, call.today)


def _sentences(call: Call, metric: Metric, values: Sequence[Value]) -> list[str]:
    last = values[-1]
    said = []
    for before, since in ((values[-2:][0], ""), (values[0], "the first value on ")):
        if before is not last and (not since or len(values) > 2):
            day = since + day_in_words(before.day, call.today)
            moved = trend.change(before.value, last.value, metric.better, metric.unit, day)
            said.append(moved[:1].upper() + moved[1:])
    if metric.goal is not None:
        goal = figures.shown(metric.goal, metric.unit)
        said.append(f"Goal {goal}: {trend.distance(last.value, metric.goal, metric.better, metric.unit)}")
    if metric.formula and call.audience is Audience.TEAM:
        said.append(f"Computed as {metric.formula}")
    return said or ["The first value; a trend wants two"]


@command("metric list", example="metric list", role=Role.VIEWER, writes=False, guests=True)
def list_(call: Call) -> Said:
    """The metrics: what each is now, how it moved, and how far its goal line is."""
    call.end()
    product = call.product
    found = metrics.of(call.db, product.id, call.audience.reads)
    if not found:
        manager = call.may(Role.PRODUCT_MANAGER)
        button = (Button("Define one", "metric define", form=True),) if manager else ()
        return Card(f"{product.name} has no metrics {'yet' if call.audience is Audience.TEAM else 'to show'}",
                    buttons=button)  # fmt: skip
    rows = tuple(_row(call, metric) for metric in found)
    return Card(f"{product.name} · {counted(len(found), 'metric')}", (Items(rows),))


def _row(call: Call, metric: Metric) -> Line:
    values = metrics.series(call.db, metric, call.today, metrics.MOST if metric.formula else 2)
    show = (Button("Show", f"metric show {metric.slug}"),)
    if not values:
        return Line("", metric.name, "not measured yet", show)
    last = values[-1]
    parts = [figures.shown(last.value, metric.unit)]
    if len(values) > 1:
        parts.append(trend.change(values[-2].value, last.value, metric.better, metric.unit))
    if metric.goal is not None:
        goal = figures.shown(metric.goal, metric.unit)
        parts.append(f"goal {goal}, {trend.distance(last.value, metric.goal, metric.better, metric.unit)}")
    return Line("", metric.name, " · ".join([*parts, _when(call, last.day)]), show)

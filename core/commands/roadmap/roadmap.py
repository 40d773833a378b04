"""`roadmap …`: what is promised, for when, and what became of each promise."""

from collections.abc import Sequence
from datetime import date

from core.chat import dates, grammar
from core.chat.card import Button, Card, Choice, Field, Form, Reply, Text, escape
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.product.goals import goal_in
from core.commands.reasons import ASK, reason
from core.commands.refused import Refused, needed
from core.commands.registry import Said, command
from core.commands.roadmap.card import find, open_entry, span
from core.commands.sharing import AUDIENCES, FOR, audience, audience_field, told
from core.commands.telling import Kind, tell
from core.product import goals, roadmap
from core.product.audience import Audience
from core.product.items import Item
from core.product.people import Role
from core.product.roadmap import HORIZONS, TITLE_LENGTH, Entry

_HORIZONS = "|".join(HORIZONS)

tell(
    "roadmap_entries",
    Kind(
        "roadmap entry",
        letter="R",
        names={"goal_id": "goal", "starts": "from", "ends": "to"},
        silent=frozenset({"ended_at"}),
    ),
)
tell("roadmap_links", Kind("item", part="entry_id", says=("item_id",)))
tell("roadmap_moves", Kind("reason", part="entry_id", says=("because", "becomes")))
tell("milestones", Kind("milestone", part="entry_id", says=("text",), names={"owner_id": "owner", "done_at": "done"}))


# ---- adding and rewording ----


@command(
    f"roadmap add TITLE [horizon={_HORIZONS}] [from= to=] [audience={AUDIENCES}] [goal=]",
    example="roadmap add CSV export horizon=now goal=G-1",
    role=Role.PRODUCT_MANAGER,
    text="title",
)
def add(call: Call) -> Said:
    """Put something on the roadmap: now, next or later, or from a day to another."""
    product = call.product
    title = call.phrase()
    if not title and not call.ask.values:
        return _form(call, "Something for the roadmap", "roadmap add", None)
    _check(call, title)
    starts, ends = _days(call, None, None)
    goal = goal_in(call, "goal")
    given = call.options.get("horizon", "").strip()
    horizon = call.choice("horizon") if given else _horizon(call, starts, ends)
    whom = audience(call, Audience.STAKEHOLDERS)
    entry = roadmap.add(
        call.db, product.id, title, horizon=horizon, audience=whom, starts=starts, ends=ends,
        goal_id=goal.id if goal else None,
    )  # fmt: skip
    serves = f" · serves G-{goal.number}" if goal else ""
    name = f"R-{entry.number}"
    card = Card(f"{name} added: {title} · {span(call, entry)}{serves} · {FOR[whom]}")
    return told(call, card, whom)


def _check(call: Call, title: str) -> None:
    needed(title, "An entry needs a title.", TITLE_LENGTH, "A title", call.command.example, field="title")


def _form(call: Call, title: str, submit: str, entry: Entry | None) -> Form:
    known = goals.of(call.db, call.product.id, call.audience.reads)
    serving = [
        Choice("None", ""),
        *(Choice(shorten(f"G-{g.number} {g.text}", 70), f"G-{g.number}") for g in known[:90]),
    ]
    mine = next((f"G-{g.number}" for g in known if entry and g.id == entry.goal_id), "")
    said = call.options
    whom = Audience(entry.audience) if entry else audience(call, Audience.STAKEHOLDERS)
    fields = [
        Field("title", "Title", value=entry.title if entry else "", required=True, max_length=TITLE_LENGTH),
        audience_field(whom),
        Field("goal", "Serves the goal", "choice", mine or said.get("goal", "").upper(), choices=tuple(serving)),
    ]  # fmt: skip
    if entry is None:
        horizons = tuple(Choice(name.capitalize(), name) for name in HORIZONS)
        fields[1:1] = [
            Field("horizon", "When", "choice", call.choice("horizon") if said.get("horizon") else "later",
                  choices=horizons),
            Field("from", "From", "date", _iso(call.day("from"))),
            Field("to", "To", "date", _iso(call.day("to"))),
        ]  # fmt: skip
    return Form(title, tuple(fields), submit)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _horizon(call: Call, starts: date | None, ends: date | None) -> str:
    """Where something belongs that says only its days: what has begun is now, another day is next, none is later."""
    if starts is None and ends is None:
        return "later"
    return "now" if starts is not None and starts <= call.today else "next"


def _days(call: Call, starts: date | None, ends: date | None) -> tuple[date | None, date | None]:
    """The days that from= and to= name, others as they were; 'none' takes one away."""
    found = {"from": starts, "to": ends}
    for key in found:
        if call.given(key):
            empty = call.options[key].strip().lower() in ("", "none")
            found[key] = None if empty else call.day(key, "next month")
    first, last = found["from"], found["to"]
    if first is not None and last is not None and last < first:
        why = (
            f"It would end on {day_in_words(last, call.today)}, before it begins on {day_in_words(first, call.today)}."
        )
        raise call.wrong("to", why, first.isoformat())
    return first, last


@command(
    f"roadmap edit R-1 [title=] [audience={AUDIENCES}] [goal=]",
    example="roadmap edit R-1 audience=stakeholders",
    role=Role.PRODUCT_MANAGER,
)
def edit(call: Call) -> Said:
    """Reword an entry, say who may read it, or which goal it serves."""
    entry = find(call, call.take_number("R", "roadmap entry"))
    call.end()
    name = f"R-{entry.number}"
    if not call.options.keys() & {"title", "audience", "goal"} and not call.ask.values:
        return _form(call, f"Change {name}", f"roadmap edit {name}", entry)
    was = Audience(entry.audience)
    said = []
    if call.given("title"):
        title = call.phrase("title")
        _check(call, title)
        said += ["new title"] if title != entry.title else []
        entry.title = title
    if call.given("goal"):
        goal = goal_in(call, "goal")
        said += [f"serves G-{goal.number}" if goal else "serves no goal"] if _id(goal) != entry.goal_id else []
        entry.goal_id = _id(goal)
    whom = audience(call, was)
    said += [FOR[whom]] if whom is not was else []
    entry.audience = whom.value
    call.db.flush()
    if not said:
        return Reply(ok=True, card=Card(f"{name} is like that already; nothing was changed."))
    return told(call, Card(f"{name} {entry.title}: {', '.join(said)}"), was, whom)


def _id(goal: goals.Goal | None) -> str | None:
    return goal.id if goal else None


# ---- changing a promise ----


@command(
    f"roadmap move R-1 {_HORIZONS} [from= to=] because=",
    example="roadmap move R-1 later because=the bank wants an audit first",
    role=Role.PRODUCT_MANAGER,
    hidden=f"{ASK} horizon",
)
def move(call: Call) -> Said:
    """Move an entry to another horizon, with other days if you like, and say why."""
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    word = (call.take_word() or call.options.get("horizon", "").strip()).lower()
    call.end()
    name = f"R-{entry.number}"
    dated = bool(call.options.keys() & {"from", "to"})
    if dated and word in ("", entry.horizon):
        return _redated(call, entry, *_days(call, entry.starts, entry.ends))
    if word not in HORIZONS:
        near = grammar.suggest(word, HORIZONS) or "next"
        why = "Where to? now, next or later."
        if word:
            why = f"“{shorten(word, 40)}” is no horizon; there are now, next and later."
        raise Refused(why, f"roadmap move {name} {near} because=the bank wants an audit first")
    if word == entry.horizon:
        raise Refused(f"{name} is {word} already.", f"roadmap show {name}")
    because = reason(call, f"Move {name} to {word}", f"Why does {name} move to {word}?")
    if isinstance(because, Form):
        return because
    starts, ends = _days(call, entry.starts, entry.ends)
    was, entry.horizon = entry.horizon, word
    roadmap.moved(call.db, entry, roadmap.HORIZON, was, word, because)
    what = f"{was} → {word}"
    if (starts, ends) != (entry.starts, entry.ends):
        what += f", {_to_days(call, entry, starts, ends, because)}"
    return _changed(call, entry, what, because)


def _changed(call: Call, entry: Entry, what: str, because: str) -> Said:
    title = f"R-{entry.number} {entry.title}: {what}"
    card = Card(f"{title} because {because}") if len(because) <= 120 else Card(title, (Text(escape(because)),))
    return told(call, card, entry.audience)


@command(
    "roadmap date R-1 [from= to=] because=",
    example="roadmap date R-1 to=2026-12-31 because=the bank wants an audit first",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def date_(call: Call) -> Said:
    """Say from when to when, or by when, and why; a slip is remembered with its reason."""
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    return _redated(call, entry, *_said_days(call, entry))


def _redated(call: Call, entry: Entry, starts: date | None, ends: date | None) -> Said:
    name = f"R-{entry.number}"
    if (starts, ends) == (entry.starts, entry.ends):
        raise Refused(f"{name} has these days already.", f"roadmap show {name}")
    because = reason(call, f"New days for {name}", f"Why do the days of {name} change?")
    if isinstance(because, Form):
        return because
    return _changed(call, entry, _to_days(call, entry, starts, ends, because), because)


def _to_days(call: Call, entry: Entry, starts: date | None, ends: date | None, because: str) -> str:
    """Give an entry other days; how they change, in words."""
    was, before = span(call, entry, dated=True), entry.ends
    entry.starts, entry.ends = starts, ends
    days = (ends - before).days if ends and before else None
    now = span(call, entry, dated=True)
    roadmap.moved(call.db, entry, roadmap.DATE, was, now, because, days)
    later = f", {counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}" if days else ""
    return f"{was} → {now}{later}"


def _said_days(call: Call, entry: Entry) -> tuple[date | None, date | None]:
    """The days behind from= and to=, or typed bare: a range, or the last day."""
    if call.options.keys() & {"from", "to"}:
        call.end()
    typed = call.rest().strip()
    if not typed:
        if not call.options.keys() & {"from", "to"}:
            why = "Which days? Say to= and a day, or from= and to=."
            raise Refused(why, call.command.example, field="to")
        return _days(call, entry.starts, entry.ends)
    found = dates.days(typed, call.today)
    if found is None or not 1970 <= found[0].year <= found[1].year < 9000:
        why = f"“{shorten(typed, 40)}” is no day, nor days such as 2026-12-01..2026-12-24."
        raise Refused(why, call.command.example)
    first = found[0] if found[0] != found[1] else entry.starts
    return (first if first is None or first <= found[1] else None), found[1]


@command(
    "roadmap drop R-1 because=",
    example="roadmap drop R-1 because=nobody asks for it any more",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def drop(call: Call) -> Said:
    """Take an entry off the roadmap, and say why."""
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    call.end()
    name = f"R-{entry.number}"
    because = reason(call, f"Drop {name}", f"Why is {name} dropped?")
    if isinstance(because, Form):
        return because
    roadmap.moved(call.db, entry, roadmap.DROP, span(call, entry), roadmap.DROPPED, because)
    entry.status, entry.ended_at = roadmap.DROPPED, call.now
    call.db.flush()
    return _changed(call, entry, "dropped", because)


# ---- the items behind it ----


@command(
    "roadmap link R-1 APP-12 [because=]",
    example="roadmap link R-1 APP-12",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def link(call: Call) -> Said:
    """Say which items an entry consists of; its progress is counted from them."""
    return _relink(call, linking=True)


@command(
    "roadmap unlink R-1 APP-12 [because=]",
    example="roadmap unlink R-1 APP-12",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def unlink(call: Call) -> Said:
    """Say that items no longer belong to an entry."""
    return _relink(call, linking=False)


def _relink(call: Call, *, linking: bool) -> Said:
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    name = f"R-{entry.number}"
    references = call.take_items("Which items does it consist of?")
    call.end()
    if call.given(ASK):
        asked = reason(call, f"The scope of {name}", f"Why does the scope of {name} change?")
        if isinstance(asked, Form):
            return asked
    because = call.phrase("because")
    before = roadmap.progress(call.db, [entry.id])[entry.id]
    items = items_of(call, references)
    changed = (roadmap.link if linking else roadmap.unlink)(call.db, entry, items)
    if not changed:
        return _as_it_was(call, entry, items, because, linking=linking)
    after = roadmap.progress(call.db, [entry.id])[entry.id]
    if before.of or because:  # the first items are what it is, and no change of it
        sign = "+" if linking else "−"
        becomes = f"{counted(after.of, 'item')} ({sign}{_names(call, changed)})"
        roadmap.moved(call.db, entry, roadmap.SCOPE, counted(before.of, "item"), becomes, because)
    verb = "consists of" if not before.of else "takes in" if linking else "gives up"
    far = f" · {after.done} of {after.of} done" if after.of else ""
    why = f" because {because}" if because else ""
    asks = bool(before.of) and not because
    line = f"{call.command.name} {name} {' '.join(references)} {ASK}=yes"
    card = Card(
        f"{name} {entry.title}: {verb} {_names(call, changed)}{far}{why}",
        buttons=(Button("Say why", line, form=True),) if asks else (),
    )
    return told(call, card, Audience.TEAM)


def _as_it_was(call: Call, entry: Entry, items: Sequence[Item], because: str, *, linking: bool) -> Said:
    """Nothing to link or unlink; a reason that is given now is the last change's, where that has none."""
    name = f"R-{entry.number}"
    last = next((one for one in roadmap.moves(call.db, [entry.id]) if one.kind == roadmap.SCOPE), None)
    if because and last is not None and not last.because:
        last.because = because
        call.db.flush()
        return told(call, Card(f"{name} {entry.title}: {last.was} → {last.becomes} because {because}"), Audience.TEAM)
    one = len(items) == 1
    state = f"{'belongs' if one else 'belong'} to it already" if linking else f"{'is' if one else 'are'} no part of it"
    return Reply(ok=True, card=Card(f"{name}: {_names(call, items)} {state}; nothing was changed."))


def _names(call: Call, items: Sequence[Item]) -> str:
    return Words(call).names(sorted(items, key=lambda item: item.number))

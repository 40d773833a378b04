"""`roadmap list`, `show` and `picture`: the roadmap as far as the asker may read it; `notes`, what was shipped."""

from core.chat.card import (
    Button,
    Card,
    Facts,
    File,
    Items,
    Line,
    Part,
    Progress,
    Text,
    escape,
)
from core.chat.words import counted
from core.commands.call import Call
from core.commands.items import Words
from core.commands.registry import Said, command
from core.commands.roadmap.card import (
    Around,
    around,
    find,
    for_whom,
    lateness,
    line,
    milestone_line,
    serves,
    since,
    span,
)
from core.commands.sharing import AUDIENCES, FOR, audience, reads
from core.product import release, roadmap, timeline
from core.product.audience import Audience
from core.product.people import Role
from core.product.roadmap import HORIZONS, Entry, Move

PAGE = 30
SHOWN = 20  # items of an entry
MOVES = 10
_MOVED = {roadmap.DATE: "days", roadmap.HORIZON: "horizon", roadmap.SCOPE: "scope"}


@command(
    f"roadmap list [audience={AUDIENCES}] [since=]",
    example="roadmap list",
    role=Role.VIEWER,
    writes=False,
    guests=True,
    hidden="after-entry",
)
def list_(call: Call) -> Said:
    """What is on now, next and later: days, progress, and what slipped since a day."""
    call.end()
    product = call.product
    first, circle = since(call), reads(call)
    start = _start(call)
    entries = roadmap.listed(call.db, product.id, circle, count=PAGE + 1, offset=start)
    shown, more = entries[:PAGE], len(entries) > PAGE
    shipped = [] if start else roadmap.ended(call.db, product.id, circle, roadmap.SHIPPED, first)
    if not shown and not shipped:
        return _empty(call)
    found = around(call, [*shown, *shipped], first, circle)
    body: list[Part] = []
    for name in HORIZONS:
        rows = tuple(line(call, entry, found) for entry in shown if entry.horizon == name)
        body += [Text(f"**{name.capitalize()}**"), Items(rows)] if rows else []
    if shipped:
        rows = tuple(_shipped(call, entry, found) for entry in shipped[:PAGE])
        body += [Text(f"**Shipped since {call.date_of(first)}**"), Items(rows)]
    slipped = sum(any(move.slip for move in found.moves[entry.id]) for entry in shown)
    news = f" · {slipped} slipped since {call.date_of(first)}" if slipped else ""
    whom = f" {FOR[audience(call, Audience.TEAM)]}" if call.options.get("audience") else ""
    asked = f" audience={call.choice('audience')}" if call.options.get("audience") else ""
    buttons = [Button("Picture", f"roadmap picture{asked}")]
    if more:
        buttons.append(Button("More", f"roadmap list{asked} after-entry={start + PAGE}"))
    return Card(f"{product.name} · roadmap{whom}{news}", tuple(body), tuple(buttons))


def _start(call: Call) -> int:
    raw = call.options.get("after-entry", "0")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else 0


def _empty(call: Call) -> Card:
    manager = call.may(Role.PRODUCT_MANAGER)
    button = (Button("Add something", "roadmap add", form=True),) if manager else ()
    state = "empty" if call.audience is Audience.TEAM and not call.options.get("audience") else "not shared yet"
    return Card(f"{call.product.name} · the roadmap is {state}", buttons=button)


def _shipped(call: Call, entry: Entry, found: Around) -> Line:
    when = call.date_of(entry.ended_at) if entry.ended_at else ""
    parts = [when, serves(entry, found), for_whom(call, entry)]
    return Line(f"R-{entry.number}", entry.title, " · ".join(part for part in parts if part))


# ---- one entry ----


@command("roadmap show R-1", example="roadmap show R-1", role=Role.VIEWER, writes=False, guests=True)
def show(call: Call) -> Said:
    """One entry: its days, its progress, its milestones, and how it was moved and why."""
    entry = find(call, call.take_number("R", "roadmap entry"))
    call.end()
    name = f"R-{entry.number}"
    found = around(call, [entry], None)
    far = found.progress[entry.id]
    state = f"{entry.status} {call.date_of(entry.ended_at)}" if entry.ended_at else span(call, entry)
    goal = found.goals.get(entry.goal_id or "")
    facts = [
        ("When", " · ".join(part for part in (state, lateness(entry, call.today)) if part)),
        ("Goal", f"G-{goal.number} {goal.text}" if goal else ""),
        ("For", FOR[Audience(entry.audience)].removeprefix("for ") if call.audience is Audience.TEAM else ""),
    ]
    body: list[Part] = [Facts(tuple(fact for fact in facts if fact[1]))]
    if far.of:
        body.append(Progress("Items done", far.done, far.of))
        if far.points and call.audience is Audience.TEAM:
            body.append(Text(f"{far.points_done:g} of {far.points:g} points", subtle=True))
    body += _items(call, entry)
    if steps := found.milestones[entry.id]:
        rows = (milestone_line(call, number, one) for number, one in enumerate(steps, 1))
        body += [Text("**Milestones**"), Items(tuple(rows))]
    moves = [one for one in found.moves[entry.id] if one.kind != roadmap.SCOPE or call.audience is Audience.TEAM]
    if moves:
        body += [Text("**Changed**"), Items(tuple(_move(call, one) for one in moves[:MOVES]))]
    return Card(f"{name} {entry.title}", tuple(body), _buttons(call, entry, name))


def _items(call: Call, entry: Entry) -> list[Part]:
    """The items behind it, for the team: items are the team's alone."""
    if call.audience is not Audience.TEAM:
        return []
    rows = roadmap.items_of(call.db, entry.id)
    if not rows:
        return [Text(escape(f"No items yet: roadmap link R-{entry.number} {call.product.key}-1"), subtle=True)]
    words = Words(call)
    lines = tuple(Line(words.key(row.number), row.title, row.status) for row in rows[:SHOWN])
    more = [Text(f"and {len(rows) - SHOWN} more", subtle=True)] if len(rows) > SHOWN else []
    return [Items(lines), *more]


def _move(call: Call, one: Move) -> Line:
    what = f"{_MOVED[one.kind]} {one.was} → {one.becomes}" if one.kind in _MOVED else one.becomes
    why = f"because {one.because}" if one.because else "no reason given"
    return Line(call.date_of(one.created_at), what, why)


def _buttons(call: Call, entry: Entry, name: str) -> tuple[Button, ...]:
    if not call.may(Role.PRODUCT_MANAGER):
        return ()
    if entry.status == roadmap.SHIPPED:
        return (Button("Release notes", f"roadmap notes {name}"),)
    if entry.status != roadmap.OPEN:
        return ()
    return (
        Button("Ship", f"roadmap ship {name}"),
        Button("Edit", f"roadmap edit {name}", form=True),
        Button("Why", f"why {name}"),
    )


# ---- the picture ----


@command(
    f"roadmap picture [audience={AUDIENCES}]",
    example="roadmap picture",
    role=Role.VIEWER,
    writes=False,
    guests=True,
)
def picture(call: Call) -> Said:
    """The roadmap as a timeline that is understood at a glance."""
    call.end()
    product = call.product
    circle = reads(call)
    entries = roadmap.listed(call.db, product.id, circle, count=timeline.MOST + 1)
    if not entries:
        return _empty(call)
    found = around(call, entries, since(call), circle)
    bars = [
        timeline.Bar(
            entry.title, entry.horizon, entry.starts, entry.ends, found.progress[entry.id].done,
            found.progress[entry.id].of, sum(one.days or 0 for one in found.moves[entry.id]),
            tuple((one.day, one.done_at is not None) for one in found.milestones[entry.id]),
        )
        for entry in entries
    ]  # fmt: skip
    drawn = timeline.chart(product.name, bars, call.today)
    whom = f" {FOR[audience(call, Audience.TEAM)]}" if call.options.get("audience") else ""
    return Card(f"{product.name} · roadmap{whom}", (call.picture(drawn),))


# ---- release notes ----


@command(
    f"roadmap notes R-1 [audience={AUDIENCES}]",
    example="roadmap notes R-1 audience=stakeholders",
    role=Role.PRODUCT_MANAGER,
    writes=False,
)
def notes(call: Call) -> Said:
    """A draft of release notes from the accepted items, in words for an audience."""
    entry = find(call, call.take_number("R", "roadmap entry"))
    call.end()
    name = f"R-{entry.number}"
    whom = audience(call, Audience(entry.audience))
    done = release.items(call.db, entry.id)
    if not done:
        waits = roadmap.progress(call.db, [entry.id])[entry.id]
        state = f"{waits.done} of {waits.of} are done" if waits.of else "it consists of none so far"
        note = Text(escape(f"Release notes are drafted from what was accepted; {state}."))
        return Card(f"{name} has no accepted items yet", (note,), (Button(f"Show {name}", f"roadmap show {name}"),))
    draft = release.draft(entry.title, done, whom, call.product.key)
    left = f" · {counted(draft.left_out, 'item')} left out" if draft.left_out else ""
    buttons = tuple(
        Button(FOR[other].capitalize(), f"roadmap notes {name} audience={other}")
        for other in Audience
        if other is not whom
    )
    file = File(f"{name}-notes.md", "text/markdown", text=draft.markdown)
    note = Text("A draft that only you see. Change the words before you send it.", subtle=True)
    return Card(f"Release notes of {name} {FOR[whom]}{left}", (Text(escape(draft.text)), file, note), buttons)

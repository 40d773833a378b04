"""Finding items: lists and their pages, by words and by meaning, what is related to one, what is like a new one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.chat import grammar
from core.chat.card import Button, Card, Items, Line, Part, Text
from core.chat.words import counted, shorten
from core.commands.answers.cited import OF_ITEMS, cited
from core.commands.backlog import item_card, narrowing
from core.commands.call import Call
from core.commands.items import PAGE, Words, item_to_read, labels_in
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.words import in_sprint
from core.knowledge import duplicates
from core.knowledge import search as knowledge
from core.knowledge.search import MOST, Found, Hit
from core.product import backlog, held, sprints
from core.product.backlog import Filters, Listed
from core.product.items import CLOSED, STATUSES, TYPES, Item
from core.product.people import Role

_TYPES, _STATUSES = "|".join(TYPES), "|".join(STATUSES)
NEAR_WORDS, NEAR_MEANING = 0.5, 0.4  # from which something is near what was searched
FEW = 5  # items with the words themselves; of fewer, what is near is shown, too
NEAREST = 5
ALIKE = 2  # items that are named beside a new one


# ---- lists ----


@command(
    f"backlog list [status={_STATUSES}] [type={_TYPES}] [label=] [assignee=] [sprint=] [epic=] [due=] [text=]",
    example="backlog list status=doing",
    role=Role.MEMBER,
    writes=False,
    hidden="after-rank",
)
def list_(call: Call) -> Said:
    """The open items in order, best first; narrowed by what is given."""
    call.end()
    filters, rows = listed(call, call.options.get("text", ""))
    return listing(call, filters, rows) if rows else nothing(call)


def listed(call: Call, text: str, status: tuple[str, ...] = ()) -> tuple[Filters, list[Listed]]:
    """What a list is narrowed to, and a page of it and one row more."""
    options = call.options
    assignee = call.person_in("assignee")
    sprint = in_sprint(call)
    status = STATUSES if sprint else status  # of a sprint also what is done by now
    due_from, due = narrowing.due_in(call)
    filters = Filters(
        status=(call.choice("status"),) if options.get("status") else status,
        type=call.choice("type") if options.get("type") else "",
        label=one_label(call),
        assignee_id=assignee or "",
        unassigned=assignee is None and bool(options.get("assignee")),
        text=text,
        after=options.get("after-rank", ""),
        epic_id=item_to_read(call, options["epic"].strip()).id if options.get("epic", "").strip() else "",
        due=due,
        due_from=due_from,
        among=tuple(row.id for row in sprints.inside(call.db, sprint)) if sprint else None,
    )
    return filters, backlog.listed(call.db, call.product.id, filters, PAGE + 1)


def listing(call: Call, filters: Filters, rows: Sequence[Listed]) -> Card:
    """A page of a list, with a button to the next where there is one."""
    words = Words(call)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    buttons: tuple[Button, ...] = ()
    if more:
        kept = {key: value for key, value in call.options.items() if key != "show-here"}
        say = grammar.render(call.line.text, kept | {"after-rank": rows[-1].rank}, call.command.keys)
        buttons = (Button("More", f"{call.command.name} {say}"),)
    more_of = "next" if filters.after else "first"
    count = (
        f"the {more_of} {len(rows)} items"
        if more
        else f"the last {counted(len(rows), 'item')}"
        if filters.after
        else counted(len(rows), "item")
    )
    title = " · ".join([call.product.name, *narrowing.narrowed(call), count])
    holds = held.up(call.db, [row.id for row in rows if row.status not in CLOSED])
    lines = tuple(words.line(row, holds.get(row.id)) for row in rows)
    return Card(title, (Items(lines), *item_card.how_old(call, rows)), buttons)


def one_label(call: Call) -> str:
    found = labels_in(call)
    if len(found) > 1:
        raise call.wrong("label", f"label takes one label here, not {len(found)}.", found[0])
    return found[0] if found else ""


def nothing(call: Call) -> Card:
    """An empty list says why, and what to do next."""
    asked = {key for key in call.options if key != "show-here"}
    if asked or call.line.text:
        button = Button("All open items", "backlog list")
        return Card(f"{call.product.name} · no item fits", (Text("Nothing matches what you asked for."),), (button,))
    example = "backlog add Export invoices as CSV"
    body = (
        Text(f"Nothing is open here. Add the first with `{example}`, or paste several lines behind `backlog add`."),
    )
    return Card(f"{call.product.name} · no items yet", body, (Button("Add an item", "backlog add", form=True),))


# ---- by words and by meaning ----


@command("backlog search TEXT", example="backlog search invoice", writes=False, text="text", hidden="after-rank")
def search(call: Call) -> Said:
    """Items, open or closed, with these words in title, description or outside key; of few, what is near too."""
    text = call.rest().strip()
    if not text:
        raise Refused("Search for what?", call.command.example)
    filters, rows = listed(call, text, STATUSES)
    near = () if enough(text, filters, rows) else nearest(call, text, {row.number for row in rows})
    if not near:
        return listing(call, filters, rows) if rows else nothing(call)
    found = listing(call, filters, rows) if rows else Card(f"{call.product.name} · no item has these words")
    return Card(found.title, (*found.body, Text("**Near in meaning**"), Items(near)), found.buttons)


def enough(text: str, filters: Filters, rows: Sequence[Listed]) -> bool:
    """Whether what has the words themselves suffices: then no index is waited for. So does one item alone that is
    called so, here or outside."""
    called = any(text.lower() in (row.title.lower(), (row.external_key or "").lower()) for row in rows)
    return called or len(rows) >= FEW or bool(filters.after)


def nearest(call: Call, text: str, but: set[int]) -> tuple[Line, ...]:
    """Items near what is searched, the nearest first, without those of some numbers."""
    found = knowledge.search(call.db, call.product.id, call.audience, text, MOST, kinds=OF_ITEMS)
    return _lines(call, dict.fromkeys(hit.subject for hit in _near(found)), but)


def _near(found: Found) -> list[Hit]:
    return [hit for hit in found.hits if hit.share >= NEAR_WORDS or (hit.cosine or 0) >= NEAR_MEANING]


def _lines(call: Call, ids: dict[str, None], but: set[int]) -> tuple[Line, ...]:
    """The first few items of these ids, in their order."""
    items = {item.id: item for item in call.db.scalars(select(Item).where(Item.id.in_(list(ids))))}
    words = Words(call)
    kept = [items[key] for key in ids if key in items and items[key].number not in but]
    return tuple(words.line(item) for item in kept[:NEAREST])


# ---- what is related to one ----


@command("backlog related ITEM", example="backlog related APP-12", writes=False)
def related(call: Call) -> Said:
    """What is near an item: other items, decisions, answered questions, documents."""
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    key = Words(call).key(item.number)
    kinds = {*OF_ITEMS, *ELSEWHERE}
    found = knowledge.search(call.db, call.product.id, call.audience, item.title, MOST, kinds=kinds)
    near = [hit for hit in _near(found) if hit.subject != item.id]
    lines = _lines(call, dict.fromkeys(hit.subject for hit in near if hit.kind in OF_ITEMS), {item.number})
    body: list[Part] = [Text("**Items**"), Items(lines)] if lines else []
    for kind, heading in ELSEWHERE.items():
        of_kind = {hit.source: hit for hit in reversed(near) if hit.kind == kind}  # the best of each
        body += _told(call, heading, list(reversed(of_kind.values()))[:NEAREST])
    open_ = (Button(f"Open {key}", f"backlog show {key}"),)
    if not body:
        return Card(f"{key} {item.title} · nothing related is written down", buttons=open_)
    return Card(f"Related to {key} {item.title}", tuple(body), open_)


# kind of passage -> its heading on the card
ELSEWHERE = {"decision": "Decisions", "question": "Answered questions", "document": "Documents"}


def _told(call: Call, heading: str, hits: Sequence[Hit]) -> list[Part]:
    """What is not an item: how it is called, and the button that opens it."""
    names = cited(call, hits)
    lines = []
    for hit in hits:
        one = names[hit.id]
        said = shorten(" ".join(hit.text.split()), 140)
        lines.append(Line("", one.name, said, (one.button,) if one.button else ()))
    return [Text(f"**{heading}**"), Items(tuple(lines))] if lines else []


# ---- what is like a new one ----


def alike(call: Call, titles: Sequence[str], epics: Sequence[str | None]) -> list[list[Any]]:
    """For each new title the items, open or closed, that probably say the same: `number`, `text`, `status`; not the
    epic that it is to belong to. None where others than the team read what is added."""
    if not (call.among_the_team or call.ask.place.private):
        return [[] for _ in titles]
    found = duplicates.alike(call.db, call.product.id, duplicates.ITEMS, titles, most=ALIKE + 1)
    above = backlog.numbers(call.db, [epic for epic in epics if epic])
    pairs = zip(found, epics, strict=True)
    return [[row for row in rows if row.number != above.get(epic or "")][:ALIKE] for rows, epic in pairs]


def names(call: Call, rows: Sequence[Any]) -> str:
    """'APP-12 CSV export and APP-7 Export as CSV (dropped)'."""
    key = Words(call).key
    said = (f"{key(row.number)} {shorten(row.text, 60)}{f' ({row.status})' if row.closed_at else ''}" for row in rows)
    return " and ".join(said)

"""`backlog …`: the daily work on items."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.chat.card import Card, Divider, Facts, Items, Quote, Reply, Text, escape
from core.chat.words import day_in_words, shorten
from core.commands.backlog import item_card
from core.commands.call import Call
from core.commands.items import (
    OPENED,
    Words,
    already,
    changed,
    check_epic,
    field_in_words,
    fields_of,
    item_form,
    item_to_read,
    items_beside,
    items_of,
    not_yet,
    stays_epic,
    still_held,
    too_long,
    touched,
    unchanged,
)
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.commands.standup import blockers as blocked
from core.product import attached, backlog, blockers, held, ranking, structure, ties
from core.product.items import CLOSED, OPEN, STATUSES, TYPES
from core.product.people import Role

COMMENTS = 5
COMMENT_LENGTH = 10_000
TOLD = 500  # characters of a comment that the channel is told; the item keeps it whole

_TYPES = "|".join(TYPES)
_STATUSES = "|".join(STATUSES)


# ---- reading ----


@command("backlog show ITEM", example="backlog show APP-12", writes=False)
def show(call: Call) -> Said:
    """One item with its fields, description and latest comments."""
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    words = Words(call)
    key = words.key(item.number)
    there = attached.to(call.db, item.id)
    tied = ties.of(call.db, [item.id]) if "ties" in there else ()
    facts = [
        ("Status", item.status),
        ("Type", item.type),
        ("Points", f"{item.points:g}" if item.points is not None else "not estimated" if item.type != "epic" else ""),
        ("Value", f"{item.value:g}" if item.value is not None else ""),
        ("Assignee", call.name(item.assignee_id) if item.assignee_id else "nobody"),
        ("Labels", " ".join(item.labels)),
        ("Due", day_in_words(item.due, call.today) if item.due else ""),
        ("Epic", item_card.epic_of(call, item.epic_id)),
        ("Sprint", item_card.sprints_of(call, item.id) if "sprints" in there else ""),
        ("Waits for", item_card.waiting(call, structure.waits_for(call.db, item.id)) if "waits_for" in there else ""),
        ("Holds up", item_card.waiting(call, structure.holds_up(call.db, item.id)) if "holds_up" in there else ""),
        ("Score", item_card.scored(item)),
        ("Thread", ", ".join(f"#{one.name}" if one.name else "here" for one in tied)),
        ("Imported", item_card.imported(call, item)),
        ("From", item.link),
    ]
    body: list[Any] = [Facts(tuple((label, value) for label, value in facts if value))]
    if "blockers" in there:
        body += [Text("**Blocked by**"), Items(blocked.lines(call, blockers.on(call.db, item.id)))]
    if item.persona or item.want or item.benefit:
        body.append(Text(escape(item_card.story_of(item))))
    if item.description:
        body.append(Text(escape(item.description)))
    if "criteria" in there:
        body += [Text("**Acceptance criteria**"), Items(tuple(item_card.criteria_lines(call, item.id, key)))]
    if "questions" in there:
        body += item_card.asked(call, item.id)
    if item.type == "epic":
        body += item_card.belonging(call, item.id)
    said = backlog.comments(call.db, item.id, COMMENTS + 1) if "comments" in there else []
    if said:
        body.append(Divider())
        body += [
            Quote(escape(c.text), f"{call.name(c.author_id)}, {call.date_of(c.created_at)}") for c in said[:COMMENTS]
        ]
    if len(said) > COMMENTS:
        body.append(Text(f"Older comments: `history {key}`", subtle=True))
    return Card(f"{key} {item.title}", tuple(body), item_card.item_buttons(key, item.status))


# ---- changing ----


@command(
    f"backlog edit ITEM… [title=] [type={_TYPES}] [status={_STATUSES}] [points=] [value=] [epic=] [label=] "
    "[assignee=] [due=] [description=] [as= want= so=]",
    example="backlog edit APP-12 points=5 label=ui",
    hidden=f"link-back {OPENED}",
)
def edit(call: Call) -> Said:
    """Change fields of one or more items; without fields it opens the form."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    if call.given(OPENED):
        call = touched(call, items[0])
    if not call.options and not call.ask.values:
        if len(items) > 1:
            raise Refused("Say what to change.", call.command.example)
        key = Words(call).key(items[0].number)
        return item_form(call, f"Edit {key}", f"backlog edit {key}", items[0])
    fields = fields_of(call)
    if fields.get("status") == "accepted" and not call.may(Role.PRODUCT_OWNER):
        raise Refused("Only the product owner accepts an item.", "team list", field="status")
    if call.given("title"):
        fields["title"] = call.phrase("title")
        if not fields["title"]:
            raise Refused("An item needs a title.", call.command.example, field="title")
    fields = {name: v for name, v in fields.items() if any(getattr(item, name) != v for item in items)}
    if not fields:
        return unchanged(call, items)
    if fields.get("epic_id"):
        check_epic(call, items, fields["epic_id"])
    if "type" in fields:
        stays_epic(call, items)
    try:
        for item in items:
            backlog.edit(item, fields, call.now)
    except backlog.TooLong as no:
        raise too_long(call, fields["title"]) from no
    call.db.flush()
    return changed(call, items, ", ".join(field_in_words(call, name, value) for name, value in fields.items()))


@command("backlog assign ITEM… @PERSON", example="backlog assign APP-12 @ann")
def assign(call: Call) -> Said:
    """Give items to somebody, to `me` or to `nobody`."""
    references = call.take_items()
    word = call.take_word()
    if call.peek().startswith("@"):
        better = f"{call.command.name} {' '.join(references)} {word.rstrip(',;')}"
        raise Refused("An item is given to one person.", better)
    call.end()
    person = None if word.lower() in ("nobody", "none") else call.take_person(word)
    items = items_of(call, references)
    for item in items:
        backlog.edit(item, {"assignee_id": person}, call.now)
    call.db.flush()
    return changed(call, items, f"assigned to {call.name(person)}" if person else "assigned to nobody")


def to_status(call: Call, status: str, said: str, allowed: Sequence[str]) -> Card:
    """Move items to a status; those that cannot go there are named, and then none goes. Those that are there already
    are only named, unless all are."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    words = Words(call)
    fresh = not_yet(call, items, status)
    for item in fresh:
        key = words.key(item.number)
        if item.status not in allowed and item.status in CLOSED:
            raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
        if item.status not in allowed:
            raise Refused(f"{key} is open already: {item.status}.", f"backlog show {key}")
    for item in fresh:
        backlog.set_status(item, status, call.now)
    call.db.flush()
    holds = held.up(call.db, [item.id for item in fresh]) if status == "done" else {}
    card = changed(call, fresh, said, holds)
    alone = still_held(call, holds[fresh[0].id]) if holds and len(fresh) == 1 else ()
    before = already(call, [item for item in items if item not in fresh], status)
    return replace(card, body=(*card.body, *alone, *before))


@command("backlog start ITEM…", example="backlog start APP-12")
def start(call: Call) -> Said:
    """Say that work on items has begun."""
    return to_status(call, "doing", "started", OPEN)


@command("backlog done ITEM…", example="backlog done APP-12 APP-13")
def done(call: Call) -> Said:
    """Say that items are done; works from any open status."""
    return to_status(call, "done", "done", OPEN)


@command("backlog reopen ITEM…", example="backlog reopen APP-12")
def reopen(call: Call) -> Said:
    """Open closed items again."""
    return to_status(call, "new", "open again", CLOSED)


@command("backlog drop ITEM…", example="backlog drop APP-12")
def drop(call: Call) -> Said:
    """Take items out of the backlog; they are kept, and `backlog reopen` brings them back."""
    return to_status(call, "dropped", "dropped", OPEN)


@command("backlog comment ITEM TEXT", example="backlog comment APP-12 The bank needs semicolons", hidden="heard")
def comment(call: Call) -> Said:
    """Say something about an item."""
    reference = call.take_items(count=1)[0]
    text = call.rest().strip()
    if not text:
        raise Refused("Say something about it.", call.command.example)
    within(text, COMMENT_LENGTH, "A comment", call.command.example)
    [item] = items_of(call, [reference])
    backlog.comment(call.db, item, call.person, text)
    key = Words(call).key(item.number)
    if call.given("heard"):  # it stands in the thread already
        return Reply(ok=True, card=Card(f"Kept as a comment of {key} {shorten(item.title, 60)}"))
    told = shorten(text, TOLD) if len(text) > TOLD else text
    return Card(f"{key} {item.title}: {call.name(call.person)} commented", (Quote(escape(told)),))


@command(
    "backlog move ITEM… top|bottom|above ITEM|below ITEM",
    example="backlog move APP-12 above APP-7",
    role=Role.PRODUCT_OWNER,
)
def move(call: Call) -> Said:
    """Change the order."""
    references = call.take_items("Which item is to move?")
    where = call.take_word().lower()
    if where not in ("top", "bottom", "above", "below"):
        raise Refused("Where to? top, bottom, above an item or below one.", call.command.example)
    beside = call.take_item() if where in ("above", "below") else ""
    call.end()
    items, anchor = items_beside(call, references, beside) if beside else (items_of(call, references), None)
    words = Words(call)
    if anchor in items:
        raise Refused("An item cannot move beside itself.", call.command.example)
    ranking.move(call.db, call.product.id, items, where, anchor)
    to = f"moved {where} {words.key(anchor.number)} {shorten(anchor.title, 60)}" if anchor else f"moved to the {where}"
    return changed(call, items, to)

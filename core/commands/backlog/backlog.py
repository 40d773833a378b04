"""`backlog …`: the daily work on items."""

import re
from collections.abc import Sequence
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Divider, Facts, Items, Line, Quote, Reply, Text, escape
from core.chat.words import day_in_words, shorten
from core.commands.backlog import finding, item_card
from core.commands.call import Call
from core.commands.items import (
    OPENED,
    Words,
    changed,
    check_epic,
    field_in_words,
    fields_of,
    item_form,
    item_to_read,
    items_beside,
    items_of,
    stays_epic,
    too_long,
    touched,
    unchanged,
)
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.product import attached, backlog, ranking, structure, ties
from core.product.items import CLOSED, OPEN, STATUSES, TITLE_LENGTH, TYPES, Draft
from core.product.people import Role
from core.store.base import new_id

MANY = 100  # lines pasted at once
COMMENTS = 5
COMMENT_LENGTH = 10_000
TOLD = 500  # characters of a comment that the channel is told; the item keeps it whole

_TYPES = "|".join(TYPES)
_STATUSES = "|".join(STATUSES)
_BULLET = re.compile(r"\A(?:[-*•·–]|\d{1,3}[.)])\s+(?:\[[ xX]?\]\s+)?")


# ---- adding ----


@command(
    f"backlog add TITLE [type={_TYPES}] [points=] [value=] [epic=] [label=] [assignee=] [due=] "
    "[description=] [as= want= so=]",
    example="backlog add Export invoices as CSV type=story points=5",
    text="title",
    hidden="draft-id link-back",
)
def add(call: Call) -> Said:
    """Add an item at the end of the order; several pasted lines are shown first."""
    if call.given("draft-id"):
        return add_draft(call)
    product = call.product
    title = call.rest().strip()
    if "\n" in title:
        pasted = pasted_lines(call, title)
        if len(pasted) > 1:
            return preview(call, pasted)
        title = _BULLET.sub("", title)
    if not title and not call.ask.values:
        return item_form(call, "Add an item", "backlog add")
    if not title:
        raise Refused("An item needs a title.", call.command.example, field="title")
    [like] = finding.alike(call, [title])
    try:
        [item] = backlog.add(call.db, product.id, [title], **fields_for_new(call))
    except backlog.TooLong as no:
        raise too_long(call, title, in_text=True) from no
    words = Words(call)
    detail = words.detail(item)
    said = f"{words.key(item.number)} added: {item.title}" + (f" · {detail}" if detail else "")
    if not like:
        return Card(said)
    told = Text(escape(f"Like {finding.names(call, like)}"), subtle=True)
    opens = (Button(f"Open {words.key(row.number)}", f"backlog show {words.key(row.number)}") for row in like)
    return Card(said, (told,), tuple(opens))


def fields_for_new(call: Call) -> dict[str, Any]:
    """The fields of an item to come, its epic checked."""
    fields = fields_of(call)
    if fields.get("epic_id"):
        check_epic(call, [], fields["epic_id"])
    return fields


def pasted_lines(call: Call, title: str) -> list[str]:
    """A pasted list's lines, each with its own fields, without bullets, ticks and numbers; empty ones left out.

    Fields that stand before the first line, and those of a form, are shared by all.
    """
    keys = call.command.keys
    lines = title.splitlines() if call.ask.values else call.line.line.splitlines()
    shared = call.options
    if not call.ask.values:
        first = grammar.parse(lines[0], keys)
        shared = {} if first.text else first.options
        lines = lines[1:] if shared else lines
    behind = f" {grammar.render('', shared, keys)}" if shared else ""
    bare = [" ".join(_BULLET.sub("", line.strip()).split()) for line in lines]
    return [f"{line}{behind}" for line in bare if line]


def preview(call: Call, lines: list[str]) -> Said:
    """Pasted lines are shown, each with its own fields, and added by one click."""
    if len(lines) > MANY:
        raise Refused(
            f"{len(lines)} lines at once are too many: paste up to {MANY}, or drop them as a file and say import."
        )
    rows = _drafted(call, lines)
    draft = Draft(id=new_id(), product_id=call.product.id, text="\n".join(lines), added="")
    call.db.add(draft)
    button = Button(f"Add {len(lines)} items", f"backlog add draft-id={draft.id}", "primary")
    return Reply(ok=True, card=Card(f"{len(lines)} items · nothing has been added yet", (Items(rows),), (button,)))


def _drafted(call: Call, lines: list[str]) -> tuple[Line, ...]:
    """Pasted lines as they would be added, and what is there already that is like one; what is wrong with a line is
    said now, and not at the click."""
    read = []
    for number, line in enumerate(lines, 1):
        one = call.on(line)
        title, fields = one.rest().strip(), fields_for_new(one)
        if not title:
            raise Refused(f"Line {number} has no title.", "backlog add, with the lines pasted once more")
        if len(title) > TITLE_LENGTH:
            raise Refused(f"Line {number} has {len(title)} characters; a title holds {TITLE_LENGTH}.")
        read.append((title, [field_in_words(call, name, value) for name, value in fields.items()]))
    near = finding.alike(call, [title for title, _ in read])
    return tuple(
        Line(str(number), title, ", ".join([*said, *([f"like {finding.names(call, like)}"] if like else [])]))
        for number, ((title, said), like) in enumerate(zip(read, near, strict=True), 1)
    )


def add_draft(call: Call) -> Said:
    """The click on [Add N items]; a second one says what the first did."""
    product = call.product
    backlog.lock(call.db, product.id)
    draft = call.db.get(Draft, {"workspace_id": call.db.workspace, "id": call.options["draft-id"]})
    if draft is None or draft.product_id != product.id:
        raise Refused("I no longer have these lines. Paste them once more.", "backlog add")
    if draft.added:
        raise Refused(f"These are added already: {draft.added}.", "backlog list")
    ones = [call.on(line) for line in draft.text.split("\n")]
    items = [backlog.add(call.db, product.id, [one.rest().strip()], **fields_for_new(one))[0] for one in ones]
    words = Words(call)
    draft.added = words.names(items)
    return Card(f"{len(items)} items added", (Items(tuple(words.line(item) for item in items)),))


# ---- reading ----


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
    filters, rows = finding.listed(call, call.options.get("text", ""))
    return finding.listing(call, filters, rows) if rows else finding.nothing(call)


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
    call.end()
    person = None if word.lower() in ("nobody", "none") else call.take_person(word)
    items = items_of(call, references)
    for item in items:
        backlog.edit(item, {"assignee_id": person}, call.now)
    call.db.flush()
    return changed(call, items, f"assigned to {call.name(person)}" if person else "assigned to nobody")


def to_status(call: Call, status: str, said: str, allowed: Sequence[str]) -> Card:
    """Move items to a status; those that cannot go there are named, and then none goes."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    words = Words(call)
    for item in items:
        key = words.key(item.number)
        if item.status == status:
            raise Refused(f"{key} is {status} already.", f"backlog show {key}")
        if item.status not in allowed and item.status in CLOSED:
            raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
        if item.status not in allowed:
            raise Refused(f"{key} is open already: {item.status}.", f"backlog show {key}")
    for item in items:
        backlog.set_status(item, status, call.now)
    call.db.flush()
    return changed(call, items, said)


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

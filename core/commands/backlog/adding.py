"""`backlog add`: one item, or several pasted lines, which are shown first."""

import re
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Items, Line, Reply, Text, escape
from core.commands.backlog import finding
from core.commands.call import Call
from core.commands.items import Words, check_epic, field_in_words, fields_of, item_form, too_long
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import backlog
from core.product.items import TITLE_LENGTH, TYPES, Draft
from core.store.base import new_id

MANY = 100  # lines pasted at once
_TYPES = "|".join(TYPES)
_BULLET = re.compile(r"\A(?:[-*•·–]|\d{1,3}[.)])\s+(?:\[[ xX]?\]\s+)?")


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
    fields = fields_for_new(call)
    [like] = finding.alike(call, [title], [fields.get("epic_id")])
    try:
        [item] = backlog.add(call.db, product.id, [title], **fields)
    except backlog.TooLong as no:
        raise too_long(call, title, in_text=True) from no
    words = Words(call)
    further = [
        field_in_words(call, name, fields[name]) for name in ("value", "epic_id") if fields.get(name) is not None
    ]
    detail = " · ".join(part for part in (words.detail(item), *further) if part)
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
        read.append((title, fields))
    near = finding.alike(call, [title for title, _ in read], [fields.get("epic_id") for _, fields in read])
    return tuple(
        Line(
            str(number),
            title,
            ", ".join(
                [field_in_words(call, name, value) for name, value in fields.items()]
                + ([f"like {finding.names(call, like)}"] if like else [])
            ),
        )
        for number, ((title, fields), like) in enumerate(zip(read, near, strict=True), 1)
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

"""`backlog …`: stories made ready, split, and accepted."""

from collections.abc import Sequence

from core.chat.card import Button, Card, Items, Line, Reply, Text, escape
from core.commands.call import Call, shorten
from core.commands.items import Words, changed, item_to_read, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import backlog, criteria, readiness, structure
from core.product.criteria import NoSuchCriterion
from core.product.items import Item
from core.product.people import Role
from core.product.readiness import Finding, Story

ESTIMATES = (1, 2, 3, 5, 8)
MOST_PARTS = 20


# ---- waiting ----


@command("backlog block ITEM on=ITEM", example="backlog block APP-12 on=APP-7")
def block(call: Call) -> Said:
    """Say that an item waits for another; shown, and never a gate."""
    item, on = _pair(call)
    words = Words(call)
    try:
        fresh = structure.block(call.db, item, on)
    except structure.Circle as no:
        key, other = words.key(item.number), words.key(on.number)
        if item is on:
            raise Refused("An item cannot wait for itself.", call.command.example) from no
        raise Refused(
            f"{other} waits for {key} already; they would wait for each other.", f"backlog show {other}"
        ) from no
    waits = f"waits for {words.key(on.number)} {shorten(on.title, 60)}"
    if not fresh:
        return Reply(ok=True, card=Card(f"{words.key(item.number)} {waits} already; nothing was changed."))
    return changed(call, [item], waits)


@command("backlog unblock ITEM on=ITEM", example="backlog unblock APP-12 on=APP-7")
def unblock(call: Call) -> Said:
    """Say that an item no longer waits for another."""
    item, on = _pair(call)
    words = Words(call)
    if not structure.unblock(call.db, item, on):
        key = words.key(item.number)
        raise Refused(f"{key} does not wait for {words.key(on.number)}.", f"backlog show {key}")
    return changed(call, [item], f"no longer waits for {words.key(on.number)}")


def _pair(call: Call) -> tuple[Item, Item]:
    reference = call.take_item()
    call.end()
    other = call.options.get("on", "").strip()
    if not other:
        raise Refused("Which item does it wait for? Say on=ITEM.", call.command.example)
    return items_of(call, [reference])[0], items_of(call, [other])[0]


# ---- acceptance criteria ----


@command(
    "backlog criteria ITEM add TEXT|check N|uncheck N|drop N",
    example="backlog criteria APP-12 add Given an unpaid invoice When I export Then it is in the file",
)
def criteria_(call: Call) -> Said:
    """Acceptance criteria of an item; Given/When/Then is recognised."""
    reference = call.take_items(count=1)[0]
    verb = call.take_word().lower()
    if verb == "add":
        return _add_criterion(call, reference)
    if verb not in ("check", "uncheck", "drop"):
        raise Refused("Criteria are added, checked, unchecked or dropped.", call.command.example)
    number = call.take_word()
    call.end()
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    if not (number.isascii() and number.isdigit()):
        raise Refused(f"Which criterion? Say its number, such as {verb} 1.", f"backlog show {key}")
    try:
        found = criteria.nth(call.db, item, int(number))
    except NoSuchCriterion as no:
        count = f"{no.args[1]} criteri{'on' if no.args[1] == 1 else 'a'}"
        raise Refused(f"{key} has {count}; there is no number {number}.", f"backlog show {key}") from no
    said = {"check": "checked", "uncheck": "open again", "drop": "dropped"}[verb]
    text = shorten(found.text, 120)
    if verb == "drop":
        call.db.delete(found)
    else:
        found.checked = verb == "check"
    call.db.flush()
    return Card(f"{key} {item.title}: criterion {number} {said}", (Text(escape(text)),))


def _add_criterion(call: Call, reference: str) -> Card:
    text = call.rest().strip()
    if not text:
        raise Refused("Say what must hold.", call.command.example)
    if len(text) > criteria.LENGTH:
        raise Refused(f"A criterion holds {criteria.LENGTH} characters; this one has {len(text)}.")
    [item] = items_of(call, [reference])
    steps = criteria.steps(text)
    criteria.add(call.db, item, text)
    number = len(criteria.of(call.db, item.id))
    shown = "\n".join(steps) if steps else text
    return Card(f"{Words(call).key(item.number)} {item.title}: criterion {number}", (Text(escape(shown)),))


def criteria_lines(call: Call, item_id: str, key: str) -> list[Line]:
    """An item's criteria, each with the button that checks it."""
    lines = []
    for number, row in enumerate(criteria.of(call.db, item_id), 1):
        verb = "uncheck" if row.checked else "check"
        button = Button(verb.capitalize(), f"backlog criteria {key} {verb} {number}")
        text = " ".join(criteria.steps(row.text)) or row.text
        lines.append(Line("✓" if row.checked else "○", f"{number}. {text}", buttons=(button,)))
    return lines


# ---- ready ----


@command("backlog ready ITEM", example="backlog ready APP-12", writes=False)
def ready(call: Call) -> Said:
    """What a story still lacks, each with the button that mends it; advice, never a gate."""
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    words = Words(call)
    key = words.key(item.number)
    open_ = [row for row in structure.waits_for(call.db, item.id) if row.closed_at is None]
    texts = tuple(row.text for row in criteria.of(call.db, item.id))
    story = Story(
        item.title, item.type, item.points, item.persona, item.want, item.benefit, texts,
        tuple(words.key(row.number) for row in open_),
    )  # fmt: skip
    found = readiness.findings(story)
    rows = tuple(Line("✗" if one.weight == "settle" else "–", one.said, buttons=_mends(key, one)) for one in found)
    well = _well(story, found)
    body = (*((Items(rows),) if rows else ()), *((Text(escape(well)),) if well else ()))
    return Card(f"{key} {item.title} · {_verdict(found)}", body)


def _verdict(found: Sequence[Finding]) -> str:
    settle = sum(one.weight == "settle" for one in found)
    consider = len(found) - settle
    parts = [f"{settle} to settle"] if settle else []
    parts += [f"{consider} to consider"] if consider else []
    return f"{'not ready' if settle else 'ready'}{': ' if parts else ''}{', '.join(parts)}"


def _well(story: Story, found: Sequence[Finding]) -> str:
    """What is well, in one line."""
    lacking = {one.rule for one in found}
    count = len(story.criteria)
    said = {
        "well-formed": "says who" if story.type == "story" else "",
        "valuable": "says why" if story.type == "story" else "",
        "criteria": f"{count} criteri{'on' if count == 1 else 'a'}" if count else "",
        "estimable": f"{story.points:g} points" if story.points is not None else "",
        "independent": "nothing blocks it",
    }
    return " · ".join(f"✓ {words}" for rule, words in said.items() if words and rule not in lacking)


def _mends(key: str, one: Finding) -> tuple[Button, ...]:
    """The buttons that mend a finding."""
    edit = Button("Edit", f"backlog edit {key}", form=True)
    match one.rule:
        case "estimable":
            return tuple(Button(str(n), f"backlog edit {key} points={n}") for n in ESTIMATES)
        case "testable":
            return (Button("Drop it", f"backlog criteria {key} drop {one.criterion}"),)
        case "criteria" | "independent":
            return (Button("Show", f"backlog show {key}"),)
        case _:
            return (edit,)


# ---- accepting ----


@command(
    "backlog accept ITEM [because=]",
    example="backlog accept APP-12",
    role=Role.PRODUCT_OWNER,
)
def accept(call: Call) -> Said:
    """Accept what is done; with unchecked criteria it wants because=."""
    reference = call.take_item()
    call.end()
    [item] = items_of(call, [reference])
    words = Words(call)
    key = words.key(item.number)
    if item.status == "accepted":
        raise Refused(f"{key} is accepted already.", f"backlog show {key}")
    if item.status == "dropped":
        raise Refused(f"{key} is dropped.", f"backlog reopen {key}")
    because = call.words("because")
    unchecked = [line for line in criteria_lines(call, item.id, key) if line.key == "○"]
    if unchecked and not because:
        count = f"{len(unchecked)} criteri{'on is' if len(unchecked) == 1 else 'a are'} not checked"
        card = Card(f"{key} {item.title}: {count}", (Items(tuple(unchecked)),))
        raise Refused(
            f"{count.capitalize()}. Check them, or say because=.", f"backlog accept {key} because=…", card=card
        )
    backlog.set_status(item, "accepted", call.now)
    call.db.flush()
    if because:
        backlog.comment(call.db, item, call.person, f"Accepted because {because}")
    return changed(call, [item], "accepted" + (f" because {because}" if because else ""))


@command(
    "backlog reject ITEM because=",
    example="backlog reject APP-12 because=the export is empty for banks",
    role=Role.PRODUCT_OWNER,
)
def reject(call: Call) -> Said:
    """Send back what is not what was asked for, with the reason."""
    reference = call.take_item()
    call.end()
    because = call.words("because")
    if not because:
        raise Refused("Say what is missing: because=.", call.command.example, field="because")
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    if item.status not in ("done", "accepted", "review"):
        raise Refused(f"{key} is {item.status}; only what is done can be rejected.", f"backlog show {key}")
    backlog.set_status(item, "doing", call.now)
    call.db.flush()
    backlog.comment(call.db, item, call.person, f"Rejected because {because}")
    return changed(call, [item], f"rejected because {because}")


# ---- splitting ----


@command('backlog split ITEM "A" "B"', example='backlog split APP-12 "Audit log" "Audit mail"')
def split(call: Call) -> Said:
    """Make several items of one: they take its place in the order, and it is dropped, or their epic if it was one."""
    reference = call.take_items(count=1)[0]
    titles = []
    while call.peek():
        titles.append(call.readable(call.take_word()))
    if len(titles) < 2:
        raise Refused("Into which items? Give two or more titles in quotes.", call.command.example)
    if len(titles) > MOST_PARTS:
        raise Refused(f"{len(titles)} parts at once are too many; up to {MOST_PARTS}.", call.command.example)
    [item] = items_of(call, [reference])
    words = Words(call)
    try:
        parts = backlog.split(call.db, item, titles, call.now)
    except backlog.TooLong as no:
        raise Refused(f"A title holds 255 characters; one has {no.args[0]}.", call.command.example) from no
    rows = tuple(words.line(part) for part in parts)
    return Card(f"{words.key(item.number)} {item.title}: split into {words.names(parts)}", (Items(rows),))

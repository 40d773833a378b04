"""`backlog …`: stories made ready, split, and accepted."""

from collections.abc import Sequence
from dataclasses import replace

from core.chat.card import Button, Card, Field, Form, Items, Line, Quote, Reply, Text, escape
from core.commands import item_card
from core.commands.call import Call, shorten
from core.commands.items import Words, changed, item_to_read, items_of, unchanged
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import backlog, criteria, readiness, structure
from core.product.criteria import NoSuchCriterion
from core.product.items import CLOSED, TITLE_LENGTH, Criterion, Item
from core.product.people import Role
from core.product.readiness import Finding, Story

ESTIMATES = (1, 2, 3, 5, 8)
MOST_PARTS = 20
REASON = 120  # characters that still read well behind a title


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
        how = ", through others" if no.args[1] else ""
        why = f"{other} waits for {key} already{how}; they would wait for each other."
        raise Refused(why, f"backlog show {other}") from no
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
    "backlog criteria ITEM add TEXT|check N|uncheck N|reword N TEXT|drop N",
    example="backlog criteria APP-12 add Given an unpaid invoice When I export Then it is in the file",
    hidden="new-text",
)
def criteria_(call: Call) -> Said:
    """Acceptance criteria of an item; Given/When/Then is recognised."""
    reference = call.take_items(count=1)[0]
    verb = call.take_word().lower()
    if verb == "add":
        return _add_criterion(call, reference)
    if verb not in ("check", "uncheck", "reword", "drop"):
        raise Refused("Criteria are added, checked, unchecked, reworded or dropped.", call.command.example)
    number = call.take_word()
    if verb != "reword":
        call.end()
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    found = _nth(call, item, verb, number)
    if verb == "reword":
        return _reword(call, key, item, found, number)
    said = {"check": "checked", "uncheck": "open again", "drop": "dropped"}[verb]
    text = shorten(found.text, 120)
    if verb == "drop":
        call.db.delete(found)
    else:
        found.checked = verb == "check"
    call.db.flush()
    return Card(f"{key} {item.title}: criterion {number} {said}", (Text(escape(text)),))


def _nth(call: Call, item: Item, verb: str, number: str) -> Criterion:
    """The criterion that people call by this number."""
    key = Words(call).key(item.number)
    if not (number.isascii() and number.isdigit()):
        raise Refused(f"Which criterion? Say its number, such as {verb} 1.", f"backlog show {key}")
    try:
        return criteria.nth(call.db, item, int(number))
    except NoSuchCriterion as no:
        count = f"{no.args[1]} criteri{'on' if no.args[1] == 1 else 'a'}"
        raise Refused(f"{key} has {count}; there is no number {number}.", f"backlog show {key}") from no


def _add_criterion(call: Call, reference: str) -> Said:
    text = _text(call)
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    if text is None:
        return _criterion_form(f"What must hold for {key}?", f"backlog criteria {key} add")
    criteria.add(call.db, item, text)
    number = len(criteria.of(call.db, item.id))
    return Card(f"{key} {item.title}: criterion {number}", (_written(text),))


def _reword(call: Call, key: str, item: Item, found: Criterion, number: str) -> Said:
    text = _text(call)
    if text is None:
        return _criterion_form(f"{key}, criterion {number}", f"backlog criteria {key} reword {number}", found.text)
    if text == found.text:
        return unchanged(call, [item])
    found.text, found.checked = text, False  # what was checked was something else
    call.db.flush()
    return Card(f"{key} {item.title}: criterion {number} reworded", (_written(text),))


def _text(call: Call) -> str | None:
    """The words of a criterion, typed or from the form; None where the form is wanted."""
    text = (call.words("new-text") or call.rest()).strip()
    if not text and not call.ask.values:
        return None
    if not text:
        raise Refused("Say what must hold.", call.command.example, field="new-text")
    if len(text) > criteria.LENGTH:
        why = f"A criterion holds {criteria.LENGTH} characters; this one has {len(text)}."
        raise Refused(why, call.command.example, field="new-text")
    return text


def _written(text: str) -> Text:
    return Text(escape("\n".join(criteria.steps(text)) or text))


def _criterion_form(title: str, submit: str, text: str = "") -> Form:
    hint = "Something that can be seen or counted. Given … When … Then … is understood."
    field = Field("new-text", "It must hold that", "longtext", text, True, hint, max_length=criteria.LENGTH)
    return Form(title, (field,), submit)


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
    rows = tuple(
        Line("✗" if one.weight == "settle" else "–", one.said, buttons=_mends(key, story, one)) for one in found
    )
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
    told = story.type == "story"
    said = {
        "well-formed": "says who" if told else "",
        "valuable": "says why" if told else "",
        "criteria": f"{count} criteri{'on' if count == 1 else 'a'}" if count else "",
        "estimable": f"{story.points:g} points" if story.points is not None else "",
        "independent": "nothing blocks it",
    }
    well = [words for rule, words in said.items() if words and rule not in lacking]
    if well[:2] == ["says who", "says why"]:
        well[:2] = ["says who and why"]
    return " · ".join(f"✓ {words}" for words in well)


def _mends(key: str, story: Story, one: Finding) -> tuple[Button, ...]:
    """The buttons that mend a finding."""
    match one.rule:
        case "estimable":
            return tuple(Button(str(n), f"backlog edit {key} points={n}") for n in ESTIMATES)
        case "testable":
            return (Button("Reword", f"backlog criteria {key} reword {one.criterion}", form=True),)
        case "criteria":
            return (Button("Add one", f"backlog criteria {key} add", form=True),)
        case "independent":
            return tuple(Button(f"Show {other}", f"backlog show {other}") for other in story.waits_for[:3])
        case "small" | "atomic":
            return (Button("Split …", f"backlog split {key}", form=True),)
        case rule:
            label = {"well-formed": "Say who", "valuable": "Say why", "minimal": "Shorten"}[rule]
            return (Button(label, f"backlog edit {key}", form=True),)


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
    unchecked = [line for line in item_card.criteria_lines(call, item.id, key) if line.key == "○"]
    if unchecked and not because:
        count = f"{len(unchecked)} criteri{'on is' if len(unchecked) == 1 else 'a are'} not checked"
        them = "it" if len(unchecked) == 1 else "them"
        card = Card(f"{key} {item.title}: {count}", (Items(tuple(unchecked)),))
        raise Refused(f"{count}. Check {them}, or say because=.", unchecked[0].buttons[0].say, card=card)
    backlog.set_status(item, "accepted", call.now)
    call.db.flush()
    if because:
        backlog.comment(call.db, item, call.person, f"Accepted because {because}")
    return _with_reason(changed(call, [item], "accepted"), because)


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
    return _with_reason(changed(call, [item], "rejected"), because)


def _with_reason(card: Card, because: str) -> Card:
    """The reason in the same line, or below it where it is long."""
    if not because:
        return card
    if len(because) <= REASON and "\n" not in because:
        return replace(card, title=f"{card.title} because {because}")
    return replace(card, body=(Quote(escape(because)), *card.body))


# ---- splitting ----


@command('backlog split ITEM "A" "B"', example='backlog split APP-12 "Audit log" "Audit mail"', hidden="new-titles")
def split(call: Call) -> Said:
    """Make several items of one: they take its place in the order, and it is dropped, or their epic if it was one."""
    reference = call.take_items(count=1)[0]
    titles = _titles(call)
    if len(titles) < 2 and (titles or call.ask.values):
        raise Refused("Into which items? It takes two or more titles.", call.command.example, field="new-titles")
    if len(titles) > MOST_PARTS:
        why = f"{len(titles)} parts at once are too many; up to {MOST_PARTS}."
        raise Refused(why, call.command.example, field="new-titles")
    [item] = items_of(call, [reference])
    words = Words(call)
    key = words.key(item.number)
    if item.status in CLOSED:
        raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
    if not titles:
        field = Field("new-titles", "Into", "longtext", required=True, hint="Two or more titles, one on each line")
        return Form(f"Split {key}", (field,), f"backlog split {key}")
    try:
        parts = backlog.split(call.db, item, titles, call.now)
    except backlog.TooLong as no:
        why = f"A title holds {TITLE_LENGTH} characters; one has {no.args[0]}."
        raise Refused(why, call.command.example, field="new-titles") from no
    if item.type != "epic":
        structure.hand_on(call.db, item, parts)
    rows = tuple(words.line(part) for part in parts)
    return Card(f"{words.key(item.number)} {item.title}: split into {words.names(parts)}", (Items(rows),))


def _titles(call: Call) -> list[str]:
    """The titles behind the item: quoted ones, or one on each line."""
    tokens = call.line.words[call.at :]
    if call.given("new-titles"):
        titles = call.options["new-titles"].splitlines()
    elif any(token.quoted for token in tokens):
        if not all(token.quoted for token in tokens):
            raise Refused("Put each title in quotes.", call.command.example)
        titles = [token.text for token in tokens]
    else:
        titles = call.rest().splitlines()
    return [" ".join(call.readable(title).split()) for title in titles if title.strip()]

"""`backlog …`: stories made ready, split, and accepted."""

from collections.abc import Sequence
from dataclasses import replace

from core.chat.card import Button, Card, Field, Form, Items, Line, Quote, Reply, Text, escape
from core.chat.words import listed, shorten
from core.commands.backlog import item_card
from core.commands.call import Call, references
from core.commands.items import Words, already, changed, items_of, not_yet, unchanged
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.product import backlog, criteria, questions, roadmap, scenarios, sprints, standards, structure
from core.product.audience import Audience
from core.product.criteria import NoSuchCriterion
from core.product.items import CLOSED, TITLE_LENGTH, Criterion, Item
from core.product.people import Role
from core.product.sprints import PLANNED, RUNNING, Sprint

MOST_PARTS = 20
FEW = 3  # items that are named with their titles
REASON = 120  # characters that still read well behind a title


# ---- waiting ----


@command("backlog block ITEM… on=ITEM…", example="backlog block APP-12 on=APP-7")
def block(call: Call) -> Said:
    """Say that items wait for others; shown, and never a gate."""
    items, others = _both(call)
    words = Words(call)
    fresh = [_blocked(call, item, on) for item in items for on in others]
    one = len(items) == 1
    waits = f"{'waits' if one else 'wait'} for {_titled(call, others)}"
    if not any(fresh):
        return Reply(ok=True, card=Card(f"{words.names(items)} {waits} already; nothing was changed."))
    return changed(call, items, waits)


def _titled(call: Call, items: Sequence[Item]) -> str:
    """'APP-7 Export and APP-8 Import', of many their keys alone."""
    words = Words(call)
    if len(items) > FEW:
        return words.names(items)
    return listed([f"{words.key(item.number)} {shorten(item.title, 60)}" for item in items])


def _blocked(call: Call, item: Item, on: Item) -> bool:
    """Let one wait for the other; False where it does already."""
    words = Words(call)
    try:
        return structure.block(call.db, item, on)
    except structure.Circle as no:
        key, other = words.key(item.number), words.key(on.number)
        if item is on:
            raise Refused("An item cannot wait for itself.", call.command.example) from no
        how = ", through others" if no.args[1] else ""
        why = f"{other} waits for {key} already{how}; they would wait for each other."
        raise Refused(why, f"backlog show {other}") from no


@command("backlog unblock ITEM… on=ITEM…", example="backlog unblock APP-12 on=APP-7")
def unblock(call: Call) -> Said:
    """Say that items no longer wait for others."""
    items, others = _both(call)
    words = Words(call)
    for item in items:
        for on in others:
            if not structure.unblock(call.db, item, on):
                key = words.key(item.number)
                raise Refused(f"{key} does not wait for {words.key(on.number)}.", f"backlog show {key}")
    return changed(call, items, f"no longer {'waits' if len(items) == 1 else 'wait'} for {words.names(others)}")


def _both(call: Call) -> tuple[list[Item], list[Item]]:
    """The items that are named, and those of on=, 'APP-3' or 'APP-3,APP-4'."""
    waiting = call.take_items()
    call.end()
    said = call.options.get("on", "").strip()
    if not said:
        raise Refused("Which item does it wait for? Say on=ITEM.", call.command.example)
    if said.endswith(","):  # what stands behind it was read as an item that waits
        at = call.line.line.rfind("on=")
        before = [word.text for word in call.line.words if word.start < at]
        behind = [word.text for word in call.line.words if word.start > at]
        better = f"{call.command.name} {' '.join(before)} on={said}{''.join(behind)}"
        raise Refused("Write the items of on= without blanks between them.", better)
    others = references(said) or [said]
    return items_of(call, waiting), items_of(call, others)


# ---- acceptance criteria ----


@command(
    "backlog criteria ITEM add TEXT|check N …|uncheck N …|reword N TEXT|drop N …",
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
        key = reference.upper()
        better = f"backlog criteria {key} add It takes a second at most"
        raise Refused("Say add, check, uncheck, reword or drop.", better)
    if verb == "reword":
        number = call.take_word()
        [item] = items_of(call, [reference])
        return _reword(call, item, _nth(call, item, verb, number), number)
    return _marked(call, reference, verb, _numbers(call))


def _numbers(call: Call) -> list[str]:
    """One or more numbers: '2', '1 2', '1, 2 and 3'."""
    found = [call.take_word().rstrip(",")]
    while call.peek():
        word = call.take_word().rstrip(",")
        found += [word] if word not in ("", "and") else []
    return list(dict.fromkeys(found))


def _marked(call: Call, reference: str, verb: str, numbers: list[str]) -> Said:
    """Criteria checked, open again or dropped: all that are named, or none where one is not there."""
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    found = {number: _nth(call, item, verb, number) for number in numbers}
    said = {"check": "checked", "uncheck": "open again", "drop": "dropped"}[verb]
    fresh = {n: one for n, one in found.items() if verb == "drop" or one.checked is not (verb == "check")}
    if not fresh:
        those = f"Criterion {numbers[0]} of {key} is" if len(numbers) == 1 else f"These criteria of {key} are"
        return Reply(ok=True, card=Card(f"{those} {said.removesuffix(' again')} already; nothing was changed."))
    for one in fresh.values():
        if verb == "drop":
            call.db.delete(one)
        else:
            one.checked = verb == "check"
    call.db.flush()
    which = f"criteri{'on' if len(fresh) == 1 else 'a'} {listed(list(fresh))}"
    texts = tuple(Text(escape(shorten(one.text, 120))) for one in fresh.values())
    return Card(f"{key} {item.title}: {which} {said}", texts)


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


def _reword(call: Call, item: Item, found: Criterion, number: str) -> Said:
    key = Words(call).key(item.number)
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
    return within(text, criteria.LENGTH, "A criterion", call.command.example, field="new-text")


def _written(text: str) -> Text:
    return Text(escape("\n".join(scenarios.steps(text)) or text))


def _criterion_form(title: str, submit: str, text: str = "") -> Form:
    hint = "Something that can be seen or counted. Given … When … Then … is understood."
    field = Field("new-text", "It must hold that", "longtext", text, True, hint, max_length=criteria.LENGTH)
    return Form(title, (field,), submit)


# ---- accepting ----


@command(
    "backlog accept ITEM… [because=]",
    example="backlog accept APP-12",
    role=Role.PRODUCT_OWNER,
)
def accept(call: Call) -> Said:
    """Accept what is done; what done means is shown, and an open criterion or assumption wants because=."""
    asked = call.take_items()
    call.end()
    items = items_of(call, asked)
    words = Words(call)
    fresh = not_yet(call, items, "accepted")
    for item in fresh:
        if item.status == "dropped":
            key = words.key(item.number)
            raise Refused(f"{key} is dropped.", f"backlog reopen {key}")
    because = call.words("because")
    done = _reminder(call)
    if not because:
        for item in fresh:
            if (form := _open_ends(call, item, fresh, done)) is not None:
                return form
    for item in fresh:
        backlog.set_status(item, "accepted", call.now)
    call.db.flush()
    for item in fresh if because else ():
        backlog.comment(call.db, item, call.person, f"Accepted because {because}")
    card = _with_reason(changed(call, fresh, "accepted"), because)
    before = already(call, [item for item in items if item not in fresh], "accepted")
    return replace(card, body=(*card.body, *before, *done))


def _open_ends(call: Call, item: Item, items: Sequence[Item], done: tuple[Text, ...]) -> Form | None:
    """What of an item is open still: refused, or the form that asks why all are accepted all the same; None where
    nothing is."""
    words = Words(call)
    key = words.key(item.number)
    unchecked = [line for line in item_card.criteria_lines(call, item.id, key) if line.key == "○"]
    assumed = _assumed(call, item)
    if not unchecked and not assumed:
        return None
    line = f"backlog accept {' '.join(words.key(one.number) for one in items)}"
    if call.given("because") and not call.ask.values:
        field = Field("because", "Because", "longtext", required=True, hint="It is kept with the item")
        return Form(f"Accept {words.names(items)} all the same", (field,), line, label="Accept")
    counts = [
        f"{len(unchecked)} criteri{'on is' if len(unchecked) == 1 else 'a are'} not checked" if unchecked else "",
        f"{len(assumed)} assumption{' is' if len(assumed) == 1 else 's are'} open" if assumed else "",
    ]
    count = listed([one for one in counts if one])
    them = "it" if len(unchecked) + len(assumed) == 1 else "them"
    button = Button("Accept all the same …", f"{line} because=", form=True)
    rows = (*unchecked, *assumed)
    card = Card(f"{key} {item.title}: {count}", (Items(rows), *done), (button,))
    whose = f"{key}: " if len(items) > 1 else ""
    raise Refused(f"{whose}{count}. Check {them}, or say because=.", rows[0].buttons[0].say, card=card)


def _assumed(call: Call, item: Item) -> list[Line]:
    """What was assumed about an item meanwhile, and its owner has not judged yet."""
    rows = questions.assumed(questions.of_item(call.db, item.id))
    return [
        Line(
            f"Q-{row.number}",
            row.text,
            f"assumed: {shorten(row.assumption, 120)}",
            (Button("Answer", f"question answer Q-{row.number}", form=True),),
        )
        for row in rows
    ]


def _reminder(call: Call) -> tuple[Text, ...]:
    """The definition of done, to be thought of when something is accepted."""
    lines = standards.of(call.db, call.product.id).done
    return (Text(escape(f"Done means: {' · '.join(lines)}"), subtle=True),) if lines else ()


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
    card = _with_reason(changed(call, [item], "rejected"), because)
    whose = f", with {call.name(item.assignee_id)}" if item.assignee_id else "; nobody has it"
    return replace(card, body=(*card.body, Text(escape(f"It is in doing again{whose}."), subtle=True)))


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
    """Make several items of one, in its place in order, sprint and roadmap; it is dropped, or stays as their epic."""
    reference = call.take_items(count=1)[0]
    titles = _titles(call)
    if len(titles) < 2 and (titles or call.ask.values):
        raise Refused("Into which items? It takes two or more titles.", call.command.example, field="new-titles")
    if len(titles) > MOST_PARTS:
        why = f"{len(titles)} parts at once are too many; up to {MOST_PARTS}."
        raise Refused(why, call.command.example, field="new-titles")
    backlog.lock(call.db, call.product.id)
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
        _hand_on(call, item, parts)
    rows = tuple(words.line(part) for part in parts)
    return Card(f"{words.key(item.number)} {item.title}: split into {words.names(parts)}", (Items(rows),))


def _hand_on(call: Call, item: Item, parts: list[Item]) -> None:
    """The parts wait for what it waited for, are in its sprint, and belong to what it belonged to on the roadmap."""
    db = call.db
    structure.hand_on(db, item, parts)
    for entry in roadmap.entries_of(db, [item.id], tuple(Audience)):
        roadmap.link(db, entry, parts)
    place = sprints.current_of(db, [item.id]).get(item.id)
    if place is None:
        return
    sprint = db.get_one(Sprint, {"id": place.id, "workspace_id": db.workspace})
    if sprint.state == PLANNED:
        sprints.take_out(db, sprint, [item], "")
    sprints.put_in(db, sprint, parts, f"split of {Words(call).key(item.number)}" if sprint.state == RUNNING else "")


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

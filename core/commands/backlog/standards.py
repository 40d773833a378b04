"""`team ready`, `team done` and `team tag`: what the team holds itself to, and the words that people are found by."""

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Line, Reply, Text
from core.chat.words import counted, listed, shorten
from core.commands import rights
from core.commands.call import Call
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.product import readiness, standards
from core.product.people import Role
from core.product.standards import DONE, LENGTH, MOST, READY, TAGS, Standards

tell("standards", Kind("definition", says=("text",), silent=frozenset({"position", "about"})))
tell("tags", Kind("tags", says=(), names={"words": "tags", "person_id": "person"}))

CALLED = {READY: "definition of ready", DONE: "definition of done"}


@command(
    "team ready list|add TEXT|drop N|off RULE|on RULE",
    example="team ready add The design is linked",
    hidden="new-line",
)
def ready(call: Call) -> Said:
    """The definition of ready: built-in rules that can be switched off and on, and lines of your own."""
    verb = call.peek().lower()
    if verb not in ("off", "on"):
        return _lines(call, READY)
    call.take_word()
    rule = call.take_word().lower()
    call.end()
    rights.check(call, Role.LEAD)
    if rule not in readiness.RULES:
        near = grammar.suggest(rule, readiness.RULES) or "valuable"
        why = f"“{shorten(rule, 40)}” is no rule" if rule else "Which rule?"
        known = listed(list(readiness.RULES))
        raise Refused(
            f"{why}; there are {known}." if rule else f"{why} There are {known}.", f"team ready {verb} {near}"
        )
    product = call.product
    on = verb == "on"
    if not standards.switch(call.db, product.id, rule, on=on):
        return Reply(ok=True, card=Card(f"The rule {rule} is {verb} already; nothing was changed."))
    asks = "is asked again" if on else "is no longer asked"
    return Card(f"Definition of ready of {product.name}: {rule} ({readiness.MEANS[rule]}) {asks}")


@command("team done list|add TEXT|drop N", example="team done add Release notes are written", hidden="new-line")
def done(call: Call) -> Said:
    """The definition of done: shown as a reminder when something is accepted."""
    return _lines(call, DONE)


def _lines(call: Call, about: str) -> Said:
    verb = call.take_word().lower()
    match verb:
        case "" | "list":
            call.end()
            return Reply(ok=True, card=_list(call, about))
        case "add":
            rights.check(call, Role.LEAD)
            return _add(call, about)
        case "drop":
            rights.check(call, Role.LEAD)
            return _drop(call, about)
    words = "list, add and drop" if about == DONE else "list, add, drop, off and on"
    raise Refused(f"A {CALLED[about]} takes {words}; “{shorten(verb, 40)}” is none.", f"team {about} list")


def _add(call: Call, about: str) -> Said:
    text = call.phrase("new-line") or call.phrase()
    if not text and not call.ask.values:
        field = Field("new-line", "It must hold that", required=True, max_length=LENGTH)
        return Form(CALLED[about].capitalize(), (field,), f"team {about} add", label="Add")
    if not text:
        raise Refused("Say what must hold.", call.command.example, field="new-line")
    within(text, LENGTH, "A line", f"team {about} add {shorten(text, 100)}", field="new-line")
    product = call.product
    there = getattr(standards.of(call.db, product.id), about)
    if text in there:
        return Reply(ok=True, card=Card(f"That is line {there.index(text) + 1} already; nothing was changed."))
    if len(there) >= MOST:
        raise Refused(f"A {CALLED[about]} of more than {MOST} lines is read by nobody.", f"team {about} list")
    number = standards.add(call.db, product.id, about, text)
    return Card(f"{CALLED[about].capitalize()} of {product.name}, line {number}: {text}")


def _drop(call: Call, about: str) -> Said:
    number = call.take_word()
    call.end()
    if not (number.isascii() and number.isdigit()):
        raise Refused(f"Which line? Say its number, such as team {about} drop 1.", f"team {about} list")
    product = call.product
    text = standards.drop(call.db, product.id, about, int(number[:9]))
    if text is None:
        lines = len(getattr(standards.of(call.db, product.id), about))
        count = counted(lines, "line") if lines else "no lines"
        raise Refused(
            f"The {CALLED[about]} has {count} of your own; there is no number {number}.", f"team {about} list"
        )
    return Card(f"{CALLED[about].capitalize()} of {product.name}: dropped “{text}”")


def _list(call: Call, about: str) -> Card:
    product = call.product
    found = standards.of(call.db, product.id)
    lead = call.may(Role.LEAD)
    own = tuple(
        Line(f"{n}.", text, buttons=(Button("Drop", f"team {about} drop {n}"),) if lead else ())
        for n, text in enumerate(getattr(found, about), 1)
    )
    rows = (*(_rules(found, lead) if about == READY else ()), *own)
    buttons = (Button("Add a line", f"team {about} add", form=True),) if lead else ()
    title = f"{CALLED[about].capitalize()} of {product.name}"
    if not rows:
        hint = "Nothing is written yet. `team done add Release notes are written` adds a line."
        return Card(title, (Text(hint),), buttons)
    where = "`backlog ready` and `backlog refine` ask it" if about == READY else "shown when something is accepted"
    return Card(title, (Items(rows), Text(f"Advice, never a gate; {where}.", subtle=True)), buttons)


def _rules(found: Standards, lead: bool) -> tuple[Line, ...]:
    lines = []
    for rule, means in readiness.MEANS.items():
        off = rule in found.off
        button = Button("Switch on", f"team ready on {rule}") if off else Button("Switch off", f"team ready off {rule}")
        lines.append(Line("–" if off else "✓", means, f"{rule}, off" if off else rule, (button,) if lead else ()))
    return tuple(lines)


@command("team tag @PERSON WORD…|none", example="team tag @ann marketing", role=Role.LEAD)
def tag(call: Call) -> Said:
    """Give a person words to be found by, such as marketing; they replace those given before."""
    person = call.take_person()
    said = [word.strip("#,").lower() for word in call.rest().split()]
    words = tuple(dict.fromkeys(word for word in said if word))
    product = call.product
    if not words:
        raise Refused("Which words? Such as marketing, or none.", call.command.example)
    if words in (("none",), ("nothing",)):
        words = ()
    if len(words) > TAGS or any(len(word) > 30 for word in words):
        raise Refused(f"A person has at most {TAGS} tags of 30 characters.", call.command.example)
    standards.tag(call.db, product.id, person, words)
    return Card(
        f"{call.name(person)} is tagged {listed(words)} in {product.name}"
        if words
        else f"{call.name(person)} has no tags in {product.name}"
    )

"""Items in words: references to them, their fields from options and forms, and how a change of them is told."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.chat import grammar
from core.chat.card import Card, Choice, Field, Form, Items, Line, Reply, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.product import backlog, structure
from core.product.held import Held
from core.product.items import CLOSED, TITLE_LENGTH, TYPES, Item

PAGE = 20
LONGEST_TRY = 1500
MARKED = 3  # of what holds an item up, in a list


@dataclass(frozen=True, slots=True)
class Words:
    """How items are spoken of in one product."""

    call: Call

    def key(self, number: int) -> str:
        return f"{self.call.product.key}-{number}"

    def detail(self, item: Any, *, status: bool = True) -> str:
        """'5 pts · doing · Ann · ui · due 24 Dec' for an item or a listed row."""
        parts = [
            item.type if item.type != "story" else "",
            points(item.points),
            item.status if status and item.status != "new" else "",
            self.call.name(item.assignee_id) if item.assignee_id else "",
            " ".join(item.labels),
            self._due(item) if item.due and item.status not in CLOSED else "",
            item.external_key or "",
        ]
        return " · ".join(part for part in parts if part)

    def _due(self, item: Any) -> str:
        day = day_in_words(item.due, self.call.today)
        return f"overdue since {day}" if item.due < self.call.today else f"due {day}"

    def line(self, item: Any, held: Held | None = None) -> Line:
        """held: what holds it up, to be marked."""
        marks = [self.detail(item), *(self._held(held) if held else ())]
        return Line(self.key(item.number), item.title, " · ".join(mark for mark in marks if mark))

    def _held(self, held: Held) -> list[str]:
        """'blocked by B-1', 'waits for APP-3, APP-4'."""
        both = {
            "blocked by": [f"B-{number}" for number, _ in held.blockers],
            "waits for": [self.key(number) for number, _ in held.waits],
        }
        return [f"{how} {', '.join(keys[:MARKED])}{' …' * (len(keys) > MARKED)}" for how, keys in both.items() if keys]

    def names(self, items: Sequence[Item]) -> str:
        """'APP-1' or 'APP-1 and APP-2' or '12 items, APP-1 to APP-12'."""
        keys = [self.key(item.number) for item in items]
        if len(keys) > 8:
            return f"{len(keys)} items, {keys[0]} to {keys[-1]}"
        return keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"


def points(value: float | None) -> str:
    return "" if value is None else f"{value:g} pt{'' if value == 1 else 's'}"


# ---- which ones ----


def items_of(call: Call, references: Sequence[str]) -> list[Item]:
    """The items, each once, with the product locked for the change to come."""
    return list(dict.fromkeys(_found(call, references)))


def items_beside(call: Call, references: Sequence[str], anchor: str) -> tuple[list[Item], Item]:
    """The items, each once, and the one that they are put beside; the product is locked."""
    *items, beside = _found(call, [*references, anchor])
    return list(dict.fromkeys(items)), beside


def _found(call: Call, references: Sequence[str]) -> list[Item]:
    product = call.product
    backlog.lock(call.db, product.id)
    try:
        return backlog.find(call.db, product.id, product.key, references)
    except (backlog.NoSuchItem, backlog.TwoItems) as no:
        raise missing(call, no) from no


def item_to_read(call: Call, reference: str) -> Any:
    """One item to read of: all its fields as a row."""
    product = call.product
    try:
        return backlog.look_up(call.db, product.id, product.key, reference)
    except (backlog.NoSuchItem, backlog.TwoItems) as no:
        raise missing(call, no) from no


# what else is called by a letter and a number, and where it is read
_NO_ITEMS = {
    "B": ("a blocker", "blocker list"),
    "D": ("a decision", "decide show D-{}"),
    "F": ("a piece of feedback", "feedback show F-{}"),
    "G": ("a goal", "goal list"),
    "Q": ("a question", "question list"),
    "R": ("a roadmap entry", "roadmap show R-{}"),
}


def missing(call: Call, no: backlog.NoSuchItem | backlog.TwoItems) -> Refused:
    """Which item is meant cannot be told, or it is not here."""
    reference = shorten(str(no.args[0]), 40)
    if isinstance(no, backlog.TwoItems):
        _, ours, other, abroad = no.args
        key = reference.upper()
        if abroad:
            why = f"{reference} is two items: it is what numbers {ours} and {other} here were called elsewhere."
            return Refused(f"{why} Say the bare number.", f"backlog show {ours}")
        why = f"{key} is two items: number {ours} here, and number {other}, which was {key} where it came from."
        return Refused(f"{why} Say the bare number.", f"backlog show {ours}")
    elsewhere = call.directory.product_by_key(reference.rpartition("-")[0])
    if elsewhere is not None and elsewhere.id != call.product.id:
        return Refused(
            f"{reference.upper()} is of {elsewhere.name}; this place is about {call.product.name}.", "product list"
        )
    letter, _, tail = reference.upper().removeprefix("#").rpartition("-")
    if letter in _NO_ITEMS and tail.isdigit():
        what, line = _NO_ITEMS[letter]
        return Refused(f"{letter}-{tail} is the name of {what}; an item is wanted here.", line.format(tail))
    if not tail.isdigit():
        why = f"“{reference}” is no item of {call.product.name}; they are called {call.product.key}-1 and so on."
        return Refused(why, f"backlog search {grammar.quote(reference)}")
    shown = reference.upper() if letter else f"{call.product.key}-{tail}"
    return Refused(f"{shown} is not in {call.product.name}.", "backlog list")


# ---- their fields ----


def fields_of(call: Call) -> dict[str, Any]:
    """The fields that the options name, in the columns' own types."""
    fields: dict[str, Any] = {}
    for key in ("points", "value"):
        if call.given(key):
            fields[key] = None if _emptied(call, key) else call.number(key)
    for key in ("type", "status"):
        if call.options.get(key):
            fields[key] = call.choice(key)
    if call.given("label"):
        fields["labels"] = () if _emptied(call, "label") else labels_in(call)
    if call.given("assignee"):
        fields["assignee_id"] = call.person_in("assignee")
    if call.given("description"):
        fields["description"] = call.words("description")
    if call.given("link-back"):
        fields["link"] = call.options["link-back"]
    for key, name in STORY.items():
        if call.given(key):
            fields[name] = _LEADS[key].sub("", call.phrase(key)).strip(" ,;")
    if call.given("due"):
        fields["due"] = None if _emptied(call, "due") else call.day("due", "friday")
    if call.given("epic"):
        fields["epic_id"] = _epic(call)
    return fields


def _emptied(call: Call, key: str) -> bool:
    return call.options[key].strip().lower() in ("", "none")


# the words of a user story -> the columns that hold them
STORY = {"as": "persona", "want": "want", "so": "benefit"}
# what a story puts before them by itself
_LEADS = {
    "as": re.compile(r"\Aas\s+", re.I), "want": re.compile(r"\Ai want\s+", re.I),
    "so": re.compile(r"\A(?:so\s+)?that\s+", re.I),
}  # fmt: skip


def _epic(call: Call) -> str | None:
    """The epic that the options name; None where they name none."""
    if _emptied(call, "epic"):
        return None
    try:
        return items_of(call, [call.options["epic"].strip()])[0].id
    except Refused as no:
        raise Refused(no.why, no.try_, field="epic") from no


def check_epic(call: Call, items: Sequence[Item], epic_id: str) -> None:
    """Refuse an epic that is none, or that would belong to itself."""
    epic = call.db.get_one(Item, {"id": epic_id, "workspace_id": call.db.workspace})
    words = Words(call)
    key = words.key(epic.number)
    try:
        structure.check_epic(call.db, items, epic)
    except structure.NoEpic as no:
        raise Refused(f"{key} is a {no.args[1]}, not an epic.", f"backlog edit {key} type=epic", field="epic") from no
    except structure.Circle as no:
        inside = words.key(no.args[0])
        raise Refused(f"{inside} would belong to itself.", f"backlog show {inside}", field="epic") from no


def stays_epic(call: Call, items: Sequence[Item]) -> None:
    """Refuse to make something else of an epic that items belong to."""
    for epic in (item for item in items if item.type == "epic"):
        if inside := structure.children(call.db, epic.id, PAGE + 1):
            key = Words(call).key(epic.number)
            count = len(inside)
            what = "An item belongs" if count == 1 else f"{count if count <= PAGE else 'Many'} items belong"
            raise Refused(f"{what} to {key}, so it stays an epic.", f"backlog list epic={key}", field="type")


def labels_in(call: Call) -> tuple[str, ...]:
    """The labels that label= names. Blanks that were kept by quotes belong to one label, which is a single word here as
    after an import: 'two-words'. A form's field has blanks between labels."""
    said = call.options.get("label", "")
    if "label" in call.ask.values:
        return labels(said)
    return labels(",".join("-".join(one.split()) for one in said.split(",")))


def labels(text: str) -> tuple[str, ...]:
    """'UI, api' as labels: single words in lower case, each once."""
    return tuple(dict.fromkeys(word.strip("#").lower() for word in text.replace(",", " ").split() if word.strip("#")))


def too_long(call: Call, title: str, in_text: bool = False) -> Refused:
    """Offers the title cut at a word; where it was the free text, with the rest in the description."""
    title = " ".join(title.split())
    why = f"A title holds {TITLE_LENGTH} characters; this one has {len(title)}."
    head = title[: TITLE_LENGTH + 1].rpartition(" ")[0] or title[:TITLE_LENGTH]
    if not in_text:
        return call.wrong("title", why, head)
    rest = "\n".join(part for part in (title[len(head) :].strip(), call.options.get("description", "")) if part)
    options = {**call.options, "description": rest}
    better = f"{call.command.name} {grammar.render(head, options, call.command.keys)}"
    return Refused(why, better if len(better) <= LONGEST_TRY else call.command.example, field="title")


def item_form(call: Call, title: str, submit: str, item: Item | None = None) -> Form:
    """The form of `backlog add` and `backlog edit`; options that were typed stand in it, or stay in its line."""
    said = call.options
    kind = item.type if item else call.choice("type") if said.get("type") else "story"
    worth = call.number("points") if item is None else item.points
    assignee = call.person_in("assignee") if item is None else item.assignee_id
    due = item.due if item else call.day("due")
    epic = item.epic_id if item else _epic(call) if said.get("epic") else None
    fields = (
        Field("title", "Title", value=item.title if item else "", required=True, max_length=TITLE_LENGTH),
        Field("type", "Type", "choice", value=kind, choices=tuple(Choice(name.capitalize(), name) for name in TYPES)),
        Field("points", "Points", "number", value="" if worth is None else f"{worth:g}"),
        Field(
            "label",
            "Labels",
            value=" ".join(item.labels if item else labels_in(call)),
            hint="Words, with blanks between them",
        ),
        Field("assignee", "Assignee", "person", value=call.external_id(assignee)),
        Field(
            "as", "As", value=item.persona if item else call.words("as"), hint="Who wants it, such as: an accountant"
        ),
        Field("want", "I want", value=item.want if item else call.words("want")),
        Field("so", "So that", value=item.benefit if item else call.words("so")),
        Field("epic", "Epic", value=_name_of(call, epic) if epic else "", hint="Its number, such as 3"),
        Field("due", "Due", "date", value=due.isoformat() if due else ""),
        Field("description", "Description", "longtext", value=item.description if item else call.words("description")),
    )
    shown = {field.name for field in fields}
    kept = {key: value for key, value in said.items() if key not in shown and key != OPENED}
    if item is not None:
        kept[OPENED] = ",".join(f"{field.name}:{_digest(field.value)}" for field in fields)
    return Form(title, fields, f"{submit} {grammar.render('', kept, call.command.keys)}".strip())


OPENED = "opened-as"  # what stood in a form when it was opened, as digests


def touched(call: Call, item: Item) -> Call:
    """A submitted form as a change of what was touched in it: the rest is as it was opened, and may be newer by now.
    Refuses where somebody has changed a touched field since."""
    then = dict(pair.split(":", 1) for pair in call.options[OPENED].split(",") if ":" in pair)
    now = {field.name: _digest(field.value) for field in item_form(call, "", "", item).fields}
    options = {name: value for name, value in call.options.items() if name != OPENED}
    for name in set(options) & set(then):
        if _digest(options[name]) == then[name]:
            del options[name]
        elif now.get(name) not in (then[name], _digest(options[name])):
            key = Words(call).key(item.number)
            why = f"Somebody has changed the {name} of {key} since you opened this form."
            raise Refused(why, f"backlog edit {key}", field=name)
    return replace(call, options=options)


def _digest(value: str) -> str:
    """Of a field's text, whatever a platform does to its blanks."""
    return hashlib.blake2s(" ".join(value.split()).encode(), digest_size=4).hexdigest()


# ---- what happened to them ----


def field_in_words(call: Call, name: str, value: Any) -> str:
    """One changed field in words."""
    match name:
        case "assignee_id":
            return f"assignee {call.name(value) if value else 'nobody'}"
        case "labels":
            return f"labels {' '.join(value)}" if value else "no labels"
        case "description":
            return "new description" if value else "no description"
        case "title":
            return "new title"
        case "epic_id":
            return f"epic {_name_of(call, value)}" if value else "no epic"
        case "persona" | "want" | "benefit":
            key = next(key for key, column in STORY.items() if column == name)
            return f"{key} {shorten(value, 60)}" if value else f"{key} emptied"
        case "due":
            return f"due {day_in_words(value, call.today)}" if value else "no due date"
        case "points" | "value" | "reach" | "impact" | "confidence" | "effort" | "urgency" | "risk":
            return f"no {name}" if value is None else f"{name} {value:.10g}"
        case _:
            return f"{name} {shorten(str(value), 80)}"


def _name_of(call: Call, item_id: str) -> str:
    return Words(call).key(backlog.numbers(call.db, [item_id])[item_id])


def changed(call: Call, items: Sequence[Item], what: str, holds: Mapping[str, Held] | None = None) -> Card:
    """One line about one item, a line and a list about several. holds: what holds which of them up, to be marked."""
    words = Words(call)
    if len(items) == 1:
        return Card(f"{words.key(items[0].number)} {items[0].title}: {what}")
    lines = tuple(words.line(item, (holds or {}).get(item.id)) for item in items[:PAGE])
    return Card(f"{words.names(items)}: {what}", (Items(lines),))


def already(call: Call, items: Sequence[Item], status: str) -> tuple[Text, ...]:
    """The line about those that were where others of them go now."""
    if not items:
        return ()
    said = f"{Words(call).names(items)} {'was' if len(items) == 1 else 'were'} {status} already."
    return (Text(said, subtle=True),)


def not_yet(call: Call, items: Sequence[Item], status: str) -> list[Item]:
    """Those that are not in a status yet; a refusal where all are."""
    fresh = [item for item in items if item.status != status]
    if not fresh:
        names = f"{Words(call).names(items)} {'is' if len(items) == 1 else 'are'}"
        raise Refused(f"{names} {status} already.", f"backlog show {Words(call).key(items[0].number)}")
    return fresh


def still_held(call: Call, held: Held) -> tuple[Text, ...]:
    """What holds an item up all the same, for who has just done it."""
    words = Words(call)
    waits = [f"{words.key(number)} {shorten(title, 60)}" for number, title in held.waits]
    blocked = [f"B-{number} {shorten(text, 60)}" for number, text in held.blockers]
    said = [f"It still waits for {listed(waits)}."] if waits else []
    said += [f"{listed(blocked)} {'is' if len(blocked) == 1 else 'are'} not cleared."] if blocked else []
    return (Text(escape(" ".join(said)), subtle=True),) if said else ()


def unchanged(call: Call, items: Sequence[Item]) -> Reply:
    """A change that changes nothing is told to the asker alone."""
    one = len(items) == 1
    title = f"{Words(call).names(items)} {'is' if one else 'are'} like that already; nothing was changed."
    return Reply(ok=True, card=Card(title))

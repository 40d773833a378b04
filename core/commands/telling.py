"""How a change of anything is put into words: what each kind of thing is called, and its columns, for undo and history.

Every tracked entity has its Kind here or in the module of its commands (`tell`); a test holds that.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.product import backlog
from core.store import history
from core.store.history import Fields

_NUMBERED = re.compile(r"#?([A-Za-z])-(\d{1,9})")

Ref = tuple[str, str]
"""An entity's table and its id."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of thing is spoken of.

    called  'goal', by itself or before a name
    letter  'G' where it is called G-1 by its `number`
    says    the columns that tell which one it is; the first that holds something does
    silent  columns whose change is nobody's news
    names   column -> what people call it
    leads   what stands before what a part says, where that is not what it is called: 'waiting for' an item
    tells   what was made or removed in a few words, where `says` cannot tell
    part    the column with the id of what it is a part of, under whose name it is told: a key result's goal
    secret  what history never shows, and undo never spells out
    """

    called: str
    letter: str = ""
    says: tuple[str, ...] = ("title", "name", "text")
    silent: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False
    part: str = ""
    leads: str = ""
    tells: Callable[[Call, Fields], str] | None = None


KINDS: dict[str, Kind] = {}


def tell(table: str, kind: Kind) -> None:
    """Say how the entities of a table are spoken of."""
    if table in KINDS:
        raise ValueError(f"{table} is spoken of in two ways")
    KINDS[table] = kind


tell(
    "items",
    Kind(
        "item",
        silent=frozenset(
            {"rank", "closed_at", "imported_at", "number", "external", "source", "external_id", "said"}
        ),
        names={
            "assignee_id": "assignee", "rank": "place", "external_key": "outside key", "epic_id": "epic",
            "persona": "as", "benefit": "so",
        },
    ),
)  # fmt: skip
tell("comments", Kind("comment", part="item_id"))
tell("criteria", Kind("criterion", part="item_id"))
tell("blocks", Kind("wait", part="item_id", says=("on_id",), leads="waiting for"))
tell("products", Kind("the product", says=()))
tell("roles", Kind("role", says=()))
tell("channels", Kind("channel", says=()))
tell("people", Kind("person", says=()))


def answered(question: str, answer: str) -> str:
    """'Which separator? semicolon': a colon stands only where the question does not end in a mark of its own."""
    if answer in ("", question):
        return question
    return f"{question}{' ' if question.endswith(('?', '.', '…', ':')) else ': '}{answer}"


PLACE = ("items", "rank")
_SILENT = frozenset({"product_id", "number"})
_MANY = frozenset({"points", "labels"})


def is_silent(table: str, column: str) -> bool:
    return column in _SILENT or column in KINDS[table].silent


def is_undone_aloud(table: str, column: str) -> bool:
    """Whether undo speaks of a column: of an item's place too, which history tells in its own way."""
    return (table, column) == PLACE or not is_silent(table, column)


def called(table: str, column: str) -> str:
    """What people call a column: 'assignee' for assignee_id."""
    return KINDS[table].names.get(column) or column.removesuffix("_id").replace("_", " ")


def are(column: str) -> str:
    return "are" if column in _MANY else "is"


def subject(table: str, key: str, fields: Fields | None) -> Ref:
    """What a change is about: a comment is about its item, a key result about its goal."""
    part = KINDS[table].part
    if part and fields and fields.get(part):
        return history.refers(history.models()[table])[part], str(fields[part])
    return table, key


def within(call: Call, table: str, key: str, fields: Fields) -> Fields:
    """A change of what is part of something, with what it is part of and which one it is, which it does not carry."""
    kind = KINDS[table]
    if not kind.part or kind.part in fields:
        return fields
    row = call.db.get(history.models()[table], {"id": key, "workspace_id": call.db.workspace})
    if row is None:
        return fields
    return {**{name: getattr(row, name) for name in (kind.part, *kind.says) if hasattr(row, name)}, **fields}


def labels(call: Call, refs: Iterable[Ref]) -> dict[str, str]:
    """How things that are there are called, by their ids: APP-12, G-1, or 'the channel general'."""
    wanted: dict[str, list[str]] = {}
    for table, key in refs:
        wanted.setdefault(table, []).append(key)
    found = {
        key: f"{call.product.key}-{number}" for key, number in backlog.numbers(call.db, wanted.pop("items", [])).items()
    }
    for table, keys in wanted.items():
        model = history.models()[table]
        for key in dict.fromkeys(keys):
            row = call.db.get(model, {"id": key, "workspace_id": call.db.workspace})
            if row is not None:
                names = (*KINDS[table].says, "number")
                found[key] = label(call, table, {n: getattr(row, n) for n in names if hasattr(row, n)})
    return found


def numbered(call: Call, word: str) -> tuple[str, str] | None:
    """The id and the name of what is called by a letter and a number, such as G-1; None where the word is no such name,
    or nothing in this product is called so."""
    found = _NUMBERED.fullmatch(word.rstrip(",;"))
    table = next((name for name, kind in KINDS.items() if found and kind.letter == found[1].upper()), None)
    if not found or table is None:
        return None
    model: Any = history.models()[table]
    wanted = select(model.id).where(model.product_id == call.product.id, model.number == int(found[2]))
    key = call.db.scalar(wanted)
    return (key, f"{found[1].upper()}-{found[2]}") if key else None


def label(call: Call, table: str, fields: Fields) -> str:
    """How a thing is called, by what its columns say; '' where they do not tell."""
    kind = KINDS[table]
    number = fields.get("number")
    if table == "items":
        return f"{call.product.key}-{number}" if number is not None else ""
    if kind.letter and number is not None:
        return f"{kind.letter}-{number}"
    return f"{kind.called} {said}".strip() if (said := says(table, fields)) else kind.called


def says(table: str, fields: Fields) -> str:
    """What tells one thing from others of its kind, in a few words."""
    return shorten(str(next((fields[name] for name in KINDS[table].says if fields.get(name)), "")), 80)


def part(call: Call, table: str, fields: Fields) -> str:
    """What is part of something, in a few words: 'comment “…”', 'item APP-3'."""
    kind = KINDS[table]
    if kind.tells is not None:
        return kind.tells(call, fields)
    name = next((name for name in kind.says if fields.get(name)), "")
    if not name:
        return kind.called
    said = value(call, table, name, fields[name])
    verb = kind.leads or kind.called
    return f"{verb} {said}" if name.endswith("_id") or not isinstance(fields[name], str) else f"{verb} “{said}”"


def gone(table: str) -> str:
    """'an item that is gone'."""
    name = KINDS[table].called
    article = "" if name.startswith("the ") else "an " if name[0] in "aeiou" else "a "
    return f"{article}{name} that is gone"


def value(call: Call, table: str, column: str, what: Any) -> str:
    """A column's value in words."""
    to = history.refers(history.models()[table]).get(column)
    if to == "people":
        return call.name(what) if what else "nobody"
    if what is None or what in ("", ()):
        return "empty"
    if to is not None:
        return labels(call, [(to, what)]).get(what) or gone(to)
    if isinstance(what, datetime):
        return call.date_of(what)
    if isinstance(what, date):
        return day_in_words(what, call.today)
    if isinstance(what, bool):
        return "yes" if what else "no"
    if isinstance(what, tuple):
        return " ".join(what)
    if isinstance(what, float):
        return f"{what:g}"
    return shorten(str(what), 80)

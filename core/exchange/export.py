"""A product written to a file."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from core.exchange.document import VERSION
from core.exchange.words import guarded

# The order in which an item's members are written; any other follows by name.
_ORDER = """key, title, description, type, status, points, value, labels, assignee, priority, as, want, so, criteria,
    due, epic, sprints, waits_for, reach, impact, confidence, effort, urgency, risk, parent, link, created_at,
    closed_at, updated_at, comments, source, external_id, external_key, source_status, extra"""
MEMBERS = tuple(name.strip() for name in _ORDER.split(","))
_RANK = {name: rank for rank, name in enumerate(MEMBERS)}


Item = Mapping[str, Any]


class Format(Protocol):
    """One way of writing a product: its key, name and tz, and its items in order, as pieces of one text."""

    def __call__(self, product: Mapping[str, Any], items: Iterable[Item], *, at: datetime) -> Iterator[str]:
        """Raises ValueError where a time has no zone."""


def to_json(product: Mapping[str, Any], items: Iterable[Item], *, at: datetime) -> Iterator[str]:
    """One JSON document in pieces, an item a line: {"steward": 1, "product": …, "exported_at": …, "items": […]}.

    Every member an item has is written, in a fixed order. Names that a Row has too (see document.py) are read back as
    such, the others into `extra`. Aware times become UTC in ISO 8601; a time without a zone raises ValueError.
    """
    yield f'{{"steward": {VERSION}, "product": {_dumped(product)}, "exported_at": {_dumped(at)}, "items": ['
    between = "\n"
    for item in items:
        names = sorted(item, key=lambda name: (_RANK.get(name, len(_RANK)), name))
        yield between + _dumped({name: item[name] for name in names})
        between = ",\n"
    yield "\n]}\n"


def to_csv(product: Mapping[str, Any], items: Iterable[Item], *, at: datetime) -> Iterator[str]:
    """A table, an item a record, that document.item_of reads back as the same item; `product` and `at` are not in it.

    It opens with a byte-order mark, without which Excel takes UTF-8 for something else; what a spreadsheet would take
    for a formula has an apostrophe before it (words.guarded). Members that have no column are in the cell `extra`.
    """
    writer = csv.writer(_Pass())  # writerow returns what write does
    yield "\ufeff" + writer.writerow([name.replace("_", " ").capitalize() for name in MEMBERS])
    for item in items:
        others = {name: value for name, value in item.items() if name not in _RANK and value is not None}
        extra = {**(item.get("extra") or {}), **others} if others else item.get("extra")
        yield writer.writerow([_cell(name, extra if name == "extra" else item.get(name)) for name in MEMBERS])


class _Pass:
    def write(self, text: str) -> str:
        return text


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str):
        return guarded(value) if value else ""
    if value is None or value == () or value == [] or value == {}:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 3, as people write it
    if name in ("labels", "waits_for"):
        return guarded(" ".join(value))
    if isinstance(value, datetime | date | Decimal | UUID):
        value = _plain(value)
    return guarded(value if isinstance(value, str) else _dumped(value))


def to_markdown(product: Mapping[str, Any], items: Iterable[Item], *, at: datetime) -> Iterator[str]:
    """A heading and a list in order, for people; it is not read back.

    Text of others is escaped where Markdown would take it for more, in CommonMark's own way, and a description stands
    in a fence longer than any inside it: neither can end the list, make a heading or a picture, or hold HTML.
    """
    yield f"# {_escaped(product['name'])} ({product['key']})\n\n"
    yield f"Exported {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, in order, best first.\n"
    for item in items:
        points = item.get("points")
        said = [
            item.get("type") if item.get("type") != "story" else "",
            item.get("status"),
            f"{points:g} pts" if points is not None else "",
            item.get("assignee"),
            ", ".join(item.get("labels") or ()),
        ]
        facts = " · ".join(_escaped(each) for each in said if each)
        yield f"\n- **{_escaped(item['key'])}** {_escaped(item['title'])}{f' · {facts}' if facts else ''}\n"
        if (description := _lines(item.get("description") or "").strip("\n")).strip():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", description)), default=0))
            body = "".join(f"  {line}\n" if line else "\n" for line in description.split("\n"))
            yield f"\n  {fence}text\n{body}  {fence}\n"


_MARKS = re.compile(r"([\\`*_\[\]<>&!~|$#])")


def _escaped(text: str) -> str:
    """Text as Markdown that reads the same, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


FORMATS: Mapping[str, Format] = {"json": to_json, "csv": to_csv, "markdown": to_markdown}


def _plain(value: Any) -> Any:
    match value:
        case datetime() if value.tzinfo is None:
            raise ValueError(f"{value} has no zone.")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case UUID():
            return str(value)
        case Mapping():
            return dict(value)
        case Set():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")


_dumped = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain).encode

"""Our own export, read back: an item of its JSON document, or a record of its CSV, as a Row.

An item is an object with the names of a Row's fields; times are ISO 8601, labels a list of texts, comments a list of
objects {"text", "author", "at"}. An item that came from elsewhere says so in `source`, `external_id`, `external_key`;
for one that was born here its `key` is both id and key. What a Row has no field for is kept in `extra`, as text where
it is text and as JSON where it is not.

In CSV the members are columns, labels parted by a space; comments, criteria, sprints and extra are one cell of JSON
each. Each item tells its sprints whole (name, days, state, what became of the item), so a CSV has them too.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any

from core.exchange.records import CONTROL, NO_ID, NO_TITLE, BadCell, fitted, one_line
from core.exchange.rows import Comment, Row, UnknownLayout
from core.exchange.source import STRAY
from core.exchange.words import status_of, time_of, type_of
from core.product.stays import Stay
from core.product.stays import fitted as fitted_sprint

VERSION = 1

_TEXTS = ("external_key", "source_status", "priority", "assignee", "parent", "source", "link", "epic", "key")
_STORY = {"as": "persona", "want": "want", "so": "benefit"}
_SCORES = ("reach", "impact", "confidence", "effort", "urgency", "risk")
_FIELDS = {*_TEXTS, *_STORY, *_SCORES, "external_id", "title", "description", "type", "status", "points", "value",
           "labels", "due", "criteria", "sprints", "waits_for", "created_at", "closed_at", "updated_at", "comments",
           "extra"}  # fmt: skip


def check_version(value: Any) -> None:
    """Raises UnknownLayout where a document is of another version than this."""
    if value != VERSION:
        raise UnknownLayout(f"This export is of version {value}; this Steward reads version {VERSION}.")


def item_of(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """A record of our own CSV as an item of the document. Raises BadCell.

    header   the names of an item's members in words ('Created at'); any other column is kept under its own name
    """
    item: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=True):
        name = "_".join(column.casefold().split())
        if not cell:
            continue
        if name in _PARSED:
            try:
                item[name] = _PARSED[name](cell)
            except (ValueError, RecursionError):
                raise BadCell(column, _UNREADABLE[name]) from None
        else:
            item[name if name in _FIELDS else column] = cell
    return item


_PARSED: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("points", "value", *_SCORES), float),
    "waits_for": lambda cell: cell.split(" "),
    "criteria": json.loads,
    "sprints": json.loads,
    "labels": lambda cell: cell.split(" "),
    "comments": json.loads,
    "extra": json.loads,
}
_UNREADABLE = {
    **dict.fromkeys(("value", *_SCORES), "This is not a number."),
    "points": "This is not a number of points, such as 3 or 0.5.",
    "criteria": "This cell is not the JSON that an export writes here.",
    "sprints": "This cell is not the JSON that an export writes here.",
    "comments": "This cell is not the JSON that an export writes here.",
    "extra": "This cell is not the JSON that an export writes here.",
}


def row(line: int, item: Any) -> Row:
    """The Row of one item. Raises BadCell."""
    if not isinstance(item, dict):
        raise BadCell("", "This item is not an object.")
    for name, value in item.items():
        check_text(name, *_strings(value))
    texts: dict[str, Any] = {name: _text(item, name) for name in _TEXTS}
    key = _text(item, "key")
    id_ = _text(item, "external_id") or key
    title, word = _text(item, "title"), _text(item, "status")
    if not id_:
        raise BadCell("external_id", NO_ID)
    if not title.strip():
        raise BadCell("title", NO_TITLE)
    if CONTROL.search(title):
        title = one_line(title)
    title, description = fitted(title, _text(item, "description"))
    status = status_of(word)
    if not item.get("external_id"):
        texts["external_key"] = texts["external_key"] or key
    if word and not texts["source_status"] and status != word:
        texts["source_status"] = word
    return Row(
        line,
        id_,
        title=title,
        description=description,
        type=type_of(_text(item, "type") or "story"),
        status=status,
        points=_points(item),
        labels=_words(item, "labels"),
        waits_for=_words(item, "waits_for"),
        criteria=_criteria(item),
        sprints=_stays(item),
        due=_day(item, "due"),
        story={ours: text for name, ours in _STORY.items() if (text := _text(item, name))},
        scores={name: number for name in _SCORES if (number := _number(item, name)) is not None},
        updated_at=_time(item, "updated_at"),
        created_at=_time(item, "created_at"),
        closed_at=_time(item, "closed_at"),
        comments=_comments(item),
        value=_number(item, "value"),
        extra=_extra(item),
        **texts,
    )


def check_text(name: str, *texts: str) -> None:
    """Raises BadCell for a member's name and texts: JSON can spell what no database takes as text."""
    for text in (name, *texts):
        if "\0" in text:
            raise BadCell(name, "This text holds a NUL byte, which is not text.")
        if not text.isascii() and STRAY.search(text):
            raise BadCell(ascii(name)[1:-1], "This text holds half a character.")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _strings(each)


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise BadCell(name, f"This is {_kind(value)} where a text belongs.")


def _points(item: Mapping[str, Any]) -> float | None:
    points = _number(item, "points")
    if points is not None and not 0 <= points < 10**6:
        raise BadCell("points", _UNREADABLE["points"])
    return points


def _number(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    except OverflowError:
        pass  # an integer beyond what a number may be
    raise BadCell(name, _UNREADABLE[name])


def _words(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = item.get(name) or []
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadCell(name, f"The {name.replace('_', ' ')} are not a list of texts.")
    return tuple(value)


def _criteria(item: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    value = item.get("criteria") or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadCell("criteria", "The criteria are not a list of objects.")
    return tuple((text, each.get("checked") is True) for each in value if (text := _text(each, "text")).strip())


_STATES = frozenset({"", "planned", "running", "closed"})
_OUTCOMES = frozenset({"", "done", "carried", "dropped"})


def _stays(item: Mapping[str, Any]) -> tuple[Stay, ...]:
    value = item.get("sprints") or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadCell("sprints", "The sprints are not a list of objects.")
    return tuple(_stay(each) for each in value if _text(each, "name").strip())


def _stay(said: Mapping[str, Any]) -> Stay:
    state, outcome = _text(said, "state"), _text(said, "outcome")
    if state not in _STATES or outcome not in _OUTCOMES:
        raise BadCell("sprints", "A sprint is planned, running or closed, and what was in it done, carried or dropped.")
    try:
        return Stay(
            fitted_sprint(_text(said, "name")),
            _day(said, "starts_on"),
            _day(said, "ends_on"),
            state,
            _text(said, "goal"),
            _time(said, "started_at"),
            _time(said, "closed_at"),
            said.get("committed") is True,
            said.get("carried") is True,
            _text(said, "because"),
            _time(said, "left_at"),
            outcome,
        )
    except BadCell as bad:
        raise BadCell("sprints", str(bad)) from None


def _day(item: Mapping[str, Any], name: str) -> date | None:
    text = _text(item, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadCell(name, "This is not a day such as 2026-12-24.") from None


def _time(item: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return time_of(_text(item, name))
    except ValueError as error:
        raise BadCell(name, str(error)) from None


def _comments(item: Mapping[str, Any]) -> tuple[Comment, ...]:
    value = item.get("comments") or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadCell("comments", "The comments are not a list of objects.")
    return tuple(Comment(_text(each, "text"), _text(each, "author"), _time(each, "at")) for each in value)


def _extra(item: Mapping[str, Any]) -> dict[str, str]:
    extra = item.get("extra") or {}
    if not isinstance(extra, dict):
        raise BadCell("extra", f"This is {_kind(extra)} where an object belongs.")
    rest = {name: value for name, value in item.items() if name not in _FIELDS and value is not None}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for name, value in (extra | rest).items()
    }


def _kind(value: object) -> str:
    kinds: Sequence[tuple[type, str]] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (list, "a list"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "an object")

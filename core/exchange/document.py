"""Our own JSON export, read back: one document, an item at a time, whatever its line breaks and order of members.

An item is an object with the names of a Row's fields; times are ISO 8601, labels a list of texts, comments a list of
objects {"text", "author", "at"}. An item that came from elsewhere says so in `source`, `external_id`, `external_key`;
for one that was born here its `key` is both id and key. What a Row has no field for is kept in `extra`, as text where
it is text and as JSON where it is not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from math import isfinite
from typing import Any, TextIO

from core.exchange.records import CONTROL, NO_ID, NO_TITLE, BadCell, fitted, one_line
from core.exchange.rows import STEWARD, Comment, Fault, Layout, Row, UnknownLayout
from core.exchange.source import STRAY
from core.exchange.words import status_of, time_of, type_of

VERSION = 1

ITEM_LENGTH = 1 << 24  # characters; a text that never ends must not fill the memory
_PIECE = 1 << 16
_TEXTS = ("external_key", "source_status", "priority", "assignee", "parent", "source")
_FIELDS = {*_TEXTS, "external_id", "title", "description", "type", "status", "points", "labels", "created_at",
           "closed_at", "comments", "extra"}  # fmt: skip


def recognised(text: TextIO) -> Layout:
    """STEWARD, where the text is such a document. Raises UnknownLayout."""
    try:
        for name, value, _ in _members(text):
            if name == "steward":
                if value != VERSION:
                    raise UnknownLayout(f"This export is of version {value}; this Steward reads version {VERSION}.")
                return STEWARD
    except (_BrokenError, UnicodeError):
        pass  # it may still be JSON, but not ours
    raise UnknownLayout("This JSON is not an export of Steward.")


def rows(text: TextIO) -> Iterator[Row | Fault]:
    """The items of a recognised document; a document that breaks off ends in a fault."""
    line = 1
    try:
        for name, value, line in _members(text):
            if name == "items":
                try:
                    yield _row(line, value)
                except BadCell as bad:
                    yield Fault(line, bad.column, str(bad))
                except RecursionError:
                    yield Fault(line, "", "This item is nested too deeply.")
    except _BrokenError as broken:
        yield Fault(broken.line, "", "From here on the file is not valid JSON; reading stopped there.")
    except UnicodeError:
        yield Fault(line, "", "After this the file is not text in its encoding; reading stopped there.")


def _row(line: int, item: Any) -> Row:
    if not isinstance(item, dict):
        raise BadCell("", "This item is not an object.")
    _check(item)
    texts = {name: _text(item, name) for name in _TEXTS}
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
        labels=_labels(item),
        created_at=_time(item, "created_at"),
        closed_at=_time(item, "closed_at"),
        comments=_comments(item),
        extra=_extra(item),
        **texts,
    )


def _check(item: Mapping[str, Any]) -> None:
    """JSON can spell what no database takes as text."""
    for name, value in item.items():
        for text in chain([name], _strings(value)):
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
    value = item.get("points")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 <= value < 10**6:
        raise BadCell("points", "This is not a number of points, such as 3 or 0.5.")
    return float(value)


def _labels(item: Mapping[str, Any]) -> tuple[str, ...]:
    value = item.get("labels") or []
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise BadCell("labels", "The labels are not a list of texts.")
    return tuple(value)


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
    known = _FIELDS | {"key"} if not item.get("external_id") else _FIELDS
    rest = {name: value for name, value in item.items() if name not in known and value is not None}
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


class _BrokenError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _members(text: TextIO) -> Iterator[tuple[str, Any, int]]:
    """(name, value, line) of each member of the document, and of `items` one by one. Raises _BrokenError."""
    pieces = _Pieces(text)
    pieces.take("{")
    while pieces.peek() != "}":
        name = pieces.value()
        if not isinstance(name, str):
            raise _BrokenError(pieces.line)
        pieces.take(":")
        if name == "items" and pieces.peek() == "[":
            pieces.take("[")
            while pieces.peek() != "]":
                line = pieces.line
                yield name, pieces.value(), line
                if pieces.peek() != "]":
                    pieces.take(",")
            pieces.take("]")
        else:
            yield name, pieces.value(), pieces.line
        if pieces.peek() != "}":
            pieces.take(",")


class _Pieces:
    """A text parsed as it comes: what has been parsed is let go, what is not yet whole waits for the next piece."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._decoder = text, json.JSONDecoder()
        self._held, self._at, self._ended = "", 0, False
        self.line = 1  # where the next thing begins, once peek() was asked

    def peek(self) -> str:
        """The next character that is not space; '' at the end."""
        while True:
            at = self._at
            while at < len(self._held) and self._held[at] in " \t\r\n":
                at += 1
            self._pass(at)
            if at < len(self._held):
                return self._held[at]
            if not self._more():
                return ""

    def take(self, mark: str) -> None:
        if self.peek() != mark:
            raise _BrokenError(self.line)
        self._at += 1

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
            except (ValueError, RecursionError):
                if len(self._held) - self._at > ITEM_LENGTH or not self._more():
                    raise _BrokenError(self.line) from None
                continue
            # A number at the very end of what is held may go on in the next piece.
            if end < len(self._held) or self._ended:
                self._pass(end)
                return value
            self._more()

    def _pass(self, at: int) -> None:
        self.line += self._held.count("\n", self._at, at)
        self._at = at

    def _more(self) -> bool:
        self._held, self._at = self._held[self._at :], 0
        piece = self._text.read(max(_PIECE, len(self._held)))
        self._held += piece
        self._ended = not piece
        return not self._ended

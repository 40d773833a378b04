"""JSON parsed as it comes, so that a document larger than the memory can be read."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

ITEM_LENGTH = 1 << 24  # characters; a text that never ends must not fill the memory
_PIECE = 1 << 16


class BrokenError(Exception):
    """From `line` on the text is not JSON."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def members(text: TextIO, *streamed: str) -> Iterator[tuple[str, Any, int]]:
    """(name, value, line) of each member of the object that a text holds; those named in `streamed` one by one.

    Of an array, ('', value, line) of each element. Raises BrokenError.
    """
    pieces = _Pieces(text)
    if pieces.peek() == "[":
        yield from (("", value, line) for value, line in _elements(pieces))
        return
    pieces.take("{")
    while pieces.peek() != "}":
        name = pieces.value()
        if not isinstance(name, str):
            raise BrokenError(pieces.line)
        pieces.take(":")
        if name in streamed and pieces.peek() == "[":
            yield from ((name, value, line) for value, line in _elements(pieces))
        else:
            yield name, pieces.value(), pieces.line
        if pieces.peek() != "}":
            pieces.take(",")


def _elements(pieces: "_Pieces") -> Iterator[tuple[Any, int]]:
    pieces.take("[")
    while pieces.peek() != "]":
        line = pieces.line
        yield pieces.value(), line
        if pieces.peek() != "]":
            pieces.take(",")
    pieces.take("]")


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
            raise BrokenError(self.line)
        self._at += 1

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
            except (ValueError, RecursionError):
                if len(self._held) - self._at > ITEM_LENGTH or not self._more():
                    raise BrokenError(self.line) from None
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

"""From bytes to text: which encoding a file has, and whether some of its bytes lie outside it."""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from core.exchange.rows import UnknownLayout

STRAY = re.compile("[\ud800-\udfff]")  # what a byte outside the encoding becomes, and what no database takes

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file. `damaged`: some bytes fit no encoding and stand in the text as lone surrogates (STRAY)."""

    text: TextIO
    damaged: bool
    json: bool


@contextmanager
def opened(file: BinaryIO | Path) -> Iterator[Source]:
    """The file as text from its beginning, line ends untouched. A file object must be seekable and stays open."""
    if isinstance(file, Path):
        with file.open("rb") as own, opened(own) as source:
            yield source
        return
    file.seek(0)
    head = file.read(4096)
    encoding, damaged = _encoding(file, head)
    file.seek(0)
    text = TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
    try:
        opening = head.decode(encoding, "ignore").lstrip()[:1]
        yield Source(text, damaged, json=opening in ("{", "["))
    finally:
        if not file.closed:
            text.detach()


# How files begin that are no text, whatever they are called.
_PACKED = {b"%PDF-": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture",
           b"\x1f\x8b": "a packed file", b"7z\xbc\xaf": "a packed file", b"SQLite format 3": "a database",
           b"<!DOCTYPE": "a web page", b"<html": "a web page", b"{\\rtf": "a text document"}  # fmt: skip


def _encoding(file: BinaryIO, head: bytes) -> tuple[str, bool]:
    for begins, what in _PACKED.items():
        if head.lstrip().startswith(begins):
            raise UnknownLayout(f"This is {what}, whatever its name says; export it as CSV (UTF-8) and import that.")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnknownLayout("This is an Excel workbook or another packed file; save it as CSV (UTF-8) and import that.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", False
    # Without a mark, UTF-16 shows as text in which every other byte is zero.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 4 and min(even, odd) <= len(head) / 40:
        return ("utf-16-le" if odd > even else "utf-16-be"), False
    file.seek(0)
    whole, broken = _count(file)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", broken > 0
    # One broken byte must not turn every umlaut of a UTF-8 file into two letters: the majority decides.
    return ("utf-8" if whole >= broken else "cp1252"), broken > 0


def _count(file: BinaryIO) -> tuple[int, int]:
    """Characters beyond ASCII that are valid UTF-8, and bytes that are not; one pass, one piece in memory."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    whole = broken = 0
    piece = b"more"
    while piece:
        piece = file.read(_PIECE)
        text = decoder.decode(piece, final=not piece)
        if not text.isascii():
            stray = len(STRAY.findall(text))
            broken += stray
            whole += len(text) - len(text.encode("ascii", "ignore")) - stray
    return whole, broken

"""Reading a foreign backlog: a file in, rows in our words out, one at a time.

    layout = layout_of(path)            # raises UnknownLayout; layout.name is the source of the rows
    for found in read(path, layout):    # Row | Fault, in file order

Nothing here raises over what a record holds: one that cannot be read is a Fault with its line, and is left out.
Memory holds one record, and the ids seen so far. To show progress, pass an open binary file and watch its tell().
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO

from core.exchange import document, objects
from core.exchange.layouts import STEWARD
from core.exchange.records import CONTROL, BadCell, Plan, planned, recognise, row
from core.exchange.rows import Comment, Fault, Layout, Row, UnknownLayout, WrongMap
from core.exchange.source import STRAY, Source, opened
from core.exchange.words import GUARDED, unguarded

__all__ = [
    "Comment",
    "Fault",
    "Layout",
    "Row",
    "UnknownLayout",
    "WrongMap",
    "header_of",
    "layout_of",
    "mapping_of",
    "read",
    "recognise",
]

# Characters in one cell. The csv module's own limit, 131,072 for the whole process, is raised to this once and left
# so: restoring it could cut off a reader on another thread. A limit remains, so an open quote cannot fill the memory.
CELL_LENGTH = 1 << 24
HEADER_LENGTH = 1 << 20
COLUMNS = 10_000  # Jira repeats a column as often as one issue has comments

_STOPS = "reading stopped there."


def layout_of(file: BinaryIO | Path, mapping: Mapping[str, str] | None = None, layout: Layout | None = None) -> Layout:
    """The layout of a file: `layout` where one is asked for, else known by the header (in JSON: the content), with the
    columns that the file has. Raises UnknownLayout and WrongMap."""
    with opened(file) as source:
        if source.json:
            return objects.recognised(source.text, layout, mapping)
        return planned(_table(source.text).header, layout, mapping).layout


def header_of(file: BinaryIO | Path) -> tuple[str, ...]:
    """The columns of a table, as they are written; () for JSON. Raises UnknownLayout."""
    with opened(file) as source:
        return () if source.json else tuple(_table(source.text).header)


def read(
    file: BinaryIO | Path, layout: Layout | None = None, mapping: Mapping[str, str] | None = None
) -> Iterator[Row | Fault]:
    """Rows and faults of a file, in its order.

    file      a path, or a seekable binary file, which is read from its beginning and stays open
    layout    what kind of table it is; recognised by its header where None
    mapping   header -> our field, over and above the layout, or instead of it where none is known
    Raises UnknownLayout and WrongMap, before the first row.
    """
    with opened(file) as source:
        if source.json:
            objects.recognised(source.text, layout, mapping)
            source.text.seek(0)
            found = objects.rows(source.text, layout, mapping)
        else:
            table = _table(source.text)
            found = _rows(table, planned(table.header, layout, mapping), source)
        yield from _once(found)


def mapping_of(text: str) -> dict[str, str]:
    """'Title=title,Ticket No=id' as header -> our field, the form read() takes. Raises WrongMap."""
    mapping = {}
    for pair in next(csv.reader([text], skipinitialspace=True), []):
        header, equals, field = pair.rpartition("=")
        if not equals or not header.strip():
            raise WrongMap(f"'{pair.strip()}' is not of the form column=field, such as Title=title.")
        mapping[header.strip()] = field.strip()
    return mapping


@dataclass(slots=True)
class _Table:
    """A table whose header has been read. `ended` turns true once the text has been asked for a line it has not."""

    cells: Iterator[list[str]]
    line: Callable[[], int]  # lines read so far
    header: Sequence[str]
    ended: bool = False


def _table(text: TextIO) -> _Table:
    csv.field_size_limit(max(csv.field_size_limit(), CELL_LENGTH))
    skipped, delimiters = 0, ",;\t"
    try:
        while (first := text.readline(HEADER_LENGTH)) and not first.strip():
            skipped += 1
        if declared := re.fullmatch(r'"?sep=([^\s"])"?\s*', first, re.IGNORECASE):  # Excel's own first line
            delimiters = declared[1]
            skipped, first = skipped + 1, text.readline(HEADER_LENGTH)
        if not first.strip():
            raise UnknownLayout("There is no header line; the file is empty.")
        if len(first) >= HEADER_LENGTH:
            raise UnknownLayout("The first line is longer than a header can be; this is not a table.")
        delimiter = max(delimiters, key=lambda each: len(next(csv.reader([first], delimiter=each))))

        def end() -> Iterator[str]:
            table.ended = True
            yield from ()

        reader = csv.reader(chain([first], text, end()), delimiter=delimiter)
        table = _Table(reader, lambda: reader.line_num + skipped, ())
        table.header = [" ".join(column.split()) for column in next(reader)]
        if len(table.header) > COLUMNS:
            raise UnknownLayout(f"The first line has {len(table.header):,} columns; I read up to {COLUMNS:,}.")
        if any(CONTROL.search(column) for column in table.header):
            raise UnknownLayout("The first line holds what no text has; this is not a table.")
    except (csv.Error, UnicodeError):
        raise UnknownLayout("The header line cannot be read; this is not a table.") from None
    return table


def _rows(table: _Table, plan: Plan, source: Source) -> Iterator[Row | Fault]:
    made = _own if plan.layout.name == STEWARD.name else _guarded if plan.layout.guard else row
    while True:
        line = table.line() + 1
        try:
            cells = next(table.cells, None)
        except csv.Error:
            yield Fault(line, "", f"A cell is longer than {CELL_LENGTH:,} characters; {_STOPS}")
            return
        except UnicodeError:
            yield Fault(line, "", f"From here on the file is not text in its encoding; {_STOPS}")
            return
        if cells is None:
            return
        if table.ended:
            last = table.line()
            yield Fault(line, "", f"A quote opens here and is never closed; nothing from here to line {last} was read.")
            return
        try:
            if plan.layout.short:
                cells += [""] * (len(plan.header) - len(cells))
            if _readable(cells, plan.header, source):
                yield made(line, cells, plan)
        except BadCell as bad:
            yield Fault(line, bad.column, str(bad))


def _guarded(line: int, cells: Sequence[str], plan: Plan) -> Row:
    guard = plan.layout.guard
    return row(line, [unguarded(cell, guard) for cell in cells] if guard else cells, plan)


def _own(line: int, cells: Sequence[str], plan: Plan) -> Row:
    return document.row(line, document.item_of(plan.header, [unguarded(cell, GUARDED) for cell in cells]))


def _readable(cells: Sequence[str], header: Sequence[str], source: Source) -> bool:
    """Whether the record is worth reading: False for a blank one. Raises BadCell."""
    text = "".join(cells)
    if not text or text.isspace():
        return False
    if len(cells) != len(header):
        raise BadCell("", f"This record has {len(cells)} cells where the header has {len(header)}.")
    if "\0" in text:
        raise BadCell(_column(header, cells, "\0"), "This cell holds a NUL byte, which is not text.")
    if source.damaged and (stray := STRAY.search(text)):
        raise BadCell(
            _column(header, cells, stray[0]), "This cell holds bytes that are not text in the file's encoding."
        )
    return True


def _column(header: Sequence[str], cells: Sequence[str], held: str) -> str:
    return next(column for column, cell in zip(header, cells, strict=True) if held in cell)


def _once(found: Iterable[Row | Fault]) -> Iterator[Row | Fault]:
    """The same, with a fault in place of a row whose id an earlier one had."""
    lines: dict[str, int] = {}
    for each in found:
        if isinstance(each, Row):
            key = f"{each.source}\0{each.external_id}" if each.source else each.external_id
            if key in lines:
                yield Fault(each.line, "", f"The id {each.external_id} is already on line {lines[key]}.")
                continue
            lines[key] = each.line
        yield each

"""A metric's values as a table, pasted or dropped as a file: a day and a value on each line."""

import csv
import re
from collections.abc import Sequence
from datetime import date
from io import StringIO

from core.chat import dates, figures
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.dropped import dropped, text_of
from core.commands.refused import Refused
from core.exchange.rows import UnknownLayout
from core.product import metrics
from core.product.metrics import Metric

MOST_ROWS = 5000
LARGEST = 1_000_000  # bytes of a file; that many rows are about a tenth of it
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d.*")

Rows = list[tuple[date, float]]


def from_file(call: Call, metric: Metric) -> Rows:
    """The rows of the file that came with the line."""
    name, content = dropped(call, largest=LARGEST)
    try:
        text = text_of(content)
    except UnknownLayout as no:
        raise Refused(f"{name}: {no}", f"metric record {metric.slug}") from no
    return read(call, metric, text)


def read(call: Call, metric: Metric, text: str) -> Rows:
    """The rows of a table, sorted by day; of two of one day the later counts. Above it may stand a line of headings;
    of more than two columns these say which one is the metric."""
    lines = text.splitlines()
    if len(lines) > MOST_ROWS:
        raise Refused(f"{len(lines)} lines at once are too many; up to {MOST_ROWS}.", field="new-rows")
    table = [(number, cells) for number, cells in enumerate(csv.reader(StringIO(text), delimiter=_mark(text)), 1)]
    table = [(number, [cell.strip() for cell in cells]) for number, cells in table if any(map(str.strip, cells))]
    heads = table.pop(0)[1] if table and _is_heading(call, table[0][1]) else []
    at = _column(call, metric, heads)
    found: dict[date, float] = {}
    for number, cells in table:
        day = _day(call, cells)
        said = _value(cells, at)
        if day is not None and said == "" and at is not None:
            continue  # nothing was measured on that day
        value = figures.read(said.removesuffix(metric.unit))
        if day is None or value is None or day > call.today:
            why = f"Line {number} is no day that has been, and a value: “{shorten(lines[number - 1], 60)}”."
            raise Refused(why, f"metric record {metric.slug}", field="new-rows")
        found[day] = value
    if not found:
        raise Refused("There is no line with a day and a value.", f"metric record {metric.slug}", field="new-rows")
    return sorted(found.items())


def _is_heading(call: Call, cells: Sequence[str]) -> bool:
    return _day(call, cells) is None and all(figures.read(cell) is None for cell in cells[1:])


def _mark(text: str) -> str:
    """What stands between the columns: a comma only where nothing else does, since it stands in numbers too."""
    first = text.lstrip().partition("\n")[0]
    return next((mark for mark in "\t;" if mark in first), ",")


def _day(call: Call, cells: Sequence[str]) -> date | None:
    """The day at the head of a line; of an instant its date."""
    first = cells[0] if len(cells) > 1 else cells[0].rpartition(" ")[0]
    return dates.day(_MOMENT.sub(r"\1", first), call.today)


def _column(call: Call, metric: Metric, heads: Sequence[str]) -> int | None:
    """Where the values stand, by the headings; None where there are two columns, or none to choose from."""
    if len([head for head in heads if head]) <= 2:
        return 1 if len(heads) > 1 else None
    named = [n for n, head in enumerate(heads) if n and metrics.slug(head) in (metric.slug, "value")]
    if len(named) != 1:
        columns = ", ".join(shorten(head, 30) for head in heads[1:7] if head)
        why = f"Which column is {metric.name}? There are {columns}; call one of them {metric.slug}."
        raise Refused(why, f"metric record {metric.slug}", field="new-rows")
    return named[0]


def _value(cells: Sequence[str], at: int | None) -> str:
    """A line's value: in its column, else what stands behind the day."""
    if len(cells) == 1:
        return cells[0].rpartition(" ")[2]
    if at is not None:
        return cells[at] if at < len(cells) else ""
    behind = [cell for cell in cells[1:] if cell]
    return behind[0] if len(behind) == 1 else ""

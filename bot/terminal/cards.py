"""A card as rich draws it. Every string goes through `clean()` into a Text, never into rich's markup."""

import re
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text as Styled

from core.chat.card import (
    Button,
    Buttons,
    Card,
    Divider,
    Facts,
    Field,
    File,
    Items,
    Line,
    Part,
    Picture,
    Progress,
    Quote,
    Reply,
    Span,
    Table,
    Text,
    spans,
    unstyled,
)

INDENT = 2
GAP = 2
LEAST_COLUMN = 6
GLUE = "\ufdd0"  # a blank at which no line is broken, until it is written: to rich every blank is a place to break
SAVES = "/save writes it here."
LABEL = 20  # characters of a button that are kept on one line
NARROW = 0.4  # of the width: a column up to this keeps its own width, and the other one wraps

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x9b[0-?]*[ -/]*[@-~]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls would move the cursor, bidi controls show a line in another order, and no terminal takes a lone surrogate.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0\ud800-\udfff]")
_MARKS = {"✓": "green", "✗": "red"}


def clean(text: str) -> str:
    """Text that moves no cursor, changes no colour and sets no window title; newlines and tabs stay."""
    return text if text.isprintable() else _CONTROL.sub("", _LINE_END.sub("\n", _SEQUENCE.sub("", text)))


def flat(text: str, style: str = "") -> Styled:
    """Plain text on one line."""
    return Styled(" ".join(clean(text).split()), style)


def marked(text: str, style: str = "") -> Styled:
    """Small Markdown; a link shows its address, because not every terminal can follow one."""
    made = Styled(style=style)
    for span in spans(text):
        mark = "`" if span.code else ""
        made.append(mark, "dim").append(clean(span.text), _style(span)).append(mark, "dim")
        if span.url and span.url != span.text:
            made.append(f" ({clean(span.url)})", "dim")
    return made


def _style(span: Span) -> str:
    kinds = {"bold": span.bold, "italic": span.italic, "cyan": span.code, "underline": bool(span.url)}
    return " ".join(name for name, is_so in kinds.items() if is_so)


class Numbers:
    """The numbers by which buttons are pressed, in reading order from 1; `latest` is the row drawn last."""

    def __init__(self) -> None:
        self.buttons: list[Button] = []
        self.latest = Styled()

    def row(self, buttons: Iterable[Button]) -> Styled:
        """`[1] More  [2] Show here`"""
        made = Styled()
        for button in buttons:
            self.buttons.append(button)
            label, style = flat(button.label or button.say), {"danger": "red", "primary": "bold"}.get(button.style, "")
            whole = label.plain.replace(" ", GLUE) if len(label) <= LABEL else label.plain
            made.append("  " if made else "").append(f"[{len(self.buttons)}]", "bold cyan").append(GLUE)
            made.append(whole, style)
        self.latest = made
        return made


# ---- what a reply says ----


def paint(card: Card, numbers: Numbers, width: int) -> RenderableType:
    """A whole card, `width` columns wide; its buttons get the next numbers."""
    title = (flat(card.title, "bold"),) if card.title else ()
    return Group(*title, *_body(card, numbers, width))


def paint_refusal(reply: Reply, said: str, numbers: Numbers, width: int) -> RenderableType:
    """The sentence, the next thing to type, and what the refusal's card adds to both and to what was `said`."""
    parts: list[RenderableType] = [Styled(clean(reply.refused), "yellow")]
    if reply.try_:
        parts.append(Styled("Try: ", "dim").append(clean(reply.try_), "bold not dim"))
    if reply.card is not None:
        known = {reply.refused, f"Try: {reply.try_}", said.strip()}
        body = tuple(part for part in reply.card.body if _words(part) not in known)
        extra = Card(reply.card.title, body, reply.card.buttons)
        if extra.title not in known:
            parts.append(flat(extra.title, "bold"))
        parts += _body(extra, numbers, width)
    return Group(*parts)


def _words(part: Part) -> str:
    return unstyled(part.text).strip() if isinstance(part, Text | Quote) else ""


def _body(card: Card, numbers: Numbers, width: int) -> list[RenderableType]:
    made: list[RenderableType] = []
    before: Part | None = None
    for part in card.body:
        painted = _part(part, numbers, width - INDENT)
        if painted is None:
            continue
        if before is not None and _apart(before, part):
            made.append(Styled())
        made.append(Padding(painted, (0, 0, 0, INDENT)))
        before = part
    if card.buttons:
        made.append(numbers.row(card.buttons))
    return made


def _apart(above: Part, below: Part) -> bool:
    """Paragraphs, tables and quotes stand apart; the small print and buttons stay with what they are about."""
    if isinstance(below, Buttons) or (isinstance(below, Text) and below.subtle):
        return False
    return any(isinstance(part, Text | Table | Quote) for part in (above, below))


# ---- the parts ----


def _part(part: Part, numbers: Numbers, width: int) -> RenderableType | None:
    """One part; None where there is nothing to show."""
    match part:
        case Text():
            return marked(part.text, "dim" if part.subtle else "") if part.text else None
        case Facts():
            return _facts(part) if part.rows else None
        case Table():
            return _table(part, width) if part.columns else None
        case Items():
            return _items(part.rows, numbers, width) if part.rows else None
        case Progress():
            return _progress(part)
        case Quote():
            return _quote(part) if part.text else None
        case Buttons():
            return numbers.row(part.buttons) if part.buttons else None
        case Divider():
            return Rule(style="dim")
        case Picture():
            return flat(f"Picture: {part.alt.rstrip('.')}. {SAVES}", "dim")
        case File():
            return flat(f"File: {part.name}, {decimal(len(part.content()))}. {SAVES}")
        case Field():
            return flat(f"{part.label}: {part.value}")


def _facts(part: Facts) -> Grid:
    grid = Grid.grid(padding=(0, GAP, 0, 0))
    grid.add_column(max_width=24, overflow="fold")
    grid.add_column(overflow="fold")
    for label, value in part.rows:
        grid.add_row(flat(label, "dim"), Styled(clean(value)))
    return grid


def _table(part: Table, width: int) -> RenderableType:
    """A table; where its columns would be too narrow to read, each row as label and value pairs."""
    if len(part.columns) * LEAST_COLUMN > width:
        rows = [_facts(Facts(tuple(zip(part.columns, row, strict=False)))) for row in part.rows]
        return Group(*(line for row in rows for line in (row, Rule(style="dim"))))
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name in part.columns:
        grid.add_column(flat(name), justify="right" if name in part.right else "left", overflow="fold")
    for row in part.rows:
        grid.add_row(*(Styled(clean(cell)) for cell in row))
    return grid


def _progress(part: Progress) -> Grid:
    bar = ProgressBar(part.of or 1, part.done, 20, style="dim", complete_style="green", finished_style="green")
    grid = Grid.grid(padding=(0, GAP, 0, 0))
    grid.add_row(flat(part.label, "dim"), bar, Styled(f"{part.done:g} of {part.of:g}"))
    return grid


def _quote(part: Quote) -> RenderableType:
    said = Styled("“", "italic").append_text(marked(part.text, "italic")).append("”")
    if part.source:
        said.append(" — ", "not italic").append_text(flat(part.source, "not italic dim"))
    return said


def _items(rows: Sequence[Line], numbers: Numbers, width: int) -> Grid:
    """Keys, titles and details in columns; where both of these are long, each detail stands below its title."""
    keys = [flat(row.key, _MARKS.get(row.key, "cyan")) for row in rows]
    titles = [flat(row.text) for row in rows]
    details = [_detail(row, numbers) for row in rows]
    keyed = any(key.plain for key in keys)
    room = width - (min(max(map(_cells, keys)), 20) + GAP if keyed else 0)
    beside = _beside(max(map(_cells, titles)), max(map(_cells, details)), room)
    grid = Grid.grid(padding=(0, GAP, 0, 0))
    if keyed:
        grid.add_column(max_width=20, overflow="fold")
    for column in (titles, details) if beside else (titles,):
        widest = max(map(_cells, column))
        grid.add_column(overflow="fold", min_width=widest if beside and widest <= room * NARROW else None)
    for key, title, detail in zip(keys, titles, details, strict=True):
        below = Group(title, detail) if detail and not beside else title
        grid.add_row(*([key] if keyed else []), *([title, detail] if beside else [below]))
    return grid


def _cells(text: Styled) -> int:
    return text.cell_len


def _beside(title: int, detail: int, room: int) -> bool:
    return title + GAP + detail <= room or min(title, detail) <= room * NARROW


def _detail(row: Line, numbers: Numbers) -> Styled:
    detail = flat(row.detail, "dim")
    if row.buttons:
        detail = Styled().append_text(detail).append("  " if detail else "").append_text(numbers.row(row.buttons))
    return detail

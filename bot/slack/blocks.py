"""A card as Block Kit within Slack's limits, and as the plain text that goes with it.

People's words stand only in rich text and plain_text, which Slack never parses: nothing in them pings or links.
What does not fit is counted, and a last line says how much it is and how to see it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.slack import limits
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
    Span,
    Table,
    Text,
    plain,
    spans,
    unstyled,
)

Block = dict[str, Any]

SAY = "say"
FORM = "form"
"""How the action ids of our buttons begin; those of the second kind open a form."""

_BOLD = {"bold": True}
_NOTHING = "Nothing to show."
_ADDRESS = re.compile(r"(https?://[^\s<>]*[^\s<>.,;:!?'\")\]])")
_BAR = 12


def blocks(card: Card, *, modal: bool = False, pictures: Mapping[str, str] | None = None) -> list[Block]:
    """A card's blocks: at most 50 (100 in a modal), about 12,000 characters.

    pictures: hash -> Slack file id of those uploaded already; the others are described in words.
    """
    sheet = _Sheet(card, modal, pictures or {})
    if card.title:
        sheet.rich([_run(card.title, _BOLD)], len(card.title))
    for part in card.body:
        sheet.part(part)
    return sheet.finish(card.buttons)


def fallback(card: Card) -> str:
    """The message's `text`: what notifications and screen readers get, with & < > escaped."""
    return escaped(cut(plain(card) or _NOTHING, limits.TOP_TEXT))


def escaped(text: str) -> str:
    """Text for mrkdwn, where only & < > can ping, link or hide."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended at a word and with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(maxsplit=1)[0] if " " in head[limit // 2 :] or "\n" in head[limit // 2 :] else head
    return words.rstrip() + "…"


# ---- the elements ----


def _run(text: str, style: Block | None = None) -> Block:
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}


def _rich(runs: list[Block], kind: str = "rich_text_section") -> Block:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": runs}]}


def words(text: str) -> Block:
    """A plain_text object; Slack wants at least one character."""
    return {"type": "plain_text", "text": text or "–", "emoji": False}


def _runs(span: Span) -> Iterable[Block]:
    style = {name: True for name in ("bold", "italic", "code") if getattr(span, name)}
    if span.url:
        yield {"type": "link", "url": span.url, "text": span.text, **({"style": style} if style else {})}
    elif "://" not in span.text or span.code:
        yield _run(span.text, style)
    else:
        for number, piece in enumerate(_ADDRESS.split(span.text)):
            if piece:
                yield {"type": "link", "url": piece} if number % 2 else _run(piece, style)


def _button(button: Button, number: int) -> Block:
    shown: Block = {
        "type": "button",
        "action_id": f"{FORM if button.form else SAY}:{number}",
        "text": words(cut(button.label or button.say, limits.BUTTON_TEXT)),
    }
    if button.say:
        shown["value"] = button.say
    if button.style != "default":
        shown["style"] = button.style
    return shown


def _line(row: Line) -> str:
    return " ".join(word for word in (row.key, row.text, f"· {row.detail}" if row.detail else "") if word)


def _aligned(table: Table) -> str:
    """The table in a typewriter's columns, as wide as their cells up to 40 characters."""
    rows = [[" ".join(cell.split()) for cell in row[: len(table.columns)]] for row in (table.columns, *table.rows)]
    widths = [min(40, max(len(row[n]) for row in rows if n < len(row))) for n in range(len(table.columns))]
    right = [column in table.right for column in table.columns]
    return "\n".join(
        "  ".join(cell.rjust(widths[n]) if right[n] else cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip()
        for row in rows
    )


# ---- the sheet they are put on ----


class _Sheet:
    """Blocks so far, what room is left, and what was left out."""

    def __init__(self, card: Card, modal: bool, pictures: Mapping[str, str]) -> None:
        foot = 1 + -(-len(card.buttons) // limits.ACTIONS)
        self.modal = modal
        self.pictures = pictures
        self.blocks: list[Block] = []
        self.slots = (limits.MODAL_BLOCKS if modal else limits.MESSAGE_BLOCKS) - foot
        self.room = limits.ALL_CHARACTERS - 600 - sum(len(b.label[:75]) + limits.RUN_COST for b in card.buttons)
        self.tables = 0 if modal else limits.TABLES
        self.buttons = 0
        self.left: Counter[str] = Counter()
        self.notes: list[str] = []

    def add(self, block: Block, cost: int) -> bool:
        if self.slots <= 0 or cost > self.room:
            return False
        self.blocks.append(block)
        self.slots -= 1
        self.room -= cost
        return True

    def rich(self, runs: list[Block], length: int, kind: str = "rich_text_section") -> None:
        """Runs of any length, split over as many rich texts as Slack wants; the rest is counted as characters."""
        if length <= limits.SECTION_TEXT and self.add(_rich(runs, kind), length + len(runs) * limits.RUN_COST):
            return
        page: list[Block] = []
        used = 0
        for run in runs:
            for piece in _pieces(run):
                size = len(piece.get("text", "")) + limits.RUN_COST
                if used + size > limits.SECTION_TEXT and page:
                    self._page(page, used, kind)
                    page, used = [], 0
                page.append(piece)
                used += size
        if page:
            self._page(page, used, kind)

    def _page(self, runs: list[Block], cost: int, kind: str) -> None:
        if not self.add(_rich(runs, kind), cost):
            self.left["character"] += cost - len(runs) * limits.RUN_COST

    def part(self, part: Part) -> None:
        match part:
            case Text(subtle=True) if part.text:
                self.small(unstyled(part.text))
            case Text():
                self.prose(part.text)
            case Facts():
                self.pairs(part.rows)
            case Table():
                self.table(part)
            case Items():
                self.items(part.rows)
            case Progress():
                self.progress(part)
            case Picture():
                self.picture(part)
            case File():
                self.file(part)
            case Quote():
                self.quote(part)
            case Divider():
                self.add({"type": "divider"}, limits.RUN_COST)
            case Field():
                self.pairs(((part.label, part.value),))
            case Buttons():
                self.actions(part.buttons)

    def small(self, text: str) -> None:
        shown = text[: limits.CONTEXT_TEXT]
        if not self.add({"type": "context", "elements": [words(shown)]}, len(shown) + limits.RUN_COST):
            self.left["character"] += len(shown)
        self.left["character"] += len(text) - len(shown)

    def prose(self, text: str, kind: str = "rich_text_section") -> None:
        # Parsing stops where nothing more could be shown: 74,000 characters of Markdown take a tenth of a second.
        reach = 2 * limits.ALL_CHARACTERS
        self.left["character"] += max(0, len(text) - reach)
        runs = [run for span in spans(text[:reach]) for run in _runs(span)]
        if runs:
            self.rich(runs, sum(len(run.get("text") or run["url"]) for run in runs), kind)

    def quote(self, quote: Quote) -> None:
        if quote.text:
            self.prose(quote.text, "rich_text_quote")
        if quote.source:
            self.small(f"— {quote.source}")

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        runs: list[Block] = []
        length = 0
        for label, value in rows:
            runs += (_run(f"{label}: ", _BOLD), _run(f"{value or '–'}\n"))
            length += len(label) + len(value) + 4
        if runs:
            self.rich(runs, length)

    def progress(self, progress: Progress) -> None:
        share = min(1.0, max(0.0, progress.done / progress.of)) if progress.of > 0 else 0.0
        full = round(share * _BAR)
        text = f" {progress.done:g} of {progress.of:g} {progress.label}".rstrip()
        self.rich([_run("█" * full + "░" * (_BAR - full), {"code": True}), _run(text)], _BAR + len(text))

    def picture(self, picture: Picture) -> None:
        alt = cut(picture.alt or "Picture", limits.ALT_TEXT)
        file = self.pictures.get(picture.hash)
        if file is not None:
            block: Block = {"type": "image", "slack_file": {"id": file}, "alt_text": alt}
            if self.add(block, len(alt) + limits.RUN_COST):
                return
        self.small(f"Picture: {alt}")

    def file(self, file: File) -> None:
        self.small(f"File: {file.name}")
        if file.text and len(file.text) <= limits.SECTION_TEXT:
            self.rich([_run(file.text)], len(file.text), "rich_text_preformatted")
        elif file.content():
            self.notes.append(f"What {cut(file.name, limits.ALT_TEXT // 4)} holds could not be shown here.")

    def items(self, rows: Sequence[Line]) -> None:
        calm: list[Line] = []
        for number, row in enumerate(rows):
            if not row.buttons:
                calm.append(row)
                continue
            if self.slots < 4:
                rest = rows[number:]
                self.left["button"] += sum(len(line.buttons) for line in rest)
                calm += rest
                break
            self.lines(calm)
            calm = []
            self.line_with_buttons(row)
        self.lines(calm)

    def lines(self, rows: Sequence[Line]) -> None:
        """Lines without buttons: as many in one rich text as it holds."""
        runs: list[Block] = []
        used = first = 0
        for number, row in enumerate(rows):
            rest = f" {row.text} · {row.detail}\n" if row.detail else f" {row.text}\n"
            size = len(row.key) + len(rest) + 2 * limits.RUN_COST
            if runs and used + size > limits.SECTION_TEXT:
                if not self._lines(runs, used, number - first):
                    self.left["line"] += len(rows) - number
                    return
                runs, used, first = [], 0, number
            runs.append({"type": "text", "text": row.key or "–", "style": _BOLD})
            runs.append({"type": "text", "text": rest})
            used += size
        if runs:
            self._lines(runs, used, len(rows) - first)

    def _lines(self, runs: list[Block], used: int, count: int) -> bool:
        if count == 1 and used > limits.SECTION_TEXT:
            self.rich(runs, used)
            return True
        if fits := self.add(_rich(runs), used):
            return fits
        self.left["line"] += count
        return False

    def line_with_buttons(self, row: Line) -> None:
        fitting = self.fitting(row.buttons)
        text = _line(row)
        shown = cut(text, limits.SECTION_TEXT)
        self.left["character"] += len(text) - len(shown)
        section: Block = {"type": "section", "text": words(shown)}
        if len(fitting) == 1:
            section["accessory"] = fitting[0]
        if not self.add(section, len(shown) + 4 * limits.RUN_COST):
            self.left["line"] += 1
        elif len(fitting) > 1:
            self.add({"type": "actions", "elements": fitting[: limits.ACTIONS]}, len(fitting) * limits.RUN_COST)
            self.left["button"] += max(0, len(fitting) - limits.ACTIONS)

    def table(self, table: Table) -> None:
        if not table.columns:
            return
        if self.tables <= 0:
            self.rich([_run(text := _aligned(table))], len(text), "rich_text_preformatted")
            return
        self.tables -= 1
        columns = table.columns[: limits.TABLE_COLUMNS]
        head = [_rich([_run(column or "–", _BOLD)]) for column in columns]
        used = sum(len(column) + limits.RUN_COST for column in columns)
        most = min(limits.TABLE_CHARACTERS, self.room)
        shown: list[list[Block]] = [head]
        for row in table.rows[: limits.TABLE_ROWS - 1]:
            used += sum(len(cell) + limits.RUN_COST for cell in row[: limits.TABLE_COLUMNS])
            if used > most:
                break
            shown.append([{"type": "raw_text", "text": cell or "–"} for cell in row[: limits.TABLE_COLUMNS]])
        self.left["row"] += len(table.rows) - len(shown) + 1
        self.left["column"] += len(table.columns) - len(columns)
        settings = [{"align": "right"} if column in table.right else {"is_wrapped": True} for column in columns]
        if not self.add({"type": "table", "rows": shown, "column_settings": settings}, min(used, most)):
            self.left["row"] += len(shown) - 1

    def fitting(self, buttons: Iterable[Button]) -> list[Block]:
        shown: list[Block] = []
        for button in buttons:
            if len(button.say) > limits.BUTTON_VALUE:
                label = cut(button.label, limits.BUTTON_TEXT)
                self.notes.append(
                    f"The button {label} carries {len(button.say):,} characters, more than Slack lets it."
                )
            elif button.label or button.say:
                shown.append(_button(button, self.buttons))
                self.buttons += 1
        return shown

    def actions(self, buttons: Iterable[Button]) -> None:
        fitting = self.fitting(buttons)
        for first in range(0, len(fitting), limits.ACTIONS):
            row = fitting[first : first + limits.ACTIONS]
            if not self.add({"type": "actions", "elements": row}, len(row) * limits.RUN_COST):
                self.left["button"] += len(row)

    def finish(self, buttons: tuple[Button, ...]) -> list[Block]:
        """The foot stands in the room kept for it: what is missing, then the card's own buttons."""
        self.room = limits.ALL_CHARACTERS
        self.slots = limits.MODAL_BLOCKS
        fitting = self.fitting(buttons)
        missing = [f"{count:,} more {unit}{'s' * (count > 1)}" for unit, count in self.left.items() if count > 0]
        if missing:
            rest = "Type the command instead." if set(+self.left) == {"button"} else "Say export for all of it."
            self.notes.append(f"{' and '.join(missing)} did not fit into one message here. {rest}")
        if self.notes:
            self.small(cut(" ".join(self.notes), limits.CONTEXT_TEXT))
        for first in range(0, len(fitting), limits.ACTIONS):
            self.add({"type": "actions", "elements": fitting[first : first + limits.ACTIONS]}, 0)
        return self.blocks or [_rich([_run(_NOTHING)])]


def _pieces(run: Block) -> Iterable[Block]:
    """A run no longer than one rich text, ended at a line or a word where it can be."""
    text = run.get("text", "")
    most = limits.SECTION_TEXT - limits.RUN_COST
    while len(text) > most:
        end = max(text.rfind("\n", most // 2, most), text.rfind(" ", most // 2, most)) + 1 or most
        yield {**run, "text": text[:end]}
        text = text[end:]
    yield {**run, "text": text} if "text" in run else run

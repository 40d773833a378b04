"""A card as Block Kit within Slack's limits, and as the plain text that goes with it.

What does not fit is counted, and a last line says how much it is and how to see it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.slack import elements, limits
from bot.slack.elements import BOLD, Block, cut, escaped, mrkdwn, pieces, rich, run, section, words, written
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
    Table,
    Text,
    plain,
    spans,
    unstyled,
)

_NOTHING = "Nothing to show."
_BAR = 12


def blocks(
    card: Card, *, modal: bool = False, pictures: Mapping[str, str] | None = None, uploaded: bool = False
) -> list[Block]:
    """A card's blocks: at most 50 (100 in a modal), about 12,000 characters.

    pictures: hash -> Slack file id of those uploaded already; the others are described in words.
    uploaded: the card's files stand beside the message, and are only named in it.
    """
    sheet = _Sheet(card, modal, pictures or {}, uploaded)
    if card.title:
        sheet.rich([run(card.title, BOLD)], len(card.title))
    for part in card.body:
        sheet.part(part)
    return sheet.finish(card.buttons)


def fallback(card: Card) -> str:
    """The message's `text`: what notifications and screen readers get, with & < > escaped."""
    return escaped(cut(plain(card) or _NOTHING, limits.TOP_TEXT))


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

    def __init__(self, card: Card, modal: bool, pictures: Mapping[str, str], uploaded: bool) -> None:
        foot = 1 + -(-len(card.buttons) // limits.ACTIONS)
        self.modal = modal
        self.pictures = pictures
        self.uploaded = uploaded
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

    def rich(self, shown: list[Block], length: int, kind: str = "rich_text_section") -> None:
        """Runs of any length, split over as many blocks as Slack wants; the rest is counted as characters."""
        if length <= limits.SECTION_TEXT and self.add(written(shown, kind), length + len(shown) * limits.RUN_COST):
            return
        page: list[Block] = []
        used = 0
        for whole in shown:
            for piece in pieces(whole):
                size = len(piece.get("text", "")) + limits.RUN_COST
                if used + size > limits.SECTION_TEXT and page:
                    self._page(page, used, kind)
                    page, used = [], 0
                page.append(piece)
                used += size
        if page:
            self._page(page, used, kind)

    def _page(self, shown: list[Block], cost: int, kind: str) -> None:
        if not self.add(written(shown, kind), cost):
            self.left["character"] += cost - len(shown) * limits.RUN_COST

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
        shown = [one for span in spans(text[:reach]) for one in elements.runs(span)]
        if shown:
            self.rich(shown, sum(len(one.get("text") or one["url"]) for one in shown), kind)

    def quote(self, quote: Quote) -> None:
        if quote.text:
            self.prose(quote.text, "rich_text_quote")
        if quote.source:
            self.small(f"— {quote.source}")

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        runs: list[Block] = []
        length = 0
        for label, value in rows:
            runs += (run(f"{label}: ", BOLD), run(f"{value or '–'}\n"))
            length += len(label) + len(value) + 4
        if runs:
            self.rich(runs, length)

    def progress(self, progress: Progress) -> None:
        share = min(1.0, max(0.0, progress.done / progress.of)) if progress.of > 0 else 0.0
        full = round(share * _BAR)
        text = f" {progress.done:g} of {progress.of:g} {progress.label}".rstrip()
        self.rich([run("█" * full + "░" * (_BAR - full), {"code": True}), run(text)], _BAR + len(text))

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
        if self.uploaded:
            return
        if file.text and len(file.text) <= limits.SECTION_TEXT:
            self.rich([run(file.text)], len(file.text), "rich_text_preformatted")
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
            runs.append({"type": "text", "text": row.key or "–", "style": BOLD})
            runs.append({"type": "text", "text": rest})
            used += size
        if runs:
            self._lines(runs, used, len(rows) - first)

    def _lines(self, runs: list[Block], used: int, count: int) -> bool:
        if count == 1 and used > limits.SECTION_TEXT:
            self.rich(runs, used)
            return True
        if fits := self.add(written(runs), used):
            return fits
        self.left["line"] += count
        return False

    def line_with_buttons(self, row: Line) -> None:
        fitting = self.fitting(row.buttons)
        key = row.key or "–"
        rest = f" {row.text} · {row.detail}" if row.detail else f" {row.text}"
        shown = cut(key + rest, limits.SECTION_TEXT)
        self.left["character"] += len(key + rest) - len(shown)
        text = mrkdwn([run(key, BOLD), run(rest)])
        block: Block = section(text) if text else {"type": "section", "text": words(shown)}
        if len(fitting) == 1:
            block["accessory"] = fitting[0]
        if not self.add(block, len(shown) + 4 * limits.RUN_COST):
            self.left["line"] += 1
        elif len(fitting) > 1:
            self.add({"type": "actions", "elements": fitting[: limits.ACTIONS]}, len(fitting) * limits.RUN_COST)
            self.left["button"] += max(0, len(fitting) - limits.ACTIONS)

    def table(self, table: Table) -> None:
        if not table.columns:
            return
        if self.tables <= 0:
            self.rich([run(text := _aligned(table))], len(text), "rich_text_preformatted")
            return
        self.tables -= 1
        columns = table.columns[: limits.TABLE_COLUMNS]
        head = [rich([run(column or "–", BOLD)]) for column in columns]
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
                shown.append(elements.button(button, self.buttons))
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
        return self.blocks or [rich([run(_NOTHING)])]

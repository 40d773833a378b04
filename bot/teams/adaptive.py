"""Card -> Adaptive Card 1.5, as Teams draws it (https://adaptivecards.io/explorer/).

Foreign text stands only in TextRuns, which parse no Markdown; a TextBlock or a FactSet would.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import Any

from bot.teams.inputs import FETCH, dialog, field_blocks
from core.chat.card import (
    Button,
    Buttons,
    Card,
    Divider,
    Facts,
    Field,
    File,
    Form,
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
    escape,
    plain,
    spans,
)

Json = dict[str, Any]
PictureUrl = Callable[[str], str]
"""The address under which Teams may fetch the picture kept under a hash; signed and expiring."""

FileUrl = Callable[[int, str], str]
"""Likewise of a card's file: which one of them it is, and its name."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where what cannot travel in a card is fetched from; None where this server has no address of its own."""

    picture: PictureUrl | None = None
    file: FileUrl | None = None


NOWHERE = Addresses()


@dataclass(frozen=True, slots=True)
class Limits:
    """What Teams takes. Bytes are of JSON as it is sent (ASCII); a message takes 80 KB, a card from a webhook 28 KB."""

    card_bytes: int = 25_000
    buttons_bytes: int = 12_000  # of a card that had to be put into words
    actions_in_a_set: int = 6
    table_columns: int = 10  # more are not legible in a chat
    fallback_characters: int = 500
    message_characters: int = 4_000
    bar_cells: int = 10
    column_widths: tuple[int, int] = (4, 24)
    label_beside_a_line: int = 20  # characters; a longer button would leave its line no room


LIMITS = Limits()

_STYLES = {"primary": "positive", "danger": "destructive"}


def adaptive(card: Card, addresses: Addresses = NOWHERE) -> Json:
    """An Adaptive Card under LIMITS.card_bytes; one that would be larger is put into words, and says so."""
    body = list(_body(card, addresses))
    drawn = _envelope(card, [*_title(card.title), *body], card.buttons)
    return drawn if size(drawn) <= LIMITS.card_bytes else _in_words(card)


def fill_in(form: Form) -> Card:
    """What stands for a form in a chat, since a Teams dialog opens only from a button."""
    return Card(form.title, (), (Button("Fill in", form.submit, style="primary", form=True),))


def inline(form: Form) -> Json:
    """The form as a card of the chat, for clients that open no dialogs."""
    drawn = dialog(form)
    return {**drawn, "body": [*_title(form.title), *drawn["body"]]}


def sentence(reply: Reply) -> str:
    """A refusal in words: what is wrong, and the next thing to type."""
    return f"{reply.refused} Try: {reply.try_}" if reply.try_ else reply.refused


def refusal(reply: Reply, card: Card) -> Card:
    """A refusal and its card as one: of text and a card in a message Teams makes two, and tells the id of neither."""
    head = [Text(escape(reply.refused))]
    if reply.try_ and reply.try_ not in plain(card):
        head.append(Text(f"Try: {escape(reply.try_)}", subtle=True))
    if card.title and card.title != reply.refused:
        head.append(Text(escape(card.title)))
    return Card("", (*head, *card.body), card.buttons)


def words(card: Card) -> str:
    """A whole card as the text of a message; a longer one says where it was cut."""
    text = plain(card)
    if len(text) <= LIMITS.message_characters:
        return text
    return (
        f"{text[: LIMITS.message_characters]}…\n(the first {LIMITS.message_characters:,} of {len(text):,} characters)"
    )


def size(drawn: Json) -> int:
    return len(json.dumps(drawn))


# ---- the pieces ----


_BUTTON = re.compile(r"\\\[([^\[\]\\]{1,80})\\\](?!\()")


def _fallback(text: str) -> str:
    """What a client too old for the card reads as Markdown; brackets that begin no link, as around a button, stand as
    they are for those that show it as it is."""
    return _BUTTON.sub(r"[\1]", escape(text))


def run(text: str, **style: Any) -> Json:
    return {"type": "TextRun", "text": text, **style}


def block(*runs: Json, **more: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": list(runs), **more}


def _title(title: str) -> list[Json]:
    return [block(run(title, weight="Bolder", size="Medium"))] if title else []


def _envelope(card: Card, body: list[Json], buttons: Sequence[Button]) -> Json:
    sets = list(_action_sets(buttons))
    drawn: Json = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": _fallback(_shortened(plain(card), LIMITS.fallback_characters)),
        "body": body,
        "msteams": {"width": "Full"},
    }
    if len(sets) == 1:
        drawn["actions"] = sets[0]["actions"]
    else:
        body.extend(sets)
    return drawn


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _action_sets(buttons: Sequence[Button]) -> Iterator[Json]:
    step = LIMITS.actions_in_a_set
    for start in range(0, len(buttons), step):
        yield {"type": "ActionSet", "actions": [_action(button) for button in buttons[start : start + step]]}


def _action(button: Button) -> Json:
    shown: Json = {"title": button.label}
    if button.style in _STYLES:
        shown["style"] = _STYLES[button.style]
    if button.form:
        return {"type": "Action.Submit", **shown, "data": {"say": button.say, "msteams": {"type": FETCH}}}
    data = {"say": button.say}
    submit = {"type": "Action.Submit", **shown, "data": data}
    return {"type": "Action.Execute", **shown, "verb": "say", "data": data, "fallback": submit}


def _runs(styled: Iterable[Span], **style: Any) -> list[list[Json]]:
    """Styled runs as lines: a TextRun keeps no newline."""
    lines: list[list[Json]] = [[]]
    for span in styled:
        look = dict(style)
        if span.bold:
            look["weight"] = "Bolder"
        if span.italic:
            look["italic"] = True
        if span.code:
            look["fontType"] = "Monospace"
        if span.url:
            look["selectAction"] = {"type": "Action.OpenUrl", "url": span.url}
        for number, piece in enumerate(span.text.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append(run(piece, **look))
    return [line for line in lines if line]


def _paragraph(text: str, **style: Any) -> list[Json]:
    lines = _runs(spans(text), **style)
    return [block(*line, **({"spacing": "None"} if number else {})) for number, line in enumerate(lines)]


# ---- the parts ----


def _body(card: Card, addresses: Addresses) -> Iterator[Json]:
    ruled = False
    numbers = count()
    for part in card.body:
        if isinstance(part, Divider):
            ruled = True
            continue
        drawn = _file(part, next(numbers), addresses.file) if isinstance(part, File) else _part(part, addresses.picture)
        for piece in drawn:
            yield {**piece, "separator": True} if ruled else piece
            ruled = False


def _part(part: Part, picture_url: PictureUrl | None) -> list[Json]:
    match part:
        case Text():
            return _paragraph(part.text, **({"isSubtle": True, "size": "Small"} if part.subtle else {}))
        case Facts():
            return _facts(part)
        case Table():
            return _table(part)
        case Items():
            return [{"spacing": "Small", **piece} for row in part.rows for piece in _line(row)]
        case Progress():
            return [block(run(f"{part.label} "), run(bar(part.done, part.of)), run(f" {part.done:g} of {part.of:g}"))]
        case Picture():
            return _picture(part, picture_url)
        case Quote():
            return _quote(part)
        case Field():
            return field_blocks(part)
        case Buttons():
            return list(_action_sets(part.buttons))
        case Divider() | File():  # drawn by whoever walks through the body
            return []


_NO_FILES = "Teams takes no files from me; ask for it in a terminal or in Slack."


def bar(done: float, of: float) -> str:
    """`done` of `of` as ten cells; nothing of nothing is an empty bar."""
    share = min(max(done / of, 0.0), 1.0) if of > 0 else 0.0
    full = int(share * LIMITS.bar_cells)
    return "▰" * full + "▱" * (LIMITS.bar_cells - full)


def _weight(file: File) -> str:
    count = len(file.content())
    return f"{count:,} bytes" if count < 10_000 else f"{count // 1000:,} kB"


def _facts(facts: Facts) -> list[Json]:
    return [
        {
            "type": "ColumnSet",
            "spacing": "Small",
            "columns": [
                {"type": "Column", "width": 1, "items": [block(run(label, weight="Bolder"))]},
                {"type": "Column", "width": 3, "items": [block(run(value))]},
            ],
        }
        for label, value in facts.rows
    ]


def _table(table: Table) -> list[Json]:
    if not table.columns:
        return []
    if len(table.columns) > LIMITS.table_columns:
        return _lines(plain(Card("", (table,))))
    columns = [
        {"width": width, **({"horizontalCellContentAlignment": "Right"} if name in table.right else {})}
        for name, width in zip(table.columns, _widths(table), strict=True)
    ]
    rows = [_row(table.columns, weight="Bolder"), *(_row(row) for row in table.rows)]
    return [{"type": "Table", "columns": columns, "rows": rows}]


def _widths(table: Table) -> list[int]:
    """Columns as wide as what stands in them, within reason; Teams takes them for proportions."""
    least, most = LIMITS.column_widths
    cells = zip_longest(table.columns, *table.rows, fillvalue="")
    return [min(max(least, *map(len, column)), most) for column in cells][: len(table.columns)]


def _row(cells: Iterable[str], **look: Any) -> Json:
    return {"type": "TableRow", "cells": [{"type": "TableCell", "items": [block(run(cell, **look))]} for cell in cells]}


def _line(row: Line) -> list[Json]:
    runs = [run(f"{row.key} ", weight="Bolder")] if row.key else []
    runs.append(run(row.text))
    if row.detail:
        runs.append(run(f" · {row.detail}", isSubtle=True))
    text = block(*runs)
    if len(row.buttons) != 1 or len(row.buttons[0].label) > LIMITS.label_beside_a_line:
        return [text, *_action_sets(row.buttons)]
    beside = {"type": "Column", "width": "auto", "items": list(_action_sets(row.buttons))}
    return [{"type": "ColumnSet", "columns": [{"type": "Column", "width": "stretch", "items": [text]}, beside]}]


def _picture(picture: Picture, picture_url: PictureUrl | None) -> list[Json]:
    if picture_url is None or not picture.hash:
        return [block(run(f"Picture: {picture.alt}", isSubtle=True))]
    return [{"type": "Image", "url": picture_url(picture.hash), "altText": picture.alt, "size": "Stretch"}]


def _file(file: File, number: int, file_url: FileUrl | None) -> list[Json]:
    if file_url is None:
        return [block(run(f"File {file.name} ({_weight(file)}). "), run(_NO_FILES, isSubtle=True))]
    opened = {"type": "Action.OpenUrl", "url": file_url(number, file.name)}
    return [block(run("File "), run(file.name, selectAction=opened), run(f" ({_weight(file)})"))]


def _quote(quote: Quote) -> list[Json]:
    items = _paragraph(quote.text)
    if quote.source:
        items.append(block(run(f"— {quote.source}", isSubtle=True, size="Small"), spacing="None"))
    return [{"type": "Container", "style": "emphasis", "items": items}] if items else []


# ---- too large ----


def _lines(text: str) -> list[Json]:
    return [block(run(line), **({"spacing": "None"} if number else {})) for number, line in enumerate(text.split("\n"))]


def _in_words(card: Card) -> Json:
    """The card as plain lines and as many of its buttons as fit, with a sentence for what does not."""
    buttons, room = [], LIMITS.buttons_bytes
    for button in card.buttons:
        room -= len(json.dumps(_action(button)))
        if room < 0:
            break
        buttons.append(button)
    whole = plain(Card("", card.body))
    title, longest = _title(_fitting(card.title, LIMITS.card_bytes // 5)), 10**9
    around = _envelope(card, [*title, _verdict(longest, 2 * longest, longest)], buttons)
    kept = _kept_lines(whole, LIMITS.card_bytes - size(around))
    shown = max(sum(map(len, kept)) + len(kept) - 1, 0)
    notice = _verdict(shown, len(whole), len(card.buttons) - len(buttons))
    return _envelope(card, [*title, *_lines("\n".join(kept)), notice], buttons)


def _kept_lines(text: str, room: int) -> list[str]:
    kept = []
    overhead = size(block(run(""), spacing="None")) + 2
    for line in text.split("\n"):
        room -= overhead
        fits = _fitting(line, room)
        if fits or not line:
            kept.append(fits)
        room -= len(json.dumps(fits))
        if fits != line or room < overhead:
            break
    return kept


def _fitting(text: str, room: int) -> str:
    """As much of the text's beginning as takes `room` bytes of JSON."""
    if len(json.dumps(text)) <= room:
        return text
    used = 2
    for position, character in enumerate(text):
        used += len(json.dumps(character)) - 2
        if used > room:
            return text[:position]
    return text


def _verdict(shown: int, whole: int, buttons: int) -> Json:
    said = "Shown in words, since Teams takes no larger card."
    if shown < whole:
        said = f"Teams takes no larger card: these are the first {shown:,} of {whole:,} characters, in words."
    if buttons > 0:
        said += f" {buttons:,} more buttons do not fit; type the command instead."
    return block(run(said, isSubtle=True))

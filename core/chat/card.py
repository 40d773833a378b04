"""What Steward answers: a Card or a Form, plain frozen data that every face renders by itself.

Every string in a card is plain text, except `Text.text` and `Quote.text`, which are a small Markdown
(**bold**, _italic_, `code`, [label](https://…), newlines); put foreign text into those through `escape()`.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal

from markdown_it import MarkdownIt
from pydantic import Field as Discriminated
from pydantic import TypeAdapter

VERSION = 1

Style = Literal["default", "primary", "danger"]
FieldKind = Literal["text", "longtext", "number", "date", "choice", "choices", "person", "people", "channel", "check"]


@dataclass(frozen=True, slots=True)
class Button:
    """A button stands for the command line it carries. `form` says that the command will answer with a Form."""

    label: str
    say: str
    style: Style = "default"
    form: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of small Markdown; `subtle` is for the small print."""

    text: str
    subtle: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value pairs."""

    rows: tuple[tuple[str, str], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as wide as `columns`; a column named in `right` holds numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in a list: its key ('APP-12'), its title, and what else is known in a few words ('5 pts · doing')."""

    key: str
    text: str
    detail: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list of things, best first."""

    rows: tuple[Line, ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `of`, both in the unit that `label` names."""

    label: str
    done: float
    of: float
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture kept under `hash`; `alt` says what it shows to who cannot see it."""

    hash: str
    alt: str
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class File:
    """A file handed over; text as it is, anything else in base64."""

    name: str
    media_type: str
    text: str | None = None
    base64: str | None = None
    kind: Literal["file"] = "file"

    def content(self) -> bytes:
        return self.text.encode() if self.text is not None else base64.b64decode(self.base64 or "")


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words (small Markdown), and whose they are."""

    text: str
    source: str = ""
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Divider:
    kind: Literal["divider"] = "divider"


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a form. `value` is what stands in it at first: a person's or channel's external id, an ISO date,
    for `choices` and `people` several, one a line. `error` is shown at the field, after a refused submission."""

    name: str
    label: str
    type: FieldKind = "text"
    value: str = ""
    required: bool = False
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None
    error: str = ""
    kind: Literal["field"] = "field"


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons inside the body, beside what stands above it."""

    buttons: tuple[Button, ...]
    kind: Literal["buttons"] = "buttons"


Part = Annotated[
    Text | Facts | Table | Items | Progress | Picture | File | Quote | Divider | Field | Buttons,
    Discriminated(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Card:
    """title: one line, plain. body: parts in order. buttons: at the foot. version: so that stored cards survive."""

    title: str
    body: tuple[Part, ...] = ()
    buttons: tuple[Button, ...] = ()
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Form:
    """A Slack modal, a Teams dialog, or prompts in the terminal; submitting says `submit` with the fields as values.

    drafts: what is half filled in can be kept: `kept` says so, with what the fields hold so far as values
    """

    title: str
    fields: tuple[Field, ...]
    submit: str
    label: str = "Save"
    drafts: bool = False


def kept(submit: str) -> str:
    """The line that keeps a form of this submit line as a draft; where the form opens again, it goes on from there."""
    return f"{submit} draft=yes"


def files(card: Card) -> tuple[File, ...]:
    """The files that a card hands over."""
    return tuple(part for part in card.body if isinstance(part, File))


Change = Callable[[tuple[Button, ...]], tuple[Button, ...]]


def with_buttons(card: Card, change: Change) -> Card:
    """The card with each of its groups of buttons changed, wherever it stands; a row that is left empty goes."""
    body = tuple(_changed(part, change) for part in card.body)
    kept = tuple(part for part in body if not isinstance(part, Buttons) or part.buttons)
    return replace(card, body=kept, buttons=change(card.buttons))


def _changed(part: Part, change: Change) -> Part:
    match part:
        case Items():
            return replace(part, rows=tuple(replace(row, buttons=change(row.buttons)) for row in part.rows))
        case Buttons():
            return replace(part, buttons=change(part.buttons))
        case _:
            return part


def pictures(card: Card) -> tuple[Picture, ...]:
    """The pictures that a card shows."""
    return tuple(part for part in card.body if isinstance(part, Picture))


SeenBy = Literal["you", "place"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one ask is answered with.

    Exactly one of card (done, or shown), form (asks for more) or refused (nothing was changed) says it; a refusal may
    carry a card with buttons besides. `try_` is the next thing to type. `errors` names a form's fields that were wrong.
    `lasting`: it must be a message of ours, and so leave through the outbox, whatever could ride: it will be changed
    where it stands, or shows that we may write there.
    """

    ok: bool
    seen_by: SeenBy = "you"
    card: Card | None = None
    form: Form | None = None
    refused: str = ""
    try_: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    lasting: bool = False


CARD: TypeAdapter[Card] = TypeAdapter(Card)
FORM: TypeAdapter[Form] = TypeAdapter(Form)
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


# ---- small Markdown ----


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; a renderer's atom."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    url: str = ""


_MARKDOWN = MarkdownIt("zero").enable(["emphasis", "backticks", "link", "escape", "newline"])
_SPECIAL = re.compile(r"([\\`*_\[\]])")


def escape(text: str) -> str:
    """Foreign text, so that it reads the same inside small Markdown."""
    return _SPECIAL.sub(r"\\\1", text)


@lru_cache(maxsize=2048)
def spans(text: str) -> tuple[Span, ...]:
    """Small Markdown as styled runs; newlines stay newlines; only http, https and mailto links are links."""
    if not _SPECIAL.search(text):
        return (Span(text),) if text else ()
    found: list[Span] = []
    style: dict[str, Any] = {}
    tokens = _MARKDOWN.parseInline(text)[0].children or []
    for token in tokens:
        match token.type:
            case "strong_open" | "em_open":
                style["bold" if token.type == "strong_open" else "italic"] = True
            case "strong_close" | "em_close":
                style.pop("bold" if token.type == "strong_close" else "italic", None)
            case "link_open":
                url = str(token.attrs.get("href", ""))
                style["url"] = url if url.startswith(("https://", "http://", "mailto:")) else ""
            case "link_close":
                style.pop("url", None)
            case "softbreak" | "hardbreak":
                found.append(Span("\n"))
            case "code_inline":
                found.append(Span(token.content, code=True, **style))
            case _ if token.content:
                found.append(Span(token.content, **style))
    return tuple(found)


def unstyled(text: str) -> str:
    """Small Markdown as plain text; a link keeps its address in parentheses where the label is not the address."""
    return "".join(f"{s.text} ({s.url})" if s.url and s.url != s.text else s.text for s in spans(text))


# ---- plain text ----


def plain(card: Card) -> str:
    """The whole card in words: for screen readers, notifications, logs of a chat, and a terminal without colours."""
    lines = [card.title, *(line for part in card.body for line in _plain_part(part))]
    if card.buttons:
        lines.append(_plain_buttons(card.buttons))
    return "\n".join(line for line in lines if line)


def _plain_buttons(buttons: tuple[Button, ...]) -> str:
    return " ".join(f"[{b.label}]" for b in buttons)


def _plain_part(part: Part) -> list[str]:
    match part:
        case Text():
            return [unstyled(part.text)]
        case Facts():
            return [f"{label}: {value}" for label, value in part.rows]
        case Table():
            return [" · ".join(part.columns), *(" · ".join(row) for row in part.rows)]
        case Items():
            return [_plain_line(row) for row in part.rows]
        case Progress():
            return [f"{part.label}: {part.done:g} of {part.of:g}"]
        case Picture():
            return [f"Picture: {part.alt}"]
        case File():
            return [f"File: {part.name}"]
        case Quote():
            return [f"“{unstyled(part.text)}”" + (f" — {part.source}" if part.source else "")]
        case Divider():
            return ["—"]
        case Field():
            return [f"{part.label}: {part.value}"]
        case Buttons():
            return [_plain_buttons(part.buttons)]


def _plain_line(row: Line) -> str:
    words = [row.key, row.text, f"· {row.detail}" if row.detail else "", _plain_buttons(row.buttons)]
    return " ".join(word for word in words if word)

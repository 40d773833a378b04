"""A file that came with a line: one, fetched, of a size that a chat takes, and not empty."""

from collections.abc import Sequence
from io import BytesIO

from core.chat.ask import Attachment
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.exchange import source

LARGEST = 20_000_000  # bytes; a hundred thousand items are about sixty, for `steward import`
TABLES = (".csv", ".tsv", ".txt", ".json")
MARKDOWN = (".md", ".markdown")
DOCUMENTS = (*MARKDOWN, ".txt")


def meant(files: Sequence[Attachment]) -> str:
    """The line that a file stands for which came without one: Markdown is a document, all else may hold items."""
    return "doc add" if len(files) == 1 and files[0].name.lower().endswith(MARKDOWN) else "import"


def dropped(call: Call, *, largest: int = LARGEST, elsewhere: str = "") -> tuple[str, bytes]:
    """Its name and what it holds. elsewhere: the line of a command line that takes a larger one, with {name} in it."""
    if len(call.ask.files) > 1:
        raise Refused(f"One file at a time, please; {len(call.ask.files)} came.", call.command.example)
    [file] = call.ask.files
    name = shorten(call.readable(file.name), 80) or "file"
    if file.trouble or file.content is None:
        raise Refused(file.trouble or f"{name} could not be fetched. Drop it once more.", call.command.example)
    if len(file.content) > largest:
        why = f"{name} has {len(file.content) / 1e6:.0f} MB; in a chat I take up to {largest // 10**6}."
        more = " On the server any size goes." if elsewhere else ""
        raise Refused(f"{why}{more}", elsewhere.format(name=name) or call.command.example)
    if not file.content.strip():
        raise Refused(f"{name} is empty; nothing was read from it.", call.command.example)
    return name, file.content


def text_of(content: bytes) -> str:
    """What a file says, in whatever encoding; what fits none is '?'. Raises UnknownLayout where it is no text."""
    with source.opened(BytesIO(content)) as file:
        return source.STRAY.sub("?", file.text.read())

"""A file that came with a line: one, fetched, of a size that a chat takes, and not empty."""

from core.chat.words import shorten
from core.commands.call import Call
from core.commands.refused import Refused

LARGEST = 20_000_000  # bytes; a hundred thousand items are about sixty, for `steward import`


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

"""A file that a line in a terminal names, handed over with it, as a dropped file is elsewhere."""

import stat
from dataclasses import replace
from pathlib import Path

from core.chat import grammar
from core.chat.ask import Ask, Attachment
from core.commands.dropped import LARGEST
from core.commands.registry import Match, Registry

TABLES = (".csv", ".tsv", ".txt", ".json")


def attach(ask: Ask, registry: Registry, *, typed: bool) -> Ask:
    """The ask with the file that its line names, where its command reads one.

    typed: a person sits there, and may name any file of theirs, ~ and all. Lines of JSON may come from a bridge to
    other people: there only what is called a table is read, and only what it holds as a table is ever shown.
    """
    match = registry.find(grammar.tidy(ask.text))
    if not (isinstance(match, Match) and match.command.file) or ask.files or ask.values:
        return ask
    line = grammar.parse(match.rest, match.command.keys)
    if match.command.file == "last":
        return _last(ask, line, typed=typed)
    name = line.text.strip()
    if not name or "file-id" in line.options:
        return ask
    return replace(ask, files=(_read(name, typed=typed),))


def _last(ask: Ask, line: grammar.Line, *, typed: bool) -> Ask:
    """A line whose last word is called as a table is: that word names the file, and is no longer part of it."""
    if not line.words or not line.words[-1].text.lower().endswith(TABLES):
        return ask
    word = line.words[-1]
    before, found, behind = ask.text.rpartition(line.line[word.start : word.end])
    text = f"{before.rstrip()} {behind.strip()}".strip() if found else ask.text
    return replace(ask, text=text, files=(_read(word.text, typed=typed),))


def _read(name: str, *, typed: bool) -> Attachment:
    path = Path(name).expanduser() if typed else Path(name)
    if not typed and path.suffix.lower() not in TABLES:
        return Attachment(path.name, trouble=f"{path.name} is no table; I read {', '.join(TABLES)} here.")
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Attachment(path.name, trouble=f"{name} is no file.")
        if found.st_size > LARGEST:
            size = f"{path.name} has {found.st_size / 1e6:.0f} MB; in a chat I take up to {LARGEST // 10**6}."
            return Attachment(path.name, trouble=f"{size} On the command line any size goes: steward import.")
        return Attachment(path.name, size=found.st_size, content=path.read_bytes())
    except FileNotFoundError:
        return Attachment(path.name, trouble=f"There is no file {name} here.")
    except (OSError, ValueError) as no:
        why = getattr(no, "strerror", None) or "its name is none"
        return Attachment(path.name, trouble=f"{name} cannot be read: {why}.")

"""A file that a line in a terminal names, handed over with it, as a dropped file is elsewhere."""

import stat
from dataclasses import replace
from pathlib import Path

from core.chat import grammar
from core.chat.ask import Ask, Attachment
from core.commands.dropped import DOCUMENTS, LARGEST, MARKDOWN, TABLES
from core.commands.registry import Match, Registry

ENDINGS = {"table": TABLES, "document": DOCUMENTS}


def attach(ask: Ask, registry: Registry, *, typed: bool) -> Ask:
    """The ask with the file that its line names, where its command reads one.

    typed: a person sits there, and may name any file of theirs, ~ and all. Lines of JSON may come from a bridge to
    other people: there only what is called a table is read, and only what it holds as a table is ever shown; and
    Markdown, which is shown, from the folder that the process was started in alone.
    """
    match = registry.find(grammar.tidy(ask.text))
    if not (isinstance(match, Match) and match.command.file) or ask.files or ask.values:
        return ask
    line = grammar.parse(match.rest, match.command.keys)
    if match.command.file in ENDINGS:
        return _last(ask, line, match.command.file, typed=typed)
    name = line.text.strip()
    if not name or "file-id" in line.options:
        return ask
    path = _path(name, typed=typed)
    return replace(ask, files=(_read(name, path, "" if typed else _no_table(path)),))


def _last(ask: Ask, line: grammar.Line, kind: str, *, typed: bool) -> Ask:
    """A line whose last word is called as a table, or a document, is: that word names the file, and is no longer part
    of it. A document stands behind its title alone; more words are a text."""
    if not line.words or not line.words[-1].text.lower().endswith(ENDINGS[kind]):
        return ask
    if kind == "document" and len(line.words) > 2:
        return ask
    word = line.words[-1]
    before, found, behind = ask.text.rpartition(line.line[word.start : word.end])
    text = f"{before.rstrip()} {behind.strip()}".strip() if found else ask.text
    path = _path(word.text, typed=typed)
    why = "" if typed else _no_table(path) if kind == "table" else _no_markdown(path)
    return replace(ask, text=text, files=(_read(word.text, path, why),))


def _path(name: str, *, typed: bool) -> Path:
    return Path(name).expanduser() if typed else Path(name)


def _no_table(path: Path) -> str:
    """Why a file is not read that is called otherwise than a table; '' where it is."""
    if path.suffix.lower() in TABLES:
        return ""
    return f"{path.name} is no table; I read {', '.join(TABLES)} here."


def _no_markdown(path: Path) -> str:
    """Why a file is not read that is no Markdown, or lies elsewhere; '' where it may be."""
    if path.suffix.lower() not in MARKDOWN:
        return f"{path.name} is no Markdown; I read {', '.join(MARKDOWN)} here."
    if not path.resolve().is_relative_to(Path.cwd()):
        return f"{path.name} lies elsewhere; here I read Markdown from the folder I was started in alone."
    return ""


def _read(name: str, path: Path, trouble: str) -> Attachment:
    """The file, and how it was called; trouble: why it is not to be read."""
    if trouble:
        return Attachment(path.name, trouble=trouble)
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

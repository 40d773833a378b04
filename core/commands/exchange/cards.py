"""What import and export show: how to begin, what a file holds, what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.chat.card import Button, Card, Facts, File, Items, Line, Part, Progress, Text, escape
from core.chat.words import counted, listed, shorten
from core.exchange.layouts import FIELD_WORDS
from core.exchange.rows import Fault, Layout, Row

SAMPLES = 5
FAULTS = 5
TOOLS = {"jira": "Jira", "github": "GitHub", "linear": "Linear", "trello": "Trello", "steward": "our own export"}


def how(product: str) -> Card:
    """What to do where no file came."""
    return Card(
        f"Drop a file here and I show what it holds before it goes into {product}",
        (
            Text(
                "CSV or JSON as Jira, GitHub, Linear and Trello export it, our own export, or any table with a title "
                "column. Write to me in our private chat with the file, or mention me beside it. In a terminal: "
                "import issues.csv"
            ),
        ),
    )


@dataclass
class Seen:
    """What a look through a file has found. words: foreign status -> ours."""

    layout: Layout
    header: Sequence[str]
    added: int = 0
    changed: int = 0
    same: int = 0
    faults: int = 0
    shown: list[Fault] = field(default_factory=list)
    samples: list[Row] = field(default_factory=list)
    words: Mapping[str, str] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    sprints: Sequence[str] = ()


def faults(count: int, shown: Sequence[Fault]) -> list[Part]:
    """What cannot be read, by its line."""
    if not count:
        return []
    rows = [
        Line(f"line {fault.line}", f"{fault.column}: {fault.why}" if fault.column else fault.why) for fault in shown
    ]
    more = [Line("", f"and {count - len(rows)} more")] if count > len(rows) else []
    return [Text(f"{_rows(count)} cannot be read:"), Items((*rows, *more))]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def summary(added: int, changed: int, same: int) -> str:
    parts = [
        f"{added:,} new item{'' if added == 1 else 's'}" if added else "",
        f"{changed:,} changed" if changed else "",
        f"{same:,} as they are here" if same else "",
    ]
    return ", ".join(part for part in parts if part) or "no items"


def preview(name: str, file: str, seen: Seen, strict: bool) -> Card:
    """What would come of importing a file."""
    tool = TOOLS.get(seen.layout.name, "a table")
    news = seen.added + seen.changed
    title = f"{name} · {tool} · {summary(seen.added, seen.changed, seen.same)} · nothing has been imported yet"
    samples = tuple(
        Line(row.external_key or row.external_id, row.title, " · ".join(filter(None, (row.type, row.source_status))))
        for row in seen.samples
    )
    body: list[Part] = [Facts(tuple(_facts(seen)))]
    if samples:
        body += [
            Text(f"The first {counted(len(samples), 'item')}:" if len(samples) > 1 else "The first item:"),
            Items(samples),
        ]
    body += faults(seen.faults, seen.shown)
    if seen.layout.note:
        body.append(Text(escape(seen.layout.note), subtle=True))
    buttons = []
    if news and not (strict and seen.faults):
        buttons.append(Button(f"Import {counted(news, 'item')}", f"import file-id={file} go=yes", "primary"))
    if seen.layout.name != "steward":
        buttons.append(Button("Columns", f"import file-id={file} columns=yes", form=True))
    if seen.words:
        buttons.append(Button("Statuses", f"import file-id={file} statuses=yes", form=True))
    return Card(title, tuple(body), tuple(buttons))


def _facts(seen: Seen) -> list[tuple[str, str]]:
    taken = [
        f"{column} → {FIELD_WORDS.get(field, field).replace('_', ' ')}"
        for field, columns in seen.layout.columns.items()
        for column in _as_written(seen.header, columns)
        if field not in ("resolution", "sprint_number", "sprint_from", "sprint_to")
    ]
    used = {name for columns in seen.layout.columns.values() for name in columns}
    left = [column for column in dict.fromkeys(seen.header) if column and _folded(column) not in used]
    rows = [("Columns", shorten(", ".join(dict.fromkeys(taken)), 400))] if taken and seen.header else []
    if left and seen.layout.name != "steward":
        rows.append(("Kept as they are", shorten(", ".join(left), 300)))
    if seen.words:
        words = [f"{word} → {status} ({count:,})" for (word, status), count in seen.counts.most_common()]
        rows.append(("Statuses", shorten(", ".join(words), 400)))
    if seen.sprints:
        rows.append(("Sprints", f"{len(seen.sprints):,}: {shorten(', '.join(seen.sprints), 300)}"))
    return rows


def _folded(column: str) -> str:
    return " ".join(column.split()).casefold()


def _as_written(header: Sequence[str], names: Sequence[str]) -> list[str]:
    return [column for column in header if _folded(column) in names]


def nothing_new(name: str, seen: Seen, file: str) -> Card:
    """Where an import would change nothing."""
    shown = preview(name, file, seen, strict=False)
    one = seen.same == 1
    here = "its one item is here already" if one else f"all {seen.same:,} items are here already"
    said = here if seen.same else "it holds no items"
    return Card(f"{name}: {said}; nothing was changed", shown.body, shown.buttons)


def progress(name: str, done: int, of: int) -> Card:
    return Card(f"Importing {name} …", (Progress("Items", min(done, of), of),) if of else ())


def sprints(states: Sequence[tuple[str, str]]) -> list[str]:
    """'Sprints: S1 closed, S2 planned.'"""
    if not states:
        return []
    said = ", ".join(f"{name} {state}" for name, state in states[-SAMPLES:])
    before = f"{len(states) - SAMPLES:,} more, then " if len(states) > SAMPLES else ""
    return [f"Sprints: {before}{said}."]


def done(name: str, kept: Mapping[str, Any], told: Sequence[str], shown: Sequence[Fault]) -> Card:
    """What came of an import."""
    said = summary(kept["added"], kept["changed"], kept["same"])
    body: list[Part] = [Text(escape(each)) for each in told]
    if ours := kept["kept"]:
        more = ", …" if len(ours) > FAULTS else ""
        body.append(Text(f"Changed here and there, and left as it is here: {escape(', '.join(ours[:FAULTS]))}{more}."))
    body += faults(kept["faults"], shown)
    buttons = (Button("The backlog", "backlog list"), Button("Undo", "undo")) if kept["added"] + kept["changed"] else ()
    return Card(f"{name} is imported: {said}", tuple(body), buttons)


def words(known: Sequence[Any]) -> Card:
    """What other tools' words for a status mean here."""
    if not known:
        return Card("No import has brought words for a status here yet.")
    rows = tuple((row.word, row.status) for row in known[:60])
    return Card("What other tools call a status, and what it is here", (Facts(rows),))


def exported(product: str, file: File, form: str) -> Card:
    """A file handed over."""
    what = {"csv": "it comes back as it is", "json": "it comes back as it is", "markdown": "for people to read"}[form]
    names = listed([name for name in ("csv", "json", "markdown") if name != form], "or")
    return Card(
        f"{product} as {form}: {what}",
        (file, Text(f"There is {names} too.", subtle=True)),
        tuple(Button(name, f"export format={name}") for name in ("csv", "json", "markdown") if name != form),
    )

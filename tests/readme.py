"""The tables of README.md and docs/commands.md, made from what they are about. `python -m tests.readme` writes them;
a test holds them."""

import re
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from bot.settings import Settings
from core.commands.command import Command
from core.commands.registry import REGISTRY
from core.commands.workspace.help import who_may

README = Path(__file__).parent.parent / "README.md"
COMMANDS = README.parent / "docs" / "commands.md"

# A group of one command is told by that one's summary.
ABOUT = {
    "backlog": "Items in order: added, changed, ordered, made ready, estimated, accepted.",
    "question": "What is not written down: asked of whoever decides, assumed meanwhile, answered once.",
    "doc": "Specifications and notes that questions are answered from.",
    "team": "Roles, hours, absences, capacity, and what the team means by ready and done.",
    "standup": "Everybody is asked at their own time; the channel gets one post a day.",
    "blocker": "What holds somebody up, with an owner and an age until it is cleared.",
    "sprint": "From what fits the room the team has to what came of it, and a forecast.",
    "retro": "What went well, what did not, and what is done about it; votes are secret.",
    "product": "Products and their channels, vision, strategy, prices, stage.",
    "goal": "Goals and their key results; progress is computed.",
    "metric": "Numbers of the product over time, with a goal line and a chart.",
    "roadmap": "What comes now, next and later, for the team, stakeholders or the public.",
    "decide": "Decisions with options, votes and reasons; a closed one is superseded, never changed.",
    "feedback": "What people say about the product, what it is worth, and what became of it.",
    "stakeholder": "A private register for the product manager and the product owner.",
    "digest": "What changed, told at times of its own.",
}


def groups() -> str:
    """What people can say, in short: a line for each group, with its verbs."""
    rows = []
    for group, found in REGISTRY.groups.items():
        verbs = [" ".join(c.path[1:]) for c in found if len(c.path) > 1]
        about = ABOUT[group] if len(found) > 1 else found[0].summary
        rows.append(f"| {' '.join((f'**{group}**', ' · '.join(verbs))).strip()} | {about} |")
    return "\n".join(("| say | about |", "|---|---|", *rows))


def commands() -> str:
    """Everything people can say, a heading for each group: usage, what it does, who may. Commands without a verb that
    stand beside each other share one."""
    parts: list[str] = []
    for several, run in groupby(REGISTRY.groups.items(), key=lambda pair: len(pair[1]) > 1):
        told = list(run)
        for part in [[one] for one in told] if several else [told]:
            rows = [_row(c) for _, found in part for c in found]
            head = ", ".join(group for group, _ in part)
            parts.append("\n".join((f"## {head}\n", "| say | what it does | who may |", "|---|---|---|", *rows)))
    return "\n\n".join(parts)


def _row(found: Command) -> str:
    usage = found.usage.replace("|", chr(92) + "|")
    return f"| `{usage}` | {found.summary} | {who_may(found)} |"


def settings() -> str:
    """Every variable, what it is for, and its default."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default if field.default not in (None, "", False) else ""
        if name == "database_url":
            default = "a SQLite file in your data folder"
        rows.append(f"| `STEWARD_{name.upper()}` | {field.description} | {default} |")
    return "\n".join(("| variable | what it is | default |", "|---|---|---|", *rows))


Tables = dict[str, Callable[[], str]]
PAGES: dict[Path, Tables] = {README: {"groups": groups, "settings": settings}, COMMANDS: {"commands": commands}}


def written(text: str, tables: Tables) -> str:
    """A page's text with its tables as they should be."""
    for name, table in tables.items():
        block = f"<!-- {name} -->\n{table()}\n<!-- /{name} -->"
        text, found = re.subn(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _, b=block: b, text, flags=re.DOTALL)
        if found != 1:
            raise ValueError(f"the page has no place for the table of {name}")
    return text


if __name__ == "__main__":
    for page, tables in PAGES.items():
        page.write_text(written(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
    sys.stdout.write("README.md and docs/commands.md are up to date.\n")

"""The README's tables, made from what they are about. `python -m tests.readme` writes them anew; a test holds them."""

import re
import sys
from pathlib import Path

from bot.settings import Settings
from core.commands.registry import REGISTRY
from core.commands.workspace.help import who_may

README = Path(__file__).parent.parent / "README.md"


def commands() -> str:
    """What people can say: usage, what it does, who may."""
    rows = [
        f"| `{c.usage.replace('|', chr(92) + '|')}` | {c.summary} | {who_may(c)} |"
        for group in REGISTRY.groups.values()
        for c in group
    ]
    return "\n".join(("| say | what it does | who may |", "|---|---|---|", *rows))


def settings() -> str:
    """Every variable, what it is for, and its default."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default if field.default not in (None, "", False) else ""
        if name == "database_url":
            default = "a SQLite file in your data folder"
        rows.append(f"| `STEWARD_{name.upper()}` | {field.description} | {default} |")
    return "\n".join(("| variable | what it is | default |", "|---|---|---|", *rows))


TABLES = {"commands": commands, "settings": settings}


def written(text: str) -> str:
    """The README's text with its tables as they should be."""
    for name, table in TABLES.items():
        block = f"<!-- {name} -->\n{table()}\n<!-- /{name} -->"
        text, found = re.subn(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _, b=block: b, text, flags=re.DOTALL)
        if found != 1:
            raise ValueError(f"README.md has no place for the table of {name}")
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md is up to date.\n")

"""A stand-up's mornings in November 2026, on a Berlin clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.lines import tick
from tests.core.commands.talk import Talk

BERLIN = ZoneInfo("Europe/Berlin")


def at(clock: str, day: int = 3) -> datetime:
    """A wall time in Berlin; 3 November 2026 is a Tuesday."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=BERLIN)


def heard(talk: Talk, now: datetime) -> dict[str, list[str]]:
    """What is delivered at an instant, by whom it goes to."""
    found: dict[str, list[str]] = {}
    for one in tick(talk.steward, now):
        to = one["to"].replace("D", "@")  # a private chat, as Talk calls it
        found.setdefault(to, []).append(one["text"])
    return found

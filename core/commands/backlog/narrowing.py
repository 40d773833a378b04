"""What a list of items is narrowed to: read from the options, and said in the title of the card."""

from datetime import date, timedelta

from core.chat.words import shorten
from core.commands.call import Call


def due_in(call: Call) -> tuple[date | None, date | None]:
    """From which day to which what is listed is due; “overdue” is what was due before today."""
    if call.options.get("due", "").strip().lower() in ("overdue", "late"):
        return None, call.today - timedelta(days=1)
    return call.days("due")


def narrowed(call: Call) -> list[str]:
    """What a list is narrowed to, as it was said: 'doing', 'due this week', 'of bob', 'with “bank”'."""
    said = {key: shorten(call.words(key), 40) for key in call.options}
    ways = {
        "status": "{}", "type": "{}", "label": "label {}", "assignee": "of {}", "sprint": "sprint {}",
        "epic": "epic {}", "due": "due {}",
    }  # fmt: skip
    told = [way.format(said[key].removeprefix("@")) for key, way in ways.items() if said.get(key)]
    text = call.line.text.strip() or said.get("text", "")
    return [one.replace("due overdue", "overdue") for one in told] + ([f"with “{shorten(text, 40)}”"] if text else [])

"""What the card of one item says: its story, its epic, what it waits for, its criteria."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.chat.card import Button, Items, Line, Progress, Text
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.exchange.cards import TOOLS
from core.commands.items import PAGE, Words
from core.product import criteria, questions, scenarios, scoring, sprints, structure
from core.product.items import CLOSED, Item
from core.product.questions import Question

# by its sound: a user, a European, a unit; an hour
_AN = re.compile(r"(?!us[aeu]|uni[^mn]|eu|one\b|once)[aeiou]|hour|honest|heir", re.IGNORECASE)


def story_of(item: Any) -> str:
    """'As an accountant, I want …, so that …' of what is known."""
    article = "an" if _AN.match(item.persona) else "a"
    bare = item.persona.lower().startswith(("a ", "an ", "the "))
    parts = [
        f"As {item.persona if bare else f'{article} {item.persona}'}" if item.persona else "",
        f"I want {item.want}" if item.want else "",
        f"so that {item.benefit}" if item.benefit else "",
    ]
    return ", ".join(part for part in parts if part)


def epic_of(call: Call, epic_id: str | None) -> str:
    if not epic_id:
        return ""
    epic = call.db.get_one(Item, {"id": epic_id, "workspace_id": call.db.workspace})
    return f"{Words(call).key(epic.number)} {shorten(epic.title, 80)}"


def sprints_of(call: Call, item: str) -> str:
    """'Sprint 7 (carried over), Sprint 8 (running)'."""
    said = []
    for row in sprints.of_item(call.db, item):
        became = "taken out" if row.left_at else _BECAME.get(row.outcome) or row.state
        said.append(f"{row.name} ({became})")
    return ", ".join(said[-4:])


_BECAME = {sprints.CARRIED: "carried over", sprints.DONE: "done", sprints.DROPPED: "dropped"}


def waiting(call: Call, rows: Sequence[Any]) -> str:
    words = Words(call)
    return ", ".join(f"{words.key(row.number)} {'✓ ' if row.closed_at else ''}{shorten(row.title, 40)}" for row in rows)


def scored(item: Any) -> str:
    found = ((by, scoring.score(item, by)) for by in scoring.PARTS)
    return ", ".join(f"{by.upper()} {scoring.shown(number)}" for by, number in found if number is not None)


def belonging(call: Call, epic: str) -> list[Any]:
    """An epic's items, and how far they are."""
    rows = structure.children(call.db, epic, PAGE + 1)
    if not rows:
        return [Text("No items belong to it yet.")]
    words = Words(call)
    lines = tuple(Line(words.key(row.number), row.title, row.status) for row in rows[:PAGE])
    done = sum(row.closed_at is not None for row in rows)
    progress = [] if len(rows) > PAGE else [Progress("Items done", done, len(rows))]
    more = [Text("and more below these", subtle=True)] if len(rows) > PAGE else []
    return [*progress, Items(lines), *more]


def imported(call: Call, item: Any) -> str:
    if not item.source:
        return ""
    return f"{item.external_key or ''} from {_tool(item.source)}{_age(call, item.imported_at)}".strip()


def how_old(call: Call, rows: Sequence[Any]) -> tuple[Text, ...]:
    """The line at the foot of a list that says how old what an import said of some of its items is by now."""
    came = [row for row in rows if row.imported_at]
    if not came:
        return ()
    first, last = (_ago(call, end(row.imported_at for row in came)) for end in (min, max))
    tools = listed(sorted({_tool(row.source) for row in came if row.source}))
    which = "" if len(came) == len(rows) else f"{len(came)} of {len(rows)} "
    when = f"imported {last}" if first == last else f"imported between {first} and {last}"
    said = f"{which}from {tools}, {when}."
    return (Text(said[0].upper() + said[1:], subtle=True),)


def _tool(source: str) -> str:
    return TOOLS.get(source, "a table")


def _age(call: Call, imported_at: datetime | None) -> str:
    """How old what an import said is by now."""
    if imported_at is None:
        return ""
    return f", {_ago(call, imported_at)}"


def _ago(call: Call, instant: datetime) -> str:
    """'28 Nov (3 days ago)'."""
    days = (call.today - instant.astimezone(call.tz).date()).days
    ago = "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
    return f"{call.date_of(instant)} ({ago})"


def item_buttons(key: str, status: str) -> tuple[Button, ...]:
    further = Button("Edit", f"backlog edit {key}", form=True), Button("Related", f"backlog related {key}")
    if status in CLOSED:
        return (Button("Reopen", f"backlog reopen {key}"), *further)
    begin = () if status == "doing" else (Button("Start", f"backlog start {key}"),)
    return (*begin, Button("Done", f"backlog done {key}"), *further)


def criteria_lines(call: Call, item_id: str, key: str) -> list[Line]:
    """An item's criteria, each with the button that checks it."""
    lines = []
    for number, row in enumerate(criteria.of(call.db, item_id), 1):
        verb = "uncheck" if row.checked else "check"
        button = Button(verb.capitalize(), f"backlog criteria {key} {verb} {number}")
        text = ", ".join(scenarios.steps(row.text)) or row.text
        lines.append(Line("✓" if row.checked else "○", f"{number}. {text}", buttons=(button,)))
    return lines


def asked(call: Call, item_id: str) -> list[Any]:
    """What was asked about an item: answers, what is open, and what is assumed meanwhile."""
    rows = questions.of_item(call.db, item_id)
    return [Text("**Questions**"), Items(tuple(_asked(call, row) for row in rows))] if rows else []


def _asked(call: Call, row: Question) -> Line:
    key = f"Q-{row.number}"
    if not row.open:
        when = call.date_of(row.answered_at) if row.answered_at else ""
        stale = "; may no longer hold" if row.stale_at else ""
        said = f"{shorten(row.answer, 200)} ({call.name(row.answered_by)}, {when}{stale})"
        return Line(key, shorten(row.text, 120), said)
    if row.assumption:
        said = f"assumed by {call.name(row.assumed_by)}: “{shorten(row.assumption, 160)}”"
    else:
        said = f"open, with {call.name(row.owner_id)}"
    judge = (Button("Right", f"question right {key}"),) if row.assumption else ()
    return Line(key, shorten(row.text, 120), said, (*judge, Button("Answer …", f"question answer {key}", form=True)))

"""`sprint forecast`: when an item, an epic or a roadmap entry is done, and how many items are by a date."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from core.chat.card import Button, Card, Facts, Table, Text, escape
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.items import Words, item_to_read
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.words import amount, number
from core.product import forecast, roadmap, sprints
from core.product.forecast import SURE, Ahead, Forecast, Record
from core.product.sprints import RUNNING

_ENTRY = re.compile(r"#?r-\d{1,9}[,;]?", re.IGNORECASE)


@command(
    "sprint forecast [ITEM|R-1] [epic=] [by=]",
    example="sprint forecast APP-12",
    writes=False,
)
def forecast_(call: Call) -> Said:
    """When something is done, from the team's own finished items: 50, 85 and 95 % dates, or how many by a date."""
    record = forecast.record(call.db, call.product.id, call.today, call.tz)
    if call.given("by"):
        call.end()
        return _by_date(call, record)
    what, ahead = _what(call)
    call.end()
    if what is None or ahead is None:
        return _counts(call, record)
    if not ahead.own:
        return Card(f"{what} · nothing is open", (Text("All of it is finished, so there is nothing to forecast."),))
    stands = _stands(ahead)
    if not record.enough:
        return _too_little(call, what, record, stands)
    days = forecast.simulate(record).days(ahead.place)
    rows = tuple((f"{sure} %", _date(call, found)) for sure, found in zip(SURE, days, strict=True))
    title = f"{what} · 85 % sure by {_date(call, days[1])}" if days[1] else f"{what} · not within three years"
    return Card(
        title, (Facts(rows), Text(f"{stands} {_from(record)}")), (Button("How many by when", "sprint forecast"),)
    )


def _what(call: Call) -> tuple[str | None, Ahead | None]:
    """What is asked about, in words, and how many items there are until it is done."""
    if call.given("epic"):
        return _item(call, call.options["epic"].strip(), epic=True)
    if _ENTRY.fullmatch(call.peek()):
        entry_number = call.take_number("R", "roadmap entry")
        try:
            entry = roadmap.find(call.db, call.product.id, entry_number, call.audience.reads)
        except roadmap.NoSuchEntry as no:
            raise Refused(f"{call.product.name} has no roadmap entry R-{entry_number}.", "roadmap list") from no
        rows = roadmap.items_of(call.db, entry.id)
        name = f"R-{entry.number} {shorten(entry.title, 80)}"
        if not rows:
            raise Refused(
                f"R-{entry.number} has no items yet; link some.", f"roadmap link R-{entry.number} {call.product.key}-1"
            )
        return name, _until(call, [row.id for row in rows])
    if call.peek():
        return _item(call, call.take_item())
    return None, None


def _item(call: Call, reference: str, *, epic: bool = False) -> tuple[str, Ahead]:
    item = item_to_read(call, reference)
    name = f"{Words(call).key(item.number)} {shorten(item.title, 80)}"
    if epic and item.type != "epic":
        key = Words(call).key(item.number)
        raise Refused(f"{key} is a {item.type}, not an epic.", f"sprint forecast {key}", field="epic")
    if item.type == "epic":
        return name, _until(call, [item.id])
    if item.closed_at is not None:
        return name, Ahead(0, 0)
    return name, forecast.until_item(call.db, call.product.id, item.rank)


def _until(call: Call, items: Sequence[str]) -> Ahead:
    return forecast.until_all(call.db, call.product.id, items)


def _stands(ahead: Ahead) -> str:
    if ahead.own == 1:
        before = ahead.place - 1
        first = f"{amount(before, 'items')} come{'s' if before == 1 else ''} first" if before else "nothing comes first"
        return f"It stands {_ordinal(ahead.place)} in the order: {first}."
    return f"{ahead.own} items of it are open; the last stands {_ordinal(ahead.place)} in the order."


def _ordinal(n: int) -> str:
    end = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{end}"


def _from(record: Record) -> str:
    weeks = len(record.days) // 7
    finished = f"{amount(record.finished, 'items')} finished in the last {amount(weeks, 'weeks')}"
    return f"From {finished}, {number(record.finished / weeks)} a week."


def _date(call: Call, days: int | None) -> str:
    """The day on which so many days, from today on, are over."""
    if days is None:
        return "later than in three years"
    return day_in_words(forecast.day_of(days, call.today), call.today)


def _too_little(call: Call, what: str, record: Record, stands: str = "") -> Card:
    """What is there, and what it takes."""
    days = len(record.days)
    there = f"{amount(record.finished, 'items')} finished" + (
        f" in {amount(max(1, days // 7), 'weeks')}" if record.finished else " so far"
    )
    needed = f"A forecast takes {forecast.LEAST} finished items over {forecast.LEAST_WEEKS} weeks or more."
    body = [Text(f"{there}. {needed}"), *([Text(stands)] if stands else [])]
    return Card(f"{what} · too little history to forecast", tuple(body), (Button("Velocity", "sprint velocity"),))


def _by_date(call: Call, record: Record) -> Card:
    """How many items by one day."""
    until = call.coming("by")
    if until is None:
        raise Refused("By which day? Such as by=2026-12-24.", call.command.example, field="by")
    when = day_in_words(until, call.today)
    if not record.enough:
        return _too_little(call, f"By {when}", record)
    counts = forecast.simulate(record).items((until - call.today).days + 1)
    rows = tuple((f"{sure} %", f"{amount(n, 'items')} or more") for sure, n in zip(SURE, counts, strict=True))
    return Card(f"By {when} · 85 % sure of {amount(counts[1], 'items')}", (Facts(rows), Text(_from(record))))


def _counts(call: Call, record: Record) -> Card:
    """How many items by the end of the sprint and in some weeks."""
    if not record.enough:
        return _too_little(call, call.product.name, record)
    runs = forecast.simulate(record)
    rows = tuple(_row(call, runs, label, until) for label, until in _days(call))
    table = Table(("By", *(f"{sure} %" for sure in SURE)), rows, right=tuple(f"{sure} %" for sure in SURE))
    first = runs.items((_days(call)[0][1] - call.today).days + 1)[1]
    title = (
        f"{call.product.name} · 85 % sure of {amount(first, 'items')} by {day_in_words(_days(call)[0][1], call.today)}"
    )
    return Card(title, (table, Text(escape(_from(record)))))


def _days(call: Call) -> list[tuple[str, date]]:
    found: list[tuple[str, date]] = []
    sprint = sprints.by_state(call.db, call.product.id, RUNNING)
    if sprint is not None and sprint.ends_on >= call.today:
        found.append((sprint.name, sprint.ends_on))
    return found + [(f"in {weeks} weeks", call.today + timedelta(weeks=weeks)) for weeks in (2, 4, 8, 12)]


def _row(call: Call, runs: Forecast, label: str, until: date) -> tuple[str, ...]:
    counts: list[Any] = runs.items((until - call.today).days + 1)
    return (f"{day_in_words(until, call.today)}, {label}", *(str(n) for n in counts))

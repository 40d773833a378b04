"""`standup report`: how often people answered, in counts and in the order of names."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from core.chat.card import Card, Table, Text
from core.chat.weekdays import WEEK
from core.chat.words import counted, day_in_words
from core.commands.call import Call
from core.commands.registry import Said, command
from core.commands.standup.which import named, team_of
from core.product import presence, standups
from core.product.presence import Presence
from core.product.standups import ANSWERED, DRAFT, SKIPPED
from core.schedule import occurrences, rounds, standup_times

REPORTED = timedelta(days=28)


@command("standup report [NAME] [since=]", example="standup report since=2026-11-01", writes=False)
def report(call: Call) -> Said:
    """How often people answered in four weeks, or since a day: counts in the order of names."""
    standup = named(call)
    there = presence.read(call.db, call.directory.products[standup.product_id], since=call.today - timedelta(days=400))
    first = max(call.day("since") or (call.today - REPORTED), standup.first)
    days = [first + timedelta(days=n) for n in range((call.today - first).days + 1)]
    days = [day for day in days if WEEK[day.weekday()] in standup.days]
    people = standups.members(call.db, standup, team_of(call))
    given: dict[str, dict[date, str]] = {}
    for row in standups.days_between(call.db, standup.id, first, call.today):
        given.setdefault(row.person_id, {})[row.day] = row.state
    prompted = occurrences.days_said(call.db, standup.id, standup_times.PROMPT, first)
    rows = [
        _counts(call, there, person, days, given.get(person, {}), prompted.get(person, set()))
        for person in sorted(people, key=call.name)
    ]
    title = f"{rounds.titled(standup)} · {day_in_words(first, call.today)} to {day_in_words(call.today, call.today)}"
    total = sum(int(row[1]) for row in rows)
    note = f"{counted(total, 'answer')} on {counted(len(days), 'day')}. Away is not missed, nor a day without a prompt."
    columns = ("Who", "Answered", "Skipped", "Away", "Missed")
    return Card(title, (Table(columns, tuple(rows), columns[1:]), Text(note, subtle=True)))


def _counts(
    call: Call,
    there: Presence,
    person: str,
    days: Sequence[date],
    given: Mapping[date, str],
    prompted: Collection[date],
) -> tuple[str, ...]:
    """Who was not asked on a day, because they joined later say, or it was paused, has missed nothing."""
    answered = sum(given.get(day) == ANSWERED for day in days)
    skipped = sum(given.get(day) == SKIPPED for day in days)
    open_ = [day for day in days if given.get(day, DRAFT) == DRAFT]
    away = sum(not there.works_on(person, day) for day in open_)
    today = there.today(person, call.now)
    missed = sum(day in prompted and there.works_on(person, day) and day < today for day in open_)
    return (call.name(person), *(str(n) for n in (answered, skipped, away, missed)))

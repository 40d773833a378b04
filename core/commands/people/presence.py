"""`team hours` and `team away`: when people work, and when they do not."""

from collections.abc import Sequence
from datetime import date

from core.chat import dates, grammar
from core.chat.card import Button, Buttons, Card, Field, Form, Part, Text
from core.chat.words import counted, day_in_words, shorten
from core.commands import rights
from core.commands.call import Call
from core.commands.product.product import zone_in
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.product import presence
from core.product.people import LEADS, Role
from core.product.presence import Hours, Presence

tell("hours", Kind("working hours", says=("start",), names={"start": "begin", "person_id": "person"}))
tell(
    "absences",
    Kind("absence", says=("first",), names={"first": "first day", "last": "last day", "person_id": "person"}),
)

BACK = frozenset({"back", "off", "no", "none", "never"})
RECENT = 31  # days back that an absence may still be written down
OFFERED = 4  # people who might stand in


# ---- hours ----


@command(
    "team hours [me|@PERSON] [09:00-17:30] [tz=] [country=]",
    example="team hours me 09:00-17:30 country=IN",
    hidden="hours",
)
def hours(call: Call) -> Said:
    """Your working hours, time zone and country's holidays: nothing reaches you unasked outside of them."""
    person = _whose(call)
    typed = (call.rest() or call.words("hours")).strip()
    if not typed and not {"tz", "country"} & call.options.keys() and not call.ask.values:
        return _hours_form(call, person)
    if person != call.person and not (call.may(Role.LEAD) or call.may(Role.ADMIN)):
        raise Refused("Only a lead may set somebody else's hours.", "team hours me 09:00-17:30")
    given = _hours(call, typed)
    presence.set_hours(call.db, person, given, zone_in(call), _country(call))
    there = presence.read(call.db, call.product, [person])
    title = f"{call.name(person)} works {there.hours(person)}, {there.zone(person)}, {_holidays(there, person)}"
    return Card(title, buttons=_proposed(call, there, person))


def _whose(call: Call) -> str:
    """The person named first; the asker where the line begins otherwise."""
    word = call.peek()
    return call.take_person() if word and not word[0].isdigit() else call.person


def _named(call: Call, person: str) -> str:
    """How a line of theirs names a person."""
    return "me" if person == call.person else f"@{call.external_id(person)}"


def _hours_form(call: Call, person: str) -> Form:
    there = presence.read(call.db, call.product, [person])
    known = there.hours(person)
    fields = (
        Field("hours", "Working hours", value=f"{known.start:%H:%M}-{known.end:%H:%M}", required=True),
        Field("tz", "Time zone", value=str(there.zone(person)), hint="Such as Europe/Berlin"),
        Field("country", "Country of your holidays", value=there.country_of(person), hint="Such as IN, or DE-BY"),
    )
    whose = "Your working hours" if person == call.person else f"{call.name(person)}'s working hours"
    return Form(shorten(whose, 60), fields, f"team hours {_named(call, person)}")


def _hours(call: Call, typed: str) -> Hours | None:
    if not typed:
        return None
    found = presence.hours_said(typed)
    if found is None:
        line = grammar.render("", {k: v for k, v in call.options.items() if k != "hours"}, call.command.keys)
        better = f"team hours me 09:00-17:30 {line}".strip()
        raise Refused(f"Hours are a span such as 09:00-17:30, not “{shorten(typed, 40)}”.", better, field="hours")
    return found


def _country(call: Call) -> str | None:
    raw = call.words("country")
    if not raw:
        return None
    found = presence.country_said(raw) or presence.country_named(raw)
    if found is None:
        better = raw[:2] if presence.country_said(raw[:2]) and "-" in raw else "DE"
        why = f"country wants a country such as IN, or a part of one such as DE-BY, not “{shorten(raw, 40)}”."
        raise call.wrong("country", why, better)
    return found


def _holidays(there: Presence, person: str) -> str:
    country = there.country_of(person)
    return f"holidays of {presence.country_name(country)}" if country else "no public holidays"


def _proposed(call: Call, there: Presence, person: str) -> tuple[Button, ...]:
    """Somebody in another country than the team's may want that country's holidays."""
    lives_in = presence.country_of_zone(str(there.zone(person)))
    if person in there.countries or lives_in in ("", there.country) or not presence.country_said(lives_in):
        return ()
    label = f"Holidays of {presence.country_name(lives_in)}"
    return (Button(label, f"team hours {_named(call, person)} country={lives_in}"),)


# ---- absences ----


@command(
    "team away [me|@PERSON] RANGE",
    example="team away me 2026-12-24..2026-12-31",
    hidden="first last",
    asked=True,
)
def away(call: Call) -> Said:
    """Say when you, or somebody else, are away; `team away me back` ends it."""
    person = _whose_absence(call)
    if person != call.person:
        rights.check(call, Role.MEMBER)
    there = presence.read(call.db, call.product)
    today = there.today(person, call.now)
    typed = call.rest().strip()
    if not typed and not call.given("first"):
        return _away_form(call, person, today)
    if typed.lower() in BACK:
        return _back(call, person, today)
    first, last = _range(call, typed, today)
    presence.add_absence(call.db, person, first, last)
    there = presence.read(call.db, call.product)
    days = _working(there, person, first, last)
    title = f"{call.name(person)} is away {_span(first, last, today)} · {counted(days, 'working day')}"
    return Card(title, _stand_ins(call, there, person, max(first, today), last) if last >= today else ())


def _whose_absence(call: Call) -> str:
    """Like `_whose`; a range may begin with a word."""
    word = call.peek()
    named = word.lower() == "me" or word.startswith("@") or word in call.ask.mentions
    return call.take_person() if named or word.lower() in call.directory.by_name else call.person


def _working(there: Presence, person: str, first: date, last: date) -> int:
    """How many of the days away would have been working days."""
    country = there.country_of(person)
    return sum(presence.is_working_day(country, date.fromordinal(n)) for n in _ordinals(first, last))


def _ordinals(first: date, last: date) -> range:
    return range(first.toordinal(), last.toordinal() + 1)


def _away_form(call: Call, person: str, today: date) -> Form:
    fields = (
        Field("first", "First day away", "date", value=today.isoformat(), required=True),
        Field("last", "Last day away", "date", hint="Left empty, it is one day"),
    )
    who = "You are" if person == call.person else f"{call.name(person)} is"
    return Form(shorten(f"{who} away", 60), fields, f"team away {_named(call, person)}")


def _range(call: Call, typed: str, today: date) -> tuple[date, date]:
    if typed:
        found = dates.days(typed, today)
    else:
        first = call.day("first")
        last = call.day("last") or first
        found = (first, last) if first and last and first <= last else None
    example = f"team away me {today.isoformat()}..{today.isoformat()}"
    if found is None:
        what = f"not “{shorten(typed, 40)}”" if typed else "and the last day is not before the first"
        raise Refused(f"Away wants days such as tomorrow or 2026-12-24..2026-12-31, {what}.", example, field="last")
    first, last = found
    if not 1970 <= first.year <= last.year < 9000 or last - first > presence.LONGEST:
        raise Refused("An absence is a year at most.", example, field="last")
    if (today - last).days > RECENT:
        raise Refused(f"{_span(first, last, today)} is over.", example, field="last")
    return first, last


def _back(call: Call, person: str, today: date) -> Said:
    if not presence.end_absences(call.db, person, today):
        raise Refused(f"{call.name(person)} is not away.", "team away me tomorrow")
    return Card(f"{call.name(person)} is back")


def _span(first: date, last: date, today: date) -> str:
    """'27–30 Jan', '24 Dec – 2 Jan 2027', '27 Jan'."""
    if first == last:
        return day_in_words(first, today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_in_words(last, today)}"
    return f"{day_in_words(first, today)} – {day_in_words(last, today)}"


def _stand_ins(call: Call, there: Presence, person: str, first: date, last: date) -> tuple[Part, ...]:
    """A lead who is away is asked who stands in, for each role that nobody stands in for yet."""
    product = call.product.id
    start = call.start_of(first)
    own = {g.role for g in call.directory.grants if g.person_id == person and g.product_id == product and not g.until}
    parts: list[Part] = []
    for role in sorted(own & LEADS):
        if call.directory.holder(role, product, max(start, call.now)) != person:
            continue
        buttons = tuple(
            Button(
                shorten(call.name(other), 60),
                f"team role @{call.external_id(other)} {role.value} from={first} until={last}",
            )
            for other in _free(call, there, person, first, last)
        )
        parts.append(Text(f"Who stands in as {role.called}?" if buttons else f"Nobody stands in as {role.called}."))
        if buttons:
            parts.append(Buttons(buttons))
    return tuple(parts)


def _free(call: Call, there: Presence, person: str, first: date, last: date) -> Sequence[str]:
    """Members who are there at that time, leads first."""
    held: dict[str, bool] = {}
    for grant in call.directory.grants:
        if grant.product_id in (None, call.product.id) and grant.role is not Role.VIEWER and grant.counts(call.now):
            held[grant.person_id] = held.get(grant.person_id, False) or grant.role in LEADS
    there_then = [
        other
        for other in held
        if other != person
        and call.external_id(other)
        and not any(there.away(other, date.fromordinal(n)) for n in _ordinals(first, last))
    ]
    return sorted(there_then, key=lambda other: (not held[other], call.name(other)))[:OFFERED]

"""`standup new`: when, where, who and what is asked; said again with a name that is there, it changes that one."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.chat import grammar
from core.chat.ask import Place
from core.chat.card import Button, Card, Facts, Part, Text
from core.chat.weekdays import WEEK
from core.chat.words import counted, day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.standup.which import may_change, team_of, terms
from core.commands.telling import Kind, tell
from core.product import presence, standups
from core.product.presence import Presence
from core.product.standups import Standup
from core.schedule import rounds

DEFAULT_NAME, DEFAULT_AT, DEFAULT_DAYS, DEFAULT_REMIND = "Stand-up", 9 * 60 + 30, WEEK[:5], 60

tell("standups", Kind("stand-up", silent=frozenset({"place_id", "platform", "removed_at", "at", "by", "questions"})))
tell("standup_members", Kind("member of a stand-up", says=()))


@command(
    "standup new [NAME] [at=] [days=] [in=] [with=] [ask=] [remind=] [by=]",
    example="standup new Daily at=09:30 days=mon-fri with=@ann,@bob remind=60m",
)
def new(call: Call) -> Said:
    """Begin a stand-up, or change the one of that name; no argument is needed."""
    product = call.product
    name = call.phrase() or DEFAULT_NAME
    if len(name) > standups.NAME_LENGTH:
        why = f"A stand-up's name holds {standups.NAME_LENGTH} characters; this one has {len(name)}."
        raise Refused(why, "standup new Daily")
    known = next((s for s in standups.of_product(call.db, product.id) if s.name.lower() == name.lower()), None)
    if known is not None:
        return _changed(call, known)
    there = presence.read(call.db, product)
    at, days = _at(call), _days(call)
    people = _people(call)
    made = standups.make(
        call.db, product.id, call.person, call.ask.connection.platform, _place(call), people,
        name=name, at=at, days=days, questions=_questions(call), remind=_remind(call),
        by=_minutes(call, "by"), first=_first(call, there, at, people),
    )  # fmt: skip
    taking = standups.members(call.db, made, team_of(call))
    begins = standups.next_day(made, there, call.person, call.now - timedelta(days=1))
    when = "today" if begins == call.today else "tomorrow" if begins == call.today + timedelta(days=1) else (
        f"on {begins:%A}, {day_in_words(begins, call.today)}"
    )  # fmt: skip
    title = f"{rounds.titled(made)} begins {when}: {terms(made)}"
    rows = (
        ("Who", _taking(call, made, taking)),
        ("Asks", " ".join(made.asked.values())),
        ("Reminds", f"{counted(made.remind, 'minute')} later who has not answered" if made.remind else "nobody"),
        (
            "Closes",
            f"at {standups.clock(made.by):%H:%M}" if made.by is not None else "two hours after the last one's time",
        ),
    )
    buttons = (Button("Try it on me", f"standup try {grammar.quote(name)}"), Button("Undo", "undo"))
    body: tuple[Part, ...] = (Facts(rows), *_out_of_reach(call, made, taking))
    return call.arranged(Card(title, body, buttons), made.place_id, made.place_name)


def _changed(call: Call, known: Standup) -> Said:
    may_change(call, known)
    before = terms(known)
    if call.given("at"):
        known.at = _at(call)
    if call.given("days"):
        known.days = _days(call)
    if call.given("ask"):
        known.questions = standups.kept_questions(_questions(call))
    if call.given("remind"):
        known.remind = _remind(call)
    if call.given("by"):
        known.by = _minutes(call, "by")
    if call.given("in"):
        standups.move(known, call.ask.connection.platform, _place(call))
    people = _people(call) if call.given("with") else []
    if call.given("with"):
        standups.choose(call.db, known, people)
    call.db.flush()
    if not {"at", "days", "ask", "remind", "by", "in", "with"} & set(call.options):
        name = grammar.quote(known.name)
        raise Refused(f"{rounds.titled(known)} is there already: {before}.", f"standup new {name} at=10:00")
    lost = _out_of_reach(call, known, standups.members(call.db, known, team_of(call))) if call.given("with") else ()
    card = Card(f"{rounds.titled(known)} is changed: {terms(known)}", lost)
    return call.arranged(card, known.place_id, known.place_name)


def _out_of_reach(call: Call, standup: Standup, taking: Sequence[str]) -> tuple[Text, ...]:
    return rounds.out_of_reach(call.db, call.directory, standup, taking, "on the post of the day")


def _at(call: Call) -> int:
    found = _minutes(call, "at")
    return DEFAULT_AT if found is None else found


def _minutes(call: Call, key: str) -> int | None:
    raw = call.options.get(key, "").strip()
    if not raw:
        return None
    found = standups.minutes_said(raw)
    if found is None:
        raise call.wrong(key, f"{key} wants a time of day such as 09:30, not “{shorten(raw, 40)}”.", "09:30")
    return found


def _days(call: Call) -> tuple[str, ...]:
    raw = call.options.get("days", "").strip()
    if not raw:
        return DEFAULT_DAYS
    found = standups.days_said(raw)
    if found is None:
        raise call.wrong("days", f"days wants days of the week such as mon-fri, not “{shorten(raw, 40)}”.", "mon-fri")
    return found


def _remind(call: Call) -> int | None:
    raw = call.options.get("remind", "").strip()
    if raw.lower() in ("off", "no", "none", "never", "0"):
        return None
    found = standups.length_said(raw) if raw else DEFAULT_REMIND
    if found is None:
        raise call.wrong("remind", f"remind wants a time such as 60m, or off, not “{shorten(raw, 40)}”.", "60m")
    return found


def _questions(call: Call) -> list[str]:
    found = standups.questions_said(call.words("ask"))
    if len(found) > standups.MOST_QUESTIONS:
        why = f"A stand-up asks up to {standups.MOST_QUESTIONS} questions; these are {len(found)}."
        raise Refused(why, call.command.example)
    if any(len(question) > 150 for question in found):
        raise Refused("A question holds 150 characters.", call.command.example)
    return found


def _people(call: Call) -> list[str]:
    """Who was named; [] for everybody of the channel."""
    raw = call.options.get("with", "").replace(",", " ").split()
    if not raw or [word.lower() for word in raw] in (["channel"], ["everybody"], ["all"], ["team"]):
        return []
    return list(dict.fromkeys(call.take_person(word) for word in raw))


def _place(call: Call) -> Place:
    """The channel of the stand-up: the one named, this one, or the product's where it is said in private."""
    named = call.place_in("in")
    if named is not None:
        return named
    if not call.ask.place.private:
        return call.ask.place
    platform = call.ask.connection.platform
    channels = [key for key, product in call.directory.channels.items() if product == call.product.id]
    here = next((external for where, external in channels if where == platform.value), None)
    if here is None:
        raise Refused("In which channel? Say it there, or name it with in=.", call.command.example)
    return Place(here, name=standups.channel_name(call.db, platform, here))


def _first(call: Call, there: Presence, at: int, people: Sequence[str]) -> date:
    """Today where everybody's time is still to come, else tomorrow."""
    asked = people or team_of(call) or [call.person]
    clock = standups.clock(at)
    late = any(call.now.astimezone(there.zone(person)).time() >= clock for person in asked)
    return max(there.today(person, call.now) for person in asked) + timedelta(days=late)


def _taking(call: Call, standup: Standup, people: Sequence[str]) -> str:
    names = [call.name(person) for person in people]
    said = listed(names) if len(names) <= 8 else counted(len(names), "person", "people")
    return f"everybody of {call.product.name}, now {said or 'nobody'}" if standup.everybody else said

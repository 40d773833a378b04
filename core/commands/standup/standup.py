"""`standup …`: who is asked what and when, their answers, and how it went."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from core.chat import grammar
from core.chat.ask import Ask, Place
from core.chat.card import Button, Card, Facts, Field, Form, Items, Line, Reply, Table, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss, Registry, Said, command
from core.commands.telling import Kind, tell
from core.product import blockers, presence, standups
from core.product.people import Directory, Role
from core.product.presence import Presence
from core.product.standups import ANSWERED, BLOCKERS, DRAFT, SKIPPED, TODAY, YESTERDAY, Answer, Standup
from core.schedule import occurrences, rounds, standup_times
from core.store.database import Session

DEFAULT_NAME, DEFAULT_AT, DEFAULT_DAYS, DEFAULT_REMIND = "Stand-up", 9 * 60 + 30, standups.WEEK[:5], 60
OWN_QUESTIONS = " ".join(f"q{n}" for n in range(1, standups.MOST_QUESTIONS + 1))
REPORTED = timedelta(days=28)
FEW = 2  # words that are rather a mistyped command

tell("standups", Kind("stand-up", silent=frozenset({"place_id", "platform", "removed_at", "at", "by", "questions"})))
tell("standup_members", Kind("member of a stand-up", says=()))
tell("standup_answers", Kind("stand-up answer", says=(), silent=frozenset({"at", "said"})))


# ---- setting up ----


@command(
    "standup new [NAME] [at=] [days=] [in=] [with=] [ask=] [remind=] [by=]",
    example="standup new Daily at=09:30 days=mon-fri with=@ann,@bob remind=60m",
)
def new(call: Call) -> Said:
    """Begin a stand-up, or change the one of that name; no argument is needed."""
    product = call.product
    name = " ".join(call.rest().split()) or DEFAULT_NAME
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
    taking = standups.members(call.db, made, _team(call))
    begins = standups.next_day(made, there, call.person, call.now - timedelta(days=1))
    when = "today" if begins == call.today else "tomorrow" if begins == call.today + timedelta(days=1) else (
        f"on {begins:%A}, {day_in_words(begins, call.today)}"
    )  # fmt: skip
    title = f"{rounds.titled(made)} begins {when}: {_terms(made)}"
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
    return call.arranged(Card(title, (Facts(rows),), buttons), made.place_id, made.place_name)


def _changed(call: Call, known: Standup) -> Said:
    _may_change(call, known)
    before = _terms(known)
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
    return call.arranged(Card(f"{rounds.titled(known)} is changed: {_terms(known)}"), known.place_id, known.place_name)


def _may_change(call: Call, standup: Standup) -> None:
    if call.person != standup.owner_id and not call.may(Role.LEAD):
        raise Refused(
            f"Only {call.name(standup.owner_id)} or a lead may change {rounds.titled(standup)}.", "standup list"
        )


def _terms(standup: Standup) -> str:
    days = standups.days_in_words(standup.days)
    return f"{standups.clock(standup.at):%H:%M} each person's own time, {days}, in #{standup.place_name}"


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
    asked = people or _team(call) or [call.person]
    clock = standups.clock(at)
    late = any(call.now.astimezone(there.zone(person)).time() >= clock for person in asked)
    return max(there.today(person, call.now) for person in asked) + timedelta(days=late)


def _team(call: Call) -> list[str]:
    return standups.team(call.directory, call.product.id)


def _taking(call: Call, standup: Standup, people: Sequence[str]) -> str:
    names = [call.name(person) for person in people]
    said = listed(names) if len(names) <= 8 else counted(len(names), "person", "people")
    return f"everybody of {call.product.name}, now {said or 'nobody'}" if standup.everybody else said


@command("standup try [NAME]", example="standup try", writes=False)
def try_(call: Call) -> Said:
    """See the prompt as it would come to you now; nothing is kept."""
    standup, rest = _which(call)
    _nothing(call, rest)
    view = rounds.view_of(call.db, call.directory, standup, call.now)
    return rounds.prompt(view, standup, call.person, view.there.today(call.person, call.now))


# ---- answering ----


@command(
    "standup answer [NAME] [for=] [yesterday=] [today=] [blockers=]",
    example="standup answer today=the audit log blockers=none",
    hidden=f"same fill said {OWN_QUESTIONS}",
    text="said",
)
def answer(call: Call) -> Said:
    """Answer a stand-up; said again, it changes your answer. for=tomorrow answers ahead."""
    standup, rest = _which(call)
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = _day(call, standup, there)
    asked = standup.asked
    texts = {name: call.words(name) for name in asked if call.given(name)}
    known = standups.answer_of(call.db, standup.id, call.person, day)
    if rest:
        texts = {**_labelled(rest, asked), **texts}
    if call.given("same"):
        texts = _as_planned(call, standup, day)
    if not texts and not call.ask.values:
        return _form(call, standup, day, known)
    if not any(text.strip() for text in texts.values()):
        raise Refused("Say at least one thing; “none” is an answer too.", call.command.example, field=next(iter(asked)))
    _short_enough(texts)
    kept = {**(known.texts if known else {}), **{name: text.strip() for name, text in texts.items()}}
    return answered(call, standup, there, day, kept)


def answered(call: Call, standup: Standup, there: Presence, day: date, texts: Mapping[str, str]) -> Reply:
    """Write an answer down, with the blockers in it, and thank for it."""
    again = standups.answer_of(call.db, standup.id, call.person, day)
    changed = again is not None and again.state == ANSWERED
    row = standups.write(call.db, standup, call.person, day, ANSWERED, texts)
    lines = blockers.said(texts.get(BLOCKERS, ""))
    too_long = [line for line in lines if len(line) > blockers.LENGTH]
    if too_long:
        why = f"A blocker holds {blockers.LENGTH} characters; one has {len(too_long[0])}."
        raise Refused(why, "standup answer", field=BLOCKERS)
    raised = blockers.of_answer(call.db, standup.product_id, row.id, call.person, lines)
    late = "" if day == there.today(call.person, call.now) else f" for {_when(call, there, day)}"
    said = "Your answer is changed" if changed else "Thank you. Your answer"
    where = f" is in the thread in #{standup.place_name}" if not changed else ""
    note = Text(
        ", ".join(f"B-{b.number} {escape(shorten(b.text, 80))}" for b in raised) + " stands until it is cleared."
    )
    name = grammar.quote(standup.name)
    buttons = (Button("Change it", f"standup answer {name} for={day} fill=yes", form=True),)
    return Reply(ok=True, card=Card(f"{said}{late}{where}", (note,) if raised else (), buttons))


_LABELLED = re.compile(
    r"^\s*[*_]*(yesterday|done|today|next|blockers?|blocked)[*_]*\s*[:–-]\s*", re.IGNORECASE | re.MULTILINE
)
_LABELS = {"y": YESTERDAY, "d": YESTERDAY, "t": TODAY, "n": TODAY, "b": BLOCKERS}


def _labelled(text: str, asked: Mapping[str, str]) -> dict[str, str]:
    """'Yesterday: … Today: … Blocked: …', each on a line of its own, as answers; all of it is today's where none is."""
    parts = _LABELLED.split(text)
    if len(parts) < 3 or not {YESTERDAY, TODAY} <= set(asked):
        return {TODAY if TODAY in asked else next(iter(asked)): text}
    found = {_LABELS[label[0].lower()]: said.strip() for label, said in zip(parts[1::2], parts[2::2], strict=True)}
    if parts[0].strip():
        found[TODAY] = f"{parts[0].strip()}\n{found.get(TODAY, '')}".strip()
    return found


def meant(db: Session, ask: Ask, directory: Directory, miss: Miss, registry: Registry = REGISTRY) -> Match | None:
    """What somebody writes back to a prompt, and is no command and no question, is their answer; None otherwise."""
    person = directory.person(ask.connection.platform, ask.speaker)
    words = ask.text.split()
    if not ask.place.private or person is None or not words or words[0].lower() in registry.groups:
        return None
    if ask.text.rstrip().endswith("?") or (miss.near and len(words) <= FEW):
        return None
    standup = standup_times.open_for(db, directory, person)
    if standup is None:
        return None
    return Match(registry.commands[("standup", "answer")], f"{standup.name} {ask.text}")


def _day(call: Call, standup: Standup, there: Presence) -> date:
    if call.options.get("for", "").strip().lower() in ("tomorrow", "next"):
        return standups.next_day(standup, there, call.person, call.now)
    day = call.day("for", "tomorrow")
    if day is None:
        return standups.current_day(standup, there, call.person, call.now)
    today = there.today(call.person, call.now)
    if not today - timedelta(days=7) <= day <= today + timedelta(days=14):
        raise call.wrong("for", "for= wants a day of this week or the next.", "tomorrow")
    if standups.WEEK[day.weekday()] not in standup.days:
        better = standups.next_day(standup, there, call.person, call.now)
        why = f"{rounds.titled(standup)} is not on {day:%A}s; it is {standups.days_in_words(standup.days)}."
        raise call.wrong("for", why, better.isoformat())
    return day


def _when(call: Call, there: Presence, day: date) -> str:
    today = there.today(call.person, call.now)
    return "tomorrow" if day == today + timedelta(days=1) else f"{day:%A}, {day_in_words(day, today)}"


def _as_planned(call: Call, standup: Standup, day: date) -> dict[str, str]:
    """One tap: still on what was planned last time."""
    last = standups.before(call.db, standup.id, call.person, day)
    plan = (last.texts.get(TODAY) or next(iter(last.texts.values()), "")) if last else ""
    if not plan or TODAY not in standup.asked:
        raise Refused("There is no plan of yours yet to go on with.", "standup answer")
    return {YESTERDAY: plan, TODAY: plan, BLOCKERS: ""}


def _form(call: Call, standup: Standup, day: date, known: Answer | None) -> Form:
    """The questions, with what was answered or drafted before, else with yesterday's plan."""
    last = standups.before(call.db, standup.id, call.person, day)
    stands = known.texts if known else {}
    if not stands and last and YESTERDAY in standup.asked:
        stands = {YESTERDAY: last.texts.get(TODAY, "")}
    fields = tuple(
        Field(
            name, question, "longtext", value=stands.get(name, ""), required=name == TODAY,
            max_length=standups.ANSWER_LENGTH,
            hint="One a line; each stands until it is cleared" if name == BLOCKERS else "",
        )
        for name, question in standup.asked.items()
    )  # fmt: skip
    title = shorten(f"{rounds.titled(standup)}, {day:%a} {day.day} {day:%b}", 24)
    return Form(title, fields, f"standup answer {grammar.quote(standup.name)} for={day}", label="Answer")


def _short_enough(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if len(text) > standups.ANSWER_LENGTH:
            why = f"An answer holds {standups.ANSWER_LENGTH} characters; this one has {len(text)}."
            raise Refused(why, "standup answer", field=name)


@command("standup later [NAME] [LENGTH]", example="standup later 30m")
def later(call: Call) -> Said:
    """Be asked again in a while, 30 minutes unless you say."""
    words = call.rest().split()
    minutes = standups.length_said(words[-1]) if words else None
    standup, rest = _which(call, " ".join(words[:-1] if minutes else words))
    _nothing(call, rest)
    minutes = minutes or 30
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = standups.current_day(standup, there, call.person, call.now)
    again = call.now + timedelta(minutes=minutes)
    if standups.answer_of(call.db, standup.id, call.person, day) is not None:
        raise Refused("You have answered already.", "standup answer")
    occurrences.plan(call.db, standup.product_id, standup_times.LATER, standup.id, call.person, again, day)
    local = again.astimezone(there.zone(call.person))
    return Reply(ok=True, card=Card(f"I will ask again at {local:%H:%M}"))


@command("standup skip [NAME]", example="standup skip")
def skip(call: Call) -> Said:
    """Skip today; you are shown as skipping, not as missing."""
    standup, rest = _which(call)
    _nothing(call, rest)
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = standups.current_day(standup, there, call.person, call.now)
    standups.write(call.db, standup, call.person, day, SKIPPED, {})
    button = Button("Answer after all", f"standup answer {grammar.quote(standup.name)} for={day} fill=yes", form=True)
    return Reply(ok=True, card=Card(f"You skip {rounds.titled(standup)} of {day:%A}", buttons=(button,)))


# ---- taking part ----


@command("standup join [NAME]", example="standup join")
def join(call: Call) -> Said:
    """Take part in a stand-up."""
    standup = _named(call)
    standups.take_part(call.db, standup, call.person, True)
    return Card(f"{call.name(call.person)} takes part in {rounds.titled(standup)}: {_terms(standup)}")


@command("standup leave [NAME]", example="standup leave")
def leave(call: Call) -> Said:
    """No longer take part in a stand-up."""
    standup = _named(call)
    standups.take_part(call.db, standup, call.person, False)
    return Card(f"{call.name(call.person)} no longer takes part in {rounds.titled(standup)}")


@command("standup pause [NAME]", example="standup pause")
def pause(call: Call) -> Said:
    """Ask nobody until it is resumed."""
    standup = _named(call)
    _may_change(call, standup)
    standup.paused = True
    call.db.flush()
    button = Button("Resume", f"standup resume {grammar.quote(standup.name)}")
    return Card(f"{rounds.titled(standup)} is paused; nobody is asked until it is resumed", buttons=(button,))


@command("standup resume [NAME]", example="standup resume")
def resume(call: Call) -> Said:
    """Go on with a stand-up that was paused."""
    standup = _named(call)
    _may_change(call, standup)
    standup.paused = False
    call.db.flush()
    return Card(f"{rounds.titled(standup)} goes on: {_terms(standup)}")


@command("standup remove [NAME]", example="standup remove Daily")
def remove(call: Call) -> Said:
    """End a stand-up; its answers stay in the record."""
    standup = _named(call)
    _may_change(call, standup)
    standup.removed_at = call.now
    call.db.flush()
    return Card(f"{rounds.titled(standup)} is ended; its answers stay in the record")


@command("standup list", example="standup list", writes=False)
def list_(call: Call) -> Said:
    """The stand-ups of this product: when, where, who."""
    call.end()
    product = call.product
    found = standups.of_product(call.db, product.id)
    if not found:
        raise Refused(f"{product.name} has no stand-up yet; one word begins it.", "standup new")
    lines = []
    for standup in found:
        people = standups.members(call.db, standup, _team(call))
        name = grammar.quote(standup.name)
        mine = (
            Button("Leave", f"standup leave {name}")
            if call.person in people
            else Button("Join", f"standup join {name}")
        )
        state = "paused · " if standup.paused else ""
        lines.append(
            Line(
                "",
                rounds.titled(standup),
                f"{state}{_terms(standup)} · {counted(len(people), 'person', 'people')}",
                (mine,),
            )
        )
    return Card(f"{product.name} · {counted(len(found), 'stand-up')}", (Items(tuple(lines)),))


@command("standup report [NAME] [since=]", example="standup report since=2026-11-01", writes=False)
def report(call: Call) -> Said:
    """How often people answered in four weeks, or since a day: counts in the order of names."""
    standup = _named(call)
    there = presence.read(call.db, call.directory.products[standup.product_id], since=call.today - timedelta(days=400))
    first = max(call.day("since") or (call.today - REPORTED), standup.first)
    days = [first + timedelta(days=n) for n in range((call.today - first).days + 1)]
    days = [day for day in days if standups.WEEK[day.weekday()] in standup.days]
    people = standups.members(call.db, standup, _team(call))
    given: dict[str, dict[date, str]] = {}
    for row in standups.days_between(call.db, standup.id, first, call.today):
        given.setdefault(row.person_id, {})[row.day] = row.state
    rows = [_counts(call, there, person, days, given.get(person, {})) for person in sorted(people, key=call.name)]
    title = f"{rounds.titled(standup)} · {day_in_words(first, call.today)} to {day_in_words(call.today, call.today)}"
    total = sum(int(row[1]) for row in rows)
    note = f"{counted(total, 'answer')} on {counted(len(days), 'day')}. Away is not missed."
    columns = ("Who", "Answered", "Skipped", "Away", "Missed")
    return Card(title, (Table(columns, tuple(rows), columns[1:]), Text(note, subtle=True)))


def _counts(
    call: Call, there: Presence, person: str, days: Sequence[date], given: Mapping[date, str]
) -> tuple[str, ...]:
    answered = sum(given.get(day) == ANSWERED for day in days)
    skipped = sum(given.get(day) == SKIPPED for day in days)
    open_ = [day for day in days if given.get(day, DRAFT) == DRAFT]
    away = sum(not there.works_on(person, day) for day in open_)
    today = there.today(person, call.now)
    missed = sum(there.works_on(person, day) and day < today for day in open_)
    return (call.name(person), *(str(n) for n in (answered, skipped, away, missed)))


# ---- which one ----


def _nothing(call: Call, rest: str) -> None:
    if rest:
        raise Refused(f"I know no stand-up called “{shorten(rest, 40)}”.", "standup list")


def _named(call: Call) -> Standup:
    """The stand-up that the words name, of this product; the only one needs no name."""
    standup, rest = _which(call, mine=False)
    _nothing(call, rest)
    return standup


def _which(call: Call, text: str | None = None, *, mine: bool = True) -> tuple[Standup, str]:
    """The stand-up that a line is about, and the words behind its name.

    mine: of several that are not named, the one where the asker takes part; in private, of any product.
    """
    text = call.rest() if text is None else text
    products = [call.found_product] if call.found_product else list(call.directory.products.values())
    if not products:
        raise call.which_product()
    known = [standup for product in products for standup in standups.of_product(call.db, product.id)]
    if not known:
        raise Refused("There is no stand-up here yet; one word begins it.", "standup new")
    for standup in sorted(known, key=lambda s: -len(s.name)):
        if text.lower() == standup.name.lower() or text.lower().startswith(f"{standup.name.lower()} "):
            return standup, text[len(standup.name) :].strip()
    if mine:
        known = [
            s for s in known if call.person in standups.members(call.db, s, standups.team(call.directory, s.product_id))
        ] or known
    if len(known) == 1:
        return known[0], text
    there = presence.read(call.db, call.found_product, [call.person])
    known.sort(key=lambda s: standups.nearness(s, there, call.person, call.now))
    if mine and text:
        return known[0], text
    names = [standup.name for standup in known]
    line = f"{call.command.name} {grammar.quote(names[0])}"
    buttons = tuple(Button(name, f"{call.command.name} {grammar.quote(name)}") for name in names[:8])
    raise Refused(f"Which one? There are {listed(names)}.", line, card=Card("Which stand-up?", buttons=buttons))

"""`standup answer`, by form, by button or written back to a prompt; `later`, `skip`; and `try`, to see the prompt."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from core.chat import grammar
from core.chat.ask import Ask
from core.chat.card import Button, Card, Field, Form, Reply, Text, escape
from core.chat.weekdays import WEEK
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss, Registry, Said, command
from core.commands.standup.which import nothing_more, which
from core.commands.telling import Kind, tell
from core.product import blockers, presence, standups
from core.product.people import Directory
from core.product.presence import Presence
from core.product.standups import ANSWERED, BLOCKERS, QUESTIONS, SKIPPED, TODAY, YESTERDAY, Answer, Standup
from core.schedule import occurrences, prompts, rounds, standup_times
from core.store.database import Session

OWN_QUESTIONS = " ".join(f"q{n}" for n in range(1, standups.MOST_QUESTIONS + 1))
TITLE = 24  # characters in the head of a Slack modal
FEW = 2  # words that are rather a mistyped command

tell("standup_answers", Kind("stand-up answer", says=(), silent=frozenset({"at", "said"})))


@command("standup try [NAME]", example="standup try", writes=False, asked=True)
def try_(call: Call) -> Said:
    """See the prompt as it would come to you now; nothing is kept."""
    standup, rest = which(call)
    nothing_more(call, rest)
    view = rounds.view_of(call.db, call.directory, standup, call.now)
    return prompts.prompt(view, standup, call.person, view.there.today(call.person, call.now))


@command(
    "standup answer [NAME] [for=] [yesterday=] [today=] [blockers=]",
    example="standup answer today=the audit log blockers=none",
    hidden=f"same fill said draft more {OWN_QUESTIONS}",
    text="said",
    asked=True,
)
def answer(call: Call) -> Said:
    """Answer a stand-up; said again, it changes your answer. for=tomorrow answers ahead."""
    standup, rest = which(call)
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = _day(call, standup, there)
    asked = standup.asked
    texts = _said(call, standup)
    known = standups.answer_of(call.db, standup.id, call.person, day)
    if rest:
        texts = {**_labelled(rest, asked), **texts}
    if call.given("same"):
        texts = _as_planned(call, standup, day)
    if call.given("more") and known is not None:
        new = _labelled(call.words("more"), asked)
        texts = {name: "\n".join(filter(None, (known.texts.get(name, ""), text))) for name, text in new.items()}
    if not texts and not call.ask.values:
        return _form(call, standup, day, known)
    _short_enough(texts)
    texts = {name: text.strip() for name, text in texts.items()}
    if call.given("draft"):
        return _drafted(call, standup, day, texts)
    if not any(texts.values()):
        first = next(iter(asked))
        raise Refused("Say at least one thing; “none” is an answer too.", _better(call, standup), field=first)
    if TODAY in asked and call.ask.values.get(TODAY) == "":
        raise Refused(
            "What you will do today is still empty; “nothing” is an answer too.", "standup answer", field=TODAY
        )
    before = known.texts if known and known.state == ANSWERED else {}
    return answered(call, standup, there, day, {**before, **texts})


def _said(call: Call, standup: Standup) -> dict[str, str]:
    """What a line or a form says, by the names of the questions that are asked; raises Refused for what is not asked. A
    stand-up with questions of its own takes the usual names for those that say the same."""
    asked = standup.asked
    texts = {name: call.words(name) for name in asked if call.given(name)}
    usual = standups.usual_names(asked)
    astray = {}
    for name in (*QUESTIONS, *OWN_QUESTIONS.split()):
        if name in asked or not (text := call.words(name)):
            continue
        if (own := usual.get(name)) is not None and not texts.get(own):
            texts[own] = text
        else:
            astray[name] = text
    if astray:
        names = listed([f"{name} (“{shorten(question, 60)}”)" for name, question in asked.items()])
        why = f"{rounds.titled(standup)} has no question for {listed(list(astray))}. It asks {names}."
        raise Refused(why, _better(call, standup, texts, list(astray.values())))
    return texts


def _better(call: Call, standup: Standup, said: Mapping[str, str] | None = None, astray: Sequence[str] = ()) -> str:
    """A line that answers this stand-up: what was said, with what went astray at the questions that are still open."""
    asked = standup.asked
    texts = dict(said or {})
    for name, text in zip([name for name in asked if name not in texts], astray, strict=False):
        texts[name] = text
    if not any(texts.values()):
        if TODAY in asked:
            return call.command.example
        texts = {standups.usual_names(asked).get(TODAY, next(iter(asked))): "the audit log"}
    return f"standup answer {grammar.render(standup.name, texts, call.command.keys)}"


def _drafted(call: Call, standup: Standup, day: date, texts: Mapping[str, str]) -> Reply:
    """What is written so far, kept for its writer alone."""
    if not standups.keep_draft(call.db, standup, call.person, day, texts):
        raise Refused("You have answered already, and that stands.", "standup answer")
    note = Text("Nobody else sees it. It goes on from there wherever you open it.", subtle=True)
    button = Button("Go on", f"standup answer {grammar.quote(standup.name)} for={day} fill=yes", "primary", form=True)
    return Reply(ok=True, card=Card("Your answer is kept as a draft", (note,), (button,)))


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
    where = f" is in the thread in {standup.where}" if not changed else ""
    stands = "stands until it is" if len(raised) == 1 else "stand until they are"
    note = Text(f"{listed([f'B-{b.number} {escape(shorten(b.text, 80))}' for b in raised])} {stands} cleared.")
    name = grammar.quote(standup.name)
    buttons = (Button("Change it", f"standup answer {name} for={day} fill=yes", form=True),)
    return Reply(ok=True, card=Card(f"{said}{late}{where}", (note,) if raised else (), buttons))


_LABEL = r"[*_]*(yesterday|done|today|next|blockers?|blocked)[*_]*\s*"
_LABELLED = re.compile(rf"(?:^\s*|(?<=[.;,!])\s+){_LABEL}(?::|(?<!\w)[–-])\s*", re.IGNORECASE | re.MULTILINE)
# the same without a colon, where a text begins so: 'yesterday export, today reminders, no blockers'
_SPOKEN = re.compile(
    r"(?:^|(?<=[.;,!\n]))\s*(yesterday|today|no blockers?|nothing blocks(?: me)?|blocked(?: by| on)?)\b[,\s]*",
    re.IGNORECASE,
)
_LABELS = {
    **dict.fromkeys(("yesterday", "done"), YESTERDAY),
    **dict.fromkeys(("today", "next"), TODAY),
    **dict.fromkeys(("blocker", "blockers", "blocked", "no", "nothing"), BLOCKERS),
}


def _labelled(text: str, asked: Mapping[str, str]) -> dict[str, str]:
    """'Yesterday: … Today: … Blocked: …', each on a line or in a sentence of its own, as answers; all of it is today's
    where none is."""
    parts = _parts(text)
    names = standups.usual_names(asked)
    labels = [_LABELS[label.lower().split()[0]] for label in parts[1::2]]
    if len(parts) < 3 or not {TODAY, *labels} <= names.keys():
        return {TODAY if TODAY in asked else next(iter(asked)): text}
    found = {names[TODAY]: [parts[0].strip()]} if parts[0].strip() else {}
    for label, usual, said in zip(parts[1::2], labels, parts[2::2], strict=True):
        nothing = label.lower().split()[0] in ("no", "nothing")
        found.setdefault(names[usual], []).append("none" if nothing else said.strip(" \n;,"))
    return {name: "\n".join(part for part in said if part) for name, said in found.items()}


def _parts(text: str) -> list[str]:
    """What stands before the first label, then each label and what it has; without a colon only where there are two
    labels, and nothing before them."""
    parts = _LABELLED.split(text)
    spoken = _SPOKEN.split(text.strip())
    return spoken if len(parts) < 3 and len(spoken) >= 5 and not spoken[0].strip() else parts


def may_add(call: Call, text: str) -> tuple[Button, ...]:
    """What is said in private after an answer to a stand-up may belong to it."""
    standup = standup_times.answered_by(call.db, call.directory, call.person) if call.ask.place.private else None
    if standup is None:
        return ()
    more = grammar.render("", {"more": text}, REGISTRY.commands[("standup", "answer")].keys)
    return (Button("Add to my stand-up answer", f"standup answer {grammar.quote(standup.name)} {more}"),)


def in_short(db: Session, ask: Ask, directory: Directory, registry: Registry = REGISTRY) -> Match | None:
    """A word that says what a button of the prompt does, where a stand-up waits for an answer: 'skip', 'later'."""
    path = _SHORT.get(" ".join(ask.text.lower().split()).strip(".!"))
    person = directory.person(ask.connection.platform, ask.speaker)
    standup = standup_times.open_for(db, directory, person) if path and person else None
    if path is None or standup is None:
        return None
    rest = "me today" if path[0] == "team" else grammar.quote(standup.name)
    return Match(registry.commands[path], rest, about=directory.products[standup.product_id].key)


_SHORT = {
    **dict.fromkeys(("skip", "skip today", "skip it"), ("standup", "skip")),
    **dict.fromkeys(("later", "in 30 min", "in 30 minutes", "not now"), ("standup", "later")),
    **dict.fromkeys(("away", "away today", "i am away", "i'm away", "i'm away today", "day off"), ("team", "away")),
}


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
    about = directory.products[standup.product_id].key
    return Match(registry.commands[("standup", "answer")], f"{standup.name} {ask.text}", about=about)


def _day(call: Call, standup: Standup, there: Presence) -> date:
    if call.options.get("for", "").strip().lower() in ("tomorrow", "next"):
        return standups.next_day(standup, there, call.person, call.now)
    day = call.day("for", "tomorrow")
    if day is None:
        return standups.current_day(standup, there, call.person, call.now)
    today = there.today(call.person, call.now)
    if not today - timedelta(days=7) <= day <= today + timedelta(days=14):
        raise call.wrong("for", "for= wants a day of this week or the next.", "tomorrow")
    if WEEK[day.weekday()] not in standup.days:
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
    when = f", {day:%a} {day.day} {day:%b}"
    title = shorten(standup.name, TITLE - len(when)) + when
    line = f"standup answer {grammar.quote(standup.name)} for={day}"
    return Form(title, fields, line, label="Answer", drafts=True)


def _short_enough(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if len(text) > standups.ANSWER_LENGTH:
            why = f"An answer holds {standups.ANSWER_LENGTH} characters; this one has {len(text)}."
            raise Refused(why, "standup answer", field=name)


@command("standup later [NAME] [LENGTH]", example="standup later 30m", asked=True)
def later(call: Call) -> Said:
    """Be asked again in a while, 30 minutes unless you say."""
    words = call.rest().split()
    minutes = standups.length_said(words[-1]) if words else None
    standup, rest = which(call, " ".join(words[:-1] if minutes else words))
    nothing_more(call, rest)
    minutes = minutes or 30
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = standups.current_day(standup, there, call.person, call.now)
    again = call.now + timedelta(minutes=minutes)
    known = standups.answer_of(call.db, standup.id, call.person, day)
    if known is not None and known.state == ANSWERED:
        raise Refused("You have answered already.", "standup answer")
    occurrences.plan(call.db, standup.product_id, standup_times.LATER, standup.id, call.person, again, day)
    local = again.astimezone(there.zone(call.person))
    return Reply(ok=True, card=Card(f"I will ask again at {local:%H:%M}"))


@command("standup skip [NAME]", example="standup skip", asked=True)
def skip(call: Call) -> Said:
    """Skip today; you are shown as skipping, not as missing."""
    standup, rest = which(call)
    nothing_more(call, rest)
    there = presence.read(call.db, call.directory.products[standup.product_id])
    day = standups.current_day(standup, there, call.person, call.now)
    standups.write(call.db, standup, call.person, day, SKIPPED, {})
    button = Button("Answer after all", f"standup answer {grammar.quote(standup.name)} for={day} fill=yes", form=True)
    return Reply(ok=True, card=Card(f"{rounds.titled(standup)}, {day:%A}: you skip it", buttons=(button,)))

"""Decisions in words: which one is meant, what it came to, and its card while it is voted on and once it is closed."""

from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Items, Line, Quote, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands import standing, things
from core.commands.call import Call
from core.commands.refused import Refused, needed, within
from core.commands.telling import Kind, answered, tell
from core.product import decisions
from core.product.decisions import Decision

LETTERS = "abcdefghij"
_SHORT = 160  # characters of a reason that still read well in a title
tell(
    "decisions",
    Kind(
        "decision",
        "D",
        ("question",),
        names={"ballots": "votes", "options_json": "options"},
        silent=frozenset({"secret", "closed_by_id", "closed_at"}),
    ),
)
tell("objections", Kind("objection", part="decision_id"))


def key_of(decision: Any) -> str:
    return f"D-{decision.number}"


def outcome(decision: Any) -> str:
    return f"{decision.choice}{f', because {decision.because}' if decision.because else ''}"


def counts(votes: decisions.Tally) -> str:
    return " · ".join(f"{option} {len(who)}" for option, who in votes.voters.items())


# ---- which one ----


def to_change(call: Call) -> Decision:
    """The decision that is named, held for the change to come; closed ones are refused."""
    number = call.take_number("D", "decision")
    try:
        decision = decisions.to_change(call.db, call.product.id, number)
        decisions.check_open(decision)
    except decisions.NoSuchDecision as no:
        raise missing(number) from no
    except decisions.Settled as settled:
        raise _settled(call, settled.args[0]) from settled
    return decision


def missing(number: int) -> Refused:
    return Refused(f"There is no decision D-{number} here.", "decide list")


def _settled(call: Call, decision: Decision) -> Refused:
    """A closed decision stays as it is."""
    key = key_of(decision)
    newer = decisions.successors(call.db, [decision.id]).get(decision.id)
    on = f" on {call.date_of(decision.closed_at)}" if decision.closed_at else ""
    why = f"{key} was closed{on}: {shorten(outcome(decision), 200)}. A closed decision stays as it is."
    if newer:
        return Refused(f"{why} D-{newer} has taken its place.", f"decide show D-{newer}")
    return Refused(why, f"decide supersede {key} What holds from now on")


# ---- what is said ----


def text_of(call: Call, missing: str, field: str) -> str:
    """A question or a decision: one paragraph."""
    text = call.phrase("new-text") or call.phrase()
    return needed(text, missing, decisions.TEXT_LENGTH, "A decision", call.command.example, field=field)


def reason_of(call: Call) -> str:
    """What because= says; '' where it is not given."""
    return within(call.words("because"), decisions.TEXT_LENGTH, "A reason", call.command.example, field="because")


def refs(call: Call, *texts: str) -> tuple[str, ...]:
    """What a decision is about: said so, or named in its words."""
    return tuple(dict.fromkeys((*things.about(call), *things.mentioned(call, *texts))))[: things.MOST]


def option_of(call: Call, decision: Decision, said: str, verb: str) -> str:
    key = key_of(decision)
    names = listed([f"{letter} {option}" for letter, option in zip(LETTERS, decision.options, strict=False)], "or")
    if not said:
        raise Refused(f"Which option? {names}.", f"decide {verb} {key} a", field="choose")
    try:
        return decisions.chosen(decision, said)
    except decisions.NoSuchOption as no:
        near = grammar.suggest(said, decision.options) or decision.options[0]
        if verb == "vote":
            better = f"decide vote {key} {near}"
        else:
            options = {**call.options, "choose": near}
            better = f"decide close {grammar.render(key, options, call.command.keys)}"
        raise Refused(
            f"“{shorten(said, 40)}” is no option of {key}; there are {names}.", better, field="choose"
        ) from no


# ---- its card ----


def opened(call: Call, decision: Decision) -> Card:
    """An open one: a button for each option, who is for it, and what speaks against."""
    key = key_of(decision)
    votes = decisions.tally(call.db, decision)
    rows = tuple(
        Line(letter, option, "" if decision.secret else _for_it(call, who), (vote_button(key, letter),))
        for letter, (option, who) in zip(LETTERS, votes.voters.items(), strict=False)
    )
    until = f"Vote until {day_in_words(decision.until, call.today)}. " if decision.until else ""
    how = (
        "Votes are secret until it is closed: press a button, or write to me in private."
        if decision.secret
        else f"Votes are open; `decide vote {key} a` votes as well."
    )
    voted = f" {votes.total} voted." if decision.secret and votes.total else ""
    buttons = (
        Button("Object", f"decide object {key}", form=True),
        Button("Close", f"decide close {key}", form=True),
    )
    small = Text(until + how + voted, subtle=True)
    return Card(f"{key} {decision.question}", (Items(rows), small, *objections(call, decision)), buttons)


def vote_button(key: str, letter: str, label: str = "Vote") -> Button:
    return Button(label, f"decide vote {key} {letter} by-button=yes")


def _for_it(call: Call, who: list[str]) -> str:
    return f"{len(who)} · {listed([call.name(person) for person in who])}" if who else ""


def closed(call: Call, decision: Decision) -> Card:
    """What was chosen and why, and how many were for what."""
    title, body = with_reason(f"{key_of(decision)} {answered(decision.question, decision.choice)}", decision.because)
    votes = decisions.tally(call.db, decision)
    against = len(decisions.objections(call.db, decision))
    note = [counts(votes)] if votes.total else []
    note += [f"{against} objected"] if against else []
    if note:
        body.append(Text(escape(" · ".join(note)), subtle=True))
    return Card(title, tuple(body))


def with_reason(title: str, because: str) -> tuple[str, list[Any]]:
    """The reason in the same line, or below it where it is long."""
    if not because:
        return title, []
    if len(because) <= _SHORT and "\n" not in because:
        return f"{title}, because {because}", []
    return title, [Quote(escape(because))]


def objections(call: Call, decision: Decision) -> list[Any]:
    return [
        Quote(escape(one.text), f"{call.name(one.person_id)} objects, {call.date_of(one.created_at)}")
        for one in decisions.objections(call.db, decision)
    ]


def _card_of(call: Call, decision: Decision) -> Card:
    return opened(call, decision) if decision.state == decisions.OPEN else closed(call, decision)


standing.keep(Decision, "decision", _card_of)

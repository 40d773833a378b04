"""What somebody writes back to a message of ours, without a command: the answer to a question that was put to them, to
a request for feedback or to a stand-up's prompt, or the value of a metric that they are asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.chat import figures, grammar
from core.chat.ask import Ask
from core.chat.card import Button, Card, Quote, escape
from core.chat.placed import placed_line
from core.chat.words import counted, shorten
from core.commands.answers import smalltalk
from core.commands.refusals import SHOWABLE
from core.commands.refused import Refused
from core.commands.registry import Match, Miss, Registry
from core.commands.standup import answer as standup_answer
from core.product.feedback import FeedbackRequest
from core.product.metrics import Metric
from core.product.people import Directory
from core.product.questions import Question
from core.schedule import invitations, metric_asks
from core.schedule import questions as asking
from core.store.database import Session

_FEW = 2  # words that are rather a mistyped command
_NUMBER = 60  # characters of a number with its unit
_BUTTONS = 6
_SO = r"(?:that|this|it) (?:is|s) (?:right|correct|true|so)"
_RIGHT = re.compile(
    rf"(?:yes|yep|yeah|ok|okay|right|correct|exactly|agreed|true|sure|{_SO}|still right|still holds|👍|✅)"
    rf"(?: (?:right|exactly|please|it is|{_SO}|correct))*"
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Something that waits for somebody's answer: what it is called on a button, the command that answers it with what
    was written, and what to type where that is too long for a button."""

    label: str
    match: Match
    blank: str = ""


def meant(db: Session, ask: Ask, directory: Directory, found: Match | Miss, registry: Registry) -> Match | None:
    """The command that a bare line in a private chat stands for; None where it is written back to nothing of ours.
    Raises Refused where it may be the answer to one of several, with a button for each."""
    person = directory.person(ask.connection.platform, ask.speaker)
    words = ask.text.split()
    if not ask.place.private or person is None or not words or words[0].lower() in registry.groups:
        return None
    kind = smalltalk.chatter(ask.text)
    if (kind is not None and not kind.pending) or ask.text.rstrip().endswith("?"):
        return None
    if found_short := standup_answer.in_short(db, ask, directory, registry):
        return found_short
    if ask.thread is not None and (below := _put_to(db, directory, person, ask.thread, ask.text, registry)):
        return below[0].match  # there is no doubt what it is an answer to
    values = _values(db, directory, person, ask.text, registry)
    if isinstance(found, Match) or (found.near and len(words) <= _FEW and not values):
        return None
    waiting = [*_put_to(db, directory, person, None, ask.text, registry), *values]
    if not values and (report := standup_answer.meant(db, ask, directory, found, registry)):
        waiting.append(_Waiting("The stand-up", report))  # a number alone reports on no day's work
    if len(waiting) > 1:
        raise _which(waiting, ask.text)
    return waiting[0].match if waiting else None


def _put_to(
    db: Session, directory: Directory, person: str, thread: str | None, text: str, registry: Registry
) -> list[_Waiting]:
    """The questions, and the requests for feedback, that were put to somebody and wait for them."""
    asked = [_question(directory, row, text, registry) for row in asking.put_to(db, person, thread)]
    return asked + [
        _feedback(directory, row, text, registry) for row in invitations.put_to(db, directory, person, thread)
    ]


def _question(directory: Directory, row: Question, text: str, registry: Registry) -> _Waiting:
    which, about = f"Q-{row.number}", directory.products[row.product_id].key
    label, blank = shorten(f"{which} {row.text}", 60), f"question answer {which} and its answer"
    if (row.assumption or row.stale_at) and _RIGHT.fullmatch(smalltalk.plain(text)):
        verb = "verify" if row.stale_at else "right"
        return _Waiting(label, Match(registry.commands[("question", verb)], which, about=about), blank)
    answer = Match(registry.commands[("question", "answer")], f"{which} {text.strip()}", about=about)
    return _Waiting(label, answer, blank)


def _feedback(directory: Directory, row: FeedbackRequest, text: str, registry: Registry) -> _Waiting:
    adds, about = registry.commands[("feedback", "add")], directory.products[row.product_id].key
    blank = f"feedback add answer-to={row.id}"  # which opens its form
    return _Waiting(shorten(row.text, 60), Match(adds, f"answer-to={row.id} {text.strip()}", about=about), blank)


def _values(db: Session, directory: Directory, person: str, text: str, registry: Registry) -> list[_Waiting]:
    """The metrics whose value a bare number may be."""
    if len(text) > _NUMBER or text.strip()[:1].isalpha() or not any(char.isdigit() for char in text):
        return []
    records = registry.commands[("metric", "record")]

    def value(metric: Metric) -> _Waiting:
        about = directory.products[metric.product_id].key
        return _Waiting(metric.name, Match(records, f"{metric.slug} {text.strip()}", about=about))

    wanted = metric_asks.waiting(db, directory, person)
    return [value(one) for one in wanted if figures.read(text.strip().removesuffix(one.unit)) is not None]


def _which(waiting: Sequence[_Waiting], text: str) -> Refused:
    """Several things wait: which one was meant is asked, never guessed."""
    why = f"{counted(len(waiting), 'thing')} wait for an answer of yours. Which one is this?"
    first = waiting[0]
    if len(text) > SHOWABLE:
        return Refused(why, first.blank)
    shown = waiting if len(waiting) <= _BUTTONS else [*waiting[: _BUTTONS - 1], waiting[-1]]
    buttons = tuple(Button(one.label, _line(one.match)) for one in shown)
    card = Card(why, (Quote(escape(text.strip())),), buttons)
    return Refused(why, shorten(f"{first.match.command.name} {grammar.tidy(first.match.rest)}", 240), card=card)


def _line(match: Match) -> str:
    return placed_line(f"{match.command.name} {match.rest}", match.about)

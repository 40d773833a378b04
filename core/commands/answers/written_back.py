"""What somebody writes back to a message of ours, without a command: the answer to a question that was put to them, or
to a stand-up's prompt.
"""

import re

from core.chat import grammar
from core.chat.ask import Ask
from core.chat.card import Button, Card, Quote, escape
from core.chat.placed import placed_line
from core.chat.words import counted, shorten
from core.commands.answers import smalltalk
from core.commands.refusals import SHOWABLE
from core.commands.refused import Refused
from core.commands.registry import Match, Miss, Registry
from core.commands.standup import answer as standup_answer
from core.product.people import Directory
from core.product.questions import Question
from core.schedule import questions as asking
from core.store.database import Session

_FEW = 2  # words that are rather a mistyped command
_SO = r"(?:that|this|it) (?:is|s) (?:right|correct|true|so)"
_RIGHT = re.compile(
    rf"(?:yes|yep|yeah|ok|okay|right|correct|exactly|agreed|true|sure|{_SO}|still right|still holds|👍|✅)"
    rf"(?: (?:right|exactly|please|it is|{_SO}|correct))*"
)


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
    if ask.thread is not None and (below := asking.put_to(db, person, ask.thread)):
        return _answer(directory, below[0], ask.text, registry)  # there is no doubt what it is an answer to
    if isinstance(found, Match) or (found.near and len(words) <= _FEW):
        return None
    report = standup_answer.meant(db, ask, directory, found, registry)
    waiting = asking.put_to(db, person, None)
    if waiting and (len(waiting) > 1 or report is not None):
        raise _which(directory, waiting, ask.text, report, registry)
    return _answer(directory, waiting[0], ask.text, registry) if waiting else report


def _answer(directory: Directory, row: Question, text: str, registry: Registry) -> Match:
    which, about = f"Q-{row.number}", directory.products[row.product_id].key
    if (row.assumption or row.stale_at) and _RIGHT.fullmatch(smalltalk.plain(text)):
        return Match(registry.commands[("question", "verify" if row.stale_at else "right")], which, about=about)
    return Match(registry.commands[("question", "answer")], f"{which} {text.strip()}", about=about)


def _which(directory: Directory, rows: list[Question], text: str, report: Match | None, registry: Registry) -> Refused:
    """Several things wait: which one was meant is asked, never guessed."""
    waiting = [*(f"Q-{row.number}" for row in rows), *(["the stand-up"] if report else [])]
    why = f"{counted(len(waiting), 'thing')} wait for an answer of yours. Which one is this?"
    if len(text) > SHOWABLE:
        return Refused(why, f"question answer Q-{rows[0].number} and its answer")
    buttons = [
        Button(shorten(f"Q-{row.number} {row.text}", 60), _line(match))
        for row in rows[:5]
        for match in [_answer(directory, row, text, registry)]
    ]
    if report is not None:
        buttons.append(Button("The stand-up", _line(report)))
    card = Card(why, (Quote(escape(text.strip())),), tuple(buttons))
    return Refused(why, f"question answer Q-{rows[0].number} {shorten(grammar.tidy(text), 200)}", card=card)


def _line(match: Match) -> str:
    return placed_line(f"{match.command.name} {match.rest}", match.about)

"""Refusals as replies: why not, what to type next, and what was typed, so that it is not lost."""

from dataclasses import replace

from core.chat.ask import Ask
from core.chat.card import Button, Card, Quote, Reply, Text, escape
from core.chat.words import listed, shorten
from core.commands.refused import Refused
from core.commands.registry import Match, Miss

SHOWABLE = 1500  # characters of a line that still fit into a button
LONG = 40  # characters of a line that are given back with a refusal


def refusal(ask: Ask, match: Match | Miss, no: Refused) -> Reply:
    """One plain sentence, the next thing to type, and what was typed, so that it is not lost."""
    card = no.card
    if isinstance(match, Match) and match.command.secret:  # what was typed may be a secret, and a refusal is kept
        return Reply(
            ok=False, refused=no.why, try_=no.try_, card=card, errors=((no.field, no.why),) if no.field else ()
        )
    if isinstance(match, Match) and match.command.writes and (typed := _typed(ask)):
        if card is None:
            card = Card(no.why, (Text(escape(f"Try: {no.try_}")),) if no.try_ else ())
        card = replace(card, body=(*card.body, *typed))
    errors = ((no.field, no.why),) if no.field else ()
    return Reply(ok=False, refused=no.why, try_=no.try_, card=card, errors=errors)


def _typed(ask: Ask) -> tuple[Quote, ...]:
    """A line that nobody would like to type again, given back."""
    typed = ask.text.strip()
    return (Quote(escape(typed), "you"),) if len(typed) > LONG else ()


def missed(ask: Ask, miss: Miss) -> Reply:
    """An unknown word: the nearest commands, as buttons where they read or change something."""
    typed = shorten(miss.typed, 40)
    if not miss.near:
        return Reply(ok=False, refused=f"I do not know “{typed}”.", try_=miss.help)
    rest = miss.rest if len(miss.rest) <= SHOWABLE else ""
    buttons = tuple(Button(c.name, f"{c.name} {rest}".strip()) for c in miss.near[:5])
    names = listed([c.name for c in miss.near[:3]], "or")
    title = f"I do not know “{typed}”. Did you mean {names}?"
    first = miss.near[0]
    better = f"{first.name} {rest}" if rest else first.name if first.alone else first.example
    return Reply(ok=False, refused=title, try_=better, card=Card(title, _typed(ask), buttons))

"""`retro good`, `better`, `action` and `vote`: what is put into a retro, and secret votes for it."""

import re
from collections.abc import Mapping

from core.chat.card import Button, Card, Choice, Field, Form, Items, Reply, Text
from core.chat.grammar import Token
from core.chat.words import shorten
from core.commands import standing
from core.commands.call import Call
from core.commands.command import Secrecy
from core.commands.refused import Refused
from core.commands.registry import BALLOT, Said, command
from core.commands.sprint.retro import CALLED, SHOWN, last_day, line_of
from core.commands.sprint.words import amount
from core.product import backlog, retros
from core.product.retros import ACTION, OPEN, Retro

_ANON = re.compile(r"(?<!\S)(?:--|—)?anon\w*\s*=|(?<!\S)(?:--|—)anon", re.IGNORECASE)
_NAMED = frozenset({"", "no", "false", "off", "0"})
_MARKS = ",;.:()"


def _standing(call: Call) -> Retro:
    found = retros.latest(call.db, call.product.id, OPEN)
    if found is None:
        raise Refused("No retro is open.", "retro open")
    return found


def _collecting(call: Call) -> Retro:
    """The open retro, which still takes cards."""
    found = _standing(call)
    if found.until is not None and not retros.takes(call.db, found):
        last = last_day(call, found.until)
        raise Refused(f"Retro {found.number} took cards until {last}; now they are voted on.", "retro vote")
    return found


# ---- cards ----


def secret_card(options: Mapping[str, str], text: str) -> Secrecy:
    """Whether a card is to have no author. What only looks like it counts too: a slip must not put a name to it."""
    wants = options.get("anon", "").strip().lower() not in _NAMED
    return Secrecy.ANONYMOUS if wants or _ANON.search(text) else Secrecy.NONE


def _card(call: Call, kind: str) -> Said:
    if call.given("withheld"):
        why = "An anonymous card is none once it is typed in a channel, so I kept nothing of it."
        card = Card(
            f"{why} Use the form, or write to me alone.", buttons=(Button("Fill in", f"retro {kind}", form=True),)
        )
        raise Refused(f"{why} Use the form, or write to me alone.", f"retro {kind}", card=card)
    owner = _owner(call) if kind == ACTION else None
    text = " ".join((call.rest() if owner is None else _without_owner(call)).split())
    if not text and not call.ask.values:
        _collecting(call)
        return _form(kind)
    backlog.lock(call.db, call.product.id)
    retro = _collecting(call)
    anonymous = _anonymous(call, text, kind)
    if not text:
        raise Refused("What should the card say?", f"retro {kind}", field="text")
    if len(text) > retros.LENGTH:
        why = f"A card holds {retros.LENGTH} characters; this one has {len(text)}."
        raise Refused(why, f"retro {kind}", field="text")
    if len(retros.cards(call.db, retro)) >= retros.MOST_CARDS:
        raise Refused(f"A retro holds {retros.MOST_CARDS} cards.", "retro show")
    if kind == ACTION and call.given("owner"):
        owner = call.person_in("owner")
    made = retros.add(call.db, retro, kind, text, None if anonymous else call.person, owner)
    if anonymous:  # nothing of it may stand beside who is answered
        return Reply(
            ok=True, card=Card("It is in the retro, without a name.", buttons=(Button("Show the retro", "retro show"),))
        )
    standing.show(call, Retro, retro.id)
    who = f", {call.name(owner)} takes care" if owner else ", nobody takes care yet" if kind == ACTION else ""
    return Card(f"Retro {retro.number}, card {made.number}, {CALLED[kind].lower()}: {shorten(text, 300)}{who}")


def _anonymous(call: Call, text: str, kind: str) -> bool:
    said = call.options.get("anon", "").strip().lower()
    if _ANON.search(text):
        raise Refused("To leave your name out, say anon=yes. Nothing was kept.", f"retro {kind}", field="anon")
    if said in _NAMED:
        return False
    if said not in ("yes", "true", "on", "1"):
        raise Refused("anon is yes or no. Nothing was kept.", f"retro {kind}", field="anon")
    return True


def _owner(call: Call) -> str | None:
    """Who is named at the end or at the beginning of an action; somebody in the middle is only spoken of."""
    words = call.line.words
    named = next((word for word in (*words[-1:], *words[:1]) if _names(word)), None)
    return call.take_person(named.text.strip(_MARKS)) if named else None


def _names(word: Token) -> bool:
    return not word.quoted and word.text.strip(_MARKS).startswith("@")


def _without_owner(call: Call) -> str:
    """The action without the one at its end who takes care; at its beginning they are part of the sentence."""
    text, words = call.line.text, call.line.words
    if not _names(words[-1]):
        return call.readable(text)
    if len(words) == 2 and words[0].quoted:
        return call.readable(words[0].text)
    return call.readable(text.removesuffix(words[-1].text).rstrip(" ,–-") or text)


def _form(kind: str) -> Form:
    text = Field("text", "The card", "longtext", required=True, max_length=retros.LENGTH)
    anon = Field(
        "anon",
        "Without my name",
        "choice",
        value="no",
        choices=(Choice("With my name", "no"), Choice("Without my name", "yes")),
    )
    owner = (Field("owner", "Who takes care", "person"),) if kind == ACTION else ()
    titles = {retros.GOOD: "What was good?", retros.BETTER: "What could be better?", retros.ACTION: "What shall we do?"}
    return Form(titles[kind], (text, *owner, anon), f"retro {kind}", label="Put it in")


@command("retro good TEXT [anon=yes]", example="retro good The review went fast", text="text", secret=secret_card)
def good(call: Call) -> Said:
    """Put in a card: what was good; anon=yes leaves your name out, from a form, a button or a private chat."""
    return _card(call, retros.GOOD)


@command("retro better TEXT [anon=yes]", example="retro better Fewer meetings", text="text", secret=secret_card)
def better(call: Call) -> Said:
    """Put in a card: what could be better; anon=yes leaves your name out."""
    return _card(call, retros.BETTER)


@command(
    "retro action TEXT [owner=@] [anon=yes]",
    example="retro action Automate the release",
    text="text",
    secret=secret_card,
)
def action(call: Call) -> Said:
    """Put in what shall be done and who takes care; it becomes a task when the retro is closed."""
    return _card(call, ACTION)


# ---- votes ----


def secret_vote(options: Mapping[str, str], text: str) -> Secrecy:
    return Secrecy.SECRET if text.strip() else Secrecy.NONE


@command("retro vote [N]", example="retro vote 1", hidden="back", undoable=False, secret=secret_vote)
def vote(call: Call) -> Said:
    """Vote for a card, by button or in private; the votes are counted when the retro is closed."""
    retro = _standing(call)
    if call.given("withheld"):
        why = "Votes are secret, so those typed in a channel are not taken, and I kept nothing of it."
        raise Refused(f"{why} Use the buttons, or write to me alone.", "retro show", card=_voting(call, retro, why))
    if call.options.get(BALLOT, retro.id) != retro.id:
        raise Refused("That retro is over; its votes are counted.", "retro show")
    word = call.take_word().removeprefix("#")
    call.end()
    if not word:
        return Reply(ok=True, card=_voting(call, retro, _left(call, retro)))
    backlog.lock(call.db, call.product.id)
    found = {card.number: card for card in retros.cards(call.db, retro)}
    if not (word.isascii() and word.isdigit() and len(word) < 6 and int(word) in found):
        raise Refused(f"There is no card {shorten(word, 20)}.", "retro show")
    card = found[int(word)]
    if call.given("back"):
        if not retros.take_back(call.db, card, call.person):
            raise Refused(f"You have not voted for card {card.number}.", "retro show")
        return _voted(call, retro, f"Your vote for card {card.number} is taken back")
    try:
        fresh = retros.vote(call.db, retro, card, call.person)
    except retros.NoVotesLeft as no:
        why = (
            f"Your {amount(no.args[0], 'votes')} {'is' if no.args[0] == 1 else 'are'} given; take one back to move it."
        )
        raise Refused(why, "retro show") from no
    return _voted(call, retro, f"You voted for card {card.number}" + ("" if fresh else " already"))


def _voted(call: Call, retro: Retro, said: str) -> Reply:
    standing.show(call, Retro, retro.id)
    left = retro.votes - len(retros.votes_of(call.db, retro, call.person))
    return Reply(
        ok=True, card=Card(f"{said}; {amount(left, 'votes')} left", buttons=(Button("Show the retro", "retro show"),))
    )


def _left(call: Call, retro: Retro) -> str:
    left = retro.votes - len(retros.votes_of(call.db, retro, call.person))
    return f"Retro {retro.number} · you have {amount(left, 'votes')} left"


def _voting(call: Call, retro: Retro, title: str) -> Card:
    cards = retros.shown(retros.cards(call.db, retro), counted=False)[:SHOWN]
    mine = retros.votes_of(call.db, retro, call.person)
    lines = tuple(line_of(call, retro, card, mine) for card in cards)
    return Card(title, (Items(lines) if lines else Text("No cards yet."),))

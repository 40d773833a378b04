"""`retro …`: cards, secret votes, actions that become tasks; last retro's actions on top."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from core.chat.card import Button, Card, Choice, Field, Form, Items, Line, Reply, Text
from core.chat.grammar import Token
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.items import Words
from core.commands.refused import Refused
from core.commands.registry import BALLOT, Said, Secrecy, command
from core.commands.sprint_words import amount
from core.commands.telling import Kind, tell
from core.product import backlog, retros, sprints
from core.product.retros import ACTION, CLOSED, KINDS, OPEN, Retro, RetroCard
from core.product.sprints import Sprint

CALLED = {retros.GOOD: "Good", retros.BETTER: "Better", retros.ACTION: "Action"}
TITLES = {retros.GOOD: "Good", retros.BETTER: "To be better", retros.ACTION: "Actions"}
_ANON = re.compile(r"(?<!\S)(?:--|—)?anon\w*\s*=|(?<!\S)(?:--|—)anon", re.IGNORECASE)
_NAMED = frozenset({"", "no", "false", "off", "0"})
SHOWN = 40
_MARKS = ",;.:()"

tell("retros", Kind("retro", says=("number",), silent=frozenset({"closed_at", "sprint_id"})))
tell("retro_cards", Kind("card", silent=frozenset({"tally", "item_id"}), names={"owner_id": "owner"}))


# ---- open ----


@command(
    "retro open [until=] [votes=3]",
    example="retro open until=friday votes=3",
    undoable=False,
)
def open_(call: Call) -> Said:
    """Open a retro: everybody puts cards in and has some votes; last retro's actions come first."""
    call.end()
    product = call.product
    backlog.lock(call.db, product.id)
    standing = retros.latest(call.db, product.id, OPEN)
    if standing is not None:
        raise Refused(f"Retro {standing.number} is open already.", "retro show")
    votes = call.number("votes") if call.given("votes") else retros.VOTES
    if votes is None or not 1 <= votes <= retros.MOST_VOTES or votes != int(votes):
        said = call.options["votes"].strip()
        why = f"votes= wants a whole number from 1 to {retros.MOST_VOTES}, not “{shorten(said, 20)}”."
        raise call.wrong("votes", why, str(retros.VOTES))
    day = call.day("until")
    if day is not None and day < call.today:
        raise call.wrong("until", f"until= wants a day to come; {day_in_words(day, call.today)} is over.", "friday")
    sprint = _about(call)
    made = retros.open_(
        call.db, product.id, sprint.id if sprint else None, int(votes), call.end_of(day) if day else None
    )
    about = f" on {sprint.name}" if sprint else ""
    when = f", cards until {day_in_words(day, call.today)}" if day else ""
    body = (
        *_before(call, made),
        Text(f"Everybody has {amount(made.votes, 'votes')}. Cards may be put in without a name."),
    )
    return Card(f"Retro {made.number}{about} is open{when}", body, _adding(made))


def _about(call: Call) -> Sprint | None:
    """The sprint whose end is nearest, of the one that ended last and the one that runs; each has one retro."""
    found: dict[Sprint, date] = {}
    for state in (sprints.CLOSED, sprints.RUNNING):
        if (sprint := sprints.by_state(call.db, call.product.id, state)) is not None:
            found[sprint] = sprint.closed_at.astimezone(call.tz).date() if sprint.closed_at else sprint.ends_on
    without = {sprint: end for sprint, end in found.items() if not retros.was_about(call.db, sprint.id)} or found
    return min(without, key=lambda sprint: abs(without[sprint] - call.today), default=None)


def _adding(retro: Retro) -> tuple[Button, ...]:
    put = tuple(Button(f"{CALLED[kind]} …", f"retro {kind}", form=True) for kind in KINDS)
    return (*put, Button("Vote", "retro vote"))


def _before(call: Call, retro: Retro) -> tuple[Any, ...]:
    """Last retro's actions, and older ones that are still open."""
    tasks = retros.actions_before(call.db, retro)
    if not tasks:
        return ()
    words = Words(call)
    lines = []
    for task in tasks[:8]:
        key = words.key(task.number)
        closed = task.status in ("done", "accepted", "dropped")
        owner = call.name(task.owner_id) if task.owner_id else "nobody"
        buttons = () if closed else (Button("Done", f"backlog done {key}"),)
        lines.append(Line("✓" if closed else "○", f"{key} {task.title}", f"{owner} · {task.status}", buttons))
    return Text("**Actions from last time**"), Items(tuple(lines))


def _standing(call: Call) -> Retro:
    found = retros.latest(call.db, call.product.id, OPEN)
    if found is None:
        raise Refused("No retro is open.", "retro open")
    return found


def _collecting(call: Call) -> Retro:
    """The open retro, which still takes cards."""
    found = _standing(call)
    if found.until is not None and not retros.takes(call.db, found):
        last = call.date_of(found.until - timedelta(microseconds=1))
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
    text, last = call.line.text, call.line.words[-1]
    rest = text.removesuffix(last.text).rstrip(" ,–-") if _names(last) else text
    return call.readable(rest or text)


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
    lines = tuple(_line(call, retro, card, mine) for card in cards)
    return Card(title, (Items(lines) if lines else Text("No cards yet."),))


# ---- show, close ----


@command("retro show", example="retro show", writes=False)
def show(call: Call) -> Said:
    """The cards of the open retro, or of the last one with its votes; last time's actions on top."""
    call.end()
    product = call.product.id
    retro = retros.latest(call.db, product, OPEN) or retros.latest(call.db, product, CLOSED)
    if retro is None:
        raise Refused("No retro was held yet.", "retro open")
    mine = retros.votes_of(call.db, retro, call.person)
    cards = retros.shown(retros.cards(call.db, retro), counted=retro.state == CLOSED)
    takes = retros.takes(call.db, retro)
    body: list[Any] = [*_before(call, retro), *_cards(call, retro, cards, mine)]
    if not cards:
        body.append(Text("No cards yet."))
    if retro.state == OPEN:
        left = amount(retro.votes - len(mine), "votes")
        voted = retros.voters(call.db, retro)
        body.append(
            Text(
                f"You have {left} left; {'1 person' if voted == 1 else f'{voted} people'} voted so far. "
                "Counts come at the end."
            )
        )
    state = "open" if takes else "votes only" if retro.state == OPEN else "closed"
    adding = _adding(retro)[:-1] if takes else ()
    buttons = (*adding, Button("Close", "retro close")) if retro.state == OPEN else ()
    return Card(f"Retro {retro.number} · {state} · {amount(len(cards), 'cards')}", tuple(body), buttons)


def _cards(call: Call, retro: Retro, cards: Sequence[RetroCard], mine: set[str]) -> list[Any]:
    body: list[Any] = []
    for kind in KINDS:
        some = [card for card in cards if card.kind == kind]
        if some:
            lines = tuple(_line(call, retro, card, mine) for card in some[:SHOWN])
            body += [Text(f"**{TITLES[kind]}**"), Items(lines)]
            if len(some) > SHOWN:
                body.append(Text(f"and {len(some) - SHOWN} more", subtle=True))
    return body


def _line(call: Call, retro: Retro, card: RetroCard, mine: set[str]) -> Line:
    detail = [
        call.name(card.author_id) if card.author_id else "",
        f"{call.name(card.owner_id)} takes care" if card.owner_id else "",
        amount(card.tally, "votes") if card.tally is not None else "",
        "your vote" if card.id in mine else "",
    ]
    back = card.id in mine
    line = f"retro vote {card.number} {BALLOT}={retro.id}" + (" back=yes" if back else "")
    buttons = (Button("Take back" if back else "Vote", line),) if retro.state == OPEN else ()
    return Line(str(card.number), card.text, " · ".join(part for part in detail if part), buttons)


@command("retro close", example="retro close")
def close(call: Call) -> Said:
    """Count the votes, and make a task of every action."""
    call.end()
    backlog.lock(call.db, call.product.id)
    retro = retros.latest(call.db, call.product.id, OPEN)
    if retro is None:
        last = retros.latest(call.db, call.product.id, CLOSED)
        if last is None:
            raise Refused("No retro is open.", "retro open")
        return Reply(ok=True, card=Card(f"Retro {last.number} is closed already; nothing was changed."))
    made = retros.close(call.db, retro)
    cards = retros.shown(retros.cards(call.db, retro), counted=True)
    top = [card for card in cards if card.tally and card.kind != ACTION][:5]
    words = Words(call)
    body: list[Any] = []
    if top:
        body += [
            Text("**Most votes**"),
            Items(tuple(Line(amount(card.tally or 0, "votes"), card.text) for card in top)),
        ]
    if made:
        lines = tuple(_task(call, words.key(item.number), card) for card, item in made)
        body += [Text("**Tasks**"), Items(lines)]
    tasks = amount(len(made), "tasks")
    return Card(
        f"Retro {retro.number} is closed: {amount(len(cards), 'cards')}, {tasks}",
        tuple(body),
        (Button("Show all", "retro show"),),
    )


def _task(call: Call, key: str, card: RetroCard) -> Line:
    owner = call.name(card.owner_id) if card.owner_id else "nobody takes care yet"
    votes = amount(card.tally or 0, "votes")
    buttons = () if card.owner_id else (Button("I take it", f"backlog assign {key} me"),)
    return Line(key, card.text, f"{owner} · {votes}", buttons)

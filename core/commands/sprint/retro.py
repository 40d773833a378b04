"""`retro …`: cards, secret votes, actions that become tasks; last retro's actions on top."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from core.chat.card import Button, Card, Items, Line, Reply, Text
from core.chat.words import counted, shorten
from core.commands import standing
from core.commands.call import Call
from core.commands.items import Words
from core.commands.refused import Refused
from core.commands.registry import BALLOT, Said, command
from core.commands.sprint.words import amount
from core.commands.telling import Kind, tell
from core.product import backlog, retros, sprints
from core.product.retros import ACTION, CLOSED, KINDS, OPEN, Retro, RetroCard
from core.product.sprints import Sprint

CALLED = {retros.GOOD: "Good", retros.BETTER: "Better", retros.ACTION: "Action"}
TITLES = {retros.GOOD: "Good", retros.BETTER: "To be better", retros.ACTION: "Actions"}
SHOWN = 40

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
    before = retros.latest(call.db, product.id, OPEN)
    if before is not None:
        raise Refused(f"Retro {before.number} is open already.", "retro show")
    votes = call.number("votes") if call.given("votes") else retros.VOTES
    if votes is None or not 1 <= votes <= retros.MOST_VOTES or votes != int(votes):
        said = call.options["votes"].strip()
        why = f"votes= wants a whole number from 1 to {retros.MOST_VOTES}, not “{shorten(said, 20)}”."
        raise call.wrong("votes", why, str(retros.VOTES))
    day = call.coming("until")
    sprint = _about(call)
    made = retros.open_(
        call.db, product.id, sprint.id if sprint else None, int(votes), call.end_of(day) if day else None
    )
    return standing.begin(call, made.id, _opened(call, made))


def _opened(call: Call, retro: Retro) -> Card:
    """A retro that is open: how to take part, and how many have."""
    sprint = (
        call.db.get(Sprint, {"id": retro.sprint_id, "workspace_id": call.db.workspace}) if retro.sprint_id else None
    )
    about = f" on {sprint.name}" if sprint else ""
    when = f", cards until {last_day(call, retro.until)}" if retro.until else ""
    so_far = [counted(n, "card") for n in [len(retros.cards(call.db, retro))] if n]
    so_far += [f"{counted(n, 'person', 'people')} voted" for n in [retros.voters(call.db, retro)] if n]
    body = (
        *_before(call, retro),
        *([Text(f"{' · '.join(so_far)}.")] if so_far else []),
        Text(f"Everybody has {amount(retro.votes, 'votes')}. Cards may be put in without a name."),
    )
    return Card(f"Retro {retro.number}{about} is open{when}", body, _adding(retro))


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


def last_day(call: Call, until: datetime) -> str:
    return call.date_of(until - timedelta(microseconds=1))


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
            lines = tuple(line_of(call, retro, card, mine) for card in some[:SHOWN])
            body += [Text(f"**{TITLES[kind]}**"), Items(lines)]
            if len(some) > SHOWN:
                body.append(Text(f"and {len(some) - SHOWN} more", subtle=True))
    return body


def line_of(call: Call, retro: Retro, card: RetroCard, mine: set[str]) -> Line:
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
    retros.close(call.db, retro)
    standing.show(call, Retro, retro.id)
    return _closed(call, retro)


def _closed(call: Call, retro: Retro) -> Card:
    """What a retro came to: what most voted for, and the tasks."""
    cards = retros.shown(retros.cards(call.db, retro), counted=True)
    top = [card for card in cards if card.tally and card.kind != ACTION][:5]
    made = [card for card in cards if card.item_id]
    numbers = backlog.numbers(call.db, [card.item_id for card in made if card.item_id])
    words = Words(call)
    body: list[Any] = []
    if top:
        body += [
            Text("**Most votes**"),
            Items(tuple(Line(amount(card.tally or 0, "votes"), card.text) for card in top)),
        ]
    if made:
        lines = tuple(_task(call, words.key(numbers[card.item_id]), card) for card in made if card.item_id)
        body += [Text("**Tasks**"), Items(lines)]
    return Card(
        f"Retro {retro.number} is closed: {amount(len(cards), 'cards')}, {amount(len(made), 'tasks')}",
        tuple(body),
        (Button("Show all", "retro show"),),
    )


def _task(call: Call, key: str, card: RetroCard) -> Line:
    owner = call.name(card.owner_id) if card.owner_id else "nobody takes care yet"
    votes = amount(card.tally or 0, "votes")
    buttons = () if card.owner_id else (Button("I take it", f"backlog assign {key} me"),)
    return Line(key, card.text, f"{owner} · {votes}", buttons)


def _card_of(call: Call, retro: Retro) -> Card:
    return _opened(call, retro) if retro.state == OPEN else _closed(call, retro)


standing.keep(Retro, "retro", _card_of)

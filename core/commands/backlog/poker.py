"""`backlog poker`: everybody estimates face down, all cards are turned at once, then it is agreed or played again."""

from collections.abc import Mapping
from typing import Any

from core.chat.card import Button, Card, Items, Line, Reply, Text
from core.chat.words import listed, shorten
from core.commands import standing
from core.commands.call import Call
from core.commands.command import Secrecy
from core.commands.items import Words, items_of
from core.commands.refused import Refused
from core.commands.registry import BALLOT, Said, command
from core.commands.sprint.words import amount, number
from core.product import backlog, poker
from core.product.items import CLOSED, Item
from core.product.poker import DECK, OPEN, OVER, TURNED, USUAL, PokerRound, Turned

_CARDS = {"½": "0.5", ".5": "0.5", "0,5": "0.5", "unsure": "?", "?": "?"}


def secret_card(options: Mapping[str, str], text: str) -> Secrecy:
    """A second word, or vote=, is a card; the item alone is not, nor what is done with a round."""
    behind = text.split()[1:]
    laid = "vote" in options or (bool(behind) and behind[0].lower() not in ("reveal", "again", "agree"))
    return Secrecy.SECRET if laid else Secrecy.NONE


@command(
    "backlog poker ITEM [reveal|again|agree N]",
    example="backlog poker APP-12",
    hidden="vote",
    secret=secret_card,
)
def poker_(call: Call) -> Said:
    """Estimate together: hidden cards by buttons, turned at once, then agreed or played again."""
    if call.given("withheld"):
        why = "Cards are laid face down, so one typed in a channel is not taken, and I kept nothing of it."
        raise Refused(f"{why} Use the buttons, or write to me alone.", "help backlog poker")
    reference = call.take_items(count=1)[0]
    word = call.options.get("vote", "").strip() or call.take_word()
    agreed = call.take_word() if word.lower() == "agree" else ""
    call.end()
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    if item.status in CLOSED:
        raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
    if item.type == "epic":
        raise Refused(f"{key} is an epic; its items are estimated.", f"backlog show {key}")
    round_ = poker.round_of(call.db, item.id)
    if word.lower() == "reveal":
        return _reveal(call, item, _mine(call, key, round_))
    if word.lower() == "agree":
        return _agree(call, item, _mine(call, key, round_), agreed)
    if word.lower() == "again" or (not word and (round_ is None or round_.state == OVER)):
        return _begin(call, item, round_)
    if not word:
        assert round_ is not None  # else it has just begun
        return _standing(call, item, round_)
    return _lay(call, item, _mine(call, key, round_), word)


def _mine(call: Call, key: str, round_: PokerRound | None) -> PokerRound:
    """The round that is meant: a button of an earlier one is too late, and does not count for this one."""
    if round_ is None or round_.state == OVER:
        raise Refused(f"No round is open for {key}.", f"backlog poker {key}")
    if call.options.get(BALLOT, round_.id) != round_.id:
        raise Refused(
            f"That was an earlier round of {key}; it is over. This card was not counted.", f"backlog poker {key}"
        )
    return round_


def _begin(call: Call, item: Item, before: PokerRound | None) -> Said:
    if before is not None and before.state == OPEN and poker.laid(call.db, before):
        return _standing(call, item, before)
    round_ = poker.begin(call.db, item.id)
    if before is not None:
        standing.show(call, PokerRound, before.id)
    return standing.begin(call, round_.id, _card_of(call, round_))


def _card_of(call: Call, round_: PokerRound) -> Card:
    """A round where it was begun: going on, turned, or over."""
    item = call.db.get_one(Item, {"id": round_.item_id, "workspace_id": call.db.workspace})
    key = Words(call).key(item.number)
    if round_.state == OPEN:
        return _open(key, item, round_, poker.laid(call.db, round_))
    if round_.state == TURNED:
        return _turned(call, item, round_, poker.turned(call.db, round_))
    last = poker.round_of(call.db, item.id)
    if last is not None and last.id != round_.id:
        return Card(f"Poker for {key} {item.title}: played again")
    return _agreed(key, item)


standing.keep(PokerRound, "round", _card_of)


def _open(key: str, item: Item, round_: PokerRound, laid: int) -> Card:
    again = f", round {round_.number}" if round_.number > 1 else ""
    now = f"It has {amount(item.points, 'pts')} now. " if item.points is not None else ""
    said = _lie(laid) if laid else "Lay a card; nobody sees it before all are turned."
    return Card(f"Poker for {key} {item.title}{again}", (Text(f"{now}{said}"),), _buttons(key, round_))


def _lie(laid: int) -> str:
    return f"{amount(laid, 'cards')} {'lies' if laid == 1 else 'lie'} face down."


def _buttons(key: str, round_: PokerRound) -> tuple[Button, ...]:
    line = f"backlog poker {key}"
    cards = tuple(Button(card, f"{line} vote={card} {BALLOT}={round_.id}") for card in USUAL)
    return (*cards, Button("Turn the cards", f"{line} reveal {BALLOT}={round_.id}", "primary"))


def _standing(call: Call, item: Item, round_: PokerRound) -> Reply:
    """The round as it is, for who asks."""
    if round_.state == TURNED:
        return Reply(ok=True, card=_turned(call, item, round_, poker.turned(call.db, round_)))
    key = Words(call).key(item.number)
    said = _lie(poker.laid(call.db, round_))
    return Reply(ok=True, card=Card(f"Poker for {key} {item.title}", (Text(said),), _buttons(key, round_)))


def _lay(call: Call, item: Item, round_: PokerRound, word: str) -> Reply:
    key = Words(call).key(item.number)
    card = _CARDS.get(word.lower(), word.replace(",", "."))
    if card not in DECK:
        raise Refused(f"There is no such card; there are {listed(DECK, 'and')}.", f"backlog poker {key}")
    if round_.state != OPEN:
        raise Refused(
            f"The cards of {key} are turned already; a new round takes new ones.", f"backlog poker {key} again"
        )
    before = poker.lay(call.db, round_, call.person, card)
    laid = poker.laid(call.db, round_)
    standing.show(call, PokerRound, round_.id)
    changed = f"Your card for {key} is {card}" + (f" now, not {before}" if before and before != card else "")
    turn = Button("Turn the cards", f"backlog poker {key} reveal {BALLOT}={round_.id}")
    return Reply(
        ok=True,
        card=Card(f"{changed}. {_lie(laid)}", buttons=(turn,)),
    )


def _reveal(call: Call, item: Item, round_: PokerRound) -> Said:
    key = Words(call).key(item.number)
    if round_.state == TURNED:
        return _standing(call, item, round_)
    if not poker.laid(call.db, round_):
        raise Refused(f"Nobody has laid a card for {key} yet.", f"backlog poker {key}")
    found = poker.turn(call.db, round_)
    if standing.show(call, PokerRound, round_.id):
        return Reply(ok=True, card=Card(f"The cards of {key} are turned, where they were laid."))
    return _turned(call, item, round_, found)


def _turned(call: Call, item: Item, round_: PokerRound, found: Turned) -> Card:
    """All cards; who laid the lowest and the highest say why."""
    key = Words(call).key(item.number)
    groups: dict[str, list[str]] = {}
    for person, card in found.cards:
        groups.setdefault(card, []).append(call.name(person))
    rows = tuple(Line(card, listed(sorted(names))) for card, names in groups.items())
    body: list[Any] = [Items(rows), *([Text(said)] if (said := _spread(call, found)) else [])]
    line, ballot = f"backlog poker {key}", f"{BALLOT}={round_.id}"
    agree = (
        [found.middle] if found.agreed else sorted({n for n in (found.middle, *found.numbers[-1:]) if n is not None})
    )
    buttons = [Button(f"Agree on {number(n)}", f"{line} agree {n:g} {ballot}") for n in agree if n is not None]
    alone = f"one card, {found.cards[0][1]}" if len(found.cards) == 1 else ""
    said = f"all say {number(found.numbers[0])}" if found.agreed else "the cards"
    title = f"{key} {item.title}: {alone or said}"
    return Card(title, tuple(body), (*buttons, Button("Again", f"{line} again")))


def _spread(call: Call, found: Turned) -> str:
    if found.agreed or not found.numbers:
        return ""
    known = [(person, card) for person, card in found.cards if card != "?"]
    low = sorted(call.name(person) for person, card in known if card == known[0][1])
    high = sorted(call.name(person) for person, card in known if card == known[-1][1])
    return f"{listed([*low, *high])}, what do you see differently?"


def _agree(call: Call, item: Item, round_: PokerRound, said: str) -> Said:
    """Set what was agreed on; it is the item's change, and undone as one."""
    key = Words(call).key(item.number)
    if round_.state != TURNED:
        raise Refused(f"The cards of {key} are not turned yet.", f"backlog poker {key} reveal")
    if said not in DECK or said == "?":
        raise Refused("Agreed on how many points? Say a card of the deck.", f"backlog poker {key} agree 5")
    points = float(said)
    backlog.edit(item, {"points": points}, call.now)
    poker.end(call.db, round_)
    call.db.flush()
    standing.show(call, PokerRound, round_.id)
    return _agreed(key, item)


def _agreed(key: str, item: Item) -> Card:
    points = amount(item.points, "pts") if item.points is not None else "nothing"
    return Card(f"{key} {shorten(item.title, 120)}: agreed on {points}")

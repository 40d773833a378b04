"""Cards of what goes on, a round of poker, a vote or a retro: changed where they stand as it goes on.

    standing.keep("retros", card_of)                 how a thing of a table is shown: (call, id) -> Card
    return standing.begin(call, retro.id, card)      the reply that is changed from now on
    standing.show(call, "retros", retro.id)          brings it up to date; False where nothing stands

In a terminal nothing changes that was said, in a private chat only one person looks, and where others than the team
read along a card must not begin to tell more than it told: there the reply stays as it is, and `show` says False.
"""

from collections.abc import Callable, Iterable

from core.chat.ask import Platform
from core.chat.card import Card, Reply
from core.commands.call import Call
from core.schedule import shown
from core.store import asks
from core.store.reversal import Restored

Build = Callable[[Call, str], Card]
_KINDS: dict[str, Build] = {}


def keep(table: str, build: Build) -> None:
    """Say how a thing of a table is shown."""
    _KINDS[table] = build


def begin(call: Call, subject: str, card: Card) -> Card | Reply:
    """The card of a thing that has begun, as the reply to the one who began it."""
    if call.ask.connection.platform is Platform.TERMINAL or call.ask.place.private or not call.among_the_team:
        return card
    shown.note(call.db, subject, asks.key(call.ask))
    return Reply(ok=True, seen_by="place", card=card, lasting=True)


def show(call: Call, table: str, subject: str) -> bool:
    return shown.stands(call.db, subject) is not None and shown.change(call.db, subject, _KINDS[table](call, subject))


def follow(call: Call, restored: Iterable[Restored]) -> None:
    """Bring up to date what was taken back, or put back."""
    for table, key in dict.fromkeys((entity, key) for entity, key, _, _ in restored if entity in _KINDS):
        show(call, table, key)

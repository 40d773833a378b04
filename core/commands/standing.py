"""Cards of what goes on, a round of poker, a vote or a retro: changed where they stand as it goes on.

    standing.keep(Retro, "retro", card_of)           how one of them is shown: (call, retro) -> Card
    return standing.begin(call, retro.id, card)      the reply that is changed from now on
    standing.show(call, Retro, retro.id)             brings it up to date; False where nothing stands

In a terminal nothing changes that was said, in a private chat only one person looks, and where others than the team
read along a card must not begin to tell more than it told: there the reply stays as it is, and `show` says False.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from core.chat.ask import Platform
from core.chat.card import Card, Reply
from core.commands.call import Call
from core.schedule import shown
from core.store import asks
from core.store.base import Base
from core.store.reversal import Restored

Row = TypeVar("Row", bound=Base)
_KINDS: dict[str, Callable[[Call, str], Card]] = {}


def keep(model: type[Row], called: str, card_of: Callable[[Call, Row], Card]) -> None:
    """Say how a thing is shown, and what it is called where it has been taken back."""

    def build(call: Call, key: str) -> Card:
        row = call.db.get(model, {"id": key, "workspace_id": call.db.workspace})
        return card_of(call, row) if row is not None else Card(f"This {called} was taken back.")

    _KINDS[model.__tablename__] = build


def begin(call: Call, subject: str, card: Card) -> Card | Reply:
    """The card of a thing that has begun, as the reply to the one who began it."""
    if call.ask.connection.platform is Platform.TERMINAL or call.ask.place.private or not call.among_the_team:
        return card
    shown.note(call.db, subject, asks.key(call.ask))
    return Reply(ok=True, seen_by="place", card=card, lasting=True)


def show(call: Call, model: type[Base], subject: str) -> bool:
    return _show(call, model.__tablename__, subject)


def _show(call: Call, table: str, subject: str) -> bool:
    return shown.stands(call.db, subject) is not None and shown.change(call.db, subject, _KINDS[table](call, subject))


def follow(call: Call, restored: Iterable[Restored]) -> None:
    """Bring up to date what was taken back, or put back."""
    for table, key in dict.fromkeys((entity, key) for entity, key, _, _ in restored if entity in _KINDS):
        _show(call, table, key)

"""When a retro's cards are in: said once where the product is at home, on the next working morning.

The collecting ends by itself at the end of the day that was named, which is no hour to write to anybody. The schedule
follows the retro: whatever opens or closes it, an undo too, is heard here.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.chat.card import Button, Card, Text
from core.chat.words import counted, listed
from core.product import capacity, people, retros
from core.product.people import ProductInfo
from core.product.retros import OPEN, Retro
from core.schedule import occurrences, recipients, schedules
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.schedules import Plan
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session

COLLECTED = "retro"
_NAMES = {retros.GOOD: "good", retros.BETTER: "to be better", retros.ACTION: "to do"}


def listen(db: Session) -> None:
    """Let the schedules follow what this transaction has changed."""
    for table, key in db.ledger.changes:
        if table == "retros":
            _follow(db, key)


def _follow(db: Session, key: str) -> None:
    retro = db.get(Retro, {"id": key, "workspace_id": db.workspace})
    if retro is None or retro.state != OPEN or retro.until is None:
        schedules.drop(db, key)
        return
    product = people.directory_at_hand(db).products[retro.product_id]
    when = f"{_morning_after(product, retro):%Y%m%d}T090000"
    rule = f"DTSTART:{when} RRULE:FREQ=DAILY;COUNT=1;BYHOUR=9;BYMINUTE=0"
    schedules.keep(db, Plan(product.id, COLLECTED, key, "", rule, product.tz))


def _morning_after(product: ProductInfo, retro: Retro) -> date:
    """The first working day that begins after the last one of the collecting."""
    assert retro.until is not None
    first = retro.until.astimezone(ZoneInfo(product.tz)).date()
    return capacity.working_days(product, first, first + timedelta(days=30))[0]


def _collected(db: Session, one: Occurrence) -> Said:
    retro = db.get(Retro, {"id": one.subject_id, "workspace_id": db.workspace})
    if retro is None or retro.state != OPEN:
        return Silence("the retro is closed")
    to = recipients.to_channel(db, retro.product_id)
    if to is None:
        return Silence("the product has no channel")
    return Letter(to, _card(db, retro), "the retro's cards are in")


def _card(db: Session, retro: Retro) -> Card:
    cards = retros.cards(db, retro)
    close = Button("Close", "retro close")
    if not cards:
        return Card(f"Retro {retro.number}: nobody has put a card in", buttons=(close,))
    kinds = [f"{n} {name}" for kind, name in _NAMES.items() if (n := sum(card.kind == kind for card in cards))]
    votes = counted(retro.votes, "vote")
    body = Text(f"{listed(kinds)}. Now everybody has {votes}; they are counted at the end.")
    buttons = (Button("Vote", "retro vote"), Button("Show the cards", "retro show"), close)
    return Card(f"Retro {retro.number}: {counted(len(cards), 'card')}, and no more from now on", (body,), buttons)


occurrences.register(COLLECTED, Kind(_collected))

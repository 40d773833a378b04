"""The channel's one post a day and its thread: kept in step with every answer and blocker, an undo too.

Registered with the store's history by core.commands.assemble(); whoever changes an answer thinks of nothing.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select

from core.chat.ask import Platform
from core.chat.card import Card
from core.product import people, presence, standups
from core.product.people import Directory
from core.product.standups import ANSWERED, Answer, Standup
from core.schedule import outbox, recipients, rounds, unasked
from core.schedule.recipients import Recipient
from core.schedule.unasked import Letter
from core.store.database import Session
from core.store.history import Entry

Day = tuple[str, date]
"""A stand-up's id and a local date."""


def key_of(standup: str, day: date) -> str:
    """The key of a day's post in the outbox."""
    return f"standup:{standup}:{day}"


def listen(db: Session) -> None:
    """Bring posts up to date with what this transaction has changed."""
    entries = [entry for (table, _), entry in db.ledger.changes.items() if table in ("standup_answers", "blockers")]
    if not entries:
        return
    answered = _answers(db, [entry for entry in entries if entry.entity == "standup_answers"])
    gone = _gone(entries)
    days = {(row.standup_id, row.day) for row in answered} | {day for day, _ in gone}
    if any(entry.entity == "blockers" for entry in entries):
        days |= _open_days(db)
    directory = people.directory_at_hand(db)
    early = {(row.standup_id, row.day, row.person_id) for row in answered if _is_early(db, directory, row)}
    days -= {(standup, day) for standup, day, _ in early}
    for standup_id, day in sorted(days):
        show(db, directory, standups.load(db, standup_id), day)
    for row in answered:
        if (row.standup_id, row.day, row.person_id) not in early:
            _in_thread(db, directory, row)
    for (standup_id, day), person in sorted(gone):
        _taken_back(db, directory, standups.load(db, standup_id), day, person)


def tell(db: Session, row: Answer) -> None:
    """Show an answer that was given on an earlier day."""
    directory = people.read_directory(db, 0)
    show(db, directory, standups.load(db, row.standup_id), row.day)
    _in_thread(db, directory, row)


def _is_early(db: Session, directory: Directory, row: Answer) -> bool:
    """Whether it is for a day that has not begun where who answered is: it waits until they would be asked."""
    standup = standups.load(db, row.standup_id)
    there = presence.read(db, directory.products[standup.product_id], [row.person_id])
    return row.day > there.today(row.person_id, db.now)


def _answers(db: Session, entries: Iterable[Entry]) -> list[Answer]:
    """The answers that were given or changed, and are there; one that is a draft again was taken back."""
    ids = [entry.entity_id for entry in entries if entry.after is not None]
    return list(db.scalars(select(Answer).where(Answer.id.in_(ids)).order_by(Answer.at))) if ids else []


def _gone(entries: Iterable[Entry]) -> set[tuple[Day, str]]:
    """The days of answers that are no longer there, and whose they were."""
    return {
        ((str(entry.before["standup_id"]), entry.before["day"]), str(entry.before["person_id"]))
        for entry in entries
        if entry.entity == "standup_answers" and entry.after is None and entry.before is not None
    }


def _open_days(db: Session) -> set[Day]:
    """The posts of this product that are not closed yet: those of the last day or two that somebody answered."""
    product = db.ledger.product_id
    if product is None:
        return set()
    found: dict[str, date] = {}
    rows = db.execute(
        select(Answer.standup_id, Answer.day)
        .join(Standup, (Standup.workspace_id == Answer.workspace_id) & (Standup.id == Answer.standup_id))
        .where(
            Standup.product_id == product, Answer.state == ANSWERED, Answer.day >= (db.now - timedelta(days=2)).date()
        )
    )
    for row in rows:
        found[row.standup_id] = max(row.day, found.get(row.standup_id, row.day))
    return {(standup, day) for standup, day in found.items() if not is_closed(db, standups.load(db, standup), day)}


def is_closed(db: Session, standup: Standup, day: date) -> bool:
    directory = people.read_directory(db, 0)
    there = presence.read(db, directory.products[standup.product_id])
    members = standups.members(db, standup, standups.team(directory, standup.product_id))
    return db.now >= standups.closes(standup, there, members, day)


def show(db: Session, directory: Directory, standup: Standup, day: date) -> None:
    """Open a day's post, or bring it up to date. Before anybody has answered there is none."""
    key = key_of(standup.id, day)
    begun = any(row.state == ANSWERED for row in standups.answers(db, standup.id, day).values())
    if not begun and not outbox.known(db, key):
        return
    view = rounds.view_of(db, directory, standup, db.now)
    _post(db, standup, day, key, rounds.post(view, standup, day))


def _in_thread(db: Session, directory: Directory, row: Answer) -> None:
    standup = standups.load(db, row.standup_id)
    if row.state != ANSWERED and not outbox.known(db, f"{key_of(standup.id, row.day)}:{row.person_id}"):
        return  # who skips is told in the post
    view = rounds.view_of(db, directory, standup, db.now)
    key = key_of(standup.id, row.day)
    card = rounds.answer_card(view, standup, row)
    _post(db, standup, row.day, f"{key}:{row.person_id}", card, thread_of=key)


def _taken_back(db: Session, directory: Directory, standup: Standup, day: date, person: str) -> None:
    """What stands in the thread stays true when its answer is no longer there."""
    key = f"{key_of(standup.id, day)}:{person}"
    if outbox.known(db, key):
        _post(db, standup, day, key, Card(f"{directory.name(person)} {rounds.TAKEN_BACK}"))


def _post(db: Session, standup: Standup, day: date, key: str, card: Card, *, thread_of: str | None = None) -> None:
    """Put a message under its key, or let it stand in the place of the one that is there."""
    to = place_of(db, standup)
    if to is None:
        return
    if outbox.known(db, key):
        again = Letter(to, card, rounds.titled(standup), replaces=key)
        unasked.say(db, f"{key}:{db.ledger.operation_id}", standup.product_id, again)
    else:
        letter = Letter(to, card, rounds.titled(standup), thread_of=thread_of)
        unasked.say(db, key, standup.product_id, letter, day)


def place_of(db: Session, standup: Standup) -> Recipient | None:
    return recipients.to_place(db, Platform(standup.platform), standup.place_id, standup.place_name)

"""What a question sets going: the owner is asked inside their hours, whoever asked is told, and nothing is said twice.

Registered with the store's history by core.commands.assemble(): a question that is asked, routed, assumed, answered,
reopened or taken back by an undo is followed here, whichever command did it. While it is open its owner is asked again
after a day, two days more, and then every week; a reminder is an occurrence, composed when it is due, so that by then
whoever stands in for the owner is asked instead.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from core.chat.card import Card, Quote, escape
from core.product import people, questions
from core.product.people import Role
from core.product.questions import Question
from core.schedule import occurrences, outbox, recipients
from core.schedule.occurrences import Kind, Letter, Occurrence, Said, Silence
from core.schedule.question_cards import Scene, scene_of, to_owner, to_verify, told
from core.schedule.schedules import OccurrenceRow
from core.store.base import new_id
from core.store.database import Session
from core.store.history import Entry

REASK = "reask"
REMIND = (timedelta(days=1), timedelta(days=2), timedelta(days=7))  # after the last time; the last one again and again


def listen(db: Session) -> None:
    """Follow every question that this transaction has changed, and those of roles that others act in now."""
    if any(table == "roles" for table, _ in db.ledger.changes):
        _hand_on(db)
    found: dict[str, Entry | None] = {}
    for (table, key), change in db.ledger.changes.items():
        if table == "questions":
            found[key] = change
        elif table == "question_askers" and change.after is not None:
            found.setdefault(str(change.after["question_id"]), None)
    if not found:
        return
    directory = people.directory_at_hand(db)
    rows = {row.id: row for row in db.scalars(select(Question).where(Question.id.in_(list(found))))}
    for key in sorted(found):
        row, entry = rows.get(key), found[key]
        if row is None:
            _forget(db, key)
            continue
        scene = scene_of(db, directory, row.product_id)
        former = ((entry.before if entry else None) or {}).get("owner_id")
        if former is not None and former != row.owner_id:
            _let_go(scene, row, former)
        if row.open:
            _ask_owner(scene, row)
        elif entry is not None and "answered_at" in (entry.after or {}):
            _answered(scene, row)
        if row.stale_at is not None:
            _ask_to_verify(scene, row)


# ---- the owner ----


def key_of(question: Question, person: str | None) -> str:
    """The key of what an owner is asked; a question that is opened again is asked anew."""
    return f"question:{question.id}:{question.asked_at:%Y%m%d%H%M%S}:{person}"


def _hand_on(db: Session) -> None:
    """What is open goes to whoever acts in its role by now."""
    directory = people.directory_at_hand(db)
    for row in db.scalars(select(Question).where(Question.answered_at.is_(None), Question.role != "")):
        holder = directory.holder(Role(row.role), row.product_id, db.now)
        if holder is not None and holder != row.owner_id:
            row.owner_id = holder
    db.flush()


def _ask_owner(scene: Scene, row: Question) -> None:
    if row.owner_id is None or row.owner_id == row.asker_id:
        return
    key = key_of(row, row.owner_id)
    due = scene.now if row.urgent else scene.there.next_start(row.owner_id, scene.now)
    if outbox.known(scene.db, key):
        _put(scene, key, row.owner_id, to_owner(scene, row), due)
        return
    to = recipients.to_person(scene.db, scene.directory, row.owner_id, scene.product.id)
    if to is not None:
        what = f"question Q-{row.number}"
        letter = Letter(to, to_owner(scene, row), what, row.owner_id, beyond="pass", waits=not row.urgent)
        occurrences.put(scene.db, key, scene.product.id, letter)
    _remind(scene, row, due)


# ---- again ----


def _remind(scene: Scene, row: Question, last: datetime) -> None:
    """Let the owner be asked again some time after the last time."""
    assert row.owner_id is not None
    db, person = scene.db, row.owner_id
    times = db.scalar(
        select(func.count()).where(
            OccurrenceRow.subject_id == row.id, OccurrenceRow.kind == REASK, OccurrenceRow.state != "due"
        )
    )
    due = scene.there.next_start(person, last + REMIND[min(times or 0, len(REMIND) - 1)])
    known = {
        one.day: one.state
        for one in db.execute(
            select(OccurrenceRow.day, OccurrenceRow.state).where(
                OccurrenceRow.subject_id == row.id, OccurrenceRow.kind == REASK
            )
        )
    }
    if "due" in known.values():
        return
    while (day := scene.there.today(person, due)) in known:
        due = scene.there.next_start(person, scene.there.window(person, day + timedelta(days=1))[0])
    db.add(
        OccurrenceRow(
            id=new_id(), workspace_id=db.workspace, product_id=row.product_id, kind=REASK, subject_id=row.id,
            recipient="", day=day, due=due, state="due", why="", attempts=0,
        )
    )  # fmt: skip
    db.flush()


def _compose(db: Session, one: Occurrence) -> Said:
    row = db.get(Question, {"id": one.subject_id, "workspace_id": db.workspace})
    if row is None or not row.open or row.owner_id is None:
        return Silence("it is settled")
    scene = scene_of(db, people.read_directory(db, 0), row.product_id)
    if _decides_now(scene, row) != row.owner_id:
        return Silence("somebody else decides it by now")
    to = recipients.to_person(db, scene.directory, row.owner_id, row.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    what = f"question Q-{row.number}, reminder"
    return Letter(to, to_owner(scene, row, again=True), what, row.owner_id, beyond="wait", waits=not row.urgent)


def _decides_now(scene: Scene, row: Question) -> str | None:
    """Who acts in the role that a question went to; who was named, where it went to somebody by name."""
    holder = scene.directory.holder(Role(row.role), row.product_id, scene.now) if row.role else None
    return holder or row.owner_id


def _asked_again(db: Session, one: Occurrence, _said: Said) -> None:
    """Plan the next time; or hand the question on, which asks whoever decides it by now."""
    row = db.get(Question, {"id": one.subject_id, "workspace_id": db.workspace})
    if row is None or not row.open or row.owner_id is None:
        return
    scene = scene_of(db, people.directory_at_hand(db), row.product_id)
    if (holder := _decides_now(scene, row)) != row.owner_id:
        db.ledger.label, db.ledger.undoable, db.ledger.product_id = "question route", False, row.product_id
        row.owner_id = holder
        db.flush()
    else:
        _remind(scene, row, db.now)


occurrences.register(REASK, Kind(_compose, _asked_again))


def _let_go(scene: Scene, row: Question, former: str) -> None:
    """Who was asked before is not asked any more."""
    key = key_of(row, former)
    _quiet_reminders(scene, row, key)
    if not outbox.withdraw(scene.db, key) and outbox.went(scene.db, key):
        card = Card(f"Q-{row.number} is {scene.name(row.owner_id)}'s now", (Quote(escape(row.text)),))
        _put(scene, key, former, card, scene.now)


def _quiet_reminders(scene: Scene, row: Question, key: str) -> None:
    """What was to be asked again is not asked any more; a reminder that is not composed yet sees so itself."""
    outbox.withdraw_all(scene.db, f"{REASK}:{row.id}:")
    outbox.withdraw_all(scene.db, f"{key}:tomorrow")


def _forget(db: Session, question: str) -> None:
    """It was taken back: what has not been said yet is not said."""
    outbox.withdraw_all(db, f"question:{question}:")
    outbox.withdraw_all(db, f"{REASK}:{question}:")


# ---- the answer ----


def _answered(scene: Scene, row: Question) -> None:
    assert row.answered_at is not None
    key = key_of(row, row.owner_id)
    _quiet_reminders(scene, row, key)
    if not outbox.withdraw(scene.db, key) and outbox.went(scene.db, key) and row.owner_id:
        _put(scene, key, row.owner_id, told(scene, row), scene.now)
    for person in questions.askers(scene.db, row):
        if person != row.answered_by:
            due = scene.there.next_start(person, scene.now) if not row.urgent else scene.now
            _put(
                scene, f"question:{row.id}:{row.answered_at:%Y%m%d%H%M%S}:told:{person}", person, told(scene, row), due
            )


def _ask_to_verify(scene: Scene, row: Question) -> None:
    if row.owner_id is not None and row.stale_at is not None:
        due = scene.there.next_start(row.owner_id, scene.now)
        key = f"question:{row.id}:{row.stale_at:%Y%m%d%H%M%S}:verify"
        if not outbox.known(scene.db, key):
            _put(scene, key, row.owner_id, to_verify(scene, row), due)


def _put(scene: Scene, key: str, person: str, card: Card, due: datetime) -> None:
    """Say it to a person under its key, or let it stand in the place of what was said under it."""
    to = recipients.to_person(scene.db, scene.directory, person, scene.product.id)
    if to is None:
        return
    if outbox.known(scene.db, key):
        outbox.post(scene.db, f"{key}:{scene.db.ledger.operation_id}", to, card, replaces=key, due=due)
    else:
        outbox.post(scene.db, key, to, card, due=due)


def hurry(db: Session, row: Question) -> None:
    """What waits for the owner's next hours goes at once."""
    outbox.hasten(db, key_of(row, row.owner_id))


def ask_tomorrow(scene: Scene, row: Question, person: str) -> datetime:
    """Ask again when somebody's next day begins; when that is."""
    today = scene.there.today(person, scene.now)
    after = scene.there.window(person, today)[1]
    again = scene.there.next_start(person, max(after, scene.now))
    key = f"{key_of(row, person)}:tomorrow:{again:%Y%m%d}"
    if not outbox.known(scene.db, key):
        _put(scene, key, person, to_owner(scene, row, again=True), again)
    return again


# ---- what is written back ----


def put_to(db: Session, person: str, thread: str | None) -> list[Question]:
    """The questions that stand in somebody's chat with us and wait for them, the oldest first.

    thread  the platform's id of the message that they write below; None where they write to the chat itself
    """
    waits = or_(Question.answered_at.is_(None), Question.stale_at.is_not(None))
    rows = select(Question).where(Question.owner_id == person, waits).order_by(Question.asked_at, Question.number)
    return [row for row in db.scalars(rows) if _stands(db, row, thread)]


def _stands(db: Session, row: Question, thread: str | None) -> bool:
    prefixes = (f"question:{row.id}:", f"{REASK}:{row.id}:")
    said = or_(*(outbox.OutboxRow.key.startswith(one, autoescape=True) for one in prefixes))
    wanted = select(outbox.OutboxRow.key).where(said, outbox.OutboxRow.state == "sent")
    if thread is not None:
        wanted = wanted.where(outbox.OutboxRow.ref == thread)
    return db.scalar(wanted.limit(1)) is not None

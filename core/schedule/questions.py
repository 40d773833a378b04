"""What a question sets going: the owner is asked inside their hours, and what they were asked follows the question.

Registered with the store's history by core.commands.assemble(): a question that is asked, routed, assumed, answered,
reopened or taken back by an undo is followed here, whichever command did it. What is said is an occurrence, composed
when it is due: what was settled by then is not said. While it is open its owner is asked again after a day, two days
more, and then every week; by then whoever stands in for the owner is asked instead. Who asked hears the answer among
their notices.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from core.chat.card import Card, Quote, escape
from core.product import people
from core.product.people import Role
from core.product.questions import Question
from core.schedule import occurrences, outbox, recipients, unasked
from core.schedule.budget import Beyond
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.question_cards import Scene, scene_of, to_owner, to_verify, told
from core.schedule.schedules import OccurrenceRow
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session
from core.store.history import Entry

ASK, REASK, VERIFY = "question", "reask", "verify"
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
            continue  # it was taken back: what was planned finds nothing to say
        scene = scene_of(db, directory, row.product_id)
        former = ((entry.before if entry else None) or {}).get("owner_id")
        if former is not None and former != row.owner_id:
            _instead(scene, key_of(row, former), former, not_yours(scene, row))
        if row.open:
            _ask_owner(scene, row, urged=bool(entry and entry.before and (entry.after or {}).get("urgent")))
        elif entry is not None and "answered_at" in (entry.after or {}) and row.owner_id:
            _instead(scene, key_of(row, row.owner_id), row.owner_id, told(scene, row))
        if row.stale_at is not None and row.owner_id is not None:
            _plan(scene, VERIFY, row, scene.there.next_start(row.owner_id, scene.now))


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


def _ask_owner(scene: Scene, row: Question, *, urged: bool) -> None:
    """Ask in the owner's hours. What stands there already follows the question, and is said again where it has begun to
    stop production."""
    if row.owner_id is None or row.owner_id == row.asker_id:
        return
    key = key_of(row, row.owner_id)
    due = scene.now if row.urgent else scene.there.next_start(row.owner_id, scene.now)
    stands = outbox.known(scene.db, key)
    if stands:
        _instead(scene, key, row.owner_id, to_owner(scene, row))
    if not stands or urged:
        _plan(scene, ASK, row, due)
    if not stands:
        _remind(scene, row, due)


def _plan(scene: Scene, kind: str, row: Question, due: datetime) -> None:
    assert row.owner_id is not None
    day = scene.there.today(row.owner_id, due)
    occurrences.plan(scene.db, row.product_id, kind, row.id, row.owner_id, due, day)


def _instead(scene: Scene, key: str, person: str, card: Card) -> None:
    """Let it stand in the place of what somebody was asked; what has not set out is not said at all."""
    if outbox.withdraw(scene.db, key) or not outbox.went(scene.db, key):
        return
    to = recipients.to_person(scene.db, scene.directory, person, scene.product.id)
    if to is not None:
        letter = Letter(to, card, "question", person, replaces=key)
        unasked.say(scene.db, f"{key}:{scene.db.ledger.operation_id}", scene.product.id, letter)


def not_yours(scene: Scene, row: Question) -> Card:
    return Card(f"Q-{row.number} is {scene.name(row.owner_id)}'s now", (Quote(escape(row.text)),))


def _asked(db: Session, one: Occurrence) -> Said:
    row = db.get(Question, {"id": one.subject_id, "workspace_id": db.workspace})
    if row is None or not row.open:
        return Silence("it was taken back" if row is None else "it is answered")
    if row.owner_id != one.recipient:
        return Silence("somebody else is asked now")
    scene, key = scene_of(db, people.read_directory(db, 0), row.product_id), key_of(row, row.owner_id)
    again = outbox.known(db, key)
    card, key = to_owner(scene, row, again=again), f"{key}:{one.due:%Y%m%d%H%M%S}" if again else key
    return _letter(scene, row, card, f"question Q-{row.number}", "pass", key)


def _verify(db: Session, one: Occurrence) -> Said:
    row = db.get(Question, {"id": one.subject_id, "workspace_id": db.workspace})
    if row is None or row.stale_at is None or row.owner_id != one.recipient:
        return Silence("it is settled")
    key = f"question:{row.id}:{row.stale_at:%Y%m%d%H%M%S}:verify"
    if outbox.known(db, key):
        return Silence("it was asked")
    scene = scene_of(db, people.read_directory(db, 0), row.product_id)
    return _letter(scene, row, to_verify(scene, row), f"question Q-{row.number}, to verify", "pass", key)


def _letter(scene: Scene, row: Question, card: Card, what: str, beyond: Beyond, key: str = "") -> Said:
    assert row.owner_id is not None
    to = recipients.to_person(scene.db, scene.directory, row.owner_id, row.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    urgent = row.urgent and row.open
    return Letter(to, card, what, row.owner_id, beyond=beyond, waits=not urgent, mute="" if urgent else ASK, key=key)


occurrences.register(ASK, Kind(_asked))
occurrences.register(VERIFY, Kind(_verify))


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
    occurrences.plan(db, row.product_id, REASK, row.id, "", due, day)


def _compose(db: Session, one: Occurrence) -> Said:
    row = db.get(Question, {"id": one.subject_id, "workspace_id": db.workspace})
    if row is None or not row.open or row.owner_id is None:
        return Silence("it is settled")
    scene = scene_of(db, people.read_directory(db, 0), row.product_id)
    if _decides_now(scene, row) != row.owner_id:
        return Silence("somebody else decides it by now")
    return _letter(scene, row, to_owner(scene, row, again=True), f"question Q-{row.number}, reminder", "wait")


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


def ask_tomorrow(scene: Scene, row: Question, person: str) -> datetime:
    """Ask again when somebody's next day begins; when that is."""
    today = scene.there.today(person, scene.now)
    after = scene.there.window(person, today)[1]
    again = scene.there.next_start(person, max(after, scene.now))
    if person == row.owner_id:
        occurrences.plan(scene.db, row.product_id, REASK, row.id, "", again, scene.there.today(person, again))
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

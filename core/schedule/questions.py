"""What a question sets going: the owner is asked inside their hours, whoever asked is told, and nothing is said twice.

Registered with the store's history by core.commands.assemble(): a question that is asked, routed, assumed, answered,
reopened or taken back by an undo is followed here, whichever command did it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.chat.card import Button, Card, Part, Quote, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.product import backlog, people, presence, questions
from core.product.items import Item
from core.product.people import Directory, ProductInfo, Role
from core.product.presence import Presence
from core.product.questions import RIGHT, Question
from core.schedule import outbox, recipients
from core.store.database import Session
from core.store.history import Entry

REMIND = (timedelta(days=1), timedelta(days=3))  # after the first time the owner was asked


@dataclass(frozen=True, slots=True)
class Scene:
    """What the messages about a question are written from."""

    db: Session
    directory: Directory
    product: ProductInfo
    there: Presence

    def name(self, person: str | None) -> str:
        return self.directory.name(person)

    @property
    def now(self) -> datetime:
        return self.db.now


def scene_of(db: Session, directory: Directory, product: str) -> Scene:
    info = directory.products[product]
    return Scene(db, directory, info, presence.read(db, info))


def listen(db: Session) -> None:
    """Follow every question that this transaction has changed."""
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


def _ask_owner(scene: Scene, row: Question) -> None:
    if row.owner_id is None or row.owner_id == row.asker_id:
        return
    key = key_of(row, row.owner_id)
    due = scene.now if row.urgent else scene.there.next_start(row.owner_id, scene.now)
    _put(scene, key, row.owner_id, to_owner(scene, row), due)
    for n, wait in enumerate(REMIND, 1):
        again = scene.there.next_start(row.owner_id, due + wait)
        reminder = f"{key}:again{n}"
        if not outbox.known(scene.db, reminder):
            _put(scene, reminder, row.owner_id, to_owner(scene, row, again=True), again)


def to_owner(scene: Scene, row: Question, *, again: bool = False) -> Card:
    """The question as its owner reads it, with every way to settle it in one tap."""
    asker = scene.name(row.asker_id)
    about = item_named(scene.db, scene.product, row.item_id)
    title = f"{'Still open: ' if again else ''}{asker} asks{f' about {about}' if about else ''}"
    body: list[Part] = [Quote(escape(row.text), f"Q-{row.number}")]
    if row.assumption:
        body.append(Text(f"{escape(scene.name(row.assumed_by))} goes on with: “{escape(row.assumption)}”"))
    body.append(Text(escape(_small_print(scene, row, about)), subtle=True))
    return Card(title, tuple(body), _ways(scene, row))


def _small_print(scene: Scene, row: Question, about: str) -> str:
    said = ["It stops production." if row.urgent else "Nobody is blocked." if row.assumption else ""]
    if about and not row.urgent:
        said.append(f"Unanswered, it comes up before you accept {about.split(' ', 1)[0]}.")
    others = [scene.name(person) for person in questions.askers(scene.db, row) if person != row.asker_id]
    if others:
        said.append(f"{listed(others)} asked the same.")
    return " ".join(part for part in said if part) or "Answer with a button."


def _ways(scene: Scene, row: Question) -> tuple[Button, ...]:
    key = f"Q-{row.number}"
    judge: tuple[Button, ...] = ()
    if row.assumption:
        criterion = (
            (Button("Right: make it a criterion", f"question right {key} criterion=yes"),) if row.item_id else ()
        )
        judge = (*criterion, Button("Right", f"question right {key}"))
    label = "No, …" if row.assumption else "Answer …"
    other = Role.PRODUCT_MANAGER if row.role == Role.PRODUCT_OWNER.value else Role.PRODUCT_OWNER
    holder = scene.directory.holder(other, row.product_id, scene.now)
    route = (
        (Button(f"For {scene.name(holder)}", f"question route {key} {other.value}"),)
        if holder and holder != row.owner_id
        else ()
    )
    return (
        *judge,
        Button(label, f"question answer {key}", form=True),
        *route,
        Button("Tomorrow 09:00", f"question later {key}"),
    )


def _let_go(scene: Scene, row: Question, former: str) -> None:
    """Who was asked before is not asked any more."""
    key = key_of(row, former)
    _quiet_reminders(scene, key)
    if not outbox.withdraw(scene.db, key) and outbox.went(scene.db, key):
        card = Card(f"Q-{row.number} is {scene.name(row.owner_id)}'s now", (Quote(escape(row.text)),))
        _put(scene, key, former, card, scene.now)


def _quiet_reminders(scene: Scene, key: str) -> None:
    """What was to be asked again is not asked any more."""
    outbox.withdraw_all(scene.db, f"{key}:again")
    outbox.withdraw_all(scene.db, f"{key}:tomorrow")


def _forget(db: Session, question: str) -> None:
    """It was taken back: what has not been said yet is not said."""
    outbox.withdraw_all(db, f"question:{question}:")


# ---- the answer ----


def _answered(scene: Scene, row: Question) -> None:
    assert row.answered_at is not None
    key = key_of(row, row.owner_id)
    _quiet_reminders(scene, key)
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


def told(scene: Scene, row: Question) -> Card:
    """The answer as whoever asked reads it."""
    about = item_named(scene.db, scene.product, row.item_id)
    body: list[Part] = [
        Quote(escape(row.text), f"Q-{row.number}{f' · {about}' if about else ''}"),
        Text(escape(row.answer)),
    ]
    if row.assumption and row.answer != row.assumption:
        body.append(Text(f"It was assumed: “{escape(row.assumption)}”", subtle=True))
    key = about.split(" ", 1)[0]
    buttons = (Button(f"Open {key}", f"backlog show {key}"),) if about else ()
    says = "says that is right" if row.verdict == RIGHT and row.answer == row.assumption else "answered"
    return Card(f"{scene.name(row.answered_by)} {says}: Q-{row.number}", tuple(body), buttons)


def to_verify(scene: Scene, row: Question) -> Card:
    """An answer that may no longer hold."""
    assert row.answered_at is not None
    day = day_in_words(row.answered_at.astimezone(scene.there.tz).date(), scene.now.date())
    body = (
        Quote(escape(row.text), f"Q-{row.number}"),
        Text(f"{escape(scene.name(row.answered_by))}, {day}: {escape(row.answer)}"),
        Text(f"Since then: {escape(row.stale_by)}", subtle=True),
    )
    key = f"Q-{row.number}"
    buttons = (Button("Still right", f"question verify {key}"), Button("No, …", f"question answer {key}", form=True))
    return Card(f"Does this still hold? {key}", body, buttons)


# ---- words ----


def item_named(db: Session, product: ProductInfo, item: str | None) -> str:
    """'APP-40 CSV export', '' for none."""
    if item is None:
        return ""
    number = backlog.numbers(db, [item]).get(item)
    title = db.scalar(select(Item.title).where(Item.id == item))
    return f"{product.key}-{number} {shorten(title or '', 60)}" if number is not None else ""


def whereabouts(scene: Scene, person: str) -> str:
    """'Ann's day ends in 5 minutes; back tomorrow 09:00.' or when they are there again; '' while they are at work for
    an hour and more."""
    there, now, name = scene.there, scene.now, scene.name(person)
    ends = there.ends(person, now)
    if ends is not None and ends - now > timedelta(hours=1):
        return ""
    back = there.next_start(person, max(ends, now) if ends else now)
    local, today = back.astimezone(there.zone(person)), there.today(person, now)
    day = (
        "today" if local.date() == today else "tomorrow" if local.date() == today + timedelta(days=1)
        else f"on {local:%A}, {day_in_words(local.date(), today)},"
    )  # fmt: skip
    when = f"back {day} {local:%H:%M}"
    if ends is not None:
        minutes = max(round((ends - now) / timedelta(minutes=1)), 1)
        return f"{name}'s day ends in {counted(minutes, 'minute')}; {when}."
    away = there.away(person, today)
    return f"{name} is {'away' if away else 'not at work now'}; {when}."


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

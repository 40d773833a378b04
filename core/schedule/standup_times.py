"""When a stand-up's messages come: each member's prompt and reminder at their own time, and the close of the day.

Schedules follow the stand-up, its members, the product's team and everybody's zone by themselves: whatever changes one
of them, an undo too, is heard here.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from core.chat.card import Text, escape
from core.chat.weekdays import NAMES, WEEK
from core.chat.words import listed, shorten
from core.product import people, presence, standups
from core.product.people import Directory
from core.product.presence import Presence
from core.product.standups import ANSWERED, DRAFT, SKIPPED, Member, Standup
from core.schedule import (
    budget,
    digests,
    notice_cards,
    occurrences,
    outbox,
    prompts,
    recipients,
    riding,
    rounds,
    schedules,
    standup_posts,
)
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import Recipient
from core.schedule.rounds import View
from core.schedule.schedules import Plan
from core.schedule.unasked import Aboard, Letter, NotYet, Said, Silence
from core.store.database import Session

PROMPT, REMINDER, LATER, CLOSE = "prompt", "reminder", "later", "close"
_NAMES = dict(zip(WEEK, NAMES, strict=True))


# ---- schedules ----


def listen(db: Session) -> None:
    """Let the schedules follow what this transaction has changed."""
    found: set[str] = set()
    everybody = False
    for (table, key), entry in db.ledger.changes.items():
        fields = entry.after or entry.before or {}
        if table == "standups":
            found.add(key)
        elif table == "standup_members":
            found |= {str(fields["standup_id"])} if "standup_id" in fields else _standup_of(db, key)
        elif table == "roles" or (table == "people" and "tz" in fields) or (table == "products" and "tz" in fields):
            everybody = True
    if not found and not everybody:
        return
    directory = people.directory_at_hand(db)
    wanted = select(Standup) if everybody else select(Standup).where(Standup.id.in_(found))
    rows = {row.id: row for row in db.scalars(wanted)}
    for key in sorted(found - set(rows)):
        schedules.drop(db, key)  # it was taken back
    for standup in rows.values():
        follow(db, directory, standup)


def _standup_of(db: Session, member: str) -> set[str]:
    return set(db.scalars(select(Member.standup_id).where(Member.id == member)))


def follow(db: Session, directory: Directory, standup: Standup) -> None:
    """Bring a stand-up's schedules up to what it is now."""
    if standup.paused or standup.removed_at is not None:
        schedules.pause(db, standup.id)
        return
    there = presence.read(db, directory.products[standup.product_id])
    members = standups.members(db, standup, standups.team(directory, standup.product_id))
    rule = _rule(standup, standup.at)
    for row in schedules.of_subject(db, standup.id):
        if row.recipient and (row.recipient not in members or (row.kind == REMINDER and standup.remind is None)):
            schedules.drop(db, standup.id, row.kind, row.recipient)
    for person in members:
        tz = there.zone(person).key
        schedules.keep(db, Plan(standup.product_id, PROMPT, standup.id, person, rule, tz))
        if standup.remind is not None:
            shift = timedelta(minutes=standup.remind)
            schedules.keep(db, Plan(standup.product_id, REMINDER, standup.id, person, rule, tz, shift=shift))
    _close(db, standup, there, members)


def _close(db: Session, standup: Standup, there: Presence, members: list[str]) -> None:
    """The day ends at by=, in the place's zone, else two hours after the time of the member whose day begins last."""
    if standup.by is not None:
        plan = Plan(standup.product_id, CLOSE, standup.id, "", _rule(standup, standup.by), there.tz.key)
    else:
        zones = [there.zone(person) for person in members] or [there.tz]
        last = min(zones, key=lambda zone: db.now.astimezone(zone).utcoffset() or timedelta(0))
        rule = _rule(standup, standup.at)
        plan = Plan(standup.product_id, CLOSE, standup.id, "", rule, last.key, shift=standups.GRACE)
    schedules.keep(db, plan)


def _rule(standup: Standup, minutes: int) -> str:
    days = listed([_NAMES[day] for day in standup.days])
    return f"{days} {standups.clock(minutes):%H:%M}"


# ---- what is said ----


def _prompt(db: Session, one: Occurrence) -> Said:
    """The first question of a day. Beyond the day's two messages it stands in the place of the prompt before it."""
    scene = _scene(db, one, again=False)
    if isinstance(scene, Silence):
        return scene
    view, standup, to = scene
    head, carries = notice_cards.for_morning(db, standup.product_id, one.recipient)
    if later_today := _later_today(db, view, one):
        head.append(Text(escape(f"Later today: {listed(later_today)}")))
    card = prompts.prompt(view, standup, one.recipient, one.day, head=head)
    before = _asked_before(db, one) if budget.full(db, view.there, one.recipient) else None
    replaces = None
    if before is not None:
        replaces = schedules.key(before.id, PROMPT, one.recipient, one.day)
        known = standups.answer_of(db, before.id, one.recipient, one.day)
        if known is None or known.state == DRAFT:
            card = replace(
                card,
                buttons=(
                    *card.buttons,
                    prompts.answer_button(before, one.day, f"Answer {shorten(rounds.titled(before), 40)}"),
                ),
            )
    return Letter(
        to, card, f"{rounds.titled(standup)}, prompt", one.recipient,
        replaces=replaces, beyond="skip", waits=True, mute=PROMPT, carries=carries,
    )  # fmt: skip


def _asked_before(db: Session, one: Occurrence) -> Standup | None:
    """The stand-up whose prompt was the last that somebody got on a day."""
    for subject, day in occurrences.said_to(db, PROMPT, one.recipient, one.due - timedelta(days=1)):
        if day == one.day and subject != one.subject_id:
            return standups.load(db, subject)
    return None


def _later_today(db: Session, view: View, one: Occurrence) -> list[str]:
    """'Evening check 17:00', of each stand-up that somebody is still to be asked for on a day."""
    rows = [row for row in schedules.of_person(db, one.recipient) if row.kind == PROMPT and row.next_day == one.day]
    zone = view.there.zone(one.recipient)
    coming = [(row.next_at, standups.load(db, row.subject_id)) for row in rows if row.next_at is not None]
    coming.sort(key=lambda one: one[0])
    return [f"{rounds.titled(standup)} {at.astimezone(zone):%H:%M}" for at, standup in coming]


def _reminder(db: Session, one: Occurrence) -> Said:
    if occurrences.is_due(db, one.subject_id, LATER, one.recipient, one.day):
        return Silence("was asked again when they wished")
    scene = _scene(db, one, again=True)
    if isinstance(scene, Silence):
        return scene
    view, standup, to = scene
    wait = timedelta(minutes=standup.remind or 0)
    asked = occurrences.said_at(db, one.subject_id, PROMPT, one.recipient, one.day)
    if asked is not None and asked + wait > db.now:
        return NotYet(asked + wait)  # who was asked late, in their hours, is not reminded in the same breath
    card = prompts.prompt(view, standup, one.recipient, one.day, again=True)
    what = f"{rounds.titled(standup)}, reminder"
    return Letter(to, card, what, one.recipient, beyond="yield", waits=True, mute=REMINDER)


def _asked_later(db: Session, one: Occurrence) -> Said:
    """Once more, at an instant they chose."""
    scene = _scene(db, one, again=False)
    if isinstance(scene, Silence):
        return scene
    view, standup, to = scene
    card = prompts.prompt(view, standup, one.recipient, one.day, again=True)
    key = f"{one.key}:{one.due:%Y%m%d%H%M}"
    return Letter(to, card, f"{rounds.titled(standup)}, as you wished", one.recipient, beyond="asked", key=key)


def _scene(db: Session, one: Occurrence, *, again: bool) -> tuple[View, Standup, Recipient] | Silence:
    """What a member's prompt is written from; silence with its reason where they are not to be asked."""
    standup = standups.load(db, one.subject_id)
    directory = people.read_directory(db, 0)
    if not standup.runs_on(one.day):
        return Silence("the stand-up does not run")
    view = rounds.view_of(db, directory, standup, db.now)
    members = standups.members(db, standup, standups.team(directory, standup.product_id))
    if one.recipient not in members:
        return Silence("no longer takes part")
    known = standups.answer_of(db, standup.id, one.recipient, one.day)
    if known is not None and known.state in (ANSWERED, SKIPPED):
        return Silence("has answered already")
    if again and db.now >= standups.closes(standup, view.there, members, one.day):
        return Silence("the day is closed")
    if one.kind != LATER:
        if not view.there.works_on(one.recipient, one.day):
            return Silence(view.there.holiday(one.recipient, one.day) or "away")
        if view.there.today(one.recipient, view.there.next_start(one.recipient, db.now)) != one.day:
            return Silence("their working day was over")
    to = recipients.to_person(db, directory, one.recipient, standup.product_id)
    return (view, standup, to) if to is not None else Silence("cannot be reached")


def _prompted(db: Session, one: Occurrence, said: Said) -> None:
    """What the prompt carried is said; whoever answered on an earlier day stands in the day's post from their own time
    on."""
    known = standups.answer_of(db, one.subject_id, one.recipient, one.day)
    if isinstance(said, Letter):
        notice_cards.carried(db, said.carries)
    if isinstance(said, Silence) and known is not None and known.state != DRAFT:
        standup_posts.tell(db, known)


def open_for(db: Session, directory: Directory, person: str) -> Standup | None:
    """The stand-up that somebody was asked for and has not answered, asked last; None where none is open."""
    return _asked_last(db, directory, person, (None, DRAFT))


def answered_by(db: Session, directory: Directory, person: str) -> Standup | None:
    """The stand-up of today that somebody was asked for last, and has answered; None where there is none."""
    return _asked_last(db, directory, person, (ANSWERED,))


def _asked_last(db: Session, directory: Directory, person: str, states: Collection[str | None]) -> Standup | None:
    for subject, day in occurrences.said_to(db, PROMPT, person, db.now - timedelta(hours=20)):
        standup = db.get(Standup, {"id": subject, "workspace_id": db.workspace})
        if standup is None or not standup.runs_on(day) or standup.product_id not in directory.products:
            continue
        there = presence.read(db, directory.products[standup.product_id], [person])
        known = standups.answer_of(db, standup.id, person, day)
        if there.today(person, db.now) == day and (known.state if known else None) in states:
            return standup
    return None


def _closing(db: Session, one: Occurrence) -> Said:
    """The day's post as it is left standing."""
    standup = standups.load(db, one.subject_id)
    key = standup_posts.key_of(standup.id, one.day)
    if not outbox.known(db, key):
        return Silence("nobody has answered")
    directory = people.read_directory(db, 0)
    to = standup_posts.place_of(db, standup)
    if to is None:
        return Silence("the place is not known any more")
    view = rounds.view_of(db, directory, standup, db.now)
    return Letter(to, rounds.post(view, standup, one.day), rounds.titled(standup), replaces=key)


def _closed(db: Session, one: Occurrence, _said: Said) -> None:
    standup = standups.load(db, one.subject_id)
    riding.forget_notes(db, riding.aboard(db, people.directory_at_hand(db), standup, one.day))


def _carried(db: Session, directory: Directory, digest: digests.Digest, day: date) -> bool:
    """Whether a stand-up's post has taken up a digest that waited for it."""
    there = riding.standups_at(db, directory, digest)
    return any(outbox.known(db, standup_posts.key_of(standup.id, day)) for standup in there)


def _sprint(db: Session, one: Occurrence) -> Said:
    """The sprint digest when its time comes: on the stand-up's post, where one of that day is open. It waits for the
    first answer, which opens the post, and by itself it comes where there was none when the stand-up closes."""
    digest = digests.find(db, one.subject_id)
    directory = people.read_directory(db, 0)
    if digest is not None and one.waits and _carried(db, directory, digest, one.day):
        return Aboard(occurrences.ABOARD)
    there = presence.read(db, directory.products[one.product_id])
    found = riding.carrier(db, directory, there, digest, one.day) if digest and not one.waits else None
    if digest is None or found is None or digest.held == one.day:
        return digests.due(db, one)
    standup, closes = found
    to = standup_posts.place_of(db, standup)
    if isinstance(made := digests.compose(db, digest), Silence) or to is None:
        return made if isinstance(made, Silence) else Silence("the place is not known any more")
    key = standup_posts.key_of(standup.id, one.day)
    if not outbox.known(db, key):
        return NotYet(closes, occurrences.ABOARD)
    card = rounds.post(rounds.view_of(db, directory, standup, db.now), standup, one.day, boarding=(digest,))
    return Aboard(occurrences.ABOARD, Letter(to, card, rounds.titled(standup), replaces=key))


occurrences.register(PROMPT, Kind(_prompt, _prompted))
occurrences.register(REMINDER, Kind(_reminder))
occurrences.register(LATER, Kind(_asked_later))
occurrences.register(CLOSE, Kind(_closing, _closed))
occurrences.register(digests.SPRINT, Kind(_sprint, digests.kept))

"""The sprint digest rides on the stand-up's post where both fall on one channel and day: a channel has one post a day.

Whichever comes first, the post holds both from the digest's time on. A digest that waits for the post is still due: it
comes by itself when the day closes and nobody has answered, or the stand-up was paused, moved or removed meanwhile.
After that it continues the day's thread, or stands alone, as any digest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from core.chat.card import Part
from core.product import people, standups
from core.product.people import Directory
from core.product.presence import Presence
from core.product.standups import Standup
from core.schedule import digests, occurrences, sprint_digest
from core.schedule.digests import LINE, SPRINT, Digest
from core.store.database import Session


def standups_at(db: Session, directory: Directory, digest: Digest) -> list[Standup]:
    """The stand-ups that post where a digest comes; none for one that readers get by themselves."""
    if digest.kind != SPRINT or digest.readers:
        return []
    to = digests.recipient(db, directory, digest, "")
    where = (to.connection.platform.value, to.place.external_id) if to else None
    return [one for one in standups.of_product(db, digest.product_id) if (one.platform, one.place_id) == where]


def carrier(
    db: Session, directory: Directory, there: Presence, digest: Digest, day: date
) -> tuple[Standup, datetime] | None:
    """The stand-up whose post of a day carries a digest, and when it closes; None where none is open by now."""
    for standup in standups_at(db, directory, digest):
        members = standups.members(db, standup, standups.team(directory, standup.product_id))
        if not standup.runs_on(day) or not any(there.works_on(person, day) for person in members):
            continue
        closes = standups.closes(standup, there, members, day)
        if db.now < closes:
            return standup, closes
    return None


def aboard(db: Session, directory: Directory, standup: Standup, day: date) -> list[Digest]:
    """The digests that ride on a stand-up's post of a day: their time has come."""
    return [
        digest
        for digest in digests.of_product(db, standup.product_id)
        if digest.kind == SPRINT and occurrences.is_aboard(db, digest.id, SPRINT, day)
        and standup in standups_at(db, directory, digest)
    ]  # fmt: skip


def parts(db: Session, digest: Digest, day: date, settled: timedelta = digests.SETTLED) -> Sequence[Part]:
    """What a digest adds to the post, which says the rest by itself: nothing on days on which it is short. settled: as
    in `digests.compose`."""
    directory = people.read_directory(db, 0)
    product = directory.products[digest.product_id]
    scene = digests.scene_of(db, directory, product, digest, "", tuple(digests.audience_of(digest).reads), before=day)
    scene = replace(scene, until=db.now - settled)
    made = sprint_digest.aboard(scene)
    note = digests.note_of(directory, digest)
    if not made.card.body or made.news or digest.note:
        return (*note, *made.card.body)
    return (digests.nothing_since(scene), *made.card.body) if digest.empty == LINE else ()


def forget_notes(db: Session, riding: Iterable[Digest]) -> None:
    """The day is closed: what was for this one alone is done with."""
    for digest in riding:
        digest.note, digest.note_by = "", None
    db.flush()

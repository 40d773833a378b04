"""What is said about a question, to whoever decides it and to whoever asked; and where its owner is meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.chat.card import Button, Card, Part, Quote, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.product import backlog, presence, questions
from core.product.items import Item
from core.product.people import Directory, ProductInfo, Role
from core.product.presence import Presence
from core.product.questions import RIGHT, Question
from core.store.database import Session


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


# ---- cards ----


def to_owner(scene: Scene, row: Question, *, again: bool = False) -> Card:
    """The question as its owner reads it, with every way to settle it in one tap."""
    asker = scene.name(row.asker_id)
    about = item_named(scene.db, scene.product, row.item_id)
    title = f"{'Still open: ' if again else ''}{asker} asks{f' about {about}' if about else ''}"
    body: list[Part] = [Quote(escape(row.text), f"Q-{row.number}")]
    if row.assumption:
        body.append(Text(f"{escape(scene.name(row.assumed_by))} goes on with: “{escape(row.assumption)}”"))
    body.append(Text(escape(_small_print(scene, row, about)), subtle=True))
    return Card(title, tuple(body), ways(scene, row))


def _small_print(scene: Scene, row: Question, about: str) -> str:
    said = ["It stops production." if row.urgent else "Nobody is blocked." if row.assumption else ""]
    if about and not row.urgent:
        said.append(f"Unanswered, it comes up before you accept {about.split(' ', 1)[0]}.")
    others = [scene.name(person) for person in questions.askers(scene.db, row) if person != row.asker_id]
    if others:
        said.append(f"{listed(others)} asked the same.")
    said.append("Answer with a button, or write it here.")
    return " ".join(part for part in said if part)


def settling(scene: Scene, row: Question) -> tuple[Button, ...]:
    """What settles a question, for its owner."""
    key = f"Q-{row.number}"
    judge: tuple[Button, ...] = ()
    if row.assumption:
        criterion = (
            (Button("Right: make it a criterion", f"question right {key} criterion=yes"),) if row.item_id else ()
        )
        judge = (*criterion, Button("Right", f"question right {key}"))
    return *judge, Button("No, …" if row.assumption else "Answer …", f"question answer {key}", form=True)


def ways(scene: Scene, row: Question) -> tuple[Button, ...]:
    """Every way to be done with a question in one tap, for its owner."""
    key = f"Q-{row.number}"
    other = Role.PRODUCT_MANAGER if row.role == Role.PRODUCT_OWNER.value else Role.PRODUCT_OWNER
    holder = scene.directory.holder(other, row.product_id, scene.now)
    route = (
        (Button(f"For {scene.name(holder)}", f"question route {key} {other.value}"),)
        if holder and holder != row.owner_id
        else ()
    )
    return *settling(scene, row), *route, Button("Tomorrow 09:00", f"question later {key}")


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
    circle = scene.directory.audience(row.owner_id or "", row.product_id, scene.now)
    why = row.stale_by if row.doubted(circle.reads) else "something that it is about has changed"
    day = day_in_words(row.answered_at.astimezone(scene.there.tz).date(), scene.now.date())
    body = (
        Quote(escape(row.text), f"Q-{row.number}"),
        Text(f"{escape(scene.name(row.answered_by))}, {day}: {escape(row.answer)}"),
        Text(f"Since then: {escape(why)}", subtle=True),
    )
    key = f"Q-{row.number}"
    buttons = (Button("Still right", f"question verify {key}"), Button("No, …", f"question answer {key}", form=True))
    return Card(f"Does this still hold? Q-{row.number}", body, buttons)


# ---- words ----


def item_named(db: Session, product: ProductInfo, item: str | None) -> str:
    """'APP-40 CSV export', '' for none."""
    if item is None:
        return ""
    number = backlog.numbers(db, [item]).get(item)
    title = db.scalar(select(Item.title).where(Item.id == item))
    return f"{product.key}-{number} {shorten(title or '', 60)}" if number is not None else ""


def whereabouts(scene: Scene, person: str, at_work: str = "") -> str:
    """'Ann is at work until 17:30.', 'Ann's day ends in 5 minutes; back tomorrow 09:00.', or when they are there again.
    at_work: what else is said of somebody who has an hour and more"""
    there, now, name = scene.there, scene.now, scene.name(person)
    ends = there.ends(person, now)
    if ends is not None and ends - now > timedelta(hours=1):
        until = f"{name} is at work until {ends.astimezone(there.zone(person)):%H:%M}"
        return f"{until} {at_work}".strip() + "."
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

"""What a roadmap review says: its invitation, its agenda (the pre-read a day before, concerns first) and its minutes.

Each is composed for the circle of who reads it; `invitations` sends them.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from core.chat.card import Button, Card, Items, Line, Quote, Text, escape
from core.product import reviews, roadmap
from core.product.audience import Audience
from core.product.people import Directory
from core.product.reviews import Invited, Review
from core.store.database import Session

ENTRIES = 8


def day(on: date, today: date) -> str:
    return f"{on.day} {on:%b}" + (f" {on.year}" if on.year != today.year else "")


def invitation(db: Session, directory: Directory, review: Review, audience: Audience, today: date) -> Card:
    """What somebody is asked beforehand."""
    product = directory.products[review.product_id]
    how = "Tap what fits. Concerns come first on the agenda; what a stakeholder writes is read by all who are invited."
    title = f"{review.name}: roadmap review of {product.name} on {day(review.on_day, today)}"
    return Card(title, (*_entries(db, review, audience), Text(how, subtle=True)), answers(review))


def answers(review: Review) -> tuple[Button, ...]:
    return (
        Button("Fine", f"roadmap review fine review={review.id}"),
        Button("Concern", f"roadmap review concern review={review.id}", form=True),
        Button("Question", f"roadmap review question review={review.id}", form=True),
    )


def agenda(db: Session, directory: Directory, review: Review, audience: Audience, today: date) -> Card:
    """What is spoken of, concerns first; the pre-read."""
    rows = reviews.invited(db, review)
    title = f"{review.name} · agenda for {day(review.on_day, today)}"
    raised = _said(directory, rows, audience)
    if not raised and audience is Audience.TEAM:  # others do not read whether the team has any
        raised = [Text("No concerns so far.")]
    body = [*raised, *_entries(db, review, audience)]
    if audience is Audience.TEAM:
        body.append(Text(escape(_who(directory, rows)), subtle=True))
    return Card(title, tuple(body), answers(review))


def minutes(db: Session, directory: Directory, review: Review, audience: Audience, today: date) -> Card:
    """What was spoken of and agreed."""
    rows = reviews.invited(db, review)
    title = f"{review.name} · minutes of {day(review.on_day, today)}"
    agreed = [Quote(escape(review.minutes), directory.name(review.opened_by_id))] if review.minutes else []
    present = Text(escape("Invited: " + ", ".join(directory.name(row.person_id) for row in rows)), subtle=True)
    return Card(title, (*agreed, *_said(directory, rows, audience), *_entries(db, review, audience), present))


def _said(directory: Directory, rows: Sequence[Invited], audience: Audience) -> list[Text | Items]:
    """Concerns, then questions, as far as this circle reads them."""
    parts: list[Text | Items] = []
    for answer, heading in ((reviews.CONCERN, "Concerns"), (reviews.QUESTION, "Questions")):
        told = [row for row in rows if row.answer == answer and row.audience in audience.reads]
        if told:
            lines = tuple(Line(directory.name(row.person_id), row.text) for row in told)
            parts += [Text(f"**{heading}**"), Items(lines)]
    return parts


def _who(directory: Directory, rows: Sequence[Invited]) -> str:
    """'Fine: bob. Not answered: eve.'"""
    groups = (("Fine", reviews.FINE), ("Not answered", ""))
    told = []
    for heading, answer in groups:
        names = [directory.name(row.person_id) for row in rows if row.answer == answer]
        if names:
            told.append(f"{heading}: {', '.join(names)}.")
    return " ".join(told)


def _entries(db: Session, review: Review, audience: Audience) -> list[Text | Items]:
    """The roadmap as this circle reads it, with what slipped since the review before, and why."""
    entries = roadmap.listed(db, review.product_id, audience.reads, count=ENTRIES)
    if not entries:
        return []
    since = _since(db, review)
    slipped = {move.entry_id: move for move in roadmap.moves(db, [one.id for one in entries], since) if move.slip}
    lines = []
    for one in entries:
        when = f"until {one.ends.day} {one.ends:%b %Y}" if one.ends else one.horizon
        move = slipped.get(one.id)
        why = f"moved from {move.was}, because {move.because}" if move else ""
        lines.append(Line(f"R-{one.number}", one.title, " · ".join(part for part in (when, why) if part)))
    return [Text("**Roadmap**"), Items(tuple(lines))]


def _since(db: Session, review: Review) -> datetime | None:
    """When the review before this one was closed."""
    before = select(Review.closed_at).where(Review.product_id == review.product_id, Review.closed_at.is_not(None))
    return db.scalar(before.order_by(Review.closed_at.desc()).limit(1)) if review.closed_at is None else None

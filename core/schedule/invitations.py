"""What people are asked by name besides questions: for feedback, and into a roadmap review; its pre-read and minutes.

Each is planned when it is asked for, and composed when it leaves, in the hours of who gets it: what was answered,
closed or taken back by then is not said any more.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from core.chat.card import Button, Card, Quote, Text, escape
from core.chat.words import day_in_words
from core.product import feedback, people, presence, reviews
from core.product.feedback import FeedbackRequest
from core.product.people import Directory, ProductInfo
from core.product.reviews import Review
from core.schedule import occurrences, outbox, review_cards, schedules
from core.schedule.budget import Beyond
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import to_person
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session

FEEDBACK, REVIEW, PRE_READ, MINUTES = "feedback", "review", "pre-read", "minutes"
WAITS = timedelta(days=30)  # so long a request without a day waits for what is written back
LONGEST = timedelta(days=90)  # and one with a day, if that is so far off


def plan(db: Session, product: ProductInfo, kind: str, subject: str, people: Sequence[str]) -> None:
    """Let each of them get a message of this kind in their hours."""
    there = presence.read(db, product, people)
    for person in people:
        due = there.next_start(person, db.now)
        occurrences.plan(db, product.id, kind, subject, person, due, there.today(person, due))


def pre_read(db: Session, product: ProductInfo, review: Review, people: Sequence[str]) -> None:
    """Let each of them get the agenda when their day before the review begins; nobody whose day that is has begun."""
    there = presence.read(db, product, people)
    day = review.on_day - timedelta(days=1)
    for person in people:
        due = there.window(person, day)[0]
        if due > db.now:
            occurrences.plan(db, product.id, PRE_READ, review.id, person, due, day)


# ---- feedback ----


def _feedback(db: Session, one: Occurrence) -> Said:
    asked = feedback.asked(db, one.subject_id)
    if asked is None:
        return Silence("it was taken back")
    waits = feedback.unanswered(db, asked.product_id, one.recipient)
    if not any(row.id == asked.id for row in waits):
        return Silence("they have answered")
    directory = people.read_directory(db, 0)
    today = presence.read(db, directory.products[one.product_id], [one.recipient]).today(one.recipient, db.now)
    return _letter(db, directory, one, _wanted(directory, asked, today), "a request for feedback", "pass", "feedback")


def put_to(db: Session, directory: Directory, person: str, thread: str | None) -> list[FeedbackRequest]:
    """The requests that stand in somebody's chat with us and wait for their answer, the latest first.

    thread  the platform's id of the message that they write below; None where they write to the chat itself
    """
    said = {
        schedules.key(subject, FEEDBACK, person, day): (subject, day)
        for subject, day in occurrences.said_to(db, FEEDBACK, person, db.now - LONGEST)
    }
    found = []
    for key in outbox.standing(db, list(said), thread):
        subject, day = said[key]
        request = feedback.asked(db, subject)
        if request is None or person not in request.people or request.product_id not in directory.products:
            continue
        today = presence.read(db, directory.products[request.product_id], [person]).today(person, db.now)
        if (request.due or day + WAITS) >= today and not feedback.has_answered(db, request.id, person):
            found.append(request)
    return found


def _wanted(directory: Directory, asked: FeedbackRequest, today: date) -> Card:
    by = f"By {day_in_words(asked.due, today)}. " if asked.due else ""
    about = f"About {', '.join(asked.about)}. " if asked.about else ""
    title = f"{directory.name(asked.asker_id)} asks you about {directory.products[asked.product_id].name}"
    body = (Quote(escape(asked.text)), Text(escape(f"{about}{by}One sentence helps."), subtle=True))
    return Card(title, body, (Button("Answer", f"feedback add answer-to={asked.id}", "primary", form=True),))


# ---- reviews ----


def _review(db: Session, one: Occurrence) -> Said:
    review = reviews.get(db, one.subject_id)
    if review is None or not any(row.person_id == one.recipient for row in reviews.invited(db, review)):
        return Silence("it was taken back")
    if (review.closed_at is None) is (one.kind == MINUTES):
        return Silence("it is open again" if one.kind == MINUTES else "it is closed")
    directory = people.read_directory(db, 0)
    circle = directory.audience(one.recipient, review.product_id, db.now)
    today = presence.read(db, directory.products[one.product_id], [one.recipient]).today(one.recipient, db.now)
    if one.kind == PRE_READ and today >= review.on_day:
        return Silence("the day of the review has begun")
    compose = {REVIEW: review_cards.invitation, PRE_READ: review_cards.agenda, MINUTES: review_cards.minutes}[one.kind]
    # an invitation asks somebody by name; what is only to be read waits for a day with room
    beyond: Beyond = "pass" if one.kind == REVIEW else "wait"
    what = {REVIEW: "an invitation", PRE_READ: "a pre-read", MINUTES: "minutes"}[one.kind]
    return _letter(db, directory, one, compose(db, directory, review, circle, today), what, beyond, "review")


def _letter(
    db: Session, directory: Directory, one: Occurrence, card: Card, what: str, beyond: Beyond, mute: str
) -> Said:
    to = to_person(db, directory, one.recipient, one.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    return Letter(to, card, what, one.recipient, beyond=beyond, waits=True, mute=mute)


occurrences.register(FEEDBACK, Kind(_feedback))
for _kind in (REVIEW, PRE_READ, MINUTES):
    occurrences.register(_kind, Kind(_review))

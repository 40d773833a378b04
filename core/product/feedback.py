"""What people say about the product: who said it, for whom, what it is worth, and which items it is evidence for.

Worth is what a customer pays, or would pay, in a year. A customer who said the same thing twice is still one customer,
so a sum counts each once, with the most that was said of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Row, Select, String, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Mapped

from core.product import numbers
from core.product.items import CLOSED, Item
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session
from core.store.prepared import Prepared

KINDS = ("customer", "stakeholder", "market", "competitor", "team", "sales", "support")
TEXT_LENGTH = 3000
NAME_LENGTH = 120


class Feedback(Stamped, Tracked):
    """One thing that was said. `author_id` wrote it down; it came from a person we know (`from_id`), or from somebody
    with a name (`from_name`), or from the author. `about` names other things: 'R-1', 'G-2'."""

    __tablename__ = "feedback"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    kind: Mapped[str] = tracked(String(16))
    author_id: Mapped[str] = tracked(String(ID_LENGTH))
    from_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    from_name: Mapped[str] = tracked()
    customer: Mapped[str] = tracked()
    segment: Mapped[str] = tracked()
    worth: Mapped[float | None] = tracked()
    currency: Mapped[str] = tracked(String(8))
    about: Mapped[tuple[str, ...]] = tracked()
    link: Mapped[str] = tracked()
    request_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    seen: Mapped[bool] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "author_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(["workspace_id", "from_id"], ["people.workspace_id", "people.id"]),
        ForeignKeyConstraint(
            ["workspace_id", "request_id"], ["feedback_requests.workspace_id", "feedback_requests.id"]
        ),
        Index("uq_feedback_number", "product_id", "number", unique=True),
        Index("ix_feedback_created_at", "product_id", "created_at"),
    )


class FeedbackLink(Stamped, Tracked):
    """An item that feedback is evidence for."""

    __tablename__ = "feedback_links"
    feedback_id: Mapped[str] = tracked(String(ID_LENGTH))
    item_id: Mapped[str] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "feedback_id"], ["feedback.workspace_id", "feedback.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        Index("uq_feedback_links_pair", "workspace_id", "feedback_id", "item_id", unique=True),
        Index("ix_feedback_links_item", "workspace_id", "item_id"),
    )

    def subject(self) -> str:
        return self.item_id


class FeedbackRequest(Stamped, Tracked):
    """A question that was put to several people, by their ids."""

    __tablename__ = "feedback_requests"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    text: Mapped[str] = tracked()
    asker_id: Mapped[str] = tracked(String(ID_LENGTH))
    people: Mapped[tuple[str, ...]] = tracked()
    about: Mapped[tuple[str, ...]] = tracked()
    due: Mapped[date | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "asker_id"], ["people.workspace_id", "people.id"]),
        Index("ix_feedback_requests_product", "product_id", "created_at"),
    )


class NoSuchFeedback(LookupError):
    """`args[0]` is the number that was asked for."""


_BLANK: dict[str, Any] = {
    "from_id": None, "from_name": "", "customer": "", "segment": "", "worth": None, "currency": "", "about": (),
    "link": "", "request_id": None, "seen": False,
}  # fmt: skip


def add(db: Session, product: str, author: str, text: str, **fields: Any) -> Feedback:
    """Write down what somebody said."""
    number = numbers.next_number(db, product, numbers.FEEDBACK)
    made = Feedback(
        **{**_BLANK, **fields, "id": new_id(), "product_id": product, "number": number, "text": text,
           "author_id": author}
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def find(db: Session, product: str, number: int) -> Feedback:
    """Raises NoSuchFeedback."""
    found = db.scalar(select(Feedback).where(Feedback.product_id == product, Feedback.number == number))
    if found is None:
        raise NoSuchFeedback(number)
    return found


def is_of(db: Session, product: str, number: int, person: str) -> bool:
    """Whether a piece of feedback is somebody's own: they said it, or wrote it down."""
    theirs = (Feedback.author_id == person) | (Feedback.from_id == person)
    wanted = select(Feedback.id).where(Feedback.product_id == product, Feedback.number == number, theirs)
    return db.scalar(wanted) is not None


def currency_of(db: Session, product: str) -> str:
    """The currency that worth is counted in here: the first that was said, '' before one was."""
    first = (
        select(Feedback.currency)
        .where(Feedback.product_id == product, Feedback.currency != "")
        .order_by(Feedback.number)
        .limit(1)
    )
    return db.scalar(first) or ""


# ---- links ----


def link(db: Session, one: Feedback, items: Iterable[Item]) -> list[Item]:
    """Tie feedback to items; those it was not tied to yet."""
    there = set(db.scalars(select(FeedbackLink.item_id).where(FeedbackLink.feedback_id == one.id)))
    fresh = [item for item in items if item.id not in there]
    db.add_all(FeedbackLink(id=new_id(), feedback_id=one.id, item_id=item.id) for item in fresh)
    db.flush()
    return fresh


def unlink(db: Session, one: Feedback, item: Item) -> bool:
    """Untie them; False where they were not tied."""
    found = db.scalar(select(FeedbackLink).where(FeedbackLink.feedback_id == one.id, FeedbackLink.item_id == item.id))
    if found is not None:
        db.delete(found)
        db.flush()
    return found is not None


def drop(db: Session, one: Feedback) -> None:
    """Take feedback out, and its links."""
    for row in db.scalars(select(FeedbackLink).where(FeedbackLink.feedback_id == one.id)):
        db.delete(row)
    db.flush()
    db.delete(one)
    db.flush()


def linked(db: Session, ids: Sequence[str]) -> dict[str, list[Row[*tuple[Any, ...]]]]:
    """The items that feedback is tied to, by the feedback's id: number, title, status."""
    found: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    if ids:
        wanted = (
            select(FeedbackLink.feedback_id, Item.number, Item.title, Item.status)
            .join(Item, and_(Item.workspace_id == FeedbackLink.workspace_id, Item.id == FeedbackLink.item_id))
            .where(FeedbackLink.feedback_id.in_(ids))
            .order_by(Item.number)
        )
        for row in db.execute(wanted):
            found.setdefault(row.feedback_id, []).append(row)
    return found


# ---- lists ----


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. customer: any case. numbers: only these (a theme's). below: older than this number.
    author: what one person said or wrote down. unread: not linked, not looked at, and not one's own (`reader`)."""

    kind: str = ""
    customer: str = ""
    since: datetime | None = None
    linked: bool | None = None
    numbers: tuple[int, ...] | None = None
    below: int | None = None
    author: str = ""
    unread_by: str = ""


SAID = (
    Feedback.id, Feedback.number, Feedback.text, Feedback.kind, Feedback.author_id, Feedback.from_id,
    Feedback.from_name, Feedback.customer, Feedback.segment, Feedback.worth, Feedback.currency, Feedback.about,
    Feedback.link, Feedback.created_at, Feedback.request_id,
)  # fmt: skip

_TIED = exists().where(FeedbackLink.workspace_id == Feedback.workspace_id, FeedbackLink.feedback_id == Feedback.id)


def listed(db: Session, product: str, filters: Filters, count: int | None = None) -> list[Row[*tuple[Any, ...]]]:
    """Feedback, the newest first."""
    wanted: Select[*tuple[Any, ...]] = select(*SAID).where(Feedback.product_id == product)
    if filters.kind:
        wanted = wanted.where(Feedback.kind == filters.kind)
    if filters.customer:
        wanted = wanted.where(func.lower(Feedback.customer) == filters.customer.lower())
    if filters.since is not None:
        wanted = wanted.where(Feedback.created_at >= filters.since)
    if filters.linked is not None:
        wanted = wanted.where(_TIED if filters.linked else ~_TIED)
    if filters.numbers is not None:
        wanted = wanted.where(Feedback.number.in_(filters.numbers))
    if filters.below is not None:
        wanted = wanted.where(Feedback.number < filters.below)
    if filters.author:
        wanted = wanted.where(_by(filters.author))
    if filters.unread_by:
        wanted = wanted.where(~_TIED, Feedback.seen.is_(False), Feedback.author_id != filters.unread_by)
    wanted = wanted.order_by(Feedback.number.desc())
    return list(db.execute(wanted.limit(count) if count else wanted))


def _by(person: str) -> Any:
    return or_(Feedback.from_id == person, and_(Feedback.author_id == person, Feedback.from_id.is_(None)))


def about(db: Session, product: str, reference: str) -> list[Row[*tuple[Any, ...]]]:
    """What was said about a thing such as R-1, the newest first."""
    wanted = select(*SAID).where(Feedback.product_id == product, Feedback.about.ilike(f"% {reference} %"))
    return list(db.execute(wanted.order_by(Feedback.number.desc())))


def for_items(db: Session, items: Sequence[str]) -> list[Row[*tuple[Any, ...]]]:
    """What was said that is evidence for some items, by their ids; each once, the newest first."""
    tied = select(FeedbackLink.feedback_id).where(FeedbackLink.item_id.in_(items))
    wanted = select(*SAID).where(Feedback.id.in_(tied)).order_by(Feedback.number.desc())
    return list(db.execute(wanted)) if items else []


def concerns(db: Session, product: str, person: str) -> list[Row[*tuple[Any, ...]]]:
    """A person's open concerns, the newest first: those tied to no item, or to one that is not closed yet."""
    rows = listed(db, product, Filters(kind="stakeholder", author=person))
    tied = linked(db, [row.id for row in rows])
    return [row for row in rows if row.id not in tied or any(item.status not in CLOSED for item in tied[row.id])]


# ---- demand ----


@dataclass(frozen=True, slots=True)
class Demand:
    """Who asked for something, and how much it is worth. `others` spoke for no customer.
    `number` and `quote` are the weightiest words among it."""

    customers: int
    others: int
    worth: float
    number: int
    quote: str

    @property
    def score(self) -> tuple[float, ...]:
        """What it is put in order by: worth, then how many."""
        return (self.worth, float(self.customers + self.others))


_EVIDENCE = Prepared(
    select(
        FeedbackLink.item_id, Feedback.number, Feedback.text, Feedback.customer, Feedback.worth, Feedback.author_id,
        Feedback.from_id, Feedback.from_name,
    )
    .join(Feedback, and_(Feedback.workspace_id == FeedbackLink.workspace_id, Feedback.id == FeedbackLink.feedback_id))
    .where(Feedback.product_id == bindparam("product"))
    .order_by(Feedback.number)
)  # fmt: skip


def demands(db: Session, product: str) -> dict[str, Demand]:
    """What every item with evidence is asked for by; items by their ids."""
    by_item: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    for row in _EVIDENCE.all(db, product=product):
        by_item.setdefault(row.item_id, []).append(row)
    return {item: demand(rows) for item, rows in by_item.items()}


def demand(rows: Sequence[Any]) -> Demand:
    """What some feedback adds up to; at least one row."""
    worth: dict[tuple[str, str], float] = {}
    for row in rows:
        who = voice(row)
        worth[who] = max(worth.get(who, 0.0), row.worth or 0.0)
    customers = sum(kind == "customer" for kind, _ in worth)
    best = max(rows, key=lambda row: (row.worth or 0.0, -row.number))
    return Demand(customers, len(worth) - customers, sum(worth.values()), best.number, best.text)


def voice(row: Any) -> tuple[str, str]:
    """Whose voice it is: the customer's, else whoever it came from."""
    if row.customer:
        return "customer", row.customer.casefold()
    if row.from_name:
        return "name", row.from_name.casefold()
    return "person", row.from_id or row.author_id


# ---- asking ----


def request(
    db: Session, product: str, asker: str, text: str, people: Sequence[str], about: tuple[str, ...], due: date | None
) -> FeedbackRequest:
    """Put a question to people; whoever calls sends it."""
    made = FeedbackRequest(
        id=new_id(), product_id=product, text=text, asker_id=asker, people=tuple(people), about=about, due=due
    )
    db.add(made)
    db.flush()
    return made


def asked(db: Session, request_id: str) -> FeedbackRequest | None:
    return db.get(FeedbackRequest, {"workspace_id": db.workspace, "id": request_id})


def has_answered(db: Session, request_id: str, person: str) -> bool:
    said = select(Feedback.id).where(Feedback.request_id == request_id, Feedback.author_id == person)
    return db.scalar(said.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, whom it was put to, and who of them has answered."""

    id: str
    text: str
    asker_id: str
    due: date | None
    at: datetime
    people: tuple[str, ...]
    answered: frozenset[str]


def requests(db: Session, product: str, *, since: datetime | None = None, person: str = "") -> list[Asked]:
    """The questions put to people, the newest first; to one person, or since an instant."""
    wanted = select(FeedbackRequest).where(FeedbackRequest.product_id == product)
    if since is not None:
        wanted = wanted.where(FeedbackRequest.created_at >= since)
    if person:
        wanted = wanted.where(FeedbackRequest.people.ilike(f"% {person} %"))
    rows = list(db.scalars(wanted.order_by(FeedbackRequest.created_at.desc(), FeedbackRequest.id.desc())))
    answers: dict[str | None, set[str]] = {}
    told = select(Feedback.request_id, Feedback.author_id).where(Feedback.request_id.in_([row.id for row in rows]))
    for one in db.execute(told) if rows else ():
        answers.setdefault(one.request_id, set()).add(one.author_id)
    return [
        Asked(
            row.id, row.text, row.asker_id, row.due, row.created_at, row.people, frozenset(answers.get(row.id, ()))
        )
        for row in rows
    ]  # fmt: skip


def unanswered(db: Session, product: str, person: str) -> list[Asked]:
    """The questions that wait for this person's answer."""
    return [one for one in requests(db, product, person=person) if person not in one.answered]


def last_words(db: Session, product: str, people: Sequence[str]) -> dict[str, datetime]:
    """When each of these people said something last."""
    found: dict[str, datetime] = {}
    who = func.coalesce(Feedback.from_id, Feedback.author_id)
    wanted = (
        select(who.label("who"), func.max(Feedback.created_at).label("at"))
        .where(Feedback.product_id == product, who.in_(people))
        .group_by(who)
    )
    for row in db.execute(wanted):
        found[row.who] = row.at
    return found

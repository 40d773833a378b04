"""Open questions: who asked, who decides, what is assumed meanwhile, and the answer that serves whoever asks next."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, literal_column, select
from sqlalchemy.orm import Mapped

from core.product import likeness, numbers
from core.product.audience import Audience
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

LENGTH = 500
ANSWER_LENGTH = 2000
RIGHT, WRONG = "right", "wrong"


class Question(Stamped, Tracked):
    """One question that the record did not answer.

    role      whose it is to decide by its topic, po or pm; '' where somebody was named
    owner_id  who was asked
    urgent    it stops production: it goes out at once, whatever the hour
    verdict   what the owner says of the assumption: right, wrong, or '' while they have not
    stale_at  since when something it is about has changed, and the answer may no longer hold; `stale_by` says what, and
              `stale_for` who may know: the audience of what has changed, null for the team's
    """

    __tablename__ = "questions"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    audience: Mapped[str] = tracked(String(16))
    item_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    asker_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    asked_at: Mapped[datetime] = tracked()
    role: Mapped[str] = tracked(String(16))
    owner_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    urgent: Mapped[bool] = tracked()
    assumption: Mapped[str] = tracked()
    assumed_by: Mapped[str | None] = tracked(String(ID_LENGTH))
    verdict: Mapped[str] = tracked(String(8))
    answer: Mapped[str] = tracked()
    answered_by: Mapped[str | None] = tracked(String(ID_LENGTH))
    answered_at: Mapped[datetime | None] = tracked()
    stale_at: Mapped[datetime | None] = tracked()
    stale_by: Mapped[str] = tracked()
    stale_for: Mapped[str | None] = tracked(String(16))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        *(
            ForeignKeyConstraint(["workspace_id", column], ["people.workspace_id", "people.id"])
            for column in ("asker_id", "owner_id", "assumed_by", "answered_by")
        ),
        Index("uq_questions_number", "workspace_id", "product_id", "number", unique=True),
        Index(
            "ix_questions_item",
            "workspace_id",
            "item_id",
            sqlite_where=literal_column("item_id IS NOT NULL"),
            postgresql_where=literal_column("item_id IS NOT NULL"),
        ),
        Index(
            "ix_questions_open",
            "workspace_id",
            "product_id",
            sqlite_where=literal_column("answered_at IS NULL"),
            postgresql_where=literal_column("answered_at IS NULL"),
        ),
    )

    @property
    def open(self) -> bool:
        return self.answered_at is None

    def subject(self) -> str:
        return self.item_id or self.id

    def doubted(self, reads: Collection[str]) -> bool:
        """Whether those who read these audiences are to know that the answer may no longer hold."""
        return self.stale_at is not None and (self.stale_for or Audience.TEAM) in reads

    def doubt(self, now: datetime, why: str, audience: str) -> None:
        self.stale_at, self.stale_by, self.stale_for = now, why, audience

    def hold(self) -> None:
        """The answer holds, as far as anybody knows."""
        self.stale_at, self.stale_by, self.stale_for = None, "", None


class Asker(Tracked):
    """Somebody else who asked the same, and is told the answer too."""

    __tablename__ = "question_askers"
    question_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "question_id"], ["questions.workspace_id", "questions.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_question_askers_pair", "workspace_id", "question_id", "person_id", unique=True),
    )


def ask(
    db: Session,
    product: str,
    text: str,
    asker: str,
    *,
    audience: Audience,
    item: str | None,
    role: str,
    owner: str | None,
    urgent: bool,
) -> Question:
    made = Question(
        id=new_id(), product_id=product, number=numbers.next_number(db, product, numbers.QUESTION), text=text,
        audience=audience.value, item_id=item, asker_id=asker, asked_at=db.now, role=role, owner_id=owner,
        urgent=urgent, assumption="", verdict="", answer="", stale_by="", stale_for=None,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def find(db: Session, product: str, number: int) -> Question | None:
    wanted = select(Question).where(Question.product_id == product, Question.number == number)
    return db.scalar(wanted.with_for_update() if db.writes else wanted)


def unanswered(db: Session, product: str) -> list[Question]:
    """Open questions, the oldest first."""
    rows = select(Question).where(Question.product_id == product, Question.answered_at.is_(None))
    return list(db.scalars(rows.order_by(Question.asked_at, Question.number)))


def unsettled(db: Session, product: str) -> list[Question]:
    """Answered ones that may no longer hold, since what they are about has changed; the oldest first."""
    rows = select(Question).where(
        Question.product_id == product, Question.answered_at.is_not(None), Question.stale_at.is_not(None)
    )
    return list(db.scalars(rows.order_by(Question.stale_at, Question.number)))


def of_item(db: Session, item: str) -> list[Question]:
    """What was asked about an item, the oldest first."""
    return list(db.scalars(select(Question).where(Question.item_id == item).order_by(Question.number)))


def assumed(rows: Sequence[Question]) -> list[Question]:
    """Those that somebody goes on with an assumption about which nobody has judged yet."""
    return [row for row in rows if row.open and row.assumption]


def same(db: Session, product: str, text: str, item: str | None, audiences: Sequence[str]) -> Question | None:
    """The open question that this one is again, about the same item, among those the asker may read."""
    return _again(unanswered(db, product), text, item, audiences)


def answered(db: Session, product: str, text: str, item: str | None, audiences: Sequence[str]) -> Question | None:
    """The answered question that this one is again, where its answer holds as far as the asker may know."""
    rows = (row for row in settled(db, product) if not row.doubted(audiences))
    return _again(rows, text, item, audiences)


def settled(db: Session, product: str) -> list[Question]:
    """What is answered, the latest answer first."""
    rows = select(Question).where(Question.product_id == product, Question.answered_at.is_not(None))
    return list(db.scalars(rows.order_by(Question.answered_at.desc())))


def _again(rows: Iterable[Question], text: str, item: str | None, audiences: Sequence[str]) -> Question | None:
    """Joined to a question that it is not, somebody would be told a wrong answer: so every word must be the same, in
    whatever form and order; a slip of the pen makes a second question, which does no harm."""
    said = likeness.wording(text)
    fits = (row for row in rows if row.audience in audiences and (not item or row.item_id in (item, None)))
    return next((row for row in fits if likeness.wording(row.text) == said), None)


def of_owner(db: Session, product: str, person: str, roles: Collection[str] = ()) -> list[Question]:
    """What waits for somebody: open questions that were put to them or to a role of theirs, the oldest first, then
    answers to verify."""
    rows = [*unanswered(db, product), *unsettled(db, product)]
    return [row for row in rows if row.owner_id == person or (row.role and row.role in roles)]


def join(db: Session, question: Question, person: str) -> bool:
    """Let somebody hear the answer too; False where they do already."""
    if person == question.asker_id or person in askers(db, question):
        return False
    db.add(Asker(id=new_id(), question_id=question.id, person_id=person))
    db.flush()
    return True


def askers(db: Session, question: Question) -> list[str]:
    """Everybody who waits for the answer, who asked first at the head."""
    others = db.scalars(select(Asker.person_id).where(Asker.question_id == question.id).order_by(Asker.id))
    return [*([question.asker_id] if question.asker_id else []), *others]


def settle(db: Session, question: Question, text: str, person: str) -> None:
    """Write the answer down. An assumption that says something else is wrong by that."""
    question.answer = text
    question.answered_by = person
    question.answered_at = db.now
    question.hold()
    if question.assumption and not question.verdict:
        question.verdict = RIGHT if text == question.assumption else WRONG
    db.flush()


def reopen(question: Question, now: datetime) -> None:
    question.answered_at, question.answered_by, question.answer = None, None, ""
    question.verdict = ""
    question.hold()
    question.asked_at = now

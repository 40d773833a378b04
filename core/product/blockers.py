"""What holds somebody up: raised by whom, taken by whom, and how long it has stood, until it is cleared."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, String, literal_column, select
from sqlalchemy.orm import Mapped

from core.chat.words import day_in_words
from core.product import numbers
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

LENGTH = 500
NOTHING = frozenset(
    {"", "-", "–", "—", "no", "none", "nope", "nothing", "nil", "n/a", "na", "no blockers", "nothing blocks me", "0"}
)
"""What people write into the third question of a stand-up where nothing holds them up."""


class Blocker(Stamped, Tracked):
    """raised_by: whose work waits; needs_id: who could clear it; owner_id: who said they would, `promised` by when;
    answer_id: the stand-up answer it was written in."""

    __tablename__ = "blockers"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    number: Mapped[int] = tracked()
    text: Mapped[str] = tracked()
    item_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    raised_by: Mapped[str | None] = tracked(String(ID_LENGTH))
    raised_at: Mapped[datetime] = tracked()
    needs_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    owner_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    promised: Mapped[date | None] = tracked()
    cleared_at: Mapped[datetime | None] = tracked()
    cleared_by: Mapped[str | None] = tracked(String(ID_LENGTH))
    because: Mapped[str] = tracked()
    answer_id: Mapped[str | None] = tracked(String(ID_LENGTH))
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "item_id"], ["items.workspace_id", "items.id"]),
        *(
            ForeignKeyConstraint(["workspace_id", column], ["people.workspace_id", "people.id"])
            for column in ("raised_by", "needs_id", "owner_id", "cleared_by")
        ),
        Index("uq_blockers_number", "workspace_id", "product_id", "number", unique=True),
        Index(
            "ix_blockers_open",
            "workspace_id",
            "product_id",
            sqlite_where=literal_column("cleared_at IS NULL"),
            postgresql_where=literal_column("cleared_at IS NULL"),
        ),
        Index("ix_blockers_answer", "workspace_id", "answer_id"),
    )


class TooLong(ValueError):
    """`args[0]` is the length of a text that is longer than LENGTH."""


def add(
    db: Session,
    product: str,
    text: str,
    raised_by: str,
    *,
    item: str | None = None,
    needs: str | None = None,
    answer: str | None = None,
) -> Blocker:
    """A new blocker. Raises TooLong."""
    text = " ".join(text.split())
    if len(text) > LENGTH:
        raise TooLong(len(text))
    made = Blocker(
        id=new_id(),
        product_id=product,
        number=numbers.next_number(db, product, numbers.BLOCKER),
        text=text,
        item_id=item,
        raised_by=raised_by,
        raised_at=db.now,
        needs_id=needs,
        because="",
        answer_id=answer,
    )
    db.add(made)
    db.flush()
    return made


def find(db: Session, product: str, number: int) -> Blocker | None:
    return db.scalar(select(Blocker).where(Blocker.product_id == product, Blocker.number == number).with_for_update())


def standing(db: Session, product: str) -> list[Blocker]:
    """Those not cleared: the unowned before the owned, the old before the new."""
    rows = db.scalars(select(Blocker).where(Blocker.product_id == product, Blocker.cleared_at.is_(None)))
    return sorted(rows, key=_urgency)


def on(db: Session, item: str) -> list[Blocker]:
    """Those on an item that are not cleared, in the same order."""
    rows = db.scalars(select(Blocker).where(Blocker.item_id == item, Blocker.cleared_at.is_(None)))
    return sorted(rows, key=_urgency)


def _urgency(row: Blocker) -> tuple[bool, datetime, int]:
    return row.owner_id is not None, row.raised_at, row.number


def concerning(rows: Iterable[Blocker], person: str) -> list[Blocker]:
    """Those that somebody else waits with for this person: taken by them, or in need of them and nobody's yet."""
    return [row for row in rows if row.owner_id == person or (row.owner_id is None and row.needs_id == person)]


def take(blocker: Blocker, person: str, by: date | None) -> None:
    blocker.owner_id = person
    blocker.promised = by


def clear(db: Session, blocker: Blocker, person: str, because: str) -> None:
    blocker.cleared_at = db.now
    blocker.cleared_by = person
    blocker.because = because


def day_of(blocker: Blocker, today: date, raised: date) -> int:
    """How many days it has stood, the first counted as one. raised: the local day of `raised_at`."""
    return max((today - raised).days, 0) + 1


def in_words(row: Blocker, tz: ZoneInfo, today: date, name: Callable[[str | None], str]) -> str:
    """'Mira, day 3 → Ann, promised today'."""
    days = day_of(row, today, row.raised_at.astimezone(tz).date())
    raised = f"{name(row.raised_by)}, {'new' if days == 1 else f'day {days}'}"
    if row.owner_id is None:
        return f"{raised} → nobody yet" + (f", needs {name(row.needs_id)}" if row.needs_id else "")
    return f"{raised} → {name(row.owner_id)}" + (f", promised {_promise(row.promised, today)}" if row.promised else "")


def _promise(by: date, today: date) -> str:
    if by == today:
        return "today"
    return f"for {day_in_words(by, today)}" + (", late" if by < today else "")


def said(text: str) -> list[str]:
    """The blockers that somebody wrote into an answer, one a line; [] where they wrote that there is none."""
    lines = (" ".join(line.strip(" \t-–—•*").split()) for line in text.splitlines())
    return [line for line in lines if line.lower().rstrip(".") not in NOTHING]


def of_answer(db: Session, product: str, answer: str, person: str, lines: Sequence[str]) -> list[Blocker]:
    """Bring the blockers that an answer raised up to what it says now: a new line is a new one, and one whose line is
    gone is cleared by who wrote it. Gives those that stand. Raises TooLong."""
    rows = list(db.scalars(select(Blocker).where(Blocker.answer_id == answer)))
    wanted = {line.lower(): line for line in lines}
    stands = []
    for row in rows:
        line = wanted.pop(row.text.lower(), None)
        if line is None and row.cleared_at is None:
            clear(db, row, person, "no longer in their stand-up answer")
        elif line is not None and row.cleared_at is None:
            stands.append(row)
    return stands + [add(db, product, line, person, answer=answer) for line in wanted.values()]

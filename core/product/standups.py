"""Stand-ups: who is asked what, on which days and when; what they answered; who is missing.

A stand-up's day is a local date of whoever answers: each member is asked at their own time, and the answers of a date
stand together, wherever on earth that date began first.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKeyConstraint, Index, String, select
from sqlalchemy.orm import Mapped

from core.chat import walltime, weekdays
from core.chat.ask import Place, Platform
from core.chat.weekdays import WEEK
from core.product.people import Channel, Directory, Role
from core.product.presence import Presence
from core.store.base import ID_LENGTH, Stamped, Tracked, new_id, tracked
from core.store.database import Session

NAME_LENGTH = 40
ANSWER_LENGTH = 2000
MOST_QUESTIONS = 6
GRACE = timedelta(hours=2)  # after the last member's time a day is closed, unless by= says when
YESTERDAY, TODAY, BLOCKERS = "yesterday", "today", "blockers"
QUESTIONS = {
    YESTERDAY: "What did you do since last time?",
    TODAY: "What will you do today?",
    BLOCKERS: "What blocks you?",
}
DRAFT, ANSWERED, SKIPPED = "draft", "answered", "skipped"


class Standup(Stamped, Tracked):
    """One stand-up of a product. at, by: minutes after midnight, each member's own and the place's; remind: minutes;
    everybody: whoever is a member of the product takes part, unless they left; first: the first day it runs."""

    __tablename__ = "standups"
    product_id: Mapped[str] = tracked(String(ID_LENGTH))
    name: Mapped[str] = tracked()
    at: Mapped[int] = tracked()
    days: Mapped[tuple[str, ...]] = tracked()
    platform: Mapped[str] = tracked(String(16))
    place_id: Mapped[str] = tracked()
    place_name: Mapped[str] = tracked()
    everybody: Mapped[bool] = tracked()
    questions: Mapped[str] = tracked()  # JSON list; '' for the usual three
    remind: Mapped[int | None] = tracked()
    by: Mapped[int | None] = tracked()
    paused: Mapped[bool] = tracked()
    first: Mapped[date] = tracked()
    owner_id: Mapped[str] = tracked(String(ID_LENGTH))
    removed_at: Mapped[datetime | None] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "product_id"], ["products.workspace_id", "products.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["people.workspace_id", "people.id"]),
        Index("ix_standups_product", "workspace_id", "product_id"),
    )

    @property
    def where(self) -> str:
        """'#app'; Teams does not always tell the name of a channel."""
        return f"#{self.place_name}" if self.place_name else "the channel"

    @property
    def asked(self) -> dict[str, str]:
        """The questions by the names of their answers."""
        return named(json.loads(self.questions)) if self.questions else QUESTIONS

    def runs_on(self, day: date) -> bool:
        return not self.paused and self.removed_at is None and day >= self.first and WEEK[day.weekday()] in self.days

    def prompt_at(self, day: date, zone: ZoneInfo) -> datetime:
        """When somebody in a zone is asked."""
        return walltime.instant(day, clock(self.at), zone)


class Member(Tracked):
    """Somebody who was named, joined, or left (joined=False) a stand-up."""

    __tablename__ = "standup_members"
    standup_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    joined: Mapped[bool] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "standup_id"], ["standups.workspace_id", "standups.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_standup_members_pair", "workspace_id", "standup_id", "person_id", unique=True),
    )


class Answer(Stamped, Tracked):
    """What one member said for one day: a draft, an answer, or that they skip it. said: JSON of name -> text."""

    __tablename__ = "standup_answers"
    standup_id: Mapped[str] = tracked(String(ID_LENGTH))
    person_id: Mapped[str] = tracked(String(ID_LENGTH))
    day: Mapped[date] = tracked()
    state: Mapped[str] = tracked(String(8))
    said: Mapped[str] = tracked()
    at: Mapped[datetime] = tracked()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "standup_id"], ["standups.workspace_id", "standups.id"]),
        ForeignKeyConstraint(["workspace_id", "person_id"], ["people.workspace_id", "people.id"]),
        Index("uq_standup_answers_day", "workspace_id", "standup_id", "day", "person_id", unique=True),
    )

    @property
    def texts(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.said)
        return found


# ---- as people type it ----

_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap]m)?")
_LENGTH = re.compile(r"(\d{1,4})\s*(m|min|mins|minutes?|h|hours?)?")


def minutes_said(text: str) -> int | None:
    """'09:30', '9.30', '9am' as minutes after midnight; None where it is no time of day."""
    found = _TIME.fullmatch(text.strip().lower())
    if not found or (found[2] is None and found[3] is None and ":" not in text and len(found[1]) > 2):
        return None
    at = walltime.of_day(found[1], found[2], found[3])
    return None if at is None else at.hour * 60 + at.minute


def length_said(text: str) -> int | None:
    """'60m', '1h', '45' as minutes; None where it is no length of 1 minute to 12 hours."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if not found:
        return None
    minutes = int(found[1]) * (60 if (found[2] or "m").startswith("h") else 1)
    return minutes if 1 <= minutes <= 720 else None


def days_said(text: str) -> tuple[str, ...] | None:
    """'mon-fri', 'mon,wed,fri', 'weekdays', 'daily' as days of the week in order; None where it is none."""
    said = " ".join(text.lower().split())
    if said in ("daily", "everyday", "every day"):
        return WEEK
    return weekdays.read(said.replace("every ", "")) or None


def days_in_words(days: Sequence[str]) -> str:
    """'Mon–Fri', 'Mon, Wed and Fri'."""
    at = [WEEK.index(day) for day in days]
    names = [weekdays.NAMES[n].capitalize() for n in at]
    if len(at) > 2 and at == list(range(at[0], at[0] + len(at))):
        return f"{names[0]}–{names[-1]}"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def questions_said(text: str) -> list[str]:
    """Questions as they were typed: with | or a new line between them, or each ended by its question mark."""
    parts = re.split(r"[|\n]", text) if re.search(r"[|\n]", text) else re.findall(r"[^?]+\??", text)
    return [question for part in parts if (question := " ".join(part.split()))]


def named(questions: Sequence[str]) -> dict[str, str]:
    """Questions of one's own by the names of their answers: q1, q2 …; the one about blockers keeps its name."""
    found: dict[str, str] = {}
    for n, question in enumerate(questions, 1):
        blocks = re.search(r"\b(block|stuck|imped|in (the|your) way)", question, re.IGNORECASE)
        found[BLOCKERS if blocks and BLOCKERS not in found else f"q{n}"] = question
    return found


_SAYS_THE_SAME = {YESTERDAY: ("yesterday", "did", "done"), TODAY: ("today", "will", "next")}


def usual_names(asked: Mapping[str, str]) -> dict[str, str]:
    """The usual names of answers, yesterday, today and blockers, to the names of the questions that stand for them: of
    the same name, else one that says the same, else the one in its place. One that nothing stands for is left out."""
    found = {usual: usual for usual in QUESTIONS if usual in asked}
    for usual, words in _SAYS_THE_SAME.items():
        free = [name for name in asked if name not in found.values()]
        same = (name for word in words for name in free if re.search(rf"\b{word}\b", asked[name], re.IGNORECASE))
        if usual not in found and (name := next(same, None)) is not None:
            found[usual] = name
    for usual, name in zip(QUESTIONS, asked, strict=False):
        if usual not in found and name not in found.values():
            found[usual] = name
    return found


def clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


# ---- reading ----


def of_product(db: Session, product: str) -> list[Standup]:
    """Those that have not been ended, in the order of the day."""
    rows = select(Standup).where(Standup.product_id == product, Standup.removed_at.is_(None))
    return list(db.scalars(rows.order_by(Standup.at, Standup.name)))


def load(db: Session, standup: str) -> Standup:
    return db.get_one(Standup, {"id": standup, "workspace_id": db.workspace})


def team(directory: Directory, product: str) -> list[str]:
    """Everybody who works on a product: who has a role in it, viewers aside."""
    return sorted({g.person_id for g in directory.grants if g.product_id == product and g.role is not Role.VIEWER})


def channel_name(db: Session, platform: Platform, external_id: str) -> str:
    name = db.scalar(select(Channel.name).where(Channel.platform == platform.value, Channel.external_id == external_id))
    return name or external_id


def members(db: Session, standup: Standup, team: Iterable[str]) -> list[str]:
    """Who takes part. team: the members of the product, who do where everybody does."""
    rows = db.execute(select(Member.person_id, Member.joined).where(Member.standup_id == standup.id)).all()
    people = set(team) if standup.everybody else set()
    people |= {row.person_id for row in rows if row.joined}
    return sorted(people - {row.person_id for row in rows if not row.joined})


def asks(db: Session, person: str, products: Sequence[str]) -> bool:
    """Whether somebody was named for a stand-up of one of these products, or joined it, and it goes on."""
    named = select(Member.id).join(Standup, Standup.id == Member.standup_id)
    named = named.where(Member.person_id == person, Member.joined, Standup.product_id.in_(products))
    return db.scalar(named.where(Standup.removed_at.is_(None)).limit(1)) is not None


def answers(db: Session, standup: str, day: date) -> dict[str, Answer]:
    """The answers of a day by person."""
    rows = db.scalars(select(Answer).where(Answer.standup_id == standup, Answer.day == day).order_by(Answer.at))
    return {row.person_id: row for row in rows}


def answer_of(db: Session, standup: str, person: str, day: date) -> Answer | None:
    """What somebody has said for a day; locked where this transaction may write, for drafts come while it is sent."""
    found = select(Answer).where(Answer.standup_id == standup, Answer.person_id == person, Answer.day == day)
    return db.scalar(found.with_for_update() if db.writes else found)


def before(db: Session, standup: str, person: str, day: date) -> Answer | None:
    """The last answer that somebody gave before a day."""
    return db.scalar(
        select(Answer)
        .where(Answer.standup_id == standup, Answer.person_id == person, Answer.day < day, Answer.state == ANSWERED)
        .order_by(Answer.day.desc())
        .limit(1)
    )


def is_first_day(db: Session, standup: str, day: date) -> bool:
    """Whether nobody has answered for an earlier day."""
    earlier = select(Answer.id).where(Answer.standup_id == standup, Answer.day < day, Answer.state == ANSWERED)
    return db.scalar(earlier.limit(1)) is None


def days_between(db: Session, standup: str, first: date, last: date) -> list[Answer]:
    return list(
        db.scalars(
            select(Answer)
            .where(Answer.standup_id == standup, Answer.day >= first, Answer.day <= last)
            .order_by(Answer.day)
        )
    )


def expected(standup: Standup, there: Presence, person: str, day: date) -> bool:
    """Whether somebody is asked on a day: it runs, and they work."""
    return standup.runs_on(day) and there.works_on(person, day)


def current_day(standup: Standup, there: Presence, person: str, now: datetime) -> date:
    """The day that an answer given now is for: today where the stand-up runs today, else the next day it does."""
    today = there.today(person, now)
    if WEEK[today.weekday()] in standup.days and today >= standup.first:
        return today
    return next_day(standup, there, person, now)


def next_day(standup: Standup, there: Presence, person: str, now: datetime) -> date:
    """The next day after today on which the stand-up runs."""
    day = there.today(person, now) + timedelta(days=1)
    while day < standup.first or WEEK[day.weekday()] not in standup.days:
        day += timedelta(days=1)
    return day


def closes(standup: Standup, there: Presence, people: Iterable[str], day: date) -> datetime:
    """When a day is over: by= in the place's zone, else two hours after the last member's time."""
    if standup.by is not None:
        return walltime.instant(day, clock(standup.by), there.tz)
    times = [standup.prompt_at(day, there.zone(person)) for person in people]
    return max(times, default=standup.prompt_at(day, there.tz)) + GRACE


def nearness(standup: Standup, there: Presence, person: str, now: datetime) -> timedelta:
    """How far its time lies from now, for one who takes part in several."""
    today = there.today(person, now)
    return abs(standup.prompt_at(today, there.zone(person)) - now)


@dataclass(frozen=True, slots=True)
class Day:
    """How a day of a stand-up stands: who answered, skipped, is away (until when, None for a holiday or a day off),
    and is missing; `asked_at` says when each is asked."""

    answered: tuple[str, ...]
    skipped: tuple[str, ...]
    away: Mapping[str, date | None]
    missing: tuple[str, ...]
    asked_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        return len(self.answered) + len(self.skipped) + len(self.missing)


def standing(standup: Standup, there: Presence, people: Sequence[str], given: Mapping[str, Answer], day: date) -> Day:
    """Where a day stands; whoever answered counts as there, whatever their calendar says."""
    state = {person: row.state for person, row in given.items()}
    answered = tuple(person for person in given if state[person] == ANSWERED)
    skipped = tuple(person for person in given if state[person] == SKIPPED)
    open_ = [person for person in people if state.get(person, DRAFT) == DRAFT]
    gone: dict[str, date | None] = {}
    for person in open_:
        if not there.works_on(person, day):
            absence = there.away(person, day)
            gone[person] = absence.last if absence else None
    missing = tuple(person for person in open_ if person not in gone)
    asked_at = {person: standup.prompt_at(day, there.zone(person)) for person in missing}
    return Day(answered, skipped, gone, missing, asked_at)


# ---- changing ----


def take_part(db: Session, standup: Standup, person: str, joined: bool) -> None:
    row = db.scalar(select(Member).where(Member.standup_id == standup.id, Member.person_id == person))
    if row is None:
        db.add(Member(id=new_id(), standup_id=standup.id, person_id=person, joined=joined))
    else:
        row.joined = joined
    db.flush()


def choose(db: Session, standup: Standup, people: Sequence[str]) -> None:
    """Exactly these take part; nobody named means everybody of the product."""
    standup.everybody = not people
    for row in db.scalars(select(Member).where(Member.standup_id == standup.id)):
        db.delete(row)
    db.flush()
    for person in people:
        take_part(db, standup, person, True)


def move(standup: Standup, platform: Platform, place: Place) -> None:
    """From now on it is posted there."""
    standup.platform, standup.place_id, standup.place_name = platform.value, place.external_id, place.name


def kept_questions(questions: Sequence[str]) -> str:
    return json.dumps(list(questions), ensure_ascii=False) if questions else ""


def make(
    db: Session,
    product: str,
    owner: str,
    platform: Platform,
    place: Place,
    people: Sequence[str],
    *,
    name: str,
    at: int,
    days: tuple[str, ...],
    questions: Sequence[str],
    remind: int | None,
    by: int | None,
    first: date,
) -> Standup:
    """A stand-up; nobody named means everybody of the product."""
    made = Standup(
        id=new_id(), product_id=product, name=name, at=at, days=days, platform=platform.value,
        place_id=place.external_id, place_name=place.name, everybody=not people, questions=kept_questions(questions),
        remind=remind, by=by, paused=False, first=first, owner_id=owner,
    )  # fmt: skip
    db.add(made)
    db.flush()
    for person in people:
        take_part(db, made, person, True)
    return made


def write(db: Session, standup: Standup, person: str, day: date, state: str, texts: Mapping[str, str]) -> Answer:
    """What somebody says for a day, in the place of what they said before."""
    row = answer_of(db, standup.id, person, day)
    said = json.dumps(dict(texts), ensure_ascii=False)
    if row is None:
        row = Answer(id=new_id(), standup_id=standup.id, person_id=person, day=day, state=state, said=said, at=db.now)
        db.add(row)
    else:
        row.state, row.said, row.at = state, said, db.now
    db.flush()
    return row


def keep_draft(db: Session, standup: Standup, person: str, day: date, texts: Mapping[str, str]) -> bool:
    """Keep what somebody has written so far; False where they have answered, which a draft never replaces.

    Nobody's change: it is told nowhere, and `undo` does not find it. Drafts may come late and out of turn.
    """
    row = answer_of(db, standup.id, person, day)
    if row is not None and row.state == ANSWERED:
        return False
    if row is None or row.at <= db.now:
        db.ledger.silent = True
        write(db, standup, person, day, row.state if row else DRAFT, texts)  # who skips goes on skipping
        db.ledger.silent = False
    return True

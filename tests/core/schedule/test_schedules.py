"""What is due becomes one occurrence however many look, is composed, passes the budget, and stands in the outbox."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from bot import unasked
from core.chat.ask import Connection, Place, PlaceKind, Platform
from core.chat.card import Card
from core.product import presence
from core.schedule import budget, occurrences, outbox, schedules
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import Recipient
from core.schedule.schedules import OccurrenceRow, Plan, ScheduleRow
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session
from tests.databases import NOW, Company, at_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMINAL = Connection(Platform.TERMINAL, "acme")
CHANNEL = Recipient(TERMINAL, Place("app", name="app"))
SILENT: set[str] = set()


def _compose(_db: Session, one: Occurrence) -> Said:
    if one.subject_id in SILENT:
        return Silence("nothing changed")
    if one.subject_id == "broken":
        raise ZeroDivisionError
    card = Card(f"{one.subject_id} of {one.day}")
    if one.recipient:
        place = Place(f"@{one.recipient}", PlaceKind.PRIVATE)
        return Letter(Recipient(TERMINAL, place), card, "a test", person=one.recipient, beyond="skip")
    return Letter(CHANNEL, card, "a test")


occurrences.register("test", Kind(_compose))


@pytest.fixture(autouse=True)
def _talkative() -> Iterator[None]:
    yield
    SILENT.clear()


def keep(
    company: Company, said: str = "every day 10:00", subject: str = "digest", now: datetime = NOW, **more: object
) -> None:
    with company.work(now=now) as db:
        schedules.keep(db, Plan(company.product, "test", subject, "", said, "UTC", **more))  # type: ignore[arg-type]


def run(company: Company, now: datetime) -> None:
    while unasked.step(company.database, lambda: now):
        pass


def states(company: Company, subject: str = "digest") -> list[tuple[str, str]]:
    with company.look() as db:
        rows = db.scalars(select(OccurrenceRow).where(OccurrenceRow.subject_id == subject).order_by(OccurrenceRow.due))
        return [(f"{row.day:%d %b}", row.state) for row in rows]


def texts(company: Company) -> list[str]:
    with company.look() as db:
        rows = db.scalars(select(outbox.OutboxRow).order_by(outbox.OutboxRow.made, outbox.OutboxRow.key))
        cards = [outbox.MESSAGE.validate_json(row.message).reply.card for row in rows]
        return [card.title for card in cards if card]


# ---- when something comes ----


def test_what_is_due_is_said_once_and_the_next_waits_for_its_time(company: Company) -> None:
    keep(company)
    run(company, NOW + timedelta(minutes=59))
    assert texts(company) == []
    for minute in (60, 60, 61, 300):
        run(company, NOW + timedelta(minutes=minute))
    assert texts(company) == ["digest of 2026-12-01"]
    run(company, NOW + DAY + HOUR)
    assert texts(company) == ["digest of 2026-12-01", "digest of 2026-12-02"]


def test_a_schedule_made_after_todays_time_begins_tomorrow(company: Company) -> None:
    keep(company, now=NOW + 2 * HOUR)
    run(company, NOW + 5 * HOUR)
    assert states(company) == []


def test_what_was_not_said_in_time_is_caught_up_until_its_day_ends_and_then_stands_as_missed(company: Company) -> None:
    keep(company)
    run(company, NOW + 2 * DAY + 14 * HOUR)  # 3 December, 23:00
    assert states(company) == [("01 Dec", "missed"), ("02 Dec", "missed"), ("03 Dec", "said")]
    run(company, NOW + 4 * DAY)
    assert states(company)[-1] == ("04 Dec", "missed")
    assert texts(company) == ["digest of 2026-12-03"]


def test_a_window_of_its_own_is_shorter_than_the_day(company: Company) -> None:
    keep(company, window=timedelta(minutes=30))
    run(company, NOW + HOUR + timedelta(minutes=31))
    assert states(company) == [("01 Dec", "missed")]


def test_a_shifted_message_belongs_to_the_day_of_its_occurrence(company: Company) -> None:
    keep(company, "every day 00:30", shift=-HOUR)
    run(company, NOW + timedelta(hours=14, minutes=30))
    assert states(company) == [("02 Dec", "said")]
    keep(company, "every day 23:30", subject="late", shift=HOUR)
    run(company, NOW + timedelta(hours=15, minutes=30))
    assert states(company, "late") == [("01 Dec", "said")]


def test_a_change_of_time_or_zone_makes_no_second_occurrence_of_a_day(company: Company) -> None:
    keep(company)
    run(company, NOW + HOUR)
    keep(company, "every day 12:00", now=NOW + HOUR)
    run(company, NOW + 3 * HOUR)
    assert states(company) == [("01 Dec", "said")]
    run(company, NOW + DAY + 3 * HOUR)
    assert states(company) == [("01 Dec", "said"), ("02 Dec", "said")]


def test_nothing_comes_while_it_is_paused_and_none_of_it_is_missed(company: Company) -> None:
    keep(company)
    with company.work() as db:
        schedules.pause(db, "digest")
    run(company, NOW + 3 * DAY)
    with company.work(now=NOW + 3 * DAY + 2 * HOUR) as db:
        resumed = schedules.resume(db, "digest")
    assert resumed is not None
    assert resumed.day == date(2026, 12, 5)
    run(company, NOW + 4 * DAY + HOUR)
    assert states(company) == [("05 Dec", "said")]


def test_what_is_over_comes_no_more(company: Company) -> None:
    keep(company, "FREQ=DAILY;COUNT=2;BYHOUR=10")
    run(company, NOW + 1 * HOUR)
    run(company, NOW + 10 * DAY)
    assert states(company) == [("01 Dec", "said"), ("02 Dec", "missed")]
    with company.look() as db:
        assert db.scalars(select(ScheduleRow.next_at)).all() == [None]


def test_what_was_dropped_comes_no_more_and_its_history_stays(company: Company) -> None:
    keep(company)
    run(company, NOW + HOUR)
    with company.work() as db:
        schedules.drop(db, "digest")
    run(company, NOW + DAY + HOUR)
    with company.look() as db:
        assert [past.state for past in occurrences.history(db, ["digest"])] == ["waiting"]


# ---- many who look ----


def test_of_many_who_look_at_once_each_occurrence_is_said_once(company: Company) -> None:
    for n in range(30):
        keep(company, subject=f"digest {n}")
    at_once(*[lambda: run(company, NOW + HOUR)] * 4)
    assert sorted(texts(company)) == sorted(f"digest {n} of 2026-12-01" for n in range(30))


def test_a_claim_that_was_never_settled_runs_out_and_the_same_message_is_put(company: Company) -> None:
    keep(company)
    now = NOW + HOUR
    with company.work(now=now) as db:
        schedules.begin(db)
        [one] = occurrences.claim(db)
    run(company, now)
    assert texts(company) == []  # somebody else's for a minute
    run(company, now + occurrences.CLAIM)
    assert texts(company) == ["digest of 2026-12-01"]
    with company.look() as read:
        said = occurrences.compose(read, one)
    with company.work(now=now + 2 * occurrences.CLAIM) as db:
        assert not occurrences.settle(db, one, said)
    assert texts(company) == ["digest of 2026-12-01"]


def test_what_was_claimed_and_never_settled_is_claimed_again_by_itself(company: Company) -> None:
    for n in range(3):
        keep(company, subject=f"digest {n}")
    now = NOW + HOUR
    with company.work(now=now) as db:
        schedules.begin(db)
        assert len(occurrences.claim(db)) == 3  # by a process that is killed before it composes them
    keep(company, subject="digest 3")
    with company.work(now=now + occurrences.CLAIM) as db:
        schedules.begin(db)
        assert [len(occurrences.claim(db)) for _ in range(5)] == [1, 1, 1, 1, 0]


def test_what_cannot_be_composed_keeps_no_other_back_and_fails_in_the_end(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    keep(company, subject="broken")
    keep(company)
    for n in range(occurrences.ATTEMPTS + 1):
        run(company, NOW + HOUR + n * occurrences.CLAIM)
    assert states(company) == [("01 Dec", "said")]
    assert states(company, "broken") == [("01 Dec", "failed")]
    assert "could not be composed" in caplog.text


def test_a_silence_stands_in_history_with_its_reason(company: Company) -> None:
    SILENT.add("digest")
    keep(company)
    run(company, NOW + HOUR)
    with company.look() as db:
        [past] = occurrences.history(db, ["digest"])
    assert (past.state, past.why) == ("skipped", "nothing changed")


def test_the_last_one_said_is_the_last_whose_message_did_not_fail(company: Company) -> None:
    keep(company)
    for days in range(3):
        run(company, NOW + HOUR + days * DAY)
    with company.work() as db:
        assert occurrences.last_said(db, "digest", "test") == NOW + HOUR + 2 * DAY
        key = occurrences.key("digest", "test", "", date(2026, 12, 3))
        row = db.get(outbox.OutboxRow, key)
        assert row is not None
        row.state = "failed"
    with company.look() as db:
        assert occurrences.last_said(db, "digest", "test") == NOW + HOUR + DAY


def test_history_is_pruned_by_age(company: Company) -> None:
    keep(company)
    run(company, NOW + HOUR)
    with company.work(now=NOW + 300 * DAY) as db:
        assert occurrences.prune(db) == 0
    with company.work(now=NOW + 402 * DAY) as db:
        assert occurrences.prune(db) == 1


def test_the_due_scan_reads_an_index_and_not_what_is_not_due(company: Company) -> None:
    with company.look() as db:
        explain = "EXPLAIN QUERY PLAN" if db.sqlite else "EXPLAIN"
        if not db.sqlite:  # which reads a table as small as this one whole
            db.execute(text("SET LOCAL enable_seqscan = off"))
        query = "SELECT workspace_id FROM schedules WHERE next_at <= :now ORDER BY next_at LIMIT 1"
        plan = str(db.execute(text(f"{explain} {query}"), {"now": NOW.replace(tzinfo=None)}).all())
    assert "ix_schedules_next" in plan
    assert "SCAN schedules" not in plan.replace("SCAN schedules USING INDEX", "")


# ---- the budget ----


def to_ann(company: Company, subject: str, at: str) -> None:
    with company.work() as db:
        schedules.keep(db, Plan(company.product, "test", subject, company.ann, f"every day {at}", "UTC"))


def test_a_second_post_of_a_day_continues_the_thread_of_the_first(company: Company) -> None:
    keep(company, "every day 10:00", subject="first")
    keep(company, "every day 11:00", subject="second")
    run(company, NOW + HOUR)
    run(company, NOW + 2 * HOUR)
    with company.look() as db:
        rows = {row.key: row.thread_of for row in db.scalars(select(outbox.OutboxRow))}
    assert rows == {"test:first:2026-12-01": None, "test:second:2026-12-01": "test:first:2026-12-01"}


def test_a_person_has_two_messages_a_day(company: Company) -> None:
    for subject, at in (("one", "10:00"), ("two", "11:00"), ("three", "12:00")):
        to_ann(company, subject, at)
    run(company, NOW + 5 * HOUR)
    assert texts(company) == ["one of 2026-12-01", "two of 2026-12-01"]
    assert states(company, "three") == [("01 Dec", "skipped")]
    run(company, NOW + DAY + 5 * HOUR)
    assert len(texts(company)) == 4


def admit(company: Company, key: str, now: datetime, **more: object) -> datetime | None:
    with company.work(now=now) as db:
        options: dict[str, object] = {"beyond": "wait", "waits": True, **more}
        passed = budget.admit(db, key, budget.of_person(company.ann), "notice", product=company.product, **options)  # type: ignore[arg-type]
        return passed.at if passed else None


def test_what_may_wait_comes_in_the_persons_hours_on_the_next_day_with_room(company: Company) -> None:
    night = NOW.replace(hour=3)
    assert admit(company, "a", night) == NOW  # 09:00
    assert admit(company, "b", NOW) == NOW
    assert admit(company, "c", NOW) == NOW + DAY
    assert admit(company, "d", NOW + HOUR) == NOW + DAY
    assert admit(company, "e", NOW + HOUR) == NOW + 2 * DAY
    assert admit(company, "c", NOW + HOUR) == NOW + DAY  # the same key, the same answer


def test_what_may_not_wait_passes_besides(company: Company) -> None:
    for key in "abcd":
        assert admit(company, key, NOW, beyond="pass") == NOW
    with company.look() as db:
        counted = [one.counts for one in budget.spent(db, [budget.of_person(company.ann)], NOW - HOUR)]
    assert counted == [True, True, False, False]


def test_nobody_is_told_anything_on_a_holiday_or_while_away(company: Company) -> None:
    with company.work() as db:
        presence.add_absence(db, company.ann, date(2026, 12, 1), date(2026, 12, 4))
        presence.set_hours(db, company.ann, None, None, "DE")
    assert admit(company, "a", NOW) == datetime(2026, 12, 7, 9, tzinfo=UTC)
    assert admit(company, "b", datetime(2026, 12, 24, 18, tzinfo=UTC)) == datetime(2026, 12, 28, 9, tzinfo=UTC)


def test_a_notice_leaves_room_for_what_is_scheduled_later_that_day(company: Company) -> None:
    to_ann(company, "prompt", "15:00")
    assert admit(company, "a", NOW) == NOW
    assert admit(company, "b", NOW, later=True) == NOW + 6 * HOUR + timedelta(minutes=1), "when that has come"
    assert admit(company, "b", NOW) == NOW + DAY
    run(company, NOW + 6 * HOUR)
    assert texts(company) == ["prompt of 2026-12-01"]


def test_of_many_who_spend_at_once_two_get_through(company: Company) -> None:
    found = at_once(*[lambda n=n: admit(company, f"key {n}", NOW, beyond="skip") for n in range(6)])
    assert sum(at is not None for at in found) == 2

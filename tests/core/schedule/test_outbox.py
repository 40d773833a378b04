"""A message leaves once: put once, leased to one sender at a time, paced by place, and never lost on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Card, Reply, Text
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Delivery, Later, Never, Outcome, Sent, Unknown
from core.schedule.leases import ATTEMPTS
from core.schedule.outbox import LEASE, PATIENCE, RETENTION, Message, OutboxRow
from core.schedule.pacing import LEAD, PACE
from core.store.database import Database, Session
from tests.databases import NOW, at_once

T = TypeVar("T")

SLACK = Connection(Platform.SLACK, "T1")
ALL = frozenset(Platform)
RECONCILE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
REPLY = Reply(ok=True, seen_by="place", card=Card("Hello “<!channel>”", (Text("ü & 🙂"),)))


def message(place: str = "C1", connection: Connection = SLACK, **fields: Any) -> Message:
    made = Message(connection, Place(place, address={"channel": place}), None, None, REPLY)
    return replace(made, **fields)


class Office:
    """The outbox at chosen instants, each act in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def act(self, act: Callable[[Session], T], at: datetime = NOW) -> T:
        with self._database.transaction(write=True, now=at) as db:
            return act(db)

    def put(self, *keys: str, place: str = "C1", at: datetime = NOW, connection: Connection = SLACK) -> None:
        for key in keys:
            self.act(lambda db, key=key: outbox.put(db, key, message(place, connection)), at)  # type: ignore[misc]

    def lease(self, at: datetime = NOW, platforms: frozenset[Platform] = ALL, count: int = 20) -> list[Delivery]:
        return self.act(lambda db: leases.lease(db, platforms=platforms, reconcile=RECONCILE, count=count), at)

    def lease_one(self, at: datetime = NOW) -> Delivery:
        [found] = self.lease(at)
        return found

    def record(
        self, delivery: Delivery, outcome: Outcome, at: datetime = NOW, answered: datetime | None = None
    ) -> bool:
        came = Came(delivery, outcome, answered or at)
        return bool(self.act(lambda db: leases.record(db, [came], reconcile=RECONCILE), at))

    def row(self, key: str) -> tuple[str, int, str | None, str | None]:
        """State, attempts, reference, reason."""
        wanted = select(OutboxRow.state, OutboxRow.attempts, OutboxRow.ref, OutboxRow.why)
        found = self.act(lambda db: db.execute(wanted.where(OutboxRow.key == key)).one())
        return (found.state, found.attempts, found.ref, found.why)

    def waiting(self, at: datetime = NOW) -> bool:
        return self.act(lambda db: leases.waiting(db, ALL), at)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def keys(deliveries: list[Delivery]) -> list[str]:
    return [one.key for one in deliveries]


# ---- put ----


def test_a_message_that_is_put_twice_is_one(office: Office) -> None:
    office.put("a")
    office.act(lambda db: outbox.put(db, "a", message("C2")))
    first = office.lease_one()
    assert first.place.external_id == "C1"
    office.record(first, Sent("17.1"))
    office.put("a")
    assert office.row("a") == ("sent", 1, "17.1", None)
    assert office.lease(NOW + RECONCILE) == []


def test_two_who_put_the_same_at_once_put_one(office: Office) -> None:
    at_once(*[lambda: office.put("a")] * 4)
    assert keys(office.lease()) == ["a"]


def test_a_delivery_says_what_was_put(office: Office) -> None:
    ann = Speaker("U1", "ann")
    put = message(place="C9", only_for=ann, thread="17.0", asker=ann)
    office.act(lambda db: outbox.put(db, "a", put))
    found = office.lease_one()
    assert (found.connection, found.place, found.only_for) == (SLACK, put.place, ann)
    assert (found.thread, found.reply, found.asker, found.attempted) == ("17.0", REPLY, ann, None)


@pytest.mark.parametrize("asker", [Speaker("U1", "ann"), None])
def test_what_is_said_in_a_chat_whose_id_nobody_knows_leaves_too(office: Office, asker: Speaker | None) -> None:
    for key in ("a", "b"):
        put = Message(SLACK, Place("", PlaceKind.PRIVATE, address={"user": "U1"}), None, None, REPLY, asker)
        office.act(lambda db, key=key, put=put: outbox.put(db, key, put))  # type: ignore[misc]
    first = office.lease_one()
    assert first.key == "a"
    assert office.lease(NOW + SECOND) == [], "paced as one place"
    office.record(first, Sent("17.1"))
    assert keys(office.lease(NOW + SECOND)) == ["b"]


@pytest.mark.parametrize(
    ("seen_by", "kind", "private"),
    [
        ("you", PlaceKind.CHANNEL, True),
        ("place", PlaceKind.CHANNEL, False),
        ("you", PlaceKind.PRIVATE, False),
        ("you", PlaceKind.GROUP, True),
    ],
)
def test_a_late_reply_is_seen_by_whom_it_would_have_been_seen(
    office: Office, seen_by: str, kind: PlaceKind, private: bool
) -> None:
    ann = Speaker("U1", "ann")
    ask = Ask("1", SLACK, ann, Place("C1", kind), "help", NOW, thread="17.0")
    office.act(lambda db: outbox.put_reply(db, "a", ask, replace(REPLY, seen_by=seen_by)))
    found = office.lease_one()
    assert found.only_for == (ann if private else None)
    assert (found.thread, found.asker) == ("17.0", ann)


def test_what_is_rolled_back_is_never_sent(office: Office) -> None:
    def fail(db: Session) -> None:
        outbox.put(db, "a", message())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.act(fail)
    assert office.lease() == []
    assert not office.waiting()


# ---- lease ----


def test_replicas_that_lease_at_once_never_lease_the_same(office: Office) -> None:
    for n in range(40):
        office.put(f"m{n}", place=f"C{n}")
    leased = at_once(*[lambda: [one for _ in range(4) for one in office.lease(count=5)]] * 4)
    found = [one.key for part in leased for one in part]
    assert len(found) == len(set(found))
    rest = [one for _ in range(8) for one in office.lease(count=5)]
    assert sorted(found + keys(rest)) == sorted(f"m{n}" for n in range(40))


def test_replicas_that_lease_at_once_post_one_message_a_place(office: Office) -> None:
    office.put("a", "b", "c", "d", place="C1")
    leased = at_once(*[office.lease] * 4)
    assert [one.key for part in leased for one in part] == ["a"]


def test_a_place_is_posted_to_in_order_and_at_its_pace(office: Office) -> None:
    office.put("a", at=NOW - 3 * SECOND)
    office.put("b", at=NOW - 2 * SECOND)
    office.put("c", at=NOW - SECOND)
    pace = PACE[Platform.SLACK]
    office.record(office.lease_one(), Sent("1"))
    assert office.lease(NOW + pace - LEAD - timedelta(milliseconds=1)) == []
    [early] = office.lease(NOW + pace - LEAD)
    assert (early.key, early.moment) == ("b", NOW + pace)
    office.record(early, Sent("2"), NOW + pace)
    [late] = office.lease(NOW + 3 * pace)
    assert (late.key, late.moment) == ("c", NOW + 3 * pace)


def test_a_place_is_not_posted_to_while_its_last_message_is_under_way(office: Office) -> None:
    """However slow the machine or the platform is; and no other place waits for that."""
    office.put("a", "b", "c")
    office.put("elsewhere", place="C2", at=NOW + SECOND)
    sent = office.lease_one()
    assert keys(office.lease(NOW + 5 * SECOND)) == ["elsewhere"]
    assert not office.waiting(NOW + LEASE - SECOND)
    assert office.lease(NOW + LEASE - SECOND) == []
    office.record(sent, Sent("1"), NOW + LEASE - SECOND)
    assert keys(office.lease(NOW + LEASE)) == ["b"]


def test_a_place_whose_sender_died_goes_on_when_the_lease_runs_out(office: Office) -> None:
    office.put("a", "b")
    office.lease_one()
    assert not office.waiting(NOW + LEASE - SECOND)
    assert keys(office.lease(NOW + LEASE)) == ["b"]


def test_a_late_answer_ends_nobody_elses_claim(office: Office) -> None:
    office.put("a", "b", "c")
    late = office.lease_one()
    office.lease_one(NOW + LEASE)
    assert office.record(late, Sent("1"), NOW + LEASE + SECOND)
    assert office.lease(NOW + LEASE + 5 * SECOND) == []


def test_the_pace_of_a_place_counts_from_the_answer(office: Office) -> None:
    office.put("a")
    office.put("b", at=NOW + SECOND)
    [sent] = office.lease()
    answered = NOW + timedelta(milliseconds=400)
    office.record(sent, Sent("1"), answered + 3 * SECOND, answered=answered)  # written down when there was time
    assert office.lease(answered + PACE[Platform.SLACK] - LEAD - timedelta(milliseconds=1)) == []
    [following] = office.lease(answered + PACE[Platform.SLACK] - LEAD)
    assert following.moment == answered + PACE[Platform.SLACK]


def test_equal_places_of_two_teams_are_two_places(office: Office) -> None:
    office.put("a")
    office.put("b", connection=Connection(Platform.SLACK, "T2"))
    office.put("c", connection=Connection(Platform.TEAMS, "T1"))
    assert sorted(keys(office.lease())) == ["a", "b", "c"]


def test_many_messages_of_one_place_keep_no_other_waiting(office: Office) -> None:
    office.put(*[f"busy{n}" for n in range(30)], place="C1", at=NOW - SECOND)
    office.put("quiet", place="C2")
    assert keys(office.lease(count=20)) == ["busy0", "quiet"]


def test_resting_places_keep_no_other_waiting(office: Office) -> None:
    for n in range(5):
        office.put(f"first{n}", f"second{n}", place=f"C{n}", at=NOW - SECOND)
    assert len(office.lease(count=5)) == 5
    office.put("late", place="C9")
    assert keys(office.lease(count=5)) == ["late"]


def test_only_the_platforms_at_hand_are_leased(office: Office) -> None:
    office.put("a")
    office.put("b", connection=Connection(Platform.TEAMS, "T1"))
    assert keys(office.lease(platforms=frozenset({Platform.TEAMS}))) == ["b"]
    assert keys(office.lease(platforms=frozenset({Platform.SLACK}))) == ["a"]


def test_a_lease_that_ran_out_is_an_attempt_of_unknown_fate_and_left_alone_for_a_while(office: Office) -> None:
    office.put("a")
    first = office.lease_one()
    assert office.lease(NOW + LEASE) == []
    assert office.lease(NOW + RECONCILE - SECOND) == []
    again = office.lease_one(NOW + RECONCILE)
    assert (again.key, again.attempted) == ("a", NOW)
    assert again.token != first.token


# ---- record ----


def test_what_is_sent_stands_under_its_reference_and_is_not_leased_again(office: Office) -> None:
    office.put("a")
    assert office.record(office.lease_one(), Sent("17.1"))
    assert office.row("a") == ("sent", 1, "17.1", None)
    assert office.lease(NOW + timedelta(days=1)) == []


def test_an_old_token_changes_nothing(office: Office) -> None:
    office.put("a")
    first = office.lease_one()
    again = office.lease_one(NOW + RECONCILE)
    before = office.row("a")
    for outcome in (Sent("17.1"), Later(SECOND, "x"), Unknown("x"), Never("x")):
        assert not office.record(first, outcome, NOW + RECONCILE)
        assert office.row("a") == before
    assert office.record(again, Sent("17.2"), NOW + RECONCILE)


def test_what_is_recorded_once_is_not_recorded_again(office: Office) -> None:
    office.put("a")
    delivery = office.lease_one()
    office.record(delivery, Sent("17.1"))
    assert not office.record(delivery, Later(SECOND, "x"))
    assert office.row("a") == ("sent", 1, "17.1", None)


def test_later_waits_and_so_does_the_whole_place(office: Office) -> None:
    office.put("a", "b")
    office.put("elsewhere", place="C2", at=NOW + SECOND)
    wait = timedelta(seconds=30)
    delivery = office.lease_one()
    assert office.record(delivery, Later(wait, "429"))
    assert keys(office.lease(NOW + wait - SECOND)) == ["elsewhere"]
    again = office.lease_one(NOW + wait)
    assert (again.key, again.attempted) == ("a", None)  # it was certainly not sent


def test_a_shorter_pause_does_not_end_a_longer_one(office: Office) -> None:
    office.put("a", "b")
    first = office.lease_one()
    late = NOW + LEASE
    second = office.lease_one(late)
    office.record(first, Later(timedelta(seconds=60), "429"), late)
    office.record(second, Later(timedelta(seconds=5), "hiccup"), late)
    assert office.lease(late + timedelta(seconds=30)) == []
    assert len(office.lease(late + timedelta(seconds=62))) == 1


def test_an_unknown_fate_is_looked_for_no_sooner_than_told(office: Office) -> None:
    office.put("a")
    office.record(office.lease_one(), Unknown("time-out"), NOW + 10 * SECOND)
    assert office.row("a")[0] == "unknown"
    assert office.lease(NOW + RECONCILE) == []
    again = office.lease_one(NOW + RECONCILE + 10 * SECOND)
    assert again.attempted == NOW
    office.record(again, Later(SECOND, "could not be looked for"), NOW + 2 * RECONCILE)
    third = office.lease_one(NOW + 3 * RECONCILE)
    assert third.attempted == NOW  # nobody knows yet


def test_who_dies_while_looking_leaves_the_first_attempt_to_be_looked_for(office: Office) -> None:
    office.put("a")
    office.lease_one()  # sent, and died before it could say so
    late = NOW + timedelta(minutes=10)
    assert office.lease_one(late).attempted == NOW  # died again, while it looked
    assert office.lease(late + RECONCILE - SECOND) == []
    assert office.lease_one(late + RECONCILE).attempted == NOW


def test_a_place_that_refuses_for_good_ends_it(office: Office) -> None:
    office.put("a")
    office.record(office.lease_one(), Never("left channel"))
    assert office.row("a") == ("failed", 1, None, "left channel")
    assert office.lease(NOW + timedelta(days=1)) == []
    assert not office.waiting(NOW + timedelta(days=1))


def test_what_was_certainly_not_sent_is_tried_for_a_day(office: Office) -> None:
    office.put("a")
    at = NOW
    while at < NOW + PATIENCE:
        office.record(office.lease_one(at), Later(timedelta(minutes=30), "down"), at)
        at += timedelta(minutes=50)
    office.record(office.lease_one(at), Later(SECOND, "down"), at)
    assert office.row("a")[0] == "failed"


@pytest.mark.parametrize("outcome", [Unknown("time-out"), None])
def test_attempts_come_to_an_end(office: Office, outcome: Outcome | None) -> None:
    """Also where the process dies each time before it records anything."""
    office.put("a")
    at = NOW
    for _ in range(ATTEMPTS):
        delivery = office.lease_one(at)
        if outcome:
            office.record(delivery, outcome, at)
        at += 2 * RECONCILE
    assert office.lease(at) == []
    state, attempts, _, why = office.row("a")
    assert (state, attempts) == ("failed", ATTEMPTS)
    assert why
    assert not office.waiting(at)


def test_somebody_waits_only_while_something_is_due(office: Office) -> None:
    assert not office.waiting()
    office.put("a")
    assert not office.waiting(NOW - SECOND)
    assert office.waiting()
    delivery = office.lease_one()
    assert not office.waiting()
    office.record(delivery, Later(timedelta(minutes=1), "429"))
    assert not office.waiting()
    assert office.waiting(NOW + timedelta(minutes=1))


def test_old_messages_are_forgotten_and_waiting_ones_are_not(office: Office) -> None:
    office.put("sent", place="C1")
    office.put("failed", place="C2")
    for delivery in office.lease():
        office.record(delivery, Sent("1") if delivery.key == "sent" else Never("x"))
    office.put("stuck", place="C3")
    assert office.act(outbox.prune, NOW + RETENTION) == 0
    assert office.act(outbox.prune, NOW + RETENTION + SECOND) == 2
    assert office.act(lambda db: db.scalar(select(func.count()).select_from(OutboxRow))) == 1
    assert office.row("stuck")[0] == "waiting"

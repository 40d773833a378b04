"""The way of an ask: once however often it comes, whole or not at all, and answered on exactly one way."""

import logging
import multiprocessing
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url, text

from core.chat.ask import Ask
from core.chat.card import REPLY, Card, File, Picture, Reply
from core.commands.again import TRIES
from core.commands.call import Call
from core.commands.dispatch import Steward
from core.commands.later import Later
from core.commands.refused import Refused
from core.commands.registry import Registry, Said, command
from core.commands.ride import EVERYTHING, NOTHING, Ride
from core.product import backlog
from core.product.items import Item
from core.schedule.outbox import MESSAGE
from core.store.database import Database
from tests.core.commands.talk import TERMINAL, Beneath, Talk, count_of, read, rows, title
from tests.databases import SERVER, at_once

YOU = frozenset({"you"})


@pytest.fixture
def below(database: Database) -> Beneath:
    return Beneath(database)


def posted(below: Beneath) -> list[tuple[str, Reply]]:
    """The key and reply of every message in the outbox."""
    found = below.run("SELECT key, workspace_id, message FROM outbox ORDER BY key")
    homes = {home for (home,) in below.run("SELECT id FROM workspaces")}
    assert all(home in homes for _, home, _ in found)
    return [(key, MESSAGE.validate_json(message).reply) for key, _, message in found]


def saying(database: Database, handler: Callable[[Call], Said], *, writes: bool = True) -> Talk:
    """A talk in which `try it` runs the handler."""
    registry = Registry()

    def named(call: Call) -> Said:
        """Try it."""
        return handler(call)

    command("try it", example="try it", writes=writes, registry=registry)(named)
    return Talk(database, TERMINAL, Steward(database, registry))


# ---- once ----


def test_the_same_ask_twice_writes_once_and_gives_the_same_reply(talk: Talk, below: Beneath) -> None:
    ask = talk.ask("ann", "#app", "backlog add Only once", id="event-1")
    first = talk.answer(ask)
    before = below.rows()
    assert talk.answer(ask) == first
    assert talk.answer(replace(ask, text="backlog add Something else")) == first
    assert below.rows() == before
    assert talk.answer(replace(ask, id="event-2")) != first


def test_a_refused_ask_keeps_its_refusal(talk: Talk) -> None:
    first = talk.say("ann", "#app", "backlog start APP-1", id="event-1", kept=True)
    assert first.refused == "APP-1 is not in Acme app."
    talk.done("ann", "#app", "backlog add Now it is there")
    assert talk.say("ann", "#app", "backlog start APP-1", id="event-1", kept=True) == first
    assert talk.say("ann", "#app", "backlog start APP-1", id="event-2").ok


def test_what_was_refused_in_a_form_may_be_submitted_again(talk: Talk) -> None:
    assert not talk.say("ann", "#app", "backlog start APP-1", id="view-1").ok
    talk.done("ann", "#app", "backlog add Now it is there")
    assert talk.say("ann", "#app", "backlog start APP-1", id="view-1").ok


def test_the_same_ask_at_the_same_time_writes_once_and_both_get_the_reply(talk: Talk, below: Beneath) -> None:
    for n in range(5):
        ask = talk.ask("ann", "#app", f"backlog add Number {n}", id=f"event-{n}")
        replies = at_once(*[lambda ask=ask: talk.answer(ask)] * 3)  # type: ignore[misc]
        assert len({title(reply) for reply in replies}) == 1
    assert below.run("SELECT count(*) FROM items") == [(5,)]
    assert below.run("SELECT count(*) FROM asks WHERE id LIKE '%event-%' AND state = 'done'") == [(5,)]


def test_the_same_refused_ask_at_the_same_time_gets_the_same_refusal(talk: Talk, below: Beneath) -> None:
    ask = talk.ask("ann", "#app", "backlog start APP-9", id="event-1", kept=True)
    replies = at_once(*[lambda: talk.answer(ask)] * 3)
    assert {reply.refused for reply in replies} == {"APP-9 is not in Acme app."}
    assert below.run("SELECT count(*) FROM asks WHERE id LIKE '%event-1'") == [(1,)]


def _say_all(url: str, barrier: Any, asks: list[Ask]) -> list[str]:
    database = Database(url)
    steward = Steward(database)
    replies = []
    for ask in asks:
        barrier.wait(60)
        replies.append(REPLY.dump_json(steward.answer(ask)).decode())  # type: ignore[arg-type]
    database.close()
    return replies


def test_two_processes_with_the_same_asks_write_once_and_answer_the_same(talk: Talk, below: Beneath) -> None:
    if below.sqlite:
        pytest.skip("SQLite is for one process")
    url = talk.database.url.render_as_string(hide_password=False)
    asks = [talk.ask("ann", "#app", f"backlog add Number {n}", id=f"event-{n}") for n in range(12)]
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager, ProcessPoolExecutor(2, spawn) as pool:
        barrier = manager.Barrier(2)
        one, other = [job.result(60) for job in [pool.submit(_say_all, url, barrier, asks) for _ in range(2)]]
    assert one == other
    assert below.run("SELECT count(*) FROM items") == [(12,)]


def test_a_read_writes_no_ask(talk: Talk, below: Beneath) -> None:
    before = below.rows()
    for line in ("help", "backlog list", "backlog search x", "team list", "history", "product show", "xyzzy", ""):
        talk.say("bob", "#app", line)
    assert below.rows() == before


def test_a_read_that_came_as_an_event_is_kept_like_any_other(talk: Talk, below: Beneath) -> None:
    talk.say("bob", "#app", "backlog list", id="event-1", kept=True)
    assert below.run("SELECT state FROM asks WHERE id LIKE '%event-1'") == [("done",)]


# ---- accepted, and worked on later ----


@pytest.mark.parametrize(
    "line", ["backlog add Said to the bot", "backlog list", "backlog start APP-9", "xyzzy", "setup"]
)
def test_an_accepted_ask_is_answered_once_through_the_outbox(talk: Talk, below: Beneath, line: str) -> None:
    expected = talk.say("ann", "#app", line)
    ask = talk.ask("ann", "#app", line, id="event-1", kept=True)
    assert talk.steward.accept(ask)
    assert not talk.steward.accept(ask)
    assert below.run("SELECT state FROM asks WHERE id LIKE '%event-1'") == [("accepted",)]
    talk.steward.work(ask)
    [(key, reply)] = posted(below)
    assert key == "terminal:local:event-1"
    # said twice, it is like itself, and that is told behind it
    assert read(reply).replace("APP-2 added", "APP-1 added").startswith(read(expected))
    before = below.rows()
    talk.steward.work(ask)
    assert not talk.steward.accept(ask)
    assert talk.steward.answer(ask) is None, "its reply stands in the outbox"
    assert below.rows() == before


def test_two_who_work_on_the_same_accepted_ask_answer_once(talk: Talk, below: Beneath) -> None:
    for n in range(5):
        ask = talk.ask("ann", "#app", f"backlog add Number {n}", id=f"event-{n}", kept=True)
        talk.steward.accept(ask)
        at_once(*[lambda ask=ask: talk.steward.work(ask)] * 2)  # type: ignore[misc]
    assert len(posted(below)) == 5
    assert below.run("SELECT count(*) FROM items") == [(5,)]


# ---- riding, or following ----


def test_a_reply_that_may_not_ride_follows_once(talk: Talk, below: Beneath) -> None:
    ask = talk.ask("ann", "#app", "backlog add For all to see", id="event-1")
    assert talk.steward.answer(ask, Ride(YOU)) is None
    [(_, reply)] = posted(below)
    assert title(reply) == "APP-1 added: For all to see"
    assert talk.steward.answer(ask, Ride(YOU)) is None
    assert talk.steward.answer(ask, Ride(EVERYTHING)) is None
    assert len(posted(below)) == 1


@pytest.mark.parametrize("line", ["backlog list", "backlog start APP-9", "xyzzy"])
def test_a_reply_to_the_asker_rides_where_that_is_allowed(talk: Talk, below: Beneath, line: str) -> None:
    assert talk.steward.answer(talk.ask("ann", "#app", line), Ride(YOU)) is not None
    assert posted(below) == []
    assert talk.steward.answer(talk.ask("ann", "#app", line), Ride(NOTHING)) is None
    assert len(posted(below)) == 1


@pytest.mark.parametrize(
    ("card", "rides", "expected"),
    [
        (Card("t"), {"you"}, True),
        (Card("t", (Picture("9f", "A chart"),)), {"you"}, False),
        (Card("t", (Picture("9f", "A chart"),)), {"you", "pictures"}, True),
        (Card("t", (File("a", "text/csv", "a"),)), {"you", "pictures"}, False),
        (Card("t", (File("a", "text/csv", "a"),)), EVERYTHING, True),
    ],
)
def test_a_picture_or_a_file_rides_only_where_the_response_can_hold_it(
    card: Card, rides: frozenset[str], expected: bool
) -> None:
    assert Ride(frozenset(rides)).settle(Reply(True, card=card)) is expected


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("how", ["done", "refused"])
def test_a_reply_that_comes_too_late_follows_exactly_once(talk: Talk, below: Beneath, how: str, writes: bool) -> None:
    ride = Ride(EVERYTHING)

    def slow(call: Call) -> Said:
        assert ride.give_up(), "time is up while it is being worked on"
        if how == "refused":
            raise Refused("Not today.", "try it")
        return Card("Done at last")

    late = saying(talk.database, slow, writes=writes)
    assert late.steward.answer(late.ask("ann", "#app", "try it", id="event-1"), ride) is None
    [(_, reply)] = posted(below)
    assert read(reply).startswith("Done at last" if how == "done" else "Not today.")


def test_a_reply_that_is_settled_rides_although_time_is_up(talk: Talk, below: Beneath) -> None:
    ride = Ride(EVERYTHING)
    reply = talk.steward.answer(talk.ask("ann", "#app", "backlog add In time"), ride)
    assert reply is not None
    assert not ride.give_up()
    assert posted(below) == []


def test_what_is_in_the_outbox_already_is_not_said_to_follow(talk: Talk) -> None:
    ride = Ride(YOU)
    assert talk.steward.answer(talk.ask("ann", "#app", "backlog add For all to see"), ride) is None
    assert ride.posted is not None
    assert title(ride.posted) == "APP-1 added: For all to see"
    assert not ride.give_up()


def test_who_was_told_to_wait_is_told_nothing_else(talk: Talk) -> None:
    ride = Ride(YOU)
    assert ride.give_up()
    assert talk.steward.answer(talk.ask("ann", "#app", "backlog add For all to see"), ride) is None
    assert ride.posted is None


@pytest.mark.parametrize("meanwhile", [Card("Importing …"), None])
def test_a_job_that_says_something_meanwhile_has_answered(talk: Talk, meanwhile: Card | None) -> None:
    ride = Ride(EVERYTHING)
    slow = saying(talk.database, lambda call: Later("import", {}, meanwhile))
    begun: list[str] = []
    slow.steward.begun = begun.append
    assert slow.steward.answer(slow.ask("ann", "#app", "try it", id="event-1"), ride) is None
    assert len(begun) == 1
    assert ride.posted == (Reply(True, "place", meanwhile) if meanwhile else None)


# ---- what goes wrong ----


@pytest.mark.parametrize("writes", [True, False])
def test_a_fault_is_told_by_its_ref_and_logged_with_its_traceback(
    talk: Talk, database: Database, caplog: pytest.LogCaptureFixture, writes: bool
) -> None:
    def broken(call: Call) -> Said:
        if writes:
            backlog.add(call.db, call.product.id, ["Half"])
        raise ZeroDivisionError("secret detail")

    broken_talk = saying(database, broken, writes=writes)
    before = rows(database, frozenset({"asks"}))
    with caplog.at_level(logging.ERROR, "steward"):
        reply = broken_talk.say("ann", "#app", "try it", id="event-1", kept=True)
    found = re.fullmatch(r"Something went wrong \(ref ([0-9a-f]{8})\)\.", reply.refused)
    assert found
    [record] = caplog.records
    assert record.getMessage() == f"ref {found[1]}: try it in terminal", "the command, and nothing of what was written"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)
    assert not re.search("Traceback|ZeroDivision|secret", REPLY.dump_json(reply).decode())
    assert (reply.seen_by, reply.try_) == ("you", "try it")
    assert rows(database, frozenset({"asks"})) == before
    if writes:
        assert broken_talk.say("ann", "#app", "try it", id="event-1", kept=True) == reply, (
            "a repeat does not try once more"
        )


def failing(times: int, fail: Callable[[Call], None]) -> tuple[Callable[[Call], Said], list[int]]:
    """A handler that adds an item and then fails for the first `times`; and a list that grows with each call."""
    calls: list[int] = []

    def handler(call: Call) -> Said:
        calls.append(len(calls))
        [item] = backlog.add(call.db, call.product.id, [f"Try {len(calls)}"])
        if len(calls) <= times:
            fail(call)
        return Card(item.title)

    return handler, calls


def take_a_taken_rank(call: Call) -> None:
    one, *_, last = call.db.scalars(backlog.select(Item).order_by(Item.rank))
    last.rank = one.rank
    call.db.flush()


@pytest.mark.parametrize("times", [1, TRIES - 1, TRIES])
def test_a_taken_rank_is_tried_again_three_times(talk: Talk, below: Beneath, times: int) -> None:
    talk.done("ann", "#app", "backlog add There first")
    handler, calls = failing(times, take_a_taken_rank)
    trying = saying(talk.database, handler)
    reply = trying.say("ann", "#app", "try it")
    if times < TRIES:
        assert title(reply) == f"Try {times + 1}"
        assert len(calls) == times + 1
    else:
        assert reply.refused.startswith("Something went wrong")
        assert len(calls) == TRIES
    assert below.run("SELECT count(*) FROM items") == [(2 if times < TRIES else 1,)]


@pytest.mark.parametrize(("state", "again"), [("40001", True), ("40P01", True), ("22012", False)])
def test_only_what_may_pass_is_tried_again(talk: Talk, below: Beneath, state: str, again: bool) -> None:
    if below.sqlite:
        pytest.skip("PostgreSQL's own errors")

    def fail(call: Call) -> None:
        call.db.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"))

    handler, calls = failing(2, fail)
    reply = saying(talk.database, handler).say("ann", "#app", "try it")
    assert len(calls) == (3 if again else 1)
    assert reply.ok is again


# ---- the same, with two connections that really meet ----


@contextmanager
def other(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A second connection to PostgreSQL, in a transaction of its own."""
    url = make_url(SERVER).set(drivername="postgresql", database=database.url.database)
    with closing(psycopg.connect(url.render_as_string(hide_password=False))) as connection:
        yield connection


@contextmanager
def listening(database: Database, to: str, listener: Callable[..., None]) -> Iterator[None]:
    """Meanwhile the application's connections, all of them new, have a listener."""
    database.engine.dispose()
    event.listen(database.engine, to, listener)
    yield
    event.remove(database.engine, to, listener)
    database.engine.dispose()


@contextmanager
def errors(database: Database) -> Iterator[list[str]]:
    """The errors that the application's own connections meet meanwhile, by name."""
    found: list[str] = []
    with listening(database, "handle_error", lambda context: found.append(type(context.original_exception).__name__)):
        yield found


def until_it_waits(below: Beneath) -> None:
    """Return once a connection of the application waits for a lock."""
    never = Event()
    for _ in range(1000):
        if below.run("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"):
            return
        never.wait(0.01)
    raise AssertionError("nobody waits")


def test_a_deadlock_is_not_told_to_anybody(staged: Talk, below: Beneath) -> None:
    if below.sqlite:
        pytest.skip("SQLite has one writer at a time")
    with errors(staged.database) as met, other(staged.database) as second, ThreadPoolExecutor(1) as pool:
        second.execute("UPDATE items SET value = 1 WHERE number = 8")
        moving = pool.submit(staged.say, "ann", "#app", "backlog move APP-8 top")
        until_it_waits(below)
        second.execute("SELECT counter FROM products FOR UPDATE")  # which the move holds already
        second.commit()
        assert title(moving.result(30)) == "APP-8 Thing 8: moved to the top"
    assert met == ["DeadlockDetected"]


def test_a_serialisation_failure_is_not_told_to_anybody(staged: Talk, below: Beneath) -> None:
    if below.sqlite:
        pytest.skip("SQLite has one writer at a time")

    def strict(connection: Any, _record: Any) -> None:
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.commit()

    stricter = listening(staged.database, "connect", strict)
    with stricter, errors(staged.database) as met, other(staged.database) as second, ThreadPoolExecutor(1) as pool:
        second.execute("UPDATE products SET counter = counter + 1")
        adding = pool.submit(staged.say, "ann", "#app", "backlog add Between")
        until_it_waits(below)
        second.commit()
        assert title(adding.result(30)) == "APP-10 added: Between"
    assert met == ["SerializationFailure"]


def test_a_file_that_somebody_else_writes_to_is_waited_for(staged: Talk, below: Beneath) -> None:
    if not below.sqlite:
        pytest.skip("a file of SQLite")

    def impatient(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout = 10")

    with closing(sqlite3.connect(str(staged.database.url.database), isolation_level=None)) as second:
        second.execute("BEGIN IMMEDIATE")
        let_go = listening(staged.database, "handle_error", lambda _context: second.rollback())
        with listening(staged.database, "connect", impatient), errors(staged.database) as met, let_go:
            assert title(staged.say("ann", "#app", "backlog add After that")) == "APP-9 added: After that"
    assert met == ["OperationalError"]


def test_a_change_its_history_its_ask_and_its_message_are_kept_together(talk: Talk, database: Database) -> None:
    ask = talk.ask("ann", "#app", "backlog add Whole or not at all", id="event-1")
    talk.steward.answer(ask, Ride(NOTHING))
    tables = ("items", "changes", "outbox")
    assert [count_of(database, table) > 0 for table in tables] == [True] * 3
    assert count_of(database, "operations", "label = ?", "backlog add") == 1
    assert count_of(database, "asks", "id = ? AND reply IS NOT NULL", "terminal:local:event-1") == 1

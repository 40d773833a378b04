"""Outbox, worker and sender together, against a Slack that loses answers: what is said unasked stands there once."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.desk import FrontDesk
from bot.slack.send import SlackSender
from bot.worker import Worker
from core.chat.ask import Connection, Place, Platform
from core.chat.card import Card
from core.commands import assemble
from core.schedule import outbox
from core.schedule.outbox import LEASE, OutboxRow
from core.schedule.recipients import Recipient
from core.store.database import Database
from tests.slack_stand_in import SlackStandIn

APP = Recipient(Connection(Platform.SLACK, "T1"), Place("C1", name="app"))


class Clock:
    """Runs an hour ahead with each look, so that nothing rests for long."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC)

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=2)
        return self._at


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def worker(database: Database, slack: SlackStandIn) -> AsyncIterator[Worker]:
    clock = Clock()
    sender = SlackSender("xoxb-1", base_url=slack.base_url, timeout=2)
    made = Worker(database, {Platform.SLACK: sender}, clock, timedelta(0))
    desk = FrontDesk(assemble(database), made.put)
    made.start(desk)
    yield made
    await desk.close()
    await made.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


def say(database: Database, key: str, text: str, **how: str) -> None:
    with database.transaction(write=True, now=datetime.now(UTC)) as db:
        outbox.post(db, key, APP, Card(text), **how)


async def test_a_thread_and_its_edits_stand_there_once_though_answers_are_lost(
    database: Database, slack: SlackStandIn, worker: Worker
) -> None:
    slack.fail("chat.postMessage", drop="after")
    say(database, "day", "Stand-up, 0 of 2")
    say(database, "ann", "Ann: all well", thread_of="day")
    worker.put()
    await until(lambda: len(slack.messages) == 2)
    slack.fail("chat.update", drop="after")
    say(database, "day:1", "Stand-up, 1 of 2", replaces="day")
    say(database, "bob", "Bob: all well", thread_of="day")
    worker.put()
    await until(lambda: len(slack.messages) == 3 and slack.messages[0]["text"] == "Stand-up, 1 of 2")
    say(database, "day:2", "Stand-up, 2 of 2", replaces="day")
    worker.put()
    await until(lambda: slack.messages[0]["text"] == "Stand-up, 2 of 2")
    first, ann, bob = slack.messages
    assert (ann["thread_ts"], bob["thread_ts"]) == (first["ts"], first["ts"])
    assert {one["text"] for one in (ann, bob)} == {"Ann: all well", "Bob: all well"}
    assert first["metadata"]["event_payload"] == {"key": "day"}


class Asleep:
    """A clock of a process that is put to sleep once, right after it took a lease."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at = datetime.now(UTC)
        self.slept = False

    def __call__(self) -> datetime:
        if not self.slept:
            with self._database.transaction(write=False, now=self._at) as db:
                self.slept = db.scalar(select(OutboxRow.key).where(OutboxRow.state == "leased")) is not None
            self._at += LEASE if self.slept else timedelta(0)
        self._at += timedelta(milliseconds=100)
        return self._at


async def test_what_wakes_up_after_its_lease_ran_out_sends_nothing_and_leases_again(
    database: Database, slack: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """Another may have posted it by now."""
    clock = Asleep(database)
    worker = Worker(database, {Platform.SLACK: SlackSender("xoxb-1", slack.base_url)}, clock, timedelta(0))
    desk = FrontDesk(assemble(database), worker.put)
    say(database, "one", "Hello")
    worker.start(desk)
    await until(lambda: slack.messages)
    await desk.close()
    await worker.close()
    assert clock.slept
    assert "the lease ran out before sending" in caplog.text
    assert [one["text"] for one in slack.messages] == ["Hello"]


async def test_a_round_under_way_at_the_end_is_finished_and_no_error_is_told(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, finished = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        begun.set()
        time.sleep(0.2)
        finished.set()

    monkeypatch.setattr("bot.worker.catch_up", slow)
    await until(begun.is_set)
    worker.stop_ticking()
    await worker.close()
    assert finished.is_set()
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.parametrize("endless", [120, -1])
async def test_a_round_that_outlasts_its_ticks_is_no_trouble_unless_it_never_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, endless: int
) -> None:
    caplog.set_level("INFO", "apscheduler")  # which `steward serve`, begun by another test, may have made silent
    monkeypatch.setattr("bot.worker.EMBED_EVERY", 0.05)
    monkeypatch.setattr("bot.worker.ENDLESS", endless)
    held, calls = threading.Event(), []
    monkeypatch.setattr("bot.worker.catch_up", lambda *_: (calls.append(1), held.wait(30)))
    made = Worker(database, {}, Clock(), timedelta(0))
    desk = FrontDesk(assemble(database), made.put)
    made.start(desk)
    try:
        ticks = 'Running job "_embed'
        await until(lambda: sum(ticks in one.getMessage() for one in caplog.records) > 4)
        assert calls == [1]
    finally:
        held.set()
        await desk.close()
        await made.close()
    told = [one.getMessage() for one in caplog.records if one.levelname in ("WARNING", "ERROR")]
    assert set(told) == (set() if endless > 0 else {"embed has not ended for -1 s"})

"""Slow work after the commit: to its end before a terminal's answer, behind everything else on a server, and on from
where it stood after a crash."""

from collections.abc import Callable

import pytest

from core.chat.card import Card
from core.commands.call import Call
from core.commands.dispatch import LEFT_BEHIND, Steward
from core.commands.later import JOBS, Later, Work
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Registry, Said, command
from core.product import backlog
from core.store import jobs
from core.store.database import Database
from tests.core.commands.talk import Talk, count_of, read
from tests.databases import NOW

SAID = Card("Adding three items …")


def adding(call: Call) -> Said:
    """Add three items, one after the other."""
    return Later("three", {"mark": call.rest() or "Item"}, SAID)


def _add(call: Call, mark: str, n: int) -> None:
    backlog.add(call.db, call.product.id, [f"{mark} {n}"])


def working(talk: Talk, run: Callable[[Work], Said], monkeypatch: pytest.MonkeyPatch) -> Talk:
    """The same talk where `add three` leaves this job behind."""
    registry = Registry()
    for known in REGISTRY.commands.values():
        registry.add(known, REGISTRY.handler(known))
    command("add three MARK", example="add three Apple", registry=registry)(adding)
    monkeypatch.setitem(JOBS, "three", run)
    return Talk(talk.database, talk.connection, Steward(talk.database, registry))


def three(work: Work) -> Card:
    for n in range(work.kept.get("done", 0), 3):

        def act(call: Call, n: int = n) -> None:
            _add(call, work.args["mark"], n)
            work.kept["done"] = n + 1

        work.step(act)
    return Card("Three items added")


class Killed(BaseException):
    """As a process ends: nothing catches it."""


def killed_once(at: int) -> Callable[[Work], Card]:
    """The job, ended from outside while its step number `at` stands open."""
    alive = False

    def run(work: Work) -> Card:
        nonlocal alive
        if alive:
            return three(work)
        alive = True
        for n in range(at):
            work.step(lambda call, n=n: (_add(call, work.args["mark"], n), work.kept.update(done=n + 1)))

        def cut_short(call: Call) -> None:
            _add(call, "Never", 0)
            raise Killed

        work.step(cut_short)
        raise AssertionError

    return run


def titles(talk: Talk) -> list[str]:
    reply = talk.say("ann", "#app", "backlog list")
    return [line.split(" ", 1)[1] for line in read(reply).splitlines() if line.startswith("APP-")]


def test_in_a_terminal_the_work_is_done_before_the_answer(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = working(talk, three, monkeypatch)
    ask = talk.ask("ann", "#app", "add three Apple")
    reply = talk.answer(ask)
    assert (read(reply), reply.seen_by) == ("Three items added", "place")
    assert titles(talk) == ["Apple 0", "Apple 1", "Apple 2"]
    assert talk.answer(ask) == reply
    assert len(titles(talk)) == 3


def test_all_steps_are_one_operation(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = working(talk, three, monkeypatch)
    talk.done("ann", "#app", "add three Apple")
    assert "removed" in talk.done("ann", "#app", "undo")
    assert titles(talk) == []
    talk.done("ann", "#app", "redo")
    assert len(titles(talk)) == 3


@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_a_crash_broke_off_goes_on_when_the_same_ask_comes_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    talk = working(talk, killed_once(at), monkeypatch)
    ask = talk.ask("ann", "#app", "add three Apple")
    with pytest.raises(Killed):
        talk.answer(ask)
    assert len(titles(talk)) == at
    assert read(talk.answer(ask)) == "Three items added"
    assert titles(talk) == ["Apple 0", "Apple 1", "Apple 2"]
    talk.done("ann", "#app", "undo")
    assert titles(talk) == []


def test_what_a_crash_broke_off_is_found_once_it_has_been_left_alone(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = working(talk, killed_once(1), monkeypatch)
    with pytest.raises(Killed):
        talk.answer(talk.ask("ann", "#app", "add three Apple"))
    platforms = [talk.connection.platform]
    assert talk.steward.resume(platforms, NOW + jobs.LEASE) == []
    later = NOW + jobs.LEASE + LEFT_BEHIND
    [key] = talk.steward.resume(platforms, later)
    reply = talk.steward.carry_out(key, lambda: later)
    assert reply is not None
    assert read(reply) == "Three items added"
    assert len(titles(talk)) == 3
    assert talk.steward.resume(platforms, later + jobs.LEASE * 9) == []


def test_a_server_says_something_at_once_and_the_answer_when_it_is_there(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = working(talk, three, monkeypatch)
    told: list[str] = []
    talk.steward.begun = told.append
    ask = talk.ask("ann", "#app", "add three Apple", id="event-1")
    assert talk.steward.answer(ask) is None
    assert told == ["terminal:local:event-1"]
    assert count_of(talk.database, "outbox", "message LIKE ?", "%Adding three items%") == 1
    assert titles(talk) == []
    reply = talk.steward.carry_out(told[0], lambda: NOW)
    assert reply is not None
    assert read(reply) == "Three items added"
    assert talk.steward.carry_out(told[0], lambda: NOW) is None
    assert talk.steward.answer(ask) is None  # a redelivery is not answered twice
    assert len(titles(talk)) == 3
    assert count_of(talk.database, "outbox") == 2


def test_who_lost_the_job_to_another_writes_nothing_more(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(work: Work) -> Card:
        with talk.database.transaction(write=True, now=NOW) as db:
            assert jobs.take(db, "terminal:local:event-1", whoever=True) is not None
        work.step(lambda call: _add(call, "Never", 0))
        raise AssertionError

    talk = working(talk, overtaken, monkeypatch)
    assert talk.steward.answer(talk.ask("ann", "#app", "add three Apple", id="event-1")) is None
    assert titles(talk) == []


def test_a_process_that_ends_leaves_the_job_to_the_next(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def told_to_stop(work: Work) -> Card:
        if "done" not in work.kept:
            work.step(lambda call: (_add(call, "Apple", 0), work.kept.update(done=1)))
            talk.steward.stopping.set()
        return three(work)

    talk = working(talk, told_to_stop, monkeypatch)
    assert talk.steward.answer(talk.ask("ann", "#app", "add three Apple")) is None
    assert titles(talk) == ["Apple 0"]
    talk.steward.stopping.clear()
    [key] = talk.steward.resume([talk.connection.platform], NOW + LEFT_BEHIND)
    talk.steward.carry_out(key, lambda: NOW)
    assert titles(talk) == ["Apple 0", "Apple 1", "Apple 2"]


def test_a_job_may_refuse(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(work: Work) -> Card:
        raise Refused("The file is gone.", "import")

    talk = working(talk, refuses, monkeypatch)
    reply = talk.say("ann", "#app", "add three Apple")
    assert (reply.ok, reply.refused, reply.try_, reply.seen_by) == (False, "The file is gone.", "import", "you")


def test_a_job_that_fails_is_told_by_a_reference(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(work: Work) -> Card:
        raise ZeroDivisionError

    talk = working(talk, fails, monkeypatch)
    ask = talk.ask("ann", "#app", "add three Apple")
    reply = talk.answer(ask)
    assert reply.refused.startswith("Something went wrong (ref ")
    assert talk.answer(ask) == reply


def test_a_job_that_always_ends_its_process_is_given_up(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(work: Work) -> Card:
        raise Killed

    talk = working(talk, dies, monkeypatch)
    ask = talk.ask("ann", "#app", "add three Apple")
    for _ in range(jobs.TRIES):
        with pytest.raises(Killed):
            talk.answer(ask)
    assert talk.answer(ask).refused.startswith("Something went wrong")


def test_what_a_job_was_about_is_forgotten_when_it_is_done(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = working(talk, three, monkeypatch)
    talk.done("ann", "#app", "add three Apple")
    assert count_of(talk.database, "jobs", "ask = '' AND args = '{}' AND state = 'done'") == 1


def test_old_jobs_are_forgotten(database: Database, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = working(talk, three, monkeypatch)
    talk.done("ann", "#app", "add three Apple")
    for days, gone in ((jobs.RETENTION, 0), (jobs.RETENTION * 2, 1)):
        with database.transaction(write=True, now=NOW + days) as db:
            assert jobs.prune(db) == gone

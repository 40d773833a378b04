"""An ask is worked on once, however often and wherever it arrives; a repeat is given the kept reply."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Button, Card, Items, Line, Quote, Reply
from core.store import asks
from core.store.asks import AskRow
from core.store.database import Database, Session
from tests.databases import NOW, at_once

REPLY = Reply(
    ok=True,
    seen_by="place",
    card=Card(
        "Added APP-1", (Items((Line("APP-1", "“Login” & <!channel>"),)), Quote("ü\n🙂")), (Button("Undo", "undo"),)
    ),
)


def ask(ask_id: str = "C1:17.1", **fields: Any) -> Ask:
    made = Ask(
        id=ask_id,
        connection=Connection(Platform.SLACK, "T1"),
        speaker=Speaker("U1", "ann"),
        place=Place("C1", PlaceKind.CHANNEL, "app", {"channel": "C1"}),
        text="backlog add “Login”",
        at=NOW,
        mentions={"U2": "bob"},
        thread="17.0",
        kept=True,
    )
    return replace(made, **fields)


def fails_after(database: Database, act: Callable[[Session, Ask], bool]) -> None:
    """Claim or take the ask in a transaction that fails."""

    def fail() -> None:
        with database.transaction(write=True, now=NOW) as db:
            assert act(db, ask())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_two_at_once_claim_once_and_both_have_the_reply(database: Database) -> None:
    """The one that loses waits for the other's commit, and so never finds an ask without its reply."""
    claimed = Event()

    def one() -> tuple[bool, Reply | None]:
        with database.transaction(write=True, now=NOW) as db:
            if not asks.claim(db, ask()):
                assert claimed.is_set()
                found = asks.known(db, ask())
                return False, found.reply if found else None
            claimed.set()
            asks.finish(db, ask(), REPLY)
        return True, REPLY

    answers = at_once(*[one] * 6)
    assert sorted(won for won, _ in answers) == [False] * 5 + [True]
    assert {reply for _, reply in answers} == {REPLY}


def test_a_claim_that_is_rolled_back_leaves_the_ask_to_the_next(database: Database) -> None:
    fails_after(database, asks.claim)
    with database.transaction(write=True, now=NOW) as db:
        assert asks.known(db, ask()) is None
        assert asks.claim(db, ask())


@pytest.mark.parametrize(
    "other",
    [
        {"id": "C1:17.2"},
        {"connection": Connection(Platform.SLACK, "T2")},
        {"connection": Connection(Platform.TEAMS, "T1")},
    ],
)
def test_asks_of_other_places_are_other_asks(database: Database, other: Mapping[str, Any]) -> None:
    with database.transaction(write=True, now=NOW) as db:
        assert asks.claim(db, ask())
        assert asks.claim(db, replace(ask(), **other))


def test_an_accepted_ask_comes_back_as_it_was_said(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        assert asks.accept(db, ask(values={"title": "ü", "labels": ["a", "b"], "count": 2}))
        assert not asks.accept(db, ask())
        assert not asks.claim(db, ask())
    with database.transaction(write=False, now=NOW) as db:
        assert asks.accepted(db, NOW, 10) == [ask(values={"title": "ü", "labels": ["a", "b"], "count": 2})]
        assert asks.accepted(db, NOW - timedelta(seconds=1), 10) == []
        assert asks.known(db, ask()) == asks.Known("accepted", None)


def test_accepted_asks_are_resumed_oldest_first(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        asks.accept(db, ask("young"))
    with database.transaction(write=True, now=NOW - timedelta(minutes=1)) as db:
        asks.accept(db, ask("old"))
        asks.claim(db, ask("worked on where it was said"))
    with database.transaction(write=False, now=NOW) as db:
        assert [one.id for one in asks.accepted(db, NOW, 10)] == ["old", "young"]
        assert [one.id for one in asks.accepted(db, NOW, 1)] == ["old"]


def test_an_accepted_ask_is_taken_once(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        asks.accept(db, ask())

    def take() -> bool:
        with database.transaction(write=True, now=NOW) as db:
            if not asks.take(db, ask()):
                return False
            asks.finish(db, ask(), REPLY)
            return True

    assert sorted(at_once(*[take] * 4)) == [False, False, False, True]
    with database.transaction(write=True, now=NOW) as db:
        assert asks.known(db, ask()) == asks.Known("done", REPLY)
        assert asks.accepted(db, NOW, 10) == []
        assert not asks.take(db, ask())


def test_a_taken_ask_whose_work_fails_waits_again(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        asks.accept(db, ask())
    fails_after(database, asks.take)
    with database.transaction(write=False, now=NOW) as db:
        assert asks.accepted(db, NOW, 10) == [ask()]


def test_an_ask_nobody_accepted_cannot_be_taken(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        assert not asks.take(db, ask())
        assert asks.known(db, ask()) is None


def test_what_was_said_is_forgotten_with_the_reply_kept(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        asks.accept(db, ask())
        asks.finish(db, ask(), REPLY)
        assert db.execute(select(AskRow.payload, AskRow.state)).one() == (None, "done")


def test_old_asks_are_forgotten_and_waiting_ones_are_not(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        asks.claim(db, ask("old"))
        asks.accept(db, ask("old and never worked on"))
    edge = NOW + asks.RETENTION
    with database.transaction(write=True, now=edge) as db:
        asks.claim(db, ask("new"))
        assert asks.prune(db) == 0
    with database.transaction(write=True, now=edge + timedelta(seconds=1)) as db:
        assert asks.prune(db) == 1
        assert asks.known(db, ask("old")) is None
        assert db.scalar(select(func.count()).select_from(AskRow)) == 2

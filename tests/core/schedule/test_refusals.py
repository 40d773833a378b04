"""A place that refuses for good rests, is told of once, and holds up nothing else; a team is paced as a place is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Card, Reply, plain
from core.product import people, workspaces
from core.product.items import DRAFT_KEPT, Draft, prune_drafts
from core.product.people import Directory
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Delivery, Later, Refuses, Sent
from core.schedule.outbox import PATIENCE
from core.schedule.pacing import BURST, TEAM_PACE, PaceRow
from core.schedule.recipients import Recipient, to_channel, to_person
from core.schedule.stops import QUIET
from core.store.database import Database, Session
from tests.core.commands.talk import TERMINAL, Talk
from tests.databases import NOW, at_once

T = TypeVar("T")

SLACK = Connection(Platform.SLACK, "T1")
RECONCILE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)
ALL = frozenset(Platform)


class Team:
    """ann owns the product of #app, bob is in it; time goes on by itself."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.at = NOW
        self.talk = Talk(database)
        self.talk.steward.connect(TERMINAL, NOW)
        self.talk.done("ann", "#app", 'setup "Acme app" key=APP')
        self.talk.done("ann", "#app", "team role @bob member")

    def act(self, act: Callable[[Session, Directory], T]) -> T:
        self.at += MINUTE
        with self.database.transaction(write=True, now=self.at) as db:
            return act(db, people.read_directory(db, workspaces.enter(db, TERMINAL)))

    def app(self, db: Session, directory: Directory) -> Recipient:
        found = to_channel(db, next(iter(directory.products)))
        assert found is not None
        return found

    def post(self, key: str, *, to: str = "#app") -> None:
        def put(db: Session, directory: Directory) -> None:
            known = self.app(db, directory) if to == "#app" else to_person(db, directory, directory.by_name[to[1:]])
            assert known is not None
            outbox.post(db, key, known, Card(key))

        self.act(put)

    def lease(self) -> list[Delivery]:
        self.at += MINUTE
        with self.database.transaction(write=True, now=self.at) as db:
            assert leases.waiting(db, ALL) or not leases.lease(db, platforms=ALL, reconcile=RECONCILE)
            return leases.lease(db, platforms=ALL, reconcile=RECONCILE)

    def record(self, delivery: Delivery, outcome: Sent | Refuses) -> None:
        with self.database.transaction(write=True, now=self.at) as db:
            assert leases.record(db, [Came(delivery, outcome, self.at)], reconcile=RECONCILE)

    def round(self, *refuse: str) -> list[str]:
        """All that is due, sent; what goes to the named places is refused."""
        said = []
        while due := self.lease():
            for delivery in due:
                to = f"#{delivery.place.name}" if not delivery.place.private else f"@{_reader(delivery)}"
                self.record(delivery, Refuses("I was put out") if to in refuse else Sent("1"))
                if to not in refuse:
                    said.append(f"{to} {plain(delivery.reply.card) if delivery.reply.card else ''}")
        return said

    def speak(self, who: str, where: str) -> None:
        self.at += MINUTE
        place = Place("app", name="app") if where == "#app" else Place(f"@{who}", PlaceKind.PRIVATE)
        with self.database.transaction(write=True, now=self.at) as db:
            workspaces.enter(db, TERMINAL)
            ask = Ask(f"{self.at}", TERMINAL, Speaker(who, who), place, "help", self.at)
            outbox.put_reply(db, f"reply {self.at}", ask, Reply(True, "place", Card("Here I am")))


def _reader(delivery: Delivery) -> str:
    reader = delivery.only_for or delivery.asker
    assert reader is not None
    return reader.name


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


TOLD = "@ann I cannot write to #app: I was put out."


def test_a_place_that_refuses_rests_and_its_owner_is_told_once(team: Team) -> None:
    for key in ("one", "two", "three"):
        team.post(key)
    team.post("hello", to="@bob")
    said = team.round("#app")
    assert sorted(line.partition("\n")[0] for line in said) == [TOLD, "@bob hello"]
    team.post("four")
    assert team.round("#app") == []


def test_what_rested_goes_on_in_order_when_somebody_uses_us_there_again(team: Team) -> None:
    team.post("one")
    team.post("two")
    team.round("#app")
    team.speak("bob", "#app")
    assert team.round() == ["#app one", "#app two", "#app Here I am"]


def test_what_rested_too_long_is_no_longer_worth_saying(team: Team) -> None:
    team.post("old")
    team.round("#app")
    team.at += PATIENCE
    team.post("new")
    team.speak("bob", "#app")
    assert team.round() == ["#app new", "#app Here I am"]


def test_a_place_that_refuses_again_soon_is_not_told_of_again(team: Team) -> None:
    team.post("one")
    team.round("#app")
    team.speak("bob", "#app")
    assert team.round("#app") == []
    team.at += QUIET
    team.speak("bob", "#app")
    assert len(team.round("#app")) == 1


def test_a_person_who_blocked_us_is_told_of_to_their_lead_and_comes_back_by_writing(team: Team) -> None:
    team.post("hello", to="@bob")
    [told] = team.round("@bob")
    assert told.startswith("@ann I cannot write to bob: I was put out.")
    team.speak("bob", "@")
    assert team.round() == ["@bob hello", "@bob Here I am"]


def test_an_owner_who_refuses_is_not_told_of_themselves(team: Team) -> None:
    team.post("hello", to="@ann")
    assert team.round("@ann") == []
    team.post("one")
    assert team.round("#app", "@ann") == [], "nor is it told anybody that the owner was not told"


def test_who_asked_is_told_rather_than_the_owner(team: Team) -> None:
    team.speak("bob", "#app")
    [told] = team.round("#app")
    assert told.startswith("@bob I cannot write to #app: I was put out.")


def test_what_rests_too_long_is_given_up_and_old_paces_are_forgotten(team: Team) -> None:
    team.post("old")
    team.round("#app")

    def prune(db: Session, _: Directory) -> int:
        outbox.prune(db)
        return db.scalars(select(func.count()).select_from(PaceRow)).one()

    assert team.act(prune) > 0
    team.at += PATIENCE + MINUTE
    assert team.act(prune) == 0
    team.speak("bob", "#app")
    assert team.round() == ["#app Here I am"]


# ---- pacing of a team ----


def leased(database: Database, at: datetime, count: int = 1000) -> int:
    with database.transaction(write=True, now=at) as db:
        return len(leases.lease(db, platforms=ALL, reconcile=RECONCILE, count=count))


def put(database: Database, count: int, team: str = "T1") -> None:
    with database.transaction(write=True, now=NOW) as db:
        for n in range(count):
            to = Recipient(Connection(Platform.SLACK, team), Place(f"C{n}"))
            outbox.post(db, f"{team} {n}", to, Card("Hello"))


def test_a_team_takes_a_burst_and_then_its_pace_while_another_is_not_held_up(database: Database) -> None:
    burst = int(BURST / TEAM_PACE[Platform.SLACK])
    put(database, burst + 50)
    put(database, 10, team="T2")
    assert leased(database, NOW) == burst + 10
    assert leased(database, NOW) == 0
    assert leased(database, NOW + 20 * TEAM_PACE[Platform.SLACK]) == 20
    assert leased(database, NOW + BURST) == 30


def test_replicas_share_a_teams_pace(database: Database) -> None:
    burst = int(BURST / TEAM_PACE[Platform.SLACK])
    put(database, 2 * burst)
    assert sum(at_once(*[lambda: leased(database, NOW, 60)] * 4)) <= burst


def test_a_pause_of_one_place_is_not_the_teams(database: Database) -> None:
    put(database, 2)
    with database.transaction(write=True, now=NOW) as db:
        first, second = leases.lease(db, platforms=ALL, reconcile=RECONCILE)
        came = [Came(first, Later(timedelta(hours=1), "429"), NOW), Came(second, Sent("1"), NOW)]
        leases.record(db, came, reconcile=RECONCILE)
    put(database, 3)
    assert leased(database, NOW + MINUTE) == 1


def test_drafts_that_nobody_came_back_to_are_forgotten(team: Team) -> None:
    team.talk.done("ann", "#app", "backlog add one\ntwo")

    def left(db: Session, _: Directory) -> int:
        prune_drafts(db)
        return db.scalars(select(func.count()).select_from(Draft)).one()

    assert team.act(left) == 1
    team.at += DRAFT_KEPT
    assert team.act(left) == 0

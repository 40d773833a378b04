"""What is said unasked reaches a person or a place with one call; threads and edits follow what they are about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select

from core.chat.ask import Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Card
from core.product import people, workspaces
from core.product.people import Directory, Identity
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Delivery, Later, Never, Outcome, Sent, Standing, Unknown
from core.schedule.outbox import OutboxRow
from core.schedule.recipients import Recipient, to_channel, to_channels, to_person, to_place
from core.store.database import Database, Session
from tests.core.commands.talk import TERMINAL, Talk
from tests.databases import NOW

T = TypeVar("T")

SLACK = Connection(Platform.SLACK, "T1")
TEAMS = Connection(Platform.TEAMS, "tenant")
SECOND = timedelta(seconds=1)
RECONCILE = timedelta(seconds=60)
APP = Recipient(SLACK, Place("C1", name="app"))
OPS = Recipient(SLACK, Place("C2", name="ops"))


class Post:
    """The outbox of one workspace, an instant further with each act."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.at = NOW

    def act(self, act: Callable[[Session], T]) -> T:
        self.at += 2 * SECOND
        with self.database.transaction(write=True, now=self.at) as db:
            return act(db)

    def post(
        self, key: str, said: str, to: Recipient = APP, *, thread_of: str | None = None, replaces: str | None = None
    ) -> None:
        self.act(lambda db: outbox.post(db, key, to, Card(said), thread_of=thread_of, replaces=replaces))

    def lease(self) -> list[Delivery]:
        return self.act(lambda db: leases.lease(db, platforms=frozenset(Platform), reconcile=RECONCILE))

    def one(self) -> Delivery:
        [found] = self.lease()
        return found

    def record(self, delivery: Delivery, outcome: Outcome) -> None:
        assert self.act(lambda db: leases.record(db, [Came(delivery, outcome, db.now)], reconcile=RECONCILE))

    def sent(self, ref: str = "", where: str = "") -> tuple[str, str | None, Standing | None]:
        """Send the one message that is due; what it said, in which thread, in whose place."""
        delivery = self.one()
        self.record(delivery, Sent(ref or delivery.mark, where))
        return said(delivery), delivery.thread, delivery.replaces

    def state(self, key: str) -> str:
        return self.act(lambda db: db.scalars(select(OutboxRow.state).where(OutboxRow.key == key)).one())


def said(delivery: Delivery) -> str:
    assert delivery.reply.card is not None
    return delivery.reply.card.title


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


# ---- threads ----


def test_what_continues_a_message_stands_in_its_thread(post: Post) -> None:
    post.post("day", "Stand-up")
    post.post("ann", "Ann: all well", thread_of="day")
    assert post.sent("17.1") == ("Stand-up", None, None)
    assert post.sent("17.2") == ("Ann: all well", "17.1", None)


def test_what_continues_an_answer_stands_in_the_same_thread(post: Post) -> None:
    post.post("day", "Stand-up")
    post.post("ann", "Ann", thread_of="day")
    post.post("more", "More", thread_of="ann")
    assert [post.sent(f"17.{n}")[1] for n in range(3)] == [None, "17.0", "17.0"]


def test_a_thread_waits_until_what_begins_it_is_sent_and_holds_up_nothing_else(post: Post) -> None:
    post.post("day", "Stand-up")
    first = post.one()
    post.post("ann", "Ann", thread_of="day")
    post.post("else", "Something else")
    post.record(first, Unknown("time-out"))
    assert post.sent()[0] == "Something else"
    assert post.lease() == []
    post.at += RECONCILE
    assert post.sent("17.1")[0] == "Stand-up"
    assert post.sent() == ("Ann", "17.1", None)


def test_what_continues_a_message_that_never_went_out_is_said_all_the_same(post: Post) -> None:
    post.post("day", "Stand-up")
    post.record(post.one(), Never("too long"))
    post.post("ann", "Ann", thread_of="day")
    post.post("bob", "Bob", thread_of="nobody-knows-this-key")
    assert [post.sent() for _ in range(2)] == [("Ann", None, None), ("Bob", None, None)]


# ---- edits ----


def test_what_replaces_a_sent_message_is_an_edit_of_it(post: Post) -> None:
    post.post("list", "0 of 3 done")
    post.sent("17.1", "D5")
    post.post("list:1", "1 of 3 done", replaces="list")
    delivery = post.one()
    assert (delivery.replaces, delivery.key, delivery.mark) == (Standing("17.1", "D5"), "list:1", "list")
    post.record(delivery, Sent("17.1", "D5"))
    post.post("list:2", "2 of 3 done", replaces="list:1")
    assert post.sent("17.1") == ("2 of 3 done", None, Standing("17.1", "D5"))
    assert post.lease() == []


def test_what_replaces_a_waiting_message_changes_it(post: Post) -> None:
    post.post("list", "0 of 3 done")
    post.post("list:1", "1 of 3 done", replaces="list")
    post.post("list:2", "2 of 3 done", replaces="list:1")
    assert post.sent() == ("2 of 3 done", None, None)
    assert post.lease() == []
    assert (post.state("list"), post.state("list:1"), post.state("list:2")) == ("sent", "merged", "merged")


def test_edits_that_wait_collapse_to_the_latest(post: Post) -> None:
    post.post("list", "0")
    first = post.one()
    for n in range(1, 6):
        post.post(f"list:{n}", str(n), replaces="list")
    assert post.lease() == [], "the first is on its way"
    post.record(first, Sent("17.1"))
    assert post.sent("17.1") == ("5", None, Standing("17.1"))
    assert post.lease() == []


def test_an_edit_that_is_put_twice_does_not_undo_a_later_one(post: Post) -> None:
    post.post("list", "0")
    post.post("list:1", "1", replaces="list")
    post.post("list:2", "2", replaces="list")
    post.post("list:1", "1", replaces="list")
    assert post.sent()[0] == "2"


def test_edits_follow_one_another_while_one_is_on_its_way(post: Post) -> None:
    post.post("list", "0")
    post.sent("17.1")
    post.post("list:1", "1", replaces="list")
    under_way = post.one()
    post.post("list:2", "2", replaces="list")
    assert post.lease() == []
    post.record(under_way, Sent("17.1"))
    assert post.sent("17.1")[0] == "2"


def test_an_edit_of_unknown_fate_is_made_again_with_the_newest_words(post: Post) -> None:
    post.post("list", "0")
    post.sent("17.1")
    post.post("list:1", "1", replaces="list")
    post.record(post.one(), Unknown("time-out"))
    post.post("list:2", "2", replaces="list")
    post.at += RECONCILE
    assert post.sent("17.1")[0] == "2"
    assert post.lease() == []


def test_a_first_message_of_unknown_fate_is_never_changed_under_way(post: Post) -> None:
    """It may stand there with its old words: then the edit must follow it."""
    post.post("list", "0")
    post.record(post.one(), Unknown("time-out"))
    post.post("list:1", "1", replaces="list")
    post.at += RECONCILE
    looked_for = post.one()
    assert said(looked_for) == "0"
    post.record(looked_for, Later(SECOND, "could not be looked for"))
    post.post("list:2", "2", replaces="list")
    assert post.sent("17.1")[0] == "0"
    assert post.sent("17.1") == ("2", None, Standing("17.1"))


def test_what_was_posted_anew_is_what_is_edited_from_then_on(post: Post) -> None:
    post.post("list", "0")
    post.sent("17.1")
    post.post("list:1", "1", replaces="list")
    post.sent("18.1", "D9")  # the first was gone
    post.post("list:2", "2", replaces="list")
    post.post("more", "More", thread_of="list")
    assert post.sent("18.1", "D9")[2] == Standing("18.1", "D9")
    assert post.sent() == ("More", "18.1", None)


def test_what_replaces_a_message_that_never_went_out_is_posted(post: Post) -> None:
    post.post("list", "0")
    post.record(post.one(), Never("too long"))
    post.post("list:1", "1", replaces="list")
    post.post("list:9", "9", replaces="forgotten")
    post.post("self", "S", replaces="self")
    assert [post.sent() for _ in range(3)] == [("1", None, None), ("9", None, None), ("S", None, None)]


def test_an_edit_of_an_answer_that_is_gone_is_posted_in_its_thread(post: Post) -> None:
    post.post("day", "Stand-up")
    post.post("ann", "Ann", thread_of="day")
    post.sent("17.1")
    post.sent("17.2")
    post.post("ann:1", "Ann, later", replaces="ann")
    assert post.sent() == ("Ann, later", "17.1", Standing("17.2"))


def test_nothing_is_said_before_it_is_due(post: Post) -> None:
    tomorrow = NOW + timedelta(days=1)
    post.act(lambda db: outbox.post(db, "a", APP, Card("Good morning"), due=tomorrow))
    assert post.lease() == []
    post.at = tomorrow
    assert post.sent()[0] == "Good morning"


# ---- whom and where ----


def introduced(database: Database) -> Talk:
    talk = Talk(database)
    talk.steward.connect(TERMINAL, NOW)
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("ann", "#app", "team role @bob member")
    return talk


def looked_up(database: Database, look: Callable[[Session, Directory], T], connection: Connection = TERMINAL) -> T:
    with database.transaction(write=True, now=NOW) as db:
        return look(db, people.read_directory(db, workspaces.enter(db, connection)))


def person(directory: Directory, name: str) -> str:
    return directory.by_name[name]


def test_a_person_who_never_wrote_is_reached_on_the_platform_that_knows_them(database: Database) -> None:
    introduced(database)
    bob = looked_up(database, lambda db, d: to_person(db, d, person(d, "bob")))
    assert bob is not None
    assert (bob.connection, bob.place.private, bob.place.external_id) == (TERMINAL, True, "")
    assert bob.only_for == Speaker("bob", "bob")


def test_a_person_who_wrote_in_private_is_reached_there(database: Database) -> None:
    talk = introduced(database)
    chat = Place("@bob", PlaceKind.PRIVATE, "steward", {"where": "home"})
    talk.answer(replace(talk.ask("bob", "@", "hello", kept=True), place=chat))
    found = looked_up(database, lambda db, d: to_person(db, d, person(d, "bob")))
    assert found is not None
    assert found.place == chat


def both(database: Database) -> Talk:
    """bob on three platforms, one person."""
    talk = introduced(database)
    for connection in (SLACK, TEAMS):
        talk.steward.connect(connection, NOW)

    def join(db: Session, directory: Directory) -> None:
        for connection, external in ((SLACK, "Ubob"), (TEAMS, "aad-bob")):
            db.add(
                Identity(platform=connection.platform.value, external_id=external, person_id=person(directory, "bob"))
            )

    looked_up(database, join)
    return talk


def bob_on(database: Database) -> Platform:
    found = looked_up(database, lambda db, d: to_person(db, d, person(d, "bob")))
    assert found is not None
    return found.connection.platform


def test_the_platform_of_the_products_channels_is_preferred_then_the_one_last_met_on(database: Database) -> None:
    both(database)

    def meet(platform: str, day: int) -> Callable[[Session, Directory], None]:
        def met(db: Session, _: Directory) -> None:
            row = db.scalars(
                select(Identity).where(Identity.platform == platform, Identity.external_id.like("%bob"))
            ).one()
            row.met = NOW + timedelta(days=day)

        return met

    looked_up(database, meet("teams", 1))
    looked_up(database, meet("slack", 2))
    assert bob_on(database) is Platform.TERMINAL, "the product's channel #app is in the terminal"

    def leave(db: Session, _: Directory) -> None:
        for row in db.scalars(select(people.Channel)):
            db.delete(row)

    looked_up(database, leave)
    assert bob_on(database) is Platform.SLACK
    looked_up(database, meet("teams", 3))
    assert bob_on(database) is Platform.TEAMS


def test_nobody_knows_how_to_reach_who_has_no_identity(database: Database) -> None:
    introduced(database)
    assert looked_up(database, lambda db, d: to_person(db, d, "nobody")) is None


def test_a_products_channels_are_found_with_the_address_they_were_met_at(database: Database) -> None:
    introduced(database)
    found = looked_up(database, lambda db, d: to_channels(db, next(iter(d.products))))
    assert [(one.place.name, one.connection, one.via) for one in found] == [("app", TERMINAL, None)]
    assert looked_up(database, lambda db, d: to_channel(db, next(iter(d.products)))) == found[0]
    assert looked_up(database, lambda db, d: to_channel(db, "no product")) is None


def test_a_place_where_nobody_spoke_yet_is_reached_by_the_way_to_another(database: Database) -> None:
    introduced(database)
    found = looked_up(database, lambda db, d: to_place(db, Platform.TERMINAL, "quiet", "quiet"))
    assert found is not None
    assert found.place == Place("quiet", name="quiet")
    assert found.via is not None
    assert looked_up(database, lambda db, d: to_place(db, Platform.TEAMS, "19:x")) is None

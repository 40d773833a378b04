"""One person on several platforms: joined by a code, or known again by an address; what was theirs stays together."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.chat.ask import Connection, Platform, marked
from core.product import people, workspaces
from core.product.items import Item
from core.product.people import Directory, Person, Role, RoleRow
from core.product.sameness import GOOD_FOR
from core.store.database import Database
from tests.core.commands.talk import TERMINAL, Talk, rows
from tests.databases import NOW

SLACK = Connection(Platform.SLACK, "T1")


class Both:
    """A product whose channel is in the terminal, met in Slack as well."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.terminal = Talk(database)
        self.terminal.steward.connect(TERMINAL, NOW)
        self.terminal.steward.connect(SLACK, NOW)
        self.slack = Talk(database, SLACK, self.terminal.steward)
        self.terminal.done("ann", "#app", 'setup "Acme app" key=APP')
        self.terminal.done("ann", "#app", "team role @bob member")
        for who in ("ann", "robert"):
            self.slack.done(who, "@", "help")

    def directory(self) -> Directory:
        with self.database.transaction(write=False, now=NOW) as db:
            return people.read_directory(db, workspaces.enter(db, TERMINAL))

    def code(self, who: str = "bob") -> str:
        return self.terminal.done(who, "@", "team same").split("team same ")[1].split()[0].strip("`")

    def bobs(self) -> set[str]:
        directory = self.directory()
        return {directory.identities["terminal", "bob"], directory.identities["slack", "Urobert"]}


@pytest.fixture
def both(database: Database) -> Both:
    return Both(database)


def joined(both: Both) -> str:
    return both.slack.done("robert", "@", f"team same {both.code()}")


def test_a_code_of_one_platform_said_on_another_makes_one_person(both: Both) -> None:
    assert "bob and robert are one person now" in joined(both)
    assert len(both.bobs()) == 1
    assert "bob is one" not in both.slack.done("robert", "@", "team list")


def test_roles_work_and_history_are_together(both: Both) -> None:
    both.terminal.done("ann", "#app", "backlog add Export")
    both.terminal.done("bob", "#app", "backlog assign APP-1 @bob")
    with both.database.transaction(write=True, now=NOW) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        robert = directory.identities["slack", "Urobert"]
        people.grant(db, robert, next(iter(directory.products)), Role.SCRUM_MASTER, None)
        db.scalars(select(Item)).one().assignee_id = robert
    joined(both)
    (bob,) = both.bobs()
    with both.database.transaction(write=False, now=NOW) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        assert db.scalars(select(Item)).one().assignee_id == bob
        held = sorted(db.scalars(select(RoleRow.role).where(RoleRow.person_id == bob)))
        assert held == ["member", "sm"]
        assert robert not in directory.names
        assert len(list(db.scalars(select(Person.id)))) == 3, "ann has not joined hers"
    assert robert not in str(rows(both.database, frozenset({"operations", "changes"})))


def test_what_was_done_before_can_be_undone_after(both: Both) -> None:
    both.terminal.done("ann", "#app", "backlog add Export")
    with both.database.transaction(write=True, now=NOW) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        people.grant(db, directory.identities["slack", "Urobert"], next(iter(directory.products)), Role.MEMBER, None)
    both.slack.done("robert", "@", "backlog edit APP-1 points=5 assignee=me")
    both.slack.done("robert", "@", "backlog edit APP-1 assignee=")
    joined(both)
    both.terminal.done("bob", "#app", "undo")
    assert "bob" in both.terminal.done("bob", "#app", "backlog show APP-1")


def test_names_that_two_platforms_give_do_not_take_turns(both: Both) -> None:
    joined(both)
    version = both.directory().version
    for _ in range(2):
        both.slack.done("robert", "@", "help")
        both.terminal.done("bob", "#app", "help")
    assert both.directory().version == version
    assert both.directory().by_name["robert"] == both.directory().by_name["bob"]


@pytest.mark.parametrize("line", ["team same ABCD-EFGH", "team same x", "team same ÄÖ"])
def test_a_code_that_nobody_gave_is_refused(both: Both, line: str) -> None:
    both.code()
    assert "not known" in both.slack.refused("ann", "@", line)


def test_a_code_is_good_once_for_a_while_and_not_where_it_was_made(both: Both) -> None:
    code = both.code()
    assert "made here" in both.terminal.refused("bob", "@", f"team same {code}")
    late = NOW + GOOD_FOR
    assert "no longer good" in both.slack.refused("ann", "@", f"team same {code}", at=late)
    newer = both.code()
    assert "not known" in both.slack.refused("ann", "@", f"team same {code}")
    both.slack.done("robert", "@", f"team same {newer.lower()}", at=NOW + GOOD_FOR - timedelta(seconds=1))
    assert "not known" in both.slack.refused("ann", "@", f"team same {newer}")


def test_an_address_that_both_platforms_vouch_for_is_the_same_person(both: Both) -> None:
    def say(talk: Talk, who: str, mail: str, guest: bool = False) -> None:
        ask = talk.ask(who, "@", "hello", kept=True, guest=guest)
        talk.answer(replace(ask, speaker=replace(ask.speaker, mail=marked(mail))))

    say(both.terminal, "eve", "Eve@Acme.com")
    say(both.slack, "evelyn", "eve@acme.com ")
    say(both.slack, "guest", "eve@acme.com", guest=True)
    say(both.slack, "second", "eve@acme.com")
    say(both.slack, "nobody", "")
    known = both.directory().identities
    assert known["terminal", "eve"] == known["slack", "Uevelyn"]
    assert len({known["slack", f"U{who}"] for who in ("evelyn", "guest", "second", "nobody")}) == 4

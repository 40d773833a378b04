"""Two companies with the same names and keys in one database: nothing that is said in one reaches the other."""

import re

import pytest

from core.chat.ask import Connection, Platform
from core.commands.registry import REGISTRY
from core.product import merging, workspaces
from core.store.database import Database
from tests.core.commands.spoken import BEFORE, SPOKEN, stage
from tests.core.commands.talk import Beneath, Rows, Saved, Talk, buttons, read, slack_team, title
from tests.core.commands.talk import rows as rows_of
from tests.databases import NOW

SECRET = "Heron"
ELSEWHERE = (("bob", "#app"), ("ann", "#new"), ("ann", "@"), ("vi", "#other"))


@pytest.fixture
def alpha(database: Database, saved: dict[str, Saved]) -> Talk:
    """The company that must not be seen: 'Heron' is in all its texts, and quentin works for it."""
    below, name = Beneath(database), f"two companies on {database.url.get_backend_name()}"
    if name in saved:
        below.restore(saved[name])
        return Talk(database, Connection(Platform.SLACK, "TA"))
    talk = slack_team(database, "TA")
    stage(talk, SECRET)
    talk.done("quentin", "#app", f"backlog comment APP-1 {SECRET} by quentin")
    talk.done("quentin", "#app", f"backlog add {SECRET} last assignee=me")
    talk.done("ann", "#qux", f'product new "{SECRET} app" key=QUX')
    talk.done("ann", "#qux", "product use QUX")
    with database.transaction(write=True, now=NOW) as db:
        workspaces.enter(db, talk.connection)
        [(ours,)] = below.run("SELECT id FROM products WHERE key = 'QUX'")
        db.ledger.product_id = ours
        fields = {"title": f"{SECRET} import", "external_key": "QUX-7", "status": "new", "imported_at": NOW}
        merging.merge(db, ours, "jira", [merging.Incoming("7", fields)])
    stage(slack_team(database, "TB"))
    saved[name] = below.save()
    return talk


@pytest.fixture
def beta(alpha: Talk) -> Talk:
    """The company in which everything is said; it shares the process, the database, and every name."""
    return Talk(alpha.database, Connection(Platform.SLACK, "TB"), alpha.steward)


def of(talk: Talk) -> Rows:
    """Every row that is a company's, or names its team."""
    [(home,)] = Beneath(talk.database).run(
        "SELECT workspace_id FROM connections WHERE external_id = ?", talk.connection.external_id
    )
    marks = (home, f"slack:{talk.connection.external_id}:")
    found = {
        name: [row for row in rows if any(m in row for m in marks)] for name, rows in rows_of(talk.database).items()
    }
    assert found["items"]
    return found


def test_every_command_is_said_across() -> None:
    assert set(SPOKEN) == {command.name for command in REGISTRY.commands.values()}


@pytest.mark.parametrize("name", SPOKEN)
def test_a_command_shows_and_changes_nothing_of_another_company(alpha: Talk, beta: Talk, name: str) -> None:
    before = of(alpha)
    others = re.compile(rf"{SECRET}|quentin|QUX\b", re.IGNORECASE)
    if name in BEFORE:
        beta.done("ann", "#app", BEFORE[name])
    if name.startswith("digest ") and name not in ("digest new", "digest list"):
        beta.done("ann", "#app", "digest new sprint")
    if name == "digest resume":
        beta.done("ann", "#app", "digest pause")
    for line in SPOKEN[name]:
        line = line.replace("@bob", "@Ubob")
        worked = beta.say("ann", "#app", line)
        assert worked.ok, (line, worked.refused)
        for reply in (worked, *(beta.say(who, where, line) for who, where in ELSEWHERE)):
            assert not others.search(read(reply)), (line, read(reply))
            assert "went wrong" not in reply.refused
    assert of(alpha) == before


REACHING = [
    f"backlog search {SECRET}",
    f"backlog list text={SECRET}",
    f"backlog list label={SECRET.lower()}",
    "backlog list assignee=@quentin",
    "backlog list assignee=@Uquentin",
    "backlog show APP-9",
    "backlog show QUX-7",
    "backlog done QUX-1",
    "backlog edit APP-9 title=Taken",
    "backlog comment APP-9 Taken",
    "backlog move APP-9 top",
    "backlog assign APP-1 @quentin",
    "product use QUX",
    "history APP-9",
    "undo 20",
    "backlog list after-rank=a",
]


def test_what_only_the_other_company_has_is_not_found(alpha: Talk, beta: Talk) -> None:
    before = of(alpha)
    for line in REACHING:
        reply = beta.say("ann", "#app", line)
        assert SECRET not in read(reply).replace(line, ""), line
        assert "went wrong" not in reply.refused, line
        assert of(alpha) == before, line


def test_lines_shown_in_one_company_cannot_be_added_in_the_other(alpha: Talk, beta: Talk) -> None:
    shown = alpha.say("ann", "#app", f"backlog add {SECRET} a\n{SECRET} b")
    before = of(alpha)
    stolen = buttons(shown)[0].say
    assert beta.refused("ann", "#app", stolen) == "I no longer have these lines. Paste them once more."
    assert of(alpha) == before
    assert title(alpha.press(shown, "Add 2 items")) == "2 items added"


def test_the_same_ask_id_in_two_teams_is_two_asks(alpha: Talk, beta: Talk) -> None:
    first = alpha.say("ann", "#app", "backlog add Said in alpha", id="same")
    second = beta.say("ann", "#app", "backlog add Said in beta", id="same")
    assert (title(first), title(second)) == ("APP-10 added: Said in alpha", "APP-9 added: Said in beta")


def test_a_role_in_one_company_counts_nothing_in_the_other(alpha: Talk, beta: Talk) -> None:
    alpha.done("ann", "#app", "team role @Uvi po")
    assert beta.say("vi", "#app", "backlog move APP-1 bottom").refused == ("Only the product owner, ann, may do that.")

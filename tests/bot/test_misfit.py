"""A database whose shape is another version's: named, with the next thing to type, by every command and in a chat."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import migrations
from bot.__main__ import main
from bot.settings import Settings
from core.commands import assemble
from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk
from tests.databases import NOW

LATER, EARLIER = "20991231_later", "20261123_first"
SLACK = {"STEWARD_SLACK_BOT_TOKEN": "xoxb-1", "STEWARD_SLACK_SIGNING_SECRET": "secret"}


def stand_at(database: Database, revision: str) -> None:
    Beneath(database).run("UPDATE alembic_version SET version_num = ?", revision)


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    """A chat with a product, whose database loses a column and gets it back: other tests take it up again."""
    talk = Talk(database, steward=assemble(database, misfit=partial(migrations.told, database.engine)))
    talk.steward.connect(talk.connection, NOW)
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    below = Beneath(database)
    below.run("ALTER TABLE items RENAME COLUMN title TO headline")
    yield talk
    below.run("ALTER TABLE items RENAME COLUMN headline TO title")
    stand_at(database, migrations.head())


@pytest.mark.parametrize("line", [("chat",), ("serve",), ("migrate",), ("export", "--product", "APP")])
def test_a_database_of_a_newer_version_is_named_and_left_alone(
    line: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    database = Database(url)
    migrations.upgrade(database.engine)
    stand_at(database, LATER)
    for name, value in {**SLACK, "STEWARD_DATABASE_URL": url}.items():
        monkeypatch.setenv(name, value)
    assert main(line) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"The database is newer than this Steward: it stands at {LATER}, and this one ends at ")
    assert "\nTry: the version that brought it there, or a newer one" in said
    assert migrations.current(database.engine) == LATER
    database.close()


@pytest.mark.parametrize("owner_named", [True, False])
def test_who_may_not_migrate_says_that_somebody_must(
    owner_named: bool,
    database: Database,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if database.sqlite:
        pytest.skip("on SQLite whoever serves migrates")
    stand_at(database, EARLIER)
    request.addfinalizer(lambda: stand_at(database, migrations.head()))
    url = database.url.render_as_string(hide_password=False)
    for name, value in {**SLACK, "STEWARD_DATABASE_URL": url}.items():
        monkeypatch.setenv(name, value)
    if owner_named:
        monkeypatch.setenv("STEWARD_MIGRATION_DATABASE_URL", url)
    assert main(("serve",)) == 2
    said = capsys.readouterr().err
    assert f"it stands at {EARLIER}, not at {migrations.head()}." in said
    assert "\nTry: steward migrate" in said
    assert owner_named or "STEWARD_MIGRATION_DATABASE_URL" in said


@pytest.mark.parametrize(
    ("revision", "told"), [(EARLIER, "older than this Steward"), (LATER, "newer than this Steward")]
)
def test_a_chat_says_that_the_database_changed_beneath_it(talk: Talk, revision: str, told: str) -> None:
    stand_at(talk.database, revision)
    for line in ("backlog add Pay by card", "backlog list"):
        reply = talk.say("ann", "#app", line)
        assert told in reply.refused
        assert "Whoever runs me can mend that: " in reply.refused
        assert (reply.ok, reply.seen_by, reply.try_) == (False, "you", "")


def test_a_fault_in_a_database_of_the_right_shape_keeps_its_reference(talk: Talk) -> None:
    assert talk.say("ann", "#app", "backlog list").refused.startswith("Something went wrong (ref ")


def test_doctor_tells_a_newer_database_from_an_older_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bot.doctor import examine

    url = f"sqlite:///{tmp_path / 'shape.db'}"
    database = Database(url)
    migrations.upgrade(database.engine)
    for revision, mend in ((EARLIER, "→ steward migrate"), (LATER, "→ the version that brought it there")):
        stand_at(database, revision)
        assert examine(Settings(database_url=url)) == 1
        assert mend in capsys.readouterr().out
    database.close()

"""The database's shape over time (Alembic). `upgrade()` brings a database to the newest; several at once are safe."""

from dataclasses import dataclass, replace
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

LOCK = 5157_2026  # any number that nothing else on the server locks
NOT_ALLOWED = "42501"  # insufficient_privilege


@dataclass(frozen=True, slots=True)
class Misfit:
    """A database whose shape is not the one this code was written for, and what whoever runs Steward types next."""

    said: str
    mend: str
    newer: bool = False

    def __str__(self) -> str:
        return f"{self.said}\nTry: {self.mend}"


class DoesNotFit(Exception):
    """A database that cannot be worked with; `misfit` says why."""

    def __init__(self, misfit: Misfit) -> None:
        super().__init__(str(misfit))
        self.misfit = misfit


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    return made


def head() -> str:
    """The newest revision's name."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def current(engine: Engine) -> str | None:
    """The revision a database stands at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def misfit(engine: Engine) -> Misfit | None:
    """How a database's shape differs from this code's; None where it is the same."""
    return _misfit(current(engine))


def told(engine: Engine) -> str:
    """The misfit as a sentence for a chat, where whoever reads it may not be who mends it; '' where there is none."""
    try:
        found = misfit(engine)
    except DBAPIError:  # it cannot be reached at all, which is another fault
        return ""
    return f"{found.said} Whoever runs me can mend that: {found.mend}." if found else ""


def _misfit(stands_at: str | None) -> Misfit | None:
    wanted = head()
    if stands_at == wanted:
        return None
    if stands_at is None:
        return Misfit("The database has none of Steward's tables yet.", "steward migrate")
    if stands_at in {each.revision for each in ScriptDirectory.from_config(config()).walk_revisions()}:
        said = f"The database is older than this Steward: it stands at {stands_at}, not at {wanted}."
        return Misfit(said, "steward migrate")
    said = f"The database is newer than this Steward: it stands at {stands_at}, and this one ends at {wanted}."
    return Misfit(said, "the version that brought it there, or a newer one", newer=True)


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest revision. Replicas that start together wait for one another.

    Raises DoesNotFit where a newer Steward has been at it, since there is no way back, or where this role may not."""
    made = config()
    with engine.execution_options(steward_write=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            _keep_references(connection, "OFF")
        try:
            # SQLite's file lock is taken by the transaction itself
            with connection.begin():
                if not sqlite:
                    connection.execute(text("SET statement_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                made.attributes["connection"] = connection
                _refuse_newer(connection)
                command.upgrade(made, "head")
                if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
                    raise RuntimeError(f"a migration left a row of {broken[0]} that refers to nothing in {broken[2]}")
        except ProgrammingError as error:
            found = misfit(engine)
            if getattr(error.orig, "sqlstate", "") != NOT_ALLOWED or found is None:
                raise
            mend = f"{found.mend}, with STEWARD_MIGRATION_DATABASE_URL naming the role that owns the tables"
            raise DoesNotFit(replace(found, mend=mend)) from error
        finally:
            if sqlite:
                _keep_references(connection, "ON")


def _refuse_newer(connection: Connection) -> None:
    found = _misfit(MigrationContext.configure(connection).get_current_revision())
    if found and found.newer:
        raise DoesNotFit(found)


def _keep_references(connection: Connection, value: str) -> None:
    """SQLite alters a table by making it anew, and would take what refers to it for broken while the old one is gone.
    The setting counts only outside a transaction, hence below SQLAlchemy."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={value}")

"""The database's shape over time (Alembic). `upgrade()` brings a database to the newest; several at once are safe."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

LOCK = 5157_2026  # any number that nothing else on the server locks


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


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest revision. Replicas that start together wait for one another."""
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
                command.upgrade(made, "head")
                if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
                    raise RuntimeError(f"a migration left a row of {broken[0]} that refers to nothing in {broken[2]}")
        finally:
            if sqlite:
                _keep_references(connection, "ON")


def _keep_references(connection: Connection, value: str) -> None:
    """SQLite alters a table by making it anew, and would take what refers to it for broken while the old one is gone.
    The setting counts only outside a transaction, hence below SQLAlchemy."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={value}")

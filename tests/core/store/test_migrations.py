"""The migrations build what the models say, on both databases."""

import re
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

import migrations
from core.models import Base
from core.store.base import Scoped, Stamped, Tracked
from core.store.database import Database
from core.store.history import columns_of, models
from tests.databases import APP, OWNER, Server

ENTITIES = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Tracked)]


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrations_build_what_the_models_say(database: Database) -> None:
    assert differences(database.engine) == []
    assert migrations.current(database.engine) == migrations.head()


def test_a_column_more_is_noticed(database: Database) -> None:
    """Otherwise the comparison above could be one that sees nothing."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        without = type(Base.metadata)(naming_convention=Base.metadata.naming_convention)
        for table in Base.metadata.tables.values():
            if table.name != "paces":
                table.to_metadata(without)
        assert [found[0] for found in compare_metadata(context, without)] == ["remove_table"]


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'twice.db'}")
    migrations.upgrade(database.engine)
    migrations.upgrade(database.engine)
    assert differences(database.engine) == []
    database.close()


def test_a_database_in_use_is_upgraded_with_all_that_is_in_it(tmp_path: Path) -> None:
    """SQLite makes an altered table anew: what refers to its rows must not stand in the way, nor be lost."""
    database = Database(f"sqlite:///{tmp_path / 'used.db'}")
    at = "'2026-01-01'"
    rows = [
        f"workspaces (id, name, version, created_at, updated_at) VALUES ('w', 'Acme', 1, {at}, {at})",
        "products (id, workspace_id, key, name, tz, vision, counter, created_at, updated_at)"
        f" VALUES ('p', 'w', 'APP', 'Acme app', 'UTC', '', 1, {at}, {at})",
        "items (id, workspace_id, product_id, number, rank, title, description, type, status, labels, link,"
        f" created_at, updated_at) VALUES ('i', 'w', 'p', 1, 'a0', 'Pay', '', 'story', 'new', '', '', {at}, {at})",
        f"comments (id, workspace_id, item_id, text, created_at, updated_at) VALUES ('c', 'w', 'i', 'Yes', {at}, {at})",
    ]
    with database.engine.execution_options(steward_write=True).begin() as connection:
        old = migrations.config()
        old.attributes["connection"] = connection
        command.upgrade(old, "20261123_first")
        for row in rows:
            connection.execute(text(f"INSERT INTO {row}"))
    migrations.upgrade(database.engine)
    assert differences(database.engine) == []
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT name, strategy FROM products")).all() == [("Acme app", "")]
        assert connection.execute(text("SELECT title, text FROM items JOIN comments ON item_id = items.id")).all() == [
            ("Pay", "Yes")
        ]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()


def test_upgrading_twice_changes_nothing_on_postgresql(server: Server) -> None:
    name = server.make()
    engine = create_engine(server.url(name, OWNER))
    migrations.upgrade(engine)
    assert differences(engine) == []
    engine.dispose()
    server.drop(name)


def test_every_constraint_and_index_has_a_name_of_ours(database: Database) -> None:
    found = inspect(database.engine)
    names: list[tuple[str, str | None]] = []
    for table in Base.metadata.tables:
        names.append((table, found.get_pk_constraint(table)["name"]))
        names += [(table, key["name"]) for key in found.get_foreign_keys(table)]
        names += [(table, key["name"]) for key in found.get_unique_constraints(table)]
        names += [(table, key["name"]) for key in found.get_check_constraints(table)]
        names += [(table, key["name"]) for key in found.get_indexes(table)]
    assert len(names) > 40
    assert [(table, name) for table, name in names if not re.match(rf"(pk|fk|uq|ix|ck)_{table}", name or "")] == []


def test_every_scoped_table_is_under_row_level_security(server: Server) -> None:
    scoped = {m.class_.__tablename__ for m in Base.registry.mappers if issubclass(m.class_, Scoped)}
    name = server.make()
    engine = create_engine(server.url(name, APP))
    with engine.connect() as connection:
        secured = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
        owners = set(connection.scalars(text("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")))
    engine.dispose()
    server.drop(name)
    assert secured == scoped
    assert owners == {OWNER}


def test_foreign_keys_between_scoped_tables_carry_the_workspace() -> None:
    scoped = {m.local_table for m in Base.registry.mappers if issubclass(m.class_, Scoped)}
    between = [
        key
        for table in scoped
        for key in table.foreign_key_constraints  # type: ignore[attr-defined]
        if key.referred_table in scoped
    ]
    assert len(between) > 8
    assert [key.name for key in between if "workspace_id" not in key.column_keys] == []


def test_every_remembered_column_keeps_its_old_value() -> None:
    """Without active_history an expired value is overwritten unseen, and history would call it None."""
    columns = [(model, name) for model in ENTITIES for name in columns_of(model)]
    assert len(columns) > 30
    bare = [f"{m.__name__}.{n}" for m, n in columns if not getattr(m, n).impl.active_history]
    assert bare == []


def test_what_an_entity_refers_to_is_an_entity_too() -> None:
    """Undo looks there for what has gone."""
    keys = [key for model in ENTITIES for key in model.__table__.foreign_key_constraints]  # type: ignore[attr-defined]
    assert len(keys) > 6
    assert [key.name for key in keys if key.referred_table.name not in models()] == []


def test_stamps_are_not_remembered() -> None:
    for model in ENTITIES:
        if issubclass(model, Stamped):
            assert not {"created_at", "updated_at"} & set(columns_of(model))

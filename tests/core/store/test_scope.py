"""No query can forget the workspace: not through the session, and on PostgreSQL not below it either."""

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Connection,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import aliased

from core.product.items import Comment, Draft, Item
from core.product.people import Identity, Person, Product
from core.product.workspaces import UnknownConnection, Workspace, enter
from core.store.base import Base, Scoped, new_id
from core.store.bulk import insert_many, update_many
from core.store.database import Database, Session, WrongWorkspace
from core.store.history import Change, Operation
from tests.core.store.conftest import theirs
from tests.databases import NOW, Company

pytestmark = pytest.mark.usefixtures("full")

SCOPED = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Scoped)]
BULK_ROW = {"id": "x", "product_id": "x", "number": 9, "rank": "a9", "title": "x"}


def test_a_select_sees_its_own_workspace_only(company: Company) -> None:
    with company.look() as db:
        for model in (Item, Comment, Draft, Person, Identity, Product, Operation, Change):
            found = list(db.scalars(select(model)))
            assert found
            assert {row.workspace_id for row in found} == {company.id}
            assert db.scalar(select(func.count()).select_from(model)) == len(found)


def test_no_form_of_select_sees_more(company: Company, elsewhere: Company) -> None:
    other = aliased(Item)
    foreign = theirs(elsewhere)
    with company.look() as db:
        assert db.scalar(select(Item.title).where(Item.workspace_id == elsewhere.id)) is None
        assert db.scalar(select(other.title).where(other.id == foreign)) is None
        assert db.scalar(select(literal(1)).where(exists().where(Item.id == foreign))) is None
        assert db.scalar(select(func.count()).select_from(select(Item.id).subquery())) == 1
        assert db.scalar(select(select(func.count(Item.id)).scalar_subquery())) == 1
        assert len(db.execute(union_all(select(Item.id), select(other.id))).all()) == 2
        joined = select(Workspace.id).join(Person, Person.workspace_id == Workspace.id).distinct()
        assert list(db.scalars(joined)) == [company.id]
        outer = select(Workspace.id).outerjoin(Item, Item.workspace_id == Workspace.id).where(Item.id.is_not(None))
        assert list(db.scalars(outer)) == [company.id]


def test_get_does_not_reach_another_workspace(company: Company, elsewhere: Company) -> None:
    foreign = theirs(elsewhere)
    with company.look() as db:
        assert db.get(Item, {"workspace_id": elsewhere.id, "id": foreign}) is None
        assert db.get(Item, {"workspace_id": company.id, "id": foreign}) is None
        assert db.get(Item, {"workspace_id": company.id, "id": theirs(company)}) is not None


def test_an_update_does_not_reach_another_workspace(company: Company, elsewhere: Company) -> None:
    foreign = theirs(elsewhere)
    with company.work() as db:
        changed = db.execute(update(Item).where(Item.id == foreign).values(title="taken"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]
        update_many(db, Item, [(foreign, {"title": "of elsewhere"}, {"title": "taken"})])
    with elsewhere.look() as db:
        assert db.scalar(select(Item.title)) == "of elsewhere"


def test_a_delete_does_not_reach_another_workspace(company: Company, elsewhere: Company) -> None:
    with company.work() as db:
        db.execute(delete(Comment))
    with elsewhere.look() as db:
        assert db.scalar(select(func.count()).select_from(Comment)) == 1


def test_an_insert_into_another_workspace_is_refused(company: Company, elsewhere: Company) -> None:
    draft = {"id": new_id(), "product_id": elsewhere.product, "text": "x", "added": ""}
    with pytest.raises(WrongWorkspace), company.work() as db:
        db.add(Draft(workspace_id=elsewhere.id, **draft))
    with pytest.raises(WrongWorkspace), company.work() as db:
        db.execute(insert(Draft).values(workspace_id=elsewhere.id, created_at=NOW, updated_at=NOW, **draft))


def test_a_row_does_not_change_its_workspace(company: Company, elsewhere: Company) -> None:
    with pytest.raises(WrongWorkspace), company.work() as db:
        db.scalars(select(Draft)).one().workspace_id = elsewhere.id


def test_a_row_that_was_read_elsewhere_is_not_written_here(company: Company, elsewhere: Company) -> None:
    with elsewhere.look() as db:
        foreign = db.scalars(select(Draft)).one()
    foreign.text = "taken"
    with pytest.raises(WrongWorkspace), company.work() as db:
        db.add(foreign)
    with elsewhere.look() as db:
        foreign = db.scalars(select(Draft)).one()
    with pytest.raises(WrongWorkspace), company.work() as db:
        db.delete(foreign)


def test_without_a_workspace_scoped_rows_are_refused(database: Database) -> None:
    with database.transaction(write=True, now=NOW) as db:
        for model in SCOPED:
            for statement in (select(model), update(model).values(workspace_id="x"), delete(model)):
                with pytest.raises(WrongWorkspace):
                    db.execute(statement)


def test_without_a_workspace_no_detour_finds_scoped_rows(database: Database, company: Company) -> None:
    detours = (
        select(func.count()).select_from(Item),
        select(func.count()).select_from(select(Item.id).subquery()),
        select(select(func.count(Item.id)).scalar_subquery()),
        select(func.count(Workspace.id)).join(Person, Person.workspace_id == Workspace.id),
    )
    for detour in detours:
        with database.transaction(write=False, now=NOW) as db:
            try:
                assert db.scalar(detour) == 0
            except WrongWorkspace:
                continue


def test_without_a_workspace_nothing_scoped_is_written(database: Database, company: Company) -> None:
    with pytest.raises(WrongWorkspace), database.transaction(write=True, now=NOW) as db:
        db.add(Person(id=new_id(), name="nobody's", tz=None))
    with pytest.raises(WrongWorkspace), database.transaction(write=True, now=NOW) as db:
        insert_many(db, Item, [dict(BULK_ROW)])
    with pytest.raises(WrongWorkspace), database.transaction(write=True, now=NOW) as db:
        update_many(db, Item, [(theirs(company), {"title": "a"}, {"title": "b"})])


def test_a_bulk_insert_into_another_workspace_is_refused(company: Company, elsewhere: Company) -> None:
    with pytest.raises(WrongWorkspace), company.work() as db:
        insert_many(db, Item, [{**BULK_ROW, "workspace_id": elsewhere.id}])


def test_a_session_stays_in_its_workspace(company: Company, elsewhere: Company) -> None:
    with company.look() as db:
        db.enter(company.id)
        with pytest.raises(WrongWorkspace):
            db.enter(elsewhere.id)


def test_a_connection_leads_into_its_workspace(database: Database, company: Company, elsewhere: Company) -> None:
    with database.transaction(write=False, now=NOW) as db:
        assert enter(db, elsewhere.connection) == 1
        assert db.workspace == elsewhere.id
        assert list(db.scalars(select(Item.title))) == ["of elsewhere"]
    with database.transaction(write=False, now=NOW) as db, pytest.raises(UnknownConnection):
        enter(db, type(company.connection)(company.connection.platform, "nobody's"))


# ---- below the session: PostgreSQL's row-level security, as the role the application runs as ----

only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def raw(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def configure(connection: Connection, workspace: str) -> None:
    connection.execute(text("SELECT set_config('steward.workspace', :w, true)"), {"w": workspace})


def counts(connection: Connection) -> dict[str, int]:
    tables = [model.__table__.name for model in SCOPED]
    return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in tables}


@only_postgresql
def test_the_role_is_neither_owner_nor_superuser(raw: Connection) -> None:
    row = raw.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")).one()
    assert tuple(row) == (False, False)
    assert raw.scalar(text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")) == 0


@only_postgresql
def test_raw_sql_without_a_workspace_sees_nothing(raw: Connection) -> None:
    assert set(counts(raw).values()) == {0}


@only_postgresql
def test_raw_sql_sees_the_workspace_that_is_set(raw: Connection, company: Company) -> None:
    configure(raw, company.id)
    seen = counts(raw)
    assert (seen["items"], seen["comments"], seen["people"]) == (1, 1, 2)
    assert list(raw.scalars(text("SELECT DISTINCT workspace_id FROM items"))) == [company.id]


@only_postgresql
def test_after_a_commit_the_setting_is_empty_and_harmless(raw: Connection, company: Company) -> None:
    configure(raw, company.id)
    raw.commit()
    assert raw.scalar(text("SELECT current_setting('steward.workspace', true)")) == ""
    assert set(counts(raw).values()) == {0}


@only_postgresql
def test_raw_sql_cannot_write_into_another_workspace(raw: Connection, company: Company, elsewhere: Company) -> None:
    configure(raw, company.id)
    assert raw.execute(text("UPDATE items SET title = 'x' WHERE title = 'of elsewhere'")).rowcount == 0
    assert raw.execute(text("DELETE FROM comments")).rowcount == 1
    raw.rollback()
    configure(raw, company.id)
    with pytest.raises(ProgrammingError, match="row-level security"):
        raw.execute(
            text("INSERT INTO people (id, workspace_id, name, created_at, updated_at) VALUES ('x', :w, 'x', :at, :at)"),
            {"w": elsewhere.id, "at": NOW},
        )
    raw.rollback()
    configure(raw, company.id)
    with pytest.raises(ProgrammingError, match="row-level security"):
        raw.execute(text("UPDATE items SET workspace_id = :w"), {"w": elsewhere.id})


@only_postgresql
def test_the_role_cannot_take_the_guard_away(raw: Connection) -> None:
    for attempt in ("ALTER TABLE items DISABLE ROW LEVEL SECURITY", "DROP POLICY workspace ON items"):
        with pytest.raises(DBAPIError, match="must be owner"):
            raw.execute(text(attempt))
        raw.rollback()


@only_postgresql
def test_a_pooled_connection_forgets_the_workspace_of_its_last_user(database: Database, company: Company) -> None:
    """The session's own criteria aside: what a forgotten filter would see."""
    for _ in range(12):
        with company.look() as db:
            assert raw_count(db) == 1
        with database.transaction(write=False, now=NOW) as db:
            assert raw_count(db) == 0


def raw_count(db: Session) -> int:
    return int(db.connection().scalar(text("SELECT count(*) FROM items")) or 0)

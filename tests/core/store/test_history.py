"""Every change is remembered: who, when, before and after, once for each entity and operation."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.product import backlog, ranking
from core.product.items import Comment, Item
from core.product.people import Product
from core.store import history
from core.store.base import new_id
from core.store.bulk import insert_many, update_many
from core.store.database import Session
from core.store.history import Change, Operation, Past
from tests.databases import NOW, Company


def past(company: Company, subject: str | None = None) -> list[Past]:
    """What history tells, oldest first."""
    with company.look() as db:
        return history.changes(db, subject=subject, limit=10_000)[::-1]


def told(one: Past) -> tuple[str, object, object]:
    return one.entity, one.before, one.after


def test_an_edit_is_told_with_before_and_after_and_who_and_when(company: Company) -> None:
    [made] = company.add("old", points=3.0, labels=("api", "ui"))
    later = NOW + timedelta(hours=2)
    with company.work(company.bob, "backlog edit", now=later) as db:
        fields = {"title": "new", "points": None, "labels": ("ui",), "type": "story"}
        backlog.edit(company.item(db, made), fields, later)
    [_, edit] = past(company, made)
    assert edit.before == {"title": "old", "points": 3.0, "labels": ("api", "ui")}
    assert edit.after == {"title": "new", "points": None, "labels": ("ui",)}
    assert (edit.actor_id, edit.at, edit.kind, edit.label) == (company.bob, later, "work", "backlog edit")


def test_an_instant_is_told_as_an_instant(company: Company) -> None:
    [made] = company.add("x")
    at = NOW + timedelta(microseconds=7)
    with company.work() as db:
        backlog.set_status(company.item(db, made), "done", at)
    assert past(company, made)[-1].after == {"status": "done", "closed_at": at}


def test_what_was_made_is_told_whole(company: Company) -> None:
    [made] = company.add("new", type="bug")
    [one] = past(company, made)
    assert one.before is None
    assert one.after is not None
    assert set(one.after) == {*history.columns_of(Item), "created_at"}
    assert (one.after["title"], one.after["type"], one.after["number"]) == ("new", "bug", 1)


def test_what_was_removed_is_told_whole(company: Company) -> None:
    [made] = company.add("x")
    with company.work() as db:
        said = backlog.comment(db, company.item(db, made), company.ann, "hm").id
    with company.work() as db:
        db.delete(db.get_one(Comment, {"workspace_id": company.id, "id": said}))
    gone = past(company, made)[-1]
    assert told(gone) == (
        "comments",
        {"item_id": made, "author_id": company.ann, "text": "hm", "created_at": NOW},
        None,
    )


def test_a_comment_is_part_of_its_items_history(company: Company) -> None:
    [made] = company.add("x")
    with company.work() as db:
        backlog.comment(db, company.item(db, made), company.ann, "hm")
    assert [one.entity for one in past(company, made)] == ["items", "comments"]


def test_one_operation_tells_each_entity_once(company: Company) -> None:
    [made] = company.add("a")
    with company.work() as db:
        for title in ("b", "c", "d"):
            company.item(db, made).title = title
            db.flush()
        company.item(db, made).points = 1.0
    [_, edit] = past(company, made)
    assert told(edit) == ("items", {"title": "a", "points": None}, {"title": "d", "points": 1.0})


def test_one_operation_tells_its_entities_in_the_order_in_which_they_were_made(company: Company) -> None:
    made = company.add(*(f"number {n}" for n in range(20)))
    with company.work() as db:
        for item in [company.item(db, one) for one in reversed(made)]:
            item.points = 5.0
    with company.look() as db:
        assert [past.entity_id for past in reversed(history.changes(db, limit=20))] == made


def test_made_and_changed_in_one_operation_is_made(company: Company) -> None:
    with company.work() as db:
        [made] = backlog.add(db, company.product, ["a"])
        made.title = "b"
        db.flush()
    [one] = past(company, made.id)
    assert one.before is None
    assert one.after is not None
    assert one.after["title"] == "b"


def test_made_and_removed_in_one_operation_never_was(company: Company) -> None:
    with company.work() as db:
        [made] = backlog.add(db, company.product, ["a"])
        db.delete(made)
    assert past(company) == []
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Operation)) == 0


def test_changed_and_removed_in_one_operation_is_removed_as_it_was_before(company: Company) -> None:
    [made] = company.add("a")
    with company.work() as db:
        found = company.item(db, made)
        found.title = "b"
        db.flush()
        db.delete(found)
    gone = past(company, made)[-1]
    assert gone.after is None
    assert gone.before is not None
    assert gone.before["title"] == "a"


def test_changed_and_changed_back_is_no_change(company: Company) -> None:
    [made] = company.add("a")
    with company.work() as db:
        company.item(db, made).title = "b"
        db.flush()
        company.item(db, made).title = "a"
    with company.work() as db:
        company.item(db, made).title = "a"
    assert len(past(company, made)) == 1


def test_what_is_rolled_back_leaves_no_trace(company: Company) -> None:
    def fail() -> None:
        with company.work() as db:
            backlog.add(db, company.product, ["never"])
            insert_many(db, Item, rows(db, company, 3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert past(company) == []


def test_the_old_value_is_known_though_it_was_never_read(company: Company) -> None:
    """An expired attribute that is overwritten has no history unless the column keeps it (PITFALLS 29a)."""
    [made] = company.add("a", points=5.0)
    with company.work() as db:
        found = company.item(db, made)
        db.expire(found)
        found.points = 8.0
    assert past(company, made)[-1].before == {"points": 5.0}


def test_counters_and_stamps_are_not_told(company: Company) -> None:
    with company.work() as db:
        found = db.scalars(select(Product)).one()
        found.counter = 9
    assert past(company) == []


def test_history_is_narrowed_to_a_product_and_a_time(company: Company) -> None:
    first = company.add("first")
    with company.work(now=NOW + timedelta(days=1)) as db:
        company.item(db, first[0]).title = "later"
    with company.work(product="other") as db:
        company.item(db, first[0]).title = "elsewhere"
    with company.look() as db:
        assert len(history.changes(db)) == 3
        assert [c.after for c in history.changes(db, product="other")] == [{"title": "elsewhere"}]
        since = history.changes(db, product=company.product, since=NOW + timedelta(seconds=1))
        assert [c.after for c in since] == [{"title": "later"}]
        assert len(history.changes(db, limit=2)) == 2


# ---- many at once ----


def rows(db: Session, company: Company, count: int, start: int = 100) -> list[dict[str, object]]:
    """Full rows for store.bulk, after everything there is."""
    ranks = ranking.at_end(db, company.product, count)
    blank = dict.fromkeys(history.columns_of(Item))
    return [
        {
            **blank,
            "id": new_id(),
            "product_id": company.product,
            "number": start + n,
            "rank": rank,
            "title": f"item {n}",
            "description": "",
            "type": "story",
            "status": "new",
            "labels": ("bulk",),
            "link": "",
            **dict.fromkeys(("persona", "want", "benefit"), ""),
        }
        for n, rank in enumerate(ranks)
    ]


def test_many_inserts_are_remembered_as_single_ones_are(company: Company) -> None:
    with company.work() as db:
        [row] = rows(db, company, 1)
        insert_many(db, Item, [row])
    with company.work() as db:
        single = Item(**{**row, "id": new_id(), "number": 7, "rank": ranking.at_end(db, company.product)[0]})
        db.add(single)
    [many], [one] = past(company, str(row["id"])), past(company, single.id)
    assert many.before is one.before is None
    assert many.after is not None
    assert one.after is not None
    assert {**many.after, "number": 7, "rank": single.rank} == one.after
    with company.look() as db:
        bulked, singled = company.item(db, str(row["id"])), company.item(db, single.id)
        assert (bulked.created_at, bulked.updated_at) == (singled.created_at, singled.updated_at) == (NOW, NOW)


def test_many_updates_are_remembered_as_single_ones_are(company: Company) -> None:
    first, second = company.add("a", "a", labels=("x",), points=1.0)
    later = NOW + timedelta(hours=1)
    after = {"title": "b", "labels": ("x", "y"), "points": None, "closed_at": later}
    with company.work(now=later) as db:
        before = {name: getattr(company.item(db, first), name) for name in after}
        update_many(db, Item, [(first, before, after)])
    with company.work(now=later) as db:
        backlog.edit(company.item(db, second), after, later)
    many, one = past(company, first)[-1], past(company, second)[-1]
    assert told(many) == told(one) == ("items", before, after)
    with company.look() as db:
        bulked, singled = company.item(db, first), company.item(db, second)
        assert all(getattr(bulked, name) == getattr(singled, name) == value for name, value in after.items())
        assert bulked.updated_at == singled.updated_at == later


def test_many_updates_of_different_fields_touch_only_these(company: Company) -> None:
    first, second = company.add("a", "b")
    with company.work() as db:
        update_many(
            db,
            Item,
            [(first, {"title": "a"}, {"title": "c"}), (second, {"points": None}, {"points": 2.0})],
        )
    with company.look() as db:
        found = db.execute(select(Item.title, Item.points).order_by(Item.number)).all()
    assert [tuple(row) for row in found] == [("c", None), ("b", 2.0)]


def test_many_at_once_are_one_operation(company: Company) -> None:
    with company.work() as db:
        made = rows(db, company, 2500)
        insert_many(db, Item, made)
        update_many(db, Item, [(str(made[0]["id"]), {"title": "item 0"}, {"title": "first"})])
        backlog.add(db, company.product, ["and one more"])
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Operation)) == 1
        assert db.scalar(select(func.count()).select_from(Change)) == 2502


def test_nothing_at_once_is_no_operation(company: Company) -> None:
    with company.work() as db:
        insert_many(db, Item, [])
        update_many(db, Item, [])
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Operation)) == 0


# ---- who listens ----


def test_listeners_hear_of_changes_before_the_commit_and_may_add_to_them(company: Company) -> None:
    heard: list[tuple[str, str]] = []

    def listen(db: Session) -> None:
        for entry in list(db.ledger.changes.values()):
            heard.append((entry.entity, entry.entity_id))
            backlog.comment(db, company.item(db, entry.entity_id), company.bob, "seen")

    company.database.listeners.append(listen)
    [made] = company.add("x")
    assert heard == [("items", made)]
    assert [one.entity for one in past(company, made)] == ["items", "comments"]
    with company.work():
        pass
    assert len(heard) == 1

"""Undo takes back my latest operation in this product, field by field; what was changed since is named and kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core.product import backlog, merging, ranking
from core.product.items import Comment, Item
from core.product.people import Product
from core.store import history, reversal
from core.store.base import new_id
from core.store.bulk import insert_many, update_many
from core.store.history import Operation
from core.store.reversal import Kept, Reversal
from tests.core.store.test_history import rows
from tests.databases import NOW, Company, product


def undo(company: Company, who: str | None = None, product: str = "") -> Reversal | None:
    with company.work(who, product=product) as db:
        return reversal.undo(db, who or company.ann, product or company.product, ranking.mend_order)


def redo(company: Company, who: str | None = None, now: datetime = NOW) -> Reversal | None:
    with company.work(who, now=now) as db:
        return reversal.redo(db, who or company.ann, company.product, ranking.mend_order)


def edit(company: Company, item: str, who: str | None = None, label: str = "edit", **fields: Any) -> None:
    with company.work(who, label) as db:
        for name, value in fields.items():
            setattr(company.item(db, item), name, value)


def say(company: Company, item: str, text: str, who: str | None = None) -> str:
    with company.work(who, "comment") as db:
        return backlog.comment(db, company.item(db, item), who or company.ann, text).id


def titles(company: Company) -> list[str]:
    with company.look() as db:
        return list(db.scalars(select(Item.title).order_by(Item.rank)))


def fields_of(company: Company, item: str, *names: str) -> tuple[Any, ...]:
    with company.look() as db:
        return tuple(getattr(company.item(db, item), name) for name in names)


def done(found: Reversal | None) -> Reversal:
    assert found is not None
    return found


def test_an_edit_is_taken_back_and_put_back(company: Company) -> None:
    [made] = company.add("old", points=1.0, labels=("x",))
    edit(company, made, label="backlog edit", title="new", points=None, labels=("y", "z"))
    back = done(undo(company))
    assert back.label == "backlog edit"
    assert back.kept == []
    assert back.restored == [
        (
            "items",
            made,
            {"title": "new", "points": None, "labels": ("y", "z")},
            {"title": "old", "points": 1.0, "labels": ("x",)},
        )
    ]
    assert fields_of(company, made, "title", "points", "labels") == ("old", 1.0, ("x",))
    assert done(redo(company)).label == "backlog edit"
    assert fields_of(company, made, "title", "points", "labels") == ("new", None, ("y", "z"))


def test_what_somebody_changed_since_is_kept_and_named_and_the_rest_is_restored(company: Company) -> None:
    [made] = company.add("old", points=1.0)
    edit(company, made, title="mine", points=2.0, type="bug")
    edit(company, made, company.bob, points=3.0)
    back = done(undo(company))
    assert back.kept == [Kept("items", made, "points", company.bob)]
    assert fields_of(company, made, "title", "points", "type") == ("old", 3.0, "story")


def test_where_nothing_can_be_restored_nothing_is_written(company: Company) -> None:
    [made] = company.add("old")
    edit(company, made, title="mine")
    edit(company, made, company.bob, title="his")
    back = done(undo(company))
    assert back.restored == []
    assert back.kept == [Kept("items", made, "title", company.bob)]
    with company.look() as db:
        assert db.scalar(select(func.count()).where(Operation.kind == history.UNDO)) == 0
        assert db.scalar(select(func.count()).where(Operation.reversed)) == 0


def test_an_add_is_taken_back_by_removing_and_put_back_under_the_same_id(company: Company) -> None:
    [made] = company.add("new", description="long", labels=("x",))
    before = fields_of(company, made, *history.whole(Item))
    assert done(undo(company)).kept == []
    assert titles(company) == []
    done(redo(company, now=NOW + timedelta(days=1)))
    assert fields_of(company, made, *history.whole(Item)) == before


def test_an_item_somebody_changed_stays_when_its_add_is_taken_back(company: Company) -> None:
    [made] = company.add("new")
    edit(company, made, company.bob, points=5.0)
    back = done(undo(company))
    assert (back.restored, back.kept) == ([], [Kept("items", made, "", company.bob)])
    assert titles(company) == ["new"]


def test_a_change_of_long_ago_is_not_overlooked(company: Company) -> None:
    [made] = company.add("new", points=0.0)
    edit(company, made, company.bob, title="his")
    for turn in range(30):
        edit(company, made, points=float(turn % 2))
    for _ in range(30):
        undo(company)
    assert done(undo(company)).kept == [Kept("items", made, "", company.bob)]
    assert titles(company) == ["his"]


def test_an_item_somebody_commented_stays_when_its_add_is_taken_back(company: Company) -> None:
    [first, second] = company.add("first", "second")
    say(company, first, "let us keep this", company.bob)
    back = done(undo(company))
    assert back.kept == [Kept("items", first, "", company.bob)]
    assert titles(company) == ["first"]
    assert second


def test_an_item_whose_comment_was_taken_back_may_go(company: Company) -> None:
    [made] = company.add("first")
    said = say(company, made, "let us keep this", company.bob)
    assert done(undo(company, company.bob)).restored
    assert done(undo(company)).kept == []
    assert titles(company) == []
    assert said


def test_a_comment_that_was_put_back_holds_its_item_again(company: Company) -> None:
    [made] = company.add("first")
    say(company, made, "let us keep this", company.bob)
    undo(company, company.bob)
    redo(company, company.bob)
    assert done(undo(company)).kept == [Kept("items", made, "", company.bob)]
    assert titles(company) == ["first"]


def test_a_comment_cannot_be_put_back_on_an_item_that_is_gone(company: Company) -> None:
    [made] = company.add("first")
    said = say(company, made, "x", company.bob)
    undo(company, company.bob)
    undo(company)
    back = done(redo(company, company.bob))
    assert (back.restored, back.kept) == ([], [Kept("comments", said, "", company.ann)])


def test_an_item_and_my_own_comment_are_taken_back_one_after_the_other(company: Company) -> None:
    [made] = company.add("first")
    say(company, made, "mine")
    assert [done(undo(company)).label for _ in range(2)] == ["comment", "add"]
    assert titles(company) == []
    assert [done(redo(company)).label for _ in range(2)] == ["add", "comment"]
    with company.look() as db:
        assert db.scalar(select(Comment.text).where(Comment.item_id == made)) == "mine"


def test_item_and_comment_of_one_operation_go_and_come_together(company: Company) -> None:
    with company.work() as db:
        [item] = backlog.add(db, company.product, ["together"])
        backlog.comment(db, item, company.ann, "with this")
    for _ in range(2):
        assert done(undo(company)).kept == []
        with company.look() as db:
            assert db.scalar(select(func.count()).select_from(Comment)) == 0
        assert titles(company) == []
        assert done(redo(company)).kept == []
        with company.look() as db:
            assert db.scalar(select(Comment.text)) == "with this"
        assert titles(company) == ["together"]


def test_what_was_removed_is_made_again(company: Company) -> None:
    [made] = company.add("first")
    said = say(company, made, "hm")
    with company.work() as db:
        db.delete(db.get_one(Comment, {"workspace_id": company.id, "id": said}))
    assert done(undo(company)).restored == [
        ("comments", said, None, {"item_id": made, "author_id": company.ann, "text": "hm", "created_at": NOW})
    ]
    with company.look() as db:
        assert db.scalar(select(Comment.text).where(Comment.id == said)) == "hm"
    assert done(redo(company)).kept == []
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Comment)) == 0


def test_an_edit_of_what_was_removed_since_is_kept_and_named(company: Company) -> None:
    [made] = company.add("first")
    edit(company, made, title="second")
    with company.work(company.bob) as db:
        db.delete(company.item(db, made))
    assert done(undo(company)).kept == [Kept("items", made, "", company.bob)]


def test_several_are_taken_back_newest_first_and_put_back_in_reverse(company: Company) -> None:
    [made] = company.add("0")
    for step in "12345":
        edit(company, made, label=step, title=step)
    assert [done(undo(company)).label for _ in range(3)] == ["5", "4", "3"]
    assert titles(company) == ["2"]
    assert [done(redo(company)).label for _ in range(3)] == ["3", "4", "5"]
    assert titles(company) == ["5"]
    assert redo(company) is None
    assert [done(undo(company)).label for _ in range(6)] == ["5", "4", "3", "2", "1", "add"]
    assert undo(company) is None
    assert titles(company) == []


def test_undo_and_redo_alternate_without_end(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, title="1")
    for _ in range(5):
        undo(company)
        assert titles(company) == ["0"]
        redo(company)
        assert titles(company) == ["1"]


def test_new_work_ends_what_could_be_put_back(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, title="1")
    undo(company)
    edit(company, made, points=1.0)
    assert redo(company) is None
    done(undo(company))
    assert done(redo(company)).restored
    assert redo(company) is None
    assert titles(company) == ["0"]


def test_somebody_elses_work_does_not_end_what_i_could_put_back(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, title="1")
    undo(company)
    edit(company, made, company.bob, points=1.0)
    assert done(redo(company)).kept == []
    assert fields_of(company, made, "title", "points") == ("1", 1.0)


def test_undo_is_about_my_work_only(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, company.bob, title="his")
    assert undo(company, company.ann) is not None  # the add, which bob's edit keeps
    assert titles(company) == ["his"]
    assert done(undo(company, company.bob)).label == "edit"
    assert titles(company) == ["0"]
    assert undo(company, company.bob) is None


def test_undo_is_about_this_product_only(company: Company) -> None:
    with company.work(undoable=False) as db:
        other = product(db, "WEB")
    company.add("in the app")
    with company.work(product=other) as db:
        backlog.add(db, other, ["on the web"])
    assert done(undo(company)).restored[0][2]["title"] == "in the app"  # type: ignore[index]
    assert undo(company) is None
    assert done(undo(company, product=other)).restored[0][2]["title"] == "on the web"  # type: ignore[index]


def test_what_is_not_undoable_is_passed_over(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, label="work", title="1")
    with company.work(undoable=False) as db:
        db.scalars(select(Product)).one().vision = "setup"
    assert done(undo(company)).label == "work"
    assert titles(company) == ["0"]


def test_undo_itself_is_part_of_history(company: Company) -> None:
    [made] = company.add("0")
    edit(company, made, title="1")
    undo(company)
    with company.look() as db:
        last = history.changes(db, subject=made)[0]
        reverses, kind = db.execute(
            select(Operation.reverses, Operation.kind).where(Operation.id == last.operation_id)
        ).one()
    assert (last.kind, last.before, last.after, last.actor_id) == ("undo", {"title": "1"}, {"title": "0"}, company.ann)
    assert kind == history.UNDO
    assert reverses


@pytest.mark.parametrize("count", [3000])
def test_a_bulk_insert_with_comments_is_taken_back_and_put_back_whole(company: Company, count: int) -> None:
    """In thousands, as an import does it: a thousand changes on the way back begin anywhere among items or comments."""
    company.add("before")
    with company.work(label="import") as db:
        for _ in range(count // 750):
            made = rows(db, company, 500, start=1 + (db.scalar(select(func.max(Item.number))) or 0))
            insert_many(db, Item, made)
            said = [
                {"id": new_id(), "item_id": row["id"], "author_id": None, "text": "x", "created_at": NOW}
                for row in made[:250]
            ]
            insert_many(db, Comment, said, subject="item_id")
    whole = titles(company)
    back = done(undo(company))
    assert (len(back.restored), back.kept) == (count, [])
    assert titles(company) == ["before"]
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Comment)) == 0
    again = done(redo(company))
    assert (len(again.restored), again.kept) == (count, [])
    assert titles(company) == whole
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Comment)) == count // 3


def test_a_bulk_change_is_taken_back_but_for_what_somebody_changed(company: Company) -> None:
    made = company.add(*[str(n) for n in range(30)])
    with company.work() as db:
        update_many(db, Item, [(one, {"title": str(n)}, {"title": f"bulk {n}"}) for n, one in enumerate(made)])
    edit(company, made[7], company.bob, title="his")
    back = done(undo(company))
    assert back.kept == [Kept("items", made[7], "title", company.bob)]
    assert titles(company) == [str(n) if n != 7 else "his" for n in range(30)]


def test_an_imported_item_cannot_be_put_back_beside_its_twin(company: Company) -> None:
    """Ann takes her import back, bob imports the same file: putting ann's back would make every item twice."""

    def bring(who: str) -> list[str]:
        with company.work(who, "import") as db:
            fields = {"title": "from jira", "external_key": "J-1", "imported_at": None}
            merging.merge(db, company.product, "jira", [merging.Incoming("1", fields)])
            return list(db.scalars(select(Item.id)))

    [hers] = bring(company.ann)
    undo(company)
    [his] = bring(company.bob)
    back = done(redo(company))
    assert (back.restored, [kept.entity_id for kept in back.kept]) == ([], [hers])
    with company.look() as db:
        assert list(db.scalars(select(Item.id))) == [his]

"""Finding, listing, adding and merging items."""

from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest
from sqlalchemy import func, select

from core.product import backlog, merging, whole
from core.product.backlog import Filters, NoSuchItem, TooLong
from core.product.items import CLOSED, OPEN, Comment, Item
from core.product.merging import Incoming, Merged
from core.product.people import Product
from core.store import history
from core.store.history import Change
from tests import databases
from tests.databases import NOW, Company

LATER = NOW + timedelta(days=1)


def listed(company: Company, limit: int = 100, **filters: Any) -> list[str]:
    with company.look() as db:
        return [one.title for one in backlog.listed(db, company.product, Filters(**filters), limit)]


# ---- lists ----


def test_a_list_shows_open_items_in_order(company: Company) -> None:
    company.add("first", "second")
    company.add("closed", status="done", closed_at=NOW)
    company.add("third")
    assert listed(company) == ["first", "second", "third"]
    assert listed(company, status=("done", "dropped")) == ["closed"]
    assert listed(company, status=("new", "done")) == ["first", "second", "closed", "third"]


def test_a_list_is_narrowed_by_each_filter_and_by_all_together(company: Company) -> None:
    company.add("a story")
    company.add("a bug", type="bug")
    company.add("ann's", assignee_id=company.ann)
    company.add("labelled", labels=("api", "ui"))
    company.add("all", type="bug", assignee_id=company.ann, labels=("ui",), status="doing", description="with words")
    assert listed(company, type="bug") == ["a bug", "all"]
    assert listed(company, assignee_id=company.ann) == ["ann's", "all"]
    assert listed(company, unassigned=True) == ["a story", "a bug", "labelled"]
    assert listed(company, label="ui") == ["labelled", "all"]
    assert listed(company, label="api") == ["labelled"]
    assert listed(company, text="words") == ["all"]
    everything = {"type": "bug", "assignee_id": company.ann, "label": "ui", "status": ("doing",), "text": "with all"}
    assert listed(company, **everything) == ["all"]
    for name, other in (("type", "story"), ("label", "api"), ("status", ("new",)), ("text", "without")):
        assert listed(company, **{**everything, name: other}) == []


def test_a_label_is_a_whole_word(company: Company) -> None:
    company.add("x", labels=("api", "frontend"))
    assert listed(company, label="front") == []
    assert listed(company, label="api frontend") == ["x"]
    assert listed(company, label="API") == ["x"]


def test_text_is_searched_in_title_description_and_outside_key(company: Company) -> None:
    company.add("The Login page")
    company.add("second", description="a login\nthat lasts")
    company.add("third", external_key="LOGIN-7")
    company.add("logout")
    assert listed(company, text="login") == ["The Login page", "second", "third"]
    assert listed(company, text="LOGIN page") == ["The Login page"]


def test_letters_beyond_ascii_are_found_in_either_case(company: Company) -> None:
    company.add("Übersicht", "ПРИВЕТ")
    assert listed(company, text="übersicht") == ["Übersicht"]
    assert listed(company, text="ÜBER") == ["Übersicht"]
    assert listed(company, text="привет") == ["ПРИВЕТ"]


def test_signs_that_mean_something_to_like_are_themselves(company: Company) -> None:
    company.add("at 100%", "at 1000", "a_b", "axb", "c:\\new", "cnew")
    for word, found in (("100%", "at 100%"), ("a_b", "a_b"), ("\\n", "c:\\new"), ("%", "at 100%"), ("_", "a_b")):
        assert listed(company, text=word) == [found]


def test_a_label_of_signs_is_itself(company: Company) -> None:
    company.add("x", labels=("100%",))
    company.add("y", labels=("1000",))
    company.add("z", labels=("a_b",))
    assert listed(company, label="100%") == ["x"]
    assert listed(company, label="%") == []
    assert listed(company, label="a_b") == ["z"]


def test_pages_follow_one_another_without_gap_or_repeat(company: Company) -> None:
    names = [f"item {n}" for n in range(23)]
    company.add(*names)
    found: list[str] = []
    after = ""
    with company.look() as db:
        for _ in count():
            page = backlog.listed(db, company.product, Filters(after=after), 5)
            if not page:
                break
            found += [one.title for one in page]
            after = page[-1].rank
    assert found == names


def test_a_list_is_of_one_product(company: Company) -> None:
    with company.work() as db:
        other = databases.product(db, "WEB")
        backlog.add(db, other, ["on the web"])
    company.add("in the app")
    assert listed(company) == ["in the app"]


def test_an_item_is_shown_with_its_latest_comments(company: Company) -> None:
    [made] = company.add("x", description="long", labels=("ui",))
    for hour, text in enumerate(("first", "second", "third")):
        with company.work(now=NOW + timedelta(hours=hour)) as db:
            backlog.comment(db, company.item(db, made), company.bob, text)
    with company.look() as db:
        row = backlog.shown(db, company.product, 1)
        assert row is not None
        assert (row.id, row.title, row.description, row.labels, row.created_at) == (made, "x", "long", ("ui",), NOW)
        assert [(c.text, c.author_id) for c in backlog.comments(db, made, 2)] == [
            ("third", company.bob),
            ("second", company.bob),
        ]
        assert backlog.shown(db, company.product, 2) is None


# ---- references ----


def test_our_own_names_of_an_item(company: Company) -> None:
    company.add("one", "two")
    with company.look() as db:
        for reference in ("APP-2", "app-2", "App-2", "2"):
            assert backlog.number_of(db, company.product, "APP", reference) == 2
            assert [item.title for item in backlog.find(db, company.product, "APP", [reference])] == ["two"]


def test_an_outside_key_names_an_item(company: Company) -> None:
    company.add("one", "two")
    company.add("from jira", external_key="JRA-12")
    company.add("from elsewhere", external_key="abc")
    with company.look() as db:
        assert [backlog.number_of(db, company.product, "APP", r) for r in ("JRA-12", "jra-12", "abc")] == [3, 3, 4]


JUNK = (
    "",
    "-",
    "APP-",
    "APP-x",
    "WEB-1",
    "APP-1-",
    "1.5",
    "APP-²",
    "APP-٣",
    "9999999999",
    "APP-12345678901",
    "%",
    "🙂",
)


def test_junk_names_no_item(company: Company) -> None:
    company.add("one")
    with company.look() as db:
        for junk in JUNK:
            with pytest.raises(NoSuchItem) as raised:
                backlog.find(db, company.product, "APP", [junk])
            assert raised.value.args == (junk,)


def test_each_reference_finds_its_item_in_the_order_asked_for(company: Company) -> None:
    company.add("one", "two", "three")
    with company.look() as db:
        found = backlog.find(db, company.product, "APP", ["3", "APP-1", "app-3"])
        assert [item.number for item in found] == [3, 1, 3]
        with pytest.raises(NoSuchItem, match="APP-4"):
            backlog.find(db, company.product, "APP", ["1", "APP-4"])


def test_an_item_of_another_product_is_not_found(company: Company) -> None:
    with company.work() as db:
        other = databases.product(db, "WEB")
        backlog.add(db, other, ["x"], external_key="JRA-1")
    with company.look() as db:
        for reference in ("1", "JRA-1", "WEB-1"):
            with pytest.raises(NoSuchItem):
                backlog.find(db, company.product, "APP", [reference])


# ---- one at a time ----


def test_titles_stand_on_one_line_and_hold_255_characters(company: Company) -> None:
    [made] = company.add("  two\n\twords  ")
    with company.look() as db:
        assert company.item(db, made).title == "two words"
    company.add("ü" * 255)
    with pytest.raises(TooLong) as raised:
        company.add("fine", "x" * 256)
    assert raised.value.args == (256,)
    with company.work() as db, pytest.raises(TooLong):
        backlog.edit(company.item(db, made), {"title": "x" * 300}, NOW)
    assert listed(company) == ["two words", "ü" * 255]


def test_numbers_count_on_and_are_never_given_twice(company: Company) -> None:
    company.add("one", "two")
    with company.work() as db:
        db.delete(backlog.find(db, company.product, "APP", ["2"])[0])
    company.add("three")
    with company.look() as db:
        assert list(db.scalars(select(Item.number).order_by(Item.number))) == [1, 3]


def test_an_item_is_closed_while_its_status_is(company: Company) -> None:
    [made] = company.add("x")
    with company.work() as db:
        item = company.item(db, made)
        for closed, opened in product(CLOSED, OPEN):
            backlog.set_status(item, opened, NOW)
            assert item.closed_at is None
            backlog.set_status(item, closed, NOW)
            assert item.closed_at == NOW
            backlog.set_status(item, "accepted", LATER)
            assert (item.status, item.closed_at) == ("accepted", NOW)  # it has been closed since then
            backlog.set_status(item, opened, LATER)
            assert (item.status, item.closed_at) == (opened, None)


# ---- many at once ----


def incoming(*titles: str, **fields: Any) -> list[Incoming]:
    """Items as an import gives them; the outside id is the place in the list."""
    blank = {"external_key": None, "labels": (), "points": None, "status": "new", "closed_at": None, "imported_at": NOW}
    return [
        Incoming(str(n), {**blank, "title": title, "external_key": f"J-{n}", **fields}, NOW - timedelta(days=9))
        for n, title in enumerate(titles)
    ]


def merge(company: Company, *batch: Incoming, source: str = "jira", dry: bool = False) -> Merged:
    with company.work(now=LATER) as db:
        return merging.merge(db, company.product, source, list(batch), dry=dry)


def test_a_merge_adds_after_what_there_is_in_the_order_of_the_file(company: Company) -> None:
    company.add("ours")
    assert merge(company, *incoming("b", "a", "c")) == Merged(added=3)
    assert listed(company) == ["ours", "b", "a", "c"]
    with company.look() as db:
        row = backlog.shown(db, company.product, 2)
        assert row is not None
        assert (row.number, row.external_key, row.source, row.imported_at) == (2, "J-0", "jira", NOW)
        assert (row.created_at, row.updated_at) == (NOW - timedelta(days=9), LATER)


def test_a_second_merge_changes_nothing(company: Company) -> None:
    batch = incoming("a", "b", labels=("x", "y"), points=2.0, status="done", closed_at=NOW)
    merge(company, *batch)
    with company.look() as db:
        before = db.scalar(select(func.count()).select_from(Change))
        counter = db.scalar(select(Product.counter))
    assert merge(company, *batch) == Merged(same=2)
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Change)) == before
        assert db.scalar(select(Product.counter)) == counter


def test_a_merge_changes_only_what_differs_and_leaves_order_and_ours_alone(company: Company) -> None:
    [first, second] = incoming("a", "b")
    merge(company, first, second)
    with company.work() as db:
        items = backlog.find(db, company.product, "APP", ["1", "2"])
        backlog.ranking.move(db, company.product, [items[1]], "top")
        items[0].assignee_id = company.bob
        items[0].description = "what we added"
    again = incoming("a", "b, but better", points=3.0)
    assert merge(company, first, again[1]) == Merged(changed=1, same=1)
    assert listed(company) == ["b, but better", "a"]
    with company.look() as db:
        row = backlog.shown(db, company.product, 1)
        assert row is not None
        assert (row.assignee_id, row.description, row.updated_at) == (company.bob, "what we added", NOW)
        last = history.changes(db, limit=1)[0]
    assert last.before is not None
    assert last.after is not None
    assert last.before | {"said": ""} == {"title": "b", "points": None, "imported_at": NOW, "said": ""}
    assert last.after | {"said": ""} == {"title": "b, but better", "points": 3.0, "imported_at": NOW, "said": ""}


def test_importing_again_leaves_what_people_changed_here(company: Company) -> None:
    first, second = incoming("a", "b")
    merge(company, first, second)
    with company.work() as db:
        one, two = backlog.find(db, company.product, "APP", ["1", "2"])
        backlog.edit(one, {"title": "ours", "status": "done", "points": 8.0}, NOW)
        backlog.edit(two, {"title": "ours too"}, NOW)
    assert merge(company, first, second) == Merged(same=2)
    assert listed(company) == ["ours too"]
    anew = incoming("a", "b anew", points=3.0)
    assert merge(company, first, anew[1]) == Merged(changed=1, same=1, kept=(second.external_id,))
    with company.look() as db:
        row = backlog.shown(db, company.product, 2)
    assert row is not None
    assert (row.title, row.points) == ("ours too", 3.0)


def test_a_dry_merge_tells_and_writes_nothing(company: Company) -> None:
    merge(company, *incoming("a"))
    assert merge(company, *incoming("A", "new"), dry=True) == Merged(added=1, changed=1)
    assert listed(company) == ["a"]


def test_equal_ids_of_two_sources_are_two_items(company: Company) -> None:
    assert merge(company, *incoming("a")) == Merged(added=1)
    assert merge(company, *incoming("a"), source="linear") == Merged(added=1)
    assert listed(company) == ["a", "a"]


def test_equal_titles_under_different_ids_are_two_items(company: Company) -> None:
    assert merge(company, *incoming("same", "same")) == Merged(added=2)


def test_comments_come_with_their_items_once(company: Company) -> None:
    [plain] = incoming("a")
    said = (("hm", company.bob, NOW - timedelta(days=1)), ("yes", None, None))
    one = Incoming(plain.external_id, plain.fields, plain.created_at, said)
    merge(company, one)
    merge(company, one)
    merge(company, Incoming(plain.external_id, plain.fields, plain.created_at, (*said, ("new", None, NOW))))
    with company.look() as db:
        found = db.execute(select(Comment.text, Comment.author_id, Comment.created_at).order_by(Comment.text)).all()
        subjects = {
            change.entity_id for change in history.changes(db, subject=backlog.ids(db, company.product, [1])[0])
        }
    assert [tuple(row) for row in found] == [
        ("hm", company.bob, NOW - timedelta(days=1)),
        ("new", None, NOW),
        ("yes", None, LATER),
    ]
    assert len(subjects) == 4  # the item and its three comments


def test_a_merge_of_nothing_is_nothing(company: Company) -> None:
    assert merge(company) == Merged()


# ---- out again ----


def test_everything_is_exported_in_order_with_comments(company: Company) -> None:
    made = company.add(*[f"item {n}" for n in range(7)], labels=("x",))
    with company.work() as db:
        for text in ("first", "second"):
            backlog.comment(db, company.item(db, made[5]), company.ann, text)
        backlog.set_status(company.item(db, made[2]), "done", NOW)
        backlog.ranking.move(db, company.product, [company.item(db, made[6])], "top")
    with company.look() as db:
        parts = list(whole.exported(db, company.product, chunk=3))
    rows = [row for part in parts for row in part]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [row["number"] for row in rows] == [7, 1, 2, 3, 4, 5, 6]
    assert [c["text"] for c in rows[6]["comments"]] == ["first", "second"]
    assert (rows[3]["status"], rows[3]["closed_at"], rows[3]["labels"], rows[0]["comments"]) == (
        "done",
        NOW,
        ("x",),
        [],
    )


def test_an_empty_backlog_exports_nothing(company: Company) -> None:
    with company.look() as db:
        assert list(whole.exported(db, company.product)) == []

"""`steward import` and `steward export` as they are typed, on real databases."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.__main__ import main
from bot.lines import TERMINAL
from core.commands import assemble
from core.product import backlog, merging, workspaces
from core.product.items import STATUSES, TYPES, Comment, Item
from core.store.base import new_id
from core.store.database import Database, Session
from tests.core.exchange.test_layouts import ISSUE, LINEAR_30, board
from tests.core.exchange.test_round_trips import AT, line, lines, text, title
from tests.databases import NOW, person, product


@dataclass
class Desk:
    """A command line whose settings name the database under test; two people, ann and Bob Lee, and the product APP."""

    database: Database
    folder: Path
    capsys: pytest.CaptureFixture[str]
    ids: dict[str, str] = field(default_factory=dict)

    def steward(self, *line: str) -> tuple[int, str, str]:
        """The exit code, and what was written to standard output and standard error."""
        self.capsys.readouterr()
        code = main(line)
        return code, *self.capsys.readouterr()

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        return str(path)

    @contextmanager
    def work(self, *, write: bool = True) -> Iterator[Session]:
        with self.database.transaction(write=write, now=NOW) as db:
            workspaces.enter(db, TERMINAL)
            db.ledger.silent = True
            yield db

    def kept(self) -> list[Item]:
        """The items of APP as they stand in the database, in order."""
        with self.work(write=False) as db:
            return list(db.scalars(select(Item).where(Item.product_id == self.ids["APP"]).order_by(Item.rank)))

    def exported(self, key: str) -> list[dict[str, Any]]:
        code, out, err = self.steward("export", "--product", key)
        assert (code, err) == (0, "")
        items: list[dict[str, Any]] = json.loads(out)["items"]
        return items


@pytest.fixture
def desk(
    database: Database,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEWARD_DATABASE_URL", database_url)
    assemble(database).connect(TERMINAL, NOW)
    made = Desk(database, tmp_path, capsys)
    with made.work() as db:
        made.ids = {"ann": person(db, "ann"), "Bob Lee": person(db, "Bob Lee"), "APP": product(db, "APP")}
    return made


def table(*records: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(records)
    return out.getvalue()


JIRA = ["Issue id", "Summary", "Status", "Assignee", "Labels"]


# ---- in ----


def test_a_file_is_told_by_its_header_and_comes_in(desk: Desk) -> None:
    linear = table(LINEAR_30.split(","), ["ENG-1", "Eng", "One", "", "Todo", "3", *[""] * 24])
    code, out, err = desk.steward("import", desk.file("linear.csv", linear), "--product", "app", "--as", "ann")
    assert (code, err) == (0, "")
    assert out == "linear.csv into APP: 1 item is added, 0 changed, 0 the same, 0 rows not read.\n"
    code, out, _ = desk.steward("import", desk.file("issues.json", json.dumps([ISSUE])), "--product", "APP")
    assert "1 item is added" in out
    code, out, _ = desk.steward("import", desk.file("board.json", json.dumps(board())), "--product", "APP")
    assert "1 item is added" in out
    assert "Cards marked complete are done, other archived ones dropped" in out
    one, two, three = desk.exported("APP")
    assert (one["source"], one["external_key"], one["points"]) == ("linear", "ENG-1", 3)
    assert (two["source"], two["external_key"], two["link"]) == ("github", "#12", ISSUE["url"])
    assert (three["source"], three["labels"]) == ("trello", ["shop,-now", "red"])
    assert [(said["text"], said["at"]) for said in three["comments"]] == [
        ("Which?", "2026-09-01T10:00:00+00:00"),
        ("Grey ones; large", "2026-09-02T10:00:00+00:00"),
    ]


def test_a_layout_may_be_forced(desk: Desk) -> None:
    file = desk.file("plain.csv", table(["id", "title", "status"], ["1", "A", "doing"]))
    code, _, err = desk.steward("import", file, "--product", "APP")
    assert code == 2
    assert err == (
        "The columns id, title, status are of no layout I know (steward, jira, storypoints, linear, trello, github). "
        'Say which column is the title and which the id: --map "title=title,id=id".\n'
        "Try: steward import plain.csv --product APP --map title=title,id=id\n"
    )
    code, out, _ = desk.steward("import", file, "--product", "APP", "--format", "csv")
    assert (code, out) == (0, "plain.csv into APP: 1 item is added, 0 changed, 0 the same, 0 rows not read.\n")
    code, _, err = desk.steward("import", file, "--product", "APP", "--format", "trello")
    assert code == 2
    assert "The columns id, title, status have no title and id as trello names them." in err
    (item,) = desk.exported("APP")
    assert (item["source"], item["external_id"], item["status"]) == ("csv", "1", "doing")


def test_the_map_that_a_refusal_proposes_works(desk: Desk) -> None:
    file = desk.file("it's mine.csv", table(["Ticket No", "Subject"], ["7", "A"]))
    _, _, err = desk.steward("import", file, "--product", "APP")
    proposed = err.splitlines()[-1]
    assert proposed == """Try: steward import 'it'"'"'s mine.csv' --product APP --map 'Subject=title,Ticket No=id'"""
    code, _, _ = desk.steward("import", file, "--product", "APP", "--map", "Subject=title,Ticket No=id")
    assert code == 0


def test_a_bad_row_is_told_with_its_line_and_the_rest_goes_in(desk: Desk) -> None:
    records = [
        ["1", "One", "", "", ""],
        ["2", "", "", "", ""],
        ["3", "Three\nlines", "", "", ""],
        ["1", "Again", "", "", ""],
    ]
    file = desk.file("jira.csv", table(JIRA, *records))
    code, out, _ = desk.steward("import", file, "--product", "APP")
    assert code == 1
    assert out.splitlines() == [
        "jira.csv into APP: 2 items are added, 0 changed, 0 the same, 2 rows not read.",
        "Its times carry no zone and are read as UTC.",
        "line 3, Summary: The title is empty.",
        "line 6: The id 1 is already on line 2.",
    ]
    assert [item["title"] for item in desk.exported("APP")] == ["One", "Three lines"]


def test_strict_takes_all_or_nothing(desk: Desk) -> None:
    file = desk.file("jira.csv", table(JIRA, ["1", "One", "", "", ""], ["2", "", "", "", ""]))
    code, out, err = desk.steward("import", file, "--product", "APP", "--strict")
    assert (code, out) == (2, "line 3, Summary: The title is empty.\n")
    assert err.startswith("Nothing was imported: 1 row is bad.\n")
    assert desk.exported("APP") == []


def test_a_dry_run_says_what_would_be_and_changes_nothing(desk: Desk) -> None:
    file = desk.file("jira.csv", table(JIRA, ["1", "One", "", "", ""]))
    _, out, _ = desk.steward("import", file, "--product", "APP", "--dry-run")
    assert out.startswith("jira.csv into APP: 1 item would be added, 0 changed,")
    assert desk.exported("APP") == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["import", "nowhere.csv", "--product", "APP"], "There is no file nowhere.csv."),
        (["import", "a.csv", "--product", "NOPE"], "There is no product NOPE; known here: APP."),
        (["import", "a.csv", "--product", "APP", "--map", "Summary"], "'Summary' is not of the form column=field"),
        (
            ["import", "b.json", "--product", "APP", "--format", "jira"],
            "This is an export of Steward's own, not of jira.",
        ),
        (["export", "--product", "NOPE"], "There is no product NOPE; known here: APP."),
        (["export", "--product", "APP", "--out", "no/where"], "no/where cannot be written: No such file or directory."),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_the_next_step(desk: Desk, line: list[str], why: str) -> None:
    desk.file("a.csv", table(JIRA, ["1", "One", "", "", ""]))
    desk.file("b.json", '{"steward": 1, "items": []}')
    code, out, err = desk.steward(*line)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(why)
    assert second.startswith("Try: ")


# ---- people, age, and what a second import leaves alone ----


def test_people_are_found_by_name_whatever_its_case_and_others_are_kept_as_they_were(desk: Desk) -> None:
    records = [["1", "One", "", "ANN", ""], ["2", "Two", "", "bob lee", ""], ["3", "Three", "", "Zoë", ""]]
    desk.steward("import", desk.file("jira.csv", table(JIRA, *records)), "--product", "APP")
    assert [item["assignee"] for item in desk.exported("APP")] == ["ann", "Bob Lee", "Zoë"]
    kept = desk.kept()
    assert [item.assignee_id for item in kept] == [desk.ids["ann"], desk.ids["Bob Lee"], None]
    assert [json.loads(item.external or "{}") for item in kept] == [{}, {}, {"assignee": "Zoë"}]


def test_an_item_says_when_it_was_imported(desk: Desk) -> None:
    before = datetime.now(UTC)
    desk.steward("import", desk.file("jira.csv", table(JIRA, ["1", "One", "", "", ""])), "--product", "APP")
    (item,) = desk.kept()
    assert item.imported_at is not None
    assert before <= item.imported_at <= datetime.now(UTC)


def test_importing_again_changes_what_changed_there_and_nothing_that_the_file_does_not_speak_of(desk: Desk) -> None:
    file = desk.file("jira.csv", table(JIRA, ["1", "One", "Open", "ann", "ui"], ["2", "Two", "Open", "", ""]))
    desk.steward("import", file, "--product", "APP")
    _, out, _ = desk.steward("import", file, "--product", "APP")
    assert "0 items are added, 0 changed, 2 the same" in out
    with desk.work() as db:
        (item,) = backlog.find(db, desk.ids["APP"], "APP", ["1"])
        backlog.edit(item, {"description": "written here", "points": 5.0, "type": "bug", "link": "x"}, NOW)
    desk.file("jira.csv", table(JIRA[:3], ["1", "One", "In Progress"], ["2", "Two!", "Open"]))
    _, out, _ = desk.steward("import", file, "--product", "APP")
    assert "0 items are added, 2 changed" in out
    one, two = desk.exported("APP")
    assert (one["status"], one["assignee"], one["labels"], two["title"]) == ("doing", "ann", ["ui"], "Two!")
    assert (one["description"], one["points"], one["type"], one["link"]) == ("written here", 5, "bug", "x")


# ---- out, and in again ----


def test_an_export_lands_whole_in_its_file_or_not_at_all(desk: Desk) -> None:
    desk.steward("import", desk.file("jira.csv", table(JIRA, ["1", "Größe", "", "", ""])), "--product", "APP")
    for form in ("json", "csv", "markdown"):
        code, out, _ = desk.steward("export", "--product", "APP", "--format", form, "--out", f"out.{form}")
        assert (code, out) == (0, "")
        assert "Größe" in (desk.folder / f"out.{form}").read_text(encoding="utf-8")
    assert not list(desk.folder.glob("*.part"))
    assert (desk.folder / "out.markdown").read_text().startswith("# The APP (APP)\n")


FRESH = count(1)

times = st.integers(0, 4 * 10**15).map(lambda each: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=each))
word = st.text(st.sampled_from("abcäöü=+-@#'\"🙂,;"), min_size=1, max_size=9)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """The columns of an item as a product may hold it, born here or imported, and its comments."""
    status = draw(st.sampled_from(STATUSES))
    columns = {
        "title": draw(title), "description": draw(lines), "type": draw(st.sampled_from(TYPES)), "status": status,
        "points": draw(st.none() | st.integers(0, 400).map(lambda n: n / 4)),
        "value": draw(st.none() | st.floats(-1e6, 1e6)),
        "labels": tuple(dict.fromkeys(draw(st.lists(word, max_size=3)))), "link": draw(line),
        "closed_at": draw(times) if status in ("done", "accepted", "dropped") else None, "created_at": draw(times),
        "assignee": draw(st.sampled_from(["", "ann", "Bob Lee"])),
    }  # fmt: skip
    if draw(st.booleans()):
        said = {"status": "Odd", "priority": "High", "parent": "X-1", "assignee": "Zoë"}
        if columns["assignee"]:
            del said["assignee"]
        kept = {name: said[name] for name in draw(st.lists(st.sampled_from(sorted(said)), unique=True))}
        extra = draw(st.dictionaries(text.map(lambda each: f"x{each}"), text.filter(bool), max_size=2)) | kept
        columns |= {"source": draw(st.sampled_from(["jira", "github"])), "external": merging.external(extra)}
        columns |= {"external_key": draw(st.none() | line.filter(bool)), "imported_at": AT}
    return columns | {"comments": draw(st.lists(st.tuples(text, st.sampled_from(["", "ann"]), times), max_size=2))}


def put(desk: Desk, key: str, found: Sequence[dict[str, Any]]) -> None:
    """A product that holds these items."""
    with desk.work() as db:
        made = product(db, key)
        for n, each in enumerate(found):
            fields = dict(each)
            said, assignee = fields.pop("comments"), fields.pop("assignee")
            fields["assignee_id"] = desk.ids.get(assignee)
            fields["external_id"] = f"id{n}" if "source" in fields else None
            (item,) = backlog.add(db, made, [fields.pop("title")], **fields)
            for words, author, at in said:
                mine = {"id": new_id(), "item_id": item.id, "author_id": desk.ids.get(author)}
                db.add(Comment(**mine, text=words, created_at=at))


def without_identity(item: dict[str, Any]) -> dict[str, Any]:
    """An item without its keys: one that was born elsewhere has the key it had there for an outside one."""
    left = {name: value for name, value in item.items() if name not in ("key", "updated_at")}
    if left["source"] in (None, "steward"):
        left |= {"source": None, "external_id": None, "external_key": None}
    return left | {"comments": sorted(left["comments"], key=json.dumps)}


@pytest.mark.parametrize("form", ["json", "csv"])
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is ten commands; shrinking takes minutes
)
@given(found=st.lists(items(), min_size=1, max_size=4))
def test_a_product_exported_and_imported_into_another_is_the_same(
    desk: Desk, form: str, found: list[dict[str, Any]]
) -> None:
    here, there, beyond = (f"{letter}{next(FRESH)}" for letter in "ABC")
    put(desk, here, found)
    with desk.work() as db:
        for key in (there, beyond):
            product(db, key)
    for source, target in ((here, there), (there, beyond)):
        assert desk.steward("export", "--product", source, "--format", form, "--out", "x")[0] == 0
        for added, same in ((len(found), 0), (0, len(found))):
            code, out, err = desk.steward("import", "x", "--product", target, "--strict")
            assert (code, err) == (0, "")
            news = "1 item is added" if added == 1 else f"{added} items are added"
            counts = f"{news}, 0 changed, {same} the same, 0 rows not read."
            assert out == f"x into {target}: {counts}\n"
    one, two, three = (desk.exported(key) for key in (here, there, beyond))
    assert [without_identity(item) for item in two] == [without_identity(item) for item in one]
    keys = ("source", "external_id", "external_key")
    assert [[item[key] for key in keys] for item in three] == [[item[key] for key in keys] for item in two]
    assert [without_identity(item) for item in three] == [without_identity(item) for item in two]

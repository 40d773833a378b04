"""The real backlogs of ../shared/data, whole: nothing faulty, nothing lost."""

import csv
import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from core.exchange.export import to_json
from core.exchange.tables import Row, layout_of, read
from tests.core.exchange.test_round_trips import item, unlined

BACKLOG = Path(__file__).parents[3].parent / "shared" / "data" / "backlog"

pytestmark = pytest.mark.skipif(
    not BACKLOG.is_dir() and not os.environ.get("CI"), reason="the real files of ../shared/data are not here"
)

HADOOP = "issues_hadoop.csv"
COUNTS = {
    HADOOP: 2503,
    "storypoints_aptanastudio.csv": 829,
    "storypoints_clover.csv": 384,
    "storypoints_jirasoftware.csv": 352,
    "storypoints_usergrid.csv": 482,
}


def rows(name: str) -> list[Row]:
    found = list(read(BACKLOG / name))
    assert all(isinstance(each, Row) for each in found)
    return [each for each in found if isinstance(each, Row)]


def records(name: str) -> list[Mapping[str, str]]:
    """The file as the csv module alone reads it."""
    csv.field_size_limit(1 << 24)
    with (BACKLOG / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", COUNTS)
def test_every_record_becomes_a_row_with_its_own_words(name: str) -> None:
    read_rows, raw = rows(name), records(name)
    assert len(read_rows) == COUNTS[name]
    assert len({row.external_id for row in read_rows}) == COUNTS[name]
    hadoop = name == HADOOP
    assert layout_of(BACKLOG / name).name == ("jira" if hadoop else "storypoints")
    id_, title, description = ("Issue id", "Summary", "Description") if hadoop else ("issuekey", "title", "description")
    for row, record in zip(read_rows, raw, strict=True):
        assert row.external_id == record[id_]
        assert row.title == " ".join(record[title].replace("\x08", "").split())
        assert row.description == record[description].replace("\r\n", "\n")
        kept = {record[id_], row.status, row.source_status, row.priority, *row.extra.values()}
        others = {"Status", "Priority", "Resolution", "Affects Version/s", "split_mark"} & set(record)
        assert {record[other] for other in others} - {""} <= kept


@pytest.mark.parametrize("name", COUNTS)
def test_a_real_file_exported_and_read_back_is_the_same(name: str) -> None:
    before = rows(name)
    document = "".join(to_json({"key": "APP"}, map(item, before), at=datetime(2026, 12, 1, tzinfo=UTC))).encode()
    assert unlined(list(read(BytesIO(document)))) == unlined(list(before))


def test_the_hadoop_issues_are_dated_and_sorted_into_our_words() -> None:
    found = rows(HADOOP)
    assert Counter(row.source_status for row in found) == {
        "Resolved": 1733, "Open": 684, "Patch Available": 41, "In Progress": 30, "Reopened": 15,
    }  # fmt: skip
    words = Counter(row.status for row in found)
    assert (words["new"], words["doing"], words["review"]) == (684 + 15, 30, 41)
    assert words["done"] + words["dropped"] == 1733
    assert Counter(row.status for row in found if row.extra.get("Resolution") in ("Fixed", "Done")) == {"done": 1415}
    assert Counter(row.status for row in found if row.extra.get("Resolution") == "Duplicate") == {"dropped": 151}
    assert all((row.closed_at is not None) == (row.status in ("done", "dropped")) for row in found)
    assert all(row.created_at and (row.closed_at is None or row.closed_at >= row.created_at) for row in found)
    first = found[0]
    assert (first.line, first.external_id, first.external_key, first.priority) == (2, "13404344", "", "Blocker")
    assert first.created_at == datetime(2021, 9, 30, 17, 20, tzinfo=UTC)
    assert first.closed_at == datetime(2022, 7, 20, 20, 51, tzinfo=UTC)
    assert first.extra == {"Resolution": "Duplicate", "Affects Version/s": "2.9.2"}


def test_the_hadoop_oddities_survive() -> None:
    found = rows(HADOOP)
    (largest,) = (row for row in found if row.external_id == "13314498")
    assert len(largest.description) > 70_000
    assert sum("\n" in row.description for row in found) == 1782
    times = Counter(Counter(row.title for row in found).values())
    assert times == {1: 2465, 2: 16, 6: 1}  # 17 summaries come again, each time under an id of its own
    lines = (BACKLOG / HADOOP).read_bytes().decode().replace("\r\n", "\n").split("\n")
    for row in found:
        assert row.title.split()[0] in lines[row.line - 1]


def test_the_same_text_under_two_keys_is_two_items() -> None:
    found = {row.external_key: row for row in rows("storypoints_jirasoftware.csv")}
    ghs, jsw = found["GHS-1271"], found["JSW-1271"]
    assert (ghs.title, ghs.description, ghs.points) == (jsw.title, jsw.description, jsw.points)


def test_story_points_are_numbers_on_every_row() -> None:
    aptana = rows("storypoints_aptanastudio.csv")
    assert (aptana[0].external_key, aptana[0].external_id) == ("APSTUD-3707", "APSTUD-3707")
    assert Counter(row.points for row in aptana)[8.0] == 258
    assert all(row.points and row.status == "new" and row.extra["split_mark"] for row in aptana)

"""What is written in a layout is read back equal, whatever text it holds."""

import calendar
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.export import to_json
from core.exchange.tables import Comment, Fault, Row, UnknownLayout, layout_of, read
from core.product.stays import Stay, fitted

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOSTILE = [
    "=1+1",
    "<!channel> & <@U1> @everyone",
    '"',
    '""',
    "a,b;c\td",
    "{{x}}",
    "\\u0000",
    "-",
    "+1",
    "@x",
    "'",
    "\ufeff",
    "é",
    "日本",
    "🙂",
]

# Any text but what no database takes (NUL, half characters).
text = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
lines = text.map(lambda each: each.replace("\r\n", "\n").replace("\r", "\n"))
line = text.map(lambda each: " ".join("".join(c for c in each if c.isprintable() or c == " ").split()))
author = line.map(lambda each: each.replace(";", "").strip())  # it stands between semicolons in a cell
title = line.filter(bool).map(lambda each: each[:255].strip()).filter(bool)
label = st.text(st.sampled_from("abcäöü=+-@#'\"🙂"), min_size=1, max_size=12)
minute = st.integers(365 * 1440, 99 * 365 * 1440).map(lambda each: datetime.fromtimestamp(each * 60, UTC))
points = st.none() | st.integers(0, 10**5).map(lambda each: each / 4)


def unique(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    return st.lists(rows, max_size=6, unique_by=lambda row: row.external_id)


def written(header: Sequence[str], records: Sequence[Sequence[str]], delimiter: str = ",") -> io.BytesIO:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *records])
    return io.BytesIO(out.getvalue().encode())


def unlined(found: list[Row | Fault]) -> list[Row]:
    """The rows without their lines; there must be no fault."""
    assert [each for each in found if isinstance(each, Fault)] == []
    return [replace(each, line=0) for each in found if isinstance(each, Row)]


JIRA_COLUMNS = (
    "Summary,Issue key,Issue id,Issue Type,Status,Priority,Assignee,Created,Resolved,Labels,Labels,Description,Sprint,"
    "Custom field (Epic Link),Custom field (Story Points),Comment"
)
JIRA_HEADER = JIRA_COLUMNS.split(",")
MONTHS = calendar.month_abbr
STATUSES = {"Open": "new", "In Progress": "doing", "Patch Available": "review", "Resolved": "done", "Meh": "new"}


def jira_time(at: datetime | None) -> str:
    return f"{at.day:02}/{MONTHS[at.month]}/{at:%y %H:%M}" if at else ""


def jira_cells(row: Row) -> list[str]:
    labels = [*row.labels, "", ""][:2]
    comment = [f"{jira_time(each.at)};{each.author};{each.text}" for each in row.comments] or [""]
    return [
        row.title, row.external_key, row.external_id, row.type.title(), row.source_status, row.priority, row.assignee,
        jira_time(row.created_at), jira_time(row.closed_at), *labels, row.description,
        row.sprints[0].name if row.sprints else "", row.parent, "" if row.points is None else str(row.points), *comment,
    ]  # fmt: skip


@st.composite
def jira_rows(draw: st.DrawFn) -> Row:
    word = draw(st.sampled_from(sorted(STATUSES)))
    sprint = fitted(draw(line))
    return Row(
        0,
        external_id=str(draw(st.integers(1, 10**9))),
        external_key=draw(line),
        title=draw(title),
        description=draw(lines),
        type=draw(st.sampled_from(["story", "bug", "task", "spike", "epic"])),
        status=STATUSES[word],
        source_status=word,
        priority=draw(line),
        points=draw(points),
        labels=tuple(draw(st.lists(label, max_size=2, unique=True))),
        assignee=draw(line),
        parent=draw(line),
        created_at=draw(st.none() | minute),
        closed_at=draw(minute) if word == "Resolved" else None,
        comments=draw(
            st.just(())
            | st.tuples(st.builds(Comment, text, line.map(lambda each: each.replace(";", "").strip()), minute))
        ),
        sprints=(Stay(sprint),) if sprint else (),
    )


@given(rows=unique(jira_rows()), delimiter=st.sampled_from([",", ";", "\t"]))
def test_jira_rows_written_as_a_table_are_read_back(rows: list[Row], delimiter: str) -> None:
    file = written(JIRA_HEADER, [jira_cells(row) for row in rows], delimiter)
    assert unlined(list(read(file))) == rows


@given(
    rows=unique(
        st.builds(
            lambda key, title, description, points: Row(0, key, key, title, description, points=points),
            key=line.filter(bool),
            title=title,
            description=lines,
            points=points,
        )
    )
)
def test_story_points_written_as_a_table_are_read_back(rows: list[Row]) -> None:
    header = ["issuekey", "title", "description", "storypoint"]
    cells = [
        [row.external_key, row.title, row.description, "" if row.points is None else str(row.points)] for row in rows
    ]
    assert unlined(list(read(written(header, cells)))) == rows


# ---- our own document ----

STORY = {"persona": "as", "want": "want", "benefit": "so"}


def item(row: Row) -> dict[str, Any]:
    """A Row as an item of the document: all its fields, comments as plain mappings."""
    apart = ("line", "key", "updated_at", "story", "scores", "criteria", "holds_up", "sprints")
    everything = {each.name: getattr(row, each.name) for each in fields(row) if each.name not in apart}
    assert not row.holds_up  # our own export says who waits, and no more
    everything |= {STORY[name]: text for name, text in row.story.items()} | dict(row.scores)
    everything["criteria"] = [{"text": text, "checked": checked} for text, checked in row.criteria]
    everything["sprints"] = [{each.name: getattr(stay, each.name) for each in fields(stay)} for stay in row.sprints]
    comments = [{"text": each.text, "author": each.author, "at": each.at} for each in row.comments]
    return everything | {"comments": comments}


def exported(items: Sequence[Mapping[str, Any]]) -> str:
    return "".join(to_json({"key": "APP", "name": "App", "vision": HOSTILE[1]}, items, at=AT))


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    instant, day = st.none() | st.datetimes(timezones=st.just(UTC)), st.none() | st.dates()
    return Stay(
        fitted(draw(line.filter(bool))), draw(day), draw(day), draw(st.sampled_from(["planned", "running", "closed"])),
        draw(text), draw(instant), draw(instant), draw(st.booleans()), draw(st.booleans()), draw(text), draw(instant),
        draw(st.sampled_from(["", "done", "carried", "dropped"])),
    )  # fmt: skip


@st.composite
def any_rows(draw: st.DrawFn) -> Row:
    instant = st.none() | st.datetimes(timezones=st.just(UTC))
    return replace(
        draw(jira_rows()),
        external_id=draw(text.filter(bool)),
        labels=tuple(draw(st.lists(text, max_size=3))),
        status=draw(st.sampled_from(["new", "ready", "doing", "review", "done", "accepted", "dropped"])),
        source_status=draw(text),
        source=draw(st.sampled_from(["", "jira", "storypoints"])),
        created_at=draw(instant),
        closed_at=draw(instant),
        epic=draw(line),
        sprints=tuple(draw(st.lists(stays(), max_size=2))),
        waits_for=tuple(draw(st.lists(label, max_size=2))),
        criteria=tuple(draw(st.lists(st.tuples(text.filter(str.strip), st.booleans()), max_size=2))),
        due=draw(st.none() | st.dates()),
        story=draw(st.dictionaries(st.sampled_from(sorted(STORY)), text.filter(bool))),
        scores=draw(st.dictionaries(st.sampled_from(["reach", "impact", "risk"]), st.floats(-1e6, 1e6))),
        comments=tuple(draw(st.lists(st.builds(Comment, text, text, instant), max_size=2))),
        extra=draw(st.dictionaries(text.map(lambda each: f"x{each}"), text, max_size=3)),
    )


@given(rows=st.lists(any_rows(), max_size=6, unique_by=lambda row: (row.source, row.external_id)))
def test_an_export_read_back_gives_the_same_rows(rows: list[Row]) -> None:
    document = exported([item(row) for row in rows])
    assert unlined(list(read(io.BytesIO(document.encode())))) == rows


@given(rows=st.lists(any_rows(), max_size=4, unique_by=lambda row: (row.source, row.external_id)))
def test_an_export_laid_out_anew_by_another_tool_gives_the_same_rows(rows: list[Row]) -> None:
    document = json.loads(exported([item(row) for row in rows]))
    for options in ({"indent": 4}, {"separators": (",", ":"), "sort_keys": True}):
        file = io.BytesIO(("\n " + json.dumps(document, **options)).encode("utf-8-sig"))
        assert layout_of(file).name == "steward"
        assert unlined(list(read(file))) == rows


@given(rows=unique(jira_rows()))
def test_a_table_exported_and_read_back_is_the_table(rows: list[Row]) -> None:
    table = list(read(written(JIRA_HEADER, [jira_cells(row) for row in rows])))
    again = list(read(io.BytesIO(exported([item(row) for row in table if isinstance(row, Row)]).encode())))
    assert unlined(again) == unlined(table)


def test_an_export_is_one_valid_document_in_a_stable_order() -> None:
    items = [
        {"zeal": 2, "title": "Größe", "key": "APP-1", "labels": {"b", "a"}, "due": AT.date(), "comments": [{"at": AT}]},
        {"comments": [], "key": "APP-2", "title": "=1+1", "description": None},
    ]
    pieces = list(to_json({"key": "APP"}, iter(items), at=AT))
    assert len(pieces) == 4
    document = json.loads("".join(pieces))
    assert list(document) == ["steward", "product", "exported_at", "items"]
    assert (document["steward"], document["exported_at"]) == (1, "2026-12-01T09:00:00+00:00")
    assert [list(each) for each in document["items"]] == [
        ["key", "title", "labels", "due", "comments", "zeal"],
        ["key", "title", "description", "comments"],
    ]
    assert document["items"][0]["labels"] == ["a", "b"]
    assert document["items"][0]["due"] == "2026-12-01"
    assert "Größe" in pieces[1]


def test_an_export_of_nothing_is_a_document_too() -> None:
    document = exported([])
    assert json.loads(document)["items"] == []
    assert list(read(io.BytesIO(document.encode()))) == []


def test_a_time_without_a_zone_is_not_exported() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        exported([{"created_at": datetime(2026, 1, 1)}])  # noqa: DTZ001 - that is the point


def test_an_item_born_here_is_known_by_its_key_and_keeps_what_a_row_has_no_field_for() -> None:
    votes = [{"text": "Given é", "done": False}]
    document = exported([{"key": "APP-1", "title": "A  b", "rank": "a0", "value": 5, "votes": votes, "epic": None}])
    (row,) = read(io.BytesIO(document.encode()))
    extra = {"rank": "a0", "votes": '[{"done": false, "text": "Given é"}]'}
    assert row == Row(2, "APP-1", "APP-1", "A  b", value=5, extra=extra)
    assert isinstance(row, Row)
    assert row.key == "APP-1"


def test_an_item_that_came_from_elsewhere_keeps_its_identity_there() -> None:
    imported = {"key": "APP-7", "title": "T", "source": "jira", "external_id": "13404344", "external_key": ""}
    native = {"key": "13404344", "title": "T"}
    one, two = read(io.BytesIO(exported([imported, native]).encode()))
    assert one == Row(2, "13404344", "", "T", source="jira")
    assert two == Row(3, "13404344", "13404344", "T")


@pytest.mark.parametrize(
    ("wrong", "column", "why"),
    [
        ("[]", "", "This item is not an object."),
        ('{"key": "A", "title": "T", "\\ud800": 1}', "\\ud800", "This text holds half a character."),
        ('{"title": "T"}', "external_id", "This record has no id."),
        ('{"key": "A", "title": " "}', "title", "The title is empty."),
        ('{"key": "A", "title": 5}', "title", "This is a number where a text belongs."),
        ('{"key": "A", "title": "T", "points": "3"}', "points", "This is not a number of points, such as 3 or 0.5."),
        ('{"key": "A", "title": "T", "points": 1e999}', "points", "This is not a number of points, such as 3 or 0.5."),
        ('{"key": "A", "title": "T", "value": 1%s}' % ("0" * 400), "value", "This is not a number."),
        ('{"key": "A", "title": "T", "points": true}', "points", "This is not a number of points, such as 3 or 0.5."),
        ('{"key": "A", "title": "T", "labels": "ui"}', "labels", "The labels are not a list of texts."),
        ('{"key": "A", "title": "T", "comments": ["hi"]}', "comments", "The comments are not a list of objects."),
        ('{"key": "A", "title": "T", "extra": 1}', "extra", "This is a number where an object belongs."),
        ('{"key": "A", "title": "T\\u0000"}', "title", "This text holds a NUL byte, which is not text."),
        (
            '{"key": "A", "title": "T", "labels": ["\\u0000"]}',
            "labels",
            "This text holds a NUL byte, which is not text.",
        ),
        ('{"key": "A", "title": "T", "x": {"y": "\\ud800"}}', "x", "This text holds half a character."),
        ('{"key": "Z", "title": "T"}', "", "The id Z is already on line 2."),
    ],
)
def test_a_wrong_item_is_a_fault_and_the_next_is_read(wrong: str, column: str, why: str) -> None:
    document = (
        f'{{"steward": 1, "items": [\n{{"key": "Z", "title": "First"}},\n{wrong},\n{{"key": "L", "title": "Last"}}]}}'
    )
    first, fault, last = read(io.BytesIO(document.encode()))
    assert (first, last) == (Row(2, "Z", "Z", "First"), Row(4, "L", "L", "Last"))
    assert fault == Fault(3, column, why)


def test_a_document_cut_anywhere_gives_its_whole_items_and_one_fault() -> None:
    document = exported([{"key": f"APP-{n}", "title": f"Item {n} " + "x" * n} for n in range(1, 4)]).encode()
    begin, end = document.index(b"\n"), document.rindex(b"}")
    for cut in range(begin, end):
        *rows, fault = read(io.BytesIO(document[:cut]))
        assert [row.external_id for row in rows if isinstance(row, Row)] == [
            f"APP-{n}" for n in range(1, len(rows) + 1)
        ]  # fmt: skip
        assert isinstance(fault, Fault)
        assert fault.why == "From here on the file is not valid JSON; reading stopped there."
        assert fault.line == document[:cut].count(b"\n") + 1


def test_a_deeply_nested_item_does_no_harm() -> None:
    whys = set()
    for depth in (100, *range(700, 1000), 100_000):
        deep = '{"key": "A", "title": "T", "x": ' + "[" * depth + "]" * depth + "}"
        first, last = read(io.BytesIO(f'{{"steward": 1, "items": [{{"key": "Z", "title": "T"}}, {deep}]}}'.encode()))
        assert first == Row(1, "Z", "Z", "T")
        whys.add(last.why if isinstance(last, Fault) else "")
    broken = "From here on the file is not valid JSON; reading stopped there."
    assert {""} < whys <= {"", "This item is nested too deeply.", broken}


def test_a_text_that_never_ends_is_given_up_before_the_file_is_in_memory() -> None:
    file = io.BytesIO(b'{"steward": 1, "items": [\n{"title": "' + b"x" * 60_000_000)
    assert list(read(file)) == [Fault(2, "", "From here on the file is not valid JSON; reading stopped there.")]
    assert file.tell() < 40_000_000


def test_a_number_is_read_whole_where_two_pieces_meet() -> None:
    for length in range(65_500, 65_540):
        document = '{"pad": "' + "x" * (length - 23) + '", "steward": 12, "items": []}'
        with pytest.raises(UnknownLayout, match="of version 12;"):
            layout_of(io.BytesIO(document.encode()))


def test_an_item_larger_than_a_piece_is_read_whole() -> None:
    big = [{"key": f"APP-{n}", "title": "T", "description": "é" * 200_000, "points": 12} for n in range(3)]
    rows = unlined(list(read(io.BytesIO(exported(big).encode()))))
    assert [(len(row.description), row.points) for row in rows] == [(200_000, 12)] * 3


UNKNOWN = "This JSON is no export that I know (Steward's own, GitHub's issues, a board of Trello's)."


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ('{"steward": 2, "items": []}', "This export is of version 2; this Steward reads version 1."),
        ('{"items": []}', UNKNOWN),
        ("[1, 2]", UNKNOWN),
        ('{"name": "a board", "cards": [', UNKNOWN),
        ("{" * 100_000, UNKNOWN),
        ('{"a": ' + "[" * 100_000, UNKNOWN),
    ],
)
def test_a_json_that_is_not_ours_is_refused_in_a_sentence(document: str, why: str) -> None:
    for try_it in (layout_of, lambda file: next(read(file))):
        with pytest.raises(UnknownLayout) as caught:
            try_it(io.BytesIO(document.encode()))
        assert str(caught.value) == why

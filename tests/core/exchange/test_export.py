"""CSV that is read back as it was and computes nothing; Markdown that nothing in it can break."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.exchange.export import to_csv, to_markdown
from core.exchange.layouts import STEWARD
from core.exchange.tables import Fault, Row, layout_of, read
from core.exchange.words import GUARDED, guarded, unguarded
from tests.core.exchange.test_round_trips import any_rows, item, lines, text, title, unlined

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
PRODUCT = {"key": "APP", "name": "The *App* <b>", "tz": "UTC"}
COMPUTED = tuple("=+-@\t\r\n＝＋－＠")

# Labels as a database can hold them: words without a space.
labels = st.lists(st.text(st.sampled_from("abcäöü=+-@#'\"🙂,;"), min_size=1, max_size=9), max_size=3)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    return replace(
        draw(any_rows()), labels=tuple(draw(labels)), value=draw(st.none() | st.floats(-1e6, 1e6)), link=draw(text)
    )


def exported(items: list[dict[str, Any]]) -> bytes:
    return "".join(to_csv(PRODUCT, items, at=AT)).encode()


def cells(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


@given(found=st.lists(rows(), max_size=5, unique_by=lambda row: (row.source, row.external_id)))
def test_a_csv_read_back_gives_the_same_rows(found: list[Row]) -> None:
    file = io.BytesIO(exported([item(row) for row in found]))
    assert layout_of(file).name == STEWARD.name
    assert unlined(list(read(file))) == found


@given(found=st.lists(rows(), max_size=5, unique_by=lambda row: (row.source, row.external_id)))
def test_no_cell_of_a_csv_is_computed_by_a_spreadsheet(found: list[Row]) -> None:
    header, *records = cells(exported([item(row) for row in found]))
    assert len(records) == len(found)
    assert not [cell for record in (header, *records) for cell in record if cell.startswith(COMPUTED)]


@given(text)
def test_guarding_is_undone_exactly_and_touches_only_what_it_must(cell: str) -> None:
    assert unguarded(guarded(cell), GUARDED) == cell
    assert (guarded(cell) != cell) == cell.lstrip("'").startswith(COMPUTED)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''=1", "＝1"])
def test_what_looks_like_a_formula_gets_one_apostrophe(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert guarded(guarded(cell)) == "''" + cell


@pytest.mark.parametrize("cell", ["", "'", "x=1", " =1", "'tis", "3.5"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


def test_a_csv_reads_as_a_person_expects() -> None:
    file = exported(
        [
            {
                "key": "APP-1", "title": "Größe", "points": 3.0, "labels": ("ui", "api"), "created_at": AT,
                "rank": "a0", "comments": [{"text": "Why?", "author": "ann", "at": AT}], "extra": {"Team": "red"},
                "value": None,
            }
        ]
    )  # fmt: skip
    assert file.startswith(b"\xef\xbb\xbfKey,Title,Description,Type,Status,Points,Value,Labels,Assignee,")
    header, record = cells(file)
    filled = {name: cell for name, cell in zip(header, record, strict=True) if cell}
    assert filled == {
        "Key": "APP-1", "Title": "Größe", "Points": "3", "Labels": "ui api",
        "Created at": "2026-12-01T09:00:00+00:00",
        "Comments": '[{"text": "Why?", "author": "ann", "at": "2026-12-01T09:00:00+00:00"}]',
        "Extra": '{"Team": "red", "rank": "a0"}',
    }  # fmt: skip


def test_a_csv_that_a_spreadsheet_saved_anew_is_still_read() -> None:
    """Other delimiter, other order, a column dropped, one added, a number without its point."""
    text = "Title;Key;Source status;External id;Extra;Points;Mood\r\nA;APP-1;;;;3;Friday\r\n"
    (row,) = read(io.BytesIO(text.encode("cp1252")))
    assert row == Row(2, "APP-1", "APP-1", "A", points=3, extra={"Mood": "Friday"})


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("Points", "lots", "This is not a number of points, such as 3 or 0.5."),
        ("Points", "-1", "This is not a number of points, such as 3 or 0.5."),
        ("Value", "nan", "This is not a number."),
        ("Comments", "hello", "This cell is not the JSON that an export writes here."),
        ("Extra", "[" * 100_000, "This cell is not the JSON that an export writes here."),
        ("Extra", "[1]", "This is a list where an object belongs."),
        ("Created at", "soon", "'soon' is not a date such as 30/Sep/21 17:20 or 2021-09-30T17:20."),
        ("Key", "", "This record has no id."),
        ("Title", "", "The title is empty."),
    ],
)
def test_a_cell_that_no_export_writes_is_a_fault_and_the_next_record_is_read(column: str, cell: str, why: str) -> None:
    header, good, wrong = cells(exported([{"key": "APP-1", "title": "A"}, {"key": "APP-2", "title": "B"}]))
    wrong[header.index(column)] = cell
    out = io.StringIO()
    csv.writer(out).writerows([header, wrong, good])
    fault, row = read(io.BytesIO(out.getvalue().encode()))
    assert isinstance(fault, Fault)
    assert (fault.line, fault.column.casefold().replace("_", " "), fault.why) == (
        2,
        "external id" if column == "Key" else column.casefold(),
        why,
    )
    assert isinstance(row, Row)


# ---- Markdown ----

HOSTILE = st.sampled_from(
    [
        "# Not a heading", "- not an item", "1. no", "> no", "```", "~~~", "    code", "</ul><h1>x</h1>", "<!--",
        "<script>", "![x](y)", "[x](javascript:1)", "[APP-1]: http://x", "***", "---", "===", "`", "``` `",
        "| a | b |\n|---|---|", "\\", "&lt;", "a  \nb",
        "*x*", "**", "_x_", "~~x~~", "$x$", "\t- x", "````md\n# x\n````", "<https://x.y>",
    ]
)  # fmt: skip
wild = st.lists(HOSTILE | lines, max_size=4).map("\n".join)
wild_line = st.lists(HOSTILE | title, min_size=1, max_size=3).map(
    lambda parts: " ".join(" ".join(parts).split()) or "x"
)


def parsed(text: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


def said(token: Token) -> str:
    """What a reader sees of a line: words, and nothing but words and bold."""
    assert {each.type for each in token.children or ()} <= {"text", "text_special", "strong_open", "strong_close"}
    return "".join(each.content for each in token.children or ())


@given(items=st.lists(st.tuples(wild_line, wild, labels), max_size=4))
def test_nothing_in_a_markdown_export_can_break_its_structure(items: list[tuple[str, str, list[str]]]) -> None:
    tokens = parsed(
        "".join(
            to_markdown(
                PRODUCT,
                [
                    {"key": f"APP-{n}", "title": title, "description": description, "status": "new", "labels": labels}
                    for n, (title, description, labels) in enumerate(items)
                ],
                at=AT,
            )
        )
    )
    allowed = {"heading", "paragraph", "bullet_list", "list_item"}
    assert {re.sub("_(open|close)$", "", each.type) for each in tokens} <= {*allowed, "inline", "fence"}
    assert sum(each.type == "bullet_list_open" for each in tokens) == bool(items)
    heading, note, *titles = [said(each) for each in tokens if each.type == "inline"]
    assert heading == "The *App* <b> (APP)"
    assert note == "Exported 2026-12-01 09:00 UTC, in order, best first."
    assert titles == [
        " · ".join(filter(None, [f"APP-{n} {title}", "new", ", ".join(labels)]))
        for n, (title, _, labels) in enumerate(items)
    ]
    bodies = [each.content.removesuffix("\n") for each in tokens if each.type == "fence"]
    assert bodies == [description.strip("\n") for _, description, _ in items if description.strip()]


def test_a_markdown_export_reads_well_as_it_is() -> None:
    item = {
        "key": "APP-1", "title": "Export as CSV", "type": "bug", "status": "doing", "points": 5.0, "assignee": "ann",
        "labels": ("ui", "api"), "description": "Why:\r\n\r\n- banks",
    }  # fmt: skip
    plain = {"key": "APP-2", "title": "Two", "type": "story", "status": "new", "points": None, "labels": ()}
    assert "".join(to_markdown({"key": "APP", "name": "App"}, [item, plain], at=AT)) == (
        "# App (APP)\n\nExported 2026-12-01 09:00 UTC, in order, best first.\n"
        "\n- **APP-1** Export as CSV · bug · doing · 5 pts · ann · ui, api\n"
        "\n  ```text\n  Why:\n\n  - banks\n  ```\n"
        "\n- **APP-2** Two · new\n"
    )

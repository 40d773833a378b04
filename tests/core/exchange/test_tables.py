"""Foreign tables, whatever their oddity, become rows or faults with a line."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.exchange.tables import Comment, Fault, Row, UnknownLayout, WrongMap, layout_of, mapping_of, read, recognise
from core.product.stays import Stay

JIRA = "Summary,Issue key,Issue id,Issue Type,Status,Priority,Resolution,Created,Resolved,Description,Labels"
POINTS = "issuekey,title,description,storypoint,split_mark"


def found(text: str | bytes, **options: dict[str, str]) -> list[Row | Fault]:
    return list(read(io.BytesIO(text.encode() if isinstance(text, str) else text), **options))


def rows(text: str | bytes, **options: dict[str, str]) -> list[Row]:
    everything = found(text, **options)
    assert [each for each in everything if isinstance(each, Fault)] == []
    return [each for each in everything if isinstance(each, Row)]


def table(*records: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(records)
    return out.getvalue()


def jira(**cells: str) -> Row:
    """The row of a Jira file with one record, of which only these columns are given."""
    columns = {"Issue id": "1", "Summary": "A title"} | {name.replace("_", " "): cell for name, cell in cells.items()}
    (row,) = rows(table(list(columns), list(columns.values())))
    return row


# ---- layouts ----


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (JIRA, "jira"),
        ("Summary,Issue id,Status,Priority,Resolution,Created,Resolved,Affects Version/s,Description", "jira"),
        ("Work item key,Summary,Work type", "jira"),
        (POINTS, "storypoints"),
        ("  ISSUEKEY , Title,StoryPoint", "storypoints"),
    ],
)
def test_a_layout_is_recognised_by_its_header_whatever_its_case_and_space(header: str, name: str) -> None:
    layout = recognise(header.split(","))
    assert layout is not None
    assert layout.name == name
    assert layout_of(io.BytesIO(header.encode())).name == name


def test_an_unknown_header_names_its_columns_and_shows_a_map() -> None:
    with pytest.raises(UnknownLayout) as caught:
        layout_of(io.BytesIO(b"Ticket No,Subject,Owner\n1,Hello,ann\n"))
    assert caught.value.columns == ("Ticket No", "Subject", "Owner")
    known = "steward, jira, storypoints, linear, trello, github"
    assert f"The columns Ticket No, Subject, Owner are of no layout I know ({known})." in str(caught.value)
    assert caught.value.proposal == "Subject=title,Ticket No=id"
    assert f'--map "{caught.value.proposal}"' in str(caught.value)


def test_what_an_unknown_header_proposes_as_a_map_is_one() -> None:
    file = b"Ticket No,Subject,Owner\n1,Hello,ann\n"
    (row,) = rows(file, mapping=mapping_of("Subject=title,Ticket No=id"))
    assert row == Row(2, "1", "", "Hello", assignee="ann")  # what bears our own words is what it says
    assert layout_of(io.BytesIO(file), {"Subject": "title", "Ticket No": "id"}).name == "csv"


def test_a_map_goes_over_a_known_layout() -> None:
    file = table(["Summary", "Issue key", "Issue id", "Squad", "T-shirt"], ["A", "APP-1", "77", "red", "3"])
    (row,) = rows(file, mapping={"squad": "labels", "T-shirt": "points"})
    assert (row.external_id, row.labels, row.points, row.extra) == ("77", ("red",), 3.0, {})
    (row,) = rows(file, mapping={"Issue key": "id"})
    assert (row.external_id, row.external_key) == ("APP-1", "APP-1")


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ({"Subject": "titel"}, "'titel' is not a field"),
        ({"Nowhere": "title"}, "There is no column 'Nowhere'; the columns are Ticket No, Subject."),
    ],
)
def test_a_map_of_unknown_columns_or_fields_is_refused(mapping: dict[str, str], why: str) -> None:
    with pytest.raises(WrongMap, match=why):
        found("Ticket No,Subject\n1,Hello\n", mapping=mapping)


def test_a_map_is_written_as_pairs_and_quotes_keep_commas() -> None:
    assert mapping_of('Title=title, "No, of"=id,a=b=points') == {"Title": "title", "No, of": "id", "a=b": "points"}
    for wrong in ("Title", "=title", "Title=title,"):
        with pytest.raises(WrongMap, match="is not of the form column=field"):
            mapping_of(wrong)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "the file is empty"),
        (b"\n\r\n  \n", "the file is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
        (b"x" * (1 << 20), "longer than a header can be"),
        (b"," * 100_000, "has 100,001 columns"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "The header line cannot be read"),
        (b"just some text", "The columns just some text are of no layout"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(file: bytes, why: str) -> None:
    with pytest.raises(UnknownLayout, match=why):
        found(file)


# ---- the file as bytes and lines ----


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_common_delimiter_encoding_and_line_end_is_read(delimiter: str, encoding: str, ending: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    writer.writerows(
        [["Summary", "Issue id", "Description"], ["Größe, €; ändern", "1", f"a{delimiter}b"], ["B", "2", ""]]
    )
    assert rows(out.getvalue().encode(encoding)) == [
        Row(2, "1", "", "Größe, €; ändern", f"a{delimiter}b"),
        Row(3, "2", "", "B"),
    ]


def test_the_delimiter_line_that_excel_writes_is_obeyed_and_counted() -> None:
    assert rows("sep=|\r\nSummary|Issue id\r\nA, b; c|1\r\n") == [Row(3, "1", "", "A, b; c")]


def test_a_fault_names_the_physical_line_on_which_its_record_begins() -> None:
    text = f'\n{POINTS}\nA-1,One,"a\nb\n\nc",1,\n\nA-2,Two,"x\r\ny",lots,\nA-3,Three,,2,\n'
    one, two, three = found(text)
    assert (one.line, two.line, three.line) == (3, 8, 10)
    assert two == Fault(8, "storypoint", "'lots' is not a number of points, such as 3 or 0.5.")


def test_line_ends_inside_a_description_become_newlines() -> None:
    assert jira(Description="a\r\nb\rc\nd").description == "a\nb\nc\nd"


def test_a_cell_of_a_million_characters_is_read() -> None:
    assert len(jira(Description='"' * 10 + "x" * 1_000_000).description) == 1_000_010


def test_an_unclosed_quote_is_one_fault_where_it_opens() -> None:
    text = f'{POINTS}\nA-1,One,,1,\nA-2,"Two,,2,\nA-3,Three,,3,\nA-4,Four,,4,\n'
    first, fault = found(text)
    assert isinstance(first, Row)
    assert fault == Fault(3, "", "A quote opens here and is never closed; nothing from here to line 5 was read.")


def test_an_unclosed_quote_in_a_huge_file_stops_before_it_fills_the_memory() -> None:
    text = f'{POINTS}\nA-1,"One,,1,\n'.encode() + b"A-2,Two,,2,\n" * 1_800_000
    tracemalloc.start()
    everything = found(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(each.line, each.why) for each in everything if isinstance(each, Fault)] == [
        (2, "A cell is longer than 16,777,216 characters; reading stopped there.")
    ]
    assert peak < 150 * 2**20


@pytest.mark.parametrize(("record", "cells"), [("A-1,One", 2), ("A-1,One,,1,train,more", 6)])
def test_a_record_with_other_cells_than_the_header_is_a_fault_and_the_next_is_read(record: str, cells: int) -> None:
    assert found(f"{POINTS}\n{record}\nA-2,Two,,,\n") == [
        Fault(2, "", f"This record has {cells} cells where the header has 5."),
        Row(3, "A-2", "A-2", "Two"),
    ]


def test_blank_records_are_passed_over() -> None:
    assert [row.line for row in rows(f"{POINTS}\n\nA-1,One,,,\n,,,,\n   \nA-2,Two,,,\n\n")] == [3, 6]


def test_a_nul_byte_is_a_fault_that_names_the_column() -> None:
    assert found(f"{POINTS}\nA-1,One,a\0b,,\nA-2,Two,,,\n") == [
        Fault(2, "description", "This cell holds a NUL byte, which is not text."),
        Row(3, "A-2", "A-2", "Two"),
    ]


def test_a_broken_byte_in_a_utf8_file_costs_its_record_and_leaves_the_umlauts() -> None:
    damaged = f"{POINTS}\nA-1,Größe,,,\nA-2,Tw".encode() + b"\xc3" + f"o,,,\nA-3,Höhe,,,{'x' * 9}\n".encode()
    one, two, three = found(damaged)
    assert (one, three) == (Row(2, "A-1", "A-1", "Größe"), Row(4, "A-3", "A-3", "Höhe", extra={"split_mark": "x" * 9}))
    assert two == Fault(3, "title", "This cell holds bytes that are not text in the file's encoding.")


def test_utf16_that_breaks_off_is_a_fault_after_what_was_read() -> None:
    one, fault = found(f"{POINTS}\nA-1,One,,,\n".encode("utf-16") + b"\x00\xd8")
    assert isinstance(one, Row)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.why) == (3, "From here on the file is not text in its encoding; reading stopped there.")


def test_a_file_object_stays_open_and_its_position_shows_the_progress(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text(f"{POINTS}\n" + "".join(f"A-{n},Item {n},{'x' * 100},3,\n" for n in range(5000)))
    with path.open("rb") as file:
        seen = [file.tell() for _ in read(file)]
        assert seen == sorted(seen)
        assert 0 < seen[0] < 20_000
        assert seen[-1] == path.stat().st_size
        assert len(list(read(file))) == 5000


def test_a_reader_left_half_way_closes_what_it_opened_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(f"{POINTS}\nA-1,One,,,\nA-2,Two,,,\n")
    for file in (path, path.open("rb")):
        reader = read(file)
        next(reader)
        del reader  # an unclosed file would be a ResourceWarning, which is an error here
    assert isinstance(file, io.BufferedReader)
    assert not file.closed
    reader = read(file)
    next(reader)
    file.close()
    del reader


# ---- cells ----


def test_jira_exports_with_repeated_and_custom_columns_are_read() -> None:
    header = (
        "Summary,Issue key,Issue id,Parent id,Issue Type,Status,Priority,Resolution,Assignee,Created,Resolved,Labels,"
        "Labels,Labels,Description,Sprint,Sprint,Custom field (Epic Link),Custom field (Story Points),Comment,Comment"
    )
    record = [
        "Do it", "APP-7", "10007", "", "Improvement", "Closed", "Major", "Won't Fix", "ann", "30/Sep/21 5:20 PM",
        "01/Oct/21 12:05 AM", "ui", "", "slow ui", "h1. Text", "Sprint 1", "Sprint 2", "APP-1", "3.0",
        "30/Sep/21 17:30;bob;Why; now?", "no form",
    ]  # fmt: skip
    assert rows(table(header.split(","), record)) == [
        Row(
            2,
            "10007",
            "APP-7",
            "Do it",
            "h1. Text",
            "story",
            "dropped",
            "Closed",
            "Major",
            3.0,
            ("ui", "slow"),
            "ann",
            "APP-1",
            datetime(2021, 9, 30, 17, 20, tzinfo=UTC),
            datetime(2021, 10, 1, 0, 5, tzinfo=UTC),
            (Comment("Why; now?", "bob", datetime(2021, 9, 30, 17, 30, tzinfo=UTC)), Comment("no form")),
            extra={"Resolution": "Won't Fix", "Issue Type": "Improvement"},
            sprints=(Stay("Sprint 1"), Stay("Sprint 2")),
        )
    ]


def test_an_empty_description_gives_way_to_the_next_column() -> None:
    file = table(["Summary", "Issue id", "Notes", "Description"], ["A", "1", "", "one"], ["B", "2", "two", "three"])
    one, two = rows(file, mapping={"Notes": "description"})
    assert (one.description, two.description, two.extra) == ("one", "two", {"Description": "three"})


def test_the_second_best_column_fills_in_and_is_kept_where_it_says_more() -> None:
    header = ["Summary", "Issue id", "Custom field (Story point estimate)", "Custom field (Story Points)"]
    one, two, three = rows(table(header, ["A", "1", "5", ""], ["B", "2", "5", "3"], ["C", "3", "", "3"]))
    assert [row.points for row in (one, two, three)] == [5, 3, 3]
    assert [dict(row.extra) for row in (one, two, three)] == [{}, {"Custom field (Story point estimate)": "5"}, {}]


@pytest.mark.parametrize(
    ("word", "resolution", "status"),
    [
        ("Open", "", "new"), ("To Do", "", "new"), ("Backlog", "", "new"), ("New", "", "new"), ("Reopened", "", "new"),
        ("Selected for Development", "", "ready"), ("Ready", "", "ready"),
        ("In Progress", "", "doing"), ("IN PROGRESS", "", "doing"), ("  in   progress ", "", "doing"),
        ("Patch Available", "", "review"), ("In Review", "", "review"), ("Code Review", "", "review"),
        ("Resolved", "Fixed", "done"), ("Done", "", "done"), ("Closed", "Done", "done"), ("Fixed", "", "done"),
        ("Resolved", "Won't Fix", "dropped"), ("Closed", "Won’t Do", "dropped"), ("Done", "Duplicate", "dropped"),
        ("Closed", "invalid", "dropped"), ("Closed", "Cannot Reproduce", "dropped"), ("Canceled", "", "dropped"),
        ("Reopened", "Duplicate", "new"), ("Resolved", "Unheard Of", "done"), ("Waiting for Godot", "", "new"),
        ("", "", "new"),
    ],
)  # fmt: skip
def test_a_status_is_put_in_our_word_and_kept_as_it_was(word: str, resolution: str, status: str) -> None:
    row = jira(Status=word, Resolution=resolution)
    assert (row.status, row.source_status) == (status, word.strip())
    assert row.extra.get("Resolution", "") == resolution


@pytest.mark.parametrize(
    ("word", "ours", "kept"),
    [
        ("Bug", "bug", {}), ("STORY", "story", {}), ("New Feature", "story", {"Issue Type": "New Feature"}),
        ("Sub-task", "task", {"Issue Type": "Sub-task"}), ("Epic", "epic", {}),
        ("Moonshot", "story", {"Issue Type": "Moonshot"}), ("", "story", {}),
    ],
)  # fmt: skip
def test_a_type_is_put_in_our_word_and_another_word_is_kept(word: str, ours: str, kept: dict[str, str]) -> None:
    row = jira(Issue_Type=word)
    assert (row.type, row.extra) == (ours, kept)


@pytest.mark.parametrize(
    ("text", "points"),
    [("3", 3), ("3.0", 3), ("0.5", 0.5), (".5", 0.5), ("0,5", 0.5), (" 8 ", 8), ("", None), ("0", 0)],
)
def test_points_are_numbers_or_missing(text: str, points: float | None) -> None:
    assert jira(Story_Points=text).points == points


@pytest.mark.parametrize(
    "text", ["lots", "-1", "1e3", "nan", "inf", "1_000", "1,000", "٣", "3 points", "9" * 400, "=1+1"]
)
def test_points_that_are_no_number_are_a_fault(text: str) -> None:
    (fault,) = found(table(["Summary", "Issue id", "Story Points"], ["A", "1", text]))
    assert isinstance(fault, Fault)
    assert (fault.line, fault.column) == (2, "Story Points")
    assert fault.why.endswith("is not a number of points, such as 3 or 0.5.")
    assert len(fault.why) < 100


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("30/Sep/21 17:20", datetime(2021, 9, 30, 17, 20, tzinfo=UTC)),
        ("1/jan/70 0:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("30/Sep/21 12:00 AM", datetime(2021, 9, 30, tzinfo=UTC)),
        ("30/Sep/21 12:00 pm", datetime(2021, 9, 30, 12, tzinfo=UTC)),
        ("30 September 2021", datetime(2021, 9, 30, tzinfo=UTC)),
        ("30-Sep-2021 17:20:05", datetime(2021, 9, 30, 17, 20, 5, tzinfo=UTC)),
        ("2021-09-30T17:20:00.000+0200", datetime(2021, 9, 30, 15, 20, tzinfo=UTC)),
        ("2021-09-30T17:20:00Z", datetime(2021, 9, 30, 17, 20, tzinfo=UTC)),
        ("2021-09-30 17:20", datetime(2021, 9, 30, 17, 20, tzinfo=UTC)),
        ("30.09.2021, 17:20", datetime(2021, 9, 30, 17, 20, tzinfo=UTC)),
        ("29/Feb/24 23:59", datetime(2024, 2, 29, 23, 59, tzinfo=UTC)),
        ("", None),
    ],
)
def test_dates_become_aware_utc_and_no_zone_means_utc(text: str, instant: datetime | None) -> None:
    assert jira(Created=text).created_at == instant


@pytest.mark.parametrize(
    "text",
    ["soon", "29/Feb/23 00:00", "30/Foo/21 17:20", "9/30/2021", "30/Sep/21 13:00 PM", "0001-01-01T00:00:00+14:00"],
)
def test_a_date_nobody_can_read_for_certain_is_a_fault(text: str) -> None:
    (fault,) = found(table(["Summary", "Issue id", "Created"], ["A", "1", text]))
    assert fault == Fault(2, "Created", f"'{text}' is not a date such as 30/Sep/21 17:20 or 2021-09-30T17:20.")


def test_an_open_item_has_no_closing_date_but_keeps_the_cell() -> None:
    row = jira(Status="Reopened", Resolved="30/Sep/21 17:20")
    assert (row.closed_at, row.extra) == (None, {"Resolved": "30/Sep/21 17:20"})


def test_a_title_is_one_line_without_control_characters() -> None:
    assert jira(Summary="  Two\n lines\t and\x08 a bell\xa0 ").title == "Two lines and a bell"


def test_a_title_too_long_is_cut_at_a_word_and_kept_whole_in_the_description() -> None:
    title = "word " * 60 + "end"
    row = jira(Summary=title, Description="Why")
    assert row.title == "word " * 50 + "word…"
    assert len(row.title) == 255
    assert row.description == f"{title}\n\nWhy"
    assert jira(Summary=title).description == title
    assert jira(Summary="words " * 60).title == ("words " * 42).rstrip() + "…"
    assert jira(Summary="y" * 300).title == "y" * 254 + "…"
    assert jira(Summary="y" * 255).title == "y" * 255


@pytest.mark.parametrize("title", ["", "   ", "\t\n"])
def test_an_empty_title_is_a_fault(title: str) -> None:
    assert found(table(["Summary", "Issue id"], [title, "1"])) == [Fault(2, "Summary", "The title is empty.")]


def test_a_record_without_an_id_is_a_fault() -> None:
    assert found(table(["Summary", "Issue id"], ["A", " "])) == [Fault(2, "Issue id", "This record has no id.")]


def test_an_id_that_comes_again_is_a_fault_that_names_the_first_line() -> None:
    one, two, three = found(f"{POINTS}\nA-1,One,,,\nA-2,One,,,\nA-1,Other,,,\n")
    assert isinstance(one, Row)
    assert isinstance(two, Row)  # the same title under another id is another item
    assert three == Fault(4, "", "The id A-1 is already on line 2.")


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """A file that is made while it is read."""

        def __init__(self) -> None:
            self.at, self.rest = 0, b""

        def seekable(self) -> bool:
            return True

        def readable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            assert (offset, whence) == (0, 0)
            self.at, self.rest = 0, f"{POINTS}\n".encode()
            return 0

        def lines(self) -> Iterator[bytes]:
            while self.at < 20_000:
                self.at += 1
                yield b"A-%d,Item,%s,3,\n" % (self.at, b"x" * 1000)

        def readinto(self, target: memoryview) -> int:  # type: ignore[override]
            for line in self.lines() if len(self.rest) < len(target) else ():
                self.rest += line
                if len(self.rest) >= len(target):
                    break
            given, self.rest = self.rest[: len(target)], self.rest[len(target) :]
            target[: len(given)] = given
            return len(given)

    tracemalloc.start()
    count = sum(1 for _ in read(io.BufferedReader(Endless())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 12 * 2**20  # the file has 20 MB

"""What GitHub, Linear and Trello write, in the shape in which they write it."""

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.exchange.layouts import FORMATS, GITHUB, JIRA, LAYOUTS, LINEAR, TRELLO
from core.exchange.tables import Comment, Fault, Row, UnknownLayout, WrongMap, layout_of, read, recognise
from core.product.stays import Stay

LINEAR_30 = (
    "ID,Team,Title,Description,Status,Estimate,Priority,Project ID,Project,Creator,Assignee,Labels,Cycle Number,"
    "Cycle Name,Cycle Start,Cycle End,Created,Updated,Started,Triaged,Completed,Canceled,Archived,Due Date,"
    "Parent issue,Initiatives,Project Milestone ID,Project Milestone,SLA Status,Roadmaps"
)
LINEAR_34 = LINEAR_30.removesuffix(",Roadmaps") + ",UUID,Time in status (minutes),Related to,Blocked by,Duplicate of"
TRELLO_CSV = (
    "Card ID,Card Name,Card URL,Card Description,Labels,Members,Due Date,Attachment Count,Attachment Links,"
    "Checklist Item Total Count,Checklist Item Completed Count,Vote Count,Comment Count,Last Activity Date,List ID,"
    "List Name,Board ID,Board Name,Archived,Start Date,Due Complete"
)
CARD = "5c8939e421c0c474dba0c566"  # made in the second that its first eight digits count
CARD_MADE = datetime(2019, 3, 13, 17, 12, 4, tzinfo=UTC)


def table(header: str, *records: dict[str, str], delimiter: str = ",") -> io.BytesIO:
    """A file with this header; of a record only the filled cells are given."""
    out = io.StringIO()
    names = header.split(",")
    writer = csv.DictWriter(out, names, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return io.BytesIO(out.getvalue().encode())


def one(file: io.BytesIO) -> Row:
    (row,) = read(file)
    assert isinstance(row, Row), row
    return row


def as_json(value: Any) -> io.BytesIO:
    return io.BytesIO(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (LINEAR_30, "linear"),
        (LINEAR_34, "linear"),
        (TRELLO_CSV, "trello"),
        ("Number,Title,State,Labels,Assignees,Milestone,URL", "github"),
        ("number,title,state,labels,milestone,user,assignee,assignees,created_at,updated_at,closed_at,body", "github"),
        ("Title\tURL\tAssignees\tStatus\tLinked pull requests", "github"),
    ],
)
def test_each_tool_is_recognised_by_what_it_writes(header: str, name: str) -> None:
    assert layout_of(io.BytesIO(header.encode())).name == name


def test_no_header_of_one_tool_is_taken_for_another() -> None:
    for layout in LAYOUTS:
        header = [names[0] for names in layout.marks] + [names[0] for names in layout.columns.values()]
        found = recognise(header)
        assert found is not None
        assert found.name == layout.name


# ---- Linear ----


def test_a_linear_issue_comes_with_its_fields() -> None:
    row = one(
        table(
            LINEAR_34,
            {
                "ID": "ENG-12", "Team": "Engineering", "Title": "'=1+1 is a title", "Description": "'- a list",
                "Status": "In Review", "Estimate": "5", "Priority": "Urgent", "Project": "Export", "Assignee": "a@b.de",
                "Labels": "Improvement, Good first issue", "Cycle Number": "4",
                "Cycle Start": "2024-05-13T00:00:00.000Z", "Cycle End": "2024-05-24T00:00:00.000Z",
                "Created": "2024-05-14T08:53:33.120Z",
                "Started": "2024-05-15T08:00:00.000Z", "Due Date": "2024-06-01", "Parent issue": "ENG-3",
                "Blocked by": "ENG-9",
            },
        )
    )  # fmt: skip
    assert row == Row(
        2, "ENG-12", "ENG-12", "=1+1 is a title", "- a list", "story", "review", "In Review", "Urgent", 5.0,
        ("Improvement", "Good first issue"), "a@b.de", "ENG-3", datetime(2024, 5, 14, 8, 53, 33, 120_000, tzinfo=UTC),
        extra={
            "Team": "Engineering", "Project": "Export", "Started": "2024-05-15T08:00:00.000Z",
        },
        sprints=(Stay("Cycle 4", date(2024, 5, 13), date(2024, 5, 24)),),
        due=date(2024, 6, 1), waits_for=("ENG-9",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "filled", "ours"),
    [
        ("QA pass", {"Completed": "2024-05-23T16:06:19Z"}, "done"),
        ("Parked", {"Canceled": "2024-05-23T16:06:19Z"}, "dropped"),
        ("Duplicate", {"Canceled": "2024-05-23T16:06:19Z"}, "dropped"),
        ("QA pass", {}, "new"),
        ("Triage", {}, "new"),
    ],
)
def test_a_status_of_a_teams_own_is_closed_where_linear_says_so(status: str, filled: dict[str, str], ours: str) -> None:
    row = one(table(LINEAR_30, {"ID": "E-1", "Title": "T", "Status": status, **filled}))
    assert (row.status, row.source_status) == (ours, status)
    assert (row.closed_at is not None) == bool(filled)


def test_linears_empty_last_cell_may_be_missing_and_its_dates_may_be_those_of_javascript() -> None:
    at = "Tue May 14 2024 08:53:33 GMT+0200 (Central European Summer Time)"
    file = f"{LINEAR_30}\nIN-10,App,License,,Todo,,No priority,,,,,,,,,,{at},{at},,,,,,,,,,,\n"
    row = one(io.BytesIO(file.encode()))
    assert (row.external_id, row.priority) == ("IN-10", "")
    assert row.created_at == datetime(2024, 5, 14, 6, 53, 33, tzinfo=UTC)


def test_no_other_layout_may_leave_cells_out() -> None:
    (fault,) = read(io.BytesIO(f"{TRELLO_CSV}\n{CARD},A\n".encode()))
    assert fault == Fault(2, "", "This record has 2 cells where the header has 21.")
    (long,) = read(io.BytesIO(f"{LINEAR_30}\n{'x,' * 40}\n".encode()))
    assert isinstance(long, Fault)


# ---- Trello ----


def test_a_trello_card_comes_with_its_fields() -> None:
    row = one(
        table(
            TRELLO_CSV,
            {
                "Card ID": CARD, "Card Name": "Order tiles", "Card URL": "https://trello.com/c/1",
                "Card Description": "Bath, 20 m²", "Labels": "Shopping (green), Now! (red_dark), (blue), Odd (name)",
                "Members": "ann, bob", "Due Date": "2026-10-09T08:00:00.000Z", "List Name": "Doing",
                "Archived": "false", "Last Activity Date": "2026-10-01T08:00:00.000Z", "Due Complete": "false",
            },
        )
    )  # fmt: skip
    assert row == Row(
        2, CARD, "", "Order tiles", "Bath, 20 m²", "story", "doing", "Doing",
        labels=("Shopping", "Now!", "blue", "Odd (name)"), assignee="ann", created_at=CARD_MADE, link="https://trello.com/c/1",
        extra={
            "Members": "ann, bob", "Archived": "false", "Due Complete": "false",
            "Last Activity Date": "2026-10-01T08:00:00.000Z",
        },
        due=date(2026, 10, 9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("where", "archived", "complete", "ours"),
    [
        ("Ideas", "false", "false", "new"),
        ("Ideas", "true", "false", "dropped"),
        ("Ideas", "true", "true", "done"),
        ("Doing", "false", "true", "done"),
        ("Done", "true", "false", "done"),
    ],
)
def test_an_archived_card_is_done_or_dropped_and_dated_by_its_last_activity(
    where: str, archived: str, complete: str, ours: str
) -> None:
    last = "2026-10-01T08:00:00.000Z"
    cells = {"List Name": where, "Archived": archived, "Due Complete": complete, "Last Activity Date": last}
    row = one(table(TRELLO_CSV, {"Card ID": CARD, "Card Name": "A", **cells}))
    assert row.status == ours
    assert row.closed_at == (None if ours == "new" else datetime(2026, 10, 1, 8, tzinfo=UTC))


MEASURE = {"name": "Measure", "state": "complete"}


def board(**members: Any) -> dict[str, Any]:
    """A board as Trello writes it: what a card names stands after the cards."""
    card = {
        "id": CARD, "name": "Order tiles", "desc": "Bath", "idList": "L1", "idMembers": ["M1", "M2"], "closed": False,
        "due": "2026-10-09T08:00:00.000Z", "dueComplete": False, "dateLastActivity": "2026-10-01T08:00:00.000Z",
        "labels": [{"id": "X", "name": "Shop, now", "color": "green"}, {"id": "Y", "name": "", "color": "red"}],
        "shortUrl": "https://trello.com/c/1",
    }  # fmt: skip
    said = {"text": "Grey ones; large", "card": {"id": CARD}}
    return {
        "id": "B", "name": "House",
        "actions": [
            {
                "type": "commentCard", "date": "2026-09-02T10:00:00.000Z", "data": said,
                "memberCreator": {"fullName": "Bob"},
            },
            {"type": "commentCard", "date": "2026-09-01T10:00:00.000Z", "data": {**said, "text": "Which?"}},
            {"type": "updateCard", "data": {}},
        ],
        "cards": [card],
        "lists": [{"id": "L1", "name": "Doing", "closed": False}],
        "members": [{"id": "M1", "fullName": "Ann Lee", "username": "annlee"}, {"id": "M2", "username": "bob"}],
        "checklists": [
            {"id": "C", "idCard": CARD, "name": "Steps", "checkItems": [MEASURE, {"name": "Pay"}]},
        ],
    } | members  # fmt: skip


def test_a_trello_board_comes_with_what_its_csv_has_not() -> None:
    file = as_json(board())
    assert layout_of(file).name == "trello"
    row = one(file)
    assert row == Row(
        1, CARD, "", "Order tiles", "Bath", "story", "doing", "Doing", labels=("Shop, now", "red"),
        assignee="Ann Lee", created_at=CARD_MADE, link="https://trello.com/c/1",
        comments=(
            Comment("Which?", "", datetime(2026, 9, 1, 10, tzinfo=UTC)),
            Comment("Grey ones; large", "Bob", datetime(2026, 9, 2, 10, tzinfo=UTC)),
        ),
        extra={
            "Members": "Ann Lee\nbob", "Archived": "false",
            "Due Complete": "false", "Board Name": "House", "Last Activity Date": "2026-10-01T08:00:00.000Z",
            "Checklists": "Steps\n- [x] Measure\n- [ ] Pay",
        },
        due=date(2026, 10, 9),
    )  # fmt: skip


def test_a_card_is_called_by_the_number_that_people_see_on_it() -> None:
    card = {**board()["cards"][0], "idShort": 12}
    assert one(as_json(board(cards=[card]))).external_key == "#12"
    cells = {"Card ID": CARD, "Card Name": "A", "Card URL": "https://trello.com/c/aB3dE5fG/12-order-tiles"}
    assert one(table(TRELLO_CSV, cells)).external_key == "#12"


def test_a_card_on_an_archived_list_is_archived() -> None:
    closed = [{"id": "L1", "name": "Old ideas", "closed": True}]
    assert one(as_json(board(lists=closed))).status == "dropped"


def test_a_board_that_holds_nonsense_gives_faults_and_reads_on() -> None:
    good = {"id": CARD, "name": "A", "idList": "L9", "labels": None, "idMembers": None}
    cards = [
        good,
        7,
        {"idList": []},
        {**good, "id": "2", "name": {"a": [1]}},
        {**good, "id": "3", "dateLastActivity": "soon"},
    ]
    hostile = {
        "lists": [1, {"id": {}}],
        "members": 3,
        "checklists": [{"checkItems": 4}],
        "actions": [{"type": "commentCard"}],
    }
    found = list(read(as_json(board(cards=cards, **hostile))))
    assert [each.title if isinstance(each, Row) else each.why for each in found] == [
        "A",
        "This item is not an object.",
        "This record has no id.",
        '{"a": [1]}',
        "'soon' is not a date such as 30/Sep/21 17:20 or 2021-09-30T17:20.",
    ]


def test_what_no_database_takes_is_a_fault_wherever_on_the_board_it_stands() -> None:
    for name, column in (("a\0b", "List Name"), ("\ud800", "List Name")):
        (fault,) = read(as_json(board(lists=[{"id": "L1", "name": name}])))
        assert isinstance(fault, Fault)
        assert fault.column == column


def test_a_board_cut_anywhere_gives_whole_cards_and_one_fault() -> None:
    document = json.dumps(board()).encode()
    begin = document.index(b'"cards"') + 40
    for cut in range(begin, len(document)):
        try:
            *rows, last = read(io.BytesIO(document[:cut]))
        except UnknownLayout:
            continue  # cut before the first card was whole
        assert isinstance(last, Fault)
        assert len(rows) <= 1


# ---- GitHub ----

ISSUE = {
    "number": 12, "title": "Export breaks", "state": "CLOSED", "stateReason": "NOT_PLANNED", "body": "Steps\r\n1",
    "labels": [{"id": "L", "name": "good first, issue", "color": "fff"}, {"name": "bug"}],
    "assignees": [{"login": "ann", "name": "Ann"}, {"login": "bob"}], "author": {"login": "eve"},
    "milestone": {"number": 3, "title": "1.0", "dueOn": None}, "createdAt": "2024-05-14T08:53:33Z",
    "closedAt": "2024-05-15T08:53:33Z", "url": "https://github.com/acme/app/issues/12", "isPinned": False,
    "comments": [{"author": {"login": "eve"}, "body": "me; too", "createdAt": "2024-05-14T09:00:00Z"}],
    "issueType": {"id": "T", "name": "Bug"}, "parent": {"number": 3, "title": "Epic", "url": "https://github.com/acme/app/issues/3"},
    "reactionGroups": [],
}  # fmt: skip


def test_issues_that_gh_lists_as_json_come_with_their_fields() -> None:
    file = as_json([ISSUE])
    assert layout_of(file).name == "github"
    assert one(file) == Row(
        1, "https://github.com/acme/app/issues/12", "#12", "Export breaks", "Steps\n1", "bug", "dropped", "CLOSED",
        labels=("good first, issue", "bug"), assignee="ann", parent="https://github.com/acme/app/issues/3",
        created_at=datetime(2024, 5, 14, 8, 53, 33, tzinfo=UTC), closed_at=datetime(2024, 5, 15, 8, 53, 33, tzinfo=UTC),
        comments=(Comment("me; too", "eve", datetime(2024, 5, 14, 9, tzinfo=UTC)),),
        link="https://github.com/acme/app/issues/12",
        extra={
            "stateReason": "NOT_PLANNED", "assignees": "ann\nbob", "author": "eve", "milestone": "1.0",
            "isPinned": "false",
        },
    )  # fmt: skip


def test_issues_of_the_rest_api_are_read_by_the_same_entry() -> None:
    issue = {
        "number": 7, "title": "T", "state": "open", "state_reason": None, "body": None, "labels": [], "assignees": [],
        "user": {"login": "eve"}, "created_at": "2024-05-14T08:53:33Z", "closed_at": None, "comments": 3,
        "url": "https://api.github.com/repos/acme/app/issues/7", "html_url": "https://github.com/acme/app/issues/7",
    }  # fmt: skip
    row = one(as_json([issue]))
    assert (row.external_id, row.external_key, row.status) == ("https://github.com/acme/app/issues/7", "#7", "new")
    assert (row.link, row.comments) == ("https://github.com/acme/app/issues/7", ())
    assert (row.extra["comments"], row.extra["user"]) == ("3", "eve")


def test_a_github_csv_has_its_number_for_an_id_where_it_has_no_address() -> None:
    row = one(
        table("Number,Title,State,Labels,Assignees", {"Number": "5", "Title": "A", "State": "OPEN", "Labels": "ui,api"})
    )
    assert (row.external_id, row.external_key, row.labels) == ("5", "#5", ("ui", "api"))


def test_the_view_of_a_project_board_is_read() -> None:
    url = "https://github.com/acme/app/issues/5"
    header = "Title,URL,Assignees,Status,Estimate"
    row = one(
        table(
            header, {"Title": "A", "URL": url, "Assignees": "ann, bob", "Status": "In progress", "Estimate": "3"},
            delimiter="\t",
        )
    )  # fmt: skip
    assert (row.external_id, row.assignee, row.status, row.points) == (url, "ann", "doing", 3)


def test_an_issue_that_is_none_is_a_fault_and_the_next_is_read() -> None:
    found = list(read(as_json([ISSUE, 7, {"foo": 1}, {**ISSUE, "url": "b", "title": "\ud800"}, {**ISSUE, "url": "c"}])))
    assert [each.why if isinstance(each, Fault) else each.external_id for each in found] == [
        "https://github.com/acme/app/issues/12",
        "This item is not an object.",
        "This item has other members than the first, and among them no title and id.",
        "This text holds half a character.",
        "c",
    ]


def test_an_array_of_anything_is_read_by_a_map() -> None:
    file = as_json([{"ref": 1, "subject": "A", "tags": [{"name": "x"}]}])
    with pytest.raises(UnknownLayout) as caught:
        layout_of(file)
    assert caught.value.columns == ("ref", "subject", "tags")
    assert caught.value.proposal == "subject=title,ref=id"
    (row,) = read(file, mapping={"subject": "title", "ref": "id", "tags": "labels"})
    assert row == Row(1, "1", "", "A", labels=("x",))


# ---- asked for by name ----


def test_a_layout_that_is_asked_for_reads_what_no_header_would_tell() -> None:
    file = table("id,title,status,created", {"id": "1", "title": "A", "status": "done", "created": "2024-01-01"})
    with pytest.raises(UnknownLayout):
        layout_of(file)
    (row,) = read(file, FORMATS["csv"])
    assert row == Row(2, "1", "", "A", status="done", source_status="done", created_at=datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_layout_that_does_not_fit_says_what_is_missing(name: str) -> None:
    with pytest.raises(UnknownLayout, match=f"have no title and id as {name} names them") as caught:
        layout_of(table("Ticket,Subject"), layout=FORMATS[name])
    assert '--map "Subject=title,…=id"' in str(caught.value)


def test_an_export_of_our_own_is_taken_for_nothing_else() -> None:
    with pytest.raises(UnknownLayout, match="Steward's own, not of jira"):
        layout_of(io.BytesIO(b'{"steward": 1, "items": []}'), layout=JIRA)
    with pytest.raises(WrongMap, match="takes no --map"):
        layout_of(io.BytesIO(b'{"steward": 1, "items": []}'), {"title": "title"})
    with pytest.raises(WrongMap, match="takes no --map"):
        layout_of(table("Key,Title,Source status,External id,Extra"), {"Title": "title"})


def test_a_layout_tells_which_of_its_columns_a_file_has() -> None:
    found = layout_of(table("Number,Title,State"))
    assert set(found.columns) == {"external_id", "external_key", "title", "status"}
    assert {*GITHUB.columns, *LINEAR.columns, *TRELLO.columns} > set(found.columns)

"""`import` and `export` in chat: a file is shown before it comes in, comes in whole, and goes out as it was."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.chat.ask import Attachment
from core.chat.card import File, Reply
from tests.core.commands.talk import Talk, buttons, count_of, read, title
from tests.databases import NOW

JIRA = (
    "Issue id,Issue key,Summary,Issue Type,Status,Resolution,Due Date,Epic Link,Inward issue link (Blocks)\n"
    "1,OLD-1,Billing,Epic,Open,,,,\n"
    "2,OLD-2,Export,Story,Resolved,Fixed,24/Dec/26,OLD-1,\n"
    "3,OLD-3,Import,Story,Resolved,Duplicate,,Billing,OLD-2\n"
    "4,OLD-4,,Story,Open,,,,\n"
)


def drop(talk: Talk, text: str, line: str = "import", name: str = "old.csv", **more: Any) -> Reply:
    """Say a line with a file beside it."""
    file = Attachment(name, content=text.encode(), size=len(text))
    return talk.answer(replace(talk.ask("ann", "#app", line, **more), files=(file,)))


def exported(talk: Talk, form: str) -> str:
    reply = talk.say("ann", "#app", f"export format={form}")
    assert reply.card is not None
    [file] = [part for part in reply.card.body if isinstance(part, File)]
    assert file.text is not None
    return file.text


def test_a_file_is_shown_to_the_asker_before_anything_comes_in(talk: Talk) -> None:
    reply = drop(talk, JIRA)
    said = read(reply)
    assert (reply.ok, reply.seen_by) == (True, "you")
    assert "3 new items" in said
    assert "line 5" in said
    assert "Resolved → done (1)" in said
    assert "Resolved → dropped (1)" in said
    assert count_of(talk.database, "items") == 0


def test_an_import_brings_epics_waits_and_days_and_one_undo_takes_it_back(talk: Talk) -> None:
    reply = talk.press(drop(talk, JIRA), "Import 3 items")
    assert reply.seen_by == "place"
    assert "old.csv is imported: 3 new items" in read(reply)
    assert "APP-1 to APP-3" in read(reply)
    shown = talk.done("ann", "#app", "backlog show OLD-3")
    assert "APP-1 Billing" in shown
    assert "APP-2" in shown
    assert "24 Dec" in talk.done("ann", "#app", "backlog show OLD-2")
    assert "(today)" in shown
    talk.done("ann", "#app", "undo")
    assert [count_of(talk.database, table) for table in ("items", "blocks", "status_words")] == [0, 0, 0]


def test_the_same_file_again_changes_nothing(talk: Talk) -> None:
    good = "".join(JIRA.splitlines(keepends=True)[:-1])
    talk.press(drop(talk, good), "Import 3 items")
    again = drop(talk, good)
    assert "all 3 items are here already" in title(again)
    assert not [button for button in buttons(again) if button.label.startswith("Import")]


LINKED = (
    "Issue id,Issue key,Summary,Issue Type,Status,Epic Link,Inward issue link (Blocks),"
    "Outward issue link (Blocks),Comment,Acceptance Criteria\n"
    "1,OLD-1,Billing,Epic,Open,,,,,\n"
    "2,OLD-2,Export,Story,Open,{epic},{waits},{holds},{comment},{criteria}\n"
    "3,OLD-3,Import,Story,Open,,,,,\n"
    "4,OLD-4,Invoices,Epic,Open,,,,,\n"
)
BEFORE = {"epic": "OLD-1", "waits": "", "holds": "", "comment": "", "criteria": "It is fast"}


def linked(more: str = "", **said: str) -> str:
    return LINKED.format(**{**BEFORE, **said}) + more


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"epic": "OLD-4"}, "Epic: APP-4 Invoices"),
        ({"epic": "Invoices"}, "Epic: APP-4 Invoices"),
        ({"waits": "OLD-3"}, "APP-3"),
        ({"holds": "OLD-3"}, "APP-3"),
        ({"comment": "Ask the bank first"}, "Ask the bank first"),
        ({"criteria": "It is red"}, "It is red"),
    ],
)
def test_a_second_import_that_only_ties_anew_is_offered_and_counted(
    talk: Talk, said: dict[str, str], shown: str
) -> None:
    talk.press(drop(talk, linked()), "Import 4 items")
    assert shown not in talk.done("ann", "#app", "backlog show APP-2")
    again = drop(talk, linked(**said))
    assert "1 changed, 3 as they are here · nothing has been imported yet" in title(again)
    assert "is imported: 1 changed, 3 as they are here" in title(talk.press(again, "Import 1 item"))
    assert shown in talk.done("ann", "#app", "backlog show APP-2")
    assert "all 4 items are here already" in title(drop(talk, linked(**said)))


def test_a_second_import_counts_what_is_tied_to_an_item_that_is_new_in_it(talk: Talk) -> None:
    talk.press(drop(talk, linked()), "Import 4 items")
    for said in ({"epic": "OLD-5"}, {"waits": "OLD-5"}):
        again = drop(talk, linked("5,OLD-5,Audit,Epic,Open,,,,,\n", **said))
        assert "1 new item, 1 changed, 3 as they are here" in title(again)
        assert "1 new item, 1 changed, 3 as they are here" in title(talk.press(again, "Import 2 items"))
        talk.done("ann", "#app", "undo")


def test_a_second_import_does_not_count_what_leads_in_circles_or_to_nothing(talk: Talk) -> None:
    talk.press(drop(talk, linked()), "Import 4 items")
    talk.done("ann", "#app", "backlog block APP-3 on=APP-2")
    for said in ({"waits": "OLD-3"}, {"waits": "OLD-99"}, {"waits": "OLD-2"}, {"holds": "OLD-99"}):
        assert "all 4 items are here already" in title(drop(talk, linked(**said)))


def test_a_list_says_once_how_old_what_was_imported_is(talk: Talk) -> None:
    talk.press(drop(talk, linked()), "Import 4 items")
    later = NOW + timedelta(days=3)
    shown = talk.done("ann", "#app", "backlog list", at=later)
    assert shown.splitlines()[-2:] == ["From Jira, imported 1 Dec (3 days ago).", "[Show here]"]
    github = '[{"number": 1, "title": "Bug", "state": "OPEN"}]'
    talk.press(drop(talk, github, name="issues.json", at=later), "Import 1 item", at=later)
    talk.done("ann", "#app", "backlog add Born here", at=later)
    shown = talk.done("ann", "#app", "backlog list", at=later + timedelta(days=1))
    said = "5 of 6 from GitHub and Jira, imported between 1 Dec (4 days ago) and 4 Dec (yesterday)."
    assert shown.count("imported") == 1
    assert said in shown
    born = talk.done("ann", "#app", "backlog list text=Born", at=later)
    assert "mported" not in born
    assert said.partition(",")[0] not in talk.done("ann", "#app", "backlog search Bug", at=later)
    assert "From GitHub, imported 4 Dec (today)." in talk.done("ann", "#app", "backlog search Bug", at=later)


def test_a_criterion_that_was_reworded_here_does_not_come_back_with_its_old_words(talk: Talk) -> None:
    talk.press(drop(talk, linked()), "Import 4 items")
    talk.done("ann", "#app", "backlog criteria APP-2 drop 1")
    talk.done("ann", "#app", "backlog criteria APP-2 add It takes a second at most")
    assert "all 4 items are here already" in title(drop(talk, linked()))
    talk.press(drop(talk, linked(criteria='"It is fast\nIt is red"')), "Import 1 item")
    shown = talk.done("ann", "#app", "backlog show APP-2")
    assert "It is red" in shown
    assert "It is fast" not in shown


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_own_export_comes_back_unchanged(talk: Talk, form: str) -> None:
    talk.press(drop(talk, JIRA), "Import 3 items")
    talk.done("ann", "#app", "backlog add Born here as=keeper want=gold so=it shines points=3 epic=APP-1")
    talk.done("ann", "#app", "backlog criteria APP-4 add It shines")
    talk.done("ann", "#app", "backlog block APP-4 on=APP-3")
    text = exported(talk, form)
    assert "all 4 items are here already" in title(drop(talk, text, name=f"app.{form}"))
    talk.done("ann", "#app", "backlog edit APP-4 title=Changed since", at=NOW + timedelta(minutes=1))
    again = drop(talk, text, name=f"app.{form}")  # what people changed since the export stays
    assert "all 4 items are here already" in title(again)


def test_an_own_export_in_which_only_the_epic_was_changed_is_offered(talk: Talk) -> None:
    for line in ("Big type=epic", "Other type=epic", "Small epic=APP-1"):
        talk.done("ann", "#app", f"backlog add {line}")
    told = json.loads(exported(talk, "json"))
    small = next(item for item in told["items"] if item["title"] == "Small")
    small["epic"] = "APP-2"
    again = drop(talk, json.dumps(told), name="app.json")
    assert "1 changed, 2 as they are here" in title(again)
    assert "1 changed, 2 as they are here" in title(talk.press(again, "Import 1 item"))
    assert "Epic: APP-2 Other" in talk.done("ann", "#app", "backlog show APP-3")
    talk.done("ann", "#app", "undo")
    assert "Epic: APP-1 Big" in talk.done("ann", "#app", "backlog show APP-3")


def test_an_unknown_table_is_asked_about_by_a_form(talk: Talk) -> None:
    reply = drop(talk, "Nr;Ticket;State\n1;Fix it;Parked\n")
    assert reply.form is not None
    shown = talk.fill(reply, "ann", "#app", {"map-title": "Ticket", "map-id": "Nr", "map-status": "State"})
    statuses = talk.press(shown, "Statuses")
    again = talk.fill(statuses, "ann", "#app", {"status-0": "review"})
    assert "Parked → review (1)" in read(again)
    talk.press(again, "Import 1 item")
    assert "review" in talk.done("ann", "#app", "backlog list")
    assert "Parked: review" in talk.done("ann", "#app", "backlog statuses")


def test_the_form_proposes_columns_by_our_own_words_and_leaves_out_what_is_unpicked(talk: Talk) -> None:
    reply = drop(talk, "No;Ticket;Status;Points;Owner\n1;Fix it;Doing;3;ann\n")
    assert reply.form is not None
    proposed = {field.name: field.value for field in reply.form.fields if field.value}
    assert proposed == {
        "map-title": "Ticket", "map-id": "No", "map-status": "Status", "map-points": "Points", "map-assignee": "Owner",
    }  # fmt: skip
    talk.press(talk.fill(reply, "ann", "#app", {"map-points": ""}), "Import 1 item")
    shown = talk.done("ann", "#app", "backlog show 1")
    assert "Status: doing" in shown
    assert "Points: not estimated" in shown


def test_a_word_is_corrected_for_what_came_with_it_and_is_as_it_was(talk: Talk) -> None:
    talk.press(drop(talk, JIRA.replace("Open", "Someday")), "Import 3 items")
    assert "1 item changed" in talk.done("ann", "#app", "backlog statuses Someday status=ready")
    assert "ready" in talk.done("ann", "#app", "backlog show OLD-1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "old.csv is empty; nothing was read from it."),
        ("%PDF-1.4 x", "This is a PDF, whatever its name says"),
        ("\x00\x01,\x02\n", "this is not a table"),
        ("{}", "This JSON is no export that I know"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(talk: Talk, text: str, why: str) -> None:
    reply = drop(talk, text)
    assert not reply.ok
    assert why in reply.refused
    assert "went wrong" not in reply.refused


def test_a_strict_import_with_a_bad_row_offers_nothing(talk: Talk) -> None:
    reply = drop(talk, JIRA, "import strict=yes")
    assert not [button for button in buttons(reply) if button.label.startswith("Import")]


def test_a_file_of_another_product_or_gone_is_not_found(talk: Talk) -> None:
    assert "no longer have that file" in talk.refused("ann", "#app", "import file-id=nothing go=yes")


def test_an_export_in_json_says_whose_it_is(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add =1+1")
    assert json.loads(exported(talk, "json"))["product"]["key"] == "APP"
    assert "'=1+1" in exported(talk, "csv")


def test_a_file_without_words_or_with_any_is_an_import(talk: Talk) -> None:
    for line in ("", "here is our old backlog"):
        assert "3 new items" in title(drop(talk, JIRA, line))


def test_a_file_that_could_not_be_had_is_told_of(talk: Talk) -> None:
    file = Attachment("old.csv", url="https://example.com/x", trouble="I may not read old.csv.")
    reply = talk.answer(replace(talk.ask("ann", "#app", "import"), files=(file,)))
    assert (reply.ok, reply.refused) == (False, "I may not read old.csv.")


# ---- outside keys ----

GITHUB = [
    {"number": 2, "title": "Theirs", "state": "OPEN", "url": "https://github.com/a/b/issues/2"},
    {"number": 7, "title": "Seven", "state": "OPEN", "url": "https://github.com/a/b/issues/7"},
]


def test_a_number_with_its_sign_is_first_what_the_item_is_called_elsewhere(talk: Talk) -> None:
    for name in ("One", "Two", "Three", "Four"):
        talk.done("ann", "#app", f"backlog add {name}")
    talk.press(drop(talk, json.dumps(GITHUB), name="issues.json"), "Import 2 items")
    assert "#7" in talk.done("ann", "#app", "backlog list")
    assert title(talk.say("ann", "#app", "backlog show #7")).startswith("APP-6 Seven")
    assert title(talk.say("ann", "#app", "backlog show #2")).startswith("APP-5 Theirs")
    assert title(talk.say("ann", "#app", "backlog show 2")).startswith("APP-2 Two")
    assert title(talk.say("ann", "#app", "backlog show #3")).startswith("APP-3 Three")
    assert "APP-5 and APP-6" in talk.done("ann", "#app", "backlog done #2, #7")
    assert talk.refused("ann", "#app", "backlog show #99") == "APP-99 is not in Acme app."
    other = [{**GITHUB[0], "url": "https://github.com/a/c/issues/2"}]
    talk.press(drop(talk, json.dumps(other), name="others.json"), "Import 1 item")
    no = talk.say("ann", "#app", "backlog show #2")
    assert no.refused.startswith("#2 is two items: it is what numbers 5 and 7 here were called elsewhere.")
    assert no.try_ == "backlog show 5"


def test_whatever_a_tool_calls_an_item_names_it(talk: Talk) -> None:
    talk.press(drop(talk, "Key,Title\nREQ1.2,Export\nK7,Import\n", "import format=csv"), "Import 2 items")
    assert title(talk.say("ann", "#app", "backlog show REQ1.2")).startswith("APP-1 Export")
    assert "APP-2" in talk.done("ann", "#app", "backlog done k7")
    assert talk.refused("ann", "#app", "backlog show 3rd").startswith("“3rd” is no item of Acme app")


def test_a_table_says_whole_points_as_people_write_them(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add One points=3")
    talk.done("ann", "#app", "backlog add Two points=0.5")
    table = exported(talk, "csv")
    assert ",3," in table
    assert ",0.5," in table
    assert "3.0" not in table

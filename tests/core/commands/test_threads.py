"""A thread that is tied to an item: its number may be left out there, and comments and states go both ways."""

import pytest

from bot.lines import tick
from core.store.database import Database
from tests.core.commands.talk import Talk, read, slack_team, title
from tests.databases import NOW


@pytest.fixture
def tied(staged: Talk) -> Talk:
    assert title(staged.say("ann", "#app", "link APP-4", thread="t1")) == "This thread is tied to APP-4 Thing 4 · new"
    return staged


def told(talk: Talk) -> list[tuple[str, str, str, str]]:
    return [(one["to"], one["thread"], one["key"], one["text"]) for one in tick(talk.steward, NOW)]


# ---- the item may be left out ----


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("backlog start", "APP-4 Thing 4: started"),
        ("backlog done", "APP-4 Thing 4: done"),
        ("backlog edit points=3", "APP-4 Thing 4: points 3"),
        ("backlog assign me", "APP-4 Thing 4: assigned to ann"),
        ("backlog assign @bob", "APP-4 Thing 4: assigned to bob"),
        ("backlog show", "APP-4 Thing 4"),
        ("backlog ready", "APP-4 Thing 4 · not ready: 1 to settle, 2 to consider"),
        ("backlog criteria check 1", "APP-4 Thing 4: criterion 1 checked"),
        ("backlog criteria add It works", "APP-4 Thing 4: criterion 2"),
        ("backlog comment Seen by the bank", "APP-4 Thing 4: ann commented"),
        ("backlog comment 5 banks have seen it", "APP-4 Thing 4: ann commented"),
        ("backlog block on=APP-2", "APP-4 Thing 4: waits for APP-2 Thing 2"),
        ("backlog move top", "APP-4 Thing 4: moved to the top"),
        ("backlog move above APP-2", "APP-4 Thing 4: moved above APP-2 Thing 2"),
        ('backlog split "Four a" "Four b"', "APP-4 Thing 4: split into APP-9 and APP-10"),
        ("backlog score value=5", "APP-4 Thing 4: value 5; WSJF still wants urgency=, risk= and effort="),
        ("backlog accept because=It will do", "APP-4 Thing 4: accepted because It will do"),
        ("why", "APP-4 Thing 4"),
    ],
)
def test_in_a_tied_thread_the_item_may_be_left_out(tied: Talk, line: str, said: str) -> None:
    assert title(tied.say("ann", "#app", line, thread="t1")) == said
    assert title(tied.say("ann", "#app", "backlog show APP-1", thread="t1")) == "APP-1 Thing 1"


def test_outside_of_the_thread_nothing_is_meant(tied: Talk) -> None:
    for where, thread in (("#app", None), ("#app", "t2"), ("@", "t1")):
        assert tied.refused("ann", where, "backlog done", thread=thread) == "Which item?"
    assert tied.refused("ann", "#app", "backlog move above", thread="t1") == "Which item?"


def test_another_item_named_in_the_thread_is_that_one(tied: Talk) -> None:
    assert title(tied.say("ann", "#app", "backlog done APP-1 APP-2", thread="t1")) == "APP-1 and APP-2: done"
    assert "APP-2 Thing 2: ann commented" in tied.done("ann", "#app", "backlog comment APP-2 Well", thread="t1")


def test_a_thread_is_tied_to_one_item_until_it_is_untied(tied: Talk) -> None:
    again = tied.say("bob", "#app", "link APP-4 here", thread="t1")
    assert (again.seen_by, title(again)) == ("you", "This thread is tied to APP-4 already; nothing was changed.")
    assert "Thread: #app" in tied.done("bob", "#app", "backlog show APP-4")
    assert title(tied.say("bob", "#app", "link APP-2", thread="t1")) == (
        "This thread is tied to APP-2 Thing 2 · new, no longer to APP-4"
    )
    assert title(tied.say("bob", "#app", "unlink", thread="t1")) == "This thread is no longer tied to APP-2"
    assert tied.refused("bob", "#app", "backlog done", thread="t1") == "Which item?"
    tied.done("bob", "#app", "undo")
    assert title(tied.say("bob", "#app", "backlog done", thread="t1")) == "APP-2 Thing 2: done"


def test_an_item_is_untied_from_all_its_threads_by_its_name(tied: Talk) -> None:
    tied.done("ann", "#app", "link APP-4", thread="t2")
    assert tied.refused("ann", "#app", "unlink").startswith("This is no thread that is tied")
    tied.done("ann", "#app", "unlink APP-4")
    for thread in ("t1", "t2"):
        assert tied.refused("bob", "#app", "backlog done", thread=thread) == "Which item?"


# ---- comments ----


def test_what_is_said_in_the_thread_is_a_comment_of_the_item(tied: Talk) -> None:
    said = tied.say("bob", "#app", "The bank needs semicolons, points=3 or not", thread="t1")
    assert (said.seen_by, title(said)) == ("you", "Kept as a comment of APP-4 Thing 4")
    assert "“The bank needs semicolons, points=3 or not” — bob" in tied.done("ann", "#app", "backlog show APP-4")
    assert told(tied) == []  # it stands there already
    tied.done("bob", "#app", "undo")
    assert "semicolons" not in tied.done("ann", "#app", "backlog show APP-4")


@pytest.mark.parametrize("line", ["backlog dnoe APP-4", "bakclog done", "unod", "standing", "help xyzzy"])
def test_a_mistyped_command_is_no_comment(tied: Talk, line: str) -> None:
    before = read(tied.say("ann", "#app", "backlog show APP-4"))
    tied.say("bob", "#app", line, thread="t1")
    if line != "standing":
        assert read(tied.say("ann", "#app", "backlog show APP-4")) == before


def test_elsewhere_what_is_no_command_is_no_comment(tied: Talk) -> None:
    before = read(tied.say("ann", "#app", "backlog show APP-4"))
    for more in ({"thread": "t2"}, {}):
        assert "Nothing has been kept yet." in tied.done("bob", "#app", "The bank needs semicolons", **more)
        assert tied.refused("bob", "#app", "semicolons, semicolons", **more).startswith("I do not know")
    assert read(tied.say("ann", "#app", "backlog show APP-4")) == before


def test_a_viewer_writes_no_comment_in_a_tied_thread(tied: Talk) -> None:
    tied.done("ann", "#app", "team role @vi viewer")
    assert "Only members" in tied.refused("vi", "#app", "The bank needs semicolons", thread="t1")


def test_a_comment_that_is_written_elsewhere_is_told_in_the_thread(tied: Talk) -> None:
    tied.done("bob", "@", "backlog comment APP-4 The bank needs <!channel> *semicolons*")
    [(to, thread, _, text)] = told(tied)
    assert (to, thread) == ("#app", "t1")
    assert text == "APP-4: bob commented\n“The bank needs <!channel> *semicolons*”"
    tied.done("bob", "@", "backlog comment APP-2 Not this one")
    assert told(tied) == []


# ---- states ----


def test_changes_of_state_are_one_line_that_is_kept_up_to_date(tied: Talk) -> None:
    tied.done("bob", "#app", "backlog start APP-4")
    [(_, thread, key, text)] = told(tied)
    assert (thread, text) == ("t1", "APP-4 Thing 4 · doing")
    tied.done("bob", "#app", "backlog assign APP-4 me")
    tied.done("bob", "#app", "backlog edit APP-4 points=3")  # no state
    assert [(one[2], one[3]) for one in told(tied)] == [(key, "APP-4 Thing 4 · doing · bob")]
    tied.done("bob", "#app", "backlog done", thread="t1")  # said in the thread: the line follows all the same
    assert [(one[2], one[3]) for one in told(tied)] == [(key, "APP-4 Thing 4 · done · bob")]
    tied.done("bob", "#app", "undo")
    assert [(one[2], one[3]) for one in told(tied)] == [(key, "APP-4 Thing 4 · doing · bob")]
    tied.done("bob", "#app", "unlink", thread="t1")
    tied.done("bob", "#app", "backlog done APP-4")
    assert told(tied) == []


def test_what_is_said_in_the_thread_itself_posts_no_line(tied: Talk) -> None:
    tied.done("bob", "#app", "backlog start", thread="t1")
    assert told(tied) == []


def test_several_threads_of_one_item_are_each_told(tied: Talk) -> None:
    tied.done("ann", "#app", "link APP-4", thread="t2")
    tied.done("bob", "#app", "backlog start", thread="t1")
    assert [one[1] for one in told(tied)] == ["t2"]


def test_a_page_is_linked_by_its_address(staged: Talk) -> None:
    assert staged.done("bob", "#app", "link APP-1 https://example.com/a?b=1") == (
        "APP-1 Thing 1: linked to https://example.com/a?b=1"
    )
    assert "https://example.com/a?b=1" in staged.done("bob", "#app", "backlog show APP-1")
    assert staged.done("bob", "#app", "unlink APP-1") == "APP-1 is no longer linked"
    assert "example.com" not in staged.done("bob", "#app", "backlog show APP-1")
    staged.done("bob", "#app", "undo 2")
    assert "example.com" not in staged.done("bob", "#app", "backlog show APP-1")


def test_an_item_with_a_thread_can_be_taken_back_with_it(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog add One more")
    staged.done("ann", "#app", "link APP-9", thread="t1")
    staged.done("ann", "#app", "undo 2")
    assert staged.refused("ann", "#app", "backlog show APP-9") == "APP-9 is not in Acme app."


def test_threads_of_two_companies_have_nothing_to_do_with_each_other(database: Database) -> None:
    one, other = slack_team(database, "T1"), slack_team(database, "T2")
    for talk in (one, other):
        talk.done("ann", "#app", "setup Acme key=APP")
        talk.done("ann", "#app", "backlog add First")
        talk.done("ann", "#app", "backlog add Second")
    one.done("ann", "#app", "link APP-1", thread="t1")
    other.done("ann", "#app", "link APP-2", thread="t1")
    assert title(one.say("ann", "#app", "backlog show", thread="t1")) == "APP-1 First"
    assert title(other.say("ann", "#app", "backlog show", thread="t1")) == "APP-2 Second"

"""The daily work, as it reads: adding, listing, order, changing, taking back."""

from datetime import timedelta

import pytest

from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, count_of, keys, lines, read, title
from tests.databases import NOW


@pytest.fixture
def three(talk: Talk) -> Talk:
    """APP-1 Alpha, APP-2 Beta, APP-3 Gamma, all by ann."""
    for name in ("Alpha", "Beta", "Gamma"):
        talk.done("ann", "#app", f"backlog add {name}")
    return talk


def order(talk: Talk, what: str = "backlog list") -> list[str]:
    return keys(talk.say("ann", "#app", what))


# ---- setting up and adding ----


def test_set_up_says_what_stands_and_what_comes_next(terminal: Talk) -> None:
    reply = terminal.say("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin po=@pia')
    assert title(reply) == "Acme app is set up in #app · items are called APP-1, APP-2 …"
    assert "Acme app, owner pia, manager ann" in read(reply)
    assert {"Write it", "Paste", "Import", "Example", "Start tomorrow", "Propose"} <= {b.label for b in buttons(reply)}
    assert reply.seen_by == "place"


def test_what_was_done_is_ticked_in_the_next_set_up(talk: Talk) -> None:
    talk.done("ann", "#app", "product vision Every bookkeeper closes the month in a day")
    talk.done("ann", "#app", "backlog add First")
    marks = {row.text: row.key for row in lines(talk.say("ann", "#app", "setup tz=UTC"))}
    assert {name for name, mark in marks.items() if mark == "✓"} == {"Product", "Vision", "Backlog"}
    assert marks["Stand-up"] == marks["Sprint"] == "○"


def test_a_channel_named_in_the_set_up_is_the_one_that_is_told_of(terminal: Talk) -> None:
    said = terminal.done("ann", "#here", 'setup "Acme app" key=APP channel=#shop')
    assert "is set up in #shop" in said
    assert "APP Acme app · #shop" in terminal.done("ann", "#here", "product list")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Export invoices as CSV type=story points=5", "APP-1 added: Export invoices as CSV · 5 pts"),
        ("Log in twice fails type=bug points=1 label=ui,api", "APP-1 added: Log in twice fails · bug · 1 pt · ui api"),
        ("“Smart quotes keep their words” label=ui", "APP-1 added: Smart quotes keep their words · ui"),
        ("Fix x=5 rows in a=b export points=0.5", "APP-1 added: Fix x=5 rows in a=b export · 0.5 pts"),
        ("Pay by SEPA assignee=me", "APP-1 added: Pay by SEPA · ann"),
        ("Pay by SEPA assignee=@carol", "APP-1 added: Pay by SEPA · carol"),
        (
            "Turn show=all and draft=3 after=all into words",
            "APP-1 added: Turn show=all and draft=3 after=all into words",
        ),
        ("Fix the lint=5 rule", "APP-1 added: Fix the lint=5 rule"),
        ("Pay -- or not --fast", "APP-1 added: Pay -- or not --fast"),
        ("points=2,5 Half", "APP-1 added: Half · 2.5 pts"),
        ("points=-0 Nothing", "APP-1 added: Nothing · 0 pts"),
    ],
)
def test_an_item_is_added_in_one_line(talk: Talk, line: str, told: str) -> None:
    reply = talk.say("ann", "#app", f"backlog add {line}")
    assert title(reply) == told
    assert reply.seen_by == "place"


def test_new_items_go_to_the_end_and_a_list_shows_the_order(three: Talk) -> None:
    reply = three.say("ann", "#app", "backlog list")
    assert (title(reply), keys(reply)) == ("Acme app · 3 items", ["APP-1", "APP-2", "APP-3"])
    assert reply.seen_by == "you"


@pytest.mark.parametrize("length", [1, 255])
def test_a_title_of_up_to_255_characters_is_kept_whole(talk: Talk, length: int) -> None:
    wanted = "é" * length
    talk.done("ann", "#app", f"backlog add {wanted}")
    assert [row.text for row in lines(talk.say("ann", "#app", "backlog list"))] == [wanted]


def test_a_title_of_256_is_refused_with_its_length_and_the_line_that_would_do(talk: Talk) -> None:
    wanted = " ".join(["word"] * 51) + " x"
    assert len(wanted) == 256
    assert talk.refused("ann", "#app", f"backlog add {wanted} points=3") == (
        "A title holds 255 characters; this one has 256."
    )
    talk.done("ann", "#app", talk.say("ann", "#app", f"backlog add {wanted} points=3").try_)
    shown = talk.done("ann", "#app", "backlog show APP-1")
    assert shown.startswith("APP-1 " + " ".join(["word"] * 51))
    assert "Points: 3" in shown
    assert "\nx\n" in shown, "the rest stands in the description"


# ---- several lines ----


def test_pasted_lines_are_shown_and_added_once_by_a_click(talk: Talk, database: Database) -> None:
    shown = talk.say(
        "ann", "#app", "backlog add points=3 label=ui\nFirst\n- *Second*\n\n  * [ ] Third thing \n4. Fourth"
    )
    assert title(shown) == "4 items · nothing has been added yet"
    assert [row.text for row in lines(shown)] == ["First", "*Second*", "Third thing", "Fourth"]
    assert shown.seen_by == "you"
    assert count_of(database, "items") == 0
    added = talk.press(shown, "Add 4 items")
    assert (title(added), added.seen_by) == ("4 items added", "place")
    assert [row.detail for row in lines(added)] == ["3 pts · ui"] * 4
    again = talk.press(shown, "Add 4 items")
    assert again.refused == "These are added already: APP-1, APP-2, APP-3 and APP-4."
    assert order(talk) == ["APP-1", "APP-2", "APP-3", "APP-4"]


def test_one_line_with_empty_ones_around_it_is_one_item(talk: Talk) -> None:
    assert talk.done("ann", "#app", "backlog add\n\nOnly this\n\n") == "APP-1 added: Only this"


def test_a_wrong_option_is_said_before_the_pasted_lines_are_shown(talk: Talk) -> None:
    assert "number" in talk.refused("ann", "#app", "backlog add A\nB points=many")


def test_too_many_and_too_long_lines_are_refused_by_their_number(talk: Talk) -> None:
    assert talk.refused("ann", "#app", "backlog add " + "\n".join(["x"] * 101)).startswith("101 lines at once")
    assert talk.refused("ann", "#app", "backlog add A\nB\n" + "x" * 256) == (
        "Line 3 has 256 characters; a title holds 255."
    )


def test_undo_takes_back_all_the_pasted_lines(talk: Talk) -> None:
    shown = talk.say("ann", "#app", "backlog add A\nB")
    talk.press(shown, "Add 2 items")
    told = talk.done("ann", "#app", "undo")
    assert "APP-1 A: removed" in told
    assert "APP-2 B: removed" in told
    assert talk.say("ann", "#app", "backlog list").card is not None
    assert "no items yet" in talk.done("ann", "#app", "backlog list")


# ---- lists ----


def test_more_leads_through_45_items_and_none_is_lost_or_doubled(talk: Talk) -> None:
    for start in (1, 24):
        pasted = "\n".join(f"Thing {n}" for n in range(start, start + (23 if start == 1 else 22)))
        shown = talk.say("ann", "#app", f"backlog add label=ui\n{pasted}")
        talk.press(shown, buttons(shown)[0].label)
    for what, narrowed in (
        ("backlog list", ""),
        ("backlog list label=ui status=new", "new · label ui · "),
        ("backlog search thing", "with “thing” · "),
    ):
        page = talk.say("bob", "#app", what)
        assert title(page) == f"Acme app · {narrowed}the first 20 items"
        found = keys(page)
        while any(button.label == "More" for button in buttons(page)):
            page = talk.press(page, "More")
            found += keys(page)
        assert found == [f"APP-{n}" for n in range(1, 46)], what
        assert title(page) == f"Acme app · {narrowed}the last 5 items"


def test_show_here_makes_the_place_see_the_same(three: Talk) -> None:
    mine = three.say("bob", "#app", "backlog list text=Alpha")
    shown = three.press(mine, "Show here")
    assert (mine.seen_by, shown.seen_by) == ("you", "place")
    assert (title(shown), lines(shown)) == (title(mine), lines(mine))
    assert "Show here" not in [button.label for button in buttons(shown)]


def test_a_private_chat_has_nothing_to_show_elsewhere(three: Talk) -> None:
    for what in ("help", "team list"):
        reply = three.say("bob", "@", what)
        assert reply.seen_by == "you"
        assert "Show here" not in [button.label for button in buttons(reply)]


NARROWED: list[tuple[str, list[str]]] = [
    ("status=doing", ["APP-2"]),
    ("status=done", ["APP-3"]),
    ("type=bug", ["APP-1"]),
    ("label=UI", ["APP-1", "APP-2"]),
    ("label=#ui", ["APP-1", "APP-2"]),
    ("label=u", []),
    ("assignee=bob", ["APP-2"]),
    ("assignee=me", []),
    ("assignee=nobody", ["APP-1"]),
    ("text=alph", ["APP-1"]),
    ('text="100%_"', ["APP-2"]),
    ("label=ui status=doing assignee=bob", ["APP-2"]),
]


def test_a_list_is_narrowed_by_what_is_given(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Alpha type=bug label=ui")
    talk.done("ann", "#app", "backlog add Beta 100%_ label=ui,api assignee=@bob")
    talk.done("ann", "#app", "backlog add Gamma")
    talk.done("ann", "#app", "backlog start 2")
    talk.done("ann", "#app", "backlog done 3")
    for narrowed, found in NARROWED:
        assert order(talk, f"backlog list {narrowed}") == found, narrowed


def test_search_finds_open_and_closed_items_in_title_and_description(three: Talk) -> None:
    three.done("ann", "#app", "backlog edit APP-2 description=Needs the Käse format")
    three.done("ann", "#app", "backlog drop APP-2")
    assert order(three, "backlog search käse") == ["APP-2"]
    assert order(three, "backlog search needs format") == ["APP-2"]
    assert "no item fits" in three.done("ann", "#app", "backlog search nowhere")


def test_an_empty_backlog_says_how_to_begin(talk: Talk) -> None:
    reply = talk.say("ann", "#app", "backlog list")
    assert title(reply) == "Acme app · no items yet"
    assert talk.press(reply, "Add an item").form is not None


def test_one_item_shows_its_fields_and_latest_comments(three: Talk) -> None:
    three.done("ann", "#app", "backlog edit APP-1 points=3 value=8 assignee=@bob label=ui description=First\nsecond")
    for n in range(7):
        three.done("bob", "#app", f"backlog comment APP-1 Word {n}", at=NOW + timedelta(minutes=n))
    reply = three.say("ann", "#app", "backlog show APP-1")
    said = read(reply)
    assert title(reply) == "APP-1 Alpha"
    for part in ("Status: new", "Points: 3", "Value: 8", "Assignee: bob", "Labels: ui", "First\nsecond", "bob, 1 Dec"):
        assert part in said
    assert "Word 6" in said
    assert "Word 1” " not in said
    assert "Older comments: history APP-1" in said
    assert "Word 0" in three.done("ann", "#app", "history APP-1")
    assert [b.label for b in buttons(reply)] == ["Start", "Done", "Edit", "Related", "Show here"]


# ---- order ----


def test_a_move_changes_the_order_and_says_where_to(three: Talk) -> None:
    assert three.done("ann", "#app", "backlog move APP-3 top") == "APP-3 Gamma: moved to the top"
    assert order(three) == ["APP-3", "APP-1", "APP-2"]
    assert three.done("ann", "#app", "backlog move APP-3 below 1") == "APP-3 Gamma: moved below APP-1 Alpha"
    assert order(three) == ["APP-1", "APP-3", "APP-2"]
    assert three.done("ann", "#app", "backlog move 2, 3 above app-1").startswith("APP-2 and APP-3: moved above")
    assert order(three) == ["APP-2", "APP-3", "APP-1"]
    three.done("ann", "#app", "backlog move APP-2 bottom")
    assert order(three) == ["APP-3", "APP-1", "APP-2"]


@pytest.mark.parametrize("what", ["APP-1 above APP-1", "APP-1 APP-2 above APP-1", "1 below app-1"])
def test_nothing_moves_beside_itself(three: Talk, what: str) -> None:
    assert three.refused("ann", "#app", f"backlog move {what}") == "An item cannot move beside itself."


def test_the_same_item_named_twice_moves_once(three: Talk) -> None:
    three.done("ann", "#app", "backlog move APP-3 app-3 3 above APP-1")
    assert order(three) == ["APP-3", "APP-1", "APP-2"]


# ---- changing ----


@pytest.mark.parametrize(
    ("change", "told", "shown"),
    [
        ("title=Better words", "APP-1 Better words: new title", "APP-1 Better words"),
        ("type=bug", "APP-1 Alpha: type bug", "Type: bug"),
        ("status=review", "APP-1 Alpha: status review", "Status: review"),
        ("points=3", "APP-1 Alpha: points 3", "Points: 3"),
        ("value=2.5", "APP-1 Alpha: value 2.5", "Value: 2.5"),
        ("label=ui,API", "APP-1 Alpha: labels ui api", "Labels: ui api"),
        ("assignee=@bob", "APP-1 Alpha: assignee bob", "Assignee: bob"),
        ("description=Now with words", "APP-1 Alpha: new description", "Now with words"),
    ],
)
def test_every_field_can_be_edited(three: Talk, change: str, told: str, shown: str) -> None:
    assert three.done("bob", "#app", f"backlog edit APP-1 {change}") == told
    assert shown in three.done("bob", "#app", "backlog show APP-1")


def test_an_edit_tells_only_of_what_changed(three: Talk) -> None:
    three.done("ann", "#app", "backlog edit APP-1 points=3 label=ui")
    assert three.done("ann", "#app", "backlog edit APP-1 points=3 label=api") == "APP-1 Alpha: labels api"
    reply = three.say("ann", "#app", "backlog edit APP-1 points=3")
    assert (title(reply), reply.seen_by) == ("APP-1 is like that already; nothing was changed.", "you")


def test_one_verb_changes_several_items_or_none(three: Talk) -> None:
    assert three.done("bob", "#app", "backlog start APP-1 2 #3").startswith("APP-1, APP-2 and APP-3: started")
    assert three.done("bob", "#app", "backlog edit 1 2 points=8").startswith("APP-1 and APP-2: points 8")
    assert three.refused("bob", "#app", "backlog done APP-1 APP-9") == "APP-9 is not in Acme app."
    assert order(three, "backlog list status=doing") == ["APP-1", "APP-2", "APP-3"]


def test_what_was_done_already_does_not_bar_the_others(three: Talk) -> None:
    three.done("bob", "#app", "backlog done APP-2")
    assert three.refused("bob", "#app", "backlog done APP-2") == "APP-2 is done already."
    said = three.done("bob", "#app", "backlog done APP-1, APP-2 and #3")
    assert said.startswith("APP-1 and APP-3: done\n")
    assert said.endswith("\nAPP-2 was done already.")
    assert three.refused("bob", "#app", "backlog done APP-3,APP-1") == "APP-3 and APP-1 are done already."


def test_an_item_goes_from_open_to_closed_and_back(three: Talk) -> None:
    assert three.done("bob", "#app", "backlog done APP-1") == "APP-1 Alpha: done"
    assert three.refused("bob", "#app", "backlog start APP-1") == "APP-1 is done and no longer open."
    assert three.done("bob", "#app", "backlog reopen APP-1") == "APP-1 Alpha: open again"
    assert three.done("bob", "#app", "backlog drop APP-1") == "APP-1 Alpha: dropped"
    assert order(three) == ["APP-2", "APP-3"]
    assert three.refused("bob", "#app", "backlog reopen APP-2") == "APP-2 is new already."
    three.done("bob", "#app", "backlog start APP-2")
    assert three.refused("bob", "#app", "backlog reopen APP-2") == "APP-2 is open already: doing."
    shown = three.say("bob", "#app", "backlog show APP-1")
    assert title(three.press(shown, "Reopen")) == "APP-1 Alpha: open again"


def test_items_are_given_to_me_to_nobody_and_to_somebody_new(three: Talk) -> None:
    assert three.done("bob", "#app", "backlog assign APP-1 me") == "APP-1 Alpha: assigned to bob"
    assert three.done("bob", "#app", "backlog assign APP-1 @New.Person") == "APP-1 Alpha: assigned to New.Person"
    assert three.done("bob", "#app", "backlog assign APP-1 nobody") == "APP-1 Alpha: assigned to nobody"
    assert three.done("bob", "#app", "backlog assign APP-2 @new.person").endswith("assigned to New.Person")


def test_a_comment_stands_under_its_item(three: Talk) -> None:
    reply = three.say("bob", "#app", "backlog comment APP-1 12 rows are missing, says @ann")
    assert read(reply) == "APP-1 Alpha: bob commented\n“12 rows are missing, says @ann”"
    assert "“12 rows are missing, says @ann” — bob, 1 Dec" in three.done("ann", "#app", "backlog show 1")


def test_an_outside_key_is_as_good_as_ours(three: Talk, database: Database) -> None:
    given = "external_key = 'ENG-7', source = 'linear', external_id = 'x'"
    Beneath(database).run(f"UPDATE items SET {given} WHERE number = 1")
    for n, reference in enumerate(["ENG-7", "eng-7", "APP-1", "app-1", "1", "#1"]):
        shown = three.done("ann", "#app", f"backlog show {reference}")
        assert shown.startswith("APP-1 Alpha")
        assert "Imported: ENG-7 from Linear" in shown
        assert three.done("ann", "#app", f"backlog edit {reference} points={n}") == f"APP-1 Alpha: points {n}"


# ---- taking back ----


def test_undo_redo_and_history_tell_it_in_words(three: Talk) -> None:
    three.done("ann", "#app", "backlog move APP-3 top")
    assert three.done("ann", "#app", "undo") == "Taken back: APP-3 back in its old place"
    assert order(three) == ["APP-1", "APP-2", "APP-3"]
    assert three.done("ann", "#app", "redo") == "Put back: APP-3 back in its old place"
    assert order(three) == ["APP-3", "APP-1", "APP-2"]
    three.done("bob", "#app", "backlog edit APP-1 points=8 assignee=me")
    assert three.done("bob", "#app", "undo") == "Taken back: APP-1 points are empty again, assignee is nobody again"
    said = three.done("ann", "#app", "history APP-1")
    assert "APP-1 points empty → 8, assignee nobody → bob · bob, 1 Dec 10:00" in said
    assert "APP-1 taken back: points 8 → empty, assignee bob → nobody · bob, 1 Dec 10:00" in said
    assert "APP-1 added: Alpha · ann, 1 Dec 10:00" in said


def test_what_somebody_changed_since_is_left_and_named(three: Talk) -> None:
    three.done("bob", "#app", "backlog edit APP-2 points=8 label=ui")
    three.done("ann", "#app", "backlog edit APP-2 points=13")
    told = three.done("bob", "#app", "undo")
    assert "APP-2 labels are empty again" in told
    assert "Left as it is: ann has changed the points of APP-2 since" in told
    assert "Points: 13" in three.done("bob", "#app", "backlog show APP-2")


def test_where_nothing_can_be_taken_back_it_says_why(three: Talk) -> None:
    three.done("bob", "#app", "backlog edit APP-2 points=8")
    three.done("ann", "#app", "backlog edit APP-2 points=13")
    why = "Nothing was taken back: ann has changed the points of APP-2 since."
    assert three.refused("bob", "#app", "undo") == why
    assert three.refused("bob", "#app", "undo 3") == why
    three.done("carol", "#app", "help")
    assert three.refused("carol", "#app", "undo") == "There is nothing of yours to undo in Acme app."
    assert three.refused("bob", "#app", "redo") == "There is nothing of yours to redo in Acme app."


def test_only_what_went_back_is_said_to_be_taken_back(three: Talk) -> None:
    three.done("bob", "#app", "backlog start APP-1")
    three.done("bob", "#app", "backlog edit APP-2 points=8")
    three.done("ann", "#app", "backlog edit APP-2 points=13")
    assert three.done("bob", "#app", "undo 2").startswith("Taken back: backlog start\n")


def test_what_somebody_changed_since_is_told_without_what_is_nobodys_news(three: Talk) -> None:
    three.done("bob", "#app", "backlog done APP-2")
    three.done("ann", "#app", "backlog reopen APP-2")
    why = "Nothing was taken back: ann has changed the status of APP-2 since."
    assert three.refused("bob", "#app", "undo") == why


def test_what_cannot_be_taken_back_does_not_bar_the_way_to_what_was_before_it(three: Talk) -> None:
    three.done("bob", "#app", "backlog edit APP-1 points=5")
    three.done("bob", "#app", "backlog edit APP-2 points=8")
    three.done("ann", "#app", "backlog edit APP-2 points=13")
    assert three.say("bob", "#app", "undo").try_ == "undo 2"
    told = three.done("bob", "#app", "undo 2")
    assert "APP-1 points are empty again" in told
    assert "Left as it is: ann has changed the points of APP-2 since" in told


def test_an_item_with_a_comment_of_somebody_else_is_not_taken_back(three: Talk) -> None:
    three.done("bob", "#app", "backlog comment APP-3 I need this")
    assert three.refused("ann", "#app", "undo") == "Nothing was taken back: bob has changed APP-3 since."
    assert three.done("bob", "#app", "undo") == "Taken back: APP-3 comment “I need this” removed"
    assert three.done("ann", "#app", "undo") == "Taken back: APP-3 Gamma: removed"
    assert three.done("ann", "#app", "redo") == "Put back: APP-3 Gamma: is back"


def test_several_are_taken_back_at_once(three: Talk) -> None:
    told = three.done("ann", "#app", "undo 3")
    assert told.splitlines() == [
        "Taken back: backlog add",
        "APP-3 Gamma: removed",
        "APP-2 Beta: removed",
        "APP-1 Alpha: removed",
    ]
    for word in ("0", "21", "many", "1.5"):
        assert three.refused("ann", "#app", f"undo {word}") == f"undo wants a number from 1 to 20, not “{word}”."


def test_set_up_and_roles_are_not_undone(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @bob sm")
    talk.done("ann", "#app", "backlog add Kept")
    talk.done("ann", "#app", "team role @bob member")
    refused = talk.say("ann", "#app", "undo")
    assert "Your last change here was team role" in refused.refused
    assert title(talk.press(refused, "Undo what was before it")) == "Taken back: APP-1 Kept: removed"


def test_each_pasted_line_has_its_own_fields(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @bob member")
    shown = talk.say("ann", "#app", "backlog add\n- Export points=5 label=ui\n- Crash type=bug assignee=@bob\n- Plain")
    assert [(row.text, row.detail) for row in lines(shown)] == [
        ("Export", "points 5, labels ui"),
        ("Crash", "type bug, assignee bob"),
        ("Plain", ""),
    ]
    added = talk.press(shown, "Add 3 items")
    assert [row.detail for row in lines(added)] == ["5 pts · ui", "bug · bob", ""]


def test_the_button_of_the_history_takes_back_my_last_change(three: Talk) -> None:
    three.done("bob", "#app", "backlog start APP-1")
    seen = three.say("bob", "#app", "history")
    assert title(three.press(seen, "Undo my last change")) == "Taken back: APP-1 status is new again"
    assert "Undo my last change" not in [b.label for b in buttons(three.say("carol", "#app", "history"))]


def test_history_begins_at_a_day(three: Talk) -> None:
    later = NOW + timedelta(days=3)
    three.done("bob", "#app", "backlog start APP-1", at=later)
    assert len(lines(three.say("bob", "#app", "history since=yesterday", at=later))) == 1
    assert title(three.say("bob", "#app", "history since=today", at=later + timedelta(days=9))).endswith(
        "no changes since 2026-12-13"
    )


# ---- vision ----


def test_the_vision_is_said_shown_and_taken_back(talk: Talk) -> None:
    said = "Every *bookkeeper* closes the month in a day"
    assert read(talk.say("ann", "#app", f"product vision {said}")) == f"Vision of Acme app\n{said}"
    assert said in talk.done("bob", "#app", "product show")
    assert talk.done("ann", "#app", "undo") == "Taken back: the product vision is empty again"


def test_a_comment_that_is_too_long_says_how_long_one_may_be_and_how_one_is_typed(talk: Talk) -> None:
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("ann", "#app", "backlog add Export")
    reply = talk.say("ann", "#app", "backlog comment APP-1 " + "a" * 100_000)
    assert reply.refused == "A comment holds 10,000 characters; this one has 100,000."
    assert reply.try_ == "backlog comment APP-1 The bank needs semicolons"

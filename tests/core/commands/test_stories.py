"""Stories in chat: what is ready, waits, accepted, rejected, split and put in order, and what of it is taken back."""

import pytest

from core.chat.card import Reply
from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, keys, lines, read, title


def statuses(database: Database) -> dict[int, str]:
    return dict(Beneath(database).run("SELECT number, status FROM items"))  # type: ignore[arg-type]


def order(talk: Talk) -> list[str]:
    return keys(talk.say("ann", "#app", "backlog list"))


# ---- epics and waits ----


def test_an_epic_shows_what_belongs_to_it_and_how_far_it_is(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog add Invoices type=epic")
    assert title(staged.say("ann", "#app", "backlog edit APP-1 APP-6 epic=APP-9")).endswith("epic APP-9")
    said = staged.done("ann", "#app", "backlog show APP-9")
    assert "Items done: 1 of 2" in said
    assert "APP-1 Thing 1 · new" in said
    assert "Epic: APP-9 Invoices" in staged.done("ann", "#app", "backlog show APP-1")
    assert title(staged.say("ann", "#app", "backlog edit APP-1 epic=none")).endswith("no epic")


def test_pasted_lines_belong_to_an_epic_and_to_nothing_else(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog add Invoices type=epic")
    shown = staged.say("ann", "#app", "backlog add One\nTwo epic=APP-9")
    staged.done("ann", "#app", "backlog edit APP-9 type=task")
    assert staged.press(shown, "Add 2 items").refused == "APP-9 is a task, not an epic."
    staged.done("ann", "#app", "backlog edit APP-9 type=epic")
    staged.press(shown, "Add 2 items")
    assert "Epic: APP-9 Invoices" in staged.done("ann", "#app", "backlog show APP-11")


def test_an_epic_that_items_belong_to_stays_one(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog add Invoices type=epic")
    staged.done("ann", "#app", "backlog edit APP-1 epic=APP-9")
    said = staged.refused("ann", "#app", "backlog edit APP-9 type=story")
    assert said == "An item belongs to APP-9, so it stays an epic."
    staged.done("ann", "#app", "backlog edit APP-1 epic=none")
    staged.done("ann", "#app", "backlog edit APP-9 type=story")


def test_what_is_no_key_is_named_as_it_was_typed(staged: Talk) -> None:
    said = staged.refused("ann", "#app", "backlog edit APP-1 epic=Invoices")
    assert said == "“Invoices” is no item of Acme app; they are called APP-1 and so on."


def test_none_empties_a_field(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-2 points=3 value=4 label=ui due=friday as=clerk")
    said = title(staged.say("ann", "#app", "backlog edit APP-2 points=none value=none label=none due=none as="))
    assert said == "APP-2 Thing 2: no points, no value, no labels, as emptied, no due date"


def test_neither_an_epic_nor_a_wait_goes_in_a_circle(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-1 APP-2 type=epic")
    staged.done("ann", "#app", "backlog edit APP-1 epic=APP-2")
    assert staged.refused("ann", "#app", "backlog edit APP-2 epic=APP-1") == "APP-2 would belong to itself."
    staged.done("ann", "#app", "backlog block APP-4 on=APP-5")
    assert staged.refused("ann", "#app", "backlog block APP-5 on=APP-3") == (
        "APP-3 waits for APP-5 already, through others; they would wait for each other."
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        ("backlog edit APP-1 epic=APP-2", "backlog edit APP-2 epic=APP-1", "be its own epic"),
        ("backlog block APP-1 on=APP-2", "backlog block APP-2 on=APP-1", "wait for itself"),
    ],
)
def test_nothing_is_put_back_into_a_circle_that_somebody_closed_meanwhile(
    staged: Talk, mine: str, theirs: str, why: str
) -> None:
    staged.done("ann", "#app", "backlog edit APP-1 APP-2 type=epic")
    staged.done("ann", "#app", mine)
    staged.done("ann", "#app", "undo")
    staged.done("bob", "#app", theirs)
    assert why in staged.refused("ann", "#app", "redo")
    staged.done("bob", "#app", "undo")
    staged.done("ann", "#app", "redo")
    assert not staged.say("bob", "#app", theirs).ok


def test_a_wait_is_said_once_and_taken_away(staged: Talk) -> None:
    again = staged.say("bob", "#app", "backlog block APP-3 on=APP-4")
    assert (again.seen_by, title(again)) == (
        "you",
        "APP-3 waits for APP-4 Thing 4 already; nothing was changed.",
    )
    staged.done("bob", "#app", "backlog done APP-4")
    assert "Waits for: APP-4 ✓ Thing 4" in staged.done("bob", "#app", "backlog show APP-3")
    assert "Holds up: APP-3 Thing 3" in staged.done("bob", "#app", "backlog show APP-4")
    assert staged.done("bob", "#app", "backlog unblock APP-3 on=APP-4") == "APP-3 Thing 3: no longer waits for APP-4"
    assert staged.done("bob", "#app", "undo") == "Taken back: APP-3 waiting for APP-4 is back"


# ---- criteria ----


def test_criteria_are_numbered_as_people_see_them(staged: Talk) -> None:
    for text in ("two", "three"):
        staged.done("bob", "#app", f"backlog criteria APP-4 add {text}")
    staged.done("bob", "#app", "backlog criteria APP-4 drop 1")
    assert staged.done("bob", "#app", "backlog criteria APP-4 check 2") == ("APP-4 Thing 4: criterion 2 checked\nthree")
    shown = staged.say("bob", "#app", "backlog show APP-4")
    assert _criteria(shown) == [("○", "1. two"), ("✓", "2. three")]
    assert "criterion 2 open again" in title(staged.press(shown, "Uncheck"))
    staged.done("bob", "#app", "undo 3")
    assert [text for _, text in _criteria(staged.say("bob", "#app", "backlog show APP-4"))] == [
        "1. Thing is there",
        "2. two",
        "3. three",
    ]


def _criteria(shown: Reply) -> list[tuple[str, str]]:
    return [(row.key, row.text) for row in lines(shown) if row.key in ("○", "✓")]


def test_a_criterion_that_is_checked_already_tells_nobody_anew(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog criteria APP-1 add It takes a second at most")
    staged.done("ann", "#app", "backlog criteria APP-1 check 1")
    again = staged.say("ann", "#app", "backlog criteria APP-1 check 1")
    assert (again.seen_by, title(again)) == ("you", "Criterion 1 of APP-1 is checked already; nothing was changed.")


def test_a_reworded_criterion_is_open_again_until_somebody_looks(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog criteria APP-4 check 1")
    staged.done("bob", "#app", "backlog criteria APP-4 reword 1 Given a thing, when I look, then it is there")
    shown = staged.say("ann", "#app", "backlog show APP-4")
    assert _criteria(shown) == [("○", "1. Given a thing, When I look, Then it is there")]
    said = staged.done("ann", "#app", "history APP-4")
    assert "APP-4 criterion “Given a thing, when I look, then it is there” checked · ann" in said
    same = staged.say("bob", "#app", "backlog criteria APP-4 reword 1 Given a thing, when I look, then it is there")
    assert (same.seen_by, title(same)) == ("you", "APP-4 is like that already; nothing was changed.")
    assert staged.done("bob", "#app", "undo").startswith("Taken back: APP-4 criterion “Given a thing")


# ---- ready ----


def test_each_finding_carries_what_mends_it(staged: Talk) -> None:
    staged.done("bob", "#app", "backlog edit APP-3 title=Search and filter things (all)")
    staged.done("bob", "#app", "backlog criteria APP-3 add It is fast")
    found = staged.say("bob", "#app", "backlog ready APP-3")
    assert title(found) == "APP-3 Search and filter things (all) · not ready: 3 to settle, 4 to consider"
    mends = {row.text.split(":")[0]: [button.say for button in row.buttons] for row in lines(found)}
    assert mends == {
        "No estimate": ["backlog poker APP-3", *(f"backlog edit APP-3 points={n}" for n in (3, 5, 8))],
        "Criterion 1 cannot be tested": ["backlog criteria APP-3 reword 1"],
        "It waits for APP-4": ["backlog show APP-4"],
        "“and” joins two wishes (Search, filter)": ["backlog split APP-3"],
        "The title carries an aside, “(all)”": ["backlog edit APP-3"],
        "It does not say who wants it": ["backlog edit APP-3"],
        "It does not say why": ["backlog edit APP-3"],
    }
    for button in buttons(found):
        assert staged.press(found, button.label).ok, button


def test_a_story_becomes_ready_by_what_its_findings_offer(staged: Talk) -> None:
    first = staged.say("ann", "#app", "backlog ready APP-3")
    staged.press(first, "5")
    staged.fill(staged.press(first, "Add one"), "ann", "#app", {"new-text": "It has a row for each"})
    staged.fill(
        staged.press(first, "Say who"), "ann", "#app", {"as": "a clerk", "want": "to see it", "so": "I can pay"}
    )
    staged.done("ann", "#app", "backlog done APP-4")
    assert read(staged.say("ann", "#app", "backlog ready APP-3")).splitlines()[:2] == [
        "APP-3 Thing 3 · ready",
        "✓ says who and why · ✓ 1 criterion · ✓ 5 pts · ✓ nothing blocks it",
    ]


# ---- accept, reject ----


def test_unchecked_criteria_are_shown_before_accepting_and_need_a_reason(staged: Talk, database: Database) -> None:
    staged.done("bob", "#app", "backlog done APP-4")
    refused = staged.say("ann", "#app", "backlog accept APP-4")
    assert refused.refused == "1 criterion is not checked. Check it, or say because=."
    assert [row.text for row in lines(refused)] == ["1. Thing is there"]
    assert statuses(database)[4] == "done"
    assert staged.done("ann", "#app", "backlog accept APP-4 because=it will do") == (
        "APP-4 Thing 4: accepted because it will do"
    )
    assert "Accepted because it will do" in staged.done("ann", "#app", "backlog show APP-4")
    staged.done("ann", "#app", "undo")
    assert statuses(database)[4] == "done"
    assert "it will do" not in staged.done("ann", "#app", "backlog show APP-4")
    staged.press(refused, "Check")
    assert staged.done("ann", "#app", "backlog accept APP-4") == "APP-4 Thing 4: accepted"
    assert staged.refused("ann", "#app", "backlog accept APP-4") == "APP-4 is accepted already."


def test_an_open_assumption_is_shown_before_accepting(staged: Talk) -> None:
    staged.done("bob", "#app", "question add What is the largest file? on=APP-6")
    number = keys(staged.say("ann", "#app", "question list"))[-1]
    staged.done("bob", "#app", f"question assume {number} One gigabyte at most")
    refused = staged.say("ann", "#app", "backlog accept APP-6")
    assert refused.refused == "1 assumption is open. Check it, or say because=."
    assert [(row.key, row.detail) for row in lines(refused)] == [(number, "assumed: One gigabyte at most")]
    staged.done("ann", "#app", f"question answer {number} Two gigabytes")
    assert staged.done("ann", "#app", "backlog accept APP-6") == "APP-6 Thing 6: accepted"


def test_a_rejected_item_is_worked_on_again_with_the_reason_at_it(staged: Talk, database: Database) -> None:
    said = staged.done("ann", "#app", "backlog reject APP-6 because=the export is empty")
    assert said == "APP-6 Thing 6: rejected because the export is empty\nIt is in doing again; nobody has it."
    assert statuses(database)[6] == "doing"
    assert "“Rejected because the export is empty”" in staged.done("bob", "#app", "history APP-6")
    assert order(staged) == [f"APP-{n}" for n in range(1, 9)]
    staged.done("ann", "#app", "undo")
    assert statuses(database)[6] == "done"
    assert order(staged) == [f"APP-{n}" for n in range(1, 9) if n != 6]


def test_a_long_reason_stands_below_the_line(staged: Talk) -> None:
    reply = staged.say("ann", "#app", "backlog reject APP-6 because=" + "x y " * 50)
    assert title(reply) == "APP-6 Thing 6: rejected"
    assert "x y x y" in read(reply)


# ---- split ----


def test_the_parts_take_the_place_of_what_was_split(staged: Talk, database: Database) -> None:
    staged.done("bob", "#app", 'backlog split APP-4 "Four a" “Four b”')
    assert order(staged) == [f"APP-{n}" for n in (1, 2, 3, 9, 10, 5, 7, 8)]
    assert statuses(database)[4] == "dropped"
    assert "Labels: thing" in staged.done("bob", "#app", "backlog show APP-9")
    assert "Waits for: APP-4 ✓ Thing 4, APP-9 Four a, APP-10 Four b" in staged.done("bob", "#app", "backlog show APP-3")
    staged.done("bob", "#app", "undo")
    assert order(staged) == [f"APP-{n}" for n in (1, 2, 3, 4, 5, 7, 8)]
    assert "Waits for: APP-4 Thing 4\n" in staged.done("bob", "#app", "backlog show APP-3")
    assert staged.refused("bob", "#app", "backlog show APP-9") == "APP-9 is not in Acme app."
    staged.done("bob", "#app", "redo")
    assert order(staged) == [f"APP-{n}" for n in (1, 2, 3, 9, 10, 5, 7, 8)]


def test_a_split_epic_stays_and_has_its_parts(staged: Talk) -> None:
    staged.done("bob", "#app", "backlog edit APP-2 type=epic")
    staged.done("bob", "#app", 'backlog split APP-2 "Two a" "Two b"')
    assert order(staged)[:4] == ["APP-1", "APP-2", "APP-9", "APP-10"]
    assert "Items done: 0 of 2" in staged.done("bob", "#app", "backlog show APP-2")
    assert "Type: story" in staged.done("bob", "#app", "backlog show APP-9")


def test_an_undo_of_a_split_names_each_part_once_and_no_wait_for_what_is_gone(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog block APP-1 on=APP-2")
    staged.done("ann", "#app", 'backlog split APP-2 "One" "Two"')
    said = staged.done("ann", "#app", "undo")
    assert said.splitlines()[1:] == ["APP-2 status is new again", "APP-10 Two: removed", "APP-9 One: removed"]


def test_an_undo_of_a_split_keeps_the_part_that_somebody_worked_on(staged: Talk) -> None:
    staged.done("ann", "#app", 'backlog split APP-2 "Two a" "Two b"')
    staged.done("bob", "#app", "backlog start APP-9")
    said = staged.done("ann", "#app", "undo")
    assert "bob has changed APP-9 since" in said
    assert order(staged) == [f"APP-{n}" for n in (1, 2, 9, 3, 4, 5, 7, 8)]


# ---- score and rank ----


@pytest.fixture
def scored(staged: Talk) -> Talk:
    """APP-8 scores 25 by RICE, APP-5 100, APP-3 9."""
    staged.done("ann", "#app", "backlog score APP-5 reach=200 impact=1 confidence=50 effort=1")
    staged.done("ann", "#app", "backlog score APP-3 reach=9 impact=1 confidence=100 effort=1")
    return staged


def test_a_score_says_how_it_came_about_or_what_it_still_wants(staged: Talk) -> None:
    for line, said in (
        ("reach=500 impact=2", "reach 500, impact 2; RICE still wants confidence= and effort="),
        ("confidence=80", "confidence 80; RICE still wants effort="),
        ("effort=4", "RICE 200 = 500 × 2 × 80 % / 4"),
        ("value=8 urgency=5 risk=3", "WSJF 4 = (8 + 5 + 3) / 4"),
        ("effort=2", "RICE 400 = 500 × 2 × 80 % / 2, WSJF 8 = (8 + 5 + 3) / 2"),
        ("reach=", "no reach; RICE still wants reach="),
    ):
        assert staged.done("ann", "#app", f"backlog score APP-1 {line}") == f"APP-1 Thing 1: {said}"
    assert "Score: WSJF 8\n" in staged.done("ann", "#app", "backlog show APP-1")


def test_a_preview_changes_nothing_and_says_what_would_move_and_why(scored: Talk) -> None:
    before = order(scored)
    shown = scored.say("ann", "#app", "backlog rank by=rice")
    assert shown.seen_by == "you"
    assert title(shown) == "By RICE · nothing has changed yet"
    assert [(row.key, row.detail) for row in lines(shown)] == [
        ("APP-5", "5 → 1 · 100 = 200 × 1 × 50 % / 1"),
        ("APP-8", "7 → 2 · 25 = 100 × 1 × 50 % / 2"),
        ("APP-3", "stays 3 · 9 = 9 × 1 × 100 % / 1"),
    ]
    assert "4 without a score keep their order below these" in read(shown)
    assert order(scored) == before


def test_apply_does_what_was_shown_and_undo_takes_it_back(scored: Talk) -> None:
    before = order(scored)
    shown = scored.say("ann", "#app", "backlog rank by=rice")
    done = scored.press(shown, "Apply")
    assert (title(done), done.seen_by) == ("Acme app: 3 items put in order by RICE", "place")
    after = ["APP-5", "APP-8", "APP-3", "APP-1", "APP-2", "APP-4", "APP-7"]
    assert order(scored) == after
    assert title(scored.press(shown, "Apply")) == "By RICE · they stand in this order already"
    scored.done("ann", "#app", "undo")
    assert order(scored) == before
    scored.done("ann", "#app", "redo")
    assert order(scored) == after


def test_only_the_top_leaves_the_rest_where_it_is(scored: Talk) -> None:
    scored.done("ann", "#app", "backlog score APP-1 reach=1 impact=1 confidence=100 effort=1")
    few = scored.press(scored.say("ann", "#app", "backlog rank by=rice"), "Only the top 2")
    assert "2 with a lower score and 3 without a score keep their order below these" in read(few)
    assert len(lines(scored.press(few, "All 4"))) == 4
    scored.press(few, "Apply")
    assert order(scored) == ["APP-5", "APP-8", "APP-1", "APP-2", "APP-3", "APP-4", "APP-7"]


def test_what_changed_since_it_was_shown_is_not_applied_but_shown_anew(scored: Talk) -> None:
    shown = scored.say("ann", "#app", "backlog rank by=rice")
    scored.done("ann", "#app", "backlog score APP-1 reach=1000 impact=3 confidence=100 effort=1")
    before = order(scored)
    again = scored.press(shown, "Apply")
    assert title(again) == "By RICE · scores or order have changed since; nothing was applied"
    assert (order(scored), keys(again)) == (before, ["APP-1", "APP-5", "APP-8", "APP-3"])
    scored.press(again, "Apply")
    assert order(scored) == ["APP-1", "APP-5", "APP-8", "APP-3", "APP-2", "APP-4", "APP-7"]


# ---- mine, why ----


def test_mine_is_what_waits_for_each_by_their_role(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-2 assignee=@bob due=2026-11-30")
    staged.done("ann", "#app", "backlog edit APP-1 assignee=@bob due=2026-12-04 status=doing")
    mine = staged.say("bob", "#app", "mine")
    assert mine.seen_by == "you"
    assert [(row.key, row.detail) for row in lines(mine) if row.key.startswith("APP-")] == [
        ("APP-2", "new · was due 30 Nov"),
        ("APP-1", "doing · due 4 Dec"),
        ("APP-7", "new"),
    ]
    owner = staged.say("ann", "#app", "mine")
    assert "To accept" in read(owner)
    assert "On top and not ready" in read(owner)
    items = [row for row in lines(owner) if row.key.startswith("APP-")]
    assert [row.key for row in items] == ["APP-6", "APP-2", "APP-3", "APP-4", "APP-5", "APP-7"]  # APP-1 is begun
    assert items[2].detail == "no estimate, no acceptance criteria, it waits for APP-4"
    assert title(staged.press(owner, "Accept")) == "APP-6 Thing 6: accepted"
    assert title(staged.press(mine, "Done")) == "APP-1 Thing 1: done"
    staged.done("carol", "#app", "decide vote D-1 yes")
    assert title(staged.say("carol", "#app", "mine")) == "Nothing waits for you in Acme app"


def test_why_follows_the_epics_up_to_the_vision(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-1 APP-2 type=epic")
    staged.done("ann", "#app", "backlog edit APP-1 epic=APP-2")
    staged.done("ann", "#app", "backlog edit APP-8 epic=APP-1")
    assert read(staged.say("bob", "#app", "why APP-8")).splitlines()[:7] == [
        "APP-8 Thing 8",
        "So that Things shine",
        "APP-1 Thing 1 · epic",
        "APP-2 Thing 2 · epic",
        "R-1 Thing entry · roadmap · now · 0 of 1 item",
        "G-1 Thing goal · goal · 0 %",
        "Vision Thing for everybody",
    ]
    alone = staged.say("bob", "#app", "why APP-3")
    assert "It belongs to no epic, and nothing on the roadmap." in read(alone)
    named = staged.fill(staged.press(alone, "Name its epic"), "bob", "#app", {"epic": "2"})
    assert title(named) == "APP-3 Thing 3: epic APP-2"


def test_several_criteria_are_checked_at_once_or_none(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog criteria APP-3 add It takes a second")
    staged.done("ann", "#app", "backlog criteria APP-3 add It names the file")
    shown = staged.done("ann", "#app", "backlog show APP-3")
    assert "there is no number 9" in staged.refused("ann", "#app", "backlog criteria APP-3 check 1 9")
    assert staged.done("ann", "#app", "backlog show APP-3") == shown
    said = staged.done("ann", "#app", "backlog criteria APP-3 check 1 and 2")
    assert said.startswith("APP-3 Thing 3: criteria 1 and 2 checked\n"), said
    assert staged.done("ann", "#app", "backlog criteria APP-3 check 2 1") == (
        "These criteria of APP-3 are checked already; nothing was changed."
    )

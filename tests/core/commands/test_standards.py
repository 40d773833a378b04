"""What a team holds itself to, and the walk through what does not hold to it yet."""

from datetime import timedelta

from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, keys, lines, read, title
from tests.databases import NOW

# ---- definition of ready ----


def test_a_rule_is_switched_off_and_on_by_the_name_that_its_finding_bears(staged: Talk) -> None:
    found = staged.say("bob", "#app", "backlog ready APP-1")
    assert [(row.text, row.detail) for row in lines(found)] == [
        ("No estimate", "estimable"),
        ("No acceptance criteria", "criteria"),
        ("It does not say who wants it", "well-formed"),
        ("It does not say why", "valuable"),
    ]
    staged.done("ann", "#app", "team ready off estimable")
    staged.done("ann", "#app", "team ready off criteria")
    assert title(staged.say("bob", "#app", "backlog ready APP-1")) == "APP-1 Thing 1 · ready: 2 to consider"
    assert "On top and not ready" in staged.done("ann", "#app", "mine")  # APP-3 waits
    assert [key for key in keys(staged.say("ann", "#app", "mine")) if key.startswith("APP-")][1:] == ["APP-3"]
    same = staged.say("ann", "#app", "team ready off criteria")
    assert (same.seen_by, title(same)) == ("you", "The rule criteria is off already; nothing was changed.")
    shown = staged.say("ann", "#app", "team ready list")
    assert [row.detail for row in lines(shown)][:3] == ["estimable, off", "criteria, off", "testable"]
    said = title(staged.press(shown, "Switch on"))
    assert said == "Definition of ready of Acme app: estimable (it has an estimate) is asked again"
    assert "not ready: 1 to settle" in title(staged.say("bob", "#app", "backlog ready APP-1"))
    staged.done("ann", "#app", "undo")
    assert "· ready: " in title(staged.say("bob", "#app", "backlog ready APP-1"))


def test_lines_of_its_own_are_shown_with_what_a_story_lacks_and_count_for_nothing(staged: Talk) -> None:
    staged.done("ann", "#app", "team ready add The design is linked")
    said = staged.done("ann", "#app", "team ready add The bank has agreed")
    assert said == "Definition of ready of Acme app, line 2: The bank has agreed"
    found = staged.say("bob", "#app", "backlog ready APP-8")
    assert title(found) == "APP-8 Thing 8 · not ready: 2 to settle"
    assert [row.text for row in lines(found) if row.key == "○"] == ["The design is linked", "The bank has agreed"]
    assert "dropped “The design is linked”" in staged.done("ann", "#app", "team ready drop 1")
    assert "The bank has agreed" in read(staged.say("bob", "#app", "backlog ready APP-8"))
    assert not any("Drop" in button.label for button in buttons(staged.say("bob", "#app", "team ready list")))
    staged.done("ann", "#app", "undo 2")
    shown = staged.done("bob", "#app", "team ready list")
    assert "The design is linked" in shown
    assert "The bank has agreed" not in shown


def test_the_same_line_twice_is_one(staged: Talk) -> None:
    staged.done("ann", "#app", "team done add Tests pass")
    assert "That is line 1 already" in staged.done("ann", "#app", "team done add Tests  pass")


# ---- definition of done ----


def test_the_definition_of_done_is_a_reminder_when_something_is_accepted(staged: Talk) -> None:
    assert "Nothing is written yet." in staged.done("bob", "#app", "team done list")
    staged.done("ann", "#app", "team done add Release notes are written")
    staged.done("ann", "#app", "team done add Support knows")
    refused = staged.say("ann", "#app", "backlog accept APP-4")
    assert "Done means: Release notes are written · Support knows" in read(refused)
    form = staged.press(refused, "Accept all the same …")
    done = staged.fill(form, "ann", "#app", {"because": "it will do"})
    assert read(done) == (
        "APP-4 Thing 4: accepted because it will do\nDone means: Release notes are written · Support knows"
    )
    assert "Done means: " in staged.done("ann", "#app", "backlog accept APP-6")


# ---- tags ----


def test_a_tag_is_seen_where_people_are_listed(staged: Talk) -> None:
    assert staged.done("ann", "#app", "team tag @bob Marketing, design") == (
        "bob is tagged marketing and design in Acme app"
    )
    assert "bob · member · marketing design" in staged.done("ann", "#app", "team list")
    staged.done("ann", "#app", "team tag @bob none")
    assert "marketing" not in staged.done("ann", "#app", "team list")
    staged.done("ann", "#app", "undo")
    assert "marketing" in staged.done("ann", "#app", "team list")


# ---- from one to the next ----


def test_the_next_item_that_is_not_ready_is_found_from_any_other(staged: Talk) -> None:
    staged.done("ann", "#app", "team ready off criteria")
    staged.done("ann", "#app", "backlog edit APP-2 APP-3 points=2")
    first = staged.say("bob", "#app", "backlog ready APP-1")
    second = staged.press(first, "Next not-ready item")
    assert title(second) == "APP-3 Thing 3 · not ready: 1 to settle, 2 to consider"  # APP-2 is ready, APP-3 waits
    assert [button.label for button in lines(second)[0].buttons] == ["Show APP-4"]
    last = staged.say("bob", "#app", "backlog ready APP-8 next=yes")
    assert title(last) == "Nothing below APP-8 lacks anything that is to settle"


def test_refining_goes_from_card_to_card_and_comes_to_an_end(staged: Talk) -> None:
    first = staged.say("ann", "#app", "backlog refine 2")
    assert first.seen_by == "you"
    assert title(first) == "Refining 1 of 2 · APP-1 Thing 1 · not ready: 2 to settle, 2 to consider"
    staged.press(first, "5")
    second = staged.press(first, "Skip")
    assert title(second).startswith("Refining 1 of 2 · APP-2")
    third = staged.press(second, "Next")
    assert title(third).startswith("Refining 2 of 2 · APP-3")
    end = staged.press(third, "Next")
    assert title(end) == "Refined 2 items: 0 ready"
    assert [(row.key, row.detail) for row in lines(end)] == [
        ("APP-2", "not ready: 2 to settle, 2 to consider"),
        ("APP-3", "not ready: 3 to settle, 2 to consider"),
    ]
    assert "Skipped: APP-1" in read(end)
    again = staged.press(end, "Go on")
    assert title(again).startswith("Refining 1 of 5 · APP-1")


def test_what_was_mended_counts_as_ready_at_the_end(staged: Talk) -> None:
    first = staged.say("ann", "#app", "backlog refine 3")
    staged.press(first, "3")
    staged.done("bob", "#app", "backlog criteria APP-1 add It has a row for each")
    assert title(staged.say("ann", "#app", "backlog refine")) == (
        "Refining 1 of 3 · APP-1 Thing 1 · ready: 2 to consider"
    )
    end = staged.press(first, "Stop")
    assert title(end) == "Refined 1 item: 1 ready"
    assert title(staged.say("ann", "#app", "backlog refine")).startswith("Refining 1 of 5 · APP-2")


def test_a_walk_goes_on_after_a_restart_and_a_second_click_moves_nothing(staged: Talk, database: Database) -> None:
    first = staged.say("ann", "#app", "backlog refine 3")
    second = staged.press(first, "Next")
    assert title(staged.press(first, "Next")) == title(second)
    later = Talk(database)
    assert title(later.say("ann", "#app", "backlog refine")) == title(second)
    assert title(later.say("ann", "#app", "backlog refine", kept=True)) == title(second)
    tomorrow = later.say("ann", "#app", "backlog refine", at=NOW + timedelta(days=1))
    assert title(tomorrow).startswith("Refining 1 of 5 · APP-1")


def test_two_people_refine_each_for_themselves(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @bob sm")
    staged.press(staged.say("ann", "#app", "backlog refine"), "Next")
    assert title(staged.say("bob", "#app", "backlog refine")).startswith("Refining 1 of 5 · APP-1")


def test_where_all_is_ready_there_is_nothing_to_refine(staged: Talk) -> None:
    staged.done("ann", "#app", "team ready off criteria")
    staged.done("ann", "#app", "team ready off independent")
    staged.done("ann", "#app", "team ready off estimable")
    assert title(staged.say("ann", "#app", "backlog refine")) == ("Nothing at the top is short of anything to settle")

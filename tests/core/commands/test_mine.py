"""`mine`: what waits for each, wherever they ask, with the ways to settle it; who is asked answers, member or not."""

import pytest

from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, keys, lines, read, slack_team, title


@pytest.fixture
def two(talk: Talk) -> Talk:
    """Two products in their channels; bob is a member of both, vi of none."""
    talk.done("ann", "#ops", 'product new "Back office" key=OPS')
    talk.done("ann", "#ops", "product use OPS")
    talk.done("bob", "#ops", "help")
    talk.done("vi", "@", "help")
    talk.done("ann", "#app", "team role @vi viewer")
    talk.done("ann", "#app", "backlog add CSV export assignee=@bob")
    talk.done("ann", "#ops", "backlog add Pay salaries assignee=@bob")
    return talk


def labels(talk: Talk, who: str, where: str) -> set[str]:
    return {button.label for button in buttons(talk.say(who, where, "mine"))}


# ---- choices ----


def test_a_vote_and_a_question_are_settled_from_where_they_wait(talk: Talk) -> None:
    talk.done("bob", "#app", 'decide open Which separator? options="comma|semicolon"')
    talk.done("bob", "#app", "backlog add CSV export")
    talk.done("bob", "#app", "question add Does it include archived projects? on=APP-1")
    talk.done("bob", "#app", "question assume Q-1 They are left out")
    waits = talk.say("ann", "#app", "mine")
    assert {"comma", "semicolon", "Right: make it a criterion", "Right", "No, …"} <= {b.label for b in buttons(waits)}
    assert "votes for semicolon" in read(talk.press(waits, "semicolon"))
    assert talk.press(waits, "Right: make it a criterion").ok
    after = read(talk.say("ann", "#app", "mine"))
    assert "separator" not in after
    assert "archived" not in after


def test_many_options_are_shown_by_one_button(talk: Talk) -> None:
    talk.done("bob", "#app", 'decide open Which colour? options="a|b|c|d|e"')
    assert "Vote" in labels(talk, "ann", "#app")


# ---- viewers, and those who were asked ----


def test_a_viewer_has_what_they_were_asked_and_nothing_of_the_team(two: Talk) -> None:
    two.done("ann", "#app", "feedback ask What would you change? to=@vi by=friday about=APP-1")
    two.done("ann", "#app", 'decide open Is the bank ready? options="yes|no"')
    waits = two.say("vi", "#app", "mine")
    assert title(waits) == "Acme app · what waits for you"
    assert [row.text for row in lines(waits)] == ["What would you change?"]
    assert "bank" not in read(waits)
    form = two.press(waits, "Answer")
    two.fill(form, "vi", "#app", {"text": "Nothing is found by its number"})
    assert "Nothing waits for you" in two.done("vi", "#app", "mine")
    assert labels(two, "vi", "#app") == {"Ask", "Concern", "Follow", "Less often", "Show here"}


@pytest.mark.parametrize("guest", [False, True])
def test_who_is_asked_answers_without_being_a_member_of_anything(two: Talk, guest: bool) -> None:
    two.done("gil", "@", "help", guest=guest)
    two.done("ann", "#app", "feedback ask What would you change? to=@gil")
    [(asked,)] = Beneath(two.database).run("SELECT id FROM feedback_requests")
    form = two.say("gil", "@", f"feedback add answer-to={asked}", guest=guest)
    assert form.form is not None, read(form)
    saved = two.say("gil", "@", form.form.submit, values={"text": "The search is slow"}, guest=guest)
    assert saved.ok, saved.refused
    assert "The search is slow" in two.done("ann", "#app", "feedback list")
    if guest:
        refused = two.refused("gil", "@", "feedback add It is too dear", guest=True)
        assert refused.startswith("Guests see only what is public")


# ---- where no product is meant ----


@pytest.mark.parametrize("where", ["@", "#random"])
def test_among_several_products_each_says_what_waits(two: Talk, where: str) -> None:
    waits = two.say("bob", where, "mine")
    assert title(waits) == "What waits for you"
    assert waits.seen_by == "you"
    assert keys(waits) == ["APP-1", "OPS-1"]
    turns = {button.label for button in buttons(waits)} - {"Show here"}
    if where == "@":
        assert turns == {"Start", "Work on APP here", "Work on OPS here"}
        two.press(waits, "Work on OPS here")
        assert title(two.press(two.say("bob", "@", "mine"), "Start")) == "OPS-1 Pay salaries: started"
    else:
        assert turns == set()  # a button there would not know where


def test_who_has_nothing_anywhere_hears_so(two: Talk) -> None:
    assert two.done("vi", "@", "mine") == "Nothing waits for you"


def test_before_anything_is_set_up_it_says_how_to_begin(database: Database) -> None:
    team = slack_team(database, "T1")
    assert team.say("ann", "#app", "mine").refused == "No product is set up yet."

"""Which product a place is about: one product is everywhere, of several the place says which, or is asked."""

import pytest

from core.store.database import Database
from tests.core.commands.spoken import stage
from tests.core.commands.talk import Talk, buttons, keys, lines, read, slack_team, title


@pytest.fixture
def two(staged: Talk) -> Talk:
    """Acme app in #app and Other app in #other, where omar is its manager; bob is a member of both."""
    staged.done("ann", "#other", 'product new "Other app" key=OTH')
    staged.done("ann", "#other", "product use OTH")
    staged.done("ann", "#other", "team role @omar pm")
    staged.done("bob", "#other", "backlog add Different")
    return staged


@pytest.fixture
def slack(database: Database) -> Talk:
    """The same two products in Slack; vi has not written anywhere yet."""
    talk = slack_team(database, "T1")
    stage(talk)
    talk.done("ann", "#other", 'product new "Other app" key=OTH')
    talk.done("ann", "#other", "product use OTH")
    talk.done("ann", "#other", "team role @Uomar pm")
    talk.done("bob", "#other", "backlog add Different")
    return talk


def test_a_single_product_is_meant_everywhere(staged: Talk) -> None:
    for place in ("#app", "#random", "@"):
        assert title(staged.say("bob", place, "backlog list")) == "Acme app · 7 items"


def test_before_the_set_up_every_command_says_how_to_begin(terminal: Talk) -> None:
    reads = ("backlog list", "history", "team list", "product show", "product list")
    works = ("backlog add X", "undo", "team role @bob po", "product use APP", "product new X", "product vision X")
    for line in (*reads, *works, "backlog move APP-1 top"):
        assert terminal.say("ann", "#app", line).refused == "No product is set up yet.", line
    reply = terminal.say("ann", "#app", "backlog add X")
    assert "is set up in #app" in terminal.done("ann", "#app", reply.try_)


def test_each_place_has_its_own_product(two: Talk) -> None:
    assert keys(two.say("bob", "#other", "backlog list")) == ["OTH-1"]
    assert "OTH-1" not in two.done("bob", "#app", "backlog list")
    elsewhere = two.say("bob", "#app", "backlog show OTH-1").refused
    assert elsewhere == "OTH-1 is of Other app; this place is about Acme app."
    assert [(row.key, row.detail) for row in lines(two.say("bob", "#app", "product list"))] == [
        ("APP", "#app"),
        ("OTH", "#other"),
    ]


def test_a_place_without_one_asks_which_and_a_click_answers(two: Talk) -> None:
    said = ("backlog add X", "backlog list", "undo", "history", "team list", "product show", "backlog move APP-1 top")
    for n, line in enumerate(said):
        reply = two.say("ann", f"#random{n}", line)
        assert reply.refused == "This place has no product yet; there are APP and OTH.", line
        assert title(reply) == "Which product is this place about?"
        assert [button.label for button in buttons(reply)] == ["APP Acme app", "OTH Other app"]
        chosen = two.press(reply, "OTH Other app")
        assert title(chosen) == f"#random{n} is about Other app now · items are called OTH-1, OTH-2 …"
        assert "Other app" in two.done("ann", f"#random{n}", "product show")


def test_what_may_be_chosen_is_offered_only_to_who_may_choose_it(two: Talk) -> None:
    assert [button.label for button in buttons(two.say("omar", "#random", "backlog add X"))] == ["OTH Other app"]
    reply = two.say("bob", "#random", "backlog add X")
    assert reply.refused == "This place has no product yet; there are APP and OTH. A product manager can choose one."
    assert buttons(reply) == []
    assert two.say("bob", "#random", reply.try_).ok


def test_everybody_chooses_for_their_own_chat(two: Talk) -> None:
    reply = two.say("bob", "@", "backlog list")
    assert title(two.press(reply, "OTH Other app")).startswith("This place is about Other app now")
    assert keys(two.say("bob", "@", "backlog list")) == ["OTH-1"]
    assert not two.say("ann", "@", "backlog list").ok, "another's private chat is another place"


def test_a_channel_is_turned_over_by_a_manager_of_either_product_or_an_admin(two: Talk) -> None:
    why = "Only the product manager of Other app or an admin may do that."
    assert two.refused("bob", "#app", "product use OTH") == why
    two.done("omar", "#random", "product use OTH")
    assert two.refused("omar", "#random2", "product use APP").startswith("Only the product manager of Acme app")
    two.done("ann", "#random", "product use APP")
    assert title(two.say("bob", "#random", "backlog list")) == "Acme app · 7 items"


def test_roles_count_in_their_product_only(two: Talk) -> None:
    two.done("omar", "#other", "product vision For others")
    two.done("omar", "#app", "help")
    assert two.refused("omar", "#app", "product vision For all") == "Only the product manager, ann, may do that."


def test_undo_and_history_stay_within_the_product(two: Talk) -> None:
    two.done("bob", "#app", "backlog start APP-1")
    assert two.done("bob", "#other", "undo") == "Taken back: OTH-1 Different: removed"
    assert "nothing of yours" in two.refused("bob", "#other", "undo")
    said = two.done("bob", "#app", "history")
    assert "APP-1 status new → doing" in said
    assert "Different" not in said
    assert "APP-" not in two.done("bob", "#other", "history")
    assert two.done("bob", "#app", "undo") == "Taken back: APP-1 status is new again"


def test_pasted_lines_go_to_the_product_where_they_were_shown(two: Talk) -> None:
    shown = two.say("bob", "#app", "backlog add A\nB")
    line = buttons(shown)[0].say
    assert two.refused("bob", "#other", line) == "I no longer have these lines. Paste them once more."
    assert title(two.say("bob", "#app", line)) == "2 items added"


def test_in_slack_a_member_of_one_product_is_asked_which(slack: Talk) -> None:
    slack.done("vi", "#app", "backlog list")
    reply = slack.say("vi", "@", "backlog add From my chat")
    assert title(reply) == "Which product is this place about?"
    slack.press(reply, "APP Acme app")
    assert slack.done("vi", "@", "backlog add From my chat") == "APP-9 added: From my chat"
    said = slack.say("vi", "#random", "backlog add X").refused
    assert said == "This place has no product yet; there are APP and OTH. A product manager can choose one."


def test_in_slack_somebody_from_outside_is_no_member_of_any(slack: Talk) -> None:
    for place in ("#random", "@"):
        assert slack.say("vi", place, "backlog list").refused.startswith("Only members of this product")
        assert "Other app" in slack.done("vi", place, "product list")
    assert slack.refused("vi", "#random", "product use OTH").startswith("Only the product manager of Other app")


def test_in_slack_somebody_from_outside_chooses_what_their_own_chat_is_about(slack: Talk) -> None:
    slack.done("omar", "#other", "product vision Banks send files without calling")
    chosen = slack.press(slack.say("vi", "@", "product show"), "OTH Other app")
    assert title(chosen).startswith("This place is about Other app now")
    assert "Banks send files" in slack.done("vi", "@", "product show")
    assert slack.refused("vi", "@", "backlog list").startswith("Only members of this product")


def test_in_slack_a_manager_makes_a_product_from_any_place(slack: Talk) -> None:
    made = slack.say("omar", "#random", 'product new "Third app"')
    assert "Third app is made · items are called THIR-1" in title(made)
    used = slack.press(made, "Use THIR here")
    assert title(used) == "#random is about Third app now · items are called THIR-1, THIR-2 …"
    assert "omar · product owner, product manager" in read(slack.say("omar", "#random", "team list"))


def test_keys_are_proposed_free_and_asked_for_when_wrong(staged: Talk) -> None:
    for name, key in (
        ("Acme app", "ACME"),
        ("Acme app", "ACME2"),
        ("App", "APP2"),
        ("7 up", "UP"),
        ("Ünï", "UNI"),
        ("X", "XAPP"),
        ("産品", "APP3"),
    ):
        said = staged.done("ann", "#x", f'product new "{name}"')
        assert f"items are called {key}-1" in said, said

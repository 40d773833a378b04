"""Whatever the team decides, plans and promises answers questions, with its number, and only for those it is for."""

import pytest

from tests.core.commands.talk import Talk

SAID = [
    ("product strategy First the bookkeepers of small firms", "ask What is the strategy?", "small firms", False),
    ("goal add Halve the support tickets", "ask Which goal is about support tickets?", "G-1 Halve", True),
    (
        "roadmap add Sign in by SSO horizon=next",
        "ask When is “Sign in by SSO” planned?",
        "R-1 Sign in by SSO",
        True,
    ),
    (
        "decide record Archives are read-only because=auditors demand it",
        "ask Why are archives read-only?",
        "auditors demand it",
        False,
    ),
    (
        "product price Falcon 99 per=month because=the board wants it",
        "ask What does the Falcon plan cost?",
        "Falcon costs 99",
        False,
    ),
    ("product stage growth because=40 paying teams", "ask Which stage of its life is the product in?", "growth", False),
]


@pytest.mark.parametrize(("said", "asked", "answer", "shared"), SAID)
def test_it_answers_the_team_and_only_who_it_is_for(
    talk: Talk, said: str, asked: str, answer: str, shared: bool
) -> None:
    talk.done("ann", "#app", "team role @vi viewer")
    talk.done("ann", "#app", said)
    assert answer in talk.done("bob", "#app", asked)
    assert (answer in talk.done("vi", "#app", asked)) is shared


def test_a_goal_that_is_hidden_takes_its_results_with_it(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @vi viewer")
    talk.done("ann", "#app", "goal add Fewer tickets")
    talk.done("ann", "#app", "goal result G-1 tickets a week from=41 to=25")
    asked = "ask “Fewer tickets”: how many tickets a week?"
    assert "41 to 25" in talk.done("vi", "#app", asked)
    talk.done("ann", "#app", "goal add Quiet weeks audience=team")
    talk.done("ann", "#app", "goal result G-2 calls a week from=17 to=3")
    assert "17 to 3" not in talk.done("vi", "#app", "ask “Quiet weeks”: how many calls a week?")


def test_a_decision_whose_place_was_taken_answers_no_more(talk: Talk) -> None:
    talk.done("ann", "#app", "decide record Archives are read-only because=auditors demand it")
    talk.done("ann", "#app", "decide supersede D-1 Archives may be edited by admins because=people err")
    said = talk.done("bob", "#app", "ask May archives be edited?")
    assert "edited by admins" in said
    assert "read-only" not in said

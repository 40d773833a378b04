"""What holds people up, from the first word to the last."""

from datetime import timedelta

from core.product import blockers
from tests.core.commands.talk import Talk, lines, read
from tests.databases import NOW


def test_a_blocker_is_raised_taken_and_cleared(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Export")
    said = talk.done("bob", "#app", "blocker add The bank account is locked on=APP-1 needs=@tom")
    assert said.startswith("B-1 blocks bob: The bank account is locked · on APP-1 · needs tom")
    taken = talk.done("ann", "#app", 'blocker take B-1 by="next friday"')
    assert taken.startswith("B-1 The bank account is locked: ann takes it, promised for 11 Dec")
    later = NOW + timedelta(days=2)
    row = lines(talk.say("bob", "#app", "blocker list", at=later))[0]
    assert (row.key, row.text, row.detail) == (
        "B-1",
        "The bank account is locked",
        "bob, day 3 → ann, promised for 11 Dec",
    )
    cleared = talk.done("ann", "#app", "blocker clear B-1 because=the bank called back", at=later)
    assert cleared == "B-1 The bank account is locked is cleared on day 3: the bank called back"
    assert talk.refused("bob", "#app", "blocker take B-1", at=later) == "B-1 was cleared by ann on 3 Dec."
    assert read(talk.say("bob", "#app", "blocker list")).startswith("Nothing blocks Acme app")


def test_what_nobody_has_taken_stands_first_and_then_the_oldest(talk: Talk) -> None:
    for n in range(3):
        talk.done("bob", "#app", f"blocker add Number {n}", at=NOW + timedelta(hours=n))
    talk.done("ann", "#app", "blocker take B-1")
    shown = talk.say("ann", "#app", "blocker list", at=NOW + timedelta(hours=5))
    assert [row.key for row in lines(shown)] == ["B-2", "B-3", "B-1"]
    assert [button.label for button in lines(shown)[0].buttons] == ["I'll take it", "Cleared"]


def test_a_blocker_taken_away_or_cleared_by_mistake_comes_back(talk: Talk) -> None:
    talk.done("bob", "#app", "blocker add It is locked")
    talk.done("ann", "#app", "blocker take B-1")
    talk.done("ann", "#app", "blocker clear B-1 because=done")
    assert talk.done("ann", "#app", "undo") == ("Taken back: B-1 cleared is empty again, because is empty again")
    assert lines(talk.say("ann", "#app", "blocker list"))[0].detail == "bob, new → ann"
    assert talk.done("ann", "#app", "undo") == "Taken back: B-1 owner is nobody again"
    assert talk.done("bob", "#app", "undo") == "Taken back: B-1 It is locked: removed"


def test_a_blocker_is_refused_in_words_that_help(talk: Talk) -> None:
    assert "There is no blocker B-7" in talk.refused("ann", "#app", "blocker take B-7")
    assert talk.refused("ann", "#app", "blocker clear APP-1") == "“APP-1” is no blocker."
    talk.done("bob", "#app", "blocker add It is locked")
    assert "is over" in talk.refused("ann", "#app", "blocker take B-1 by=yesterday")
    assert "holds 500 characters; this one has 501" in talk.refused("ann", "#app", "blocker add " + "x" * 501)


def test_what_an_answer_says_nothing_blocks_is_nothing() -> None:
    assert blockers.said("None.\n- \nnothing") == []
    assert blockers.said("- the key is missing\n• no one answers") == ["the key is missing", "no one answers"]

"""What is neither a command nor a question about the product gets a short word back; what sounds like something to keep
is offered to be kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.commands.answers import smalltalk
from tests.core.commands.talk import Talk, buttons, read, title

SAID = [
    ("thanks", "You are welcome."),
    ("Thank you so much!", "You are welcome."),
    ("great, thanks a lot", "You are welcome."),
    ("Hello", "Hello. Ask me anything about the product, in your own words."),
    ("Good morning everybody", "Hello. Ask me anything about the product, in your own words."),
    ("have a nice weekend!", "Thank you, and the same to you."),
    ("Good job", "Thank you, that is good to hear."),
    ("ok", "Good."),
    ("sounds good, will do", "Good."),
    ("👍", "Good."),
    (":+1:", "Good."),
    ("how are you?", "Well, thank you. What can I look up for you?"),
    ("Can you help me?", "Gladly. Ask me about the product in your own words, or see what I can do."),
    ("?", "I am here. What would you like to know?"),
    ("sorry for the noise", "Nothing to be sorry about. `undo` takes back what you changed last."),
    ("yes", "Nothing that I asked you is open just now."),
    ("please stop writing to me", "You can hear less from me, or nothing unasked at all."),
]


@pytest.mark.parametrize(("line", "back"), SAID)
@pytest.mark.parametrize("where", ["#app", "@"])
def test_it_is_answered_as_a_colleague_would(talk: Talk, line: str, back: str, where: str) -> None:
    reply = talk.say("bob", where, line)
    assert (reply.ok, reply.seen_by, title(reply)) == (True, "you", back)
    for button in buttons(reply):
        assert talk.press(reply, button.label).ok, button


@pytest.mark.parametrize("line", [said for said, _ in SAID])
def test_whoever_may_do_little_is_offered_no_more(talk: Talk, line: str) -> None:
    reply = talk.say("gus", "#app", line, guest=True)
    assert reply.ok
    for button in buttons(reply):
        assert talk.press(reply, button.label, guest=True).ok, button


@pytest.mark.parametrize(
    "line", ["This bot is so stupid", "why is everything always broken", "wtf, this sucks", "This is awful!"]
)
def test_an_angry_line_finds_somebody_who_listens(talk: Talk, line: str) -> None:
    reply = talk.say("bob", "#app", line)
    assert title(reply).startswith("I am sorry that this is annoying.")
    assert line in read(talk.press(reply, "Pass it on"))


@pytest.mark.parametrize(
    "line",
    [
        "Thanks! Where is the export?",
        "thanks, but which separator does the export use?",
        "How are you to export archived projects?",
        "Can you help me find out which separator is used?",
        "What can you do with an archived project?",
        "Is it good that archives are read-only?",
    ],
)
def test_a_question_stays_a_question_however_it_begins(talk: Talk, line: str) -> None:
    assert title(talk.say("bob", "#app", line)) == f"Not written down: “{line}”"


OFFERED = [
    ("The export must contain the customer number", "That sounds like a requirement.", "Add it to the backlog"),
    ("customers keep complaining that the export is slow", "That sounds like feedback.", "Keep as feedback"),
    ("I wish it were faster", "That sounds like feedback.", "Keep as feedback"),
    ("The login page crashes on Safari", "That sounds like something is wrong", "Add a bug"),
    ("As a clerk I want to download a report so that I can file it", "That reads as a user story.", "Add the story"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "says", "way"), OFFERED)
def test_a_statement_is_offered_to_be_kept_and_kept_only_then(talk: Talk, line: str, says: str, way: str) -> None:
    reply = talk.say("bob", "#app", line)
    assert title(reply).startswith(says)
    assert title(reply).endswith("Nothing has been kept yet.")
    assert "no items yet" in talk.done("ann", "#app", "backlog list")
    assert "no feedback yet" in talk.done("ann", "#app", "feedback list")
    for button in buttons(reply):
        assert talk.press(reply, button.label).ok, button.say
    assert {button.label for button in buttons(reply)} > {"Keep as feedback"}
    assert way in [button.label for button in buttons(reply)]
    assert line in talk.done("ann", "#app", "feedback list")


def test_a_story_is_kept_with_its_parts(talk: Talk) -> None:
    reply = talk.say("bob", "#app", "As an accountant, I want to download a report so that I can file taxes")
    talk.press(reply, "Add the story")
    shown = talk.done("ann", "#app", "backlog show APP-1")
    assert shown.startswith("APP-1 Download a report")
    assert "As an accountant, I want to download a report, so that I can file taxes" in shown


def test_a_bug_is_kept_as_one(talk: Talk) -> None:
    talk.press(talk.say("bob", "#app", "The login page crashes on Safari"), "Add a bug")
    assert "Type: bug" in talk.done("ann", "#app", "backlog show APP-1")


def test_a_viewer_is_offered_feedback_alone(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @vi viewer")
    reply = talk.say("vi", "#board", "The export must contain the customer number")
    assert [button.label for button in buttons(reply)] == ["Keep as feedback"]


def test_a_sentence_that_is_nothing_known_is_not_shrugged_off(talk: Talk) -> None:
    reply = talk.say("bob", "#app", "the quick brown fox jumps over it")
    assert (reply.ok, reply.try_) == (False, "help")
    assert reply.refused == "I am not sure what to do with that. Nothing has been kept."
    assert [button.label for button in buttons(reply)] == ["Keep as feedback", "Ask it"]


@pytest.mark.parametrize("line", ["bcklog add It must be fast", "sprnt plan", "note that it must be so", "done"])
def test_what_begins_nearly_as_a_command_is_rather_mistyped(talk: Talk, line: str) -> None:
    assert "Did you mean" in talk.say("bob", "#app", line).refused


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_is_chatter_or_none(text: str) -> None:
    found = smalltalk.chatter(text)
    assert found is None or found in smalltalk.KINDS


@pytest.mark.parametrize("unit", ["ok ", "ha", "thanks ", "good ", "a ", "?", "had a ", "sorry "])
def test_a_long_line_is_read_at_once(unit: str) -> None:
    line = unit * 50_000
    assert smalltalk.chatter(line) is None
    assert not smalltalk.angry(line)
    smalltalk.chatter(unit * (smalltalk.LONGEST // len(unit)) + "x")


def test_a_things_name_alone_shows_it(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Export")
    talk.done("ann", "#app", "roadmap add Spring")
    talk.done("ann", "#app", "feedback add We retype every invoice")
    assert talk.done("ann", "#app", "APP-1").startswith("APP-1 Export")
    assert talk.done("ann", "#app", "app-1.").startswith("APP-1 Export")
    assert talk.done("ann", "#app", "R-1").startswith("R-1 Spring")
    assert talk.done("ann", "#app", "#F-1").startswith("F-1 We retype")
    assert talk.refused("ann", "#app", "APP-7").startswith("APP-7 is not")
    assert not talk.say("gus", "#app", "APP-1", guest=True).ok


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("im done with APP-1", "backlog done APP-1"),
        ("we can close APP-1 and APP-2.", "backlog done APP-1 APP-2"),
        ("please drop app-1", "backlog drop app-1"),
    ],
)
def test_a_sentence_with_a_verb_and_an_item_suggests_the_command(talk: Talk, sentence: str, meant: str) -> None:
    reply = talk.say("ann", "#app", sentence)
    assert (reply.ok, reply.try_) == (False, meant)
    assert [button.say for button in buttons(reply)] == [meant]


@pytest.mark.parametrize("line", ["lets do a sprint", "im here for the export"])
def test_a_short_word_of_a_sentence_is_no_mistyped_command(talk: Talk, line: str) -> None:
    reply = talk.say("ann", "#app", line)
    assert "Did you mean" not in read(reply)


@pytest.mark.parametrize(("line", "meant"), [("gaol list", "goal list"), ("aks who decides", "ask who decides")])
def test_a_short_word_that_is_mistyped_is_still_understood(talk: Talk, line: str, meant: str) -> None:
    assert talk.say("ann", "#app", line).try_ == meant


def test_what_is_asked_without_an_apostrophe_is_a_question(talk: Talk) -> None:
    assert "Not written down" in talk.done("ann", "#app", "whats the export missing")


def test_a_story_said_in_a_sentence_reads_as_it_was_said(talk: Talk) -> None:
    said = talk.say("ann", "#app", "as a baker I want to see the orders so that I know the flour")
    talk.press(said, "Add the story")
    assert "As a baker, I want to see the orders, so that I know the flour" in talk.done("ann", "#app", "APP-1")


def test_politeness_is_no_mistake(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Export")
    assert talk.done("ann", "#app", "undo please").startswith("Taken back")
    assert talk.done("ann", "#app", "help me") == talk.done("ann", "#app", "help")

"""A question that the record does not answer: who is asked and when, what is assumed meanwhile, and who hears of it."""

from datetime import datetime, timedelta

import pytest

from bot.lines import delivered, recipient, tick
from tests.core.commands.mornings import BERLIN, heard
from tests.core.commands.talk import Talk, buttons, lines, read


def at(clock: str, day: int = 1) -> datetime:
    """A wall time in Berlin; 1 December 2026 is a Tuesday."""
    return datetime.fromisoformat(f"2026-12-{day:02}T{clock}").replace(tzinfo=BERLIN)


@pytest.fixture
def asked(talk: Talk) -> Talk:
    """APP-1 CSV export, about which bob has asked ann five minutes before her day ends."""
    talk.done("ann", "#app", "backlog add CSV export", at=at("09:00"))
    heard(talk, at("09:00"))
    said = talk.done("bob", "#app", "question add What is the largest file? on=APP-1", at=at("17:40"))
    assert said.startswith(
        "Q-1 goes to ann, who decides\n“What is the largest file?”\nann is not at work now; back tomorrow 09:00."
    )
    return talk


def test_an_owner_is_asked_inside_their_hours_and_once(asked: Talk) -> None:
    assert heard(asked, at("17:45")) == {}
    assert heard(asked, at("08:59", 2)) == {}
    [text] = heard(asked, at("09:05", 2))["@ann"]
    assert text.startswith("bob asks about APP-1 CSV export\n“What is the largest file?” — Q-1")
    assert heard(asked, at("09:30", 2)) == {}


def test_what_stops_production_does_not_wait(asked: Talk) -> None:
    asked.done("bob", "#app", "question urgent Q-1", at=at("17:41"))
    assert "It stops production." in heard(asked, at("17:42"))["@ann"][0]


def test_an_assumption_stands_on_the_item_until_the_owner_makes_it_a_criterion(asked: Talk) -> None:
    asked.done("bob", "#app", "question assume Q-1 One gigabyte at most", at=at("17:42"))
    shown = asked.done("mira", "#app", "backlog show APP-1", at=at("17:43"))
    assert "assumed by bob: “One gigabyte at most”" in shown
    [text] = heard(asked, at("09:05", 2))["@ann"]
    assert "bob goes on with: “One gigabyte at most”" in text
    assert "[Right: make it a criterion] [Right] [No, …]" in text
    said = asked.done("ann", "@", "question right Q-1 criterion=yes", at=at("09:06", 2))
    assert said.startswith("Q-1 is settled, and is criterion 1 of APP-1")
    assert "@bob" not in heard(asked, at("09:07", 2)), "it may gather more for two minutes"
    told = heard(asked, at("09:08", 2))
    assert told["@bob"][0].startswith("ann says that is right: Q-1")
    assert "One gigabyte at most" in asked.done("bob", "#app", "backlog show APP-1", at=at("09:08", 2))
    assert "assumed by" not in asked.done("bob", "#app", "backlog show APP-1", at=at("09:08", 2))


def test_everybody_who_asked_is_told_the_answer_at_their_own_hours(asked: Talk) -> None:
    joined = asked.say("mira", "#app", "question add what is the LARGEST file on=APP-1", at=at("17:43"))
    assert read(joined).startswith("Q-1 is that question, asked by bob, 1 Dec")
    asked.done("mira", "#app", "team hours me 13:00-20:00 tz=Europe/Berlin", at=at("17:44"))
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("09:10", 2))
    told = heard(asked, at("09:15", 2))
    assert list(told) == ["@bob"]
    assert "Two gigabytes" in told["@bob"][0]
    assert list(heard(asked, at("13:01", 2))) == ["@mira"]


def test_an_answered_question_is_not_put_to_the_owner_any_more(asked: Talk) -> None:
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("17:50"))
    assert list(heard(asked, at("09:05", 2))) == ["@bob"]
    assert heard(asked, at("09:05", 9)) == {}


def test_an_open_question_comes_up_again(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    [again] = heard(asked, at("09:30", 3))["@ann"]
    assert again.startswith("Still open: bob asks about APP-1")


def test_a_question_is_routed_by_role_and_who_had_it_is_told(asked: Talk) -> None:
    asked.done("ann", "#app", "team role @peter pm", at=at("17:41"))
    heard(asked, at("09:05", 2))
    said = asked.done("ann", "#app", "question route Q-1 pm", at=at("09:06", 2))
    assert said.startswith("Q-1 goes to peter")
    told = heard(asked, at("09:07", 2))
    assert told["@ann"][0].startswith("Q-1 is peter's now")
    assert told["@peter"][0].startswith("bob asks about APP-1")


def test_only_who_decides_answers(asked: Talk) -> None:
    assert (
        asked.refused("bob", "#app", "question answer Q-1 x", at=at("17:42"))
        == "Only ann or the product owner decides Q-1."
    )
    assert "There is no question Q-9" in asked.refused("ann", "#app", "question answer Q-9 x", at=at("17:42"))


def test_a_viewer_asks_in_private_and_sees_no_question_of_the_team(asked: Talk) -> None:
    asked.done("ann", "#app", "team role @vic viewer", at=at("17:41"))
    asked.done("bob", "#app", "question add Is the secret pivot on?", at=at("17:42"))
    reply = asked.say("vic", "#board", "question add Is the secret pivot on?", at=at("17:43"))
    assert reply.ok
    assert reply.seen_by == "you"
    assert "Q-3 goes to ann" in read(reply)
    assert "one item" in asked.refused("vic", "#board", "question add What? on=APP-1", at=at("17:44"))
    assert "Open, with ann." in asked.done("vic", "#board", "question show Q-3", at=at("17:45"))
    only = "Only members of this product may do that; you can read what is shared."
    for another in ("Q-2", "Q-9"):
        assert asked.refused("vic", "#board", f"question show {another}", at=at("17:46")) == only


def test_a_viewer_to_whom_a_question_is_put_answers_it_and_no_other(asked: Talk) -> None:
    asked.done("ann", "#app", "team role @vic viewer", at=at("09:05", 2))
    asked.done("bob", "#app", "question add Which banks do you have? to=@vic on=APP-1", at=at("09:06", 2))
    heard(asked, at("09:10", 2))
    said = asked.say("vic", "@", "Three of them", at=at("09:12", 2))
    assert read(said).startswith("Q-2 is answered")
    assert "APP-1" not in read(said)
    assert "Three of them" in heard(asked, at("09:15", 2))["@bob"][-1]
    only = "Only members of this product may do that; you can read what is shared."
    assert asked.refused("vic", "@", "question answer Q-1 Two gigabytes", at=at("09:16", 2)) == only


def test_an_answer_that_is_taken_back_opens_the_question_again(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("09:10", 2))
    assert asked.done("ann", "#app", "undo", at=at("09:11", 2)).startswith("Taken back: Q-1 answer is empty again")
    assert [row.key for row in lines(asked.say("ann", "#app", "question list", at=at("09:12", 2)))] == ["Q-1"]
    assert heard(asked, at("09:13", 2))["@ann"][-1].startswith("bob asks about APP-1")


def test_a_reopened_question_is_asked_anew(asked: Talk) -> None:
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("17:50"))
    heard(asked, at("09:05", 2))
    asked.done("bob", "#app", "question reopen Q-1", at=at("09:10", 2))
    assert heard(asked, at("09:11", 2))["@ann"][0].startswith("bob asks about APP-1")


def test_later_is_when_the_next_day_begins(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    assert (
        read(asked.say("ann", "@", "question later Q-1", at=at("09:06", 2))) == "I will ask again on Thursday at 09:00"
    )
    texts = heard(asked, at("09:01", 3))["@ann"]
    assert texts[0].startswith("Still open")


def test_the_form_of_a_question_takes_an_assumption_too(asked: Talk) -> None:
    form = asked.say("bob", "#app", "question add on=APP-1", at=at("17:42"))
    done = asked.fill(form, "bob", "#app", {"text": "Which separator?", "assume": "A semicolon"})
    assert "You go on with: A semicolon" in read(done).replace("“", "").replace("”", "")
    assert "Right" not in [button.label for button in buttons(done)]


def test_the_oldest_open_question_stands_first(asked: Talk) -> None:
    asked.done("bob", "#app", "question add Who pays?", at=at("10:00", 2))
    shown = asked.say("ann", "#app", "question list", at=at("10:00", 4) + timedelta(hours=1))
    assert [(row.key, row.detail.split(" · ")[0]) for row in lines(shown)] == [("Q-1", "APP-1"), ("Q-2", "ann, 2 days")]


# ---- who else decides, and in what other ways ----


def test_a_question_by_other_words_or_another_number_is_another_question(asked: Talk) -> None:
    """Joined to a question that it is not, somebody would be told a wrong answer."""
    said = ["Who may not delete an invoice?", "Who may delete an invoice?", "Is the limit 2 GB?", "Is the limit 3 GB?"]
    for n, text in enumerate(said, 2):
        assert f"Q-{n} goes to ann" in asked.done("bob", "#app", f"question add {text}", at=at("17:41"))
    again = asked.say("mira", "#app", "question add please, may who delete the Invoices?", at=at("17:42"))
    assert read(again).startswith("Q-3 is that question, asked by bob")
    other = asked.press(again, "It is another one", at=at("17:43"))
    assert read(other).startswith("Q-6 goes to ann")


def test_who_joins_may_hurry_it_and_go_on_with_an_assumption(asked: Talk) -> None:
    line = "question add What is the largest file? on=APP-1 urgent=yes assume=One gigabyte"
    said = asked.done("mira", "#app", line, at=at("17:43"))
    assert said.startswith("Q-1 is that question")
    assert "mira goes on with: “One gigabyte”" in said
    assert "It stops production." in heard(asked, at("17:44"))["@ann"][0]


def test_what_is_answered_is_not_put_to_anybody_again_unless_it_is_asked_anyway(asked: Talk) -> None:
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("17:50"))
    reply = asked.say("mira", "#app", "question add What is the largest file? on=APP-1", at=at("17:51"))
    assert read(reply).startswith("Q-1 was asked before, and is answered")
    assert "“Two gigabytes” — ann, 1 Dec" in read(reply)
    assert read(asked.press(reply, "Ask it anyway", at=at("17:52"))).startswith("Q-2 goes to ann")


def test_mine_shows_what_waits_for_an_answer_or_to_be_verified(asked: Talk) -> None:
    shown = asked.say("ann", "@", "mine", at=at("17:45"))
    assert "Questions to answer\nQ-1 What is the largest file? · APP-1 · ann, today [Answer …]" in read(shown)
    assert "Questions to answer" not in read(asked.say("bob", "@", "mine", at=at("17:45")))
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes", at=at("17:46"))
    assert "Questions to answer" not in asked.done("ann", "@", "mine", at=at("17:47"))
    asked.done("bob", "#app", "backlog criteria APP-1 add The largest file has one gigabyte", at=at("17:48"))
    assert "[Still right] [No, …]" in asked.done("ann", "@", "mine", at=at("17:49"))


def test_buttons_to_settle_a_question_are_for_who_decides_it(asked: Talk) -> None:
    listed = [asked.say(who, "#app", "question list", at=at("17:45")) for who in ("ann", "bob")]
    assert [lines(reply)[0].buttons[0].label for reply in listed] == ["Answer …", "Go on with an assumption …"]


# ---- the stand-in of who is away ----


def test_whoever_stands_in_is_asked_what_is_open_and_what_comes(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    asked.done("ann", "#app", "team away me 2026-12-03..2026-12-10", at=at("10:00", 2))
    asked.done("ann", "#app", "team role @lena po until=2026-12-10", at=at("10:01", 2))
    told = heard(asked, at("10:02", 2))
    assert told["@lena"][0].startswith("bob asks about APP-1 CSV export")
    assert told["@ann"][0].startswith("Q-1 is lena's now")
    said = asked.done("bob", "#app", "question add Which logo? to=@ann", at=at("10:00", 3))
    assert said.startswith("Q-2 goes to lena, who stands in for ann")
    assert "lena is at work until 17:30 and is asked now." in said
    assert "Q-1 is answered" in asked.done("lena", "@", "question answer Q-1 Two gigabytes", at=at("10:05", 3))


def test_a_stand_in_whose_time_comes_later_is_asked_instead_of_reminding_who_is_away(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    asked.done("ann", "#app", "team away me 2026-12-03..2026-12-10", at=at("10:00", 2))
    asked.done("ann", "#app", "team role @lena po from=2026-12-03 until=2026-12-10", at=at("10:01", 2))
    assert heard(asked, at("10:02", 2)) == {}
    told = heard(asked, at("09:30", 3))
    assert told["@lena"][0].startswith("bob asks about APP-1 CSV export")
    assert not any(text.startswith("Still open") for text in told.get("@ann", []))


def test_nobody_is_reminded_while_they_are_away(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    asked.done("ann", "#app", "team away me 2026-12-03..2026-12-04", at=at("10:00", 2))
    assert heard(asked, at("12:00", 3)) == {}
    assert heard(asked, at("09:05", 7))["@ann"][0].startswith("Still open: bob asks")


def test_a_reminder_comes_after_a_day_two_more_and_then_every_week(asked: Talk) -> None:
    said = {day: heard(asked, at("10:00", day)) for day in range(2, 24)}
    assert [day for day, texts in said.items() if texts] == [2, 3, 7, 14, 21]  # the fifth is a Saturday


# ---- answered by writing back ----


def below(talk: Talk, now: datetime, who: str = "@ann") -> str:
    """What is delivered to somebody, by the name under which a thread hangs on it."""
    return next(str(one["key"]) for one in tick(talk.steward, now) if one["to"] == who)


def test_an_answer_may_be_written_back(asked: Talk) -> None:
    heard(asked, at("09:05", 2))
    said = asked.done("ann", "@", "Two gigabytes, larger files are split", at=at("09:06", 2))
    assert said.startswith("Q-1 is answered\n“What is the largest file?”\nTwo gigabytes, larger files are split")
    assert "Two gigabytes" in heard(asked, at("09:10", 2))["@bob"][0]


def test_below_the_question_even_what_reads_as_a_question_is_the_answer(asked: Talk) -> None:
    thread = below(asked, at("09:05", 2))
    said = asked.done("ann", "@", "Will be two gigabytes", at=at("09:06", 2), thread=thread)
    assert said.startswith("Q-1 is answered")


@pytest.mark.parametrize("line", ["thanks", "hello", "What do you mean by that?", "backlog list", "mine"])
def test_thanks_a_question_and_a_command_are_no_answers(asked: Talk, line: str) -> None:
    heard(asked, at("09:05", 2))
    asked.say("ann", "@", line, at=at("09:06", 2))
    assert "Q-1 What is the largest file? · APP-1 · ann, 1 day" in asked.done("ann", "@", "mine", at=at("09:07", 2))


def test_yes_says_that_the_assumption_is_right(asked: Talk) -> None:
    asked.done("bob", "#app", "question assume Q-1 One gigabyte at most", at=at("17:42"))
    heard(asked, at("09:05", 2))
    assert "the assumption is right" in asked.done("ann", "@", "Yes, that's right.", at=at("09:06", 2))


def test_yes_says_that_a_doubted_answer_still_holds(answered: Talk) -> None:
    answered.done("bob", "#app", "backlog criteria APP-1 add Files are at most two gigabytes", at=at("10:02", 2))
    heard(answered, at("10:03", 2))
    assert "Q-1 still holds, says ann" in answered.done("ann", "@", "still right", at=at("10:04", 2))


def test_of_several_open_questions_the_one_that_is_meant_is_asked_for(asked: Talk) -> None:
    asked.done("bob", "#app", "question add Who pays?", at=at("17:41"))
    heard(asked, at("09:05", 2))
    reply = asked.say("ann", "@", "The bank does", at=at("09:06", 2))
    assert (reply.ok, reply.refused) == (False, "2 things wait for an answer of yours. Which one is this?")
    done = asked.press(reply, "Q-2 Who pays?", at=at("09:07", 2))
    assert read(done).startswith("Q-2 is answered\n“Who pays?”\nThe bank does")


def test_what_was_not_put_to_somebody_is_not_answered_by_what_they_write(asked: Talk) -> None:
    assert not asked.say("ann", "@", "Two gigabytes of course it is", at=at("17:45")).ok
    heard(asked, at("09:05", 2))
    assert not asked.say("bob", "@", "Two gigabytes of course it is", at=at("09:06", 2)).ok


def test_in_a_chat_about_another_product_the_buttons_are_about_the_questions_own(asked: Talk) -> None:
    asked.done("ann", "#other", "product new Other key=OTH", at=at("17:41"))
    asked.done("ann", "#other", "product use OTH", at=at("17:41"))
    asked.done("ann", "#other", "question add Is it so? to=@bob", at=at("17:42"))
    asked.done("ann", "@", "product use OTH", at=at("17:43"))
    [letter] = [one for one in delivered(asked.steward, at("09:05", 2)) if recipient(one) == "Dann"]
    assert letter.reply.card is not None
    say = next(button.say for button in letter.reply.card.buttons if button.label == "Answer …")
    form = asked.say("ann", "@", say, at=at("09:06", 2))
    done = asked.fill(form, "ann", "@", {"new-text": "Two gigabytes"})
    assert "What is the largest file?" in read(done)


# ---- what becomes of an answer ----


@pytest.fixture
def answered(asked: Talk) -> Talk:
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes, larger files are split", at=at("17:50"))
    heard(asked, at("09:01", 2))
    return asked


def test_who_asks_next_is_answered_from_the_answer(answered: Talk) -> None:
    said = answered.done("mira", "#app", "ask What is the largest file?", at=at("10:00", 2))
    assert "“Two gigabytes, larger files are split” — Q-1 What is the largest file? · answered by ann, 1 Dec" in said


def test_a_change_in_the_same_words_asks_the_owner_to_verify_the_answer(answered: Talk) -> None:
    answered.done("bob", "#app", "backlog edit APP-1 title=CSV download", at=at("10:00", 2))
    assert heard(answered, at("10:01", 2)) == {}
    answered.done("bob", "#app", "backlog criteria APP-1 add Files are at most one gigabyte", at=at("10:02", 2))
    [text] = heard(answered, at("10:03", 2))["@ann"]
    assert text.startswith("Does this still hold? Q-1")
    assert "a criterion was added: “Files are at most one gigabyte”" in text
    assert "may no longer hold" in answered.done("mira", "#app", "backlog show APP-1", at=at("10:04", 2))
    answered.done("ann", "#app", "question verify Q-1", at=at("10:05", 2))
    assert "may no longer hold" not in answered.done("mira", "#app", "backlog show APP-1", at=at("10:06", 2))


def test_a_criterion_made_of_an_answer_does_not_put_it_in_doubt(asked: Talk) -> None:
    asked.done("bob", "#app", "question assume Q-1 The largest file has one gigabyte", at=at("17:42"))
    asked.done("ann", "#app", "question right Q-1 criterion=yes", at=at("17:45"))
    assert "may no longer hold" not in asked.done("bob", "#app", "backlog show APP-1", at=at("17:46"))


# ---- what else an answer may have been taken from ----

SPEC = 'doc add "Export notes" # Limits\nAn exported file holds {} at most.\n# Format\nThe separator is a semicolon.'


@pytest.fixture
def told(talk: Talk) -> Talk:
    """Q-1 is answered from a document, Q-2 by a decision's number, Q-3 is about something else; none about an item."""
    talk.done("ann", "#app", "team role @vi viewer", at=at("09:00"))
    talk.done("ann", "#app", SPEC.format("two gigabytes"), at=at("09:00"))
    talk.done("ann", "#app", "decide record Archives are read-only because=auditors demand it", at=at("09:00"))
    for number, asked, answer in (
        (1, "How large may an exported file be?", "Two gigabytes at most"),
        (2, "May I edit one?", "No, by D-1"),
        (3, "Who pays for the exported file?", "The bank does"),
    ):
        talk.done("bob", "#app", f"question add {asked}", at=at("09:10"))
        talk.done("ann", "#app", f"question answer Q-{number} {answer}", at=at("09:20"))
    heard(talk, at("10:00"))
    return talk


def test_a_document_that_says_something_else_asks_the_owner_to_verify_what_it_answered(told: Talk) -> None:
    told.done("bob", "#app", SPEC.format("three gigabytes"), at=at("10:10"))
    [text] = heard(told, at("10:11"))["@ann"]
    assert text.startswith("Does this still hold? Q-1")
    assert "Export notes was changed: “An exported file holds three gigabytes at most.”" in text
    said = told.done("bob", "#app", "ask How large may an exported file be?")
    assert ", may no longer hold" in said
    assert "In doubt until it is verified." in said
    assert "Sure" not in said
    told.done("ann", "#app", "question verify Q-1", at=at("10:12"))
    assert "may no longer hold" not in told.done("bob", "#app", "ask How large may an exported file be?")


def test_a_document_that_is_dropped_takes_what_it_answered_into_doubt_and_undo_out_of_it(told: Talk) -> None:
    told.done("bob", "#app", "doc drop Export notes", at=at("10:10"))
    assert "Q-1" in told.done("bob", "#app", "question list", at=at("10:11"))
    assert "stale" not in told.done("bob", "#app", "undo", at=at("10:12"))
    assert told.done("bob", "#app", "question list", at=at("10:13")).startswith("No open questions")


@pytest.mark.parametrize(
    "text",
    [
        SPEC.format("two gigabytes").replace("semicolon", "comma"),
        SPEC.format("two gigabytes") + "\nBanks open it in a spreadsheet.",
        'doc add "Export notes" An exported file is cut at two gigabytes at most, and split.',
        'doc add "More notes" An exported file holds one gigabyte.',
    ],
)
def test_a_document_that_changes_elsewhere_or_still_says_so_leaves_the_answer_alone(told: Talk, text: str) -> None:
    told.done("bob", "#app", text, at=at("10:10"))
    assert heard(told, at("10:11")) == {}


def test_a_decision_whose_place_is_taken_asks_the_owner_to_verify_what_names_it(told: Talk) -> None:
    told.done("bob", "#app", "decide supersede D-1 Admins may edit archives because=people err", at=at("10:10"))
    [text] = heard(told, at("10:11"))["@ann"]
    assert text.startswith("Does this still hold? Q-2")
    assert "D-2 has taken the place of D-1: “Admins may edit archives”" in text


def test_a_decision_whose_place_is_taken_asks_to_verify_what_says_the_same(told: Talk) -> None:
    told.done("bob", "#app", "question add Are archives read-only for auditors?", at=at("10:05"))
    told.done("ann", "#app", "question answer Q-4 Yes, read-only for everybody", at=at("10:06"))
    told.done("bob", "#app", "decide supersede D-1 Admins may edit archives because=people err", at=at("10:10"))
    assert [text.splitlines()[0] for text in heard(told, at("10:11"))["@ann"]] == [
        "Does this still hold? Q-2",
        "Does this still hold? Q-4",
    ]


@pytest.mark.parametrize(("audience", "knows"), [("team", False), ("stakeholders", True)])
def test_who_may_not_read_what_has_changed_is_not_told_of_it(told: Talk, audience: str, knows: bool) -> None:
    """They are told the same as before; the owner is asked to verify all the same."""
    told.done("ann", "#app", f'doc add "Price notes" The Falcon plan costs 99 a month. audience={audience}')
    told.done("vi", "#app", "question add What does the Falcon plan cost a month?", at=at("10:05"))
    told.done("ann", "#app", "question answer Q-4 It costs 99", at=at("10:06"))
    lines = ("ask What does the Falcon plan cost a month?", "question add What does the Falcon plan cost a month?")
    before = [told.done("vi", "@", line, at=at("10:07")) for line in lines]
    heard(told, at("10:08"))
    told.done("ann", "#app", 'doc add "Price notes" The Falcon plan costs 119 a month.', at=at("10:10"))
    assert told.done("ann", "@", "mine", at=at("10:11")).count("Q-4")
    after = [told.done("vi", "@", line, at=at("10:12")) for line in lines]
    assert (before != after) is knows
    assert ("may no longer hold" in after[0]) is knows


def test_an_owner_outside_the_team_is_asked_to_verify_without_the_teams_words(told: Talk) -> None:
    told.done("bob", "#app", "question add What does the exported file hold at most? to=@vi", at=at("10:05"))
    told.done("ann", "#app", "question answer Q-4 Two gigabytes", at=at("10:06"))
    heard(told, at("10:08"))
    told.done("bob", "#app", SPEC.format("three gigabytes"), at=at("10:10"))
    [text] = heard(told, at("10:11"))["@vi"]
    assert "Since then: something that it is about has changed" in text
    assert "three" not in text


# ---- from not knowing to an owner ----


def test_what_is_not_written_down_offers_who_decides_an_assumption_and_urgency(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add CSV export", at=at("09:00"))
    talk.done("ann", "#app", "team role @peter pm", at=at("09:00"))
    reply = talk.say("bob", "#app", "ask APP-1 Who may delete an invoice?", at=at("17:27"))
    assert "A requirement, so ann decides. ann's day ends in 3 minutes; back tomorrow 09:00." in read(reply)
    labels = [button.label for button in buttons(reply)]
    assert labels[:4] == ["Ask ann", "Go on with an assumption …", "Ask peter", "It stops production"]
    put = talk.press(reply, "Ask ann", at=at("17:28"))
    assert read(put).startswith("Q-1 goes to ann, who decides")
    again = talk.say("bob", "#app", "ask APP-1 Who may delete an invoice?", at=at("17:29"))
    assert "Q-1 Who may delete an invoice?" in read(again)


def test_strategy_is_the_managers(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @peter pm", at=at("09:00"))
    said = talk.done("bob", "#app", "ask What will the enterprise plan cost next year?", at=at("10:00"))
    assert "A question of strategy, so peter decides." in said


def test_a_guest_is_offered_nothing_and_learns_no_names(talk: Talk) -> None:
    reply = talk.say("gus", "#app", "ask Who may delete an invoice?", at=at("10:00"), guest=True)
    assert "the product owner decides" in read(reply)
    assert "ann" not in read(reply)
    assert [button.label for button in buttons(reply)] == ["Show here"]

"""A question that the record does not answer: who is asked and when, what is assumed meanwhile, and who hears of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.lines import tick
from tests.core.commands.talk import Talk, buttons, lines, read

BERLIN = ZoneInfo("Europe/Berlin")


def at(clock: str, day: int = 1) -> datetime:
    """A wall time in Berlin; 1 December 2026 is a Tuesday."""
    return datetime.fromisoformat(f"2026-12-{day:02}T{clock}").replace(tzinfo=BERLIN)


def heard(talk: Talk, now: datetime) -> dict[str, list[str]]:
    """What is delivered at an instant, by whom it goes to."""
    found: dict[str, list[str]] = {}
    for one in tick(talk.steward, now):
        found.setdefault(one["to"], []).append(one["text"])
    return found


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
    told = heard(asked, at("09:07", 2))
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


# ---- what becomes of an answer ----


@pytest.fixture
def answered(asked: Talk) -> Talk:
    asked.done("ann", "#app", "question answer Q-1 Two gigabytes, larger files are split", at=at("17:50"))
    heard(asked, at("09:01", 2))
    return asked


def test_who_asks_next_is_answered_from_the_answer(answered: Talk) -> None:
    said = answered.done("mira", "#app", "ask What is the largest file?", at=at("10:00", 2))
    assert (
        "“Two gigabytes, larger files are split” — Q-1 What is the largest file?, answered by ann · ann, 1 Dec" in said
    )


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

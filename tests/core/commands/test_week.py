"""A product manager's week: what is said to several people, what is named wrongly, and how it reads afterwards."""

import pytest

from tests.core.commands.talk import Talk, buttons, read, title


@pytest.mark.parametrize("to", ["to=@bob @eve", "to=@bob, @eve", "to=@bob,@eve", 'to="@bob @eve"'])
def test_mentions_one_behind_the_other_are_all_asked(terminal: Talk, to: str) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP')
    told = terminal.done("ann", "#app", f"feedback ask Like it? {to} about=")
    assert told.startswith("Asked bob and eve: Like it?"), told


def test_a_review_takes_people_as_a_picker_sets_them(terminal: Talk) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP')
    told = terminal.done("ann", "#app", "roadmap review open Q1 with=@bob @vic on=friday")
    assert told.startswith("Q1: roadmap review on ")
    assert "with bob and vic" in told


def test_a_mention_behind_one_person_stays_text(terminal: Talk) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP')
    told = terminal.done("ann", "#app", "backlog add Fix it assignee=@bob @eve asked")
    assert told.startswith("APP-1 added: Fix it @eve asked · bob")


@pytest.mark.parametrize(
    ("name", "what", "line"),
    [
        ("D-1", "a decision", "decide show D-1"),
        ("F-2", "a piece of feedback", "feedback show F-2"),
        ("B-3", "a blocker", "blocker list"),
        ("Q-4", "a question", "question list"),
    ],
)
@pytest.mark.parametrize("verb", ["why", "watch", "backlog show"])
def test_a_name_of_something_else_is_not_said_to_be_missing(
    talk: Talk, verb: str, name: str, what: str, line: str
) -> None:
    reply = talk.say("ann", "#app", f"{verb} {name}")
    assert reply.refused == f"{name} is the name of {what}; an item is wanted here."
    assert reply.try_ == line


@pytest.mark.parametrize(("name", "line"), [("R-9", "roadmap list"), ("G-9", "goal list")])
def test_what_is_not_there_to_follow_leads_to_what_is(talk: Talk, name: str, line: str) -> None:
    assert talk.say("ann", "#app", f"watch {name}").try_ == line


def test_undoing_a_story_from_feedback_names_no_ids(talk: Talk) -> None:
    talk.done("ann", "#app", "feedback add We retype every invoice")
    talk.done("ann", "#app", "feedback story F-1", values={"title": "Import invoices", "new-criteria": "One click"})
    assert talk.done("ann", "#app", "undo") == "Taken back: APP-1 Import invoices: removed"


def test_history_tells_a_closed_decision_once(talk: Talk) -> None:
    talk.done("ann", "#app", 'decide open Which separator? options="comma|semicolon"')
    talk.done("ann", "#app", "decide object D-1 Excel is old")
    talk.done("ann", "#app", "decide close D-1 choose=b because=banks")
    told = talk.done("ann", "#app", "history")
    assert "closed by" not in told
    assert "closed at" not in told
    assert "D-1 objection “Excel is old”" in told


def test_a_question_keeps_one_mark_before_its_answer(talk: Talk) -> None:
    talk.done("ann", "#app", 'decide open Which separator? options="comma|semicolon"')
    talk.done("ann", "#app", 'decide open Separator options="comma|semicolon"')
    assert talk.done("ann", "#app", "decide vote D-1 b").startswith("D-1 Which separator? ann votes for semicolon")
    assert talk.done("ann", "#app", "decide vote D-2 b").startswith("D-2 Separator: ann votes for semicolon")
    closed = talk.say("ann", "#app", "decide close D-1 choose=b because=banks")
    assert title(closed).startswith("D-1 Which separator? semicolon, because banks")
    assert "Which separator? semicolon" in read(talk.say("ann", "#app", "decide list"))


def test_capacity_of_somebody_outside_the_team_says_when_it_counts(terminal: Talk) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP')
    reply = terminal.say("ann", "#app", "team capacity @zed 60%")
    assert "It counts once they are of the team" in read(reply)
    [button] = buttons(reply)
    terminal.done("ann", "#app", button.say)
    assert [b.label for b in buttons(terminal.say("ann", "#app", "team capacity @zed 60%"))] == ["Room now"]


def test_who_may_not_begin_a_sprint_is_not_sent_to_begin_one(talk: Talk) -> None:
    assert talk.say("ann", "#app", "sprint status").try_ == "sprint new"
    assert talk.say("bob", "#app", "sprint status").try_ == "help sprint"

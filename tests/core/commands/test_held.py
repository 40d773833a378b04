"""What holds an item up is shown wherever the item is looked at, and never bars the way."""

from datetime import timedelta

import pytest

from tests.core.commands.talk import Talk, buttons, lines, read, title
from tests.databases import NOW


@pytest.fixture
def held(talk: Talk) -> Talk:
    """APP-1 is blocked by B-1, APP-2 waits for APP-3."""
    for name in ("Export", "Import", "Mail", "Archive"):
        talk.done("ann", "#app", f"backlog add {name}")
    talk.done("tom", "#app", "blocker add Staging down on=APP-1 needs=@bob")
    talk.done("ann", "#app", "backlog block APP-2 on=APP-3")
    return talk


def test_a_list_marks_what_is_blocked_and_what_waits(held: Talk) -> None:
    held.done("ann", "#app", "backlog block APP-1 on=APP-3")
    listed = held.say("ann", "#app", "backlog list")
    assert [line.detail for line in lines(listed)] == [
        "blocked by B-1 · waits for APP-3", "waits for APP-3", "", "",
    ]  # fmt: skip
    held.done("ann", "#app", "backlog done APP-3")
    held.done("ann", "#app", "blocker clear B-1")
    assert [line.detail for line in lines(held.say("ann", "#app", "backlog list"))] == ["", "", ""]
    assert "waits for" not in read(held.say("ann", "#app", "backlog list status=done"))


def test_an_item_shows_its_open_blockers_with_what_can_be_done(held: Talk) -> None:
    shown = held.say("ann", "#app", "backlog show APP-1")
    assert [(line.key, line.text, line.detail) for line in lines(shown)] == [
        ("B-1", "Staging down", "tom, new → nobody yet, needs bob")
    ]
    held.press(shown, "Cleared")
    assert "Blocked by" not in read(held.say("ann", "#app", "backlog show APP-1"))


def test_readiness_names_the_blocker_and_offers_to_clear_it(held: Talk) -> None:
    ready = held.say("ann", "#app", "backlog ready APP-1")
    assert "It is blocked by B-1" in read(ready)
    assert "nothing blocks it" not in read(ready)
    held.press(ready, "B-1 is cleared")
    assert "nothing blocks it" in read(held.say("ann", "#app", "backlog ready APP-1"))


def test_done_says_what_held_it_up_and_is_no_gate(held: Talk) -> None:
    assert held.done("ann", "#app", "backlog done APP-2") == "APP-2 Import: done\nIt still waits for APP-3 Mail."
    assert held.done("ann", "#app", "backlog done APP-1") == "APP-1 Export: done\nB-1 Staging down is not cleared."
    held.done("ann", "#app", "backlog reopen APP-1 APP-2")
    said = held.say("ann", "#app", "backlog done APP-1 APP-2 APP-3")
    assert [line.detail for line in lines(said)] == ["done · blocked by B-1", "done", "done"]


def test_mine_has_the_blockers_that_i_took_and_those_that_need_me(held: Talk) -> None:
    held.done("tom", "#app", "blocker add Key lost")
    mine = held.say("bob", "#app", "mine")
    assert [line.key for line in lines(mine)] == ["B-1"]
    assert title(held.press(mine, "I'll take it")).startswith("B-1 Staging down: bob takes it")
    held.done("bob", "#app", 'blocker take B-2 by="next friday"')
    mine = held.say("bob", "#app", "mine")
    assert [(line.key, line.detail) for line in lines(mine)] == [
        ("B-2", "tom, new → bob, promised for 11 Dec"),
        ("B-1", "tom, new → bob"),
    ]
    held.press(mine, "Cleared")
    assert [line.key for line in lines(held.say("bob", "#app", "mine"))] == ["B-1"]
    held.done("ann", "#app", "blocker take B-1")
    assert title(held.say("bob", "#app", "mine")) == "Nothing waits for you in Acme app"


def test_the_product_manager_is_reminded_of_the_stage_once_its_review_is_due(talk: Talk) -> None:
    talk.done("ann", "#app", "product stage growth because=40 teams")
    assert "growth" not in read(talk.say("ann", "#app", "mine", at=NOW + timedelta(days=89)))
    later = NOW + timedelta(days=90)
    mine = talk.say("ann", "#app", "mine", at=later)
    assert "Is Acme app still in growth? · growth since 1 Dec 2026 · review due 1 Mar" in read(mine)
    assert [button.say for button in buttons(mine) if button.label == "Review it"] == ["product stage"]
    assert "growth" not in read(talk.say("bob", "#app", "mine", at=later))
    talk.done("ann", "#app", "product stage growth because=still growing", at=later)
    assert "growth" not in read(talk.say("ann", "#app", "mine", at=later))


def test_several_items_wait_for_several_or_for_none(held: Talk) -> None:
    said = held.done("ann", "#app", "backlog block APP-1 and APP-2 on=APP-3,APP-4")
    assert said.startswith("APP-1 and APP-2: wait for APP-3 Mail and APP-4 Archive")
    again = held.say("ann", "#app", "backlog block APP-1 APP-2 on=APP-3,APP-4")
    assert title(again) == "APP-1 and APP-2 wait for APP-3 Mail and APP-4 Archive already; nothing was changed."
    assert "wait for each other" in held.refused("ann", "#app", "backlog block APP-4 APP-3 on=APP-2")
    assert "waits for" not in read(held.say("ann", "#app", "backlog show APP-4"))
    reply = held.say("ann", "#app", "backlog block APP-4 on=APP-7, APP-8")
    assert reply.refused == "Write the items of on= without blanks between them."
    assert reply.try_ == "backlog block APP-4 on=APP-7,APP-8"
    gone = held.done("ann", "#app", "backlog unblock APP-1 APP-2 on=APP-3,APP-4")
    assert gone.startswith("APP-1 and APP-2: no longer wait for APP-3 and APP-4")


def test_several_items_are_accepted_or_none(held: Talk) -> None:
    held.done("ann", "#app", "backlog criteria APP-2 add It takes a second")
    reply = held.say("ann", "#app", "backlog accept APP-1 APP-2")
    assert reply.refused == "APP-2: 1 criterion is not checked. Check it, or say because=."
    assert "APP-1 Export · blocked by B-1" in read(held.say("ann", "#app", "backlog list"))
    all_the_same = next(button for button in buttons(reply) if button.form)
    assert all_the_same.say == "backlog accept APP-1 APP-2 because="
    held.press(reply, "Check")
    assert held.done("ann", "#app", "backlog accept APP-1 APP-2").startswith("APP-1 and APP-2: accepted\n")
    assert held.refused("ann", "#app", "backlog accept APP-2") == "APP-2 is accepted already."
    said = held.done("ann", "#app", "backlog accept APP-2 APP-3 because=it is late")
    assert said.splitlines()[:2] == ["APP-3 Mail: accepted because it is late", "APP-2 was accepted already."]


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("backlog reject APP-4", "backlog reject APP-4 because=the export is empty for banks"),
        ("backlog reject 4", "backlog reject APP-4 because=the export is empty for banks"),
        ("backlog move app-4, APP-2", "backlog move APP-4 above APP-7"),
        ("backlog block APP-7", "backlog block APP-7 on=APP-12"),
        ("backlog move 5 tables", "backlog move APP-5 above APP-7"),
        ("backlog reject", "backlog reject APP-12 because=the export is empty for banks"),
    ],
)
def test_the_example_of_a_refusal_speaks_of_the_item_that_was_named(held: Talk, line: str, better: str) -> None:
    assert held.say("ann", "#app", line).try_ == better


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("backlog add Thing assignee=@bob,@eve", "backlog add Thing assignee=@bob"),
        ("backlog add Thing assignee=@bob, @eve points=3", "backlog add Thing assignee=@bob points=3"),
        ("backlog edit APP-4 assignee=@bob,@eve", "backlog edit APP-4 assignee=@bob"),
        ("backlog assign APP-4 @bob,@eve", "backlog assign APP-4 @bob"),
        ("backlog assign APP-4 @bob, @eve", "backlog assign APP-4 @bob"),
    ],
)
def test_an_item_is_given_to_one_person(held: Talk, line: str, better: str) -> None:
    reply = held.say("ann", "#app", line)
    assert not reply.ok
    assert "one person" in (reply.refused or "").lower()
    assert reply.try_ == better
    assert "eve" not in read(held.say("ann", "#app", "team list"))


def test_a_new_item_is_not_like_the_epic_that_it_belongs_to(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Invoice export type=epic")
    said = talk.done("ann", "#app", "backlog add Invoice export epic=APP-1 value=8 points=2")
    assert said == "APP-2 added: Invoice export · 2 pts · value 8 · epic APP-1"
    pasted = read(talk.say("ann", "#app", "backlog add epic=APP-1\nInvoice export\nSomething else"))
    assert "like APP-2 Invoice export" in pasted
    assert "APP-1" not in pasted.replace("epic APP-1", "")


@pytest.mark.parametrize(
    ("said", "story"),
    [
        ("as=user want=a rest", "As a user, I want a rest"),
        ("as=editor want=a rest", "As an editor, I want a rest"),
        ("as=hourly worker", "As an hourly worker"),
        ("as=unit lead", "As a unit lead"),
        ("as=uninvited guest", "As an uninvited guest"),
        ("want=I want a rest so=that I rest", "I want a rest, so that I rest"),
        ("as=a clerk, who types, want=a rest", "As a clerk, who types, I want a rest"),
    ],
)
def test_a_story_reads_as_one_sentence(talk: Talk, said: str, story: str) -> None:
    talk.done("ann", "#app", f"backlog add Thing {said}")
    assert story in read(talk.say("ann", "#app", "backlog show APP-1")).splitlines()


def test_a_word_behind_a_list_is_offered_as_what_is_looked_for(held: Talk) -> None:
    reply = held.say("ann", "#app", "backlog list archive")
    assert (reply.refused, reply.try_) == ("I do not understand “archive” here.", "backlog list text=archive")
    assert [line.text for line in lines(held.say("ann", "#app", reply.try_))] == ["Archive"]


def test_a_sprint_is_found_by_the_number_in_its_name(held: Talk) -> None:
    held.done("ann", "#app", 'sprint new "Sprint 8"')
    held.done("ann", "#app", "sprint add APP-4")
    assert [line.key for line in lines(held.say("ann", "#app", "backlog list sprint=8"))] == ["APP-4"]

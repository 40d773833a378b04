"""The first ten minutes: the checklist that is kept up to date, and the example that comes and goes without a trace."""

from typing import Any

import pytest

from core.chat.ask import Platform
from core.chat.card import Card, Items, plain
from core.commands.ride import Ride
from core.schedule.delivery import Came, Delivery, Sent
from core.schedule.leases import lease, record
from core.schedule.outbox import LEASE
from core.store.database import Database
from tests.core.commands.talk import APART, Beneath, Talk, buttons, keys, lines, rows, slack_team, title
from tests.databases import NOW


def sent(talk: Talk) -> list[Delivery]:
    """What leaves now, and arrives."""
    found = []
    for minute in range(6):
        with talk.database.transaction(write=True, now=NOW.replace(minute=NOW.minute + minute)) as db:
            due = lease(db, platforms=frozenset({Platform.SLACK}), reconcile=LEASE)
            for one in due:
                record(db, [Came(one, Sent(f"ts-{one.mark}"), db.now)], reconcile=LEASE)
            found += due
    return found


def shown(delivery: Delivery) -> Card:
    assert delivery.reply.card is not None
    return delivery.reply.card


@pytest.fixture
def acme(database: Database) -> Talk:
    talk = slack_team(database, "T1")
    # it is changed later, and so it is a message of its own, though a slash command's answer could ride
    ask = talk.ask("ann", "#app", 'setup "Acme app" key=APP')
    assert talk.steward.answer(ask, Ride(frozenset({"you", "place"}))) is None
    return talk


# ---- the checklist ----


def test_the_checklist_is_one_message_that_is_kept_up_to_date(acme: Talk) -> None:
    [first] = sent(acme)
    assert (first.place.external_id, first.only_for, first.replaces) == ("Capp", None, None)
    assert first.asker is not None  # where we may not post they are told
    names = [row.text if row.key == "" else (row.key, row.text) for row in _rows(shown(first))]
    assert ("✓", "Channel") in names
    assert ("○", "Vision") in names
    assert ("○", "Backlog") in names
    acme.done("ann", "#app", "product vision Every bookkeeper is done by noon")
    [second] = sent(acme)
    assert second.replaces is not None
    assert second.mark == first.mark
    assert "✓ Channel · I can post here\n✓ Vision · Every bookkeeper is done by noon" in plain(shown(second))
    acme.done("ann", "#app", "product vision Every bookkeeper is done by noon today")
    acme.done("bob", "#app", "backlog add First")
    [third] = sent(acme)  # of several changes that wait only the latest leaves
    assert "✓ Backlog · its first items are there" in plain(shown(third))
    acme.done("bob", "#app", "backlog comment APP-1 Nothing new for the list")
    acme.done("bob", "#app", "backlog add Second")
    assert sent(acme) == []


def _rows(card: Card) -> list[Any]:
    return [row for part in card.body if isinstance(part, Items) for row in part.rows]


def test_a_step_whose_commands_are_not_there_is_left_out(acme: Talk) -> None:
    [first] = sent(acme)
    registry = acme.steward.registry
    said = [button.say for row in _rows(shown(first)) for button in row.buttons]
    assert said
    assert all(registry.knows(line) for line in said)
    assert all(row.buttons or row.key == "✓" for row in _rows(shown(first)))


def test_hidden_it_says_only_what_is_set_up_and_is_left_alone(acme: Talk) -> None:
    sent(acme)
    acme.say("bob", "#app", "help")
    assert "Only " in acme.refused("bob", "#app", "setup hide=yes")
    acme.done("ann", "#app", "setup hide=yes")
    [short] = sent(acme)
    assert plain(shown(short)) == "Acme app is set up · items are called APP-1, APP-2 …"
    acme.done("bob", "#app", "backlog add First")
    assert sent(acme) == []
    assert "is set up" in acme.done("ann", "#app", "setup tz=Europe/Berlin")
    assert sent(acme) == []


def test_set_up_again_it_is_changed_and_not_posted_again(acme: Talk) -> None:
    [first] = sent(acme)
    said = acme.say("ann", "#app", "setup sm=@Ubob")
    assert title(said) == "Acme app is set up in #app · items are called APP-1, APP-2 …"
    [second] = sent(acme)
    assert second.mark == first.mark
    assert "scrum master bob" in plain(shown(second))


def test_in_a_terminal_the_list_is_the_answer(terminal: Talk) -> None:
    reply = terminal.say("ann", "#app", "setup Acme key=APP")
    assert reply.seen_by == "place"
    assert [row.text for row in lines(reply)][:3] == ["Product", "Vision", "Backlog"]
    assert {"Write it", "Paste", "Example"} <= {button.label for button in buttons(reply)}
    assert title(terminal.press(reply, "Example")).startswith("Acme has an example to try things on")


# ---- the example ----


def test_the_example_is_a_vision_and_eight_ordered_items_one_of_them_refined(terminal: Talk) -> None:
    said = terminal.say("ann", "#acme-app", "setup example")
    assert title(said) == "Acme app has an example to try things on: a vision and 8 items, best first"
    shown = terminal.say("ann", "#acme-app", "backlog list")
    assert keys(shown) == [f"ACME-{n}" for n in range(1, 9)]
    assert title(terminal.say("ann", "#acme-app", "backlog ready ACME-1")).endswith("· ready")
    assert "not ready" in title(terminal.press(said, "What the second lacks"))
    assert "closes the month" in terminal.done("ann", "#acme-app", "product show")
    assert "ann · product owner, product manager, scrum master, admin" in terminal.done("ann", "#acme-app", "team list")
    assert terminal.refused("ann", "#acme-app", "setup example") == "The example is in Acme app already."


def test_clear_removes_exactly_the_example_whatever_was_done_to_it(staged: Talk, database: Database) -> None:
    def kept() -> dict[str, list[str]]:
        aside = {"operations", "changes", "workspaces", "products", "passages", "knowledge", "words"}
        return rows(database, APART | aside)

    before = kept()
    staged.done("ann", "#app", "setup example")
    staged.done("bob", "#app", "backlog comment APP-9 Well")
    staged.done("bob", "#app", "backlog start APP-9")
    staged.done("bob", "#app", "backlog criteria APP-10 add It works")
    staged.done("bob", "#app", "backlog block APP-1 on=APP-12")
    staged.done("ann", "#app", "backlog move APP-13 top")
    staged.done("ann", "#app", "blocker add It is locked on=APP-14")
    staged.done("ann", "#app", "link APP-9", thread="t1")
    staged.done("ann", "#app", 'backlog split APP-11 "One part" "The other"')
    assert staged.done("ann", "#app", "setup clear") == (
        "The example is gone from Acme app: 8 items and what hung on them; nothing else was touched"
    )
    after = kept()
    assert {name for name in after if after[name] != before[name]} <= {"items", "blockers", "counters"}
    assert [row for row in before["items"] if row not in after["items"]] == []
    left = keys(staged.say("ann", "#app", "backlog list"))
    assert left == [*(f"APP-{n}" for n in (1, 2, 3, 4, 5, 7, 8)), "APP-17", "APP-18"]  # the parts are of their own
    assert "Thing for everybody" in staged.done("ann", "#app", "product show")
    assert "It is locked" in staged.done("ann", "#app", "blocker list")
    assert staged.refused("ann", "#app", "setup clear") == "There is no example in Acme app."


def test_the_example_comes_again_after_it_was_cleared(terminal: Talk) -> None:
    terminal.done("ann", "#acme", "setup example")
    terminal.done("ann", "#acme", "product vision Ours")
    terminal.done("ann", "#acme", "setup clear")
    assert "Ours" in terminal.done("ann", "#acme", "product show")
    terminal.done("ann", "#acme", "setup example")
    assert keys(terminal.say("ann", "#acme", "backlog list")) == [f"ACME-{n}" for n in range(9, 17)]
    terminal.done("ann", "#acme", "setup clear")
    assert "Ours" in terminal.done("ann", "#acme", "product show")


def test_who_may_not_set_up_fills_in_no_example(staged: Talk) -> None:
    assert staged.refused("bob", "#app", "setup example").startswith("Only the product owner")
    staged.done("ann", "#app", "setup example")
    assert staged.refused("bob", "#app", "setup clear").startswith("Only the product owner")


def test_undo_takes_back_no_example_but_what_was_done_with_it(terminal: Talk, database: Database) -> None:
    terminal.done("ann", "#acme", "setup example")
    terminal.done("ann", "#acme", "backlog start ACME-2")
    terminal.done("ann", "#acme", "undo")
    assert "nothing of yours to undo" in terminal.refused("ann", "#acme", "undo")
    assert len(Beneath(database).run("SELECT id FROM items")) == 8


# ---- from the example to a product of one's own ----


def test_what_the_example_made_for_itself_is_set_up_once_it_is_empty_again(terminal: Talk) -> None:
    line = 'setup "Acme app" key=ACME tz=Europe/Berlin po=@ann pm=@peter'
    terminal.done("ann", "#app", "setup example")
    terminal.done("ann", "#app", "backlog add Mine")
    terminal.done("ann", "#app", "undo")
    refused = terminal.say("ann", "#app", line)
    assert (refused.ok, refused.try_) == (False, "setup clear")
    terminal.done("ann", "#app", "setup clear")
    assert title(terminal.say("ann", "#app", line)).startswith("Acme app is set up in #app · items are called ACME-1")
    assert "Europe/Berlin" in terminal.done("ann", "#app", "product show")
    team = terminal.done("ann", "#app", "team list")
    assert "ann · product owner, admin" in team
    assert "peter · product manager" in team
    assert "nothing of yours to redo" in terminal.refused("ann", "#app", "redo")  # its number is given anew
    assert "ACME-1 added" in terminal.done("ann", "#app", "backlog add First")
    assert terminal.refused("ann", "#app", "setup Other key=OTH") == "This place is about Acme app (ACME)."


def test_what_the_example_made_for_itself_stays_where_something_of_ours_is_in_it(terminal: Talk) -> None:
    terminal.done("ann", "#app", "setup example")
    terminal.done("ann", "#app", "goal add Ten banks")
    terminal.done("ann", "#app", "setup clear")
    assert terminal.refused("ann", "#app", 'setup "Acme app" key=ACME') == "This place is about App (APP)."
    assert "keeps its key APP" in terminal.refused("ann", "#app", "setup key=ACME")


def test_a_product_that_was_set_up_is_not_renamed_by_setting_up_another(terminal: Talk) -> None:
    terminal.done("ann", "#app", "setup Acme key=APP")
    terminal.done("ann", "#app", "setup example")
    terminal.done("ann", "#app", "setup clear")
    no = terminal.say("ann", "#app", 'setup "Second one" key=SEC tz=Europe/Paris po=@ann channel=#sec')
    assert no.try_ == 'product new "Second one" key=SEC tz=Europe/Paris channel=#sec'
    assert "#sec is about it now" in terminal.done("ann", "#app", no.try_)
    assert "Second one" in terminal.done("ann", "#sec", "product show")
    assert "Acme" in terminal.done("ann", "#app", "product show")


def test_a_channel_of_another_product_is_turned_over_by_who_manages_that_one(terminal: Talk) -> None:
    terminal.done("ann", "#app", "setup Acme key=APP")
    terminal.done("ann", "#app", "product new Other key=OTH channel=#oth")
    terminal.done("ann", "#oth", "team role @peter pm")
    assert "#app is about Acme" in terminal.refused("peter", "#oth", "product new Third key=THI channel=#app")
    assert "#new is about it now" in terminal.done("peter", "#oth", "product new Third key=THI channel=#new")


@pytest.mark.parametrize("line", ["setup bogus=1", "product new Other bogus=1"])
def test_a_key_that_is_none_is_no_name(terminal: Talk, line: str) -> None:
    terminal.done("ann", "#app", "setup Acme key=APP")
    assert terminal.refused("ann", "#app", line).startswith("I do not know “bogus=” here; there are key=, tz=")


# ---- the list reads what is there ----


def test_what_was_taken_back_is_open_again_in_the_list(acme: Talk) -> None:
    sent(acme)
    for line in ("standup new at=09:30", "sprint new", "backlog add First"):
        acme.done("ann", "#app", line)
    [done] = sent(acme)
    assert {row.text for row in _rows(shown(done)) if row.key == "✓"} >= {"Backlog", "Stand-up", "Sprint"}
    acme.done("ann", "#app", "undo 3")
    [again] = sent(acme)
    assert {row.text for row in _rows(shown(again)) if row.key == "○"} >= {"Backlog", "Stand-up", "Sprint"}
    acme.done("ann", "#app", "backlog add Second")
    [last] = sent(acme)
    assert "Backlog" in {row.text for row in _rows(shown(last)) if row.key == "✓"}


def test_the_first_question_that_anybody_asks_is_ticked(acme: Talk) -> None:
    sent(acme)
    acme.done("bob", "#app", "ask What is the largest file?")
    [now] = sent(acme)
    assert ("✓", "First question", "asked") in [(row.key, row.text, row.detail) for row in _rows(shown(now))]
    acme.done("ann", "#app", "ask What is the smallest file?")
    assert sent(acme) == []

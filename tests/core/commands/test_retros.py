"""Retros in chat: cards, votes that are secret and limited, and cards that lead to nobody."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.lines import tick
from core.store.database import Database
from tests.core.commands.spoken import stage
from tests.core.commands.talk import Beneath, Talk, buttons, keys, lines, read, rows, slack_team, title
from tests.databases import NOW

DAY = timedelta(days=1)
CARD = "The deadline was a fiction"


@pytest.fixture
def retro(talk: Talk) -> Talk:
    """An open retro with two votes each; bob and cat are members."""
    talk.done("cat", "#app", "help")
    talk.done("ann", "#app", "retro open votes=2")
    return talk


def everything(database: Database) -> str:
    return json.dumps(rows(database), default=str)


def _lines_with(database: Database, *texts: str) -> list[str]:
    """Every row of every table that holds all of these."""
    return [row for found in rows(database).values() for row in found if all(text in str(row) for text in texts)]


# ---- cards without a name ----


def test_an_anonymous_card_typed_in_a_channel_is_refused_and_kept_nowhere(retro: Talk, database: Database) -> None:
    for n, line in enumerate(
        (
            f"retro better {CARD} anon=yes",
            f"retro better {CARD} anon=1",
            f"retro better {CARD} --anon yes",
            f"retro better {CARD} anonymous=yes",
            f"retro beter {CARD} anon=yes",
        )
    ):
        reply = retro.say("bob", "#app", line, id=f"typed{n}", kept=True)
        assert not reply.ok, line
        assert CARD not in read(reply), line
    assert CARD not in everything(database)
    assert keys(retro.say("bob", "#app", "retro show")) == []


@pytest.mark.parametrize("way", ["private", "form", "kept"])
def test_an_anonymous_card_leads_to_nobody(retro: Talk, database: Database, way: str) -> None:
    retro.done("zoe", "#app", "help")
    retro.done("zoe", "@", "backlog add Seen here today")
    [(zoe,)] = Beneath(database).run("SELECT id FROM people WHERE name = 'zoe'")
    before = {name: set(found) for name, found in rows(database).items()}
    if way == "form":
        said = retro.say("zoe", "#app", "retro better", values={"text": CARD, "anon": "yes"}, id="zoe:form")
    else:
        said = retro.say("zoe", "@", f"retro better {CARD} anon=yes", id="zoe:private", kept=way == "kept")
    assert said.ok, read(said)
    assert said.seen_by == "you"
    assert CARD not in read(said)
    fresh = {name: [row for row in found if row not in before[name]] for name, found in rows(database).items()}
    assert [name for name, found in fresh.items() if found] == ["asks", "retro_cards"]
    for row in (*fresh["asks"], *fresh["retro_cards"]):
        assert zoe not in row
        assert "zoe" not in row
    assert not _lines_with(database, CARD, zoe)
    shown = retro.say("bob", "#app", "retro show")
    assert [row.detail for row in lines(shown)] == [""]


def test_an_anonymous_card_in_slack_leaves_no_message_beside_its_author(database: Database) -> None:
    talk = slack_team(database, "T1")
    stage(talk)
    talk.done("zoe", "#app", "help")
    ask = talk.ask("zoe", "@", f"retro better {CARD} anon=yes", kept=True)
    assert talk.steward.accept(ask)
    talk.steward.work(ask)
    [(message,)] = Beneath(database).run("SELECT message FROM outbox WHERE key LIKE 'unsigned:%'")
    assert CARD not in message
    [(payload,)] = Beneath(database).run("SELECT count(*) FROM asks WHERE payload IS NOT NULL")
    assert payload == 0
    assert not _lines_with(database, CARD, "Uzoe")
    assert CARD in read(talk.say("bob", "#app", "retro show"))


def test_what_was_typed_in_a_slack_channel_is_gone_before_it_is_kept(database: Database) -> None:
    talk = slack_team(database, "T1")
    stage(talk)
    for line in (f"retro better {CARD} anon=yes", "backlog poker APP-1 13", "retro vote 1"):
        ask = talk.ask("bob", "#app", line, kept=True)
        talk.steward.accept(ask)
        [(payload,)] = Beneath(database).run("SELECT payload FROM asks WHERE payload IS NOT NULL")
        assert CARD not in payload
        assert line not in payload
        talk.steward.work(ask)
        assert CARD not in everything(database)
    assert Beneath(database).run("SELECT count(*) FROM retro_votes") == [(0,)]
    assert Beneath(database).run("SELECT count(*) FROM poker_votes") == [(0,)]


def test_the_same_anonymous_card_twice_is_one_card(retro: Talk) -> None:
    ask = retro.ask("bob", "@", f"retro better {CARD} anon=yes", kept=True)
    first, second = retro.answer(ask), retro.answer(ask)
    assert read(first) == read(second)
    assert keys(retro.say("bob", "#app", "retro show")) == ["1"]


def test_undo_of_others_leaves_an_anonymous_card(retro: Talk) -> None:
    retro.done("bob", "@", f"retro better {CARD} anon=yes")
    assert "not set-up" in retro.refused("ann", "#app", "undo")
    assert CARD in retro.done("bob", "#app", "retro show")


# ---- votes ----


def test_votes_are_limited_may_move_and_are_counted_at_the_end(retro: Talk) -> None:
    for n in range(4):
        retro.done("ann", "#app", f"retro good Card {n}")
    retro.done("bob", "@", "retro vote 1")
    assert retro.done("bob", "@", "retro vote 3").startswith("You voted for card 3; 0 votes left")
    assert retro.refused("bob", "@", "retro vote 2") == "Your 2 votes are given; take one back to move it."
    shown = retro.say("bob", "@", "retro show")
    assert "1 vote" not in read(retro.say("ann", "#app", "retro show"))
    back = next(row for row in lines(shown) if row.key == "1")
    assert back.detail == "ann · your vote"
    retro.done("bob", "@", back.buttons[0].say)
    retro.done("bob", "@", "retro vote 3")
    retro.done("cat", "@", "retro vote 3")
    assert "2 votes Card 2" in retro.done("ann", "#app", "retro close")
    assert retro.refused("bob", "@", "retro vote 2") == "No retro is open."


def test_a_vote_typed_in_a_channel_is_refused_with_the_buttons_that_take_it(retro: Talk) -> None:
    retro.done("ann", "#app", "retro good Card")
    reply = retro.say("bob", "#app", "retro vote 1")
    assert not reply.ok
    assert "Votes are secret" in reply.refused
    assert title(retro.press(reply, "Vote")) == "You voted for card 1; 1 vote left"


def test_a_button_of_an_earlier_retro_is_too_late(retro: Talk) -> None:
    retro.done("ann", "#app", "retro good Card")
    late = next(button for button in buttons(retro.say("bob", "#app", "retro show")) if button.label == "Vote")
    retro.done("ann", "#app", "retro close")
    retro.done("ann", "#app", "retro open")
    retro.done("ann", "#app", "retro good Another card")
    assert retro.refused("bob", "#app", late.say) == "That retro is over; its votes are counted."


@given(wishes=st.lists(st.tuples(st.sampled_from(["ann", "bob", "cat"]), st.integers(1, 4)), max_size=14))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_has_more_votes_than_everybody(retro: Talk, wishes: list[tuple[str, int]]) -> None:
    if "is open" not in read(retro.say("ann", "#app", "retro open votes=2")):
        retro.say("ann", "#app", "retro close")
        retro.done("ann", "#app", "retro open votes=2")
    for n in range(4):
        retro.done("ann", "#app", f"retro good Card {n}")
    given_: dict[str, set[int]] = {}
    for who, card in wishes:
        reply = retro.say(who, "@", f"retro vote {card}")
        mine = given_.setdefault(who, set())
        assert reply.ok is (card in mine or len(mine) < 2)
        if reply.ok:
            mine.add(card)
    retro.done("ann", "#app", "retro close")
    retro.done("dora", "#app", "help")
    counted = {row.key: row.detail.split(" · ")[-1] for row in lines(retro.say("dora", "#app", "retro show"))}
    for card in range(1, 5):
        count = sum(card in mine for mine in given_.values())
        assert counted[str(card)] == f"{count} vote{'' if count == 1 else 's'}"


# ---- actions ----


def test_actions_become_tasks_with_owners_and_come_first_at_the_next_retro(retro: Talk) -> None:
    assert "bob takes care" in retro.done("ann", "#app", "retro action Automate the release @bob")
    retro.done("ann", "#app", "retro action Tidy the board")
    said = retro.done("ann", "#app", "retro close")
    assert "APP-1 Automate the release · bob" in said
    assert keys(retro.say("bob", "#app", "backlog list assignee=me type=task label=retro")) == ["APP-1"]
    retro.done("bob", "#app", "backlog done APP-1")
    opened = retro.say("ann", "#app", "retro open")
    assert [row.text for row in lines(opened)] == ["APP-1 Automate the release", "APP-2 Tidy the board"]
    assert [row.key for row in lines(opened)] == ["✓", "○"]
    retro.done("ann", "#app", "retro close")
    third = retro.say("ann", "#app", "retro open")
    assert [row.text for row in lines(third)] == ["APP-1 Automate the release", "APP-2 Tidy the board"]


def test_an_action_in_quotes_loses_them_beside_who_takes_care(retro: Talk) -> None:
    assert "action: Ask twice, ann takes care" in retro.done("ann", "#app", 'retro action "Ask twice" @ann')
    assert "action: Ask “why” twice, ann takes care" in retro.done("ann", "#app", "retro action Ask “why” twice @ann")


def test_closing_is_taken_back_and_put_back_with_its_tasks(retro: Talk) -> None:
    retro.done("ann", "#app", "retro action Automate the release @bob")
    retro.done("ann", "#app", "retro close")
    assert "APP-1" in retro.done("ann", "#app", "undo")
    assert "Retro 1 · open" in retro.done("ann", "#app", "retro show")
    assert "APP-1 Automate the release: is back" in retro.done("ann", "#app", "redo")
    assert "is closed already" in retro.done("ann", "#app", "retro close")


def test_who_takes_care_of_an_action_is_not_said_twice(database: Database) -> None:
    """Names of several words come from Slack."""
    team = slack_team(database, "T1")
    team.done("ann", "#app", 'setup "Acme app" key=APP')
    ask = team.ask("ann", "#app", "retro open")
    team.answer(ask)
    for line in ("retro action Automate the release, @Uzoe", "retro action @Uzoe writes the notes"):
        team.answer(replace(team.ask("ann", "#app", line), mentions={"Uzoe": "Zoe van Dyk"}))
    closed = team.say("ann", "#app", "retro close")
    assert [row.text for row in lines(closed)] == ["Automate the release", "@Zoe van Dyk writes the notes"]
    assert all(row.detail.startswith("Zoe van Dyk · ") for row in lines(closed))
    listed = team.say("ann", "#app", "backlog list")
    assert all("Zoe van Dyk" in row.detail for row in lines(listed)), read(listed)


# ---- the end of the collecting ----

FRIDAY_NIGHT = datetime(2026, 12, 4, 23, 30, tzinfo=UTC)  # Saturday, 00:30, in Berlin
MONDAY = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)


@pytest.fixture
def until_friday(retro: Talk) -> Talk:
    retro.done("ann", "#app", "retro close")
    retro.done("ann", "#app", "retro open until=friday votes=2")
    retro.done("bob", "#app", "retro good The review went fast")
    retro.done("bob", "#app", "retro action Automate the release @cat")
    return retro


def _told(talk: Talk, at: datetime) -> list[str]:
    return [one["text"] for one in tick(talk.steward, at) if one["key"].startswith("retro:")]


def test_the_collecting_ends_by_itself_and_is_said_on_the_next_working_morning(until_friday: Talk) -> None:
    assert _told(until_friday, FRIDAY_NIGHT) == []
    why = until_friday.refused("bob", "#app", "retro good Late", at=FRIDAY_NIGHT)
    assert why == "Retro 2 took cards until 4 Dec; now they are voted on."
    [said] = _told(until_friday, MONDAY)
    assert said.startswith("Retro 2: 2 cards, and no more from now on\n1 good and 1 to do.")
    assert "The review" not in said
    assert _told(until_friday, MONDAY + DAY) == []


def test_votes_are_taken_after_the_collecting_until_it_is_closed(until_friday: Talk) -> None:
    shown = until_friday.say("bob", "#app", "retro show", at=MONDAY)
    assert title(shown) == "Retro 2 · votes only · 2 cards"
    assert {button.label for button in buttons(shown)} == {"Vote", "Close", "Show here"}
    assert until_friday.press(shown, "Vote", at=MONDAY).ok
    closed = until_friday.done("ann", "#app", "retro close", at=MONDAY)
    assert "1 vote The review went fast" in closed
    assert "APP-1 Automate the release · cat" in closed


def test_of_a_retro_that_is_closed_nothing_comes_but_of_one_that_is_open_again(until_friday: Talk) -> None:
    until_friday.done("ann", "#app", "retro close")
    assert _told(until_friday, MONDAY) == []
    until_friday.done("ann", "#app", "undo", at=MONDAY - 4 * DAY)
    assert len(_told(until_friday, MONDAY)) == 1


# ---- which sprint it is about ----


def _sprint(talk: Talk, first: str, last: str, at: datetime) -> None:
    talk.done("ann", "#app", f"sprint new from={first} to={last}", at=at)
    talk.done("ann", "#app", "sprint add APP-1", at=at)
    talk.done("ann", "#app", "sprint start", at=at)


def test_a_retro_is_about_the_sprint_that_ended_also_once_the_next_one_runs(talk: Talk) -> None:
    day = NOW.replace(hour=9)
    talk.done("ann", "#app", "backlog add CSV export", at=day)
    _sprint(talk, "2026-12-01", "2026-12-11", day)
    assert title(talk.say("ann", "#app", "retro open", at=day)) == "Retro 1 on Sprint 1 is open"
    talk.done("ann", "#app", "retro close", at=day)
    day += 10 * DAY
    talk.done("ann", "#app", "sprint close", at=day)
    _sprint(talk, "2026-12-14", "2026-12-25", day + DAY)
    talk.done("ann", "#app", "sprint close", at=day + 14 * DAY)
    _sprint(talk, "2026-12-28", "2027-01-08", day + 17 * DAY)
    assert title(talk.say("ann", "#app", "retro open", at=day + 18 * DAY)) == "Retro 2 on Sprint 2 is open"
    talk.done("ann", "#app", "retro close", at=day + 18 * DAY)
    assert title(talk.say("ann", "#app", "retro open", at=day + 18 * DAY)) == "Retro 3 on Sprint 3 is open"


def test_near_the_end_of_a_sprint_a_retro_is_about_that_one(talk: Talk) -> None:
    day = NOW.replace(hour=9)
    talk.done("ann", "#app", "backlog add CSV export", at=day)
    _sprint(talk, "2026-12-01", "2026-12-04", day)
    talk.done("ann", "#app", "sprint close", at=day + 3 * DAY)
    _sprint(talk, "2026-12-07", "2026-12-18", day + 6 * DAY)
    assert title(talk.say("ann", "#app", "retro open", at=day + 16 * DAY)) == "Retro 1 on Sprint 2 is open"


# ---- poker ----


@pytest.fixture
def poker(talk: Talk) -> Talk:
    talk.done("cat", "#app", "help")
    talk.done("ann", "#app", "backlog add CSV export")
    return talk


def test_cards_are_hidden_until_they_are_turned(poker: Talk, database: Database) -> None:
    begun = poker.say("ann", "#app", "backlog poker APP-1")
    assert begun.seen_by == "place"
    for who, label in (("ann", "3"), ("bob", "8"), ("cat", "8")):
        laid = poker.press(begun, label, who=who)
        assert laid.seen_by == "you"
    shown = poker.done("cat", "#app", "backlog poker APP-1")
    assert "3 cards lie face down" in shown
    assert "ann" not in shown
    assert "vote" not in poker.done("ann", "#app", "history")
    turned = poker.press(begun, "Turn the cards", who="bob")
    assert [(row.key, row.text) for row in lines(turned)] == [("3", "ann"), ("8", "bob and cat")]
    assert "ann, bob and cat, what do you see differently?" in read(turned)
    assert title(poker.press(turned, "Agree on 8")) == "APP-1 CSV export: agreed on 8 pts"
    assert "8 pts" in poker.done("ann", "#app", "backlog show APP-1").replace("Points: 8", "8 pts")
    assert poker.done("bob", "#app", "undo") == "Taken back: APP-1 points are empty again"


def test_a_changed_card_counts_once_and_a_late_one_not_at_all(poker: Talk) -> None:
    first = poker.say("ann", "#app", "backlog poker APP-1")
    poker.press(first, "5", who="bob")
    assert "Your card for APP-1 is 13 now, not 5. 1 card lies face down." in title(poker.press(first, "13", who="bob"))
    turned = poker.press(first, "Turn the cards")
    assert [(row.key, row.text) for row in lines(turned)] == [("13", "bob")]
    late = poker.press(first, "1", who="cat")
    assert late.refused == "The cards of APP-1 are turned already; a new round takes new ones."
    poker.press(turned, "Again")
    stale = poker.press(first, "1", who="cat")
    assert stale.refused == "That was an earlier round of APP-1; it is over. This card was not counted."
    assert "0 cards lie face down" in poker.done("cat", "#app", "backlog poker APP-1")


def test_a_card_typed_in_a_channel_is_refused_and_not_kept(poker: Talk, database: Database) -> None:
    poker.done("ann", "#app", "backlog poker APP-1")
    said = poker.refused("bob", "#app", "backlog poker APP-1 13", kept=True, id="typed")
    assert "face down" in said
    [kept] = [row for row in rows(database)["asks"] if "typed" in row]
    assert "13" not in json.dumps([*rows(database)["poker_votes"], kept])
    assert "Your card for APP-1 is 13" in poker.done("bob", "@", "backlog poker APP-1 13")
    assert poker.refused("bob", "@", "backlog poker APP-1 4").startswith("There is no such card")


def test_no_cards_cannot_be_turned_and_closed_items_are_not_played_for(poker: Talk) -> None:
    begun = poker.say("ann", "#app", "backlog poker APP-1")
    assert poker.press(begun, "Turn the cards").refused == "Nobody has laid a card for APP-1 yet."
    poker.done("ann", "#app", "backlog done APP-1")
    assert poker.refused("ann", "#app", "backlog poker APP-1") == "APP-1 is done and no longer open."

"""Digests as people set them up and get them: at their times, since the last one, for whom they are meant."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.lines import tick
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, lines, read, slack_team, title
from tests.databases import NOW

# NOW is Tuesday, 1 December 2026, 10:00 in Berlin
MONDAY = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def staged(staged: Talk) -> Talk:
    """Its stand-up is paused, on whose post a sprint digest would ride."""
    staged.done("ann", "#app", "standup pause")
    return staged


def ticked(talk: Talk, at: datetime) -> list[tuple[str, str]]:
    """To whom what digest was delivered at an instant."""
    return [(one["to"], one["text"]) for one in digests_of(talk, at)]


def digests_of(talk: Talk, at: datetime) -> list[dict[str, Any]]:
    kinds = ("sprint:", "stakeholder:", "personal:", "draft:", "now:")
    return [one for one in tick(talk.steward, at) if one["key"].startswith(kinds)]


def test_a_sprint_digest_comes_at_its_time_with_what_changed_since_the_last(staged: Talk) -> None:
    said = staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    assert "Sprint digest in #app: weekdays 09:00, Europe/Berlin · first on Wed 2 Dec 09:00" in said
    wednesday = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    [(to, text)] = ticked(staged, wednesday)
    assert to == "#app"
    assert "done APP-6 Thing 6" in text
    staged.done("bob", "#app", "backlog done APP-7", at=wednesday + HOUR)
    [(_, text)] = ticked(staged, wednesday + DAY)
    assert "done APP-7 Thing 7" in text
    assert "APP-6" not in text
    [(_, text)] = ticked(staged, wednesday + 2 * DAY)
    assert "Nothing has changed since 3 Dec." in text
    assert ticked(staged, wednesday + 2 * DAY + HOUR) == []


def test_preview_is_what_will_be_sent(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    staged.done("bob", "#app", "blocker add The bank is closed needs=@ann")
    wednesday = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    shown = staged.say("ann", "#app", "digest preview", at=wednesday)
    assert shown.seen_by == "you"
    [(_, text)] = ticked(staged, wednesday)
    assert read(shown).replace(" [Show here]", "") == text


def test_a_sprint_that_turns_at_risk_is_told_in_full(staged: Talk) -> None:
    staged.done("ann", "#app", "sprint add APP-1 APP-2 APP-3 APP-4")
    staged.done("ann", "#app", "sprint start")
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    [(_, text)] = ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))
    assert text.startswith("Thing sprint · day 2 of 10")
    assert "On track: 0 of " in text
    [(_, text)] = ticked(staged, datetime(2026, 12, 3, 8, tzinfo=UTC))  # Thursday
    assert "At risk: 0 of " in text
    assert "Waiting: 1 to accept (ann)" in text


def test_on_monday_and_thursday_a_sprint_digest_is_whole_though_nothing_changed(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    said = [ticked(staged, datetime(2026, 12, day, 8, tzinfo=UTC))[0][1] for day in (2, 3, 4, 7)]
    assert ["Nothing has changed since" in text for text in said] == [False, True, True, True]
    assert ["Waiting: 1 to accept (ann)" in text for text in said] == [False, True, False, True]


def test_who_skips_what_is_empty_skips_it_on_thursday_too(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00" empty=skip')
    ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))
    assert ticked(staged, datetime(2026, 12, 3, 8, tzinfo=UTC)) == []


def test_a_stakeholder_digest_holds_nothing_of_the_teams(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 10:00" in=#board draft=0h empty=line')
    staged.done("bob", "#app", "blocker add The bank is closed")
    staged.done("bob", "#app", "backlog done APP-7")
    [(to, text)] = ticked(staged, datetime(2026, 12, 4, 9, 0, tzinfo=UTC))
    assert to == "#board"
    assert "Thing goal" in text
    assert not re.search(r"bank|APP-|Thing \d|blocker", text)


def test_a_stakeholder_digest_tells_what_was_shipped_and_moved_and_why(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 10:00" in=#board draft=0h')
    staged.done("ann", "#app", "roadmap add SSO for banks to=2026-12-20 audience=stakeholders")
    staged.done("ann", "#app", "roadmap add Billing page audience=stakeholders")
    staged.done("ann", "#app", "roadmap add Inside job audience=team")
    staged.done("ann", "#app", "roadmap date R-5 to=2027-01-20 because=the bank asked for an audit", at=NOW + HOUR)
    staged.done("ann", "#app", "roadmap ship R-6", at=NOW + HOUR)
    [(_, text)] = ticked(staged, datetime(2026, 12, 4, 9, 0, tzinfo=UTC))
    assert "Shipped: Billing page" in text
    assert "because the bank asked for an audit" in text
    assert "Inside job" not in text


def test_progress_of_what_is_dated_is_a_change(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h')
    staged.done("ann", "#app", "roadmap add Export to=2026-12-20 audience=stakeholders")
    staged.done("ann", "#app", "roadmap link R-5 APP-2 APP-3")
    first = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    ticked(staged, first)
    staged.done("bob", "#app", "backlog start APP-2", at=first + HOUR)
    assert ticked(staged, first + DAY) == [], "nothing of it is done"
    staged.done("bob", "#app", "backlog done APP-2", at=first + DAY + HOUR)
    [(_, text)] = ticked(staged, first + 2 * DAY)
    assert "Export: 1 of 2 items, due 20 Dec" in text
    assert ticked(staged, first + 5 * DAY) == [], "it is told once"


def test_what_moves_in_the_last_minute_is_told_once_by_the_next_digest(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h empty=line')
    staged.done("ann", "#app", "roadmap add SSO for banks to=2026-12-20 audience=stakeholders")
    first = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    late = first - timedelta(seconds=30)
    staged.done("ann", "#app", "roadmap date R-5 to=2027-01-20 because=the bank is late", at=late)
    told = ["the bank is late" in text for n in range(3) for _, text in ticked(staged, first + n * DAY)]
    assert told == [False, True, False]


def test_preview_and_now_tell_what_changed_this_instant_and_the_next_digest_tells_it_once(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h empty=line')
    first = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    assert len(ticked(staged, first)) == 1
    staged.done("ann", "#app", "roadmap add Billing page audience=stakeholders", at=first + HOUR)
    staged.done("ann", "#app", "roadmap ship R-5", at=first + HOUR)
    assert "Shipped: Billing page" in read(staged.say("ann", "#app", "digest preview", at=first + HOUR))
    staged.done("ann", "#app", "digest now", at=first + HOUR)
    assert "Shipped: Billing page" in ticked(staged, first + HOUR)[0][1]
    told = ["Billing page" in text for n in (1, 2) for _, text in ticked(staged, first + n * DAY)]
    assert told == [True, False]


def test_what_a_preview_has_shown_in_the_last_minute_is_not_lost_to_the_digest_after_it(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h empty=line')
    staged.done("ann", "#app", "roadmap add Billing page audience=stakeholders")
    first = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    staged.done("ann", "#app", "roadmap ship R-5", at=first)
    assert "Shipped: Billing page" in read(staged.say("ann", "#app", "digest preview", at=first))
    told = ["Shipped: Billing page" in text for n in range(3) for _, text in ticked(staged, first + n * DAY)]
    assert told == [False, True, False]


def test_days_and_horizon_of_a_move_are_told_each_from_first_to_last(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h')
    staged.done("ann", "#app", "roadmap add SSO to=2026-12-20 horizon=next audience=stakeholders")
    staged.done("ann", "#app", "roadmap add Seats horizon=next audience=stakeholders")
    for line in ("date R-5 to=2026-12-27 because=a", "move R-5 later because=b", "date R-5 to=2027-01-20 because=c"):
        staged.done("ann", "#app", f"roadmap {line}", at=NOW + HOUR)
    for horizon in ("later", "next"):
        staged.done("ann", "#app", f"roadmap move R-6 {horizon} because=d", at=NOW + HOUR)
    [(_, text)] = ticked(staged, datetime(2026, 12, 2, 9, 0, tzinfo=UTC))
    assert "Moved: SSO: by 20 Dec → by 20 Jan 2027, next → later, because a, b and c" in text
    assert "Moved: Seats: where it was, because d" in text


def test_a_move_names_the_decision_behind_it_where_its_readers_may_read_that(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h')
    for entry in ("SSO for banks", "Seats", "Trial", "Mail"):
        staged.done("ann", "#app", f"roadmap add {entry} to=2026-12-20 audience=stakeholders")
    said = staged.done("ann", "#app", "decide record SSO can wait because=so audience=stakeholders about=R-5")
    decided = said.split()[0]
    staged.done("ann", "#app", "decide record Seats can wait because=so audience=team about=R-6")
    for number in (5, 6, 7, 8):
        staged.done("ann", "#app", f"roadmap date R-{number} to=2027-01-20 because=so it is", at=NOW + HOUR)
    [(_, text)] = ticked(staged, datetime(2026, 12, 2, 9, 0, tzinfo=UTC))
    moves = [line for line in text.splitlines() if "because so it is" in line]
    assert moves[0].endswith(f"because so it is ({decided})")
    assert "D-" not in "".join(moves[1:])
    assert moves[2].endswith("because so it is · Mail: by 20 Dec → by 20 Jan 2027, because so it is")
    assert len(moves) == 3
    staged.done("ann", "#app", "roadmap date R-5 to=2027-02-20 because=it slips again", at=NOW + 2 * DAY)
    [(_, text)] = ticked(staged, datetime(2026, 12, 4, 9, 0, tzinfo=UTC))
    assert "because it slips again" in text
    assert decided not in text, "it was behind the move before"


@pytest.fixture
def finishing(talk: Talk) -> Talk:
    """A team that has finished three items of two points a week for five weeks."""
    for n in range(1, 16):
        at = NOW - timedelta(weeks=5 - (n - 1) // 3, hours=20 * (n % 3))
        talk.done("ann", "#app", f"backlog add Old {n} points=2", at=at)
        talk.done("bob", "#app", f"backlog done APP-{n}", at=at + HOUR)
    for n in range(16, 28):
        talk.done("ann", "#app", f"backlog add New {n} points=3")
    return talk


def test_a_sprint_digest_forecasts_its_end_at_the_teams_pace(finishing: Talk) -> None:
    finishing.done("ann", "#app", "sprint new from=2026-12-01 to=2026-12-14 goal=Things")
    finishing.done("ann", "#app", "sprint add " + " ".join(f"APP-{n}" for n in range(16, 28)))
    finishing.done("ann", "#app", "sprint start")
    finishing.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    finishing.done("bob", "#app", "backlog done APP-16")
    [(_, text)] = ticked(finishing, datetime(2026, 12, 3, 8, 0, tzinfo=UTC))
    found = re.search(r"3 of 36 pts done\. At this pace 85 % sure of (\d+) by Mon 14 Dec\.", text)
    assert found, text
    by = finishing.done("ann", "#app", "sprint forecast by=2026-12-14", at=datetime(2026, 12, 3, 8, 0, tzinfo=UTC))
    sure = re.search(r"85 % sure of (\d+) item", by)
    assert sure
    assert int(found[1]) == 3 + 3 * int(sure[1]), "the items that are left have three points each"


def test_a_stakeholder_digest_says_by_when_for_sure_and_what_is_at_risk(finishing: Talk) -> None:
    finishing.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h empty=line')
    finishing.done("ann", "#app", "roadmap add Export to=2027-03-30 audience=stakeholders")
    finishing.done("ann", "#app", "roadmap link R-1 APP-16 APP-17")
    finishing.done("ann", "#app", "roadmap add Seats to=2026-12-05 audience=stakeholders")
    finishing.done("ann", "#app", "roadmap link R-2 APP-27")
    at = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    finishing.done("ann", "#app", "roadmap add Trial to=2027-01-05 audience=stakeholders")
    finishing.done("ann", "#app", "roadmap date R-3 to=2027-01-06 because=so", at=at - HOUR)
    [(_, text)] = ticked(finishing, at)
    expected = {
        "R-1": "On track: Export: 0 of 2 items, due 30 Mar 2027",
        "R-2": "At risk: Seats: 0 of 1 item, due 5 Dec",
    }
    for number, told in expected.items():
        day = re.search(r"85 % sure by (.+)", finishing.done("ann", "#app", f"sprint forecast {number}", at=at))
        assert day
        assert f"{told}, 85 % by {day[1]}" in text
    assert "On track: Trial: due 6 Jan 2027\n" in text, "without items there is nothing to forecast"
    assert text.index("At risk") < text.index("On track")


def test_a_stakeholder_digest_shows_how_the_metric_of_a_goal_goes(talk: Talk) -> None:
    talk.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=0h')
    for name, whom in (("calls", "stakeholders"), ("costs", "team")):
        talk.done("ann", "#app", f"metric define {name} better=down audience={whom}")
        for n in (1, 2):
            talk.done("ann", "#app", f"metric record {name} {40 - n} on=2026-11-0{n}")
    talk.done("ann", "#app", "goal add Less of it due=2026-12-31 audience=stakeholders")
    talk.done("ann", "#app", "goal result G-1 Costs from=41 to=25 metric=costs")
    talk.done("ann", "#app", "goal result G-1 Calls from=41 to=25 metric=calls")
    [(_, text)] = ticked(talk, datetime(2026, 12, 2, 9, 0, tzinfo=UTC))
    assert "Less of it: Costs 41 → 38, aim 25; Calls 41 → 38, aim 25 by 31 Dec" in text
    assert "Picture: calls: 38 on 2 Nov" in text
    assert "Picture: costs" not in text


@pytest.mark.parametrize("kind", ["sprint", "stakeholder"])
def test_every_button_of_a_digest_does_what_it_says(staged: Talk, kind: str) -> None:
    staged.done("ann", "#app", "sprint add APP-1 APP-2")
    staged.done("ann", "#app", "sprint start")
    staged.done("ann", "#app", f"digest new {kind} empty=line")
    shown = staged.say("ann", "#app", "digest preview")
    labels = {
        "sprint": ["What could come out?", "Forecast", "Items", "Less often"],
        "stakeholder": ["Ask", "I have a concern", "Follow something", "Less often"],
    }[kind]
    assert [button.label for button in shown.card.buttons][:4] == labels if shown.card else False
    for label in labels:
        assert staged.press(shown, label).ok, label


def test_what_could_come_out_is_taken_out_by_a_lead_with_a_reason(staged: Talk) -> None:
    staged.done("ann", "#app", "sprint add APP-1 APP-2")
    staged.done("ann", "#app", "sprint start")
    staged.done("bob", "#app", "backlog start APP-1")
    staged.done("bob", "#app", "digest new sprint empty=line")
    shown = staged.press(staged.say("bob", "#app", "digest preview"), "What could come out?")
    assert "A lead takes them out." in read(shown)
    assert "APP-1 " not in read(shown)
    shown = staged.press(staged.say("ann", "#app", "digest preview"), "What could come out?")
    form = staged.press(shown, buttons(shown)[0].label)
    gone = staged.fill(form, "ann", "#app", {"because": "it does not fit"})
    assert "taken out of Thing sprint because it does not fit" in read(gone)


def test_its_owner_sees_a_draft_and_adds_two_sentences_or_it_goes_as_it_is(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 14:00" in=#board draft=4h empty=line')
    friday = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
    [(to, text)] = ticked(staged, friday)
    assert (to, text.splitlines()[0]) == ("@ann", "Draft · Acme app for stakeholders · 1 Dec – 4 Dec")
    assert "This goes to #board at 14:00. No click means it goes on time." in text
    staged.done("ann", "@", "digest note Export is nearly there.", at=friday + HOUR)
    [(to, text)] = ticked(staged, friday + 4 * HOUR)
    assert to == "#board"
    assert "“Export is nearly there.” — ann" in text
    [_, (to, text)] = [*ticked(staged, friday + 7 * DAY), *ticked(staged, friday + 7 * DAY + 4 * HOUR)]
    assert to == "#board"
    assert "nearly" not in text


def test_a_draft_that_waited_for_its_owners_hours_says_when_the_digest_goes(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 10:00" in=#board draft=2h empty=line')
    [(to, text)] = ticked(staged, datetime(2026, 12, 4, 8, 0, tzinfo=UTC))  # 09:00, when ann's day begins
    assert to == "@ann"
    assert "This goes to #board at 10:00." in text


def test_a_draft_comes_days_before_a_digest_that_comes_every_day(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 10:00" in=#board draft=2d empty=line')
    came = [*ticked(staged, datetime(2026, 12, 2, 9, 0, tzinfo=UTC))]
    assert [to for to, _ in came] == ["@ann", "#board"]


def test_no_draft_comes_once_the_digest_has_gone(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 09:00" in=#board draft=2h empty=line')
    assert [to for to, _ in ticked(staged, datetime(2026, 12, 4, 8, 0, tzinfo=UTC))] == ["#board"]


def test_in_private_a_digest_is_ones_own_and_a_kind_names_one(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 10:00" in=#board')
    staged.done("bob", "#app", "digest new sprint")
    assert "stakeholder digest: Export is" in staged.done("ann", "@", "digest note Export is nearly there.")
    assert "sprint digest: Soon." in staged.done("ann", "@", "digest note sprint Soon.")
    assert "stakeholder digest: Sprint 8" in staged.done("ann", "@", "digest note Sprint 8 is over.")


def test_a_hold_and_a_note_without_a_number_are_for_the_draft_that_was_shown(staged: Talk) -> None:
    """`staged` has no digest yet."""
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 14:00" in=#board draft=4h empty=line')
    staged.done("ann", "#app", 'digest new stakeholder at="every monday 14:00" in=#sales draft=4h empty=line')
    staged.done("ann", "@", "digest new personal")
    friday = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
    assert any("Draft" in text for _, text in ticked(staged, friday))
    for where in ("@", "#app", "#board"):
        staged.done("ann", where, "digest note Export shipped.", at=friday + HOUR)
        assert "of Fri 4 Dec 14:00" in staged.done("ann", where, "digest hold", at=friday + HOUR)
        assert "Stakeholder digest in #board goes" in staged.done("ann", where, "digest hold off", at=friday + HOUR)
    assert "“Export shipped.”" in next(text for to, text in ticked(staged, friday + 4 * HOUR) if to == "#board")
    assert "Which digest?" in staged.refused("ann", "@", "digest hold", at=friday + 5 * HOUR)


def test_without_a_draft_a_hold_is_for_the_stakeholder_digest_that_one_may_change(staged: Talk) -> None:
    staged.done("bob", "#app", 'digest new sprint at="weekdays 09:00"')
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 14:00" in=#board draft=4h')
    staged.done("ann", "@", "digest new personal")
    for where in ("@", "#app"):
        assert "Held: the stakeholder digest" in staged.done("ann", where, "digest hold")
    assert "Held: the sprint digest" in staged.done("bob", "#app", "digest hold"), "the other one is not his"
    assert "for ann" in staged.done("ann", "@", "digest preview"), "which holds nothing"
    staged.done("ann", "@", "digest remove 2")
    assert "next sprint digest: Soon." in staged.done("ann", "@", "digest note Soon.")


def test_where_it_is_open_which_digest_is_meant_the_buttons_keep_the_words(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 14:00" in=#board')
    staged.done("ann", "#app", 'digest new stakeholder at="every friday 14:00" in=#sales')
    asked = staged.say("ann", "#app", "digest note Export shipped.")
    assert (asked.ok, asked.try_) == (False, "digest note 1 Export shipped.")
    assert title(staged.press(asked, "Stakeholder digest in #sales")) == (
        "On top of the next stakeholder digest: Export shipped."
    )
    asked = staged.say("ann", "#app", "digest hold off")
    assert [button.say for button in buttons(asked)] == ["digest hold 1 off", "digest hold 2 off"]


def test_what_is_held_does_not_go_out_and_the_one_after_it_does(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    held = staged.say("ann", "#app", "digest hold")
    assert title(held) == "Held: the sprint digest of Wed 2 Dec 09:00 does not go out"
    assert ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC)) == []
    assert len(ticked(staged, datetime(2026, 12, 3, 8, tzinfo=UTC))) == 1
    history = staged.say("ann", "#app", "digest history", at=datetime(2026, 12, 3, 9, tzinfo=UTC))
    assert [(row.key, row.text, row.detail) for row in lines(history)] == [
        ("Thu 3 Dec 09:00", "sent", ""), ("Wed 2 Dec 09:00", "skipped", "held"),
    ]  # fmt: skip


def test_what_is_held_may_go_out_after_all(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    staged.press(staged.say("ann", "#app", "digest hold"), "Let it go out")
    assert len(ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))) == 1


def test_now_sends_one_and_leaves_the_schedule_as_it_was(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    before = read(staged.say("ann", "#app", "digest preview", at=datetime(2026, 12, 2, 8, tzinfo=UTC)))
    staged.done("ann", "#app", "digest now", at=NOW + HOUR)
    [(to, text)] = ticked(staged, NOW + HOUR)
    assert to == "#app"
    assert "done APP-6" in text
    [(_, again)] = ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))
    assert again == before.replace(" [Show here]", "")


def test_nothing_comes_while_it_is_paused(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    staged.done("ann", "#app", "digest pause")
    assert ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC)) == []
    said = staged.done("ann", "#app", "digest resume", at=datetime(2026, 12, 2, 12, tzinfo=UTC))
    assert said.startswith("Sprint digest in #app goes on, next Thu 3 Dec 09:00")
    assert len(ticked(staged, datetime(2026, 12, 3, 8, tzinfo=UTC))) == 1


def test_two_digests_of_a_channel_are_one_post_a_day(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    said = staged.done("ann", "#app", 'digest new stakeholder at="every day 09:30" draft=0h empty=line')
    assert "One post a day: where it meets the sprint digest, it stands in that one's thread." in said
    ticked(staged, NOW + HOUR)
    first = digests_of(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))
    second = digests_of(staged, datetime(2026, 12, 2, 8, 30, tzinfo=UTC))
    assert [one["thread"] for one in (*first, *second)] == ["", first[0]["key"]]
    listed = staged.done("ann", "#app", "digest list", at=datetime(2026, 12, 2, 9, tzinfo=UTC))
    assert "This channel today: 1 of 1 post (sprint digest), besides stakeholder digest" in listed


def test_a_personal_digest_tells_what_others_did_and_is_hidden_when_empty(staged: Talk) -> None:
    staged.done("ann", "#app", "standup pause")
    said = staged.done("bob", "#app", "digest new personal")
    assert said.startswith("Personal digest for bob: every day 09:00, Europe/Berlin · first on Wed 2 Dec 09:00")
    staged.done("ann", "#app", "backlog assign APP-2 @bob")
    [(to, text)] = ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC))
    assert to == "@bob"
    assert "APP-2 Thing 2 · ann gave it to you" in text
    assert ticked(staged, datetime(2026, 12, 3, 8, tzinfo=UTC)) == []
    history = staged.say("bob", "@", "digest history", at=datetime(2026, 12, 3, 9, tzinfo=UTC))
    assert [(row.text, row.detail) for row in lines(history)] == [("skipped", "nothing changed"), ("sent", "")]


def test_nobody_gets_a_personal_digest_on_a_holiday_or_while_away(staged: Talk) -> None:
    staged.done("ann", "#app", "standup pause")
    staged.done("bob", "#app", "digest new personal")
    staged.done("bob", "@", "team away me 2026-12-02..2026-12-04")
    staged.done("ann", "#app", "backlog assign APP-2 @bob")
    for day in (2, 3, 4, 5, 6):
        assert ticked(staged, datetime(2026, 12, day, 8, tzinfo=UTC)) == []
    assert len(ticked(staged, MONDAY)) == 1


def test_who_is_no_longer_a_member_gets_nothing_of_the_teams(staged: Talk) -> None:
    staged.done("bob", "#app", "digest new personal")
    staged.done("ann", "#app", "backlog assign APP-2 @bob")
    staged.done("ann", "#app", "team role @bob viewer")
    assert ticked(staged, datetime(2026, 12, 2, 8, tzinfo=UTC)) == []


def test_another_persons_own_digest_is_theirs_alone(staged: Talk) -> None:
    staged.done("bob", "#app", "digest new personal")
    assert "0 digests" in staged.done("ann", "#app", "digest list")
    staged.refused("ann", "#app", "digest preview 1")


def test_a_second_digest_of_its_kind_in_a_place_changes_the_first(staged: Talk) -> None:
    staged.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    said = staged.done("ann", "#app", 'digest new sprint at="mondays 10:00"')
    assert said.startswith("Sprint digest in #app now: mondays 10:00, Europe/Berlin · first on Mon 7 Dec 10:00")
    assert "1 digest" in staged.done("ann", "#app", "digest list")


def test_of_several_it_is_asked_which(staged: Talk) -> None:
    staged.done("ann", "#app", "digest new sprint in=#one")
    staged.done("ann", "#app", "digest new sprint in=#two")
    asked = staged.say("ann", "#app", "digest pause")
    assert asked.refused == "Which digest? There are 1 (sprint digest in #one) and 2 (sprint digest in #two)."
    assert len(buttons(asked)) == 2
    assert "#two is paused" in title(staged.press(asked, "Sprint digest in #two"))
    staged.done("ann", "#two", "digest resume")


def test_only_its_owner_or_a_lead_changes_a_digest(staged: Talk) -> None:
    staged.done("ann", "#app", "digest new sprint")
    for verb in ("pause", "hold", "note Hello", "remove", "now"):
        said = staged.refused("bob", "#app", f"digest {verb}")
        assert said == "Only its owner, ann, or a lead may do that."
    staged.done("bob", "#app", "digest preview")


def test_who_wants_no_digests_gets_none_and_that_is_their_own_affair(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @vi viewer")
    staged.done("ann", "#app", 'digest new stakeholder at="weekdays 11:00" for=@ann,@vi draft=0h empty=line')
    staged.done("vi", "#app", "mute digest")
    later = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
    assert [to for to, _ in ticked(staged, later)] == ["@ann"]
    staged.done("ann", "#app", "digest now", at=later + HOUR)
    assert [to for to, _ in ticked(staged, later + HOUR)] == ["@ann"]
    told = lines(staged.say("ann", "#app", "digest history", at=later + 2 * HOUR))
    assert next(row.text for row in told if row.detail == "to vi") == "skipped"
    assert not any("muted" in row.detail for row in told)
    assert sorted(row.text for row in told if "asked for" in row.detail) == ["sent", "skipped"]


def test_a_reader_gets_a_stakeholder_digest_in_their_own_hours(staged: Talk) -> None:
    staged.done("ann", "#app", "standup pause")
    staged.done("ann", "#app", "team hours me 09:00-17:30 tz=Asia/Tokyo country=JP")
    staged.done("ann", "#app", 'digest new stakeholder at="every day 02:30" tz=UTC for=@ann draft=0h empty=line')
    [(to, _)] = ticked(staged, datetime(2026, 12, 2, 2, 30, tzinfo=UTC))  # 11:30 in Tokyo
    assert to == "@ann"
    staged.done("ann", "#app", 'digest new stakeholder at="every day 20:30" tz=UTC for=@ann draft=0h empty=line')
    assert ticked(staged, datetime(2026, 12, 2, 20, 30, tzinfo=UTC)) == []  # 05:30


def test_in_slack_the_teams_digests_stay_in_the_teams_channels(database: Database) -> None:
    slack = slack_team(database, "T1")
    slack.done("ann", "#app", "setup App key=APP")
    said = slack.refused("ann", "#app", "digest new sprint in=#Cboard")
    assert said == "#board is no channel of App, and only the team reads a sprint digest."
    slack.done("ann", "#app", "digest new stakeholder in=#Cboard")
    slack.done("ann", "#app", "digest new sprint")


@pytest.mark.parametrize("line", ["digest pause", "digest preview", "digest history", "digest now", "digest remove"])
def test_without_a_digest_the_next_step_is_named(staged: Talk, line: str) -> None:
    assert staged.refused("ann", "#app", line) == "No digest is set up yet."


def test_what_came_overnight_heads_a_personal_digest_and_is_said_once(staged: Talk) -> None:
    staged.done("bob", "#app", "digest new personal")
    tick(staged.steward, NOW + 5 * HOUR / 60)
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    staged.done("ann", "#app", "backlog assign APP-2 @bob", at=night)
    staged.done("ann", "#app", "backlog comment APP-2 Can you look?", at=night)
    staged.done("ann", "#app", "backlog comment APP-3 And here, @bob?", at=night)
    morning = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
    shown = read(staged.say("bob", "@", "digest preview", at=morning))
    came = [
        one["text"] for n in range(4) for one in tick(staged.steward, morning + n * HOUR / 12) if one["to"] == "@bob"
    ]
    assert came == [shown]
    assert "For you\nAPP-2 Thing 2 · ann gave it to you\nAPP-3 Thing 3 · ann: “And here, @bob?”" in shown
    assert shown.count("ann gave it to you") == 2, "APP-2 above, and APP-7 before"
    assert "APP-2 Thing 2 · ann left a comment\n" in shown


def test_a_personal_digest_in_a_prompt_does_not_say_again_what_the_prompt_says(staged: Talk) -> None:
    staged.done("ann", "#app", "standup resume")
    staged.done("bob", "#app", "standup join Daily")
    staged.done("bob", "#app", "digest new personal")
    tick(staged.steward, NOW)
    for number in (1, 2, 3):
        staged.done("ann", "#app", f"backlog assign APP-{number} @bob")
    staged.done("ann", "#app", "backlog edit APP-1 due=2026-12-02")
    staged.done("ann", "#app", "backlog edit APP-2 due=2026-12-03")
    tick(staged.steward, NOW + HOUR)
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    staged.done("ann", "#app", "backlog comment APP-3 So it is", at=night)
    staged.done("ann", "#app", "blocker add The key is missing needs=@bob", at=night)
    [prompt] = [
        one["text"] for one in tick(staged.steward, datetime(2026, 12, 2, 8, 30, tzinfo=UTC)) if one["to"] == "@bob"
    ]
    said = ("The key is missing", "APP-1 Thing 1", "due 3 Dec", "comment")
    assert {text: prompt.count(text) for text in said} == {**dict.fromkeys(said, 1), "APP-1 Thing 1": 2}, prompt


def test_a_personal_digest_rides_in_the_stand_up_prompt(staged: Talk) -> None:
    staged.done("ann", "#app", "standup resume")
    staged.done("bob", "#app", "digest new personal")
    staged.done("ann", "#app", "backlog assign APP-2 @bob", at=NOW + HOUR)
    staged.done("bob", "#app", "standup join Daily")
    came = [one for hours in (0, 1) for one in tick(staged.steward, MONDAY - 5 * DAY + hours * HOUR)]
    [text] = [one["text"] for one in came if one["text"].startswith("Good morning bob")]
    assert "APP-2 Thing 2 · ann gave it to you" in text
    history = staged.say("bob", "#app", "digest history personal", at=MONDAY - 5 * DAY + 2 * HOUR)
    assert [row.detail for row in lines(history)] == ["it rides in the stand-up prompt"]


# ---- on the stand-up's post ----

THURSDAY = datetime(2026, 12, 3, tzinfo=UTC)


def posts(talk: Talk, first: datetime, last: datetime, begins: str = "Daily stand-up") -> list[str]:
    """What came to #app between two instants, ticked every five minutes, and begins so."""
    came = []
    while first <= last:
        came += [one["text"] for one in tick(talk.steward, first) if one["to"] == "#app"]
        first += timedelta(minutes=5)
    return [text for text in came if text.startswith(begins)]


@pytest.fixture
def riding(staged: Talk) -> Talk:
    """The stand-up asks at 09:30 in Berlin again, and closes two hours later."""
    staged.done("ann", "#app", "standup resume")
    return staged


def test_a_sprint_digest_rides_on_the_post_that_the_first_answer_opens(riding: Talk) -> None:
    riding.done("ann", "#app", 'digest new sprint at="thursdays 09:00"')
    assert posts(riding, THURSDAY + 8 * HOUR, THURSDAY + 8.5 * HOUR) == []
    riding.done("bob", "#app", "standup answer Things go on", at=THURSDAY + 8.6 * HOUR)
    [post] = posts(riding, THURSDAY + 8.6 * HOUR, THURSDAY + 8.7 * HOUR)
    assert "1 of 2 answered" in post
    assert "done APP-6 Thing 6" in post
    assert "1 to accept (ann)" in post


def test_on_thursday_a_post_carries_the_whole_sprint_digest_though_nothing_changed(riding: Talk) -> None:
    riding.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    said = []
    for day in range(3):
        at = THURSDAY + (day - 1) * DAY
        posts(riding, at + 8 * HOUR, at + 8.5 * HOUR)
        riding.done("bob", "#app", "standup answer Things go on", at=at + 8.6 * HOUR)
        said += posts(riding, at + 8.6 * HOUR, at + 8.7 * HOUR)
    assert ["1 to accept (ann)" in post for post in said] == [False, True, False]
    assert ["Nothing has changed since" in post for post in said] == [False, True, False]


def test_a_sprint_digest_joins_the_post_that_stands_already(riding: Talk) -> None:
    riding.done("ann", "#app", 'digest new sprint at="thursdays 10:00"')
    riding.done("bob", "#app", "standup answer Things go on", at=THURSDAY + 8.6 * HOUR)
    [before] = posts(riding, THURSDAY + 8.6 * HOUR, THURSDAY + 8.9 * HOUR)
    assert "1 to accept (ann)" not in before
    [after] = posts(riding, THURSDAY + 9 * HOUR, THURSDAY + 9.3 * HOUR)
    assert "1 of 2 answered" in after
    assert "1 to accept (ann)" in after
    told = riding.say("ann", "#app", "digest history", at=THURSDAY + 10 * HOUR)
    assert [row.detail for row in lines(told)] == ["in the stand-up's post"]


@pytest.mark.parametrize("meanwhile", ["", "standup pause", "standup remove"])
def test_a_digest_that_waits_for_a_post_comes_by_itself_where_there_is_none(riding: Talk, meanwhile: str) -> None:
    riding.done("ann", "#app", 'digest new sprint at="thursdays 09:00"')
    assert posts(riding, THURSDAY + 8 * HOUR, THURSDAY + 8.3 * HOUR, "") == []
    if meanwhile:
        riding.done("ann", "#app", meanwhile, at=THURSDAY + 8.4 * HOUR)
    [post] = posts(riding, THURSDAY + 8.5 * HOUR, THURSDAY + 16 * HOUR, "")
    assert "0 of 2 answered" not in post
    assert "1 to accept (ann)" in post
    told = riding.say("ann", "#app", "digest history", at=THURSDAY + 16 * HOUR)
    assert [row.text for row in lines(told)] == ["sent"]


def test_a_digest_is_said_once_whatever_becomes_of_the_stand_up_that_took_it_up(riding: Talk) -> None:
    riding.done("ann", "#app", 'digest new sprint at="thursdays 09:00"')
    posts(riding, THURSDAY + 8 * HOUR, THURSDAY + 8.5 * HOUR)
    riding.done("bob", "#app", "standup answer Things go on", at=THURSDAY + 8.6 * HOUR)
    [post] = posts(riding, THURSDAY + 8.6 * HOUR, THURSDAY + 8.7 * HOUR)
    assert "1 to accept (ann)" in post
    riding.done("ann", "#app", "standup pause", at=THURSDAY + 9 * HOUR)
    later = posts(riding, THURSDAY + 9 * HOUR, THURSDAY + 16 * HOUR, "")
    assert [text for text in later if not text.startswith("Daily stand-up")] == []


def test_preview_shows_what_rides_on_the_post_of_the_day(riding: Talk) -> None:
    said = riding.done("ann", "#app", 'digest new sprint at="thursdays 09:00"')
    assert "It rides on the post of Daily stand-up, in full on Monday, Thursday and whenever" in said
    shown = read(riding.say("ann", "#app", "digest preview", at=THURSDAY + 8 * HOUR))
    assert shown.startswith("On the post of Daily stand-up, Thu 3 Dec")
    posts(riding, THURSDAY + 8 * HOUR, THURSDAY + 8.5 * HOUR)
    riding.done("bob", "#app", "standup answer Things go on", at=THURSDAY + 8.6 * HOUR)
    [post] = posts(riding, THURSDAY + 8.6 * HOUR, THURSDAY + 8.7 * HOUR)
    rows = [line for line in shown.splitlines()[1:] if "[Show here]" not in line]
    assert rows
    assert all(row in post for row in rows)


def test_on_other_days_the_preview_says_that_the_post_says_it_all(riding: Talk) -> None:
    riding.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    posts(riding, THURSDAY + 8 * HOUR, THURSDAY + 12 * HOUR)
    friday = THURSDAY + DAY + 8 * HOUR
    assert "Today it is short" in read(riding.say("ann", "#app", "digest preview", at=friday))


def test_a_viewer_sees_the_digest_that_comes_to_them_and_no_other(talk: Talk) -> None:
    talk.done("ann", "#app", 'digest new stakeholder at="every friday 16:00" in=#board')
    talk.done("ann", "#app", 'digest new sprint at="weekdays 09:00"')
    talk.done("ann", "#app", "team role @vi viewer")
    there = talk.say("vi", "#board", "digest list")
    assert "Stakeholder digest in #board" in read(there)
    assert "Sprint digest" not in read(there)
    assert {button.label for button in buttons(there)} <= {"Show here"}
    assert "Stakeholder digest" not in talk.done("vi", "#app", "digest list")

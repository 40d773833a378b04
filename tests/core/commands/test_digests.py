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

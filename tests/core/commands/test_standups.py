"""A stand-up day, from the first prompt to the last answer, as seven people in three zones meet it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot import unasked
from bot.lines import tick
from core.chat.ask import Place, Platform
from core.chat.card import plain
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Refuses, Sent
from core.store.database import Database
from tests.core.commands.mornings import at, heard
from tests.core.commands.talk import Talk, buttons, lines, read, slack_team


def test_everybody_is_asked_once_at_their_own_time(team: Talk) -> None:
    assert heard(team, at("04:59")) == {}
    assert list(heard(team, at("05:01"))) == ["@ravi"]
    assert heard(team, at("05:02")) == {}
    assert list(heard(team, at("06:01"))) == ["@ravi"], "who has not answered is reminded"
    assert set(heard(team, at("09:31"))) == {"@ann", "@tom"}


def test_who_was_asked_late_is_reminded_late(team: Talk) -> None:
    assert list(heard(team, at("06:30"))) == ["@ravi"]
    assert heard(team, at("07:29")) == {}
    [text] = heard(team, at("07:31"))["@ravi"]
    assert text.startswith("Daily stand-up is still waiting for you, ravi.")


def test_the_first_answer_opens_the_post_and_later_ones_stand_in_its_thread(team: Talk) -> None:
    heard(team, at("05:01"))
    values = {"yesterday": "imports", "today": "audit log", "blockers": "staging key\nnone"}
    team.say("ravi", "@", "standup answer Daily", values=values, at=at("05:10"))
    post, answer = heard(team, at("05:11"))["#app"]
    assert post.startswith("Daily stand-up · Tue 3 Nov · 1 of 3 answered")
    assert "B-1 staging key · ravi, new → nobody yet [I'll take it]" in post
    assert answer == "ravi\nDone imports\nToday audit log\nBlocked staging key\nnone"
    prompts = heard(team, at("09:31"))
    assert "ravi is blocked: B-1 staging key" in prompts["@ann"][0]
    team.say("ann", "#app", "standup answer Daily today=roadmap", at=at("09:40"))
    again = heard(team, at("09:41"))["#app"]
    assert any(text.startswith("Daily stand-up · Tue 3 Nov · 2 of 3 answered") for text in again)


def test_the_post_says_how_the_sprint_goes(team: Talk) -> None:
    team.done("ann", "#app", "backlog edit APP-1 points=5", at=at("12:00", 2))
    team.done("ann", "#app", "sprint new Spring from=2026-11-02 to=2026-11-13", at=at("12:00", 2))
    team.done("ann", "#app", "sprint add APP-1", at=at("12:00", 2))
    team.done("ann", "#app", "sprint start", at=at("12:01", 2))
    team.say("ann", "@", "standup answer today=things", at=at("09:40"))
    assert any("Spring, day 2 of 10 · 0 of 5 pts done · on track" in text for text in heard(team, at("09:41"))["#app"])


def test_nobody_is_reminded_once_the_day_is_closed(team: Talk) -> None:
    heard(team, at("09:31"))
    assert "@tom" not in heard(team, at("11:45"))


def test_a_reminder_goes_to_who_is_missing_alone(team: Talk) -> None:
    heard(team, at("05:01"))
    heard(team, at("06:01"))
    heard(team, at("09:31"))
    team.say("ann", "@", "standup answer today=things", at=at("09:40"))
    heard(team, at("09:41"))
    assert list(heard(team, at("10:31"))) == ["@tom"]


def test_the_day_closes_two_hours_after_the_last_ones_time_and_names_the_missing(team: Talk) -> None:
    heard(team, at("09:31"))
    team.say("ann", "@", "standup answer today=things", at=at("09:40"))
    heard(team, at("10:31"))
    [closed] = heard(team, at("11:31"))["#app"]
    assert "no answer from ravi and tom" in closed
    assert "Closed 11:30." in closed


def test_nobody_on_holiday_or_away_is_asked_and_away_is_not_missed(team: Talk) -> None:
    team.done("tom", "#app", "team away me 2026-11-03..2026-11-05", at=at("12:00", 2))
    heard(team, at("12:00", 2))
    assert set(heard(team, at("09:31"))) == {"@ravi", "@ann"}
    team.say("ann", "@", "standup answer today=things", at=at("09:40"))
    text = next(text for text in heard(team, at("09:41"))["#app"] if "answered" in text)
    assert "1 of 2 answered" in text
    assert "tom away until Thu 5 Nov" in text
    rows = team.say("ann", "#app", "standup report Daily", at=at("12:00", 6))
    assert "tom · 0 · 0 · 3 · 0" in read(rows)


def test_an_answer_changed_changes_its_place_in_the_thread_and_its_blockers(team: Talk) -> None:
    team.say("ann", "@", "standup answer today=a blockers=the key is missing", at=at("09:40"))
    heard(team, at("09:41"))
    changed = team.say("ann", "@", "standup answer blockers=none", at=at("09:50"))
    assert read(changed).startswith("Your answer is changed")
    texts = heard(team, at("09:51"))["#app"]
    assert "ann\nToday a" in texts
    assert not any("the key is missing" in text for text in texts)
    assert read(team.say("tom", "#app", "blocker list", at=at("09:52"))).startswith("Nothing blocks")


def test_an_answer_for_tomorrow_waits_for_its_day(team: Talk) -> None:
    team.say("ravi", "@", "standup answer for=tomorrow today=more", at=at("14:00"))
    assert "#app" not in heard(team, at("14:01"))
    morning = heard(team, at("05:01", 4))
    assert "@ravi" not in morning
    assert morning["#app"][0].startswith("Daily stand-up · Wed 4 Nov · 1 of 3 answered")


def test_what_is_written_back_to_a_prompt_is_the_answer(team: Talk) -> None:
    heard(team, at("05:01"))
    said = team.say("ravi", "@", "Yesterday: imports\nToday: audit log\nBlockers: none", at=at("05:05"))
    assert read(said).startswith("Thank you. Your answer is in the thread in #app")
    assert "ravi\nDone imports\nToday audit log" in heard(team, at("05:06"))["#app"]
    assert read(team.say("ravi", "@", "thanks a lot", at=at("05:07"))) == "You are welcome."


def test_a_slip_of_a_command_in_private_is_no_answer(team: Talk) -> None:
    heard(team, at("05:01"))
    assert not team.say("ravi", "@", "backlg list", at=at("05:05")).ok
    assert not team.say("ravi", "@", "backlog lst now", at=at("05:05")).ok


def test_yesterdays_plan_is_filled_in_and_one_tap_goes_on_with_it(team: Talk) -> None:
    team.say("tom", "@", "standup answer yesterday=a today=the audit log", at=at("09:40"))
    heard(team, at("09:41"))
    told = heard(team, at("09:31", 4))
    prompt = told["@tom"][0]
    assert "Yesterday you planned: the audit log" in prompt
    form = team.say("tom", "@", "standup answer Daily", at=at("09:32", 4)).form
    assert form is not None
    assert {field.name: field.value for field in form.fields} == {
        "yesterday": "the audit log",
        "today": "",
        "blockers": "",
    }
    team.say("tom", "@", "standup answer Daily same=yes", at=at("09:33", 4))
    assert "tom\nDone the audit log\nToday the audit log" in heard(team, at("09:34", 4))["#app"]


def test_an_old_plan_has_its_date_and_what_is_late_stands_apart_from_what_is_due(team: Talk) -> None:
    team.done("ann", "#app", "backlog add Export assignee=@tom due=2026-11-09", at=at("12:00"))
    team.done("ann", "#app", "backlog add Import assignee=@tom due=2026-11-10", at=at("12:00"))
    team.say("tom", "@", "standup answer today=the audit log", at=at("12:01"))
    assert "On Tuesday you planned: the audit log" in read(team.say("tom", "#app", "standup try", at=at("09:00", 9)))
    shown = read(team.say("tom", "#app", "standup try", at=at("09:00", 10)))
    assert "On 3 Nov you planned: the audit log" in shown
    assert "Late: APP-2 Export (since 9 Nov)\nDue today: APP-3 Import\n" in shown


def test_several_blockers_of_an_answer_stand_until_they_are_cleared(team: Talk) -> None:
    one = read(team.say("tom", "@", "standup answer today=a blockers=key", at=at("09:40")))
    assert "B-1 key stands until it is cleared." in one
    two = read(team.say("tom", "@", "standup answer today=a", values={"blockers": "key\nlegal"}, at=at("09:41")))
    assert "B-1 key and B-2 legal stand until they are cleared." in two


def test_later_asks_again_and_no_reminder_comes_besides(team: Talk) -> None:
    heard(team, at("05:01"))
    heard(team, at("06:01"))
    heard(team, at("09:31"))
    assert read(team.say("tom", "@", "standup later 20m", at=at("09:35"))) == "I will ask again at 09:55"
    assert list(heard(team, at("09:56"))) == ["@tom"]
    assert list(heard(team, at("10:31"))) == ["@ann"]


def test_who_skips_is_shown_as_skipping(team: Talk) -> None:
    team.say("ann", "@", "standup answer today=a", at=at("09:40"))
    heard(team, at("09:41"))
    team.say("tom", "@", "standup skip", at=at("09:42"))
    assert any("tom skips" in text for text in heard(team, at("09:43"))["#app"])


def test_a_pause_asks_nobody_and_a_join_is_asked_from_the_next_time(team: Talk) -> None:
    team.done("ann", "#app", "standup pause", at=at("12:00", 2))
    assert heard(team, at("09:31")) == {}
    team.done("ann", "#app", "standup resume", at=at("12:00"))
    team.done("mira", "#app", "standup join Daily", at=at("12:01"))
    assert "@mira" in heard(team, at("09:31", 4))
    team.done("mira", "#app", "standup leave Daily", at=at("12:01", 4))
    assert "@mira" not in heard(team, at("09:31", 5))


def test_a_member_who_moves_is_asked_at_their_new_time(team: Talk) -> None:
    team.done("tom", "#app", "team hours me 09:00-17:00 tz=America/New_York", at=at("12:00", 2))
    assert "@tom" not in heard(team, at("09:31"))
    assert "@tom" in heard(team, at("15:31"))


def test_an_answer_taken_back_leaves_the_post_without_it(team: Talk) -> None:
    team.say("ann", "@", "standup answer today=a", at=at("09:40"))
    heard(team, at("09:41"))
    team.done("ann", "@", "undo", at=at("09:42"))
    assert any("0 of 3 answered" in text for text in heard(team, at("09:43"))["#app"])


def test_questions_of_ones_own_are_asked_and_answered(team: Talk) -> None:
    line = "standup new Weekly days=fri at=10:00 with=me ask=What moved? | What is at risk? | What blocks you?"
    team.done("ann", "#app", line, at=at("12:00"))
    form = team.say("ann", "@", "standup answer Weekly", at=at("10:05", 6)).form
    assert form is not None
    assert [field.label for field in form.fields] == ["What moved?", "What is at risk?", "What blocks you?"]
    team.say("ann", "@", form.submit, values={"q1": "SSO", "q2": "nothing", "blockers": ""}, at=at("10:06", 6))
    assert "ann\nWhat moved? SSO\nWhat is at risk? nothing" in heard(team, at("10:07", 6))["#app"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("standup answer Own yesterday=a today=b blockers=none", {}),
        ("standup answer Own", {"yesterday": "a", "today": "b", "blockers": "none"}),
        ("standup answer Own Yesterday: a\nToday: b\nBlockers: none", {}),
    ],
)
def test_the_usual_names_answer_the_own_questions_that_say_the_same(
    team: Talk, line: str, values: dict[str, str]
) -> None:
    made = 'standup new Own at=09:30 with=me ask="Mood?|Blockers?|Today?|Yesterday?"'
    team.done("ann", "#app", made, at=at("12:00", 2))
    heard(team, at("09:31"))
    team.done("ann", "@", line, values=values, at=at("09:40"))
    form = team.say("ann", "@", "standup answer Own", at=at("09:41")).form
    assert form is not None
    assert [field.value for field in form.fields] == ["", "none", "b", "a"]


def test_the_usual_names_answer_other_questions_in_their_places_and_what_has_none_is_refused(team: Talk) -> None:
    team.done("ann", "#app", 'standup new Own at=09:30 with=me ask="What moved?|What is at risk?"', at=at("12:00", 2))
    line = "standup answer Own yesterday=a"
    why = team.refused("ann", "@", f"{line} blockers=key", at=at("09:40"))
    assert why == ("Own stand-up has no question for blockers. It asks q1 (“What moved?”) and q2 (“What is at risk?”).")
    better = team.say("ann", "@", f"{line} blockers=key", at=at("09:40")).try_
    assert better == "standup answer Own q1=a q2=key"
    team.done("ann", "@", better, at=at("09:41"))
    assert "no question for q3" in team.refused("ann", "@", "standup answer Own q3=more", at=at("09:42"))
    empty = team.say("ann", "@", "standup answer Own q1=", at=at("09:43", 4))
    assert empty.try_ == 'standup answer Own q2="the audit log"'
    team.done("ann", "@", empty.try_, at=at("09:44", 4))


def test_who_was_not_asked_has_missed_nothing(team: Talk) -> None:
    for day in (3, 4, 5):
        heard(team, at("09:31", day))
        if day == 3:
            team.done("ann", "#app", "standup pause", at=at("12:00", 3))
        if day == 4:
            team.done("ann", "#app", "standup resume", at=at("12:00", 4))
            team.done("mira", "#app", "standup join Daily", at=at("12:01", 4))
    shown = read(team.say("ann", "#app", "standup report Daily", at=at("12:00", 6)))
    assert "tom · 0 · 0 · 0 · 2" in shown
    assert "mira · 0 · 0 · 0 · 1" in shown


def test_a_stand_up_that_is_there_is_changed_by_its_owner_or_a_lead_alone(team: Talk) -> None:
    said = team.done("ann", "#app", "standup new daily at=10:00 days=mon,wed", at=at("12:00"))
    assert said == "Daily stand-up is changed: 10:00 each person's own time, Mon and Wed, in #app"
    assert "may change" in team.refused("tom", "#app", "standup new Daily at=11:00", at=at("12:01"))
    assert "is there already" in team.refused("ann", "#app", "standup new Daily", at=at("12:02"))


def test_the_prompt_can_be_tried_and_leaves_nothing_behind(team: Talk) -> None:
    shown = team.say("tom", "#app", "standup try", at=at("08:00"))
    assert read(shown).startswith("Good morning tom. Daily stand-up is open.")
    assert [button.label for button in buttons(shown)][:2] == ["Answer", "I'm blocked …"]
    assert lines(team.say("ann", "#app", "standup list", at=at("08:01")))[0].detail.endswith("3 people")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("standup new X at=25:00", "at wants a time of day"),
        ("standup new X days=someday", "days wants days of the week"),
        ("standup new X remind=soon", "remind wants a time"),
        ("standup answer for=saturday today=x", "is not on Saturdays"),
        ("standup answer today=" + "x" * 2001, "holds 2000 characters"),
        ("standup join Weekly", "no stand-up called"),
        ("standup later 30m 30m", "no stand-up called"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(team: Talk, line: str, why: str) -> None:
    assert why in team.refused("ann", "#app", line, at=at("12:00") + timedelta(minutes=1))


def test_who_is_named_for_a_stand_up_may_answer_it_member_or_not(talk: Talk) -> None:
    monday = at("12:00", 2)
    talk.done("ann", "#app", "backlog add CSV export", at=monday)
    talk.done("ann", "#app", "standup new Daily with=@ann,@mira", at=monday)
    assert "@mira" in heard(talk, at("09:31"))
    talk.done("mira", "@", "Talked to the banks, writing it up today", at=at("09:35"))
    assert any("Talked to the banks" in text for text in heard(talk, at("09:36"))["#app"])
    talk.done("mira", "@", "blocker add The bank does not call back", at=at("09:37"))
    talk.done("mira", "@", "team away me tomorrow", at=at("09:38"))
    assert talk.refused("mira", "@", "team away @ann tomorrow", at=at("09:38")).startswith("Only members")
    assert talk.refused("mira", "@", "backlog add Mine", at=at("09:39")).startswith("Only members")
    talk.done("mira", "@", "standup leave Daily", at=at("09:40"))
    assert talk.refused("mira", "@", "standup answer Daily today=x", at=at("09:41")).startswith("Only members")


def test_what_happened_while_somebody_slept_and_who_waits_for_them_heads_their_prompt(team: Talk) -> None:
    evening = at("19:00", 2)
    team.done("tom", "#app", "backlog comment APP-1 The index is missing", at=evening)
    team.done("tom", "#app", "backlog comment APP-1 And Windows fails", at=evening)
    team.done("tom", "#app", "blocker add No test account needs=@ravi", at=evening)
    team.done("tom", "#app", "question add Does it keep deletions? on=APP-1 to=@ravi", at=evening)
    prompt = next(text for text in heard(team, at("05:01"))["@ravi"] if "is open" in text)
    assert prompt.splitlines()[:6] == [
        "Good morning ravi. Daily stand-up is open.",
        "While you slept: tom left 2 comments on APP-1.",
        "Waiting for you",
        "B-1 No test account · tom, day 2 → nobody yet, needs ravi [I'll take it]",
        "Q-1 Does it keep deletions? · tom asks about APP-1 CSV export [Answer …]",
        "What did you do since last time? What will you do today? What blocks you?",
    ]


def test_a_second_prompt_of_a_day_tells_only_what_came_since_the_first(team: Talk) -> None:
    team.done("ann", "#app", "standup new Evening at=17:00 ask=What did you finish?", at=at("12:00", 2))
    team.done("ann", "#app", "blocker add No test account", at=at("18:00", 2))
    assert "While you slept: ann is blocked: B-1 No test account." in heard(team, at("09:31"))["@tom"][0]
    team.done("ann", "#app", "backlog add Import assignee=@tom", at=at("11:00"))
    team.done("ann", "#app", "backlog comment APP-2 Mind the encoding", at=at("11:01"))
    evening = next(text for text in heard(team, at("17:01"))["@tom"] if "Evening" in text)
    assert "Since 09:31: ann left 1 comment on APP-2." in evening
    assert "While you slept" not in evening
    assert "is blocked" not in evening


def test_three_stand_ups_a_day_are_two_messages_to_a_person_and_one_post_with_one_thread(team: Talk) -> None:
    monday = at("12:00", 2)
    for line in ("Noon at=13:00 ask=What changed?", "Evening at=17:00 ask=What did you finish? | What blocks you?"):
        team.done("ann", "#app", f"standup new {line} with=@ann,@tom", at=monday)
    heard(team, monday)
    told: list[dict[str, str]] = []

    def hear(clock: str) -> None:
        told.extend(tick(team.steward, at(clock)))

    hear("09:31")
    team.done("tom", "@", "I write the export", at=at("09:40"))
    hear("09:41")
    hear("13:01")
    assert team.say("tom", "@", "standup answer", at=at("13:05")).form is not None, "the one they were asked for last"
    team.done("tom", "@", "Nothing changed", at=at("13:06"))
    hear("13:07")
    hear("17:01")
    team.done("tom", "@", "It is finished", at=at("17:05"))
    hear("17:06")
    hear("19:01")
    mine = [one for one in told if one["to"] in ("@tom", "Dtom")]
    assert [one["text"].splitlines()[0] for one in mine] == [
        "Good morning tom. Daily stand-up is open.",
        "Good afternoon tom. Noon stand-up is open.",
        "Good afternoon tom. Evening stand-up is open.",
    ]
    assert len({one["key"] for one in mine}) == 2, "the third stands in the place of the second"
    posts = {one["key"]: one for one in told if one["to"] == "#app"}
    [top] = [key for key, one in posts.items() if not one["thread"]]
    assert posts[top]["text"].startswith("Daily stand-up"), "one post a day"
    assert {one["thread"] for one in posts.values()} == {"", top}, "and one thread beneath it"
    answers = [one["text"] for one in posts.values() if one["text"].startswith("tom\n")]
    assert answers == [
        "tom\nToday I write the export",
        "tom\nWhat changed? Nothing changed",
        "tom\nWhat did you finish? It is finished",
    ]
    assert any(one["text"].startswith("Evening stand-up · Tue 3 Nov · 1 of 2 answered") for one in posts.values())


def test_an_answer_after_the_close_leaves_it_closed(team: Talk) -> None:
    team.say("ann", "@", "standup answer today=a", at=at("09:40"))
    heard(team, at("11:31"))
    team.say("tom", "@", "standup answer today=late", at=at("12:10"))
    post = next(text for text in heard(team, at("12:11"))["#app"] if "answered" in text)
    assert "2 of 3 answered" in post
    assert "no answer from ravi" in post
    assert "Closed 11:30, updated 12:10." in post


def test_labels_within_one_line_are_read_too(team: Talk) -> None:
    heard(team, at("05:01"))
    team.say("ravi", "@", "Yesterday: imports. Today: the audit log; Blockers: none", at=at("05:05"))
    assert "ravi\nDone imports.\nToday the audit log" in heard(team, at("05:06"))["#app"]


def test_a_channel_whose_name_is_not_known_is_called_the_channel(talk: Talk) -> None:
    """Teams does not always tell it."""
    begins = talk.ask("ann", "#app", "standup new", at=at("12:00", 2))
    assert "Mon–Fri, in the channel" in read(talk.answer(replace(begins, place=Place("app"))))
    said = talk.done("ann", "@", "standup answer today=things", at=at("09:40"))
    assert said.startswith("Thank you. Your answer is in the thread in the channel")


OUT_OF_REACH = "I cannot write to mira in private. They can write to me there once, or press Answer"


def test_who_cannot_be_reached_is_named_on_the_first_day_alone(database: Database) -> None:
    slack = _in_slack(database)
    said = slack.done("ann", "#app", "standup new Daily with=@Uann,@Umira", at=at("12:00", 2))
    assert "I cannot write to" not in said, "nobody has refused us yet"
    sent(slack, at("09:31"), refusing="mira")
    slack.done("ann", "@", "standup answer today=things", at=at("09:40"))
    assert f"{OUT_OF_REACH} here." in sent(slack, at("09:41"))[0]
    slack.done("ann", "@", "standup answer today=more", at=at("09:40", 4))
    assert "I cannot write to" not in sent(slack, at("09:41", 4))[0]


def test_who_has_refused_us_is_named_when_a_stand_up_begins_until_they_write_again(database: Database) -> None:
    slack = _in_slack(database)
    slack.done("ann", "#app", "standup new Daily with=@Uann,@Umira", at=at("12:00", 2))
    sent(slack, at("09:31"), refusing="mira")
    line = "standup new Evening at=17:00 with=@Uann,@Umira"
    assert f"{OUT_OF_REACH} on the post of the day." in slack.done("ann", "#app", line, at=at("10:00"))
    slack.done("ann", "#app", "standup new Evening with=@Uann", at=at("10:01"))
    assert OUT_OF_REACH in slack.done("ann", "#app", line, at=at("10:02")), "also where it is changed"
    slack.done("mira", "#app", "help", at=at("10:03"))
    assert OUT_OF_REACH in slack.done("ann", "#app", line, at=at("10:04")), "a channel is not their own chat"
    slack.done("mira", "@", "standup answer Daily today=the export", at=at("10:05"))
    assert "I cannot write to" not in slack.done("ann", "#app", line, at=at("10:06"))
    posts = [text for text in sent(slack, at("10:07")) if "answered" in text]
    assert posts
    assert not any("I cannot write to" in text for text in posts)


def _in_slack(database: Database) -> Talk:
    """ann's product, in a team of Slack; in a terminal nobody is out of reach."""
    slack = slack_team(database, "T1")
    slack.done("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin', at=at("11:00", 2))
    return slack


def sent(slack: Talk, now: datetime, refusing: str = "") -> list[str]:
    """Send what is due; one person refuses us. What came to channels."""
    while unasked.step(slack.database, lambda: now):
        pass
    said: list[str] = []
    while True:
        with slack.database.transaction(write=True, now=now) as db:
            due = leases.lease(db, platforms=frozenset({Platform.SLACK}), reconcile=outbox.LEASE)
            for one in due:
                theirs = one.place.private and one.only_for is not None and one.only_for.name == refusing
                came = Came(one, Refuses("they have blocked me") if theirs else Sent(one.mark), now)
                assert leases.record(db, [came], reconcile=outbox.LEASE)
                if one.reply.card is not None and not one.place.private:
                    said.append(plain(one.reply.card))
        if not due:
            return said
        now += timedelta(seconds=5)


def test_an_answer_in_plain_sentences_is_read_in_its_parts(team: Talk) -> None:
    heard(team, at("09:31"))
    team.done(
        "tom",
        "@",
        "Yesterday export. Today the audit log, then reminders. Blocked by the bank's sandbox",
        at=at("09:40"),
    )
    post = "\n".join(heard(team, at("09:41"))["#app"])
    assert "tom\nDone export.\nToday the audit log, then reminders.\nBlocked the bank's sandbox" in post
    team.done("ann", "@", "yesterday roadmap, today reviews, no blockers", at=at("09:42"))
    assert "ann\nDone roadmap\nToday reviews" in "\n".join(heard(team, at("09:43"))["#app"])


@pytest.mark.parametrize(
    ("word", "said"),
    [("skip", "Daily stand-up, Tuesday: you skip it"), ("later", "I will ask again at"), ("away today", "tom is away")],
)
def test_a_word_does_what_a_button_of_the_prompt_does(team: Talk, word: str, said: str) -> None:
    heard(team, at("09:31"))
    assert team.done("tom", "@", word, at=at("09:40")).startswith(said)


def test_what_is_said_after_an_answer_is_offered_to_be_added_to_it(team: Talk) -> None:
    heard(team, at("05:01"))
    team.done("ravi", "@", "Today: the audit log\nBlocked: no staging", at=at("05:05"))
    said = team.say("ravi", "@", "also I will look at the export", at=at("05:20"))
    assert not said.ok
    added = team.press(said, "Add to my stand-up answer", at=at("05:21"))
    assert read(added).startswith("Your answer is changed")
    post = heard(team, at("05:22"))["#app"][-1]
    assert "Today the audit log\nalso I will look at the export" in post
    assert "no staging" in post
    asked = team.say("eve", "@", "also I will look at the export", at=at("05:20"))
    assert "Add to my stand-up answer" not in [button.label for button in buttons(asked)]

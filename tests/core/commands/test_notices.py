"""Notices: who hears of what, together, in their hours, and nobody of what they did or muted themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.lines import tick
from tests.core.commands.talk import Talk
from tests.databases import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def ticked(talk: Talk, at: datetime) -> list[tuple[str, str]]:
    return [(one["to"], one["text"]) for one in tick(talk.steward, at) if one["key"].startswith("notice:")]


@pytest.fixture
def quiet(staged: Talk) -> Talk:
    """The stage, after whatever it gave rise to has been said."""
    ticked(staged, NOW + 5 * MINUTE)
    return staged


LATER = NOW + HOUR


def test_who_is_given_an_item_hears_of_it_within_two_minutes(quiet: Talk) -> None:
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=LATER)
    assert ticked(quiet, LATER + MINUTE) == []
    [(to, text)] = ticked(quiet, LATER + 2 * MINUTE)
    assert to == "@bob"
    assert "APP-2 Thing 2 · ann gave it to you" in text


def test_a_burst_is_one_message(quiet: Talk) -> None:
    quiet.done("bob", "#app", "watch APP-1", at=LATER)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=LATER)
    quiet.done("ann", "#app", "backlog comment APP-3 Can you look, @bob?", at=LATER + 10 * MINUTE / 60)
    quiet.done("ann", "#app", "backlog edit APP-1 points=8", at=LATER + MINUTE)
    [(to, text)] = ticked(quiet, LATER + 5 * MINUTE)
    assert to == "@bob"
    assert text.splitlines()[0] == "3 things for you"
    assert "APP-3 Thing 3 · ann: “Can you look, @bob?”" in text
    assert "APP-1 Thing 1 · ann: 8 points" in text
    assert ticked(quiet, LATER + HOUR) == []


def test_of_many_things_what_names_somebody_stands_first_and_is_not_left_out(quiet: Talk) -> None:
    quiet.done("bob", "#app", "watch all", at=LATER)
    quiet.done("bob", "#app", "watch APP-4", at=LATER)
    for number in (1, 2, 3, 5, 6, 7, 8):
        quiet.done("ann", "#app", f"backlog edit APP-{number} points=40", at=LATER)
    quiet.done("ann", "#app", "roadmap date R-1 to=2027-03-31 because=so", at=LATER)
    quiet.done("ann", "#app", "backlog assign APP-4 @bob", at=LATER)
    for points in (41, 42, 43, 44):
        quiet.done("ann", "#app", f"backlog edit APP-4 points={points}", at=LATER)
    [(_, text)] = ticked(quiet, LATER + 3 * MINUTE)
    said = text.splitlines()
    assert said[0] == "9 things for you, 1 more are in mine"
    assert said[1] == "APP-4 Thing 4 · ann gave it to you · ann: 43 points · ann: 44 points"


def test_what_happened_at_night_is_said_once_however_much_it_is(quiet: Talk) -> None:
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    quiet.done("bob", "#app", "team hours me 10:00-17:30", at=night)
    for number in range(1, 9):
        quiet.done("ann", "#app", f"backlog comment APP-{number} Look, @bob", at=night)
    quiet.done("ann", "#app", "roadmap date R-1 to=2027-03-31 because=so", at=night)
    quiet.done("bob", "#app", "watch R-2", at=night)
    quiet.done("ann", "#app", "roadmap date R-2 to=2027-04-30 because=so", at=night)
    morning = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)  # 10:00, when bob's hours begin
    instants = [morning + day * DAY + n * 2 * MINUTE for day in (0, 1) for n in range(3)]
    came = [one["text"] for at in instants for one in tick(quiet.steward, at) if one["to"] == "@bob"]
    assert came[0].startswith("Good morning bob.")
    assert came[0].count("“Look") == 8
    assert sum(text.count("“Look") for text in came) == 8
    assert [text.count("until 30 Apr 2027, because so") for text in came].count(1) == 1
    assert "until 30 Apr" not in came[0]


def test_nobody_hears_of_what_they_did_themselves_or_muted(quiet: Talk) -> None:
    quiet.done("bob", "#app", "watch APP-1", at=LATER)
    quiet.done("bob", "#app", "backlog assign APP-1 @bob", at=LATER)
    quiet.done("bob", "#app", "mute watch", at=LATER)
    quiet.done("bob", "#app", "mute assignment", at=LATER)
    quiet.done("ann", "#app", "backlog edit APP-1 points=8", at=LATER)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=LATER)
    assert ticked(quiet, LATER + 5 * MINUTE) == []


@pytest.mark.parametrize("word", ["assignment", "assignments", "Assignments", "mentions", "what I follow", "metrics"])
def test_unmute_reads_a_kind_as_mute_does(quiet: Talk, word: str) -> None:
    assert quiet.done("bob", "#app", f"unmute {word}", at=LATER).startswith("You had not muted ")
    quiet.done("bob", "#app", f"mute {word}", at=LATER)
    assert quiet.done("bob", "#app", f"unmute {word}", at=LATER).startswith("You hear again of ")
    assert quiet.done("bob", "#app", "unmute", at=LATER) == "You have muted nothing here."


def test_what_was_taken_back_meanwhile_is_not_told(quiet: Talk) -> None:
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=LATER)
    quiet.done("ann", "#app", "undo", at=LATER + MINUTE)
    assert ticked(quiet, LATER + 5 * MINUTE) == []


def test_what_happens_at_night_is_one_message_in_the_morning(quiet: Talk) -> None:
    quiet.done("ann", "#app", "standup pause", at=LATER)
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=night)
    quiet.done("ann", "#app", "backlog assign APP-3 @bob", at=night + 3 * HOUR)
    assert ticked(quiet, datetime(2026, 12, 2, 7, 59, tzinfo=UTC)) == []
    [(_, text)] = ticked(quiet, datetime(2026, 12, 2, 8, 0, tzinfo=UTC))
    assert text.startswith("2 things for you")


def test_what_happens_at_night_heads_the_next_prompt(quiet: Talk) -> None:
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=night)
    quiet.done("ann", "#app", "backlog comment APP-3 Can you look, @bob?", at=night)
    assert ticked(quiet, datetime(2026, 12, 2, 8, 0, tzinfo=UTC)) == []
    [prompt] = [
        one["text"] for one in tick(quiet.steward, datetime(2026, 12, 2, 8, 30, tzinfo=UTC)) if one["to"] == "@bob"
    ]
    assert prompt.splitlines()[1:4] == [
        "For you", "APP-2 Thing 2 · ann gave it to you", "APP-3 Thing 3 · ann: “Can you look, @bob?”",
    ]  # fmt: skip
    assert ticked(quiet, datetime(2026, 12, 2, 9, 0, tzinfo=UTC)) == [], "it was said"


def test_what_happens_at_night_comes_by_itself_where_no_prompt_does(quiet: Talk) -> None:
    night = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
    quiet.done("bob", "#app", "standup answer Things go on for=tomorrow", at=night)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=night)
    assert ticked(quiet, datetime(2026, 12, 2, 8, 30, tzinfo=UTC)) == []
    [(to, _)] = ticked(quiet, datetime(2026, 12, 2, 8, 32, tzinfo=UTC))
    assert to == "@bob"


def test_a_blocker_tells_who_is_needed_and_an_answer_who_asked(quiet: Talk) -> None:
    quiet.done("ann", "#app", "blocker add The key is missing needs=@bob", at=LATER)
    asked = quiet.done("bob", "#app", "question add Who pays?", at=LATER).split()[0]
    quiet.done("ann", "#app", f"question answer {asked} The bank", at=LATER)
    [(to, text)] = ticked(quiet, LATER + 2 * MINUTE)
    assert to == "@bob"
    assert "The key is missing · ann is blocked and needs you" in text
    assert "Who pays? · ann answered: “The bank”" in text


def test_the_answer_to_what_stops_production_is_told_at_once(quiet: Talk) -> None:
    asked = quiet.done("bob", "#app", "question add Who may delete? urgent=yes", at=LATER).split()[0]
    quiet.done("ann", "#app", f"question answer {asked} Owners only", at=LATER)
    told = [text for to, text in ticked(quiet, LATER) if to == "@bob"]
    assert len(told) == 1
    assert f"ann answered: {asked}" in told[0]


def test_a_blocker_that_was_cleared_meanwhile_is_not_told(quiet: Talk) -> None:
    name = quiet.done("ann", "#app", "blocker add The key is missing needs=@bob", at=LATER).split()[0]
    quiet.done("ann", "#app", f"blocker clear {name}", at=LATER + MINUTE)
    assert ticked(quiet, LATER + 3 * MINUTE) == []


def test_beyond_the_budget_what_may_wait_waits_and_an_assignment_does_not(quiet: Talk) -> None:
    quiet.done("bob", "#app", "watch APP-1", at=LATER)
    for n, points in enumerate((1, 2, 3)):
        quiet.done("ann", "#app", f"backlog edit APP-1 points={points}", at=LATER + n * HOUR)
        ticked(quiet, LATER + n * HOUR + 3 * MINUTE)
    quiet.done("ann", "#app", "backlog assign APP-2 @bob", at=LATER + 3 * HOUR)
    [(_, text)] = ticked(quiet, LATER + 3 * HOUR + 3 * MINUTE)
    assert "APP-2" in text
    [(_, text)] = ticked(quiet, datetime(2026, 12, 2, 8, 0, tzinfo=UTC))
    assert "3 points" in text


def test_a_viewer_hears_of_what_they_may_read_alone(quiet: Talk) -> None:
    quiet.done("ann", "#app", "roadmap add SSO audience=stakeholders horizon=next", at=LATER)
    quiet.done("ann", "#app", "roadmap add Secret audience=stakeholders horizon=next", at=LATER)
    quiet.done("ann", "#app", "team role @vi viewer", at=LATER)
    quiet.done("vi", "#app", "watch all", at=LATER)
    quiet.done("ann", "#app", "backlog edit APP-1 points=8", at=LATER)
    quiet.done("ann", "#app", "roadmap move R-2 now because=The bank asked", at=LATER)
    delivered = ticked(quiet, LATER + 5 * MINUTE)
    text = "\n".join(said for to, said in delivered if to == "@vi")
    assert "APP-" not in text
    assert "now in “now”" in text


def test_who_is_given_work_hears_of_it_and_not_what_it_says_before_they_are_of_the_team(quiet: Talk) -> None:
    quiet.done("ann", "#app", "backlog add Buy the rival assignee=@nora", at=LATER)
    quiet.done("ann", "#app", "blocker add The vault is shut needs=@nora", at=LATER)
    [(to, text)] = ticked(quiet, LATER + 5 * MINUTE)
    assert to == "@nora"
    assert "ann gave it to you" in text
    assert "ann is blocked and needs you" in text
    assert "a lead can let you in" in text
    assert "rival" not in text
    assert "vault" not in text
    quiet.done("ann", "#app", "team role @nora member", at=LATER + HOUR)
    quiet.done("ann", "#app", "backlog add Sell it again assignee=@nora", at=LATER + HOUR)
    [(_, text)] = ticked(quiet, LATER + HOUR + 5 * MINUTE)
    assert "Sell it again" in text


def test_what_is_followed_is_told_beneath_the_stakeholder_digest_without_a_post(quiet: Talk) -> None:
    line = 'digest new stakeholder at="every day 11:00" in=#board draft=0h empty=line'
    quiet.done("ann", "#app", line, at=LATER - 10 * MINUTE)
    quiet.done("vi", "#app", "watch R-1", at=LATER)
    quiet.done("vi", "#app", "watch APP-1", at=LATER)
    [digest] = [one for one in tick(quiet.steward, LATER + 5 * MINUTE) if one["to"] == "#board"]
    later = LATER + HOUR
    quiet.done("ann", "#app", "roadmap move R-1 later because=The bank asked", at=later)
    quiet.done("ann", "#app", "backlog edit APP-1 points=8", at=later + MINUTE)
    [beneath] = [one for one in tick(quiet.steward, later + 5 * MINUTE) if one["to"] == "#board"]
    assert beneath["thread"] == digest["key"]
    assert "R-1" in beneath["text"]
    assert "APP-1" not in beneath["text"]

"""Metrics that somebody is asked for: when their hours begin, once, and only for what is not recorded yet."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.lines import tick
from tests.core.commands.talk import Talk, buttons, lines, read
from tests.databases import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
FRIDAY = MONDAY + 4 * DAY


@pytest.fixture
def asked(talk: Talk) -> Talk:
    """Bob is asked for Activation every Monday."""
    talk.done("ann", "#app", "metric define Activation unit=% ask=@bob every=monday")
    talk.done("ann", "#app", "metric record activation 38 on=2026-11-26")
    return talk


def asks(talk: Talk, *instants: datetime) -> list[tuple[str, str]]:
    """To whom, and what, of each request for values that went out by these instants, one after the other."""
    return [
        (one["to"], one["text"])
        for at in instants
        for one in tick(talk.steward, at)
        if one["key"].startswith("metric:")
    ]  # fmt: skip


def first_line(talk: Talk, *instants: datetime) -> list[str]:
    return [text.splitlines()[0] for _, text in asks(talk, *instants)]


def test_whoever_is_asked_gets_one_message_when_their_hours_begin(asked: Talk) -> None:
    assert asks(asked, MONDAY - timedelta(minutes=1)) == []
    [(to, text)] = asks(asked, MONDAY)
    assert to == "@bob"
    assert text.splitlines()[:2] == ["What is Activation this week?", "Last 38 % on 26 Nov."]
    assert "[Record it] [Mute metrics]" in text
    assert asks(asked, MONDAY + HOUR, MONDAY + DAY, FRIDAY) == [], "once a week"
    assert first_line(asked, MONDAY + 7 * DAY) == ["What is Activation this week?"]


def test_it_comes_by_their_own_hours_and_zone(asked: Talk) -> None:
    asked.done("ann", "#app", "team hours @bob 10:30-18:00 tz=Asia/Kolkata")
    assert asks(asked, MONDAY - 3 * HOUR - timedelta(minutes=1)) == []
    assert len(asks(asked, MONDAY - 3 * HOUR)) == 1


def test_what_is_recorded_by_then_is_not_asked_for(asked: Talk) -> None:
    asked.done("bob", "#app", "metric record activation 41", at=MONDAY - HOUR)
    assert asks(asked, MONDAY, MONDAY + DAY) == []


def test_a_value_of_the_week_before_answers_only_for_its_own(asked: Talk) -> None:
    asked.done("bob", "#app", "metric record activation 41", at=MONDAY - 2 * DAY)
    assert len(asks(asked, MONDAY)) == 1


def test_a_value_of_the_same_week_answers_what_is_asked_on_friday(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define activation every=friday")
    asked.done("bob", "#app", "metric record activation 41", at=MONDAY + 2 * DAY)
    assert asks(asked, MONDAY, FRIDAY) == []
    assert len(asks(asked, FRIDAY + 7 * DAY)) == 1


def test_a_day_off_moves_it_to_the_next_working_day(asked: Talk) -> None:
    asked.done("bob", "#app", "team away me 2026-12-07 to 2026-12-08")
    assert asks(asked, MONDAY, MONDAY + DAY) == []
    assert len(asks(asked, MONDAY + 2 * DAY, MONDAY + 3 * DAY)) == 1


def test_after_days_off_what_is_asked_daily_comes_once(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define activation every=day")
    asked.done("bob", "#app", "team away me 2026-12-03 to 2026-12-08")
    days = [NOW + n * DAY for n in range(1, 8)]
    assert [len(asks(asked, datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC))) for day in days] == [
        1, 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert len(asks(asked, MONDAY + 2 * DAY)) == 1
    assert asks(asked, MONDAY + 2 * DAY + HOUR) == []


def test_the_first_of_a_month_on_a_weekend_is_asked_for_on_the_next_working_day(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define activation every=month")
    asked.done("bob", "#app", "metric record activation 41")
    weekend = datetime(2027, 5, 1, 7, 0, tzinfo=UTC)  # a Saturday
    assert first_line(asked, weekend, weekend + 2 * DAY, weekend + 3 * DAY) == ["What is Activation this month?"]


def test_several_metrics_are_one_message_with_a_form_for_each(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define MRR unit=€ ask=@bob every=weekday", at=MONDAY - HOUR)
    asked.done("ann", "#app", "metric define NPS ask=@bob every=friday", at=MONDAY - HOUR)
    [(_, text)] = asks(asked, MONDAY)
    assert text.splitlines() == [
        "2 metrics to record",
        "Activation · this week · last 38 % on 26 Nov [Record]",
        "MRR · today · no value yet [Record]",
        "[Mute metrics]",
    ]
    asked.done("bob", "#app", "metric record activation 41", at=MONDAY)
    asked.done("bob", "#app", "metric record mrr 900", at=MONDAY)
    assert first_line(asked, MONDAY + DAY) == ["What is MRR today?"]


def test_what_nobody_has_recorded_stands_in_the_next_message(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define NPS ask=@bob every=wednesday", at=MONDAY - HOUR)
    assert first_line(asked, MONDAY, MONDAY + DAY) == ["What is Activation this week?"]
    assert first_line(asked, MONDAY + 2 * DAY) == ["2 metrics to record"]


def test_mine_shows_what_is_to_be_recorded_and_its_form_settles_it(asked: Talk) -> None:
    asks(asked, MONDAY)
    waits = asked.say("bob", "@", "mine", at=MONDAY + HOUR)
    assert [(row.text, row.detail) for row in lines(waits)] == [("Activation", "this week · last 38 % on 26 Nov")]
    form = asked.press(waits, "Record", at=MONDAY + HOUR).form
    assert form is not None
    assert [field.label for field in form.fields][:1] == ["Activation in %"]
    asked.done("bob", "@", form.submit, values={"new-value": "41", "on": "2026-12-07"}, at=MONDAY + HOUR)
    assert "Nothing waits" in asked.done("bob", "@", "mine", at=MONDAY + HOUR)
    assert "Record" not in {button.label for button in buttons(asked.say("ann", "#app", "mine", at=MONDAY + HOUR))}


def test_a_viewer_is_asked_without_what_only_the_team_reads(asked: Talk) -> None:
    asked.done("vi", "@", "help")
    asked.done("ann", "#app", "metric define activation ask=@vi")
    [(to, text)] = asks(asked, MONDAY)
    assert (to, "38" in text) == ("Dvi", False)
    waits = read(asked.say("vi", "@", "mine", at=MONDAY))
    assert "Activation · this week [Record]" in waits
    assert asked.done("vi", "@", "metric record activation 41", at=MONDAY) == "Activation: 41 %"
    assert asked.done("vi", "@", "metric record activation 41 on=2026-11-26", at=MONDAY) == "Activation on 26 Nov: 41 %"
    assert asks(asked, MONDAY + DAY) == []


# ---- a number that is written back ----


@pytest.mark.parametrize("said", ["41", "41 %", "41.5"])
def test_a_bare_number_records_the_one_metric_that_waits(asked: Talk, said: str) -> None:
    asks(asked, MONDAY)
    assert asked.done("bob", "@", said, at=MONDAY + HOUR).startswith(f"Activation: {said.removesuffix(' %')} %")
    assert not asked.say("bob", "@", said, at=MONDAY + HOUR).ok, "it is recorded"


def test_of_several_metrics_the_one_that_a_number_is_for_is_asked_for(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define Churn unit=% ask=@bob every=monday")
    asks(asked, MONDAY)
    reply = asked.say("bob", "@", "2.5", at=MONDAY + HOUR)
    assert (reply.ok, reply.refused) == (False, "2 things wait for an answer of yours. Which one is this?")
    assert reply.try_ == "metric record activation 2.5"
    assert read(asked.press(reply, "Churn", at=MONDAY + HOUR)).startswith("Churn: 2.5 %")


@pytest.mark.parametrize("said", ["ann", "vi"])
def test_a_number_of_who_is_asked_for_nothing_is_no_value(asked: Talk, said: str) -> None:
    asks(asked, MONDAY)
    assert not asked.say(said, "@", "41", at=MONDAY + HOUR).ok
    assert not asked.say("bob", "#app", "41", at=MONDAY + HOUR).ok, "a channel is no reply"


# ---- what ends it ----


@pytest.mark.parametrize(
    "line",
    [
        "metric define activation every=friday",
        "metric define activation ask=",
        "mute metric",
        "mute all",
    ],
)
def test_another_day_nobody_to_ask_or_a_mute_stops_it(asked: Talk, line: str) -> None:
    asked.done("bob" if line.startswith("mute") else "ann", "#app", line)
    assert asks(asked, MONDAY, MONDAY + DAY) == []


def test_somebody_else_is_asked_from_then_on_also_where_it_waits_for_a_day_off(asked: Talk) -> None:
    asked.done("bob", "#app", "team away me 2026-12-07")
    assert asks(asked, MONDAY) == []
    asked.done("ann", "#app", "metric define activation ask=me", at=MONDAY + HOUR)
    assert asks(asked, MONDAY + DAY) == [], "bob is back, and it is no longer his"
    assert [to for to, _ in asks(asked, MONDAY + 7 * DAY)] == ["@ann"]


def test_an_undo_of_the_definition_stops_it_and_a_redo_begins_again(talk: Talk) -> None:
    talk.done("ann", "#app", "metric define Activation unit=% ask=@bob every=monday")
    talk.done("ann", "#app", "undo")
    assert asks(talk, MONDAY) == []
    talk.done("ann", "#app", "redo", at=MONDAY + HOUR)
    assert len(asks(talk, MONDAY + 7 * DAY)) == 1


def test_an_undo_of_a_change_asks_as_before(asked: Talk) -> None:
    asked.done("ann", "#app", "metric define activation ask=")
    asked.done("ann", "#app", "undo")
    assert len(asks(asked, MONDAY)) == 1


def test_who_is_forgotten_is_asked_for_nothing(asked: Talk) -> None:
    asked.done("ann", "#app", "forget @bob")
    asked.done("ann", "#app", "team hours me 10-18")
    assert asks(asked, MONDAY, MONDAY + HOUR) == []
    assert "is asked" not in asked.done("ann", "#app", "metric define activation goal=40")


# ---- the budget ----


def test_of_two_messages_a_day_it_takes_one_and_leaves_the_prompt_the_other(asked: Talk) -> None:
    asked.done("ann", "#app", "standup new Daily at=09:30 days=mon-fri with=@bob")
    asked.done("bob", "#app", "team away me 2026-12-01 to 2026-12-06")
    came = [one["key"].partition(":")[0] for at in (MONDAY, MONDAY + HOUR) for one in tick(asked.steward, at)
            if one["to"] == "@bob"]  # fmt: skip
    assert came == ["metric", "prompt"]


def test_on_a_full_day_it_waits_for_the_next(talk: Talk) -> None:
    talk.done("ann", "#app", "standup new Early at=08:00 days=mon with=@bob")
    talk.done("ann", "#app", "standup new Late at=08:30 days=mon with=@bob")
    talk.done("bob", "#app", "team hours me 07:00-16:00")
    early, late = MONDAY - HOUR, MONDAY - HOUR / 2
    assert [one["to"] for at in (early, late) for one in tick(talk.steward, at)].count("@bob") == 2
    talk.done("bob", "#app", "team hours me 09:00-16:00", at=late)
    talk.done("ann", "#app", "metric define Activation ask=@bob every=monday", at=late)
    assert asks(talk, MONDAY, MONDAY + HOUR, MONDAY + DAY - timedelta(minutes=1)) == []
    assert first_line(talk, MONDAY + DAY) == ["What is Activation this week?"]


# ---- computed ones ----


def test_nobody_is_asked_for_what_is_computed(asked: Talk) -> None:
    why = asked.refused("ann", "#app", 'metric define twice formula="activation * 2" ask=@bob every=monday')
    assert why == "twice is computed as activation * 2; ask for its parts."

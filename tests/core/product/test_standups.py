"""The rules of a stand-up: what people type, which day an answer is for, who is missing and who is away."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.product import standups
from core.product.presence import Absence, Hours, Presence
from core.product.standups import ANSWERED, DRAFT, SKIPPED, WEEK, Answer, Standup

MONDAY = date(2026, 11, 2)
BERLIN, KOLKATA, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Auckland")


def there(**absences: Absence) -> Presence:
    """ann in Berlin, ravi in Kolkata, kiri in Auckland; nobody's country has holidays."""
    return Presence(
        BERLIN, "", {"ravi": KOLKATA, "kiri": AUCKLAND}, {"ann": Hours(time(9), time(17))}, {},
        {person: (absence,) for person, absence in absences.items()},
    )  # fmt: skip


def standup(days: str = "mon-fri", at: str = "09:30", by: int | None = None) -> Standup:
    said, minutes = standups.days_said(days), standups.minutes_said(at)
    assert said is not None
    assert minutes is not None
    return Standup(
        id="s", product_id="p", name="Daily", at=minutes, days=said, everybody=False, questions="", remind=60, by=by,
        paused=False, first=MONDAY, removed_at=None,
    )  # fmt: skip


def answer(person: str, state: str = ANSWERED) -> Answer:
    return Answer(id=person, standup_id="s", person_id=person, day=MONDAY, state=state, said="{}")


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("mon-fri", WEEK[:5]),
        ("weekdays", WEEK[:5]),
        ("Monday to friday", WEEK[:5]),
        ("mon,wed,fri", ("MO", "WE", "FR")),
        ("tue and thu", ("TU", "TH")),
        ("fri-mon", ("MO", "FR", "SA", "SU")),
        ("every friday", ("FR",)),
        ("fridays", ("FR",)),
        ("daily", WEEK),
        ("someday", None),
        ("mo", None),
        ("", None),
        ("mon-", None),
    ],
)
def test_days_of_the_week_are_read_as_people_type_them(typed: str, days: tuple[str, ...] | None) -> None:
    assert standups.days_said(typed) == days


@given(st.sets(st.sampled_from(WEEK), min_size=1))
def test_days_that_are_told_are_read_back(days: set[str]) -> None:
    ordered = tuple(day for day in WEEK if day in days)
    assert standups.days_said(standups.days_in_words(ordered)) == ordered


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("09:30", 570),
        ("9.30", 570),
        ("9am", 540),
        ("12am", 0),
        ("12pm", 720),
        ("24:00", None),
        ("9:75", None),
        ("x", None),
    ],
)
def test_times_of_day_are_read_as_people_type_them(typed: str, minutes: int | None) -> None:
    assert standups.minutes_said(typed) == minutes


@pytest.mark.parametrize(
    ("typed", "minutes"), [("60m", 60), ("1h", 60), ("45", 45), ("0", None), ("13h", None), ("-5", None)]
)
def test_lengths_are_read_as_people_type_them(typed: str, minutes: int | None) -> None:
    assert standups.length_said(typed) == minutes


def test_own_questions_keep_the_name_of_the_one_about_blockers() -> None:
    asked = standups.questions_said("What moved? | What is next? | Is anything in your way?")
    assert standups.named(asked) == {"q1": "What moved?", "q2": "What is next?", "blockers": "Is anything in your way?"}
    assert standups.questions_said("One? Two?") == ["One?", "Two?"]


def test_everybody_is_asked_at_their_own_time() -> None:
    daily = standup()
    now = there()
    times = [daily.prompt_at(MONDAY, now.zone(person)) for person in ("kiri", "ravi", "ann")]
    assert times == sorted(times)
    assert [
        at.astimezone(now.zone(p)).strftime("%H:%M") for at, p in zip(times, ("kiri", "ravi", "ann"), strict=True)
    ] == ["09:30"] * 3
    assert standups.closes(daily, now, ["kiri", "ravi", "ann"], MONDAY) == times[-1] + timedelta(hours=2)
    assert standups.closes(standup(by=17 * 60), now, ["ann"], MONDAY) == datetime(2026, 11, 2, 16, tzinfo=UTC)


def test_an_answer_at_the_weekend_is_for_the_next_day_it_runs() -> None:
    saturday = datetime(2026, 11, 7, 12, tzinfo=UTC)
    assert standups.current_day(standup(), there(), "ann", saturday) == date(2026, 11, 9)
    assert standups.current_day(standup(), there(), "ann", saturday - timedelta(days=1)) == date(2026, 11, 6)
    assert standups.next_day(standup("mon"), there(), "ann", saturday) == date(2026, 11, 9)


def test_who_is_away_is_not_missed_and_who_answers_all_the_same_counts() -> None:
    away = there(ravi=Absence(MONDAY, MONDAY + timedelta(days=2)), ann=Absence(MONDAY, MONDAY))
    people = ["ann", "kiri", "ravi", "tom"]
    day = standups.standing(standup(), away, people, {"ann": answer("ann"), "tom": answer("tom", DRAFT)}, MONDAY)
    assert (day.answered, dict(day.away), day.missing) == (("ann",), {"ravi": date(2026, 11, 4)}, ("kiri", "tom"))
    assert day.expected == 3


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from((ANSWERED, SKIPPED, DRAFT))),
    st.sets(st.sampled_from("abcdef")),
)
def test_every_member_is_counted_once(given_: dict[str, str], gone: set[str]) -> None:
    there_ = there(**{person: Absence(MONDAY, MONDAY) for person in gone})
    rows = {person: answer(person, state) for person, state in given_.items()}
    day = standups.standing(standup(), there_, list("abcdef"), rows, MONDAY)
    counted = [*day.answered, *day.skipped, *day.away, *day.missing]
    assert sorted(counted) == list("abcdef")
    assert day.expected + len(day.away) == 6

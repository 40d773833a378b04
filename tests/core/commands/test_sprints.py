"""Sprints in chat: planned, started, changed, closed, looked at; roles, wrong input, undo, two products at once."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.product import burndown, capacity, sprints, workspaces
from core.product.capacity import Share
from core.store.database import Database
from tests.core.commands.talk import TERMINAL, Beneath, Talk, buttons, keys, read, title
from tests.databases import at_once

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)


def on(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def team(talk: Talk) -> Talk:
    """Ann leads, bob and chen work; six items, the last without an estimate."""
    talk.done("chen", "#app", "help")
    for n, points in enumerate((5, 8, 3, 5, 2), 1):
        talk.done("ann", "#app", f"backlog add Story {n} points={points}", at=MONDAY)
    talk.done("ann", "#app", "backlog add Story 6", at=MONDAY)
    return talk


@pytest.fixture
def running(team: Talk) -> Talk:
    """Sprint 1, 2 to 13 November, with APP-1 and APP-3."""
    team.done("ann", "#app", 'sprint new "Sprint 1" from=2026-11-02 to=2026-11-13 goal=Export first', at=MONDAY)
    team.done("ann", "#app", "sprint add APP-1 APP-3", at=MONDAY)
    team.done("ann", "#app", "sprint start", at=MONDAY)
    return team


# ---- made ----


def test_a_sprint_without_words_is_two_weeks_from_monday_and_the_next_follows_it(team: Talk) -> None:
    said = team.done("ann", "#app", "sprint new", at=on(4))
    assert said.startswith("Sprint 1 · 9–20 Nov is planned")
    assert team.done("ann", "#app", "sprint new", at=on(4)).startswith("Sprint 2 · 23 Nov – 4 Dec is planned")


def test_the_next_sprint_is_called_by_the_number_after_the_last_ones_own(team: Talk) -> None:
    team.done("ann", "#app", 'sprint new "Sprint 8"', at=on(4))
    assert team.done("ann", "#app", "sprint new", at=on(4)).startswith("Sprint 9 · ")
    team.done("ann", "#app", 'sprint new "Hardening 2026"', at=on(4))
    assert team.done("ann", "#app", "sprint new", at=on(4)).startswith("Sprint 10 · ")
    team.done("ann", "#app", 'sprint new "Round 1"', at=on(4))
    assert team.done("ann", "#app", "sprint new", at=on(4)).startswith("Round 2 · ")


def test_a_sprint_that_is_started_before_its_first_day_says_so(team: Talk) -> None:
    team.done("ann", "#app", "sprint new", at=on(4))
    team.done("ann", "#app", "sprint add APP-1", at=on(4))
    said = team.done("ann", "#app", "sprint start", at=on(4)).splitlines()
    assert said[0].startswith("Sprint 1 · 4–20 Nov has started")
    assert said[1] == "It begins today instead of 9 Nov."


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sprint new from=2026-11-13 to=2026-11-02", "A sprint ends after it begins; 2 Nov is before 13 Nov."),
        ("sprint new from=2026-11-10", "Sprint 1 has 2–13 Nov already, and two sprints do not share a day."),
        ("sprint new from=soon", "from wants a day such as 2026-12-24 or “next friday”, not “soon”."),
        ("sprint new from=2027-01-01 to=2027-12-31", "A sprint lasts three months at most."),
        ('sprint new "sprint 1" from=2027-01-04', "There is a Sprint 1 already."),
        ("sprint new from=2027-01-04 serves=G-7", "Acme app has no goal G-7."),
        ("sprint new from=2027-01-04 serves=money", "serves= names a goal such as G-1, not “money”."),
        (f"sprint new {'x' * 81} from=2027-01-04", "A sprint's name holds 80 characters; this one has 81."),
        ("sprint start", "Sprint 1 is running already; it is closed first."),
        ("sprint add APP-2", "Sprint 1 is running: why does APP-2 come in? Say because=."),
        ("sprint remove APP-1", "Sprint 1 is running: why does APP-1 come out? Say because=."),
        ("sprint remove APP-2 because=x", "APP-2 is not in Sprint 1."),
        ("sprint add APP-99 because=x", "APP-99 is not in Acme app."),
        ("sprint status Sprint 9", "Acme app has no sprint “Sprint 9”."),
        ("team capacity @bob", "How much? A share such as 60% or points such as 12pts."),
        ("team capacity @bob 120%", "Nobody has more than 100 % of their days."),
        ("team capacity @bob lots", "Capacity is a share such as 60% or points a sprint such as 12pts, not “lots”."),
        ("sprint forecast by=yesterday", "by= wants a day to come; 1 Nov is over."),
        ("sprint forecast R-1", "Acme app has no roadmap entry R-1."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(running: Talk, line: str, why: str) -> None:
    assert running.refused("ann", "#app", line, at=MONDAY) == why


# ---- planned ----


def test_a_first_plan_says_what_it_assumed_and_a_later_one_reckons_from_what_was_done(running: Talk) -> None:
    first = running.done("ann", "#app", "sprint plan", at=MONDAY)
    assert "I assumed 5 pts a person for 2 weeks = 10" in first
    running.done("bob", "#app", "backlog done APP-1", at=on(4))
    running.done("ann", "#app", "sprint close", at=on(13))
    running.done("chen", "#app", "team away me 2026-11-16..2026-11-20", at=on(13))
    later = running.done("ann", "#app", "sprint plan", at=on(13))
    assert "Room 4 pts: average of 5 × 15 of 20 days (chen away 5)" in later
    assert "APP-3 3 carried" in later


def test_a_plan_says_why_each_item_is_left_out(team: Talk) -> None:
    team.done("ann", "#app", "team capacity @bob 10pts", at=MONDAY)
    team.done("ann", "#app", "team capacity @chen 0%", at=MONDAY)
    team.done("ann", "#app", "backlog block APP-5 on=APP-6", at=MONDAY)
    said = team.say("ann", "#app", "sprint plan", at=MONDAY)
    text = read(said)
    assert "In: 8 pts: APP-1 5 · APP-3 3" in text
    assert "APP-2 8: would make 16" in text
    assert "APP-5: waits for APP-6" in text
    assert "APP-6: no estimate" in text
    assert "It has 8 pts, and would make 16 in all." in read(team.press(said, "Why not APP-2?", at=MONDAY))
    started = team.press(said, "Start with this", at=MONDAY)
    assert "2 items, 8 pts committed" in title(started)


def test_what_was_marked_on_a_plan_is_carried_through_to_the_start(team: Talk) -> None:
    proposed = team.say("ann", "#app", "sprint plan", at=MONDAY)  # 10 pts: APP-1 and APP-3, and APP-5
    form = team.press(proposed, "Swap …", at=MONDAY)
    marked = team.fill(form, "ann", "#app", {"items": ["APP-2", "APP-6"]})
    text = read(marked)
    assert "In: 8 pts: APP-2 8 · APP-6 not ready" in text
    assert "APP-1 5: would make 13 · APP-3 3: would make 11" in text
    assert "APP-5 2: would fit, and was not chosen" in text
    again = team.press(marked, "Swap …", at=MONDAY)
    assert again.form is not None
    assert again.form.fields[0].value.split() == ["APP-2", "APP-6"]
    why = team.press(marked, "Why not APP-1?", at=MONDAY)
    assert "would make 13 in all" in read(why)
    more = team.press(why, "Take it in all the same", at=MONDAY)
    assert "In: 13 pts: APP-1 5 · APP-2 8 · APP-6 not ready" in read(more)
    assert "That is 3 pts more than there is room for." in read(more)
    assert keys(team.press(more, "Start with this", at=MONDAY)) == ["APP-1", "APP-2", "APP-6"]


def test_a_plan_that_is_kept_waits_until_the_sprint_is_started(running: Talk) -> None:
    """While one sprint runs the next is planned, and the marks are not lost until it may start."""
    proposed = running.say("ann", "#app", "sprint plan items=APP-2", at=on(12))
    assert "Start with this" not in {button.label for button in buttons(proposed)}
    kept = running.press(proposed, "Keep for later", at=on(12))
    assert title(kept) == "Sprint 2 · 16–27 Nov is planned: 1 item, 8 pts"
    changed = running.say("ann", "#app", "sprint plan items=APP-4", at=on(12))
    assert "APP-2 8: would make 13" in read(changed)
    assert keys(running.press(changed, "Keep for later", at=on(12))) == ["APP-4"]
    as_kept = running.say("ann", "#app", "sprint plan items=APP-4", at=on(12))
    assert "Keep for later" not in {button.label for button in buttons(as_kept)}
    running.done("ann", "#app", "undo", at=on(12))
    running.done("ann", "#app", "sprint close", at=on(13))
    started = running.say("ann", "#app", "sprint start", at=on(16))
    assert "APP-2" in keys(started)
    assert "APP-4" not in keys(started)


def test_a_plan_takes_criteria_seriously_where_the_team_writes_them(team: Talk) -> None:
    assert "None of these has acceptance criteria" in team.done("ann", "#app", "sprint plan", at=MONDAY)
    team.done("ann", "#app", "backlog criteria APP-2 add The file has 3 columns", at=MONDAY)
    said = team.done("ann", "#app", "sprint plan", at=MONDAY)
    assert "In: 8 pts: APP-2 8" in said
    assert "APP-1: no acceptance criteria" in said


def test_who_has_more_than_their_room_is_named_in_the_plan_and_in_the_load(team: Talk) -> None:
    team.done("ann", "#app", "team capacity @bob 4pts", at=MONDAY)
    team.done("ann", "#app", "team capacity @chen 12pts", at=MONDAY)
    team.done("ann", "#app", "backlog assign APP-1 @bob", at=MONDAY)
    assert "Too much: bob 5 of 4 pts" in team.done("ann", "#app", "sprint plan", at=MONDAY)
    team.done("ann", "#app", "sprint new from=2026-11-02", at=MONDAY)
    team.done("ann", "#app", "sprint add APP-1", at=MONDAY)
    said = team.done("vi", "#app", "team load", at=MONDAY)
    assert "bob · 1 · 5 pts · 1 · 5 pts · 4 pts" in said
    assert "More than their room: bob 5 of 4 pts." in said


@given(
    people=st.lists(
        st.tuples(st.integers(1, 23), st.integers(0, 23), st.sampled_from([None, 20.0, 60.0, 100.0]), st.booleans()),
        max_size=6,
    ),
    past=st.lists(st.tuples(st.floats(0, 80), st.floats(1, 60)), max_size=5),
)
def test_room_grows_with_presence_and_is_nothing_where_nobody_is(
    people: list[tuple[int, int, float | None, bool]], past: list[tuple[float, float]]
) -> None:
    shares = [
        Share(f"p{n}", days, min(days, there), 100.0 if share is None else share, 12.0 if points else None)
        for n, (days, there, share, points) in enumerate(people)
    ]
    found = capacity.room(shares, past)
    away = [Share(s.person, s.days, 0, s.percent, s.points) for s in shares]
    full = [Share(s.person, s.days, s.days, s.percent, s.points) for s in shares]
    assert capacity.room(away, past).size == 0
    assert 0 <= found.size <= capacity.room(full, past).size + 1e-9
    more = capacity.room([*shares, Share("new", 10, 10, 100.0, None)], past)
    assert more.size >= found.size
    if past and not any(s.points for s in shares):
        rate = sum(done for done, _ in past[-3:]) / sum(days for _, days in past[-3:])
        assert found.size == pytest.approx(rate * sum(s.present * s.percent / 100 for s in shares))


# ---- while it runs ----


def test_what_comes_in_is_explained_and_asks_what_comes_out(running: Talk) -> None:
    added = running.say("ann", "#app", "sprint add APP-4 because=outage follow-up", at=on(4))
    assert title(added) == "APP-4 added to Sprint 1 because outage follow-up: 3 items, 13 pts now"
    assert "What comes out for it?" in read(added)
    out = running.press(added, "APP-3 3 out", at=on(4))
    assert title(out) == "APP-3 taken out of Sprint 1 because room for APP-4: 2 items, 10 pts now"
    said = running.done("bob", "#app", "sprint status", at=on(4))
    assert "8 committed + 5 added: APP-4, ann, “outage follow-up” − 3 taken out: APP-3, ann, “room for APP-4”" in said


def test_undo_takes_a_change_of_scope_back_as_if_it_had_not_been(running: Talk) -> None:
    running.done("ann", "#app", "sprint add APP-4 because=outage", at=on(4))
    assert running.done("ann", "#app", "undo", at=on(4)).startswith(
        "Taken back: APP-4 place in sprint Sprint 1 removed"
    )
    said = running.done("bob", "#app", "sprint status", at=on(4))
    assert "pts done: 0 of 8" in said
    assert "added" not in said
    running.done("ann", "#app", "undo", at=on(4))
    assert "planned" in title(running.say("bob", "#app", "sprint status", at=on(4)))
    running.done("ann", "#app", "redo", at=on(4))
    assert "pts done: 0 of 8" in running.done("bob", "#app", "sprint status", at=on(4))


def test_an_undo_does_not_make_two_sprints_run(running: Talk) -> None:
    running.done("ann", "#app", "sprint close", at=on(13))
    running.done("ann", "#app", "team role @lena sm")
    running.done("lena", "#app", "sprint new from=2026-11-16", at=on(13))
    running.done("lena", "#app", "sprint add APP-2", at=on(13))
    running.done("lena", "#app", "sprint start", at=on(16))
    why = running.refused("ann", "#app", "undo past-setup=yes", at=on(16))
    assert why == "To undo that, Sprint 1 and Sprint 2 would run at the same time: others have changed since."


def test_the_status_speaks_of_risk_and_of_what_is_stuck(running: Talk) -> None:
    running.done("bob", "#app", "backlog start APP-1", at=on(3))
    early = running.done("bob", "#app", "sprint status", at=on(3))
    assert "On track: 0 of 8 pts done (0 of 2 items); 8 pts left in 9 days." in early
    late = running.done("bob", "#app", "sprint status", at=on(10))
    assert "At risk: 0 of 8 pts done" in late
    assert "Stuck: APP-1 Story 1" in late
    assert "Over: 0 of 8 pts done" in running.done("bob", "#app", "sprint status", at=on(16))


def test_the_burndown_says_in_words_what_it_shows(running: Talk) -> None:
    running.done("bob", "#app", "backlog done APP-1", at=on(4))
    said = running.done("bob", "#app", "sprint burndown", at=on(5))
    assert "8 pts committed, 3 remain on 5 Nov, to be done by 13 Nov." in said
    assert "By day: 8, 8, 3, 3." in said


def test_a_stakeholder_sees_how_far_it_is_and_nothing_that_is_in_it(running: Talk) -> None:
    running.done("ann", "#app", "sprint add APP-4 because=a secret outage", at=on(3))
    running.done("ann", "#app", "sprint note A secret word", at=on(3))
    running.done("vi", "#app", "help")
    running.done("ann", "#app", "team role @vi viewer")
    for line in ("sprint status", "sprint burndown", "sprint review", "sprint list", "sprint velocity", "team load"):
        said = running.done("vi", "#app", line, at=on(4))
        assert "APP-" not in said, line
        assert "Story" not in said, line
        assert "secret" not in said, line
    assert "pts done: 0 of 13" in running.done("vi", "#app", "sprint status", at=on(4))


# ---- accepted and closed ----


def test_all_done_items_whose_criteria_are_checked_are_accepted_at_once(running: Talk) -> None:
    running.done("bob", "#app", "backlog criteria APP-3 add It holds 3 columns", at=on(3))
    running.done("bob", "#app", "backlog done APP-1 APP-3", at=on(4))
    said = running.done("ann", "#app", "sprint accept", at=on(5))
    assert said.startswith("Sprint 1: APP-1 accepted")
    assert "with open criteria: APP-3" in said
    assert running.refused("ann", "#app", "sprint accept", at=on(5)) == "APP-3 still has open criteria."
    assert running.done("ann", "#app", "undo", at=on(5)) == "Taken back: APP-1 status is done again"


def test_closing_begins_with_what_is_not_accepted_carries_the_rest_over_and_freezes(running: Talk) -> None:
    running.done("bob", "#app", "backlog done APP-1", at=on(4))
    running.done("ann", "#app", "sprint new from=2026-11-16", at=on(12))
    closed = running.say("ann", "#app", "sprint close", at=on(13))
    text = read(closed)
    assert title(closed) == "Sprint 1 is closed: 5 of 8 pts done"
    assert text.index("not accepted yet (ann)") < text.index("carried over into Sprint 2")
    assert keys(running.say("bob", "#app", "backlog list sprint=next", at=on(13))) == ["APP-3"]
    before = running.done("bob", "#app", "sprint velocity", at=on(13))
    running.done("bob", "#app", "backlog reopen APP-1", at=on(14))
    running.done("bob", "#app", "backlog edit APP-3 points=13", at=on(14))
    assert running.done("bob", "#app", "sprint velocity", at=on(14)) == before
    assert "5 of 8 pts done" in running.done("bob", "#app", 'sprint status "Sprint 1"', at=on(14))
    assert "Sprint: Sprint 1 (carried over), Sprint 2 (planned)" in running.done("bob", "#app", "backlog show APP-3")


def test_a_sprint_closed_twice_closes_once(running: Talk, database: Database) -> None:
    replies = at_once(*[lambda: running.say("ann", "#app", "sprint close", at=on(13))] * 3)
    assert sorted(reply.seen_by for reply in replies) == ["place", "you", "you"]
    again = running.say("ann", "#app", "sprint close", at=on(16))
    assert title(again) == "Sprint 1 was closed on 13 Nov; nothing was changed."
    assert Beneath(database).run("SELECT count(*) FROM sprints WHERE state = 'closed'") == [(1,)]


def test_the_frozen_numbers_are_those_that_history_gives(running: Talk, database: Database) -> None:
    running.done("ann", "#app", "sprint add APP-4 because=outage", at=on(4))
    running.done("ann", "#app", "sprint remove APP-3 because=room", at=on(4, 10))
    running.done("bob", "#app", "backlog done APP-4", at=on(5))
    running.done("ann", "#app", "sprint close", at=on(13))
    [(frozen,)] = Beneath(database).run("SELECT result FROM sprints")
    with database.transaction(write=False, now=on(20)) as db:
        workspaces.enter(db, TERMINAL)
        [(product_id,)] = Beneath(database).run("SELECT id FROM products")
        sprint = sprints.by_state(db, product_id, sprints.CLOSED)
        assert sprint is not None
        course = burndown.course(db, sprint)
        assert course is not None
        again = course.result()
    assert {name: json.loads(frozen)[name] for name in again} == again
    assert again["committed"] == {"points": 8.0, "items": 2}
    assert again["added"] == {"points": 5.0, "items": 1}
    assert again["removed"] == {"points": -3.0, "items": -1}
    assert again["done"] == {"points": 5.0, "items": 1}
    assert again["carried"] == {"points": 5.0, "items": 1}


def test_the_review_shows_who_said_what_about_it(running: Talk) -> None:
    running.done("bob", "#app", "backlog done APP-1", at=on(4))
    running.done("ann", "#app", "backlog accept APP-1 because=the bank has seen it", at=on(5))
    running.done("bob", "#app", "sprint note The demo went well", at=on(13))
    said = running.done("bob", "#app", "sprint review", at=on(13))
    assert "Accepted because the bank has seen it" in said
    assert "“The demo went well” — bob, 13 Nov" in said
    assert said.index("Not finished\n") < said.index("APP-3")


# ---- two at once ----


def test_two_products_have_their_sprints_beside_each_other(running: Talk) -> None:
    running.done("ann", "#shop", "product new Shop key=SHOP", at=MONDAY)
    running.done("ann", "#shop", "product use SHOP", at=MONDAY)
    running.done("ann", "#app", "product use APP", at=MONDAY)
    running.done("ann", "#shop", "backlog add Basket points=3", at=MONDAY)
    running.done("ann", "#shop", 'sprint new "Sprint 1" from=2026-11-02', at=MONDAY)
    running.done("ann", "#shop", "sprint add SHOP-1", at=MONDAY)
    running.done("ann", "#shop", "sprint start", at=MONDAY)
    running.done("ann", "#shop", "backlog done SHOP-1", at=on(3))
    assert "pts done: 3 of 3" in running.done("ann", "#shop", "sprint status", at=on(4))
    assert "pts done: 0 of 8" in running.done("ann", "#app", "sprint status", at=on(4))
    running.done("ann", "#shop", "sprint close", at=on(13))
    assert "pts done: 0 of 8" in running.done("ann", "#app", "sprint status", at=on(13))
    assert "no velocity yet" in running.done("ann", "#app", "sprint velocity", at=on(13))


def test_with_a_running_and_a_planned_sprint_it_is_asked_which_is_meant(running: Talk) -> None:
    running.done("ann", "#app", "sprint new from=2026-11-16", at=on(12))
    asked = running.say("ann", "#app", "sprint add APP-2", at=on(12))
    assert asked.refused == "Sprint 1 is running and Sprint 2 is planned. Which one?"
    assert "Sprint 2: 1 item, 8 pts now" in title(running.press(asked, "Sprint 2 (planned)", at=on(12)))
    why = running.refused("ann", "#app", "sprint add APP-2 because=x", at=on(12))
    assert why == "APP-2 is in Sprint 2."


def test_a_rank_preview_says_what_enters_and_leaves_the_next_sprint(team: Talk) -> None:
    team.done("ann", "#app", "team capacity @bob 8pts", at=MONDAY)
    team.done("ann", "#app", "team capacity @chen 0%", at=MONDAY)
    team.done("ann", "#app", "backlog score APP-2 value=20 urgency=20 risk=1 effort=1", at=MONDAY)
    said = team.done("ann", "#app", "backlog rank by=wsjf", at=MONDAY)
    assert "Next sprint (8 pts): APP-2 comes in, APP-1 and APP-3 fall out." in said


def test_a_rank_preview_says_that_nothing_enters_or_leaves_a_planned_sprint(team: Talk) -> None:
    team.done("ann", "#app", "sprint new", at=MONDAY)
    team.done("ann", "#app", "team capacity @bob 200pts", at=MONDAY)
    for key, value in (("APP-1", 2), ("APP-2", 20)):
        team.done("ann", "#app", f"backlog score {key} value={value} urgency=1 risk=1 effort=1", at=MONDAY)
    shown = team.say("ann", "#app", "backlog rank by=wsjf", at=MONDAY)
    assert "nothing enters or leaves." in read(shown)
    assert "Only the top 1" in [button.label for button in buttons(shown)]  # both of two are moved


def test_dates_and_names_are_changed_in_a_form_until_it_is_closed(running: Talk) -> None:
    form = running.say("ann", "#app", "sprint edit", at=on(3))
    assert form.form is not None
    running.fill(form, "ann", "#app", {"to": "2026-11-20", "goal": "Export for banks"})
    assert title(running.say("bob", "#app", "sprint status", at=on(18))).startswith(
        "Sprint 1 · 2–20 Nov · day 13 of 15 · “Export for banks”"
    )
    running.done("ann", "#app", "sprint close", at=on(20))
    assert "is closed" in running.refused("ann", "#app", 'sprint edit "Sprint 1" goal=Other', at=on(20))


def test_status_of_a_closed_sprint_and_buttons_carry_their_sprint(running: Talk) -> None:
    shown = running.say("ann", "#app", "sprint status", at=on(3))
    labels = {button.label: button.say for button in buttons(shown)}
    assert labels["Burndown"] == 'sprint burndown "Sprint 1"'
    assert "not closed yet" in title(running.press(shown, "Close …", at=on(3)))


def test_a_sprint_that_is_there_is_offered_to_be_changed_as_was_said(team: Talk) -> None:
    team.done("ann", "#app", "sprint new", at=on(4))
    again = team.say("ann", "#app", 'sprint new "Sprint 1" goal=Ship the export', at=on(4))
    assert again.try_ == 'sprint edit "Sprint 1" goal="Ship the export"'
    assert "Ship the export" in team.done("ann", "#app", again.try_, at=on(4))

"""Sprints of another tool become ours: made or matched by name, taken back with the import, carried out again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.chat.card import Reply
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, count_of, read, slack_team, title
from tests.core.commands.test_exchange import drop, exported
from tests.databases import NOW

# NOW is 1 December 2026. S1 is over: all that were last in it are closed. S2 has an open item.
JIRA = (
    "Issue id,Issue key,Summary,Issue Type,Status,Resolved,Story Points,Sprint,Sprint\n"
    "1,OLD-1,Login,Story,Done,06/Nov/26 10:00,3,S1,\n"
    "2,OLD-2,Export,Story,Done,20/Nov/26 10:00,5,S1,S2\n"
    "3,OLD-3,Import,Story,In Progress,,8,S1,S2\n"
    "4,OLD-4,Search,Story,To Do,,2,,\n"
)
LINEAR = (
    "ID,Team,Title,Status,Estimate,Cycle Number,Cycle Name,Cycle Start,Cycle End,Completed,Canceled\n"
    "E-1,Eng,Login,Done,3,7,,2026-11-02T00:00:00.000Z,2026-11-13T00:00:00.000Z,2026-11-10T00:00:00.000Z,\n"
    "E-2,Eng,Left over,Todo,1,7,,2026-11-02T00:00:00.000Z,2026-11-13T00:00:00.000Z,,\n"
    "E-3,Eng,Next,Todo,2,8,Autumn,2026-11-30T00:00:00.000Z,2026-12-11T00:00:00.000Z,,\n"
)


def brought(talk: Talk, text: str, **more: Any) -> Reply:
    """A file dropped, and imported at once."""
    shown = drop(talk, text, **more)
    [label] = [button.label for button in buttons(shown) if button.label.startswith("Import")]
    return talk.press(shown, label, **{name: value for name, value in more.items() if name == "at"})


def test_a_jira_export_brings_its_sprints_and_who_was_in_them(talk: Talk) -> None:
    assert "S1, S2" in read(drop(talk, JIRA))
    assert "Sprints: S1 closed, S2 planned." in read(brought(talk, JIRA))
    listed = talk.done("ann", "#app", "sprint list")
    assert "S1 26 Oct – 6 Nov · closed, 3 of 16 pts done" in listed
    assert "S2 1–12 Dec · planned" in listed
    assert "S1 (carried over), S2 (planned)" in talk.done("ann", "#app", "backlog show OLD-3")
    assert "S1 (done)" in talk.done("ann", "#app", "backlog show OLD-1")
    assert "S1" not in talk.done("ann", "#app", "backlog show OLD-4")
    assert "OLD-3" in talk.done("ann", "#app", "backlog list sprint=S2")
    velocity = talk.done("ann", "#app", "sprint velocity")
    assert "velocity 3 pts" in velocity
    assert "It came with an import" in talk.done("ann", "#app", "sprint burndown S1")
    assert "3 pts" in talk.done("ann", "#app", "sprint review S1")


def test_a_planned_sprint_that_came_in_can_be_started(talk: Talk) -> None:
    brought(talk, JIRA)
    assert "13 pts" in talk.done("ann", "#app", "sprint start S2")


def test_one_undo_takes_sprints_back_and_redo_puts_them_back(talk: Talk) -> None:
    tables = ("items", "sprints", "sprint_items")
    brought(talk, JIRA)
    there = [count_of(talk.database, table) for table in tables]
    assert there == [4, 2, 5]
    listed = talk.done("ann", "#app", "sprint list")
    assert "place in" not in talk.done("ann", "#app", "undo")
    assert [count_of(talk.database, table) for table in tables] == [0, 0, 0]
    talk.done("ann", "#app", "redo")
    assert [count_of(talk.database, table) for table in tables] == there
    assert talk.done("ann", "#app", "sprint list") == listed


@pytest.mark.parametrize(("back", "forth"), [(1, 20), (2, 9), (7, 1), (3, 5), (5, 3)])
def test_a_large_import_goes_back_and_forth_wherever_its_steps_are_cut(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, back: int, forth: int
) -> None:
    monkeypatch.setattr("core.exchange.sprints.CHUNK", 1)
    monkeypatch.setattr("core.store.reversal.LARGE", 5)
    brought(talk, JIRA)
    before = told(exported(talk, "json"))
    monkeypatch.setattr("core.store.reversal.CHUNK", back)
    talk.done("ann", "#app", "undo")
    assert [count_of(talk.database, table) for table in ("items", "sprints", "sprint_items")] == [0, 0, 0]
    monkeypatch.setattr("core.store.reversal.CHUNK", forth)
    assert "Left as it is" not in talk.done("ann", "#app", "redo")
    assert told(exported(talk, "json")) == before


def test_a_sprint_that_was_started_since_is_left_and_named(talk: Talk) -> None:
    talk.done("bob", "#app", "backlog add Somebody else's")
    talk.done("ann", "#app", "team role @bob sm")
    brought(talk, JIRA)
    talk.done("bob", "#app", "sprint start S2")
    assert "bob has changed" in talk.done("ann", "#app", "undo")
    assert "S2" in talk.done("ann", "#app", "sprint status")


def test_the_same_file_again_changes_nothing(talk: Talk) -> None:
    brought(talk, JIRA)
    before = [count_of(talk.database, table) for table in ("changes", "sprints", "sprint_items")]
    again = drop(talk, JIRA)
    assert "all 4 items are here already" in title(again)
    talk.say(
        "ann", "#app", next(b.say for b in buttons(again) if b.label == "Columns").replace("columns=yes", "go=yes")
    )
    assert [count_of(talk.database, table) for table in ("changes", "sprints", "sprint_items")] == before


def test_what_moved_in_the_source_moves_here_and_what_people_moved_stays(talk: Talk) -> None:
    brought(talk, JIRA)
    later = JIRA.replace("In Progress,,8,S1,S2", "In Progress,,8,S2,S3").replace("To Do,,2,,", "To Do,,2,S3,")
    reply = brought(talk, later, at=NOW + timedelta(minutes=1))
    assert "2 changed" in read(reply)
    assert "S3 (planned)" in talk.done("ann", "#app", "backlog show OLD-3")
    assert "S3 (planned)" in talk.done("ann", "#app", "backlog show OLD-4")
    talk.done("ann", "#app", "sprint remove OLD-4", at=NOW + timedelta(minutes=2))
    talk.done("ann", "#app", "sprint add OLD-4 sprint=S2", at=NOW + timedelta(minutes=3))
    reply = brought(talk, later.replace("To Do,,2,S3,", "To Do,,2,S4,"), at=NOW + timedelta(minutes=4))
    assert "left as it is here: 4" in read(reply)
    assert "S2 (planned)" in talk.done("ann", "#app", "backlog show OLD-4")


def test_what_is_in_no_sprint_of_the_source_any_more_comes_out(talk: Talk) -> None:
    brought(talk, JIRA)
    brought(talk, JIRA.replace("In Progress,,8,S1,S2", "In Progress,,8,S1,"), at=NOW + timedelta(minutes=1))
    assert "S2" not in talk.done("ann", "#app", "backlog show OLD-3")


def test_a_column_less_file_says_nothing_of_sprints(talk: Talk) -> None:
    brought(talk, JIRA)
    bare = "Issue id,Issue key,Summary,Status\n3,OLD-3,Import anew,In Progress\n"
    brought(talk, bare, at=NOW + timedelta(minutes=1))
    assert "S2 (planned)" in talk.done("ann", "#app", "backlog show OLD-3")


def test_cycles_of_linear_have_their_days_and_are_over_when_they_are(talk: Talk) -> None:
    brought(talk, LINEAR)
    listed = talk.done("ann", "#app", "sprint list")
    assert "Cycle 7" in listed
    assert "closed, 3 of 4 pts done" in listed
    assert "Autumn" in listed
    assert "Cycle 7 (carried over)" in talk.done("ann", "#app", "backlog show E-2")
    assert "Autumn (planned)" in talk.done("ann", "#app", "backlog show E-3")


def test_a_sprint_of_the_same_name_is_the_same_sprint(talk: Talk) -> None:
    talk.done("ann", "#app", "sprint new s2 from=2026-12-07 to=2026-12-18")
    brought(talk, JIRA)
    assert count_of(talk.database, "sprints") == 2
    assert "s2 (planned)" in talk.done("ann", "#app", "backlog show OLD-3")


def test_a_trello_board_and_any_table_have_sprints_too(talk: Talk) -> None:
    brought(talk, "Card ID,Card Name,List Name,Sprint\nc1,Login,Doing,Spring\n")
    brought(talk, "Nr,Thing,Iteration\nx1,Logout,Spring\n", line="import map=Nr=id,Thing=title,Iteration=sprint")
    assert count_of(talk.database, "sprints") == 1
    assert "2 items" in talk.done("ann", "#app", "backlog list sprint=Spring")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_own_export_has_the_sprints_and_comes_back_unchanged(talk: Talk, form: str) -> None:
    brought(talk, JIRA)
    talk.done("ann", "#app", "backlog add Born here points=3")
    talk.done("ann", "#app", "sprint add APP-5 sprint=S2")
    talk.done("ann", "#app", "sprint start S2")
    talk.done("ann", "#app", "sprint remove APP-3 because=the audit comes first")
    text = exported(talk, form)
    assert "all 5 items are here already" in title(drop(talk, text, name=f"app.{form}"))


# ---- import(export(x)) == x, with sprints ----

WEEK = timedelta(days=7)
STATES = ("closed", "closed", "running", "planned")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An export of some product: up to four sprints, each item in some of them, at most one of which is not closed."""
    first = NOW.date() - 6 * WEEK
    sprints = [
        {"name": f"Sprint {n}", "starts_on": str(first + n * 2 * WEEK), "ends_on": str(first + (n * 2 + 1) * WEEK),
         "state": state, "goal": draw(st.sampled_from(["", "Export =1+1"]))}
        | ({} if state == "planned" else {"started_at": (NOW - 6 * WEEK + n * 2 * WEEK).isoformat()})
        | ({"closed_at": (NOW - 5 * WEEK + n * 2 * WEEK).isoformat()} if state == "closed" else {})
        for n, state in enumerate(STATES)
    ]  # fmt: skip
    items = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        inside = draw(st.lists(st.integers(0, 1), unique=True, max_size=2).map(sorted))
        last = draw(st.sampled_from([None, 2, 3]))
        outcome = draw(st.sampled_from(["done", "carried"])) if last is None else "carried"
        stays = [
            {**sprints[n], "committed": True, "outcome": "carried" if n != inside[-1] else outcome} for n in inside
        ]
        if last is not None:
            gone = {"left_at": NOW.isoformat(), "because": "=no"} if last == 2 and draw(st.booleans()) else {}
            stays.append({**sprints[last], **({"committed": True} if last == 2 else {}), **gone})
        done = bool(stays) and last is None and outcome == "done"
        status, closed = ("done", NOW.isoformat()) if done else ("doing", None)
        points = draw(st.sampled_from([None, 3.0]))
        items.append(
            {"key": f"X-{number}", "title": f"Item {number}", "status": status, "closed_at": closed, "points": points,
             "created_at": NOW.isoformat(), "sprints": stays}
        )  # fmt: skip
    return json.dumps({"steward": 1, "product": {}, "exported_at": NOW.isoformat(), "items": items})


def told(text: str) -> list[Any]:
    return [
        (item["title"], item["status"], item["points"], sorted(item["sprints"], key=lambda one: str(one["name"])))
        for item in json.loads(text)["items"]
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents())
def test_an_import_of_an_export_is_the_same_sprints_and_all(talk: Talk, document: str) -> None:
    """Into an empty product of another company, where it is exported once more; and nothing is new the second time."""
    other = _company(talk.database)
    brought(other, document, name="app.json")
    once = exported(other, "json")
    wanted = told(document)
    assert [
        (t, s, p, [{k: v for k, v in one.items() if not k.endswith("_at")} for one in stays])
        for t, s, p, stays in told(once)
    ] == [
        (t, s, p, [{k: v for k, v in one.items() if v and not k.endswith("_at")} for one in stays])
        for t, s, p, stays in wanted
    ]
    again = drop(other, once, name="app.json")
    assert "here already" in title(again)
    third = _company(talk.database)
    brought(third, once, name="app.json")
    assert told(exported(third, "json")) == told(once)
    other.done("ann", "#app", "undo")
    assert told(exported(other, "json")) == []
    other.done("ann", "#app", "redo")
    assert told(exported(other, "json")) == told(once)


_homes = iter(range(1, 10**6))


def _company(database: Database) -> Talk:
    """Another company in the same database."""
    made = slack_team(database, f"T{next(_homes)}")
    made.done("ann", "#app", "setup Other key=APP tz=UTC")
    return made

"""Several people at once on one backlog: no change is lost, no number or place is given twice, nobody sees an error."""

import json
import os
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk
from tests.databases import NOW

pytestmark = pytest.mark.long
LINES = 400 if os.environ.get("STEWARD_LONG") else 60  # that each of them types
PLAIN = re.compile(
    r"APP-\d+ is not in Acme app\.|APP-\d+ is (done|dropped) and no longer open\.|APP-\d+ is (new|doing|done) already\."
    r"|APP-\d+ is open already: doing\.|There is nothing of yours to (undo|redo) in Acme app\."
    r"|Nothing was (taken|put) back: .+ since\.|An item cannot move beside itself\."
)


def _line(chance: random.Random, n: int) -> str:
    one, other = (f"APP-{chance.randint(1, 12)}" for _ in range(2))
    kinds = {
        f"backlog add Thing {n} label=ui": 4,
        f"backlog move {one} above {other}": 4,
        f"backlog move {one} {other} top": 2,
        f"backlog edit {one} points={chance.randint(1, 9)} title=Renamed {n}": 4,
        f"backlog edit {one} {other} label=l{n}": 2,
        f"backlog start {one}": 1,
        f"backlog done {one}": 1,
        f"backlog reopen {one}": 1,
        f"backlog assign {one} me": 2,
        f"backlog comment {one} Said {n}": 2,
        "undo": 4,
        "undo 2": 1,
        "redo": 2,
        "backlog list": 1,
    }
    return chance.choices(list(kinds), list(kinds.values()))[0]


def _work(talk: Talk, who: str, seed: int) -> list[tuple[str, bool, str]]:
    chance = random.Random(seed)
    told = []
    for n in range(LINES):
        line = _line(chance, seed * 10_000 + n)
        reply = talk.steward.answer(talk.ask(who, "#app", line, at=NOW + timedelta(seconds=n)))
        assert reply is not None
        told.append((line, reply.ok, reply.refused))
    return told


def _unbroken(below: Beneath) -> dict[tuple[str, str], dict[str, Any] | None]:
    """Follow every entity through its history: what each change replaced is what the one before had left there."""
    now: dict[tuple[str, str], dict[str, Any] | None] = {}
    for entity, key, before, after in below.run("SELECT entity, entity_id, before, after FROM changes ORDER BY seq"):
        state = now.get((entity, key))
        replaced = json.loads(before) if before else None
        if replaced is None:
            assert state is None, f"{entity} {key} was made twice"
        else:
            assert state is not None
            assert {name: state[name] for name in replaced} == replaced, f"a change of {entity} {key} was lost"
        now[entity, key] = {**(state or {}), **json.loads(after)} if after else None
    return now


def test_a_busy_day_loses_nothing_and_doubles_nothing(talk: Talk, database: Database) -> None:
    talk.done("ann", "#app", "team role @carol member")
    for n in range(8):
        talk.done("ann", "#app", f"backlog add First {n}")
    with ThreadPoolExecutor(4) as pool:
        people = ["ann", "ann", "bob", "carol"]
        jobs = [pool.submit(_work, talk, who, seed) for seed, who in enumerate(people)]
        told = [line for job in jobs for line in job.result(LINES)]
    may_not = "Only the product owner, ann, may do that."
    for line, ok, refused in told:
        assert ok or PLAIN.fullmatch(refused) or (refused == may_not and "move" in line), (line, refused)

    below = Beneath(database)
    items = below.run("SELECT id, number, rank, title, status, points, assignee_id FROM items")
    assert len({number for _, number, *_ in items}) == len(items)
    assert len({rank for _, _, rank, *_ in items}) == len(items)
    left = {key: state for (entity, key), state in _unbroken(below).items() if entity == "items" and state}
    assert {
        key: (state["number"], state["rank"], state["title"], state["status"], state["points"], state["assignee_id"])
        for key, state in left.items()
    } == {key: tuple(rest) for key, *rest in items}
    comments = below.run("SELECT id, text FROM comments")
    assert dict(comments) == {
        key: state["text"] for (entity, key), state in _unbroken(below).items() if entity == "comments" and state
    }
    typed = [ok for line, ok, _ in told if line.startswith("backlog add")]
    assert typed
    assert all(typed)
    kept = "SELECT count(*) FROM operations WHERE label = 'backlog add' AND kind = 'work'"
    assert below.run(kept) == [(len(typed) + 8,)]
    assert sum(ok for _, ok, _ in told) > len(told) / 2

"""Every way in which something leaves that nobody asked for: each is walked, and none goes past the daily budget."""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.lines import tick
from core.chat.ask import Platform
from core.schedule import leases, occurrences
from core.schedule.delivery import Came, Refuses, Sent
from core.store.database import Database
from tests.core.commands.conftest import _begun, _staged
from tests.core.commands.mornings import at
from tests.core.commands.talk import Beneath, Saved, Talk

MINUTE = timedelta(minutes=1)
SPOKEN = {"standup", "tie", "now", "refused"}
"""What is said in the transaction of a change, instead of as an occurrence, by how its key begins."""


def run(talk: Talk, first: datetime, last: datetime) -> list[dict[str, Any]]:
    """Tick once a minute."""
    came: list[dict[str, Any]] = []
    while first <= last:
        came += tick(talk.steward, first)
        first += 5 * MINUTE
    return came


def refuse(talk: Talk, now: datetime) -> None:
    """The first message that waits is refused for good by its place."""
    with talk.database.transaction(write=True, now=now) as db:
        [first, *others] = leases.lease(db, platforms=frozenset(Platform), reconcile=MINUTE, count=100)
        came = [Came(one, Sent(one.mark), now) for one in others]
        leases.record(db, [Came(first, Refuses("I am not in it"), now), *came], reconcile=MINUTE)


@pytest.fixture
def walked(database: Database, saved: dict[str, Saved]) -> Talk:
    return _staged(Talk(database), saved, "walked", _walk)


def _walk(talk: Talk) -> None:
    """Two weeks in which everything happens that gives rise to a message."""
    _begun(talk)

    def say(who: str, where: str, what: str, clock: str, day: int) -> str:
        return talk.done(who, where, what, at=at(clock, day))

    say("ann", "#app", "team role @mira member", "08:00", 3)
    say("ann", "#app", "team role @tom member", "08:00", 3)
    say("ann", "#app", "team role @vic viewer", "08:00", 3)
    say("ann", "#app", "standup new Daily with=@ann,@bob,@mira,@tom remind=60m", "12:00", 3)
    say("ann", "#app", 'digest new sprint at="weekdays 16:00"', "12:01", 3)
    say("ann", "#app", 'digest new stakeholder at="every day 15:00" in=#board draft=4h empty=line', "12:02", 3)
    say("ann", "#app", 'digest new stakeholder at="every day 10:00" for=@vic draft=0h empty=line', "12:03", 3)
    say("mira", "#app", "digest new personal", "12:04", 3)
    say("mira", "#app", "standup leave Daily", "12:04", 3)
    say("ann", "#app", "roadmap add SSO horizon=next audience=stakeholders", "12:05", 3)
    say("ann", "#app", "backlog add CSV export", "12:06", 3)
    say("vic", "#board", "watch R-1", "12:07", 3)
    talk.done("bob", "#app", "link APP-1", at=at("12:08", 3), thread="17.1")
    say("ann", "#app", "retro open until=2026-11-04", "12:09", 3)
    # a night in which much waits for the morning
    say("ann", "#app", "backlog assign APP-1 @bob", "22:00", 3)
    say("bob", "#app", "question add What is the largest file? on=APP-1", "22:01", 3)
    say("ann", "#app", "feedback ask Do you like it? to=@vic,@bob", "22:02", 3)
    say("ann", "#app", "roadmap review open Winter with=@vic,@bob on=2026-11-06", "22:03", 3)
    say("mira", "#app", "backlog assign APP-1 @mira", "22:04", 3)
    run(talk, at("08:00", 4), at("09:40", 4))
    say("bob", "@", "standup later 20m", "09:40", 4)
    run(talk, at("09:41", 4), at("11:00", 4))
    say("ann", "@", "standup answer today=things blockers=the key is missing", "11:01", 4)
    say("ann", "#app", "roadmap move R-1 now because=The bank asked", "15:30", 4)
    run(talk, at("11:05", 4), at("18:00", 4))
    run(talk, at("08:00", 5), at("09:00", 5))
    say("ann", "#app", "question answer Q-1 Two gigabytes, larger files are split", "09:01", 5)
    say("ann", "#app", "roadmap move R-1 later because=The bank does not ask any more", "09:02", 5)
    say("ann", "#app", "backlog criteria APP-1 add The largest file is one gigabyte", "09:05", 5)
    say("ann", "#app", "backlog comment APP-1 Look at this, @bob", "09:06", 5)
    say("ann", "#app", "roadmap review close Winter", "09:07", 5)
    run(talk, at("09:10", 5), at("18:00", 5))
    say("ann", "#app", "metric define Activation ask=@mira every=friday", "18:00", 5)
    say("ann", "#app", "digest now sprint", "18:01", 5)
    refuse(talk, at("18:02", 5))
    run(talk, at("08:00", 6), at("18:00", 6))


def test_every_way_out_passes_the_gate(walked: Talk) -> None:
    below = Beneath(walked.database)
    spent = {key for (key,) in below.run("SELECT key FROM spent")}
    rows = below.run("SELECT key, replaces, thread_of, message FROM outbox")
    asked = {f"{key}" for (key,) in below.run("SELECT id FROM asks")}
    assert len(rows) > 30
    for key, replaces, thread_of, message in rows:
        counted = spent & {key, replaces, thread_of}
        in_thread = json.loads(message)["thread"] is not None
        assert counted or in_thread or asked & {key, replaces}, key


def test_the_walk_leaves_no_way_out_untried(walked: Talk) -> None:
    below = Beneath(walked.database)
    said = {kind for (kind,) in below.run("SELECT DISTINCT kind FROM occurrences WHERE state = 'said'")}
    ours = {kind for kind, how in occurrences.KINDS.items() if how.compose.__module__.startswith("core.")}
    assert ours <= said
    begun = {key.partition(":")[0] for (key,) in below.run("SELECT key FROM outbox")}
    assert begun >= SPOKEN


def test_nobody_had_more_than_the_budget_but_what_names_them(walked: Talk) -> None:
    rows = Beneath(walked.database).run("SELECT recipient, day, what, slot FROM spent")
    counts = Counter((to, day) for to, day, _, slot in rows if slot is not None)
    assert all(count <= (1 if to.startswith("#") else 2) for (to, _), count in counts.items())
    besides = {what for to, _, what, slot in rows if slot is None and to.startswith("@")}
    asking = {"notices", "a request for feedback", "an invitation", "draft", "Daily stand-up, as you wished"}
    assert {what for what in besides if not what.startswith("question Q-")} <= asking

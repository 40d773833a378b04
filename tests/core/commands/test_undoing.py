"""A large change goes back in short transactions, and is one operation to whoever takes it back."""

from datetime import timedelta

import pytest

from core.commands.call import Call
from core.commands.dispatch import LEFT_BEHIND
from core.commands.later import Work
from core.commands.workspace import undoing
from core.store import reversal
from core.store.reversal import Chosen
from tests.core.commands.talk import Talk, keys
from tests.databases import NOW

LINES = tuple(f"Thing {n}" for n in range(1, 8))


@pytest.fixture
def full(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Seven items that came in at once, where more than three changes are many."""
    monkeypatch.setattr(reversal, "LARGE", 3)
    monkeypatch.setattr(reversal, "CHUNK", 2)
    shown = talk.say("ann", "#app", "backlog add " + "\n".join(LINES))
    assert talk.press(shown, f"Add {len(LINES)} items", who="ann").ok
    return talk


def listed(talk: Talk) -> list[str]:
    return keys(talk.say("ann", "#app", "backlog list"))


def test_it_goes_and_comes_back_whole(full: Talk) -> None:
    before = listed(full)
    assert f"{len(LINES)} items removed" in full.done("ann", "#app", "undo")
    assert "no items yet" in full.done("ann", "#app", "backlog list")
    assert f"{len(LINES)} items put back" in full.done("ann", "#app", "redo")
    assert listed(full) == before
    assert "Taken back" in full.done("ann", "#app", "undo")
    assert "nothing of yours" in full.refused("ann", "#app", "undo")


def test_what_somebody_changed_since_stays_and_is_named(full: Talk) -> None:
    full.done("bob", "#app", "backlog comment APP-4 I need this one")
    assert "bob has changed APP-4" in full.done("ann", "#app", "undo")
    assert listed(full) == ["APP-4"]


def test_it_is_gone_on_with_after_a_crash_and_nothing_else_goes_back_meanwhile(
    full: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.steward.begun = lambda key: None
    undo = full.ask("ann", "#app", "undo")
    assert full.steward.answer(undo) is None
    [key] = full.steward.resume([undo.connection.platform], NOW + LEFT_BEHIND)
    step, steps = undoing._step, []

    def killed(call: Call, work: Work, operation: Chosen, kind: str) -> None:
        steps.append(step(call, work, operation, kind))
        if len(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(undoing, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        full.steward.carry_out(key, lambda: NOW)
    assert len(listed(full)) == len(LINES) - 4  # two steps of two were committed
    assert "still on its way" in full.refused("ann", "#app", "undo")
    full.done("bob", "#app", "backlog edit APP-1 points=3")  # others go on working
    full.steward.carry_out(key, lambda: NOW + timedelta(minutes=5))
    assert listed(full) == ["APP-1"]


def test_a_sprint_that_has_moved_on_is_not_taken_back_by_halves(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @bob sm")
    talk.done("ann", "#app", "backlog add CSV export points=5")
    talk.done("ann", "#app", 'sprint new "Sprint 1"')
    talk.done("ann", "#app", "sprint start items=APP-1")
    talk.done("bob", "#app", "sprint close")
    refused = talk.refused("ann", "#app", "undo")
    assert refused.startswith("Nothing was taken back: bob has changed the state of sprint Sprint 1 since")
    talk.done("bob", "#app", "undo")
    assert "day 1 of" in talk.done("ann", "#app", "sprint status")
    talk.done("ann", "#app", "undo")
    assert "planned" in talk.done("ann", "#app", "sprint status")
    talk.done("ann", "#app", "redo")
    talk.done("ann", "#app", "sprint close")

"""What a process is in the midst of, told by itself into a file that outlives it.

`watch` wraps the functions between a schedule that is due and a message that is recorded; nothing else of them changes.
A stage is where a kill would find work undone: 'due' until what was composed is put, 'lease' until it sets out, 'send'
until the platform has answered, 'record' until that is written down.
"""

import mmap
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

STAGES = ("due", "lease", "send", "record")


class Marks:
    """A byte for each stage: whether anything is in it."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(len(STAGES)))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), len(STAGES))
        self._in: dict[str, set[str]] = {stage: set() for stage in STAGES}
        self._lock = threading.Lock()

    def enter(self, stage: str, keys: Iterable[str] = ("",)) -> None:
        with self._lock:
            self._in[stage].update(keys)
            self._map[STAGES.index(stage)] = bool(self._in[stage])

    def leave(self, stage: str, keys: Iterable[str] = ("",)) -> None:
        with self._lock:
            self._in[stage].difference_update(keys)
            self._map[STAGES.index(stage)] = bool(self._in[stage])


def read(path: Path) -> frozenset[str]:
    """The stages that the process of this file is in, or was when it was killed."""
    told = path.read_bytes() if path.exists() else b""
    return frozenset(stage for stage, mark in zip(STAGES, told, strict=False) if mark)


def watch(path: Path) -> None:
    """From here on this process tells its stages into a new file."""
    marks = Marks(path)
    _watch_due(marks)
    _watch_deliveries(marks)


def _watch_due(marks: Marks) -> None:
    from bot import unasked
    from core.schedule import occurrences, schedules

    begin, claim, step = schedules.begin, occurrences.claim, unasked.step

    def begun(*given: Any, **named: Any) -> Any:
        marks.enter("due")
        return begin(*given, **named)

    def claimed(*given: Any, **named: Any) -> Any:
        marks.enter("due")
        return claim(*given, **named)

    def stepped(*given: Any) -> bool:
        try:
            return step(*given)
        finally:
            marks.leave("due")

    schedules.begin, occurrences.claim, unasked.step = begun, claimed, stepped


def _watch_deliveries(marks: Marks) -> None:
    from bot.slack.send import SlackSender
    from bot.teams.send import TeamsSender
    from bot.worker import Worker
    from core.schedule import leases

    lease, leased_by, outcome, record = leases.lease, Worker._lease, Worker._outcome, Worker._record

    def leased(*given: Any, **named: Any) -> Any:
        marks.enter("lease")
        return lease(*given, **named)

    def leased_by_worker(*given: Any) -> Any:
        found = leased_by(*given)
        marks.enter("lease", [delivery.key for delivery in found[0]])
        marks.leave("lease")
        return found

    async def answered(worker: Any, delivery: Any) -> Any:
        try:
            return await outcome(worker, delivery)
        finally:
            marks.enter("record", [delivery.key])
            marks.leave("lease", [delivery.key])

    def recorded(worker: Any, came: Any) -> Any:
        try:
            return record(worker, came)
        finally:
            marks.leave("record", [one.delivery.key for one in came])

    def sent_by(send: Any) -> Any:
        async def sent(sender: Any, delivery: Any) -> Any:
            marks.enter("send", [delivery.key])
            marks.leave("lease", [delivery.key])
            try:
                return await send(sender, delivery)
            finally:
                marks.leave("send", [delivery.key])

        return sent

    leases.lease = leased
    Worker._lease, Worker._outcome, Worker._record = leased_by_worker, answered, recorded  # type: ignore[method-assign]
    for sender in (SlackSender, TeamsSender):
        sender.send = sent_by(sender.send)  # type: ignore[method-assign]

"""Occurrences a second of the due scan, by two replicas, beside APScheduler's SQLAlchemyJobStore; and how it grows.

All schedules that are due are due in the same minute; the others, up to the size, are not due and should cost nothing.
Ours: each becomes one occurrence row with its next instant, in transactions of both replicas. The peer: each job is run
(a function that counts) and its next instant is written.
"""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

import migrations
from bench.databases import database
from bench.options import Options
from bench.report import Figures, Row
from core.schedule import schedules
from core.schedule.schedules import OccurrenceRow, ScheduleRow
from core.store.base import new_id
from core.store.database import Database

DUE = 10_000
PEER = DUE  # jobs of the peer
SIZES = (1_000, 100_000)  # schedules that are not due
REPLICAS = 2
BAR = 5.0
NOW = datetime(2026, 12, 1, 8, 0, 30, tzinfo=UTC)

_ran = threading.Semaphore(0)


def job() -> None:
    """What the peer runs; it is found by its name, since jobs are pickled."""
    _ran.release()


def run(options: Options) -> Iterator[Row]:
    sizes = tuple(options.items) or SIZES
    for kind in options.databases:
        with database(kind, options, _empty(options, "peer")) as url:
            peer = dispatched(url)
        first = 0.0
        for size in sizes:
            with database(kind, options, _empty(options, str(size))) as url:
                rate, late, wrong = scanned(url, size)
            first = first or rate
            yield Row(
                "due scan", kind, size, Figures(rate=rate, p99=late * 1000), "APScheduler 3.11 SQLAlchemyJobStore",
                Figures(rate=peer), ratio=rate / peer, least=BAR, growth=first / rate,
                most=1.5 if size == sizes[-1] else None, errors=wrong,
                note=f"{DUE} due in one minute, {REPLICAS} replicas; p99 is lateness",
            )  # fmt: skip


def _empty(options: Options, name: str) -> Path:
    """A folder of its own, for the file that SQLite keeps."""
    folder = options.folder / name
    folder.mkdir(exist_ok=True)
    return folder


def scanned(url: str, idle: int) -> tuple[float, float, int]:
    """Occurrences a second, the lateness of the 99th of a hundred, and how many are missing or twice."""
    replicas = [Database(url) for _ in range(REPLICAS)]
    migrations.upgrade(replicas[0].engine)
    _fill(replicas[0], idle)
    written: list[tuple[float, int]] = []
    begun = time.perf_counter()
    threads = [threading.Thread(target=_scan, args=(one, written)) for one in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = max(at for at, _ in written) - begun
    done = 0
    late = took
    for at, count in sorted(written):
        done += count
        if done >= DUE * 0.99:
            late = at - begun
            break
    with replicas[0].transaction(write=False, now=NOW) as db:
        rows = db.query(OccurrenceRow.subject_id).distinct().count()
    for one in replicas:
        one.close()
    return DUE / took, late, abs(DUE - rows)


def _fill(database: Database, idle: int) -> None:
    plans = [(NOW - timedelta(seconds=30), DUE), (NOW + timedelta(hours=9), idle)]
    with database.transaction(write=True, now=NOW) as db:
        for at, count in plans:
            rows = [
                {
                    "id": new_id(), "workspace_id": "w", "product_id": "p", "kind": "digest", "subject_id": new_id(),
                    "recipient": "", "said": f"every day {at:%H:%M}", "tz": "UTC", "anchor": NOW.date(), "shift": 0,
                    "window": None, "next_at": at, "next_day": at.date(), "made": NOW,
                }
                for _ in range(count)
            ]  # fmt: skip
            db.connection().execute(ScheduleRow.__table__.insert(), rows)


def _scan(database: Database, written: list[tuple[float, int]]) -> None:
    """What bot.unasked does, without composing."""
    while True:
        with database.transaction(write=False, now=NOW) as db:
            workspace = schedules.due_in(db)
        if workspace is None:
            return
        with database.transaction(write=True, now=NOW) as db:
            db.enter(workspace)
            count = schedules.begin(db)
        written.append((time.perf_counter(), count))


def dispatched(url: str) -> float:
    """Jobs a second that the peer runs when all are due at once; adding them is not counted."""
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(20)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    due = datetime.now(UTC) - timedelta(seconds=30)
    for n in range(PEER):
        scheduler.add_job(job, "cron", hour=due.hour, minute=due.minute, id=str(n), next_run_time=due)
    begun = time.perf_counter()
    scheduler.resume()
    for _ in range(PEER):
        _ran.acquire()
    took = time.perf_counter() - begun
    scheduler.shutdown()
    return PEER / took

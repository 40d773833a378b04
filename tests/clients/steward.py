"""`steward serve` with the clients around it, each a process of its own on a free port, all gone at the end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.process import free_port, python, running, tail, wait_ready
from tests.clients import local_slack, playground
from tests.clients.installed import room
from tests.clients.local_slack import LocalSlack
from tests.clients.playground import Playground

RECONCILE = "1"


@dataclass
class Office:
    """What a test works with: where our server listens, and who sits at which client."""

    bot: str
    folder: Path
    slack: LocalSlack = field(init=False)
    teams: Playground = field(init=False)


@asynccontextmanager
async def office(folder: Path, url: str, *, slack: bool = False, teams: bool = False) -> AsyncIterator[Office]:
    """A server on the database `url` with its clients; where something fails, the ends of their logs are told."""
    port = free_port()
    made = Office(f"http://127.0.0.1:{port}", folder)
    settings = {"STEWARD_DATABASE_URL": url, "STEWARD_PORT": str(port), "STEWARD_RECONCILE_SECONDS": RECONCILE}
    with _logs_told(folder):
        async with AsyncExitStack() as stack:
            if slack:
                slack_url = await stack.enter_async_context(
                    local_slack.serving(folder / "slack", free_port(), made.bot)
                )
                settings |= local_slack.settings(slack_url)
            if teams:
                settings |= playground.settings(made.bot)
            log = room(folder / "bot")
            process = stack.enter_context(running(python("-m", "bot", "serve"), folder=log, settings=settings))
            await asyncio.to_thread(wait_ready, process, f"{made.bot}/readyz", log)
            if slack:
                made.slack = await stack.enter_async_context(local_slack.sitting_at(slack_url))
            if teams:
                page = await stack.enter_async_context(playground.serving(folder / "teams", free_port(), made.bot))
                made.teams = await stack.enter_async_context(playground.sitting_at(page))
            yield made
        complaints = [line for line in tail(log, 1000).splitlines() if " ERROR " in line or "Traceback" in line]
        assert not complaints, complaints


@contextmanager
def _logs_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as failure:
        for one in sorted(folder.iterdir()):
            if one.is_dir() and (said := tail(one, 40)):
                failure.add_note(f"---- {one.name}\n{said}")
        raise

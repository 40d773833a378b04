"""A Slack that takes one message a second a place, and for a while none at all. Run: python -m bench.paced --port N

Each fifth place says 429 when its third message comes, and once more when it comes again: nothing of a sender's doing,
and counted apart from what comes too soon. GET /told gives what has come so far.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bench import process

INTERVAL = 1.0  # seconds
BURST = (2, 1)  # seconds to wait that the 429s of a burst name, in turn
AFTER = 2  # messages that a place takes before its burst
EVERY = 5  # the places with a burst are each so many-th


@dataclass
class Limit:
    """What a platform takes. took: messages taken; burst: 429s of its own; soon: 429s because one came too soon."""

    took: int = 0
    burst: int = 0
    soon: int = 0
    last: float = 0.0
    _places: "defaultdict[str, _Place]" = field(default_factory=lambda: defaultdict(_Place))

    def ask(self, place: str, now: float) -> int:
        """0 where the message is taken, else the seconds to wait."""
        known = self._places[place]
        if now < known.free:
            self.soon += 1
            return 1
        if known.took == AFTER and known.refused < len(BURST) and int(place.lstrip("C")) % EVERY == 0:
            wait = BURST[known.refused]
            known.refused += 1
            known.free = now + wait
            self.burst += 1
            return wait
        known.took += 1
        known.free = now + INTERVAL
        self.took += 1
        self.last = now
        return 0


@dataclass
class _Place:
    took: int = 0
    refused: int = 0
    free: float = 0.0


def shortest(each: int) -> float:
    """Seconds in which so many messages of each place can be taken, waiting for nothing but the limit."""
    return (each - 1) * INTERVAL + (sum(BURST) if each > AFTER else 0)


@contextmanager
def standing(folder: Path, core: int | None) -> Iterator[str]:
    """Run it; yields its address, which ends in /api/ as slack_sdk wants it."""
    folder.mkdir()
    port = process.free_port()
    address = f"http://127.0.0.1:{port}/"
    with process.running(process.python("-m", "bench.paced", "--port", str(port)), folder=folder, core=core) as running:
        process.wait_ready(running, f"{address}told", folder)
        yield f"{address}api/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    limit = Limit()

    async def post(request: web.Request) -> web.Response:
        asked = await (request.json() if "json" in request.content_type else request.post())
        wait = limit.ask(str(asked["channel"]), time.time())
        if wait:
            refusal = {"ok": False, "error": "ratelimited"}
            return web.json_response(refusal, status=429, headers={"Retry-After": str(wait)})
        return web.json_response({"ok": True, "channel": asked["channel"], "ts": f"{limit.took}.000100"})

    async def told(_: web.Request) -> web.Response:
        return web.json_response({"took": limit.took, "burst": limit.burst, "soon": limit.soon, "last": limit.last})

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", post)
    app.router.add_get("/told", told)
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, access_log=None, print=None)


if __name__ == "__main__":
    main()

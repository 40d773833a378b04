"""The smallest Slack Web API: auth.test names a bot, everything else is ok. Run: python -m bench.standin --port N"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from bench import process

ANSWER = {
    "ok": True,
    "url": "https://bench.slack.com/",
    "team": "Bench",
    "team_id": "T0BENCH",
    "user": "steward",
    "user_id": "U0STEWARD",
    "bot_id": "B0STEWARD",
    "channel": "C0BENCH",
    "ts": "1700000000.000100",
}


MEMBER = {"ok": True, "user": {"id": "U0BENCH", "name": "bench"}}


async def answer(request: web.Request) -> web.Response:
    said = MEMBER if request.path.endswith("users.info") else ANSWER
    return web.json_response(
        said, headers={"x-oauth-scopes": "commands,chat:write,app_mentions:read,im:history,users:read"}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    web.run_app(app, host="127.0.0.1", port=parser.parse_args().port, access_log=None, print=None)


@contextmanager
def standing(folder: Path, core: int | None) -> Iterator[str]:
    """Run it; yields its address, which ends in /api/ as slack_sdk wants it."""
    folder.mkdir()
    port = process.free_port()
    address = f"http://127.0.0.1:{port}/api/"
    with process.running(
        process.python("-m", "bench.standin", "--port", str(port)), folder=folder, core=core
    ) as running:
        process.wait_ready(running, address, folder)
        yield address


if __name__ == "__main__":
    main()

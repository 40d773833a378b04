"""The peer: Bolt with nothing behind it, one slash command that acks with its text. Run: python -m bench.echo --port N

Mounted on aiohttp as Bolt's own AsyncApp.start() does it, with process_before_response: Bolt's default looks for the
ack only every 10 ms (slack_bolt/listener/asyncio_runner.py), so that at few connections its echo mostly sleeps, and
whatever stands beside it would look fast. --polled is that default. --bare answers a fixed 'ok' without Bolt: it shows
what the generator can reach.
"""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bench import process
from bench.load import COMMAND, PATH, SECRET, TOKEN


def bolt(api: str, polled: bool) -> web.Application:
    client = AsyncWebClient(token=TOKEN, base_url=api)
    app = AsyncApp(signing_secret=SECRET, client=client, process_before_response=not polled)

    @app.command(COMMAND)
    async def echo(ack: AsyncAck, command: dict[str, Any]) -> None:
        await ack(command["text"])

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    out = web.Application()
    out.router.add_post(PATH, events)
    return out


def bare() -> web.Application:
    async def ok(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="ok")

    out = web.Application()
    out.router.add_post(PATH, ok)
    return out


async def ready(_: web.Request) -> web.Response:
    return web.Response(text="ready")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api", default="", help="the Slack Web API")
    parser.add_argument("--bare", action="store_true", help="no Bolt: a fixed 'ok'")
    parser.add_argument("--polled", action="store_true", help="Bolt's default way of waiting for the ack")
    options = parser.parse_args()
    app = bare() if options.bare else bolt(options.api, options.polled)
    app.router.add_get("/readyz", ready)
    web.run_app(app, host="127.0.0.1", port=options.port, access_log=None, print=None)


@contextmanager
def echoing(
    folder: Path, core: int | None, *, api: str = "", bare: bool = False, polled: bool = False
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run it; yields its port and process."""
    folder.mkdir()
    port = process.free_port()
    command = process.python("-m", "bench.echo", "--port", str(port), *(["--bare"] if bare else ["--api", api]))
    command += ["--polled"] if polled else []
    with process.running(command, folder=folder, core=core) as running:
        process.wait_ready(running, f"http://127.0.0.1:{port}/readyz", folder)
        yield port, running


if __name__ == "__main__":
    main()

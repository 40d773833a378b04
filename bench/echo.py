"""The peers: Bolt with nothing behind it, one slash command that acks with its text. Run: python -m bench.echo --port N

There are two, because 'a bare Bolt echo' is two things. As one writes it (AsyncApp and its own aiohttp server) Bolt
looks for the ack only every 10 ms (slack_bolt/listener/asyncio_runner.py): that is what a bot of the usual kind takes,
but at few connections it mostly sleeps, and whatever stands beside it looks fast. --strict sets
process_before_response: the echo then takes no more than Bolt's own work, and is the harder measure. --bare answers a
fixed 'ok' without Bolt: it shows what the generator can reach.
"""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bench import process
from bench.load import COMMAND, PATH, SECRET, TOKEN


def bolt(api: str, strict: bool) -> web.Application:
    client = AsyncWebClient(token=TOKEN, base_url=api)
    app = AsyncApp(signing_secret=SECRET, client=client, process_before_response=strict)

    @app.command(COMMAND)
    async def echo(ack: AsyncAck, command: dict[str, Any]) -> None:
        await ack(command["text"])

    return app.web_app(PATH)


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
    parser.add_argument("--strict", action="store_true", help="acked as soon as it is said: process_before_response")
    options = parser.parse_args()
    app = bare() if options.bare else bolt(options.api, options.strict)
    app.router.add_get("/readyz", ready)
    web.run_app(app, host="127.0.0.1", port=options.port, access_log=None, print=None)


@contextmanager
def echoing(
    folder: Path, core: int | None, *, api: str = "", bare: bool = False, strict: bool = False
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run it; yields its port and process."""
    folder.mkdir()
    port = process.free_port()
    command = process.python("-m", "bench.echo", "--port", str(port), *(["--bare"] if bare else ["--api", api]))
    command += ["--strict"] if strict else []
    with process.running(command, folder=folder, core=core) as running:
        process.wait_ready(running, f"http://127.0.0.1:{port}/readyz", folder)
        yield port, running


if __name__ == "__main__":
    main()

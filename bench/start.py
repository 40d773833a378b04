"""Start-up times: the terminal chat, the help, the server until it is ready; beside a bare Python and Bolt's import."""

import subprocess
import time
from collections.abc import Callable, Iterator
from statistics import median

from bench import process
from bench.databases import database
from bench.imports import SETUP, steward
from bench.load import SECRET, TOKEN
from bench.options import Options
from bench.report import Figures, Row
from bench.standin import standing

ROUNDS = 7


def timed(action: Callable[[], object]) -> float:
    """Milliseconds it takes."""
    begun = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - begun)


def plain(*arguments: str, core: int | None) -> None:
    command = process.pinned(process.python(*arguments), core)
    subprocess.run(command, check=True, cwd=process.ROOT, capture_output=True, start_new_session=True)


def serving(url: str, api: str, port: int) -> dict[str, str]:
    """The settings of a server with Slack alone, whose Slack is the stand-in."""
    return {
        "STEWARD_DATABASE_URL": url,
        "STEWARD_PORT": str(port),
        "STEWARD_SLACK_BOT_TOKEN": TOKEN,
        "STEWARD_SLACK_SIGNING_SECRET": SECRET,
        "STEWARD_SLACK_API_URL": api,
    }


def until_ready(url: str, api: str, options: Options) -> float:
    """Milliseconds from starting `steward serve` to its first 200 at /readyz."""
    port, folder = process.free_port(), options.folder / "serve"
    folder.mkdir(exist_ok=True)
    begun = time.perf_counter()
    command = process.python("-m", "bot", "serve")
    with process.running(command, folder=folder, core=options.server_core, settings=serving(url, api, port)) as server:
        process.wait_ready(server, f"http://127.0.0.1:{port}/readyz", folder)
        return 1000 * (time.perf_counter() - begun)


def run(options: Options) -> Iterator[Row]:
    core, folder = options.server_core, options.folder
    with standing(folder / "slack", options.generator_core) as api, database("sqlite", options, folder) as url:
        steward("chat", "--json", url=url, folder=folder, say=SETUP)
        actions: dict[str, Callable[[], float]] = {
            "python -c pass": lambda: timed(lambda: plain("-c", "pass", core=core)),
            "import slack_bolt": lambda: timed(lambda: plain("-c", "import slack_bolt", core=core)),
            "chat --json, one line": lambda: timed(
                lambda: steward("chat", "--json", url=url, folder=folder, say="\n", core=core)
            ),
            "--help": lambda: timed(lambda: steward("--help", url=url, folder=folder, core=core)),
            "serve until ready": lambda: until_ready(url, api, options),
        }
        times: dict[str, list[float]] = {what: [] for what in actions}
        for _ in range(ROUNDS):
            for what, action in actions.items():
                times[what].append(action())
    figures = {what: Figures(p50=median(taken), p99=max(taken)) for what, taken in times.items()}
    peers = list(actions)[:2]
    for what in list(actions)[2:]:
        for peer in peers:
            ratio = median(theirs / ours for theirs, ours in zip(times[peer], times[what], strict=True))
            yield Row(what, "sqlite", None, figures[what], peer, figures[peer], ratio)

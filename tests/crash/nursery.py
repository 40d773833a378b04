"""Starts `steward serve` by fork, so that a hundred starts do not import Bolt a hundred times.

Run: python -m tests.crash.nursery. A line of JSON in (environment variables), the new process's id out.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

# everything that `serve` loads by itself, loaded before the first fork
import bot.server
import bot.slack.app
import bot.slack.send
import bot.teams.app
from bot import __main__ as steward
from core.store.database import Database
from tests.crash import stages
from tests.crash.serving import TOLD

LOADED = (bot.server, bot.slack.app, bot.slack.send, bot.teams.app)


def serve(settings: dict[str, str]) -> int:
    """What `python -m bot serve` does with these variables, in a process that starts here."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    if told := settings.pop(TOLD, ""):
        stages.watch(Path(told))
    os.environ.update(settings)
    return steward.main(["serve"])


def main() -> None:
    Database(os.environ["STEWARD_DATABASE_URL"]).close()  # loads the driver
    assert threading.active_count() == 1, "a fork would lose threads"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed leave nothing behind
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(serve(json.loads(line)))
        print(pid, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""A conversation without a terminal, and processes that are talked to."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from bot.console import Chat, Screen
from bot.lines import TERMINAL
from bot.terminal.hands import Piped
from core.commands.dispatch import Steward
from tests.databases import NOW

PATIENCE = 30  # seconds without a word, after which none will come
ROOT = Path(__file__).parents[3]


def converse(steward: Steward, *lines: str, speaker: str = "ann") -> str:
    """What a pipe that says these lines reads back, 80 columns wide."""
    out = StringIO()
    console = Screen(plain=True, file=out, width=80)
    steward.connect(TERMINAL, NOW)
    source = StringIO("".join(f"{line}\n" for line in lines))
    Chat(steward, lambda: NOW, console, Piped(source, console), {}, speaker).run()
    return out.getvalue()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a process whose database and history lie in `folder`; None of ours decides how it looks."""
    ours = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PAGER", "LESS", "COLORTERM", "LC_ALL"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    url = {"STEWARD_DATABASE_URL": f"sqlite:///{folder / 'steward.db'}", "XDG_DATA_HOME": str(folder)}
    return {**kept, **url, "LOGNAME": "ann", "LC_ALL": "C.UTF-8", **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", "chat", *arguments]


def piped(folder: Path, said: str | bytes, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """`steward chat` with standard input from a pipe, run to its end."""
    raw = said.encode() if isinstance(said, str) else said
    env = environment(folder, **more)
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=env, input=raw, capture_output=True, timeout=60, check=False
    )


class Tty:
    """`steward chat` on a pseudo-terminal of 80 columns: what is typed, and what has come out so far."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master = master
        self._heard = 0
        self.process = process
        self.seen = b""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, wanted: str) -> str:
        """What has come up to and with these words since the last that were waited for."""
        start = self._heard
        while (found := self.seen.find(wanted.encode(), start)) < 0:
            self.seen += self._read(wanted)
        self._heard = found + len(wanted.encode())
        return self.seen[start : self._heard].decode()

    def _read(self, wanted: str) -> bytes:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        try:
            raw = os.read(self._master, 65536) if ready else b""
        except OSError:  # Linux says EIO where the other side is closed
            raw = b""
        if not raw:
            raise AssertionError(f"{wanted!r} never came; there came {self.seen.decode()!r}")
        if b"\x1b[6n" in raw:
            self.type("\x1b[5;1R")  # a terminal tells where its cursor stands, when it is asked
        return raw


@contextmanager
def terminal(folder: Path, **more: str) -> Iterator[Tty]:
    """`steward chat` in a terminal of its own; ended with the test."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = environment(folder, TERM="xterm-256color") | more
    process = subprocess.Popen(
        command(), cwd=ROOT, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        yield Tty(master, process)
    finally:
        process.kill()
        process.wait(timeout=30)
        os.close(master)

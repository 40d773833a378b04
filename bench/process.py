"""Processes that a measurement starts: on cores of their own, ready when handed over, gone when it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A measurement that could not be taken; the message is for people."""


def cores() -> tuple[int, int] | None:
    """(the generator's core, the server's core), None where this machine cannot keep them apart."""
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else None


def pinned(command: Sequence[str], core: int | None) -> list[str]:
    """The command bound to one core from its first instruction on, so that each of its threads stays there."""
    return list(command) if core is None else ["taskset", "-c", str(core), *command]


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `settings` as the only STEWARD_* variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STEWARD_")}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(settings or {})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], *, folder: Path, core: int | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command with its output in `folder`/log until the block is left, by whatever way.

    It has a session of its own: Ctrl-C reaches only us, and we end it (SIGTERM, after 10 s SIGKILL).
    """
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            pinned(command, core),
            cwd=folder,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End it and everything in its session."""
    for sign, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, sign)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def wait_ready(process: subprocess.Popen[bytes], url: str, folder: Path, seconds: float = 60) -> float:
    """Seconds until `url` answers 200. Raises Failed with the end of its log where it ends first or stays silent."""
    begun = time.perf_counter()
    while (waited := time.perf_counter() - begun) < seconds:
        if process.poll() is not None:
            raise Failed(f"The process ended before {url} answered.\n{tail(folder)}")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return waited
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.01)
    raise Failed(f"{url} did not answer within {seconds:.0f} s.\n{tail(folder)}")


def tail(folder: Path, lines: int = 15) -> str:
    log = folder / "log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def rss(pid: int) -> float | None:
    """Resident megabytes of a process; None where there is no /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), None)


def cpu(pid: int | None) -> float:
    """Seconds of processor a process has used, all its threads together; 0 where there is no /proc or no process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interruptible() -> None:
    """Let SIGTERM unwind like Ctrl-C, so that every `running` block ends its process."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)

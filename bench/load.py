"""The load generator: signed Slack slash commands over kept-alive connections, as fast as the answers come.

Each connection sends its next request when it has the answer to the last (a closed loop), and looks at every answer.
As a process: python -m bench.load reads one Job as JSON from standard input and writes one Result as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, islice
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from bench import process
from bench.report import Figures

PATH = "/slack/events"
COMMAND = "/backlog"
SECRET = "bench-signing-secret"
TOKEN = "xoxb-bench"
BUSY = 0.8  # of its core; past that the generator measures itself
GRACE = 30  # seconds beyond the wanted ones before a silent server counts as failed


@dataclass(frozen=True, slots=True)
class Job:
    """What to send where.

    says        (text of the slash command, a word its answer must contain), taken in turn, again from the start
    seconds     how long, after `warm` seconds that do not count; or `requests`: exactly so many, without warming up
    """

    port: int
    says: list[tuple[str, str]]
    command: str = COMMAND
    connections: int = 8
    seconds: float = 2.0
    warm: float = 0.5
    requests: int | None = None
    secret: str = SECRET


@dataclass(frozen=True, slots=True)
class Result:
    """busy is the part of its core that the generator used; wrong the first answer that was not as expected; cpu the
    server's milliseconds of processor for one request, the `warmed` ones included.
    """

    answered: int
    warmed: int
    errors: int
    seconds: float
    busy: float
    p50: float | None
    p99: float | None
    wrong: str = ""
    cpu: float | None = None

    @property
    def rate(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def figures(self) -> Figures:
        return Figures(self.rate, self.p50, self.p99, self.cpu)


@dataclass(slots=True)
class Tally:
    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    wrong: str = ""

    def count(self, started: float, status: bytes, body: bytes, word: bytes) -> None:
        self.latencies.append(time.perf_counter() - started)
        if status != b"200" or word not in body:
            self.miss(f"{status.decode()} {body[:300].decode(errors='replace')} (expected {word.decode()})")

    def miss(self, wrong: str) -> None:
        self.errors += 1
        self.wrong = self.wrong or wrong


def form(command: str) -> str:
    """All of a slash command's body but what differs from one to the next; the fields are Slack's."""
    fields = {
        "token": "bench",
        "team_id": "T0BENCH",
        "team_domain": "bench",
        "channel_id": "C0BENCH",
        "channel_name": "bench",
        "user_id": "U0BENCH",
        "user_name": "bench",
        "command": command,
        "api_app_id": "A0BENCH",
        "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:9/response",
    }
    return urlencode(fields)


def signed(job: Job) -> Iterator[tuple[bytes, bytes]]:
    """Requests without end: the bytes to send and the word expected back, each with a trigger_id never used before."""
    verifier = SignatureVerifier(job.secret)
    same, run = form(job.command), uuid.uuid4().hex
    texts = [(urlencode({"text": text}), word.encode()) for text, word in job.says]
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    for count, (text, word) in enumerate(cycle(texts)):
        body = f"{same}&{text}&trigger_id={count}.{run}"
        stamp = str(int(time.time()))
        signature = verifier.generate_signature(timestamp=stamp, body=body)
        signing = f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\n"
        yield f"{head}{signing}Content-Length: {len(body)}\r\n\r\n{body}".encode(), word


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """(status, body) of one answer; aiohttp always gives the length of what fits one write."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = head[9:12]
    _, found, rest = head.partition(b"content-length:")
    if not found:
        return status, b"an answer without a length"
    return status, await reader.readexactly(int(rest[: rest.index(b"\r")]))


async def connection(job: Job, requests: Iterator[tuple[bytes, bytes]], until: float, tally: Tally) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    try:
        while time.perf_counter() < until:
            request, word = next(requests, (b"", b""))
            if not request:
                return
            started = time.perf_counter()
            writer.write(request)
            try:
                status, body = await answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError) as broken:
                tally.miss(f"the connection broke: {broken!r}")
                reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
                continue
            tally.count(started, status, body, word)
    finally:
        writer.close()


async def phase(job: Job, requests: Iterator[tuple[bytes, bytes]], seconds: float) -> tuple[Tally, float]:
    """Load for so many seconds; returns the tally and how long it really took."""
    tally, begun = Tally(), time.perf_counter()
    async with asyncio.timeout(seconds + GRACE), asyncio.TaskGroup() as group:
        for _ in range(job.connections):
            group.create_task(connection(job, requests, begun + seconds, tally))
    return tally, time.perf_counter() - begun


async def run(job: Job) -> Result:
    requests = signed(job)
    warmed = Tally()
    if job.requests is None:
        warmed, _ = await phase(job, requests, job.warm)
    else:
        requests = islice(requests, job.requests)
    spent = time.process_time()
    tally, took = await phase(job, requests, job.seconds if job.requests is None else GRACE)
    ranked = sorted(1000 * latency for latency in tally.latencies)
    return Result(
        answered=len(ranked),
        warmed=len(warmed.latencies),
        errors=tally.errors + warmed.errors,
        seconds=took,
        busy=(time.process_time() - spent) / took,
        p50=ranked[len(ranked) // 2] if ranked else None,
        p99=ranked[int(len(ranked) * 0.99)] if ranked else None,
        wrong=warmed.wrong or tally.wrong,
    )


def measure(job: Job, core: int | None, server: int | None = None) -> Result:
    """Run a job in a process of its own; `server` is whose processor time to note.

    Raises process.Failed where it cannot be taken.
    """
    command = process.pinned(process.python("-m", "bench.load"), core)
    patience = job.seconds + job.warm + 3 * GRACE
    text = json.dumps(asdict(job))
    before = process.cpu(server)
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=patience, cwd=process.ROOT, start_new_session=True
    )
    if done.returncode:
        raise process.Failed(f"The generator failed:\n{done.stderr.strip()[-2000:]}")
    spent = process.cpu(server) - before
    result = Result(**json.loads(done.stdout))
    handled = result.answered + result.warmed
    return replace(result, cpu=1000 * spent / handled if spent and handled else None)


def total(results: Iterable[Result]) -> tuple[int, str]:
    """(errors, what to note about them) over several results."""
    results = list(results)
    notes = [f"first wrong answer: {result.wrong[:200]}" for result in results if result.wrong][:1]
    if (busy := max(result.busy for result in results)) > BUSY:
        notes.append(f"the generator was {busy:.0%} busy: it measured itself")
    return sum(result.errors for result in results), "; ".join(notes)


def main() -> None:
    given = json.load(sys.stdin)
    job = Job(**given | {"says": [(text, word) for text, word in given["says"]]})
    json.dump(asdict(asyncio.run(run(job))), sys.stdout)


if __name__ == "__main__":
    main()

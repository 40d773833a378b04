"""What the load generator itself can reach, and the bare Bolt echo at 1 and at 8 connections."""

from collections.abc import Iterator

from bench.echo import echoing
from bench.load import Job, Result, measure, total
from bench.options import Options
from bench.report import Row, middle
from bench.standin import standing

ROUNDS = 3
CONNECTIONS = (1, 8, 32)


def run(options: Options) -> Iterator[Row]:
    folder, core = options.folder, options.server_core
    with (
        standing(folder / "slack", options.generator_core) as api,
        echoing(folder / "bare", core, bare=True) as bare,
        echoing(folder / "echo", core, api=api) as echo,
        echoing(folder / "strict", core, api=api, strict=True) as strict,
    ):
        servers = {"aiohttp 'ok'": bare, "bolt echo": echo, "bolt echo, strict": strict}
        for connections in CONNECTIONS:
            results: dict[str, list[Result]] = {name: [] for name in servers}
            for _ in range(ROUNDS):
                for name, (port, server) in servers.items():
                    says = [("list", "ok" if name.endswith("'ok'") else "list")]
                    job = Job(port, says, connections=connections, seconds=options.seconds)
                    results[name].append(measure(job, options.generator_core, server.pid))
            peer = results.pop("aiohttp 'ok'")
            for name, ours in results.items():
                yield row(f"{name}, {connections} at once", ours, peer)


def row(what: str, results: list[Result], bare: list[Result]) -> Row:
    ours, peer = (middle([result.figures for result in taken]) for taken in (results, bare))
    errors, _ = total(results + bare)
    room = min(result.rate / result.busy for result in bare)
    note = f"generator {max(result.busy for result in results):.0%} busy; about {room:,.0f} a second at 100%"
    ratio = (ours.rate or 0) / (peer.rate or 1)
    return Row(what, "", None, ours, "aiohttp 'ok'", peer, ratio, errors=errors, note=note)

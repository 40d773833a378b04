"""The answers that are kept beside the scenarios, one a line. `python -m tests.scenario` writes them anew."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

Json = dict[str, Any]


def kept(name: str) -> list[Json]:
    path = HERE / f"{name}.expected.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def keep(name: str, answers: list[Json]) -> Path:
    path = HERE / f"{name}.expected.jsonl"
    path.write_text("".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers), "utf-8")
    return path

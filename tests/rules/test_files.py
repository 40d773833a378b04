"""What a committed file must not say: where somebody's disk or package index is."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from .source import ROOT, committed

# Put together here, so that this file does not hold what it looks for.
FOLDERS = re.compile(rf"(?<![\w.}}/-])/(?:{'|'.join(['root', 'home', 'work', 'Users'])})/[\w.]")
INDEX_WORDS = [
    rf"py{'pi'}\.org",
    rf"python{'hosted'}\.org",
    rf"npm{'js'}\.(?:org|com)",
    rf"npm{'mirror'}\.com",
    rf"PIP_{'INDEX'}_URL",
    rf"--(?:extra-)?index{'-url'}[ =]\S+:",
    rf"find{'-links'}[ =]\S+:",
]
INDEXES = re.compile("|".join(INDEX_WORDS))


def betrayals(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := FOLDERS.search(line) or INDEXES.search(line):
            yield number, found[0]


def _text(path: Path) -> str:
    """The file as text; '' for a picture or another binary."""
    raw = path.read_bytes()
    return "" if b"\0" in raw else raw.decode("utf-8")


def test_no_committed_file_names_a_disk_or_an_index() -> None:
    found = [f"{p.relative_to(ROOT)}:{line}: {what}" for p in committed() for line, what in betrayals(_text(p))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "cd " + "/".join(["", "home", "ann", "steward"]),
        'DATA = "' + "/".join(["", "work", "shared"]),
        "see " + "/".join(["", "root", ".pyenv"]),
        "https://" + ".".join(["pypi", "org"]) + "/simple",
        "https://files." + ".".join(["pythonhosted", "org"]) + "/packages",
        '"resolved": "https://registry.' + ".".join(["npmjs", "org"]) + '/x"',
    ],
)
def test_a_planted_disk_or_index_is_caught(line: str) -> None:
    assert list(betrayals(f"first line\n{line}\n")) != []


@pytest.mark.parametrize("line", ["../shared/data", "https://example.com/home/page", "GET /slack/events", "./work/x"])
def test_ordinary_addresses_are_left_alone(line: str) -> None:
    assert list(betrayals(line)) == []


# ---- the lock ----

PIN = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[\w.!+]+( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
ORIGIN = re.compile(r"^    #( via)?( .+)?$")


def loose(lock: str) -> list[str]:
    """Lines that are neither an exact version, a hash, nor a word on who wanted it."""
    lines = lock.splitlines()
    kinds = [next((k for k in (PIN, HASH, ORIGIN) if k.match(line)), None) for line in lines]
    bad = [f"{n}: {line}" for n, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1) if kind is None]
    unhashed = [f"{n}: no hash" for n, kind in enumerate(kinds, 1) if kind is PIN and kinds[n : n + 1] != [HASH]]
    return bad + unhashed + [f"{n}: an address" for n, line in enumerate(lines, 1) if "http:" in line or "://" in line]


def test_the_lock_holds_exact_versions_and_hashes_and_no_address() -> None:
    assert loose((ROOT / "requirements.lock").read_text("utf-8")) == []


@pytest.mark.parametrize(
    "lock",
    ["rich>=15 \\\n    --hash=sha256:" + "0" * 64, "rich==15 \\", "-i https://x", "rich @ https://x/rich.whl"],
)
def test_a_loose_lock_is_caught(lock: str) -> None:
    assert loose(lock) != []


def test_the_lock_covers_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~! ;]", line)[0].lower() for line in wanted}
    locked = {re.split(r"\[|==", line)[0] for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()}
    assert names - locked == set()

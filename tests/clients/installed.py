"""Where `make clients` puts the clients, and a word on what is missing."""

import os
import shutil
from pathlib import Path

import pytest

MODULES = Path(__file__).parents[2] / ".clients" / "node_modules"
LOCAL_SLACK = MODULES / "local-slack-linux-x64" / "bin" / "local-slack"
PLAYGROUND = MODULES / "@microsoft" / "m365agentsplayground" / "cli.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def wanted() -> None:
    """Skip where the clients are not installed; in CI that is a failure."""
    missing = [path.name for path in (LOCAL_SLACK, PLAYGROUND) if not path.exists()]
    missing += [] if shutil.which("node") else ["node"]
    if missing and os.environ.get("CI"):
        pytest.fail(f"the clients are not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"`make clients` installs what is missing here: {', '.join(missing)}")


def room(folder: Path, **files: str) -> Path:
    """A new folder with files in it; the first dot of a name is written as '_'."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def browser() -> str:
    """The path of Chromium; skips where there is none, fails in CI."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium is installed")
    return found or pytest.skip("no Chromium is installed")

"""Who may import whom: the contracts in pyproject.toml, held by import-linter."""

import subprocess
import sys
from pathlib import Path

from .source import ROOT

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]

CORE = ["chat", "store", "product", "knowledge", "schedule", "exchange", "commands"]
ROOMS = [*(f"core/{room}" for room in CORE), "bot/slack", "bot/teams"]


def lint_imports(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*LINT, "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


def test_every_import_contract_holds() -> None:
    run = lint_imports(ROOT, "--config", "pyproject.toml")
    assert run.returncode == 0, run.stdout + run.stderr


def test_an_import_that_a_contract_forbids_breaks_it(tmp_path: Path) -> None:
    """The same contracts over a small tree of the same rooms, with imports that each contract forbids."""
    for room in ROOMS:
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "__init__.py").touch()
        (tmp_path / room).parent.joinpath("__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / "core/store/upwards.py").write_text("import core.product\n")
    (tmp_path / "bot/teams/sideways.py").write_text("import bot.slack\n")
    (tmp_path / "core/product/web.py").write_text("import aiohttp\n")
    (tmp_path / "core/product/a.py").write_text("import core.product.b\n")
    (tmp_path / "core/product/b.py").write_text("import core.product.a\n")
    run = lint_imports(tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert run.stdout.count("BROKEN") == 4, run.stdout

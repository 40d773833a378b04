"""The project's own source as syntax trees, and what a rule over them looks like."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

Offence = tuple[int, str]
"""Line, and what stands there."""

Rule = Callable[["Module"], Iterator[Offence]]


class Module:
    """One file, parsed."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.tree = ast.parse(text, path)
        self.nodes = list(ast.walk(self.tree))
        self._bound: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._bound[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._bound[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"

    def name(self, node: ast.AST) -> str:
        """The full dotted name that a Name (where it is read) or an Attribute stands for; '' for anything else."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._bound.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        return ""

    def imported(self) -> Iterator[tuple[int, str]]:
        """Line and module of every import; `from a import b` names both a and a.b, since b may be a module."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.lineno, node.module
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def modules(*rooms: str) -> tuple[Module, ...]:
    """Every Python file below the given folders of the project, in order."""
    return tuple(module for room in rooms for module in _below(room))


@lru_cache
def _below(room: str) -> tuple[Module, ...]:
    files = sorted((ROOT / room).rglob("*.py"))
    return tuple(Module(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files)


def offences(rule: Rule, *rooms: str) -> list[str]:
    """'core/store/base.py:12: datetime.datetime.now' for everything the rule finds."""
    return [f"{m.path}:{line}: {what}" for m in modules(*rooms) for line, what in sorted(set(rule(m)))]


def caught(rule: Rule, planted: str, path: str = "core/product/planted.py") -> list[Offence]:
    """What the rule finds in a made-up file."""
    return sorted(set(rule(Module(path, planted))))


@lru_cache
def committed() -> tuple[Path, ...]:
    """Every file git knows."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(path for name in out.split("\0") if name and (path := ROOT / name).is_file())

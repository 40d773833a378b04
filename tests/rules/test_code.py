"""House rules over the source. Each is tried on a planted offence too, so that it is known to bite."""

import ast
import re
from collections.abc import Iterator

import pytest

from .source import ROOT, Module, Offence, Rule, caught, offences

# ---- time: `now` is a parameter, and the database keeps no clock of its own ----

CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime|asctime))$"
    r"|(^|\.)func\.(now|current_timestamp|current_date|current_time|localtimestamp|localtime|sysdate)$"
)
SQL_CLOCKS = re.compile(
    r"\b(current_(timestamp|date|time)|(now|clock_timestamp|statement_timestamp)\(\s*\)|date(time)?\s*\(\s*'now')", re.I
)
SELF_FILLING = {"server_default", "server_onupdate", "onupdate"}


def reads_the_clock(module: Module) -> Iterator[Offence]:
    docstrings = {id(node.value) for node in module.nodes if isinstance(node, ast.Expr)}
    for node in module.nodes:
        if CLOCKS.search(name := module.name(node)):
            yield node.lineno, name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if SQL_CLOCKS.search(node.value):
                yield node.lineno, f"SQL {node.value!r}"
        elif isinstance(node, ast.Call) and module.name(node.func).rpartition(".")[2] in {"Column", "mapped_column"}:
            yield from ((k.value.lineno, f"{k.arg}=") for k in node.keywords if k.arg in SELF_FILLING)


# ---- tenancy and history see what goes through the ORM, and nothing else ----

BEHIND_THE_ORM = re.compile(
    r"^sqlalchemy\.(.+\.)?(insert|update|delete|text|Query)$"
    r"|(^|\.)(__table__|exec_driver_sql|bulk_insert_mappings|bulk_update_mappings|bulk_save_objects)$"
)
BEHIND_THE_ORM_CALLS = re.compile(r"(^|\.)(db|session|self\._?db|self\._?session)\.(query|connection|get_bind)$")
INDEX_CONDITIONS = {"sqlite_where", "postgresql_where"}
SYSTEM_TABLES = {
    # These tables belong to no workspace and keep no history, so that neither could be forgotten here.
    "core/schedule/outbox.py": "the outbox",
    "core/schedule/leases.py": "the outbox on its way out",
    "core/schedule/pacing.py": "its pacing",
    "core/schedule/stops.py": "places that refuse",
    "core/schedule/schedules.py": "schedules and what is due",
    "core/schedule/occurrences.py": "what became of what was due",
    "core/schedule/budget.py": "what was said unasked, by day",
}
IN_PLACE = {
    # These rows are workspaces themselves: no scope and no history there to forget.
    "core/product/workspaces.py": "Workspace",
    "core/product/products.py": "Workspace",
    # One number counted up; it has no history, and the session narrows the statement to its workspace.
    "core/product/backlog.py": "Product",
    # Likewise the version of a product's passages.
    "core/knowledge/passages.py": "Knowledge",
}


def goes_behind_the_orm(module: Module) -> Iterator[Offence]:
    if module.path.startswith("core/store/") or module.path in SYSTEM_TABLES:
        return
    allowed = _index_conditions(module) | _updated_in_place(module)
    for node in module.nodes:
        name = module.name(node)
        if BEHIND_THE_ORM.search(name) and id(node) not in allowed:
            yield node.lineno, name
        elif isinstance(node, ast.Call) and BEHIND_THE_ORM_CALLS.search(called := module.name(node.func)):
            yield node.lineno, f"{called}()"


def _index_conditions(module: Module) -> set[int]:
    """text() that says which rows a partial index covers is part of the schema, not a query."""
    pairs: list[tuple[object, ast.expr]] = []
    for node in module.nodes:
        if isinstance(node, ast.Call):
            pairs += [(keyword.arg, keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs += [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)]
    values = [value for key, value in pairs if key in INDEX_CONDITIONS]
    return {id(value.func) for value in values if isinstance(value, ast.Call)}


def _updated_in_place(module: Module) -> set[int]:
    """update(Product) and the like, each in its one place."""
    calls = [node for node in module.nodes if isinstance(node, ast.Call) and len(node.args) == 1]
    return {
        id(call.func)
        for call in calls
        if module.name(call.func) == "sqlalchemy.update"
        and module.name(call.args[0]).rpartition(".")[2] == IN_PLACE.get(module.path)
    }


# ---- what nobody asked for has one way out, which counts it ----

WAYS_OUT = {
    "core.schedule.outbox.post": {"core/schedule/unasked.py": "the gate itself"},
    "core.schedule.outbox.put": {
        "core/commands/workspace/checklist.py": "it changes what `setup` answered where that stands",
        "core/schedule/shown.py": "it changes what an ask was answered with where that stands",
    },
    "core.schedule.budget.admit": {"core/schedule/unasked.py": "the gate itself"},
}


def goes_past_the_budget(module: Module) -> Iterator[Offence]:
    imported = {name: line for line, name in module.imported() if name in WAYS_OUT}
    used = {module.name(node): node.lineno for node in module.nodes if isinstance(node, ast.Attribute)}
    for name, line in {**used, **imported}.items():
        if module.path not in WAYS_OUT.get(name, {module.path: ""}):
            yield line, f"{name}, past the budget"


# ---- who may know what ----

HOMES = {
    "slack_bolt": "bot/slack/",
    "slack_sdk": "bot/slack/",
    "botbuilder": "bot/teams/",
    "botframework": "bot/teams/",
    "apscheduler": "bot/worker.py",
    "pydantic_settings": "bot/settings.py",
}
ENVIRONMENT = re.compile(r"^os\.(environb?|getenvb?|putenv|unsetenv)$")


def strays(module: Module) -> Iterator[Offence]:
    for line, name in module.imported():
        home = HOMES.get(name.partition(".")[0])
        if home and not module.path.startswith(home):
            yield line, f"import {name.partition('.')[0]}, which only {home} may"
    if module.path != "bot/settings.py":
        for node in module.nodes:
            if ENVIRONMENT.search(name := module.name(node)):
                yield node.lineno, f"{name}, which only bot/settings.py may read"


# ---- what must not hide ----

SPEAKS = ("bot/__main__.py", "bot/console.py")
CATCHES_ALL = {
    # Each of these is an edge where a failure becomes a logged line and the process goes on.
    "core/commands/dispatch.py": "'Something went wrong (ref …)', with the traceback in the log",
    "bot/server.py": "a background job that fails is logged and stays in the asks table",
    "bot/unasked.py": "one message that cannot be composed is logged and tried again",
    "bot/worker.py": "one tick that fails must not end the ticking",
}


def prints(module: Module) -> Iterator[Offence]:
    if module.path not in SPEAKS:
        calls = (node for node in module.nodes if isinstance(node, ast.Call))
        yield from ((node.lineno, "print()") for node in calls if module.name(node.func) == "print")


def hides_failures(module: Module) -> Iterator[Offence]:
    """Catching everything is fine where it is raised again; elsewhere it takes an allowed file and a stated reason."""
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and _everything(module, node.type):
            if _raised_again(node.body[-1]):
                continue
            if module.path not in CATCHES_ALL:
                yield node.lineno, "catches everything"
            elif not re.search(r"#\s*(noqa: BLE001\W+)?\w.{9,}", module.lines[node.lineno - 1]):
                yield node.lineno, "catches everything without saying why on the same line"
        elif isinstance(node, ast.Call) and module.name(node.func) == "contextlib.suppress":
            yield from ((node.lineno, "suppresses everything") for arg in node.args if _everything(module, arg))


def _raised_again(last: ast.stmt) -> bool:
    named = isinstance(last, ast.Raise) and isinstance(last.cause, ast.Name)
    return named or (isinstance(last, ast.Raise) and last.exc is None)


def _everything(module: Module, caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_everything(module, one) for one in caught.elts)
    return caught is None or module.name(caught) in {"Exception", "BaseException"}


RULES: list[tuple[Rule, tuple[str, ...]]] = [
    (reads_the_clock, ("core", "migrations")),
    (goes_behind_the_orm, ("core",)),
    (goes_past_the_budget, ("core", "bot")),
    (strays, ("core", "bot", "migrations")),
    (prints, ("core", "bot", "migrations")),
    (hides_failures, ("core", "bot", "migrations")),
]


@pytest.mark.parametrize(("rule", "rooms"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_nothing_in_the_source(rule: Rule, rooms: tuple[str, ...]) -> None:
    found = offences(rule, *rooms)
    assert not found, "\n" + "\n".join(found)


PLANTED: list[tuple[Rule, str]] = [
    (reads_the_clock, "import datetime as dt\nnow = dt.datetime.now(dt.UTC)"),
    (reads_the_clock, "from datetime import datetime\nclock = datetime.utcnow"),
    (reads_the_clock, "from datetime import date as Day\nx = Day.today()"),
    (reads_the_clock, "import time\nx = time.time()"),
    (reads_the_clock, "from time import time_ns as n\nx = n()"),
    (reads_the_clock, "from sqlalchemy import func\nx = func.now()"),
    (reads_the_clock, "import sqlalchemy as sa\nx = sa.func.current_timestamp()"),
    (reads_the_clock, "sql = 'update t set at = CURRENT_TIMESTAMP'"),
    (reads_the_clock, "class T:\n    at: int = mapped_column(server_default='0')"),
    (reads_the_clock, "class T:\n    at: int = orm.mapped_column(onupdate=later)"),
    (goes_behind_the_orm, "from sqlalchemy import update\nx = update(T)"),
    (goes_behind_the_orm, "import sqlalchemy as sa\nx = sa.text('select 1')"),
    (goes_behind_the_orm, "from sqlalchemy.dialects.postgresql import insert as put\nx = put(T)"),
    (goes_behind_the_orm, "from sqlalchemy.orm import Query\nx = Query(T)"),
    (goes_behind_the_orm, "def f(db):\n    return db.query(T)"),
    (goes_behind_the_orm, "def f(self):\n    return self.db.connection()"),
    (goes_behind_the_orm, "x = Item.__table__.insert()"),
    (goes_behind_the_orm, "from sqlalchemy import Index, text\nx = Index('a', sqlite_where=text(x))\ny = text('z')"),
    (goes_past_the_budget, "from core.schedule import outbox\noutbox.post(db, key, to, card)"),
    (goes_past_the_budget, "from core.schedule.outbox import put"),
    (goes_past_the_budget, "import core.schedule.budget as b\nb.admit(db, key)"),
    (strays, "import slack_bolt.async_app"),
    (strays, "from slack_sdk import WebClient"),
    (strays, "def f():\n    from botbuilder.core import TurnContext"),
    (strays, "import botframework"),
    (strays, "from apscheduler.schedulers.asyncio import AsyncIOScheduler"),
    (strays, "import pydantic_settings"),
    (strays, "import os\nx = os.environ['A']"),
    (strays, "from os import getenv as g\nx = g('A')"),
    (prints, "def f():\n    print('x')"),
    (hides_failures, "try:\n    f()\nexcept Exception:\n    pass"),
    (hides_failures, "try:\n    f()\nexcept:\n    log()"),
    (hides_failures, "try:\n    f()\nexcept (KeyError, BaseException) as e:\n    raise ValueError"),
    (hides_failures, "try:\n    f()\nexcept Exception:\n    raise KeyError from None"),
    (hides_failures, "import contextlib as c\nwith c.suppress(Exception):\n    f()"),
]


@pytest.mark.parametrize(("rule", "planted"), PLANTED, ids=[f"{r.__name__}-{n}" for n, (r, _) in enumerate(PLANTED)])
def test_a_planted_offence_is_caught(rule: Rule, planted: str) -> None:
    assert len(caught(rule, planted)) == 1


INNOCENT: list[tuple[Rule, str, str]] = [
    (reads_the_clock, "core/a.py", "def f(now):\n    'Nothing reads now() here.'\n    return now.date()"),
    (reads_the_clock, "core/a.py", "x = ForeignKey('a.id', onupdate='CASCADE')"),
    (reads_the_clock, "core/a.py", "TEXT = 'What do you want to do now (or later)?'.removeprefix('now')"),
    (goes_behind_the_orm, "core/store/bulk.py", "from sqlalchemy import insert\nx = insert(T)"),
    (goes_behind_the_orm, "core/schedule/outbox.py", "from sqlalchemy import update\nx = update(T)"),
    (goes_behind_the_orm, "core/a.py", "from sqlalchemy import select\nx = {}\nx.update(a=1)\nselect(T)"),
    (goes_behind_the_orm, "core/a.py", "from sqlalchemy import text\nx = {'sqlite_where': text('open')}"),
    (goes_behind_the_orm, "core/a.py", "from sqlalchemy import text\nclass Item:\n    text: str = ''"),
    (goes_behind_the_orm, "core/product/backlog.py", "from sqlalchemy import update\nx = update(Product)"),
    (goes_behind_the_orm, "core/a.py", "def f(part):\n    return part.text.insert(0)"),
    (goes_past_the_budget, "core/schedule/unasked.py", "from core.schedule import outbox\noutbox.post(db)"),
    (goes_past_the_budget, "core/a.py", "from core.schedule import outbox\noutbox.put_reply(db, key, ask, reply)"),
    (strays, "bot/slack/app.py", "import slack_sdk, slack_bolt"),
    (strays, "bot/worker.py", "import apscheduler"),
    (strays, "bot/settings.py", "import os, pydantic_settings\nos.environ"),
    (prints, "bot/__main__.py", "print(1)"),
    (hides_failures, "core/a.py", "try:\n    f()\nexcept Exception:\n    undo()\n    raise"),
    (hides_failures, "core/a.py", "try:\n    f()\nexcept Exception as e:\n    raise Refused('x') from e"),
    (hides_failures, "core/a.py", "try:\n    f()\nexcept KeyError:\n    pass"),
    (
        hides_failures,
        "bot/worker.py",
        "try:\n    f()\nexcept Exception:  # noqa: BLE001 - it ticks on\n    x()",
    ),
]


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENT)
def test_what_is_allowed_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert caught(rule, text, path) == []


def test_an_allowed_file_without_its_reason_is_caught() -> None:
    assert caught(hides_failures, "try:\n    f()\nexcept Exception:\n    log()", "bot/worker.py")


def test_what_is_updated_in_place_is_no_pass_for_other_rows() -> None:
    assert caught(goes_behind_the_orm, "from sqlalchemy import update\nx = update(Item)", "core/product/backlog.py")


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise pytest puts `tests` on the path, where tests/core hides core."""
    folders = {file.parent for file in (ROOT / "tests").rglob("*.py")}
    bare = [f"{f.relative_to(ROOT)}/__init__.py is missing" for f in folders if not (f / "__init__.py").exists()]
    assert not bare, "\n" + "\n".join(sorted(bare))

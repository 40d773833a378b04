"""Taking a name out of everything that is kept: every table with text, history, asks and the outbox too.

It goes behind history on purpose: what is forgotten must not stand there as the value before."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import RowMapping, String, Table, and_, delete, or_, select, update
from sqlalchemy.sql.schema import Column

from core.store.asks import UNSIGNED
from core.store.base import Base
from core.store.database import Session

KEYS = frozenset({"workspace_id", "external_id", "place", "thread", "thread_of", "replaces", "ref", "rank", "slug"})
"""Columns that others find their way by."""


def redact(db: Session, words: Iterable[str], instead: str) -> None:
    """Put `instead` in the place of each word, wherever it stands alone in what this workspace keeps."""
    wanted = sorted(set(words), key=len, reverse=True)
    if not wanted:
        return
    db.flush()
    clean = _cleaner(wanted, instead)
    for table in Base.metadata.sorted_tables:
        names = [column.name for column in table.columns if _holds_text(column)]
        if names and "workspace_id" in table.columns:
            _redact_table(db, table, names, wanted, clean)
    db.expire_all()


def stands(db: Session, words: Iterable[str]) -> bool:
    """Whether one of the words stands alone anywhere in what this workspace keeps."""
    wanted = sorted(set(words), key=len, reverse=True)
    clean = _cleaner(wanted, "")
    tables = ((table, [c.name for c in table.columns if _holds_text(c)]) for table in Base.metadata.sorted_tables)
    kept = ((table, names) for table, names in tables if names and "workspace_id" in table.columns)
    return any(True for table, names in kept for _ in _held(db, table, names, wanted, clean))


def remove(db: Session, table: str, column: str, values: Sequence[str]) -> None:
    """Delete the rows of a table that have one of these values, and the history of it is silent."""
    there = Base.metadata.tables[table]
    db.connection().execute(delete(there).where(there.c.workspace_id == db.workspace, there.c[column].in_(values)))


def remove_asks(db: Session, words: Sequence[str], *, but: str) -> None:
    """Delete the asks in which one of these words stands, and which came over this workspace's connections or whose
    keys lead to nobody; `but` is the key of one to leave."""
    asks, ways = Base.metadata.tables["asks"], Base.metadata.tables["connections"]
    connection = db.connection()
    met = connection.execute(select(ways.c.platform, ways.c.external_id).where(ways.c.workspace_id == db.workspace))
    begins = [UNSIGNED, *(f"{row.platform}:{row.external_id}:" for row in met)]
    ours = or_(*(asks.c.id.startswith(begin, autoescape=True) for begin in begins))
    with_them = or_(*(_holds(asks.c[name], words) for name in ("id", "payload", "reply")))
    connection.execute(delete(asks).where(ours, with_them, asks.c.id != but))


def _holds_text(column: Column[Any]) -> bool:
    unsized = isinstance(column.type, String) and column.type.length is None
    return unsized and not column.primary_key and column.name not in KEYS


def _holds(column: Column[Any], words: Sequence[str]) -> Any:
    spelled = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    return or_(*(column.icontains(form, autoescape=True) for form in sorted(spelled)))


def _redact_table(
    db: Session, table: Table, names: Sequence[str], words: Sequence[str], clean: Callable[[str], str]
) -> None:
    connection = db.connection()
    for row, after in _held(db, table, names, words, clean):
        this = and_(*(column == row[column.name] for column in table.primary_key.columns))
        connection.execute(update(table).where(this).values(after))


def _held(
    db: Session, table: Table, names: Sequence[str], words: Sequence[str], clean: Callable[[str], str]
) -> Iterator[tuple[RowMapping, dict[str, str]]]:
    """The rows in which a word stands, each with what its texts are without."""
    key = list(table.primary_key.columns)
    wanted = select(*key, *(table.c[name] for name in names if name not in table.primary_key.columns)).where(
        table.c.workspace_id == db.workspace, or_(*(_holds(table.c[name], words) for name in names))
    )
    for row in db.connection().execute(wanted).mappings().all():
        after = {name: _cleaned(row[name], clean) for name in names if isinstance(row[name], str)}
        after = {name: value for name, value in after.items() if value != row[name]}
        if after:
            yield row, after


def _cleaner(words: Sequence[str], instead: str) -> Callable[[str], str]:
    """A name counts as it is written, and behind an @ however it is written."""
    any_of = "|".join(map(re.escape, words))
    pattern = re.compile(rf"(?<!\w)(?:(?i:@(?:{any_of}))|(?:{any_of}))(?!\w)")
    return lambda text: pattern.sub(instead, text)


def _cleaned(text: str, clean: Callable[[str], str]) -> str:
    """Text, or JSON in whose values it is looked for, so that its shape stays."""
    if text[:1] not in ("{", "["):
        return clean(text)
    try:
        loaded = json.loads(text)
    except ValueError:
        return clean(text)
    return json.dumps(_walk(loaded, clean), ensure_ascii=False, separators=(",", ":"))


def _walk(node: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return _cleaned(node, clean) if node[:1] in ("{", "[") else clean(node)
    if isinstance(node, list):
        return [_walk(one, clean) for one in node]
    if isinstance(node, dict):
        return {key: _walk(one, clean) for key, one in node.items()}
    return node

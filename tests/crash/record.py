"""What a database holds after all that, read by plain SQL, and an independent account of it: history played again."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import NullPool, create_engine, text

FIELDS = ("number", "rank", "title", "points", "status", "type", "description", "assignee_id")

_ITEMS = f"SELECT id, {', '.join(FIELDS)} FROM items"
_CHANGES = """
    SELECT c.entity_id, c.before, c.after, o.id AS operation, o.kind, o.label, p.name AS actor
    FROM changes c JOIN operations o ON o.workspace_id = c.workspace_id AND o.id = c.operation_id
    LEFT JOIN people p ON p.workspace_id = o.workspace_id AND p.id = o.actor_id
    WHERE c.entity = 'items' ORDER BY c.seq
"""

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    item: str
    before: Json | None
    after: Json | None
    operation: str
    kind: str
    label: str
    actor: str


class Record:
    """One look at a database. `inside` is an address that sees the rows of every workspace."""

    def __init__(self, inside: str) -> None:
        self._engine = create_engine(inside, poolclass=NullPool)
        self.items: dict[str, Json] = {row["id"]: dict(row) for row in self._rows(_ITEMS)}
        self.changes = [
            Change(row["entity_id"], _json(row["before"]), _json(row["after"]), *list(row.values())[3:])
            for row in self._rows(_CHANGES)
        ]

    def _rows(self, statement: str) -> list[Json]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]

    @property
    def titles(self) -> Counter[str]:
        return Counter(item["title"] for item in self.items.values())

    def replies(self) -> dict[str, Json]:
        """The kept reply to each ask, by its id."""
        rows = self._rows("SELECT id, reply FROM asks WHERE reply IS NOT NULL")
        return {row["id"]: json.loads(row["reply"]) for row in rows}

    def open_ends(self) -> tuple[int, int]:
        """(asks that are accepted and not done, messages that are neither sent nor given up)."""
        [[asks]] = [row.values() for row in self._rows("SELECT count(*) FROM asks WHERE state = 'accepted'")]
        unsent = "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'failed')"
        [[messages]] = [row.values() for row in self._rows(unsent)]
        return int(asks), int(messages)

    def failed(self) -> list[str]:
        return [f"{row['key']}: {row['why']}" for row in self._rows("SELECT key, why FROM outbox WHERE state='failed'")]

    def deadlocks(self) -> int:
        """How many PostgreSQL has broken up in this database."""
        if self._engine.dialect.name == "sqlite":
            return 0
        return int(
            self._rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0]["deadlocks"]
        )


def _json(value: str | None) -> Json | None:
    return None if value is None else json.loads(value)


def played_again(changes: list[Change]) -> dict[str, Json]:
    """The items as history tells of them. Fails where a change begins with other values than the one before it left."""
    items: dict[str, Json] = {}
    for n, change in enumerate(changes):
        where = f"change {n} of {len(changes)}, {change.kind} {change.label} by {change.actor}"
        if change.before is None:
            assert change.item not in items, f"{where}: made twice"
            assert change.after is not None
            items[change.item] = dict(change.after)
            continue
        assert change.item in items, f"{where}: changed, but it is not there"
        stands = {name: items[change.item][name] for name in change.before}
        assert stands == change.before, f"{where}: a lost update"
        if change.after is None:
            del items[change.item]
        else:
            items[change.item].update(change.after)
    return items


def check_whole(record: Record) -> None:
    """Numbers and ranks are unique, and the table is what history adds up to."""
    for name in ("number", "rank"):
        held = Counter(item[name] for item in record.items.values())
        assert [value for value, times in held.items() if times > 1] == [], f"a {name} is held twice"
    told = played_again(record.changes)
    assert told.keys() == record.items.keys()
    differing: defaultdict[str, list[str]] = defaultdict(list)
    for key, item in record.items.items():
        for name in FIELDS:
            if item[name] != told[key][name]:
                differing[name].append(f"{item['number']}: {told[key][name]!r} in history, {item[name]!r} in the table")
    assert not differing

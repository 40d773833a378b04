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


def read(inside: str, statement: str) -> list[Json]:
    """`inside` is an address that sees the rows of every workspace."""
    engine = create_engine(inside, poolclass=NullPool)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(statement)).mappings()]


class Record:
    """One look at a database."""

    def __init__(self, inside: str) -> None:
        self._inside = inside
        self.items: dict[str, Json] = {row["id"]: row for row in read(inside, _ITEMS)}
        self.changes = [
            Change(row["entity_id"], _json(row["before"]), _json(row["after"]), *list(row.values())[3:])
            for row in read(inside, _CHANGES)
        ]

    @property
    def titles(self) -> Counter[str]:
        return Counter(item["title"] for item in self.items.values())

    def replies(self) -> dict[str, Json]:
        """The kept reply to each ask, by its id."""
        rows = read(self._inside, "SELECT id, reply FROM asks WHERE reply IS NOT NULL")
        return {row["id"]: json.loads(row["reply"]) for row in rows}

    def given_up(self) -> list[str]:
        """Messages that will not be sent any more, and why."""
        rows = read(self._inside, "SELECT key, why FROM outbox WHERE state = 'failed'")
        return [f"{row['key']}: {row['why']}" for row in rows]


def deadlocks(inside: str) -> int:
    """How many PostgreSQL has broken up in this database, ever; processes that have ended have told it."""
    if inside.startswith("sqlite"):
        return 0
    [row] = read(inside, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(row["deadlocks"])


def open_ends(inside: str) -> dict[str, int]:
    """How many asks are accepted and not done, and how many messages wait, are leased or of unknown fate."""
    asks = "SELECT state, count(*) AS number FROM asks WHERE state = 'accepted' GROUP BY state"
    messages = "SELECT state, count(*) AS number FROM outbox WHERE state NOT IN ('sent', 'failed') GROUP BY state"
    return {row["state"]: row["number"] for statement in (asks, messages) for row in read(inside, statement)}


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

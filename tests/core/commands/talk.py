"""Talking to a real Steward on a real database, as an adapter would."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from typing import Any, ClassVar

import psycopg
from sqlalchemy import make_url

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Button, Buttons, Card, Items, Line, Reply, plain
from core.commands import assemble
from core.commands.dispatch import Steward
from core.models import Base
from core.product.workspaces import ConnectionRow, Workspace
from core.store.base import new_id
from core.store.database import Database
from tests.databases import NOW, SERVER

TERMINAL = Connection(Platform.TERMINAL, "local")
APART = frozenset({"asks"})
"""Tables that a refusal may write to: its ask is kept."""

_ids = count(1)
_SAID = re.compile(r"(?<!\w)([@#])([UC]\w+)")

Rows = dict[str, list[str]]
Saved = dict[str, list[tuple[Any, ...]]]


class Talk:
    """A chat over one connection. People are called by their handles; in Slack ann is the user Uann, #app is Capp."""

    def __init__(self, database: Database, connection: Connection = TERMINAL, steward: Steward | None = None) -> None:
        self.database = database
        self.connection = connection
        self.steward = steward or assemble(database)
        self._asked: list[tuple[Reply, Ask]] = []

    def ask(
        self,
        who: str,
        where: str,
        what: str,
        *,
        at: datetime = NOW,
        id: str = "",
        values: Mapping[str, Any] | None = None,
        guest: bool = False,
        kept: bool = False,
        thread: str | None = None,
    ) -> Ask:
        """`where` is '#app', or '@' for the private chat. In Slack a word like @Ubob is a mention, #Capp a channel."""
        slack = self.connection.platform is not Platform.TERMINAL
        said = _SAID.findall(what) if slack else []
        channel = where.removeprefix("#")
        return Ask(
            id=id or f"ask{next(_ids)}",
            connection=self.connection,
            speaker=Speaker(f"U{who}" if slack else who, who, guest),
            place=Place(f"D{who}", PlaceKind.PRIVATE)
            if where == "@"
            else Place(f"C{channel}" if slack else channel, name=channel),
            text=what,
            at=at,
            values=values or {},
            mentions={name: name[1:] for mark, name in said if mark == "@"},
            channels={name: name[1:] for mark, name in said if mark == "#"},
            kept=kept,
            thread=thread,
        )

    def answer(self, ask: Ask) -> Reply:
        reply = self.steward.answer(ask)
        assert reply is not None
        self._asked.append((reply, ask))
        return reply

    def say(self, who: str, where: str, what: str, **more: Any) -> Reply:
        return self.answer(self.ask(who, where, what, **more))

    def done(self, who: str, where: str, what: str, **more: Any) -> str:
        """Say it, see that it is not refused, and read the answer."""
        reply = self.say(who, where, what, **more)
        assert reply.ok, (what, reply.refused)
        return read(reply)

    def refused(self, who: str, where: str, what: str, **more: Any) -> str:
        """Say it, see that it is refused to the asker alone, in one plain sentence, and that nothing was written."""
        before = rows(self.database, APART)
        reply = self.say(who, where, what, **more)
        assert not reply.ok, (what, read(reply))
        assert reply.seen_by == "you"
        assert reply.refused.strip(), what
        assert "went wrong" not in reply.refused, what
        assert rows(self.database, APART) == before, f"{what!r} was refused, and yet wrote"
        return reply.refused

    def press(self, reply: Reply, label: str, *, who: str = "", **more: Any) -> Reply:
        """Click a button of a reply, as the one who got it."""
        button = next((b for b in buttons(reply) if b.label == label), None)
        assert button is not None, f"no [{label}] in {read(reply)}"
        ask = next(ask for asked, ask in self._asked if asked is reply)
        again = self.ask(who or ask.speaker.name, "#x", button.say, **more)
        return self.answer(_at(again, ask.place))

    def fill(self, reply: Reply, who: str, where: str, values: Mapping[str, Any]) -> Reply:
        """Submit a form with what stands in it, and with `values`."""
        assert reply.form is not None, read(reply)
        stands = {field.name: field.value for field in reply.form.fields}
        return self.say(who, where, reply.form.submit, values={**stands, **values})


def _at(ask: Ask, place: Place) -> Ask:
    return Ask(**{name: getattr(ask, name) for name in ask.__slots__} | {"place": place})


def buttons(reply: Reply) -> list[Button]:
    """Every button of a reply, wherever it stands."""
    if reply.card is None:
        return []
    found = list(reply.card.buttons)
    for part in reply.card.body:
        if isinstance(part, Items):
            found += [button for row in part.rows for button in row.buttons]
        elif isinstance(part, Buttons):
            found += part.buttons
    return found


def lines(reply: Reply) -> list[Line]:
    """The rows of a reply's lists."""
    assert reply.card is not None, reply
    return [row for part in reply.card.body if isinstance(part, Items) for row in part.rows]


def keys(reply: Reply) -> list[str]:
    return [row.key for row in lines(reply)]


def read(reply: Reply) -> str:
    """All that a reply says."""
    said = [plain(reply.card)] if reply.card else []
    if reply.form:
        said += [reply.form.title, *(f"{field.label}: {field.value} {field.hint}" for field in reply.form.fields)]
    return "\n".join([*said, reply.refused, reply.try_]).strip()


def title(reply: Reply) -> str:
    assert isinstance(reply.card, Card), reply
    return reply.card.title


# ---- below the assistant ----


def slack_team(database: Database, team: str, platform: Platform = Platform.SLACK) -> Talk:
    """A workspace of its own, met through one Slack team, or one tenant of Teams."""
    with database.transaction(write=True, now=NOW) as db:
        db.ledger.silent = True
        home = new_id()
        db.add(Workspace(id=home, name="", version=1, home=None))
        db.add(ConnectionRow(platform=platform.value, external_id=team, workspace_id=home))
    return Talk(database, Connection(platform, team))


class Beneath:
    """A plain connection that sees every row: on PostgreSQL the superuser's, whom row-level security does not hold."""

    _servers: ClassVar[dict[str, psycopg.Connection[Any]]] = {}
    _read: ClassVar[dict[str, tuple[sqlite3.Connection, int, Rows]]] = {}
    """The SQLite file read last: the connection, and its rows as they stood at a `data_version`."""
    _seen: ClassVar[dict[str, tuple[str, Rows]]] = {}
    """The PostgreSQL database read last: where its log stood, and its rows then."""

    def __init__(self, database: Database) -> None:
        self.sqlite = database.sqlite
        self._name = database.url.database or ""

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One statement with `?` for each value, committed; its rows."""
        if self.sqlite:
            with self._file() as connection:
                return list(connection.execute(statement, values))
        cursor = self._server().execute(statement.replace("?", "%s").encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        """The file, for one transaction; no test cuts the power, so nothing waits for the disk."""
        with closing(sqlite3.connect(self._name)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            with connection:
                yield connection

    def _server(self) -> psycopg.Connection[Any]:
        if self._name not in self._servers:
            url = make_url(SERVER).set(drivername="postgresql", database=self._name)
            self._servers[self._name] = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
        return self._servers[self._name]

    @classmethod
    def close(cls) -> None:
        while cls._servers:
            cls._servers.popitem()[1].close()
        while cls._read:
            cls._read.popitem()[1][0].close()

    def rows(self, but: frozenset[str] = frozenset()) -> Rows:
        """Every row of every table as it is stored."""
        names = [table.name for table in Base.metadata.sorted_tables if table.name not in but]
        if self.sqlite:
            every = self._every_row()
            return {name: every[name] for name in names}
        every = self._every_row_there()
        return {name: every[name] for name in names}

    def _every_row_there(self) -> Rows:
        """Likewise: while PostgreSQL's log stands where it stood, nobody has written anything."""
        [(stands,)] = self.run("SELECT pg_current_wal_insert_lsn()::text")
        if self._seen.get(self._name, ("",))[0] != stands:
            names = [table.name for table in Base.metadata.sorted_tables]
            each = (f"SELECT '{name}', (SELECT array_agg(t::text ORDER BY t::text) FROM {name} t)" for name in names)
            self._seen.clear()
            found = {name: rows or [] for name, rows in self.run(" UNION ALL ".join(each))}
            self._seen[self._name] = (stands, found)
        return self._seen[self._name][1]

    def _every_row(self) -> Rows:
        """Read anew only where somebody has committed since: most of what is compared has not changed at all."""
        if self._name not in self._read:
            while self._read:
                self._read.popitem()[1][0].close()
            self._read[self._name] = (sqlite3.connect(self._name, isolation_level=None), -1, {})
        connection, known, every = self._read[self._name]
        [(version,)] = connection.execute("PRAGMA data_version")
        if version != known:
            tables = Base.metadata.sorted_tables
            every = {t.name: sorted(map(str, connection.execute(f"SELECT * FROM {t.name}"))) for t in tables}
            self._read[self._name] = (connection, version, every)
        return every

    def empty(self) -> None:
        names = [table.name for table in Base.metadata.sorted_tables]
        if self.sqlite:
            with self._file() as connection:
                for name in names:
                    connection.execute(f"DELETE FROM {name}")
                for counts in ("sqlite_stat1", "sqlite_stat4"):  # or the next test's statements are planned by them
                    connection.execute(f"DROP TABLE IF EXISTS {counts}")
        else:
            self.run("SET session_replication_role = replica; " + "; ".join(f"DELETE FROM {name}" for name in names))

    def save(self) -> Saved:
        """All there is, for `restore()`."""
        names = [table.name for table in Base.metadata.sorted_tables]
        if self.sqlite:
            return {name: self.run(f"SELECT * FROM {name}") for name in names}
        return {name: self.run(f"SELECT json_agg(t)::text FROM {name} t") for name in names}

    def restore(self, saved: Saved) -> None:
        """Put what was saved into an empty database."""
        if self.sqlite:
            with self._file() as connection:
                for name, found in saved.items():
                    if found:
                        connection.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(found[0]))})", found)
            return
        for name, found in saved.items():
            if found and found[0][0]:
                self.run(
                    f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, ?::json)", found[0][0]
                )
        for name in ("operations", "changes"):
            self.run(f"SELECT setval(pg_get_serial_sequence('{name}', 'seq'), (SELECT max(seq) FROM {name}))")


def rows(database: Database, but: frozenset[str] = frozenset()) -> Rows:
    return Beneath(database).rows(but)


def count_of(database: Database, table: str, where: str = "1 = 1", *values: Any) -> int:
    return int(Beneath(database).run(f"SELECT count(*) FROM {table} WHERE {where}", *values)[0][0])

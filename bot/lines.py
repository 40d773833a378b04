"""The JSON-lines chat: one line in, one line out, for scripts ('The terminal and the command line' in COMMANDS.md)."""

import itertools
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Any
from uuid import uuid4

from bot import unasked
from bot.knowing import before
from bot.terminal.attach import attach
from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import CARD, FORM, Reply, plain
from core.commands.dispatch import Steward
from core.schedule import leases, outbox
from core.schedule.delivery import Came, Delivery, Sent

log = logging.getLogger("steward")

TERMINAL = Connection(Platform.TERMINAL, "local")
FIRST_YEAR, LAST_YEAR = 1970, 9000  # beyond them some zone or lease has no date any more

Json = dict[str, Any]


class BadLine(Exception):
    """A line that is no ask; `args[0]` says what is wrong with it."""


def talk(steward: Steward, lines: Iterable[str], clock: Callable[[], datetime]) -> Iterator[str]:
    """One answer a line, in order; a bad line is answered too, and the chat goes on."""
    if isinstance(lines, TextIOWrapper):
        lines.reconfigure(errors="surrogateescape")  # bad bytes are one bad line, not the end of the chat
    steward.connect(TERMINAL, clock())
    take_up(steward, clock())
    ids = (f"{uuid4().hex}:{n}" for n in itertools.count())
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(steward, line, clock, next(ids)), ensure_ascii=False)


def _answer(steward: Steward, line: str, clock: Callable[[], datetime], fresh_id: str) -> Json:
    try:
        said = _object(line)
        at = _instant(said.get("at")) or clock()
        if said.get("tick"):
            return {"delivered": tick(steward, at)}
        ask = attach(to_ask(said, at, fresh_id), steward.registry, typed=False)
    except BadLine as bad:
        example = '{"as": "ann", "in": "#app", "say": "help"}'
        return {"ok": False, "seen_by": "you", "refused": str(bad), "try": example}
    before(steward, ask.text, at)
    reply = steward.answer(ask)
    if reply is None:
        return {"ok": False, "seen_by": "you", "refused": "This is still being worked on.", "try": ask.text}
    return to_json(reply)


def _object(line: str) -> Json:
    try:
        said = json.loads(line)
        json.dumps(said, ensure_ascii=False).encode()  # JSON may hold half a character, which no answer can repeat
    except UnicodeEncodeError:
        raise BadLine("This line holds half a character (a lone surrogate, or bytes that are no UTF-8).") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadLine(f"This is not JSON: {error}.") from None
    if not isinstance(said, dict):
        raise BadLine("A line is one JSON object.")
    return said


def _instant(raw: object) -> datetime | None:
    if raw is None:
        return None
    try:
        at = datetime.fromisoformat(str(raw))
    except ValueError:
        at = None
    if at is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadLine(f"“at” wants an instant such as 2026-12-01T09:00:00+01:00, not “{str(raw)[:40]}”.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


_TO_US = re.compile(r"\s*@steward\b[:,]?(?!\S)\s*", re.IGNORECASE)


def to_ask(said: Json, at: datetime, fresh_id: str) -> Ask:
    """An ask from a line's object."""
    for name in ("as", "in", "say", "thread", "id"):
        if not isinstance(said.get(name, ""), str | None):
            raise BadLine(f"“{name}” is a text.")
    values = said.get("values") or {}
    if not isinstance(values, dict):
        raise BadLine("“values” is an object of fields by name.")
    person = str(said.get("as") or "").strip().removeprefix("@")
    if not person:
        raise BadLine("“as” says who speaks.")
    place = str(said.get("in") or "@steward").strip()
    return Ask(
        id=said.get("id") or fresh_id,
        connection=TERMINAL,
        speaker=Speaker(person, person),
        place=place_of(place, person),
        text=unaddressed(str(said.get("say") or "")),
        at=at,
        values=values,
        thread=said.get("thread"),
        kept=bool(said.get("id")),
    )


def unaddressed(text: str) -> str:
    """What is said, without the mention that it may begin with, as on the platforms."""
    return _TO_US.sub("", text, count=1)


def place_of(place: str, person: str) -> Place:
    """'#app' is a channel; '@steward' the person's private chat with the bot."""
    if place.startswith("@"):
        return Place(f"@{person}", PlaceKind.PRIVATE, place[1:])
    name = place.removeprefix("#")
    return Place(name, PlaceKind.CHANNEL, name)


def to_json(reply: Reply) -> Json:
    """A reply in the shapes of COMMANDS.md."""
    if reply.form is not None:
        form = FORM.dump_python(reply.form, mode="json")
        fields = [{**field, "kind": field["type"]} for field in form["fields"]]
        return {"ok": True, "form": {**form, "fields": fields}}
    if not reply.ok:
        said: Json = {"ok": False, "seen_by": "you", "refused": reply.refused, "try": reply.try_}
        if reply.errors:
            said["errors"] = dict(reply.errors)
        return said | ({"reply": CARD.dump_python(reply.card, mode="json")} if reply.card else {})
    assert reply.card is not None
    card = CARD.dump_python(reply.card, mode="json")
    return {"ok": True, "seen_by": reply.seen_by, "reply": card, "text": plain(reply.card)}


def take_up(steward: Steward, now: datetime) -> None:
    """Go on with the jobs that a terminal which is gone left behind."""
    for key in steward.resume([Platform.TERMINAL], now):
        steward.carry_out(key, lambda: now)


def tick(steward: Steward, at: datetime) -> list[Json]:
    """Deliver what is due in the terminal at an instant."""
    take_up(steward, at)
    return [_delivered(delivery) for delivery in delivered(steward, at)]


def delivered(steward: Steward, at: datetime) -> list[Delivery]:
    """What is due in the terminal: let come what recurs, then take what waits out of the outbox."""
    while unasked.step(steward.database, lambda: at):
        pass
    found: list[Delivery] = []
    while True:
        with steward.database.transaction(write=True, now=at) as db:
            due = leases.lease(db, platforms=frozenset({Platform.TERMINAL}), reconcile=outbox.LEASE, count=100)
            leases.record(db, [Came(one, Sent(one.mark), at) for one in due], reconcile=outbox.LEASE)
        if not due:
            return found
        found += due


def recipient(delivery: Delivery) -> str:
    """'#app' or '@bob'."""
    to = f"@{delivery.only_for.name}" if delivery.only_for else f"#{delivery.place.name}"
    return delivery.place.external_id or to if delivery.place.private else to


def _delivered(delivery: Delivery) -> Json:
    reply = delivery.reply
    text = plain(reply.card) if reply.card else f"{reply.refused} {reply.try_}".strip()
    return {"to": recipient(delivery), "thread": delivery.thread or "", "key": delivery.mark, "text": text}

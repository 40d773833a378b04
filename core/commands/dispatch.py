"""The way of an ask: claim, parse, check the role, call the handler, keep the reply, commit. One transaction.

Handlers never commit, send, catch, or name a platform; this is the one place that does.
"""

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from core.chat import grammar
from core.chat.ask import Ask, Connection, Platform, Speaker
from core.chat.card import Button, Card, Form, Quote, Reply, Text, escape
from core.commands.call import Call, Stranger, listed, shorten, typed_options
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss, Registry, Said
from core.commands.ride import EVERYTHING, NOTHING, Ride
from core.product import people, workspaces
from core.product.people import Directory, Role
from core.schedule import outbox
from core.store import asks
from core.store.database import Database, Session

log = logging.getLogger("steward")

T = TypeVar("T")

TRIES = 4  # the first, and three more
SHOWABLE = 1500  # characters of a line that still fit into a button
LONG = 40  # characters of a line that are given back with a refusal
_ASSIGNS = re.compile("=|--|—")  # without one of these no word can look like a key
_RETRIED_STATES = frozenset({"40001", "40P01"})  # serialisation failure, deadlock


def _passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is begun again."""
    if isinstance(error, IntegrityError):  # a rank or a number was taken in between
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, OperationalError):
        state = getattr(error.orig, "sqlstate", None)
        return state in _RETRIED_STATES or "database is locked" in str(error.orig)
    return False


def _retrying(work: Callable[[], T]) -> T:
    """Do a whole transaction, anew where it may pass when begun again."""
    return _RETRYING(work)


_RETRYING = Retrying(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(TRIES),
    wait=wait_random_exponential(multiplier=0.01, max=0.2),
    reraise=True,
)


def sane(ask: Ask) -> Ask:
    """An ask whose texts every database takes: without NUL and halves of characters."""
    name, place = _whole(ask.speaker.name), _whole(ask.place.name)
    if _whole(ask.text) == ask.text and name == ask.speaker.name and place == ask.place.name:
        return ask
    return replace(
        ask, text=_whole(ask.text), speaker=replace(ask.speaker, name=name), place=replace(ask.place, name=place)
    )


def _whole(text: str) -> str:
    return text if text.isascii() and "\0" not in text else text.replace("\0", "").encode("utf-8", "ignore").decode()


class Steward:
    """The assistant: one object a process, safe to call from several threads."""

    def __init__(self, database: Database, registry: Registry = REGISTRY) -> None:
        self.database = database
        self.registry = registry
        self._directories: dict[str, Directory] = {}

    # ---- what adapters call ----

    def connect(self, connection: Connection, now: datetime) -> str:
        """Let the home workspace be met through this connection; its id."""
        with self.database.transaction(write=True, now=now) as db:
            return workspaces.connect(db, connection)

    def answer(self, ask: Ask, ride: Ride | None = None) -> Reply | None:
        """The reply to an ask; None where it follows through the outbox (see Ride)."""
        return self._answer(sane(ask), ride or Ride(EVERYTHING), asks.claim)

    def accept(self, ask: Ask) -> bool:
        """Keep an ask to be worked on after this returns; False where it is known already."""
        return _retrying(lambda: self._accept(sane(ask)))

    def _accept(self, ask: Ask) -> bool:
        with self.database.transaction(write=True, now=ask.at) as db:
            return asks.accept(db, ask)

    def work(self, ask: Ask) -> None:
        """Work on an accepted ask; its reply goes through the outbox. A second call finds nothing to do."""
        self._answer(ask, Ride(NOTHING), asks.take)

    # ---- one ask ----

    def _answer(self, ask: Ask, ride: Ride, claim: Callable[[Session, Ask], bool]) -> Reply | None:
        match = self.registry.find(grammar.tidy(ask.text))
        keep = ask.kept or (isinstance(match, Match) and match.command.writes)
        try:
            return _retrying(lambda: self._until_known(ask, match, ride, claim if keep else None))
        except Refused as no:
            reply = refusal(ask, match, no)
        except workspaces.UnknownConnection:
            reply = Reply(
                ok=False, refused="This workspace is not connected to me yet. Ask whoever runs Steward to connect it."
            )
        except Exception:  # the one place where a fault becomes a sentence: the traceback goes to the log, by its ref
            ref = secrets.token_hex(4)
            log.exception("ref %s: %s in %s", ref, shorten(ask.text, 80), ask.connection.platform)
            again = ask.text if len(ask.text) <= SHOWABLE else ""
            reply = Reply(ok=False, refused=f"Something went wrong (ref {ref}).", try_=again)
        # nothing was written; only an ask that comes once must find its refusal again
        return self._keep(ask, reply, ride, claim if ask.kept else None)

    def _until_known(
        self, ask: Ask, match: Match | Miss, ride: Ride, claim: Callable[[Session, Ask], bool] | None
    ) -> Reply | None:
        """One attempt, begun again for each stranger that it meets."""
        spoken_of: list[Speaker] = []
        while True:
            try:
                return self._attempt(ask, match, ride, claim, spoken_of)
            except Stranger as met:
                if met.spoken_of:
                    spoken_of.append(met.speaker)
                else:
                    self._meet(ask, met)

    def _attempt(
        self,
        ask: Ask,
        match: Match | Miss,
        ride: Ride,
        claim: Callable[[Session, Ask], bool] | None,
        spoken_of: Sequence[Speaker],
    ) -> Reply | None:
        with self.database.transaction(write=claim is not None, now=ask.at) as db:
            if claim is not None and not claim(db, ask):
                return _known(db, ask, ride)
            reply = self._reply(db, ask, match, spoken_of)
            if claim is not None:
                return _settle(db, ask, reply, ride)
        return self._hand_over(ask, reply, ride)

    def _reply(self, db: Session, ask: Ask, match: Match | Miss, spoken_of: Sequence[Speaker]) -> Reply:
        version = workspaces.enter(db, ask.connection)
        if isinstance(match, Miss):
            return missed(ask, match)
        directory = _met(db, ask, version, spoken_of) if spoken_of else self._directory(db, version)
        command = match.command
        line = grammar.parse(match.rest, command.keys)
        options, text = typed_options(command, line, ask.values)
        if text is not None:
            line = replace(grammar.parse("", {}), text=text)
        call = Call(ask, command, db, directory, _speaker(ask, directory), line, options)
        _check_role(call)
        _check_keys(call)
        db.ledger.label = match.command.name
        db.ledger.undoable = command.undoable
        db.ledger.actor_id = call.person
        db.ledger.product_id = call.found_product.id if call.found_product else None
        try:
            return _as_reply(call, command.handler(call))
        except Refused as no:
            if no.try_ == command.example:
                no.try_ = command.example_in(call.key)
            raise

    def _directory(self, db: Session, version: int) -> Directory:
        known = self._directories.get(db.workspace)
        if known is None or known.version != version:
            known = self._directories[db.workspace] = people.read_directory(db, version)
        return known

    def _meet(self, ask: Ask, met: Stranger) -> None:
        """Make somebody known, in a transaction of its own: nobody's work, so nobody's to undo."""
        with self.database.transaction(write=True, now=ask.at) as db:
            version = workspaces.enter(db, ask.connection)
            workspaces.outdate(db)  # who speaks twice at the same time is met once
            directory = people.read_directory(db, version)
            db.ledger.label, db.ledger.undoable = "met", False
            person = directory.person(ask.connection.platform, met.speaker)
            if met.member_of is None:
                people.meet(db, ask.connection.platform, [met.speaker])
            elif person and not directory.roles(person, met.member_of, ask.at):
                people.grant(db, person, met.member_of, Role.MEMBER, None)

    def _keep(self, ask: Ask, reply: Reply, ride: Ride, claim: Callable[[Session, Ask], bool] | None) -> Reply | None:
        """Keep a refusal beside its ask, in a transaction of its own: what was refused was rolled back."""
        if claim is None:
            return self._hand_over(ask, reply, ride)
        with self.database.transaction(write=True, now=ask.at) as db:
            if not claim(db, ask):
                return _known(db, ask, ride)
            _enter(db, ask)
            return _settle(db, ask, reply, ride)

    def _hand_over(self, ask: Ask, reply: Reply, ride: Ride) -> Reply | None:
        """The reply to an ask that is not kept: it rides, or is put into the outbox."""
        if ride.settle(reply):
            return reply
        with self.database.transaction(write=True, now=ask.at) as db:
            _enter(db, ask)
            outbox.put_reply(db, asks.key(ask), ask, reply)
        return None


def _enter(db: Session, ask: Ask) -> None:
    """Every message in the outbox names its workspace; a connection that nobody knows has none."""
    with suppress(workspaces.UnknownConnection):
        workspaces.enter(db, ask.connection)


def _met(db: Session, ask: Ask, version: int, strangers: Sequence[Speaker]) -> Directory:
    """The Directory with those of whom an ask speaks for the first time: an operation of its own, nobody's to undo,
    in the same transaction, so that a refusal leaves nobody behind."""
    people.meet(db, ask.connection.platform, strangers)
    db.ledger.label, db.ledger.undoable = "met", False
    db.ledger.next_operation(db)
    return people.read_directory(db, version)


def _known(db: Session, ask: Ask, ride: Ride) -> Reply | None:
    """What a repeat of an ask is answered with: the reply that is kept, unless it goes, or went, another way."""
    found = asks.known(db, ask)
    if found is None or found.reply is None or db.get(outbox.OutboxRow, asks.key(ask)) is not None:
        return None
    return found.reply if ride.settle(found.reply) else None


def _settle(db: Session, ask: Ask, reply: Reply, ride: Ride) -> Reply | None:
    asks.finish(db, ask, reply)
    if ride.settle(reply):
        return reply
    outbox.put_reply(db, asks.key(ask), ask, reply)
    return None


def _speaker(ask: Ask, directory: Directory) -> str:
    """The person who speaks; raises Stranger for one not known yet, or not yet known as a member here."""
    platform = ask.connection.platform
    person = directory.person(platform, ask.speaker)
    if person is None:
        raise Stranger(ask.speaker)
    if ask.speaker.name and directory.names[person] != ask.speaker.name and platform.value != "terminal":
        raise Stranger(ask.speaker)  # they have a better name now
    product = directory.product_of(platform, ask.place)
    if (
        product is not None
        and people.member_by_writing(ask, directory)
        and not directory.roles(person, product.id, ask.at)
    ):
        raise Stranger(ask.speaker, member_of=product.id)
    return person


def _check_role(call: Call) -> None:
    wanted = call.command.role
    if call.command.guests or call.may(wanted):
        return
    if call.ask.speaker.guest:
        raise Refused("Guests see only what is public, and nothing is public here.", "help")
    if not call.directory.products:
        raise call.which_product()
    if wanted is Role.MEMBER:
        raise Refused("Only members of this product may do that; you can read what is shared.", "help")
    raise Refused(f"Only {_who_may(call, wanted)} may do that.", "team list")


def _who_may(call: Call, wanted: Role) -> str:
    if wanted is Role.LEAD:
        return "a lead (product owner, product manager or scrum master)"
    if wanted is Role.ADMIN:
        return "an admin"
    holder = call.directory.holder(wanted, call.product.id, call.now)
    return f"the {wanted.called}" + (f", {call.name(holder)}," if holder else "")


def _check_keys(call: Call) -> None:
    """A word that is nearly a key of this command is questioned rather than taken for text."""
    if not _ASSIGNS.search(call.line.text):
        return
    keys = call.command.keys
    shown = keys.keys() - call.command.hidden
    for word in call.line.words:
        if not word.quoted and (near := grammar.near_miss(word.text, shown)):
            name, _, value = word.text.lstrip("-—").partition("=")
            mended = call.line.text.replace(word.text, f"{near}={value}", 1)
            line = grammar.render("", call.options, keys)
            raise Refused(
                f"I do not know “{shorten(name, 40)}=”. Did you mean {near}=?",
                " ".join(part for part in (call.command.name, mended, line) if part),
            )


def _as_reply(call: Call, said: Said) -> Reply:
    match said:
        case Reply():
            reply = said
        case Form():
            return Reply(ok=True, form=said)
        case Card():
            reply = Reply(ok=True, seen_by="place" if call.command.writes else "you", card=said)
    here = not call.ask.place.private  # a private chat has nobody to show it to
    if call.command.writes or reply.card is None or not reply.ok or reply.seen_by == "place" or not here:
        return reply
    if not _may_be_shown(call):
        return reply
    if call.given("show-here"):
        return replace(reply, seen_by="place")
    return replace(reply, card=_showable(call, reply.card))


def _may_be_shown(call: Call) -> bool:
    """Only the product's own channels: elsewhere people read along who may not read it."""
    platform = call.ask.connection.platform
    return platform is Platform.TERMINAL or (platform.value, call.ask.place.external_id) in call.directory.channels


def _showable(call: Call, card: Card) -> Card:
    """What the asker alone sees carries the button that shows it to the place."""
    line = grammar.tidy(call.ask.text)
    if not line or len(line) > SHOWABLE or call.ask.values:
        return card
    return replace(card, buttons=(*card.buttons, Button("Show here", f"{line} show-here=yes")))


def refusal(ask: Ask, match: Match | Miss, no: Refused) -> Reply:
    """One plain sentence, the next thing to type, and what was typed, so that it is not lost."""
    card = no.card
    if isinstance(match, Match) and match.command.writes and (typed := _typed(ask)):
        if card is None:
            card = Card(no.why, (Text(escape(f"Try: {no.try_}")),) if no.try_ else ())
        card = replace(card, body=(*card.body, *typed))
    errors = ((no.field, no.why),) if no.field else ()
    return Reply(ok=False, refused=no.why, try_=no.try_, card=card, errors=errors)


def _typed(ask: Ask) -> tuple[Quote, ...]:
    """A line that nobody would like to type again, given back."""
    typed = ask.text.strip()
    return (Quote(escape(typed), "you"),) if len(typed) > LONG else ()


def missed(ask: Ask, miss: Miss) -> Reply:
    """An unknown word: the nearest commands, as buttons where they read or change something."""
    typed = shorten(miss.typed, 40)
    if not miss.near:
        return Reply(ok=False, refused=f"I do not know “{typed}”.", try_=miss.help)
    rest = miss.rest if len(miss.rest) <= SHOWABLE else ""
    buttons = tuple(Button(c.name, f"{c.name} {rest}".strip()) for c in miss.near[:5])
    names = listed([c.name for c in miss.near[:3]], "or")
    title = f"I do not know “{typed}”. Did you mean {names}?"
    first = miss.near[0]
    better = f"{first.name} {rest}" if rest else first.name if first.alone else first.example
    return Reply(ok=False, refused=title, try_=better, card=Card(title, _typed(ask), buttons))

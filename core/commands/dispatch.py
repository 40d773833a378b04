"""The way of an ask: claim, parse, check the role, call the handler, keep the reply, commit. One transaction.

Handlers never commit, send, catch, or name a platform; this is the one place that does.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy.exc import DBAPIError

from core.chat import grammar
from core.chat.ask import Ask, Connection, Place, Platform, Speaker
from core.chat.card import Card, Reply
from core.chat.placed import told_apart
from core.chat.words import shorten
from core.commands import meeting, replies, rights, showing
from core.commands.again import retrying
from core.commands.answers import smalltalk, written_back
from core.commands.backlog import threads
from core.commands.call import Call, Stranger, typed_options
from core.commands.discretion import discreet
from core.commands.dropped import meant
from core.commands.later import JOBS, Interrupted, Later, Work
from core.commands.refusals import SHOWABLE, missed, refusal
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss, Registry
from core.commands.ride import EVERYTHING, NOTHING, Ride
from core.product import people, places, ties, workspaces
from core.product.people import Directory
from core.schedule import outbox
from core.store import asks, jobs
from core.store.database import Database, Session

log = logging.getLogger("steward")

_DONE = ":done"  # behind an ask's key: what its job answered
LEFT_BEHIND = timedelta(seconds=10)  # what has been nobody's for so long is taken up
_ASSIGNS = re.compile("=|--|—")  # without one of these no word can look like a key


def sane(ask: Ask) -> Ask:
    """An ask whose texts every database takes, without NUL and halves of characters; of which product a button was is
    told apart from what it says."""
    name, place = _whole(ask.speaker.name), _whole(ask.place.name)
    text, about = told_apart(_whole(ask.text))
    if text == ask.text and name == ask.speaker.name and place == ask.place.name:
        return ask
    speaker, where = replace(ask.speaker, name=name), replace(ask.place, name=place)
    return replace(ask, text=text, about=about or ask.about, speaker=speaker, place=where)


def _whole(text: str) -> str:
    return text if text.isascii() and "\0" not in text else text.replace("\0", "").encode("utf-8", "ignore").decode()


class Steward:
    """The assistant: one object a process, safe to call from several threads.

    begun     is told the key of a job that an ask left behind, after the commit, and has it carried out; where it is
              None (a terminal) the job runs to its end before the ask is answered
    misfit    says how the database's shape differs from the code's, and what to do; '' where it does not
    stopping  set when the process ends: jobs stop at their next step, and are gone on with by whoever comes next
    """

    def __init__(self, database: Database, registry: Registry = REGISTRY) -> None:
        self.database = database
        self.registry = registry
        self._directories: dict[str, Directory] = {}
        self._meetings = places.Meetings()
        self.begun: Callable[[str], None] | None = None
        self.misfit: Callable[[], str] = str
        self.stopping = Event()

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
        return retrying(lambda: self._accept(discreet(sane(ask), self.registry)))

    def _accept(self, ask: Ask) -> bool:
        with self.database.transaction(write=True, now=ask.at) as db:
            return asks.accept(db, ask)

    def work(self, ask: Ask) -> None:
        """Work on an accepted ask; its reply goes through the outbox. A second call finds nothing to do."""
        self._answer(ask, Ride(NOTHING), asks.take)

    def resume(self, platforms: Iterable[Platform], now: datetime) -> list[str]:
        """The keys of jobs that a crash left behind, to be carried out."""
        with self.database.transaction(write=False, now=now) as db:
            return jobs.left_behind(db, platforms, now - LEFT_BEHIND, 20)

    def carry_out(self, key: str, clock: Callable[[], datetime], *, whoever: bool = False) -> Reply | None:
        """Do the work that an ask left behind, to its end, and keep the reply. None where it is not ours to do.

        whoever: take it from whoever may be at it
        """
        with self.database.transaction(write=True, now=clock()) as db:
            taken = jobs.take(db, key, whoever=whoever)
        if taken is None:
            return None
        tell = None if self.begun is None else (lambda card: self._tell(taken, card, clock()))
        work = Work(self.database, self._enter_again, taken, clock, self.stopping, tell)
        try:
            if taken.tries > jobs.TRIES:
                raise RuntimeError(f"{taken.name} was begun {jobs.TRIES} times and never ended")
            reply = replies.said_as(True, JOBS[taken.name](work))
            reply = reply if work.about is None else replies.marked(work.about, reply)
        except Refused as no:
            reply = Reply(ok=False, refused=no.why, try_=no.try_, card=no.card)
        except Interrupted:
            with self.database.transaction(write=True, now=clock()) as db:
                jobs.leave(db, taken)
            return None
        except Exception as fault:  # noqa: BLE001 - as for an ask: a sentence, and the traceback in the log
            reply = self._failed(taken.ask, fault)
        return self._end(taken, reply, clock())

    def _tell(self, taken: jobs.Job, card: Card, now: datetime) -> None:
        """How far a job is, in the place of what was said first."""
        with self.database.transaction(write=True, now=now) as db:
            _enter(db, taken.ask)
            key = f"{taken.key}:{now.timestamp():.0f}"
            reply = Reply(ok=True, seen_by="place", card=card)
            outbox.put_reply(db, key, taken.ask, reply, replaces=taken.key)

    def _end(self, taken: jobs.Job, reply: Reply, now: datetime) -> Reply | None:
        with self.database.transaction(write=True, now=now) as db:
            if not jobs.finish(db, taken):
                return None
            asks.finish(db, taken.ask, reply)
            if self.begun is not None:
                _enter(db, taken.ask)
                begun = db.get(outbox.OutboxRow, taken.key) is not None
                shared = begun and reply.seen_by == "place"  # what one person alone may see takes no shared place
                key = taken.key + _DONE if begun else taken.key
                outbox.put_reply(db, key, taken.ask, reply, replaces=taken.key if shared else None)
        return reply

    # ---- one ask ----

    def _answer(self, ask: Ask, ride: Ride, claim: Callable[[Session, Ask], bool]) -> Reply | None:
        ask = discreet(ask, self.registry)
        match = self.registry.find(grammar.tidy(ask.text))
        if ask.files and (not ask.text.strip() or isinstance(match, Miss)):  # a file dropped, with or without words
            ask = replace(ask, text=meant(ask.files))
            match = self.registry.find(ask.text)
        # what is no command may be a comment, where a thread is tied to an item, or in private an answer to a stand-up
        heard = ask.thread is not None or ask.place.private
        if isinstance(match, Match):
            # below a message of ours even what reads as a question may be an answer
            keep = match.command.writes or (match.guessed and ask.thread is not None and ask.place.private)
        else:
            keep = heard
        keep = keep or ask.kept or (ask.place.private and f"{showing.KEY}=" in ask.text)
        try:
            return retrying(lambda: self._until_known(ask, match, ride, claim if keep else None))
        except Refused as no:
            reply = refusal(ask, match, no)
        except workspaces.UnknownConnection:
            reply = Reply(
                ok=False, refused="This workspace is not connected to me yet. Ask whoever runs Steward to connect it."
            )
        except Exception as fault:  # noqa: BLE001 - a fault becomes a sentence; the traceback goes to the log, by its ref
            reply = self._failed(ask, fault)
        # nothing was written; only an ask that comes once must find its refusal again
        return self._keep(ask, reply, ride, claim if ask.kept else None)

    def _failed(self, ask: Ask, fault: Exception) -> Reply:
        """A fault, while it is being handled, as a sentence."""
        ref = secrets.token_hex(4)
        match = self.registry.find(grammar.tidy(ask.text))
        # the command alone: what people write, a code or a vote among it, stays out of the log
        said = match.command.name if isinstance(match, Match) and not ask.unsigned else "a line"
        log.exception("ref %s: %s in %s", ref, said, ask.connection.platform)
        if isinstance(fault, DBAPIError) and (misfit := self.misfit()):
            return Reply(ok=False, refused=misfit)
        again = ask.text if len(ask.text) <= SHOWABLE and not ask.unsigned else ""
        return Reply(ok=False, refused=f"Something went wrong (ref {ref}).", try_=again)

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
                    with self.database.transaction(write=True, now=ask.at) as db:
                        meeting.meet(db, ask, met)

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
                if not jobs.is_open(db, asks.key(ask)):
                    return _known(db, ask, ride)
                said: Reply | Later = Later("")  # it was broken off
            else:
                said = self._reply(db, ask, match, spoken_of)
                if isinstance(said, Later):
                    self._leave_behind(db, ask, said, ride)
                elif claim is not None:
                    self._meetings.note(db, ask)
                    return _settle(db, ask, said, ride)
        return self._follow(ask) if isinstance(said, Later) else self._hand_over(ask, said, ride)

    def _leave_behind(self, db: Session, ask: Ask, later: Later, ride: Ride) -> None:
        jobs.put(db, ask, later.job, later.args)
        if later.said is not None and self.begun is not None:
            meanwhile = Reply(ok=True, seen_by="place", card=later.said)
            ride.post(meanwhile)
            outbox.put_reply(db, asks.key(ask), ask, meanwhile)

    def _follow(self, ask: Ask) -> Reply | None:
        """The work that an ask left behind: here and now, or by whoever is told of it."""
        key = asks.key(ask)
        if self.begun is None:
            return self.carry_out(key, lambda: ask.at, whoever=True)
        self.begun(key)
        return None

    def _enter_again(self, db: Session, ask: Ask) -> Call:
        """The ask of a job once more, at the instant of its step."""
        directory = self._directory(db, workspaces.enter(db, ask.connection))
        match = self.registry.find(grammar.tidy(ask.text))
        person = directory.person(ask.connection.platform, ask.speaker)
        if isinstance(match, Miss) or person is None:
            raise Refused("The one who asked for this, or the command, is no longer there.")
        return _call(replace(ask, at=db.now), match, db, directory, person)

    def _reply(self, db: Session, ask: Ask, match: Match | Miss, spoken_of: Sequence[Speaker]) -> Reply | Later:
        version = workspaces.enter(db, ask.connection)
        directory = meeting.met(db, ask, version, spoken_of) if spoken_of else self._directory(db, version)
        db.at_hand[workspaces.DIRECTORY] = directory
        if isinstance(match, Miss) and (comment := threads.meant(db, ask, directory, match, self.registry)):
            match = comment
        if isinstance(match, Miss) or match.guessed:
            answer = written_back.meant(db, ask, directory, match, self.registry) or self.registry.opened(ask.text)
            if answer is None and (reply := self._talk(ask, match, db, directory)):
                return reply
            match = answer or match
        if isinstance(match, Miss):
            # whoever writes to us can be written to, also where all they said is hello
            met = directory.person(ask.connection.platform, ask.speaker)
            known = meeting.speaker(ask, directory) if db.writes else met
            if known is None:
                return missed(ask, match)
            call = self._listening(ask, db, directory, known)
            return _eased(call, missed(ask, rights.near(call, match)))
        told = replace(ask, about=match.about) if match.about else ask
        call = _call(told, match, db, directory, meeting.speaker(ask, directory))
        command = match.command
        try:
            rights.check(call)
            _check_keys(call)
            if (to := showing.elsewhere(call)) is not None:
                return self._show(call, match, to)
            said = self.registry.handler(command)(call)
            return said if isinstance(said, Later) else replies.marked(call, replies.as_reply(call, said))
        except Refused as no:
            if no.try_ == command.example:
                no.try_ = command.example_about(call.key, [word.text for word in call.line.words[:20]])
            if not no.field:
                no.try_, no.card = rights.eased(call, no.why, no.try_, no.card)
            if no.card is not None:
                no.card = replies.marked(call, Reply(ok=False, card=no.card)).card
            raise

    def _show(self, call: Call, match: Match, to: Place) -> Reply:
        """What the asker was answered in private, answered anew as in the channel where it is to be shown."""
        there = _call(replace(call.ask, place=to, about=""), match, call.db, call.directory, call.person)
        said = self.registry.handler(match.command)(there)
        assert not isinstance(said, Later)  # what only reads leaves no work behind
        reply = replies.as_reply(there, said)
        return showing.show(call, there, reply) if reply.ok and reply.seen_by == "place" else reply

    def _talk(self, ask: Ask, match: Match | Miss, db: Session, directory: Directory) -> Reply | None:
        """What is said to something that is neither a command nor a question about the product; None where it is."""
        if not smalltalk.is_talk(ask.text, match):
            return None
        call = self._listening(ask, db, directory, meeting.speaker(ask, directory))
        reply = smalltalk.reply(call, ask.text, match)
        return reply and replies.marked(call, _eased(call, reply))

    def _listening(self, ask: Ask, db: Session, directory: Directory, person: str) -> Call:
        """What is no command, as somebody's call."""
        return _call(ask, Match(self.registry.commands[("help",)], ""), db, directory, person)

    def _directory(self, db: Session, version: int) -> Directory:
        known = self._directories.get(db.workspace)
        if known is None or known.version != version:
            known = self._directories[db.workspace] = people.read_directory(db, version)
        return known

    def _keep(self, ask: Ask, reply: Reply, ride: Ride, claim: Callable[[Session, Ask], bool] | None) -> Reply | None:
        """Keep a refusal beside its ask, in a transaction of its own: what was refused was rolled back."""
        if claim is None:
            return self._hand_over(ask, reply, ride)
        with self.database.transaction(write=True, now=ask.at) as db:
            if not claim(db, ask):
                return _known(db, ask, ride)
            _enter(db, ask)
            self._meetings.note(db, ask)
            return _settle(db, ask, reply, ride)

    def _hand_over(self, ask: Ask, reply: Reply, ride: Ride) -> Reply | None:
        """The reply to an ask that is not kept: it rides, or is put into the outbox."""
        if ride.settle(reply):
            return reply
        with self.database.transaction(write=True, now=ask.at) as db:
            _enter(db, ask)
            outbox.put_reply(db, asks.key(ask), ask, reply)
        return None


def _call(ask: Ask, match: Match, db: Session, directory: Directory, person: str) -> Call:
    """The words read, and the ledger told whose work it is."""
    command = match.command
    line = grammar.parse(match.rest, command.keys)
    options, text = typed_options(command, line, ask.values)
    if text is not None:
        line = replace(grammar.parse("", {}), text=text)
    call = Call(ask, command, db, directory, person, line, options)
    db.ledger.label = command.name
    db.said_in = ties.where(ask)
    db.ledger.undoable = command.undoable
    db.ledger.actor_id = call.person
    db.ledger.product_id = call.found_product.id if call.found_product else None
    return call


def _eased(call: Call, reply: Reply) -> Reply:
    """A refusal of what is no command, as the asker is shown it."""
    if reply.ok:
        return reply
    try_, card = rights.eased(call, reply.refused, reply.try_, reply.card)
    return replace(reply, try_=try_, card=card)


def _enter(db: Session, ask: Ask) -> None:
    """Every message in the outbox names its workspace; a connection that nobody knows has none."""
    with suppress(workspaces.UnknownConnection):
        workspaces.enter(db, ask.connection)


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

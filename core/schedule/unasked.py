"""The one way out for what nobody asked for: a Letter passes the daily budget here, and is put into the outbox.

    say(db, key, product, Letter(to, card, "sprint digest"))      a Letter where it goes, a Silence where it does not

`core.schedule.occurrences` says what it has composed by this way, and so does whoever speaks in the transaction of a
change (a thread that is told, a post that is kept up to date). A rule of the tests holds everybody else away from
`outbox.post`.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from core.chat.card import Card
from core.chat.placed import placed_card
from core.product import people, watching
from core.schedule import budget, outbox
from core.schedule.recipients import Recipient
from core.store.database import Session


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, and to whom.

    to         the recipient, by `core.schedule.recipients`
    what       what the budget and `digest list` call it: 'sprint digest'
    person     whose private message it is; '' for a place
    thread_of  the key of an earlier message, whose thread it continues: counted with that one
    thread     likewise, by the platform's own id of a thread that people have tied
    replaces   the key of an earlier message, in whose place it stands: nothing new is said
    beyond     what happens where the day's budget is spent, see `budget.Beyond`
    waits      whether a private message waits for the person's hours, instead of coming at its own time
    mute       the kind by which a person may mute it, see `watching.KINDS`; '' where it is not to be muted
    key        its key in the outbox, where that is not its occurrence's
    carries    ids of what stood by to be said, and is said with it
    """

    to: Recipient
    card: Card
    what: str
    person: str = ""
    thread_of: str | None = None
    thread: str | None = None
    replaces: str | None = None
    beyond: budget.Beyond = "thread"
    waits: bool = False
    mute: str = ""
    key: str = ""
    carries: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether it is a message of its own: what continues or replaces one was counted with it."""
        return not (self.thread_of or self.thread or self.replaces)


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing is said this time, in a few words."""

    why: str


@dataclass(frozen=True, slots=True)
class Aboard:
    """It is said within another message, which `why` names. letter: that message, where it stands already."""

    why: str
    letter: Letter | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """It is to be composed again at an instant: in the person's hours, on a day that has room. why: what it waits for,
    which whoever composes it again is told."""

    at: datetime
    why: str = ""


MUTED, LESS_OFTEN = "muted", "half as often, as was wished"
WISHES = frozenset({MUTED, LESS_OFTEN})
"""Why somebody was spared what is their own affair, and nobody else's."""

Said = Letter | Silence | Aboard | NotYet


def say(db: Session, key: str, product: str, letter: Letter, day: date | None = None) -> Letter | Silence:
    """Let a Letter go, now or in the hours that it waits for; a Silence where it is kept back. day: the one that a
    place's post counts for, today unless said."""
    said = _admit(db, key, product, letter, day, later=False)
    assert not isinstance(said, NotYet)
    return said


def say_or_wait(db: Session, key: str, product: str, letter: Letter, day: date) -> Letter | Silence | NotYet:
    """Likewise, for who composes it again where it may not go now."""
    return _admit(db, key, product, letter, day, later=True)


def _admit(
    db: Session, key: str, product: str, letter: Letter, day: date | None, *, later: bool
) -> Letter | Silence | NotYet:
    key, letter = letter.key or key, _placed(db, product, letter)
    if not letter.counted:
        _post(db, key, letter, db.now, letter.thread_of)
        return letter
    if letter.mute and watching.spared(db, product, letter.person, letter.mute, None, db.now):
        return Silence(MUTED)
    recipient = budget.of_person(letter.person) if letter.person else budget.of_place(letter.to)
    passed = budget.admit(
        db, key, recipient, letter.what,
        product=product, beyond=letter.beyond, waits=letter.waits, later=later, day=day,
    )  # fmt: skip
    if passed is None:
        return Silence("the day's messages were spent")
    if later and passed.at > db.now:
        return NotYet(passed.at)
    _post(db, key, letter, passed.at, passed.thread_of)
    return letter


def _placed(db: Session, product: str, letter: Letter) -> Letter:
    """A private chat may be about another product than what is said there: its buttons say which one they are about."""
    products = people.directory_at_hand(db).products if letter.to.only_for else {}
    if len(products) < 2 or product not in products:
        return letter
    return replace(letter, card=placed_card(letter.card, products[product].key))


def _post(db: Session, key: str, letter: Letter, due: datetime, thread_of: str | None) -> None:
    outbox.post(
        db, key, letter.to, letter.card,
        thread=letter.thread, thread_of=thread_of, replaces=letter.replaces, due=due,
    )  # fmt: skip

"""Who speaks, and who is spoken of: known already, or made known by the ask itself."""

from collections.abc import Sequence

from core.chat.ask import Ask, Platform, Speaker
from core.commands.call import Stranger
from core.product import people, places, workspaces
from core.product.people import Directory, Role
from core.store.database import Session


def speaker(ask: Ask, directory: Directory) -> str:
    """The person who speaks; raises Stranger for one not known yet, or not yet known as a member here."""
    platform = ask.connection.platform
    person = directory.person(platform, ask.speaker)
    if person is None:
        raise Stranger(ask.speaker)
    known_as = directory.knows_as(platform, ask.speaker)
    if ask.speaker.name and known_as != ask.speaker.name and platform is not Platform.TERMINAL:
        raise Stranger(ask.speaker)  # they have a better name now
    product = directory.product_of(platform, ask.place)
    if (
        product is not None
        and people.member_by_writing(ask, directory)
        and not directory.roles(person, product.id, ask.at)
    ):
        raise Stranger(ask.speaker, member_of=product.id)
    return person


def met(db: Session, ask: Ask, version: int, strangers: Sequence[Speaker]) -> Directory:
    """The Directory with those of whom an ask speaks for the first time: an operation of its own, nobody's to undo,
    in the same transaction, so that a refusal leaves nobody behind."""
    people.meet(db, ask.connection.platform, strangers)
    db.ledger.label, db.ledger.undoable = "met", False
    db.ledger.next_operation(db)
    return people.read_directory(db, version)


def meet(db: Session, ask: Ask, stranger: Stranger) -> None:
    """Make somebody known, in a transaction of its own: nobody's work, so nobody's to undo."""
    version = workspaces.enter(db, ask.connection)
    workspaces.outdate(db)  # who speaks twice at the same time is met once
    directory = people.read_directory(db, version)
    db.ledger.label, db.ledger.undoable = "met", False
    person = directory.person(ask.connection.platform, stranger.speaker)
    if stranger.member_of is None:
        people.meet(db, ask.connection.platform, [stranger.speaker])
        places.note(db, ask)
    elif person and not directory.roles(person, stranger.member_of, ask.at):
        people.grant(db, person, stranger.member_of, Role.MEMBER, None)

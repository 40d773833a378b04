"""The checklist after the set-up: what stands, what comes next, each with its button; one message, kept up to date."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.chat.ask import Place, Platform
from core.chat.card import CARD, Button, Card, Items, Line, Reply, Text, escape
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import REGISTRY
from core.product import checklists, people, products
from core.product.checklists import Checklist, has_said
from core.product.people import Directory, Product, ProductInfo, Role
from core.schedule import outbox
from core.schedule.outbox import MESSAGE, Message, OutboxRow
from core.store import asks
from core.store.database import Session
from core.store.history import Entry

ROLES = (("owner", Role.PRODUCT_OWNER), ("manager", Role.PRODUCT_MANAGER), ("scrum master", Role.SCRUM_MASTER))


_DAILY = frozenset({"items", "comments", "criteria", "blocks", "sprint_items"})


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do first. done: what stands there once it is done, '' before."""

    name: str
    hint: str
    buttons: tuple[Button, ...]
    done: Callable[[Session, Product], str]
    optional: bool = False


def _vision(_: Session, product: Product) -> str:
    return shorten(product.vision, 100)


def _backlog(_: Session, product: Product) -> str:
    return "its first items are there" if product.counter else ""  # a number would change the message with each item


def _said(*labels: str) -> Callable[[Session, Product], str]:
    return lambda db, product: "it is there" if any(has_said(db, product.id, label) for label in labels) else ""


STEPS = (
    Step("Vision", "one sentence is enough", (Button("Write it", "product vision", form=True),), _vision),
    Step(
        "Backlog",
        "paste lines, bring a Jira, GitHub, Linear or Trello export, or try ours",
        (
            Button("Paste", "backlog add", form=True),
            Button("Import", "backlog import", form=True),
            Button("Example", "setup example"),
        ),
        _backlog,
    ),
    Step(
        "Stand-up",
        "at 09:30 of each person's own time, Monday to Friday",
        (
            Button("Start tomorrow", "standup new at=09:30"),
            Button("Change", "standup new", form=True),
        ),
        _said("standup new"),
    ),
    Step("Sprint", "two weeks from Monday", (Button("Propose", "sprint plan"),), _said("sprint new", "sprint start")),
    Step(
        "First question",
        "try: “What is the product for?”",
        (Button("Ask it", "ask What is the product for?"),),
        lambda db, product: "",
        optional=True,
    ),
)


def told(call: Call, product: ProductInfo, place: Place) -> Card | Reply:
    """What `setup` answers: the checklist, which is kept up to date where it stands; a second time one line, while the
    list that stands there is changed."""
    db = call.db
    shown, done = card(db, people.read_directory(db, 0), product, place)
    if call.ask.connection.platform is Platform.TERMINAL:  # where nothing changes that was said
        return replace(shown, buttons=())
    known = checklists.of(db, product.id)
    if known is not None and (known.closed or db.get(OutboxRow, known.message) is not None):
        follow(db, ())
        return call.arranged(Card(shown.title), place.external_id, place.name)
    known = known or Checklist(product_id=product.id)
    known.message, known.shown, known.closed = asks.key(call.ask), _digest(shown), done
    db.add(known)
    db.flush()
    said = call.arranged(shown, place.external_id, place.name)
    return replace(said, lasting=True)


def hide(call: Call) -> Card | Reply:
    """[Hide this]: the message says only what is set up."""
    product = call.product
    known = checklists.of(call.db, product.id)
    if known is None or known.closed:
        return Reply(ok=True, card=Card("It is hidden already, or all is done."))
    if not (call.may(Role.LEAD) or call.may(Role.ADMIN)):
        raise Refused("Only a lead may hide what the channel sees.", "product show")
    known.closed = True
    row = products.load(call.db, product.id)
    short = Card(f"{row.name} is set up · items are called {row.key}-1, {row.key}-2 …")
    _replace(call.db, known, short)
    return Reply(ok=True, card=Card("Hidden. `help` shows what you can say, `product show` how it is set up."))


def card(db: Session, directory: Directory, product: ProductInfo, place: Place) -> tuple[Card, bool]:
    """The checklist as it stands, and whether all of it is done."""
    row = products.load(db, product.id)
    where = f"in #{place.name}" if place.name and not place.private else "here"
    rows = [Line("✓", "Product", ", ".join([product.name, *_roles(db, directory, product)]))]
    open_ = 0
    for step in STEPS:
        done = step.done(db, row)
        buttons = tuple(button for button in step.buttons if REGISTRY.knows(button.say))
        if done:
            rows.append(Line("✓", step.name, done))
        elif buttons:
            open_ += not step.optional
            rows.append(Line("○", step.name, step.hint, buttons))
    title = f"{product.name} is set up {where} · items are called {product.key}-1, {product.key}-2 …"
    note = f"Everyone who writes {where} may work on items; others in the company only read what is shared."
    lasting = () if place.private or not open_ else (Button("Hide this", "setup hide=yes"),)
    return Card(title, (Items(tuple(rows)), Text(escape(note), subtle=True)), lasting), not open_


def _roles(db: Session, directory: Directory, product: ProductInfo) -> Sequence[str]:
    return [
        f"{label} {directory.name(holder)}"
        for label, role in ROLES
        if (holder := directory.holder(role, product.id, db.now))
    ]


def follow(db: Session, entries: Sequence[Entry]) -> None:
    """Heard with every batch of history: the message is changed where what it says has changed."""
    if entries and not any(map(_heeded, entries)):
        return
    product_id = db.ledger.product_id
    known = checklists.of(db, product_id) if product_id else None
    if known is None or known.closed or product_id is None:
        return
    kept = db.get(OutboxRow, known.message)
    if kept is None:
        known.closed = True
    else:
        directory = people.directory_at_hand(db)
        place = _works_in(db, directory, product_id, MESSAGE.validate_json(kept.message))
        shown, known.closed = card(db, directory, directory.products[product_id], place)
        if _digest(shown) != known.shown:
            known.shown = _digest(shown)
            _replace(db, known, shown)
    db.flush()


def _works_in(db: Session, directory: Directory, product: str, message: Message) -> Place:
    """The product's channel: where the message stands, or where it is about another."""
    place = message.place
    names = products.channels_of(db, product)
    if not names or directory.channels.get((message.connection.platform.value, place.external_id)) == product:
        return place
    return Place("", name=names[0])


def _heeded(entry: Entry) -> bool:
    """Whether a change may alter the list: of daily work only a product's very first item does."""
    return entry.entity not in _DAILY or (entry.entity == "items" and (entry.after or {}).get("number") == 1)


def _replace(db: Session, known: Checklist, shown: Card) -> None:
    kept = db.get_one(OutboxRow, known.message)
    message = replace(MESSAGE.validate_json(kept.message), reply=Reply(True, "place", shown))
    outbox.put(db, f"{known.message}:{db.ledger.operation_id}", message, replaces=known.message)


def _digest(shown: Card) -> str:
    return hashlib.blake2s(CARD.dump_json(shown), digest_size=8).hexdigest()

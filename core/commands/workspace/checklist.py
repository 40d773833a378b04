"""The checklist after the set-up: what stands, what comes next, each with its button; one message, kept up to date."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from core.chat.ask import Place, Platform
from core.chat.card import CARD, Button, Card, Items, Line, Reply, Text, escape
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import REGISTRY
from core.product import checklists, people, products, ranking
from core.product.checklists import Checklist
from core.product.items import Item
from core.product.people import Directory, Product, ProductInfo, Role
from core.product.sprints import Sprint
from core.product.standups import Standup
from core.product.workspaces import outdate
from core.schedule import outbox
from core.schedule.delivery import CHANNEL, MAY_POST, Refuses, barred
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


def _backlog(db: Session, product: Product) -> str:
    there = db.scalar(select(Item.id).where(Item.product_id == product.id).limit(1))
    return "its first items are there" if there else ""  # a number would change the message with each item


def _standup(db: Session, product: Product) -> str:
    one = select(Standup.id).where(Standup.product_id == product.id, Standup.removed_at.is_(None))
    return "it is there" if db.scalar(one.limit(1)) else ""


def _sprint(db: Session, product: Product) -> str:
    return "it is there" if db.scalar(select(Sprint.id).where(Sprint.product_id == product.id).limit(1)) else ""


def _asked(_: Session, product: Product) -> str:
    return "asked" if product.asked else ""


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
        _standup,
    ),
    Step("Sprint", "two weeks from Monday", (Button("Propose", "sprint plan"),), _sprint),
    Step(
        "First question",
        "try: “What is the product for?”",
        (Button("Ask it", "ask What is the product for?"),),
        _asked,
        optional=True,
    ),
)


def told(call: Call, product: ProductInfo, place: Place) -> Card | Reply:
    """What `setup` answers: the checklist, which is kept up to date where it stands; a second time one line, while the
    list that stands there is changed."""
    db = call.db
    directory = people.read_directory(db, 0)
    if call.ask.connection.platform is Platform.TERMINAL:  # where nothing changes that was said, and no channel is shut
        return replace(card(db, directory, product, place, None)[0], buttons=())
    channel = _channel(product, place, place.external_id == call.ask.place.external_id, call.ask.shut)
    shown, done = card(db, directory, product, place, channel)
    known = checklists.of(db, product.id)
    if known is not None and not _moves(db, known, place, channel):
        _refresh(db, known, directory, product.id)
        return call.arranged(Card(shown.title), place.external_id, place.name)
    known = known or Checklist(product_id=product.id)
    known.message, known.shown, known.closed = asks.key(call.ask), _digest(shown), done
    db.add(known)
    db.flush()
    return Reply(ok=True, seen_by="place", card=shown, lasting=True)


def _channel(product: ProductInfo, place: Place, here: bool, shut: Mapping[str, str]) -> Line:
    """Whether we can post where the team works, as far as is known when it is set up. here: where it is said; that a
    channel takes no word of ours shows when the list is to be posted there, and then the list says so by itself."""
    if place.private:
        return _nowhere(product)
    if bar := shut.get(place.external_id):
        return Line("○", CHANNEL, f"I cannot write in #{place.name} yet: {bar}")
    return MAY_POST if here else Line("✓", CHANNEL, f"I can post in #{place.name}")


def _nowhere(product: ProductInfo) -> Line:
    """What it says of the channel while there is none."""
    return Line("○", CHANNEL, f"let me into the one where the team works, and say product use {product.key} there")


def _moves(db: Session, known: Checklist, place: Place, channel: Line) -> bool:
    """Whether the list is to be posted anew, because it is gone, or something else holds of the channel now; what stood
    before is cut to its title."""
    kept = db.get(OutboxRow, known.message)
    if known.closed or kept is None:
        return not known.closed
    message = MESSAGE.validate_json(kept.message)
    same = _said_of_channel(kept, message) == channel or message.place.external_id == place.external_id
    if (same or place.private) and not _is_aside(kept, message):
        return False
    _replace(db, known, _short(products.load(db, known.product_id)))
    return True


def _is_aside(kept: OutboxRow, message: Message) -> bool:
    """Whether it stands in somebody's private chat, because its channel refused it."""
    return bool(kept.stands) and not message.place.private


def hide(call: Call) -> Card | Reply:
    """[Hide this]: the message says only what is set up."""
    product = call.product
    known = checklists.of(call.db, product.id)
    if known is None or known.closed:
        return Reply(ok=True, card=Card("It is hidden already, or all is done."))
    if not (call.may(Role.LEAD) or call.may(Role.ADMIN)):
        raise Refused("Only a lead may hide what the channel sees.", "product show")
    known.closed = True
    _replace(call.db, known, _short(products.load(call.db, product.id)))
    return Reply(ok=True, card=Card("Hidden. `help` shows what you can say, `product show` how it is set up."))


def _short(product: Product) -> Card:
    return Card(f"{product.name} is set up · items are called {product.key}-1, {product.key}-2 …")


def card(
    db: Session, directory: Directory, product: ProductInfo, place: Place, channel: Line | None
) -> tuple[Card, bool]:
    """The checklist as it stands, and whether all of it is done. channel: what it says of the channel."""
    row = products.load(db, product.id)
    where = f"in #{place.name}" if place.name and not place.private else "here"
    rows = [Line("✓", "Product", ", ".join([product.name, *_roles(db, directory, product)]))]
    rows += [channel] if channel else []
    open_ = int(channel is not None and channel.key != "✓")
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
    product_id = db.ledger.product_id
    if product_id is None or not any(map(_heeded, entries)):
        return
    if (known := checklists.of(db, product_id)) is not None:
        _refresh(db, known, people.directory_at_hand(db), product_id)


def _refresh(db: Session, known: Checklist, directory: Directory, product_id: str) -> None:
    if known.closed:
        return
    kept = db.get(OutboxRow, known.message)
    if kept is None:
        known.closed = True
    else:
        message, product = MESSAGE.validate_json(kept.message), directory.products[product_id]
        place, said = _works_in(db, directory, product_id, message), _said_of_channel(kept, message)
        if said == _nowhere(product) and not place.private:
            said = Line("✓", CHANNEL, f"#{place.name}")
        shown, known.closed = card(db, directory, product, place, said)
        if _digest(shown) != known.shown:
            known.shown = _digest(shown)
            _replace(db, known, shown)
    db.flush()


def _said_of_channel(kept: OutboxRow, message: Message) -> Line | None:
    """What the list says of the channel; of one that stands in private because the channel refused it, that."""
    if _is_aside(kept, message):
        return barred(Refuses("I could not write there when you set this up", "Let me in."))
    body = message.reply.card.body if message.reply.card else ()
    rows = (row for part in body if isinstance(part, Items) for row in part.rows)
    return next((row for row in rows if row.text == CHANNEL), None)


def _works_in(db: Session, directory: Directory, product: str, message: Message) -> Place:
    """The product's channel: where the message stands, or where it is about another."""
    place = message.place
    names = products.channels_of(db, product)
    if not names or directory.channels.get((message.connection.platform.value, place.external_id)) == product:
        return place
    return Place("", name=names[0])


def _heeded(entry: Entry) -> bool:
    """Whether a change may alter the list: of daily work only the first item of an empty backlog does, and one that
    goes."""
    if entry.entity not in _DAILY:
        return True
    first = entry.before is None and (entry.after or {}).get("rank") == ranking.FIRST
    return entry.entity == "items" and (first or entry.after is None)


def asked(call: Call) -> None:
    """The first question that anybody asks ticks its line, and is remembered though asking only reads."""
    product = call.product.id
    if call.product.asked:
        return
    if call.db.writes:
        _note_asked(call.db, product)
    else:
        call.db.afterwards.append(lambda later: _note_asked(later, product))


def _note_asked(db: Session, product: str) -> None:
    row = products.load(db, product)
    if row.asked:
        return
    row.asked = True
    db.flush()
    outdate(db)
    if (known := checklists.of(db, product)) is not None:
        _refresh(db, known, people.read_directory(db, 0), product)


def _replace(db: Session, known: Checklist, shown: Card) -> None:
    kept = db.get_one(OutboxRow, known.message)
    message = replace(MESSAGE.validate_json(kept.message), reply=Reply(True, "place", shown))
    outbox.put(db, f"{known.message}:{db.ledger.operation_id}", message, replaces=known.message)


def _digest(shown: Card) -> str:
    return hashlib.blake2s(CARD.dump_json(shown), digest_size=8).hexdigest()

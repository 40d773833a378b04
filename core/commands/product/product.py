"""`setup` and `product …`: what the team works on, and where it is spoken of."""

import re
from collections.abc import Sequence

from core.chat import grammar
from core.chat.ask import Place
from core.chat.card import Button, Card, Facts, Field, Form, Items, Line, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.product.overview import overview
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.product import people, products
from core.product.people import Role

NAME_LENGTH = 80
VISION_LENGTH = 1000
_TURNS_OVER = frozenset({Role.ADMIN, Role.PRODUCT_MANAGER})
_LIKE_A_KEY = re.compile(r"(?:--|—)?([A-Za-z][\w-]*)=", re.ASCII)


# ---- products ----


@command(
    "product new NAME [key=] [tz=] [channel=]",
    example='product new "Acme app" key=APP',
    role=Role.PRODUCT_MANAGER,
    undoable=False,
    text="name",
)
def new(call: Call) -> Said:
    """Make a further product; you own and manage it until others do; channel= is about it from then on."""
    name = name_in(call)
    if not name and not call.ask.values:
        taken = products.taken_keys(call.directory)
        fields = (
            Field("name", "Product", required=True, max_length=NAME_LENGTH),
            Field("key", "Key", hint=f"Taken: {', '.join(sorted(taken))}" if taken else "", max_length=10),
            Field("tz", "Time zone", value=str(call.tz)),
        )
        return Form("A new product", fields, "product new")
    if not name:
        raise Refused("The product needs a name.", call.command.example, field="name")
    place = _channel(call)
    made = products.make(call.db, key_in(call, name), named(name), zone_in(call) or str(call.tz))
    for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER):
        people.grant(call.db, call.person, made.id, role, None)
    title = f"{made.name} is made · items are called {made.key}-1, {made.key}-2 …"
    if place is None:
        return Card(title, buttons=(Button(f"Use {made.key} here", f"product use {made.key}"),))
    products.use(call.db, call.ask.connection.platform, place, made.id)
    about = Text(escape(f"{_where(place)} is about it now."))
    return call.arranged(Card(title, (about,)), place.external_id, place.name)


def _channel(call: Call) -> Place | None:
    """The channel that is to be about a new product, None where none is named. What is another's today is turned over
    by who manages that one."""
    if not call.options.get("channel", "").strip():
        return None
    place = call.place_in("channel") or call.ask.place
    known = call.directory.product_of(call.ask.connection.platform, place)
    if known is not None and not call.directory.roles(call.person, known.id, call.now) & _TURNS_OVER:
        why = f"{_where(place)} is about {known.name}; only its product manager or an admin may change that."
        raise Refused(why, "team list", field="channel")
    return place


def _where(place: Place) -> str:
    return f"#{place.name}" if place.name and not place.private else "This place"


@command("product use KEY", example="product use APP", role=Role.VIEWER, undoable=False)
def use(call: Call) -> Said:
    """Let this place be about a product."""
    key = call.take_word()
    call.end()
    if not call.directory.products:
        raise call.which_product()
    keys = [p.key for p in call.directory.products.values()]
    if not key:
        raise Refused(f"Which product? There {_are(keys)}.", f"product use {keys[0]}")
    product = call.directory.product_by_key(key)
    if product is None:
        near = grammar.suggest(key, keys) or keys[0]
        raise Refused(f"There is no product {shorten(key.upper(), 40)}; there {_are(keys)}.", f"product use {near}")
    if not call.may_turn_over(product):
        raise Refused(f"Only the product manager of {product.name} or an admin may do that.", "team list")
    products.use(call.db, call.ask.connection.platform, call.ask.place, product.id)
    about = f"{_where(call.ask.place)} is about {product.name} now"
    return Card(f"{about} · items are called {product.key}-1, {product.key}-2 …")


def _are(keys: Sequence[str]) -> str:
    return f"{'is' if len(keys) == 1 else 'are'} {listed(keys)}"


@command("product list", example="product list", role=Role.VIEWER, writes=False)
def list_(call: Call) -> Said:
    """All products and their channels."""
    call.end()
    if not call.directory.products:
        raise Refused("No product is set up yet.", 'setup "Acme app"')
    rows = []
    for product in call.directory.products.values():
        names = products.channels_of(call.db, product.id)
        rows.append(Line(product.key, product.name, ", ".join(f"#{name}" for name in names)))
    return Card(counted(len(rows), "product"), (Items(tuple(rows)),))


@command("product show", example="product show", role=Role.VIEWER, writes=False)
def show(call: Call) -> Said:
    """This product: vision, goals, roadmap, roles; for the team its strategy, stage and prices too."""
    call.end()
    product = call.product
    row = products.load(call.db, product.id)
    roles = [
        (role.called.capitalize(), call.name(call.directory.holder(role, product.id, call.now)))
        for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER)
        if call.directory.holder(role, product.id, call.now)
    ]
    vision = Text(escape(row.vision) if row.vision else "No vision yet: `product vision` and one sentence.")
    facts = Facts((("Key", product.key), *roles, ("Time zone", product.tz), *overview(call)))
    return Card(f"{product.name}", (vision, facts))


@command(
    "product vision TEXT",
    example="product vision Every bookkeeper closes the month in a day",
    role=Role.PRODUCT_MANAGER,
    text="vision",
)
def vision(call: Call) -> Said:
    """Say what the product is for."""
    product = call.product
    row = products.load(call.db, product.id)
    text = long_text(call, row.vision, VISION_LENGTH, "Say it in a sentence.")
    if isinstance(text, Form):
        return text
    row.vision = text
    call.db.flush()
    return Card(f"Vision of {product.name}", (Text(escape(text)),))


def long_text(call: Call, now: str, length: int, missing: str) -> str | Form:
    """What a command's one longer text about the product is to be; the form with what it is now where none is said."""
    name = call.command.text
    text = call.rest().strip()
    if not text and not call.ask.values:
        field = Field(name, name.capitalize(), "longtext", value=now, required=True, max_length=length)
        return Form(f"{name.capitalize()} of {shorten(call.product.name, 40)}", (field,), call.command.name)
    if not text:
        raise Refused(missing, call.command.example, field=name)
    return within(text, length, f"A {name}", call.command.example, field=name)


# ---- what a product is called, and where its clock stands ----


def name_in(call: Call) -> str:
    """The name that is said; what looks like a key is none of it, unless it is quoted."""
    for word in call.line.words:
        if not word.quoted and (like := _LIKE_A_KEY.match(word.text)):
            shown = (f"{key}=" for key in call.command.keys if key not in call.command.hidden)
            why = f"I do not know “{shorten(like[1], 40)}=” here; there are {listed(list(shown))}."
            raise Refused(why, f"help {call.command.name}")
    return call.rest().strip()


def named(name: str) -> str:
    return within(" ".join(name.split()), NAME_LENGTH, "A product's name", field="name")


def key_in(call: Call, name: str, others: frozenset[str] | None = None) -> str:
    """The key that key= names, else one of the name. others: those that are taken, where not all are."""
    taken = products.taken_keys(call.directory) if others is None else others
    key = call.options.get("key", "").strip().upper() or products.proposed_key(name, taken)
    if not products.KEY.fullmatch(key):
        better = products.proposed_key(key or name, taken)
        raise call.wrong("key", "A key is 2 to 10 letters and digits and begins with a letter.", better)
    if key in taken:
        raise call.wrong("key", f"{key} is taken by another product.", products.proposed_key(key, taken))
    return key


def zone_in(call: Call) -> str | None:
    """The time zone that tz= names; None where it is empty."""
    raw = call.options.get("tz", "").strip()
    if not raw:
        return None
    found = products.zone(raw)
    if found is None:
        why = f"tz wants a time zone such as Europe/Berlin, not “{shorten(raw, 40)}”."
        raise call.wrong("tz", why, products.zone_of_city(raw) or "Europe/Berlin")
    return found

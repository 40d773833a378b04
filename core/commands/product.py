"""`setup` and `product …`: what the team works on, and where it is spoken of."""

from collections.abc import Sequence
from dataclasses import replace

from core.chat import grammar
from core.chat.ask import Place
from core.chat.card import Button, Card, Facts, Field, Form, Items, Line, Text, escape
from core.commands.call import Call, listed, shorten
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import people, products, workspaces
from core.product.people import ProductInfo, Role

NAME_LENGTH = 80
VISION_LENGTH = 1000


# ---- setup ----


@command(
    "setup [NAME] [key=] [tz=] [channel=] [po=] [pm=] [sm=]",
    example='setup "Acme app" key=APP tz=Europe/Berlin',
    role=Role.VIEWER,
    undoable=False,
    text="name",
)
def setup(call: Call) -> Said:
    """Set a product up in this channel, or change how it is set up."""
    known = call.found_product
    name = call.rest().strip()
    given = {key for key in call.options if key != "show-here"}
    if call.directory.has_admin() and not _may_set_up(call):
        raise Refused("Only an admin or the product manager may change the set-up.", "team list")
    if not name and not given and not call.ask.values:
        return setup_form(call, known)
    if known is not None and name and name.lower() != known.name.lower() and not call.ask.values:
        raise Refused(
            f"This place is about {known.name} ({known.key}).",
            f"product new {grammar.quote(shorten(name, NAME_LENGTH))}",
        )
    first = _is_first(call)
    place = call.place_in("channel") or call.ask.place
    product = _changed(call, known, name) if known else _made(call, name)
    products.use(call.db, call.ask.connection.platform, place, product.id)
    _give_roles(call, product, first)
    call.db.ledger.product_id = product.id
    return checklist(call, product, place)


def _may_set_up(call: Call) -> bool:
    return call.may(Role.ADMIN) or call.may(Role.PRODUCT_MANAGER)


def _is_first(call: Call) -> bool:
    """Whether nobody has set up before; of two who do so at the same time one is the first."""
    if call.directory.has_admin():
        return False
    workspaces.outdate(call.db)  # holds back the other until this one is committed
    if people.read_directory(call.db, 0).has_admin():
        raise Refused("Somebody has just set this up.", "product show")
    return True


def setup_form(call: Call, known: ProductInfo | None) -> Form:
    """The form of `setup`; the key is proposed from the channel's name."""
    name = known.name if known else call.ask.place.name.replace("-", " ").strip().capitalize()
    proposed = products.proposed_key(name, products.taken_keys(call.directory)) if name else "APP"
    hint = f"Left empty, it is made from the name, such as {proposed}: items are {proposed}-1, {proposed}-2 …"
    fields = (
        Field("name", "Product", value=name, required=True, max_length=NAME_LENGTH),
        Field("key", "Key", value=known.key if known else proposed, hint="" if known else hint, max_length=10),
        Field("tz", "Time zone", value=known.tz if known else "UTC", hint="Such as Europe/Berlin"),
        Field("po", "Product owner", "person"),
        Field("pm", "Product manager", "person"),
        Field("sm", "Scrum master", "person"),
    )
    return Form("Set up a product", fields, "setup")


def _made(call: Call, name: str) -> ProductInfo:
    if not name:
        raise Refused("The product needs a name.", call.command.example, field="name")
    made = products.make(call.db, _key(call, name), _name(name), zone_in(call) or "UTC")
    products.name_workspace(call.db, made.name)
    return made


def _changed(call: Call, known: ProductInfo, name: str) -> ProductInfo:
    row = products.load(call.db, known.id)
    key = call.options.get("key", "").strip().upper()
    if key and key != known.key:
        raise call.wrong("key", f"{known.name} keeps its key {known.key}: items are called by it.", known.key)
    row.name = _name(name) if name else row.name
    row.tz = zone_in(call) or row.tz
    call.db.flush()
    return replace(known, name=row.name, tz=row.tz)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > NAME_LENGTH:
        raise Refused(f"A product's name holds {NAME_LENGTH} characters; this one has {len(name)}.", field="name")
    return name


def _key(call: Call, name: str) -> str:
    taken = products.taken_keys(call.directory)
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


def _give_roles(call: Call, product: ProductInfo, first: bool) -> None:
    """Named people get their roles; the first to set up is admin, and owner and manager unless others are named."""
    named = {role: call.person_in(role.value) for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER)}
    if first:
        people.grant(call.db, call.person, None, Role.ADMIN, None)
    for role, person in named.items():
        known = call.directory.holder(role, product.id, call.now)
        if person is not None and person != known and not first and not call.may(Role.ADMIN):
            raise Refused(f"Only an admin may name a {role.called}.", "team list", field=role.value)
        if person is None and role in people.SINGLE and known is None:
            person = call.person
        if person is not None and person != known:
            people.grant(call.db, person, product.id, role, None)


def checklist(call: Call, product: ProductInfo, place: Place) -> Card:
    """What stands after the set-up, and what may come next."""
    directory = people.read_directory(call.db, 0)
    row = products.load(call.db, product.id)
    roles = ", ".join(
        f"{label} {directory.name(holder)}"
        for label, role in (
            ("owner", Role.PRODUCT_OWNER),
            ("manager", Role.PRODUCT_MANAGER),
            ("scrum master", Role.SCRUM_MASTER),
        )
        if (holder := directory.holder(role, product.id, call.now))
    )
    where = f"in #{place.name}" if place.name and not place.private else "here"
    vision = () if row.vision else (Button("Write it", "product vision", form=True),)
    rows = (
        Line("✓", "Product", f"{product.name}, {roles}"),
        Line(
            "✓" if row.vision else "○",
            "Vision",
            (row.vision and shorten(row.vision, 100)) or "one sentence is enough",
            vision,
        ),
        Line(
            "○" if not row.counter else "✓",
            "Backlog",
            "paste lines behind backlog add",
            (Button("Add", "backlog add", form=True),),
        ),
    )
    title = f"{product.name} is set up {where} · items are called {product.key}-1, {product.key}-2 …"
    note = f"Everyone who writes {where} may work on items; others in the company only read what is shared."
    return Card(title, (Items(rows), Text(escape(note), subtle=True)))


# ---- products ----


@command(
    "product new NAME [key=] [tz=]",
    example='product new "Acme app" key=APP',
    role=Role.PRODUCT_MANAGER,
    undoable=False,
    text="name",
)
def new(call: Call) -> Said:
    """Make a further product; you own and manage it until others do."""
    name = call.rest().strip()
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
    made = products.make(call.db, _key(call, name), _name(name), zone_in(call) or str(call.tz))
    for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER):
        people.grant(call.db, call.person, made.id, role, None)
    button = Button(f"Use {made.key} here", f"product use {made.key}")
    return Card(f"{made.name} is made · items are called {made.key}-1, {made.key}-2 …", buttons=(button,))


@command("product use KEY", example="product use APP", undoable=False)
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
    place = call.ask.place
    where = f"#{place.name}" if place.name and not place.private else "This place"
    return Card(f"{where} is about {product.name} now · items are called {product.key}-1, {product.key}-2 …")


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
    return Card(f"{len(rows)} product{'' if len(rows) == 1 else 's'}", (Items(tuple(rows)),))


@command("product show", example="product show", role=Role.VIEWER, writes=False)
def show(call: Call) -> Said:
    """This product: vision, roles, time zone."""
    call.end()
    product = call.product
    row = products.load(call.db, product.id)
    roles = [
        (role.called.capitalize(), call.name(call.directory.holder(role, product.id, call.now)))
        for role in (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER)
        if call.directory.holder(role, product.id, call.now)
    ]
    vision = Text(escape(row.vision) if row.vision else "No vision yet: `product vision` and one sentence.")
    facts = Facts((("Key", product.key), *roles, ("Time zone", product.tz)))
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
    text = call.rest().strip()
    row = products.load(call.db, product.id)
    if not text and not call.ask.values:
        field = Field("vision", "Vision", "longtext", value=row.vision, required=True, max_length=VISION_LENGTH)
        return Form(f"Vision of {shorten(product.name, 40)}", (field,), "product vision")
    if not text:
        raise Refused("Say it in a sentence.", call.command.example, field="vision")
    if len(text) > VISION_LENGTH:
        raise Refused(f"A vision holds {VISION_LENGTH} characters; this one has {len(text)}.", field="vision")
    row.vision = text
    call.db.flush()
    return Card(f"Vision of {product.name}", (Text(escape(text)),))

"""`setup`: a product in a channel, the checklist of what comes next, and an example to try things on."""

from dataclasses import replace

from core.chat import grammar
from core.chat.ask import Platform
from core.chat.card import Button, Card, Field, Form, Text
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.product.product import NAME_LENGTH, key_in, name_in, named, zone_in
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Said, command
from core.commands.workspace import checklist
from core.product import backlog, example, people, products, workspaces
from core.product.people import ProductInfo, Role


@command(
    "setup [NAME|example|clear] [key=] [tz=] [channel=] [po=] [pm=] [sm=]",
    example='setup "Acme app" key=APP tz=Europe/Berlin',
    role=Role.VIEWER,
    undoable=False,
    text="name",
    hidden="hide",
)
def setup(call: Call) -> Said:
    """Set a product up in this channel; “setup example” fills in a removable example, “setup clear” removes it."""
    known = call.found_product
    name = name_in(call)
    if call.given("hide"):
        return checklist.hide(call)
    if name.lower() in ("example", "clear") and not call.ask.values:
        return _example(call) if name.lower() == "example" else _clear(call)
    given = {key for key in call.options if key != "show-here"}
    if call.directory.has_admin() and not _may_set_up(call):
        raise Refused("Only an admin or the product manager may change the set-up.", "team list")
    if not name and not given and not call.ask.values:
        return _form(call, known)
    first = _is_first(call)
    place = call.place_in("channel") or call.ask.place
    product = _changed(call, known, name) if known else _made(call, name)
    products.use(call.db, call.ask.connection.platform, place, product.id)
    _give_roles(call, product, first)
    call.db.ledger.product_id = product.id
    return checklist.told(call, product, place)


def _example(call: Call) -> Said:
    """Fill the product with an example; where there is none yet, one is set up by the channel's name."""
    if call.directory.has_admin() and not (_may_set_up(call) or call.may(Role.PRODUCT_OWNER)):
        raise Refused("Only the product owner, the product manager or an admin may fill in the example.", "team list")
    product = call.found_product or _of_example(call)
    call.db.ledger.label = example.LABEL
    call.db.ledger.product_id = product.id
    try:
        items = example.fill(call.db, product.id, call.person)
    except example.AlreadyThere as no:
        raise Refused(f"The example is in {product.name} already.", "setup clear") from no
    title = f"{product.name} has an example to try things on: a vision and {len(items)} items, best first"
    buttons = (
        Button("Show the backlog", "backlog list"),
        Button("What the second lacks", f"backlog ready {product.key}-{items[1].number}"),
        Button("Remove the example", "setup clear"),
    )
    note = Text("`setup clear` removes it, whatever was done to it, and nothing else.", subtle=True)
    return Card(title, (note,), buttons)


def _of_example(call: Call) -> ProductInfo:
    """A product for the example, in an operation of its own, so that clearing leaves it."""
    if call.directory.products:
        raise call.which_product()
    first = _is_first(call)
    name = call.ask.place.name.replace("-", " ").strip().capitalize() or "Example"
    call.db.ledger.label = example.MADE
    product = _made(call, name[:NAME_LENGTH])
    products.use(call.db, call.ask.connection.platform, call.ask.place, product.id)
    _give_roles(call, product, first)
    call.db.ledger.next_operation(call.db)
    return product


def _clear(call: Call) -> Said:
    """Remove the example."""
    if not (_may_set_up(call) or call.may(Role.PRODUCT_OWNER)):
        raise Refused("Only the product owner, the product manager or an admin may clear the example.", "team list")
    product = call.product
    backlog.lock(call.db, product.id)
    gone = example.clear(call.db, product.id)
    if gone is None:
        raise Refused(f"There is no example in {product.name}.", "setup example")
    return Card(
        f"The example is gone from {product.name}: {gone} items and what hung on them; nothing else was touched"
    )


def _is_blank(call: Call, known: ProductInfo) -> bool:
    """Whether nobody has said yet how this product is called: the example made it, and is gone without a trace."""
    if not example.was_made(call.db, known.id):
        return False
    backlog.lock(call.db, known.id)
    if example.operations(call.db, known.id):
        raise Refused(f"{_about(known)}, which holds the example. Clear that first.", "setup clear")
    return example.is_empty(call.db, known.id)


def _about(known: ProductInfo) -> str:
    return f"This place is about {known.name} ({known.key})"


def _made_anew(call: Call, known: ProductInfo, name: str) -> ProductInfo:
    """An empty product as the one that is set up now."""
    example.begin_anew(call.db, known.id)
    others = products.taken_keys(call.directory) - {known.key}
    made = ProductInfo(known.id, key_in(call, name, others), named(name), zone_in(call) or known.tz)
    products.rename(call.db, made.id, made.key, made.name)
    products.load(call.db, made.id).tz = made.tz
    call.found_product = made
    return made


def _as_new(call: Call, name: str) -> str:
    """The line that makes a further product of what was typed, as far as that takes it."""
    keys = REGISTRY.commands["product", "new"].keys
    kept = {key: value for key, value in call.options.items() if key in keys and value}
    return f"product new {grammar.quote(shorten(name, NAME_LENGTH))} {grammar.render('', kept, keys)}".strip()


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


def _form(call: Call, known: ProductInfo | None) -> Form:
    """The form of `setup`; the key is proposed from the channel's name."""
    name = known.name if known else call.ask.place.name.replace("-", " ").strip().capitalize()
    proposed = products.proposed_key(name, products.taken_keys(call.directory)) if name else "APP"
    hint = f"Left empty, it is made from the name, such as {proposed}: items are {proposed}-1, {proposed}-2 …"
    fields = (
        Field("name", "Product", value=name, required=True, max_length=NAME_LENGTH),
        Field("key", "Key", value=known.key if known else proposed, hint="" if known else hint, max_length=10),
        Field("tz", "Time zone", value=known.tz if known else "UTC", hint="Such as Europe/Berlin"),
        *_where(call),
        Field("po", "Product owner", "person"),
        Field("pm", "Product manager", "person"),
        Field("sm", "Scrum master", "person"),
    )
    return Form("Set up a product", fields, "setup")


def _where(call: Call) -> tuple[Field, ...]:
    """Which channel it works in, where the platform has a picker for one; elsewhere it is said in that channel."""
    if call.ask.connection.platform is not Platform.SLACK:
        return ()
    here = "" if call.ask.place.private else call.ask.place.external_id
    return (Field("channel", "Channel", "channel", value=here, hint="Where the team works"),)


def _made(call: Call, name: str) -> ProductInfo:
    if not name:
        raise Refused("The product needs a name.", call.command.example, field="name")
    made = products.make(call.db, key_in(call, name), named(name), zone_in(call) or "UTC")
    products.name_workspace(call.db, made.name)
    return made


def _changed(call: Call, known: ProductInfo, name: str) -> ProductInfo:
    row = products.load(call.db, known.id)
    key = call.options.get("key", "").strip().upper()
    other = bool(name) and name.lower() != known.name.lower() and not call.ask.values
    if (other or (key and key != known.key)) and _is_blank(call, known):
        return _made_anew(call, known, name or known.name)
    if other:
        raise Refused(f"{_about(known)}.", _as_new(call, name))
    if key and key != known.key:
        raise call.wrong("key", f"{known.name} keeps its key {known.key}: items are called by it.", known.key)
    row.name = named(name) if name else row.name
    row.tz = zone_in(call) or row.tz
    call.db.flush()
    return replace(known, name=row.name, tz=row.tz)


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

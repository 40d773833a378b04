"""`team …`: who is who."""

from core.chat.card import Card, Items, Line
from core.commands.call import Call, shorten
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import people
from core.product.people import LEADS, Role

_ORDER = (Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER, Role.ADMIN, Role.MEMBER, Role.VIEWER)


@command("team list", example="team list", role=Role.VIEWER, writes=False)
def list_(call: Call) -> Said:
    """Who is in the team, and in which role."""
    call.end()
    product = call.product
    held: dict[str, list[str]] = {}
    for role in _ORDER:
        for grant in call.directory.grants:
            if grant.role is role and grant.product_id in (None, product.id) and _holds(call, grant):
                until = f" until {grant.until.astimezone(call.tz):%d %b}" if grant.until else ""
                held.setdefault(grant.person_id, []).append(role.called + until)
    rows = tuple(Line("", call.name(person), ", ".join(roles)) for person, roles in held.items())
    count = f"{len(rows)} {'person' if len(rows) == 1 else 'people'}"
    return Card(f"{product.name} · {count}", (Items(rows),))


def _holds(call: Call, grant: people.Grant) -> bool:
    return grant.until is None or call.now < grant.until


@command(
    "team role @PERSON po|pm|sm|member|viewer [until=]",
    example="team role @ann po until=friday",
    role=Role.LEAD,
    undoable=False,
)
def role(call: Call) -> Said:
    """Give a role; with until= to a stand-in. Leads give members' roles, admins give leads'."""
    product = call.product
    person = call.take_person()
    word = call.take_word().lower()
    call.end()
    given = _role(call, word)
    if given in LEADS and not call.may(Role.ADMIN):
        raise Refused(f"Only an admin may name a {given.called}.", "team list")
    last = call.day("until")
    until = call.end_of(last) if last else None
    if until is not None and until <= call.now:
        raise Refused("until= lies in the past.", call.command.example)
    before = call.directory.holder(given, product.id, call.now) if given in people.SINGLE else None
    people.grant(call.db, person, product.id, given, until)
    what = f"{call.name(person)} is {given.called} of {product.name}"
    if last:
        what += f" until {last.day} {last:%b %Y}"
    if before and before != person:
        what += f", {'standing in for' if last else 'after'} {call.name(before)}"
    return Card(what)


def _role(call: Call, word: str) -> Role:
    names = {role.value: role for role in (*LEADS, Role.MEMBER, Role.VIEWER)}
    if word not in names:
        raise Refused(
            f"“{shorten(word, 40)}” is no role; there are po, pm, sm, member and viewer.", call.command.example
        )
    return names[word]

"""`team …`: who is who."""

from datetime import datetime, timedelta

from core.chat.card import Card, Items, Line
from core.commands.call import Call, day_in_words, listed, shorten
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import people, workspaces
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
                until = f" until {_last_day(call, grant.until)}" if grant.until else ""
                held.setdefault(grant.person_id, []).append(role.called + until)
    rows = tuple(Line("", call.name(person), ", ".join(roles)) for person, roles in held.items())
    count = f"{len(rows)} {'person' if len(rows) == 1 else 'people'}"
    return Card(f"{product.name} · {count}", (Items(rows),))


def _last_day(call: Call, until: datetime) -> str:
    """The last day of a role that ends at an instant: the instant is the first that is not part of it."""
    return call.date_of(until - timedelta(microseconds=1))


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
    given = _role(call, call.take_word().lower())
    call.end()
    _may_give(call, person, given)
    if given in (Role.MEMBER, Role.VIEWER) and call.given("until"):
        raise Refused(
            "until= is for who stands in as po, pm or sm; a member or viewer stays one.", call.command.example
        )
    last = call.day("until")
    until = call.end_of(last) if last else None
    if last and until and until <= call.now:
        raise call.wrong("until", f"until= wants a day to come; {day_in_words(last, call.today)} is over.", "friday")
    workspaces.outdate(call.db)  # two who give roles at the same time come one after the other
    before = people.read_directory(call.db, 0).holder(given, product.id, call.now) if given in people.SINGLE else None
    people.grant(call.db, person, product.id, given, until)
    what = f"{call.name(person)} is {given.called} of {product.name}"
    if last:
        what += f" until {day_in_words(last, call.today)}"
    if before and before != person:
        what += f", {'standing in for' if last else 'after'} {call.name(before)}"
    return Card(what)


def _role(call: Call, word: str) -> Role:
    names = {role.value: role for role in (*LEADS, Role.MEMBER, Role.VIEWER)}
    if not word:
        raise Refused("Which role? po, pm, sm, member or viewer.", call.command.example)
    if word not in names:
        raise Refused(
            f"“{shorten(word, 40)}” is no role; there are po, pm, sm, member and viewer.", call.command.example
        )
    return names[word]


def _may_give(call: Call, person: str, given: Role) -> None:
    """Leads' roles are given, and taken away, by admins."""
    if call.may(Role.ADMIN):
        return
    if given in LEADS:
        raise Refused(f"Only an admin may name a {given.called}.", "team list")
    held = call.directory.roles(person, call.product.id, call.now) & LEADS
    if held:
        titles = listed(sorted(role.called for role in held))
        raise Refused(f"{call.name(person)} is {titles}; only an admin may change that.", "team list")

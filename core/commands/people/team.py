"""`team …`: who is who."""

from datetime import datetime, timedelta

from core.chat.card import Card, Items, Line
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import people, presence, standards, workspaces
from core.product.audience import Audience
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
                since = f" from {call.date_of(grant.since)}" if grant.since and grant.since > call.now else ""
                until = f"{since} until {_last_day(call, grant.until)}" if grant.until else ""
                held.setdefault(grant.person_id, []).append(role.called + until)
    there = _there(call, list(held))
    rows = tuple(
        Line("", call.name(person), " · ".join([", ".join(roles), *there.get(person, [])]))
        for person, roles in held.items()
    )
    count = f"{len(rows)} {'person' if len(rows) == 1 else 'people'}"
    return Card(f"{product.name} · {count}", (Items(rows),))


def _there(call: Call, team: list[str]) -> dict[str, list[str]]:
    """Each one's tags, until when they are away, and their hours where they are not the usual ones; for the team
    itself."""
    if call.audience is not Audience.TEAM:
        return {}
    known = presence.read(call.db, call.product)
    tags = standards.tags(call.db, call.product.id)
    said: dict[str, list[str]] = {}
    for person in team:
        own = person in known.told or person in known.zones
        hours = [f"{known.hours(person)} {known.zone(person)}"] if own else []
        away = known.away(person, known.today(person, call.now))
        gone = [f"away until {day_in_words(away.last, call.today)}"] if away else []
        said[person] = [*([" ".join(tags[person])] if tags.get(person) else []), *gone, *hours]
    return said


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
    hidden="from",
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
    last, first = call.coming("until"), call.day("from")
    until = call.end_of(last) if last else None
    since = call.start_of(first) if first and last and first > call.today else None
    workspaces.outdate(call.db)  # two who give roles at the same time come one after the other
    before = people.read_directory(call.db, 0).holder(given, product.id, call.now) if given in people.SINGLE else None
    people.grant(call.db, person, product.id, given, until, since)
    what = f"{call.name(person)} is {given.called} of {product.name}"
    if last:
        what += f" from {day_in_words(first, call.today)}" if first and since else ""
        what += f" until {day_in_words(last, call.today)}"
    if before and before != person:
        what += f", {'standing in for' if last else 'after'} {call.name(before)}"
    return Card(what)


def _is_held(call: Call, person: str, role: Role) -> bool:
    """Whether a role is somebody's own, rather than one they stand in for."""
    own = (g for g in call.directory.grants if g.until is None and g.product_id == call.product.id)
    return any(g.person_id == person and g.role is role for g in own)


_ALSO = {
    "owner": Role.PRODUCT_OWNER, "manager": Role.PRODUCT_MANAGER, "master": Role.SCRUM_MASTER, "dev": Role.MEMBER,
    "developer": Role.MEMBER, "stakeholder": Role.VIEWER,
}  # fmt: skip


def _role(call: Call, word: str) -> Role:
    names = {role.value: role for role in (*LEADS, Role.MEMBER, Role.VIEWER)} | _ALSO
    if not word:
        raise Refused("Which role? po, pm, sm, member or viewer.", call.command.example)
    if word not in names:
        raise Refused(
            f"“{shorten(word, 40)}” is no role; there are po, pm, sm, member and viewer.", call.command.example
        )
    return names[word]


def _may_give(call: Call, person: str, given: Role) -> None:
    """Leads' roles are given, and taken away, by admins; who holds one names who stands in for them."""
    stands_in = given in LEADS and call.given("until") and _is_held(call, call.person, given)
    if call.may(Role.ADMIN) or stands_in:
        return
    if given in LEADS:
        raise Refused(f"Only an admin may name a {given.called}.", "team list")
    held = call.directory.roles(person, call.product.id, call.now) & LEADS
    if held:
        titles = listed(sorted(role.called for role in held))
        raise Refused(f"{call.name(person)} is {titles}; only an admin may change that.", "team list")

"""`help`: what can be said, from the registry."""

from core.chat.card import Button, Card, Facts, Items, Line, Text
from core.commands.call import Call, listed, shorten
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Command, Said, command
from core.product.people import Role

FIRST = (
    "backlog add", "backlog list", "backlog show", "backlog start", "backlog done", "backlog move", "product vision",
    "team list", "undo", "setup",
)  # fmt: skip
WHO = {
    Role.VIEWER: "everybody",
    Role.MEMBER: "members",
    Role.LEAD: "product owner, product manager, scrum master",
    Role.PRODUCT_OWNER: "the product owner",
    Role.PRODUCT_MANAGER: "the product manager",
    Role.ADMIN: "admins",
}


def who_may(found: Command) -> str:
    """Whom a command is for, in words."""
    return WHO[found.role] + (f" and {WHO[found.too]}" if found.too else "")


@command("help [all | GROUP [VERB]]", example="help backlog add", role=Role.VIEWER, writes=False, guests=True)
def help_(call: Call) -> Said:
    """What you can say."""
    group, verb = call.take_word().lower(), call.take_word().lower()
    call.end()
    if group == "all":
        rows = tuple(_line(call, c) for commands in REGISTRY.groups.values() for c in commands)
        return Card("Everything you can say", (Items(rows),))
    if not group:
        rows = tuple(_line(call, REGISTRY.commands[tuple(name.split())]) for name in FIRST)
        note = Text("`help backlog` shows a whole group, `help backlog add` one command.", subtle=True)
        return Card("What you can say", (Items(rows), note), (Button("More", "help all"),))
    if group not in REGISTRY.groups:
        groups = listed(list(REGISTRY.groups))
        raise Refused(f"There is no group “{shorten(group, 40)}”; there are {groups}.", "help")
    commands = REGISTRY.groups[group]
    if not verb or commands[0].path == (group,):
        if len(commands) == 1:
            return _one(call, commands[0])
        return Card(f"What you can say about {group}", (Items(tuple(_line(call, c) for c in commands)),))
    found = REGISTRY.commands.get((group, verb))
    if found is None:
        verbs = listed([c.path[1] for c in commands])
        raise Refused(f"{group} has no “{shorten(verb, 40)}”; it has {verbs}.", f"help {group}")
    return _one(call, found)


def _line(call: Call, found: Command) -> Line:
    return Line(found.name, found.summary, found.example_in(call.key) if found.example != found.name else "")


def _one(call: Call, found: Command) -> Card:
    facts = (("Say", found.usage), ("Such as", found.example_in(call.key)), ("Who may", who_may(found)))
    return Card(found.name, (Text(found.summary), Facts(facts)))

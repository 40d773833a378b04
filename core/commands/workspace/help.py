"""`help`: what can be said, from the registry."""

from core.chat.card import Button, Card, Facts, Items, Line, Reply, Text
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.command import Command
from core.commands.instead import instead
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Said, command
from core.commands.rights import may_say
from core.product.people import Role

FIRST = (
    "setup", "backlog add", "backlog list", "backlog show", "backlog done", "mine", "ask", "standup new", "sprint new",
    "undo",
)  # fmt: skip
FOR_VIEWERS = (
    "ask", "feedback add", "roadmap list", "goal list", "decide list", "product show", "question list", "watch",
    "less often",
)  # fmt: skip
HELLO = "help hello=yes"
"""What an adapter says for us when we are let into a place."""

SET_UP = Button("Set up here", "setup", form=True)
HELP = Button("What I can do", "help")
FIRST_BUTTONS = (Button("Set up", "setup", form=True), Button("Show me an example", "setup example"))
BEGIN = (
    "Nothing is set up yet. Let me into the channel where the team works and say `setup` there; or `setup example`, "
    "which fills in a backlog to try things on and is removed without a trace."
)
KNOWN = "`mine` shows what waits for you, `help` what you can say. What you say to me here, only you see."
_ME = frozenset({"me", "us", "please"})
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


@command(
    "help [all | GROUP [VERB]]",
    example="help backlog add",
    role=Role.VIEWER,
    writes=False,
    guests=True,
    hidden="hello",
)
def help_(call: Call) -> Said:
    """What you can say."""
    if call.given("hello"):
        return _hello(call)
    group, verb = call.take_word().lower(), call.take_word().lower()
    call.end()
    group = "" if group in _ME and not verb else group
    if group == "all":
        rows = tuple(_line(call, c) for commands in REGISTRY.groups.values() for c in commands)
        return Card("Everything you can say", (Items(rows),))
    if not group and (four := instead(call, "")) is not None:
        return _for_viewers(call, four.buttons)
    if not group:
        rows = tuple(_line(call, REGISTRY.commands[tuple(name.split())]) for name in FIRST)
        groups = listed(list(REGISTRY.groups))
        note = Text(f"`help backlog add` tells all of one command, `help GROUP` a whole group: {groups}.", subtle=True)
        begin = () if call.directory.products else (Text(BEGIN),)
        first = () if call.directory.products else FIRST_BUTTONS
        return Card("What you can say", (*begin, Items(rows), note), (*first, Button("More", "help all")))
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


def _for_viewers(call: Call, four: tuple[Button, ...]) -> Said:
    """To who only reads: what they may say first, and what they may do at once."""
    known = (REGISTRY.commands.get(tuple(name.split())) for name in FOR_VIEWERS)
    rows = tuple(_line(call, one) for one in known if one is not None and may_say(call, one))
    note = Text("You read what is shared, and ask about it; the rest is for those who work on it.", subtle=True)
    return Card("What you can say", (Items(rows), note), (Button("More", "help all"), *four))


def _hello(call: Call) -> Said:
    """What is said when we are let in: to a person what comes first, to a channel one line."""
    if call.ask.place.private:
        begun = bool(call.directory.products)
        steps = Text(KNOWN if begun else BEGIN)
        buttons = () if begun else FIRST_BUTTONS
        card = Card("Hello, I am Steward, the team's product assistant", (steps,), (*buttons, HELP))
        return Reply(ok=True, seen_by="place", card=card)
    if call.found_product is not None:
        title = f"Hello, I am Steward. What is said to me here is about {call.found_product.name}."
        return Reply(ok=True, seen_by="place", card=Card(title, buttons=(HELP,)))
    known = list(call.directory.products.values())
    uses = tuple(Button(shorten(f"{p.key} {p.name}", 60), f"product use {p.key}") for p in known[:5])
    title = "Hello, I am Steward, the team's product assistant. Is this the channel where the team works?"
    return Reply(ok=True, seen_by="place", card=Card(title, buttons=(*uses, SET_UP, HELP)))


def _line(call: Call, found: Command) -> Line:
    return Line(found.name, found.summary, found.example_in(call.key) if found.example != found.name else "")


def _one(call: Call, found: Command) -> Card:
    facts = (("Say", found.usage), ("Such as", found.example_in(call.key)), ("Who may", who_may(found)))
    return Card(found.name, (Text(found.summary), Facts(facts)))

"""`team same`: one person on several platforms."""

from core.chat.card import Card, Reply, Text
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import sameness
from core.product.people import Role


@command("team same [CODE]", example="team same", role=Role.VIEWER, undoable=False)
def same(call: Call) -> Said:
    """Be one person in Slack, in Teams and here: a code that one of them gives is told to the other."""
    code = call.take_word()
    if not code:
        return _offered(call)
    call.end()
    other = sameness.redeem(call.db, code)
    if other is None:
        raise Refused(
            "That code is not known, or no longer good. A new one is made where you are met already.", "team same"
        )
    if other == call.person:
        raise Refused("That code was made here. Say it on the other platform.", "help")
    names = sorted({call.name(call.person), call.name(other)})
    sameness.merge(call.db, call.person, other)
    what = " and ".join(names) + " are one person now" if len(names) > 1 else f"You are the same {names[0]} on both now"
    return Reply(ok=True, card=Card(what, (Text("Roles, work and history are together."),)))


def _offered(call: Call) -> Said:
    code = sameness.offer(call.db, call.person)
    how = f"Say `team same {code}` to me on the other platform within 15 minutes. Then you are one person on both."
    return Reply(ok=True, card=Card("One person on several platforms", (Text(how),)))

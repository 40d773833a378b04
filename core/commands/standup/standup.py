"""`standup …`: who takes part, whether it runs, and which there are."""

from core.chat import grammar
from core.chat.card import Button, Card, Items, Line
from core.chat.words import counted
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.standup.which import may_change, named, team_of, terms
from core.product import standups
from core.schedule import rounds


@command("standup join [NAME]", example="standup join")
def join(call: Call) -> Said:
    """Take part in a stand-up."""
    standup = named(call)
    standups.take_part(call.db, standup, call.person, True)
    return Card(f"{call.name(call.person)} takes part in {rounds.titled(standup)}: {terms(standup)}")


@command("standup leave [NAME]", example="standup leave", asked=True)
def leave(call: Call) -> Said:
    """No longer take part in a stand-up."""
    standup = named(call)
    standups.take_part(call.db, standup, call.person, False)
    return Card(f"{call.name(call.person)} no longer takes part in {rounds.titled(standup)}")


@command("standup pause [NAME]", example="standup pause")
def pause(call: Call) -> Said:
    """Ask nobody until it is resumed."""
    standup = named(call)
    may_change(call, standup)
    standup.paused = True
    call.db.flush()
    button = Button("Resume", f"standup resume {grammar.quote(standup.name)}")
    return Card(f"{rounds.titled(standup)} is paused; nobody is asked until it is resumed", buttons=(button,))


@command("standup resume [NAME]", example="standup resume")
def resume(call: Call) -> Said:
    """Go on with a stand-up that was paused."""
    standup = named(call)
    may_change(call, standup)
    standup.paused = False
    call.db.flush()
    return Card(f"{rounds.titled(standup)} goes on: {terms(standup)}")


@command("standup remove [NAME]", example="standup remove Daily")
def remove(call: Call) -> Said:
    """End a stand-up; its answers stay in the record."""
    standup = named(call)
    may_change(call, standup)
    standup.removed_at = call.now
    call.db.flush()
    return Card(f"{rounds.titled(standup)} is ended; its answers stay in the record")


@command("standup list", example="standup list", writes=False)
def list_(call: Call) -> Said:
    """The stand-ups of this product: when, where, who."""
    call.end()
    product = call.product
    found = standups.of_product(call.db, product.id)
    if not found:
        raise Refused(f"{product.name} has no stand-up yet; one word begins it.", "standup new")
    lines = []
    for standup in found:
        people = standups.members(call.db, standup, team_of(call))
        name = grammar.quote(standup.name)
        mine = (
            Button("Leave", f"standup leave {name}")
            if call.person in people
            else Button("Join", f"standup join {name}")
        )
        state = "paused · " if standup.paused else ""
        lines.append(
            Line(
                "",
                rounds.titled(standup),
                f"{state}{terms(standup)} · {counted(len(people), 'person', 'people')}",
                (mine,),
            )
        )
    return Card(f"{product.name} · {counted(len(found), 'stand-up')}", (Items(tuple(lines)),))

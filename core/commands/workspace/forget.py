"""`forget`: a person who is to leave no trace."""

from core.chat.card import Card, Reply, Text
from core.commands.call import Call, Stranger
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.knowledge import passages
from core.product.forgetting import forget as forget_person
from core.product.people import Role
from core.store import asks, redaction


@command("forget @PERSON", example="forget @bob", role=Role.ADMIN, undoable=False)
def forget(call: Call) -> Said:
    """Take a person's name out of everything kept, history too; their work stays. It cannot be taken back."""
    if not call.peek():
        raise Refused("Who is to be forgotten? It cannot be taken back.", "forget @bob")
    person = _person(call)
    call.end()
    if person == call.person:
        raise Refused("You cannot forget yourself; another admin can.", "team list")
    forget_person(call.db, person, asks.key(call.ask))
    for product in call.directory.products.values():
        passages.rebuild(call.db, product.id)
    kept = (
        "Their work stays, as “someone”'s. Their roles and hours are gone, and so are dropped files and drawings, "
        "in which nobody can look. This cannot be undone."
    )
    beyond = (
        "I cannot reach a part of the name, which may be another's (`backlog search` with the first name finds it), "
        "what was said in Slack or Teams already, exports, and backups."
    )
    return Reply(
        ok=True, card=Card("Forgotten: the name is nowhere in what I keep", (Text(kept), Text(beyond, subtle=True)))
    )


def _person(call: Call) -> str:
    """Who is named. Somebody whom nobody has met may still stand in what was imported; a name that is nowhere is no
    success."""
    try:
        return call.take_person()
    except Stranger as met:
        name = met.speaker.name
        if not redaction.stands(call.db, {name}):
            raise Refused(f"@{name} is nowhere in what I keep; nothing was changed.", "team list") from None
        raise

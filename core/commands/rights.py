"""Who may: the check of a role, and the sentence that refuses."""

from core.commands.call import Call
from core.commands.refused import Refused
from core.product.people import Role


def check(call: Call, wanted: Role | None = None) -> None:
    """Refuse who has not the role that the command wants; or another one, where only some of its verbs want more."""
    wanted = wanted or call.command.role
    if call.command.guests or call.may(wanted):
        return
    if call.ask.speaker.guest:
        raise Refused("Guests see only what is public, and nothing is public here.", "help")
    if not call.directory.products:
        raise call.which_product()
    if wanted is Role.MEMBER:
        raise Refused("Only members of this product may do that; you can read what is shared.", "help")
    raise Refused(f"Only {_who_may(call, wanted)} may do that.", "team list")


def _who_may(call: Call, wanted: Role) -> str:
    if wanted is Role.LEAD:
        return "a lead (product owner, product manager or scrum master)"
    if wanted is Role.ADMIN:
        return "an admin"
    holder = call.directory.holder(wanted, call.product.id, call.now)
    return f"the {wanted.called}" + (f", {call.name(holder)}," if holder else "")

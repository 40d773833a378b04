"""Who may: the check of a role, and the sentence that refuses."""

from core.commands.call import Call
from core.commands.instead import instead
from core.commands.refused import Refused
from core.product.people import Role


def check(call: Call, wanted: Role | None = None) -> None:
    """Refuse who has not the role that the command wants; or another one, where only some of its verbs want more."""
    roles = (wanted,) if wanted else tuple(role for role in (call.command.role, call.command.too) if role)
    if wanted is None and call.command.guests:
        return
    if not any(call.may(role) for role in roles):
        raise only(call, *roles)


def only(call: Call, *wanted: Role) -> Refused:
    """The refusal to somebody who has none of these roles here; a viewer is shown what they may do instead."""
    if call.ask.speaker.guest:
        return Refused("Guests see only what is public, and nothing is public here.", "help")
    if not call.directory.products:
        return call.which_product()
    if wanted[0] is Role.MEMBER:
        why = "Only members of this product may do that; you can read what is shared."
        return Refused(why, "help", card=instead(call, why))
    why = f"Only {' or '.join(_who_may(call, role) for role in wanted)} may do that."
    return Refused(why, "team list", card=instead(call, why))


def _who_may(call: Call, wanted: Role) -> str:
    if wanted is Role.LEAD:
        return "a lead (product owner, product manager or scrum master)"
    if wanted is Role.ADMIN:
        return "an admin"
    holder = call.directory.holder(wanted, call.product.id, call.now)
    return f"the {wanted.called}" + (f", {call.name(holder)}," if holder else "")

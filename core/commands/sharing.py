"""What has an audience, in chat: who may read it, said and asked for; and a change told where only they read."""

from core.chat.card import Card, Choice, Field, Reply
from core.commands.call import Call
from core.commands.refused import Refused
from core.product.audience import Audience
from core.product.people import Role

AUDIENCES = "|".join(Audience)
FOR = {Audience.TEAM: "for the team", Audience.STAKEHOLDERS: "for stakeholders", Audience.PUBLIC: "for the public"}
_CHOICES = (
    Choice("The team only", Audience.TEAM),
    Choice("The team and stakeholders", Audience.STAKEHOLDERS),
    Choice("Everybody, guests too", Audience.PUBLIC),
)


def audience_field(whom: Audience) -> Field:
    """A form's question who may read it."""
    return Field("audience", "Who may read it", "choice", whom, choices=_CHOICES)


def audience(call: Call, otherwise: Audience) -> Audience:
    """Whom `audience=` names."""
    return Audience(call.choice("audience")) if call.options.get("audience", "").strip() else otherwise


def reads(call: Call) -> tuple[Audience, ...]:
    """What the asker may read; with audience= what that audience may, which may be no more."""
    mine = call.audience.reads
    asked = audience(call, call.audience)
    if asked in mine:
        return asked.reads
    if call.audience is Audience.PUBLIC:
        raise Refused("Guests see only what is public.", call.command.name)
    why = "What is for the team is read by its members alone; you read what is shared with stakeholders."
    raise Refused(why, call.command.name)


def not_there(call: Call, name: str, what: str, try_: str) -> Refused:
    """The same words whether it is not there, or not for the asker."""
    if call.audience is Audience.PUBLIC:
        return Refused(f"Guests see only what is public; {name} is not.", "help")
    return Refused(f"There is no {what} {name} in {call.product.name}.", try_)


def told(call: Call, card: Card, *audiences: str) -> Card | Reply:
    """A change is told to the place; what is the team's alone only where the team reads."""
    if Audience.TEAM in audiences and not call.among_the_team:
        return Reply(ok=True, seen_by="you", card=card)
    return card


def manager_only(call: Call) -> None:
    """For a command that everybody may say, and only the product manager may change things with."""
    if call.may(Role.PRODUCT_MANAGER):
        return
    if call.ask.speaker.guest and not call.roles:
        raise Refused("Guests see only what is public, and may change nothing.", "help")
    holder = call.directory.holder(Role.PRODUCT_MANAGER, call.product.id, call.now)
    raise Refused(f"Only the product manager{f', {call.name(holder)},' if holder else ''} may do that.", "team list")


def members_only(call: Call) -> None:
    """For a command of which everybody may read a part."""
    if call.may(Role.MEMBER) or call.may(Role.LEAD):
        return
    if call.ask.speaker.guest:
        raise Refused("Guests see only what is public, and nothing is public here.", "help")
    why = "Only members of this product may do that; you can read what is shared."
    raise Refused(why, "help")

"""Who may: the check of a role, the sentence that refuses, and the buttons that somebody is not shown since what is
behind them would be refused."""

from collections.abc import Iterable
from dataclasses import replace

from core.chat.card import Button, Card, with_buttons
from core.commands.call import Call
from core.commands.command import Command
from core.commands.instead import instead
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss
from core.product import standups
from core.product.people import Role


def check(call: Call, wanted: Role | None = None) -> None:
    """Refuse who has not the role that the command wants; or another one, where only some of its verbs want more."""
    if not (call.may(wanted) if wanted else may_say(call, call.command)):
        raise only(call, *((wanted,) if wanted else _roles(call.command)))


def may_say(call: Call, command: Command) -> bool:
    """Whether the asker may use a command here."""
    if command.guests or any(call.may(role) for role in _roles(command)):
        return True
    return command.asked and _is_asked(call)


def _is_asked(call: Call) -> bool:
    """Whether a stand-up of the product, or in private of any, asks the asker."""
    products = [call.found_product.id] if call.found_product else list(call.directory.products)
    return standups.asks(call.db, call.person, products)


def _roles(command: Command) -> tuple[Role, ...]:
    return (command.role,) if command.too is None else (command.role, command.too)


def permitted(call: Call, buttons: Iterable[Button]) -> tuple[Button, ...]:
    """Those of the buttons whose command the asker may use here."""
    found = ((button, REGISTRY.find(button.say)) for button in buttons)
    return tuple(button for button, match in found if isinstance(match, Match) and may_say(call, match.command))


def trimmed(call: Call, card: Card) -> Card:
    """A card as the asker alone is shown it: without the buttons that they may not use."""
    return with_buttons(card, lambda buttons: permitted(call, buttons))


def only(call: Call, *wanted: Role) -> Refused:
    """The refusal to somebody who has none of these roles here."""
    if call.ask.speaker.guest:
        return Refused("Guests see only what is public, and nothing is public here.", "help")
    if not call.directory.products:
        return call.which_product()
    if wanted[0] is Role.MEMBER:
        why = "Only members of this product may do that; you can read what is shared."
        return Refused(why, "help")
    why = f"Only {' or '.join(_who_may(call, role) for role in wanted)} may do that."
    return Refused(why, "team list")


def eased(call: Call, why: str, try_: str, card: Card | None) -> tuple[str, Card | None]:
    """What is to be typed next and the card of a refusal, as the asker is shown them: a viewer is offered nothing that
    they may not do, and always what they may do instead."""
    four = instead(call, why)
    if four is None:
        return try_, card
    match = REGISTRY.find(try_)
    kept = permitted(call, card.buttons) if card else ()
    more = (button for button in four.buttons if button.say not in {one.say for one in kept})
    may_try = isinstance(match, Match) and may_say(call, match.command)
    return try_ if may_try else "help", replace(card or four, buttons=(*kept, *more))


def near(call: Call, miss: Miss) -> Miss:
    """What was mistyped, with what may have been meant; for a viewer only as far as they may say it."""
    if instead(call, "") is None:
        return miss
    return replace(miss, near=tuple(command for command in miss.near if may_say(call, command)))


def _who_may(call: Call, wanted: Role) -> str:
    if wanted is Role.LEAD:
        return "a lead (product owner, product manager or scrum master)"
    if wanted is Role.ADMIN:
        return "an admin"
    holder = call.directory.holder(wanted, call.product.id, call.now)
    return f"the {wanted.called}" + (f", {call.name(holder)}," if holder else "")

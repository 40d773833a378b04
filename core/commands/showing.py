"""[Show here]: what the asker alone was answered goes to the place where they asked."""

from dataclasses import replace

from core.chat import grammar
from core.chat.ask import Platform
from core.chat.card import Button, Card, Reply
from core.commands.call import Call
from core.commands.refusals import SHOWABLE
from core.product.people import Role
from core.schedule import outbox, recipients
from core.schedule.recipients import Recipient
from core.store import asks

KEY = "show-here"


def showable(call: Call, card: Card) -> Card:
    """What the asker alone sees carries the button that shows it to the place. In Teams they see it in their own chat,
    and so the button names the place."""
    line = grammar.tidy(call.ask.text)
    if not line or len(line) > SHOWABLE or call.ask.values:
        return card
    apart = call.ask.connection.platform is Platform.TEAMS
    where = grammar.quote(call.ask.place.external_id) if apart else "yes"
    return replace(card, buttons=(*card.buttons, Button("Show here", f"{line} {KEY}={where}")))


def elsewhere(call: Call) -> Recipient | None:
    """The channel that a button in a private chat names: one of the product that this is about, and on which the asker
    works. None where it names none."""
    if not call.ask.place.private or call.found_product is None or not call.given(KEY):
        return None
    platform, place = call.ask.connection.platform, call.options[KEY]
    if call.directory.channels.get((platform.value, place)) != call.found_product.id or not call.may(Role.MEMBER):
        return None
    return recipients.to_place(call.db, platform, place)


def show(call: Call, to: Recipient, reply: Reply) -> Reply:
    """Put a reply where it is to be shown; what the asker is told."""
    message = outbox.Message(to.connection, to.place, None, None, reply, call.ask.speaker, to.via)
    outbox.put(call.db, f"{asks.key(call.ask)}:shown", message)
    return Reply(ok=True, card=Card(f"Shown in #{to.place.name}" if to.place.name else "Shown in the channel"))

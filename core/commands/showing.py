"""[Show here]: what the asker alone was answered goes to the place where they asked."""

from dataclasses import replace

from core.chat import grammar
from core.chat.ask import Place, Platform
from core.chat.card import Button, Card, Reply, Text, escape
from core.commands.call import Call
from core.commands.refusals import SHOWABLE
from core.product import places
from core.product.people import Role
from core.schedule import outbox
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


def elsewhere(call: Call) -> Place | None:
    """The channel that a button in a private chat names: one of the product that this is about, on which the asker
    works. None where it names none."""
    if not call.ask.place.private or call.found_product is None or not call.given(KEY):
        return None
    platform, place = call.ask.connection.platform, call.options[KEY]
    if call.directory.channels.get((platform.value, place)) != call.found_product.id or not call.may(Role.MEMBER):
        return None
    met = places.find(call.db, platform.value, place)
    return met.place if met else None


def show(call: Call, there: Call, reply: Reply) -> Reply:
    """Put what was answered as in the channel where it was asked. The asker keeps it, and is told."""
    outbox.put_reply(call.db, f"{asks.key(call.ask)}:shown", replace(there.ask, thread=None), reply)
    name = there.ask.place.name
    told = Text(f"Shown in {f'#{escape(name)}' if name else 'the channel'}.", subtle=True)
    card = reply.card and replace(reply.card, body=(*reply.card.body, told))
    return replace(reply, seen_by="you", card=card)

"""What a handler gives back, as the reply to the ask: who sees it, with which buttons, and where it may be shown."""

from dataclasses import replace

from core.chat.card import Card, Form, Reply
from core.chat.placed import placed
from core.commands import rights, showing
from core.commands.call import Call


def said_as(writes: bool, said: Card | Form | Reply) -> Reply:
    """A change is told to the place, everything else to the asker."""
    match said:
        case Reply():
            return said
        case Form():
            return Reply(ok=True, form=said)
        case Card():
            return Reply(ok=True, seen_by="place" if writes else "you", card=said)


def as_reply(call: Call, said: Card | Form | Reply) -> Reply:
    """The same, as the asker may see it; what is theirs alone and may be shown to the team has [Show here]."""
    reply = said_as(call.command.writes, said)
    if call.command.private:
        reply = replace(reply, seen_by="you")
    if reply.card is not None and reply.seen_by == "you":
        reply = replace(reply, card=rights.trimmed(call, reply.card))
    if call.command.private:
        return reply
    here = not call.ask.place.private  # a private chat has nobody to show it to
    if call.command.writes or reply.card is None or not reply.ok or reply.seen_by == "place" or not here:
        return reply
    if not call.among_the_team:
        return reply
    if call.given(showing.KEY):
        return replace(reply, seen_by="place")
    return replace(reply, card=showing.showable(call, reply.card))


def marked(call: Call, reply: Reply) -> Reply:
    """What is not told to a place may be read, now or later, in a chat that is about another product: its buttons say
    which one they are about."""
    alone = reply.seen_by == "you" or call.ask.place.private
    if not alone or call.found_product is None or len(call.directory.products) == 1:
        return reply
    return placed(reply, call.found_product.key)

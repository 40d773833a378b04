"""Any reply as one Slack message."""

from collections.abc import Mapping

from bot.slack.blocks import blocks, fallback
from bot.slack.elements import Block
from core.chat.card import Button, Card, Part, Reply, Text, escape, plain

NO_UNFURL: Mapping[str, bool] = {"unfurl_links": False, "unfurl_media": False}
"""What goes with a new message, and is not taken with an edit or an ephemeral one."""


def as_card(reply: Reply) -> Card:
    """Any reply as a card: a refusal with its next step, a form as the button that opens it."""
    if reply.form is not None:
        form = reply.form
        return Card(
            form.title, (Text("A few things to fill in."),), (Button("Fill in", form.submit, "primary", form=True),)
        )
    if not reply.refused:
        return reply.card or Card("")
    shown = reply.card or Card("")
    head: list[Part] = [Text(escape(reply.refused))]
    if reply.try_ and reply.try_ not in plain(shown):
        head.append(Text(f"Try: {escape(reply.try_)}", subtle=True))
    if shown.title and shown.title != reply.refused:
        head.append(Text(escape(shown.title)))
    return Card("", (*head, *shown.body), shown.buttons)


def message(reply: Reply, pictures: Mapping[str, str] | None = None, *, uploaded: bool = False) -> Block:
    """`text` and `blocks` of the message that shows a reply. uploaded: its files stand beside it."""
    card = as_card(reply)
    return {
        "text": fallback(card),
        "blocks": blocks(card, pictures=pictures, uploaded=uploaded),
    }

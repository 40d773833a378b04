"""Buttons that say which product they are about: what one person reads alone may stand in a chat that is about another
product, about none, or about another one by the time the button is pressed."""

import re
from dataclasses import replace

from core.chat.card import Button, Card, Form, Reply, with_buttons

_PLACED = re.compile(r"(?<!\S)in-product=(\w++)(?!\S)")


def told_apart(text: str) -> tuple[str, str]:
    """A line as it was said, and the key of the product that its button was about; '' where none is named."""
    found = _PLACED.search(text)
    if found is None:
        return text, ""
    before, behind = text[: found.start()].rstrip(" "), text[found.end() :]  # an address may be put behind it
    return f"{before}{behind}", found[1]


def placed(reply: Reply, product: str) -> Reply:
    """A reply whose buttons, or whose form, are about the product with this key wherever they are pressed."""
    card = reply.card and placed_card(reply.card, product)
    form: Form | None = reply.form and replace(reply.form, submit=placed_line(reply.form.submit, product))
    return replace(reply, card=card, form=form)


def placed_card(card: Card, product: str) -> Card:
    """Likewise a card. A button that names a product already keeps it."""
    return with_buttons(card, lambda buttons: placed_buttons(buttons, product))


def placed_buttons(buttons: tuple[Button, ...], product: str) -> tuple[Button, ...]:
    """Likewise some buttons."""
    return tuple(replace(button, say=placed_line(button.say, product)) for button in buttons)


def placed_line(say: str, product: str) -> str:
    """Likewise one line."""
    return say if told_apart(say)[1] else f"{say} in-product={product}"

"""The one way to say no: nothing was changed, what is wrong, and what to type next."""

from core.chat.card import Card


class Refused(Exception):
    """Rolls back, and is shown as one plain sentence and the next step.

    try_   the next thing to type; '' where there is none
    card   what may help besides: buttons to choose from
    field  the form field that is wrong, so that a form shows the sentence there
    """

    def __init__(self, why: str, try_: str = "", *, card: Card | None = None, field: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.try_ = try_
        self.card = card
        self.field = field


def needed(text: str, missing: str, length: int, what: str, try_: str = "", *, field: str = "") -> str:
    """The text; a refusal where there is none, and where it is longer than `what` holds."""
    if not text:
        raise Refused(missing, try_, field=field)
    return within(text, length, what, try_, field=field)


def within(text: str, length: int, what: str, try_: str = "", *, field: str = "") -> str:
    """The text; a refusal where it is longer than `what` ('A vision') holds."""
    if len(text) > length:
        raise Refused(f"{what} holds {length:,} characters; this one has {len(text):,}.", try_, field=field)
    return text

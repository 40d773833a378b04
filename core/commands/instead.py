"""What a viewer may do instead of what is refused to them: ask, say what concerns them, follow it, hear less often."""

import re

from core.chat.card import Button, Card
from core.commands.call import Call
from core.commands.registry import REGISTRY
from core.product.people import Role

_THING = re.compile(r"#?([A-Za-z][A-Za-z0-9_]*-\d{1,9})[.,;]?")


def instead(call: Call, why: str) -> Card | None:
    """The four buttons, for somebody who is a viewer here; None for others. They carry the thing that was spoken of."""
    if call.found_product is None or call.ask.speaker.guest or call.may(Role.MEMBER) or call.may(Role.LEAD):
        return None
    named = (_THING.fullmatch(word.text) for word in call.line.words[:4])
    thing = next((found[1].upper() for found in named if found), "")
    shared = thing[:2] in ("R-", "G-")  # items are the team's alone
    ask = (Button("Ask", "ask", form=True),) if ("ask",) in REGISTRY.commands else ()
    buttons = (
        *ask,
        Button("Concern", f"feedback add kind=stakeholder{f' about={thing}' if thing else ''}", form=True),
        Button("Follow", f"watch {thing}" if shared else "watch"),
        Button("Less often", "less often"),
    )
    return Card(why, buttons=buttons)

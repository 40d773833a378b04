"""Who holds a role: asked like any other question, and answered from the roles that were given."""

import re

from core.chat.card import Button, Card
from core.commands.call import Call
from core.product.people import Role

_ROLES = {"product owner": Role.PRODUCT_OWNER, "po": Role.PRODUCT_OWNER, "product manager": Role.PRODUCT_MANAGER}
_ROLES |= {"pm": Role.PRODUCT_MANAGER, "scrum master": Role.SCRUM_MASTER, "sm": Role.SCRUM_MASTER}
_WHO = re.compile(
    rf"(?:who(?:'s|’s| is)|do we have) (?:the |our |a )?(?P<role>{'|'.join(_ROLES)})(?: here| now| today| for this)?",
    re.IGNORECASE,
)


def holds(call: Call, question: str) -> Card | None:
    """Who is the product owner, the product manager or the scrum master; None for another question, and for guests, who
    learn no names."""
    found = _WHO.fullmatch(" ".join(question.rstrip("?! ").split()))
    if found is None or not call.may(Role.VIEWER):
        return None
    role, product = _ROLES[found["role"].lower()], call.product
    holder = call.directory.holder(role, product.id, call.now)
    team = (Button("The team", "team list"),)
    if holder is None:
        return Card(f"{product.name} has no {role.called} yet", buttons=team)
    return Card(f"{call.name(holder)} is the {role.called} of {product.name}", buttons=team)

"""What is asked of a field of the record: who holds a role, how an item stands, what the goals are, what a metric
shows. It is answered by the field itself, whose words the question does not hold, and which no passage says.
"""

import re

from core.chat.card import Button, Card, Facts
from core.chat.words import day_in_words
from core.commands.call import Call, references
from core.commands.items import Words, item_to_read
from core.commands.registry import REGISTRY, Said
from core.knowledge import duplicates
from core.product import metrics
from core.product.audience import Audience
from core.product.people import Role

_ROLES = {"product owner": Role.PRODUCT_OWNER, "po": Role.PRODUCT_OWNER, "product manager": Role.PRODUCT_MANAGER}
_ROLES |= {"pm": Role.PRODUCT_MANAGER, "scrum master": Role.SCRUM_MASTER, "sm": Role.SCRUM_MASTER}
_IS = r"(?: is|['’]s)"
_OF_LATE = r"(?: now| today| at the moment| currently| yet| already)?"
_ITEM = r"(?P<item>.{1,200}?)"


def _asks(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)}){_OF_LATE}", re.IGNORECASE)


_ROLE = _asks(rf"(?:who{_IS}|do we have) (?:the |our |a )?(?P<role>{'|'.join(_ROLES)})(?: here| for this)?")
_GOALS = _asks(rf"what(?: are|{_IS}) (?:the |our )?(?:product )?goals?", r"which goals do we have")
_METRIC = _asks(
    rf"what{_IS} (?:the |our )?(?:current )?(?P<name>.{{1,60}}?)", r"how high is (?:the |our )?(?P<other>.{1,60}?)"
)
_DOES = r"works on|is working on|is assigned to|is doing|has|owns|is on"
_WHO = _asks(rf"who (?:{_DOES}) {_ITEM}")
_WHEN = _asks(rf"when is {_ITEM} due")
_HOW = (
    _asks(rf"what{_IS} the (?:status|state|progress) of {_ITEM}"),
    _asks(rf"how far is {_ITEM}"),
    _asks(rf"(?:is|has) {_ITEM} (?:been )?(?:done|finished|started|accepted|closed|in review)"),
)
_SAME = 0.9  # how like an item's title what is asked about must be


def answer(call: Call, question: str) -> Said | None:
    """The answer; None for another question, and for who may not read the field."""
    asked = " ".join(question.rstrip("?!. ").split())
    return _role(call, asked) or _of_item(call, asked) or _listed(call, asked)


def _role(call: Call, asked: str) -> Card | None:
    """Guests learn no names."""
    found = _ROLE.fullmatch(asked)
    if found is None or not call.may(Role.VIEWER):
        return None
    role, product = _ROLES[found["role"].lower()], call.product
    holder = call.directory.holder(role, product.id, call.now)
    team = (Button("The team", "team list"),)
    if holder is None:
        return Card(f"{product.name} has no {role.called} yet", buttons=team)
    return Card(f"{call.name(holder)} is the {role.called} of {product.name}", buttons=team)


def _listed(call: Call, asked: str) -> Said | None:
    if _GOALS.fullmatch(asked):
        return _said_by(call, "goal list")
    found = _METRIC.fullmatch(asked)
    try:
        metric = metrics.find(call.db, call.product.id, found["name"], call.audience.reads) if found else None
    except metrics.NoSuchMetric:
        return None
    return _said_by(call, "metric show", metric.slug) if metric else None


def _said_by(call: Call, command: str, line: str = "") -> Said:
    """What another command says."""
    return REGISTRY.handler(REGISTRY.commands[tuple(command.split())])(call.on(line))


def _of_item(call: Call, asked: str) -> Card | None:
    """Who works on an item, how it stands, when it is due; items are the team's alone."""
    who, when = _WHO.fullmatch(asked), _WHEN.fullmatch(asked)
    how = next((found for one in _HOW if (found := one.fullmatch(asked))), None)
    match = who or when or how
    reference = _meant(call, match["item"]) if match and call.audience is Audience.TEAM else None
    if reference is None:
        return None
    row = item_to_read(call, reference)
    key = Words(call).key(row.number)
    name = f"{key} {row.title}"
    by = call.name(row.assignee_id) if row.assignee_id else ""
    due = day_in_words(row.due, call.today) if row.due else ""
    if who:
        title = f"{by} works on {name}" if by else f"Nobody works on {name} yet"
    elif when:
        title = f"{name} is due {due}" if due else f"{name} has no due date"
    else:
        title = f"{name} is {row.status}"
    facts = (("Status", row.status), ("Assignee", by or "nobody"), ("Due", due))
    body = (Facts(tuple((label, value) for label, value in facts if value)),)
    return Card(title, body, (Button(f"Open {key}", f"backlog show {key}"),))


def _meant(call: Call, said: str) -> str | None:
    """The item that is spoken of, by its key or its title."""
    said = re.sub(r"^(?:the|our)\s+", "", said.strip("“”\"' "), flags=re.IGNORECASE)
    if len(named := references(said)) == 1:
        return named[0]
    [alike] = duplicates.alike(call.db, call.product.id, duplicates.ITEMS, [said], least=_SAME, most=1)
    return f"{call.product.key}-{alike[0].number}" if alike else None

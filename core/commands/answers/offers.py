"""A statement that nobody has written down yet, a rule, a wish or a complaint, is offered to be kept as what it sounds
like; nothing is kept before somebody says so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.chat import grammar
from core.chat.card import Button, Card, Quote, Reply, escape
from core.commands.call import Call
from core.commands.feedback.work import as_story
from core.commands.refusals import SHOWABLE
from core.commands.registry import REGISTRY
from core.commands.rights import permitted
from core.commands.standup.answer import may_add
from core.product.items import TITLE_LENGTH

FEW = 4  # words from which a line may be a statement


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of statement, and what it might be kept as."""

    line: re.Pattern[str]
    said: str
    ways: tuple[tuple[str, Callable[[str], str]], ...]


def _line(command: str, text: str, **options: str) -> str:
    keys = REGISTRY.commands[tuple(command.split())].keys
    return f"{command} {grammar.render(text, options, keys)}"


def _item(text: str, **options: str) -> str:
    return _line("backlog add", text, **options) if len(text) <= TITLE_LENGTH else ""


def _story(text: str) -> str:
    parts = as_story(text)
    return _item(parts["title"], **{key: parts[key] for key in ("as", "want", "so") if parts[key]})


def feedback(text: str) -> str:
    return _line("feedback add", text)


def _bug(text: str) -> str:
    return _item(text, type="bug")


_KEEP = ("Keep as feedback", feedback)
OFFERS = (
    Offer(
        re.compile(r"as an? .{1,100}?,? (?:i|we) (?:want|need|would like|wish)\b", re.IGNORECASE),
        "That reads as a user story. Nothing has been kept yet.",
        (("Add the story", _story), _KEEP),
    ),
    Offer(
        re.compile(
            r".*\b(?:doesn['’]?t work|does not work|not working|crash\w*|bugs?|buggy|broken|fails?|failing|error)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "That sounds like something is wrong with the product. Nothing has been kept yet.",
        (("Add a bug", _bug), _KEEP),
    ),
    Offer(
        re.compile(
            r".*\b(?:must|shall|should|ought to|is required|are required|may not|may only|we need|it needs"
            r"|(?:has|have|needs?) to (?:be|show|hold|have|keep|work|allow|support|contain|send|do))\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "That sounds like a requirement. Nothing has been kept yet.",
        (("Add it to the backlog", _item), _KEEP),
    ),
    Offer(
        re.compile(
            r".*\b(?:customers?|users?|clients?|buyers?|the bank|they) .*"
            r"\b(?:complain\w*|ask\w*|want\w*|need\w*|love\w*|hate\w*|sa(?:y|ys|id)|can['’]?not|can['’]t|struggle\w*"
            r"|keep|kept|miss\w*|wish\w*)\b"
            r"|.*\b(?:slow|annoying|confusing|frustrat\w*|terrible|awful|missing|wish|love|hate|it is hard to"
            r"|too (?:many|much|few|long|hard|small|big)"
            r"|would be (?:nice|great|good|helpful|useful|better)|would love)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        "That sounds like feedback. Nothing has been kept yet.",
        (_KEEP, ("Add it to the backlog", _item)),
    ),
)  # fmt: skip


def offered(call: Call, text: str) -> Reply | None:
    """A statement that might be worth keeping, with a button for each way to keep it; None where it is none, or where
    the asker may keep nothing."""
    text = " ".join(text.split())
    if len(text.split()) < FEW or len(text) > SHOWABLE or call.found_product is None:
        return None
    offer = next((one for one in OFFERS if one.line.match(text)), None)
    if offer is None:
        return None
    ways = ((label, made(text)) for label, made in offer.ways)
    buttons = permitted(call, (*may_add(call, text), *(Button(label, say) for label, say in ways if say)))
    if not buttons:
        return None
    return Reply(ok=True, card=Card(offer.said, (Quote(escape(call.readable(text))),), buttons))


def unsure(call: Call, text: str) -> Reply | None:
    """A sentence that is nothing we know is not shrugged off: it may be something to keep, or a question."""
    text = " ".join(text.split())
    if len(text.split()) < FEW or len(text) > SHOWABLE or call.found_product is None:
        return None
    ways = (*may_add(call, text), Button("Keep as feedback", feedback(text)), Button("Ask it", _line("ask", text)))
    if not (buttons := permitted(call, ways)):
        return None
    why = "I am not sure what to do with that. Nothing has been kept."
    return Reply(ok=False, refused=why, try_="help", card=Card(why, (Quote(escape(call.readable(text))),), buttons))

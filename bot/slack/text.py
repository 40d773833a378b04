"""What Slack sends as text, as people typed it: mentions and channels as ids, links as addresses, entities undone."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r"<([@#!][^<>]+|[A-Za-z][A-Za-z0-9+.-]*:[^<>]+)>")


@dataclass(frozen=True, slots=True)
class Said:
    """text, and external id -> the name Slack gave with it ('' where it gave none) of whom and what it mentions."""

    text: str
    mentions: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)


def said(raw: str, bot: str | None = None) -> Said:
    """Undo Slack's markup; `bot` is our own user id, whose mentions are left out, nobody else's.

    Tokens first and entities last, `&amp;` as the very last: typed brackets arrive as entities and are no tokens.
    """
    mentions: dict[str, str] = {}
    channels: dict[str, str] = {}

    def word(token: re.Match[str]) -> str:
        target, _, label = token[1].partition("|")
        match target[0]:
            case "@" if target[1:] == bot:
                return ""
            case "@":
                mentions[target[1:]] = unescaped(label)
                return target
            case "#":
                channels[target[1:]] = unescaped(label)
                return target
            case "!":
                return _special(target[1:], label)
            case _:
                return _address(target, label)

    text = raw.replace("\xa0", " ")
    if bot:
        text = re.sub(rf"^\s*<@{re.escape(bot)}(\|[^<>]*)?>[:,]?", "", text)
    return Said(unescaped(_TOKEN.sub(word, text)).strip(), mentions, channels)


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned(raw: str, bot: str) -> bool:
    return f"<@{bot}>" in raw or f"<@{bot}|" in raw


def _special(target: str, label: str) -> str:
    """`<!channel>` is the word @channel again, `<!subteam^S1|@devs>` is @devs, `<!date^…|3 Nov>` is 3 Nov."""
    kind, _, rest = target.partition("^")
    if kind in ("channel", "here", "everyone"):
        return f"@{kind}"
    return label or f"@{rest.split('^')[0] or kind}"


def _address(target: str, label: str) -> str:
    """A link's address, or what was typed where Slack itself made a link of it (acme.com, ann@acme.com)."""
    typed = unescaped(label)
    address = unescaped(target)
    return label if typed and address in (f"http://{typed}", f"mailto:{typed}", f"tel:{typed}") else target

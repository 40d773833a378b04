"""The smallest things that Slack shows: runs of text, rich texts, sections, buttons.

Words of people never ping, link or change their look: a section's mrkdwn holds them only where nothing in them is a
mark, with & < > escaped; anything else is rich text or plain_text, which Slack does not parse.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.slack import limits
from core.chat.card import Button, Span

Block = dict[str, Any]

SAY = "say"
FORM = "form"
"""How the action ids of our buttons begin; those of the second kind open a form."""

BOLD = {"bold": True}

_ADDRESS = re.compile(r"(https?://[^\s<>]*[^\s<>.,;:!?'\")\]])")
_MARKED = re.compile(r"[*_~`]|:[\w+'-]+:|^\s*>", re.MULTILINE)
_MARKS: Mapping[str, str] = {"bold": "*", "italic": "_", "code": "`"}


def run(text: str, style: Block | None = None) -> Block:
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}


def runs(span: Span) -> Iterable[Block]:
    """A span of small Markdown; bare addresses become links."""
    style = {name: True for name in ("bold", "italic", "code") if getattr(span, name)}
    if span.url:
        yield {"type": "link", "url": span.url, "text": span.text, **({"style": style} if style else {})}
    elif "://" not in span.text or span.code:
        yield run(span.text, style)
    else:
        for number, piece in enumerate(_ADDRESS.split(span.text)):
            if piece:
                yield {"type": "link", "url": piece} if number % 2 else run(piece, style)


def pieces(whole: Block) -> Iterable[Block]:
    """A run no longer than one rich text, ended at a line or a word where it can be."""
    text = whole.get("text", "")
    most = limits.SECTION_TEXT - limits.RUN_COST
    while len(text) > most:
        end = max(text.rfind("\n", most // 2, most), text.rfind(" ", most // 2, most)) + 1 or most
        yield {**whole, "text": text[:end]}
        text = text[end:]
    yield {**whole, "text": text} if "text" in whole else whole


def written(shown: list[Block], kind: str = "rich_text_section") -> Block:
    """Runs as a section where mrkdwn shows them as they are (every client knows it), else as rich text."""
    text = mrkdwn(shown, kind)
    return rich(shown, kind) if text is None else section(text)


def rich(shown: list[Block], kind: str = "rich_text_section") -> Block:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": shown}]}


def section(text: str) -> Block:
    """`verbatim`: Slack must not look for names, channels and addresses of its own accord."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, "expand": True}


def words(text: str) -> Block:
    """A plain_text object; Slack wants at least one character."""
    return {"type": "plain_text", "text": text or "–", "emoji": False}


def button(shown: Button, number: int) -> Block:
    block: Block = {
        "type": "button",
        "action_id": f"{FORM if shown.form else SAY}:{number}",
        "text": words(cut(shown.label or shown.say, limits.BUTTON_TEXT)),
    }
    if shown.say:
        block["value"] = shown.say
    if shown.style != "default":
        block["style"] = shown.style
    return block


def escaped(text: str) -> str:
    """Text for mrkdwn, where & < > can ping, link or hide."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended at a word and with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    ended = head.rsplit(maxsplit=1)[0] if " " in head[limit // 2 :] or "\n" in head[limit // 2 :] else head
    return ended.rstrip() + "…"


# ---- mrkdwn ----


def mrkdwn(shown: Sequence[Block], kind: str = "rich_text_section") -> str | None:
    """Runs as mrkdwn; None where it would not read the same, or is too long for a section."""
    texts = [one.get("text", "") for one in shown]
    if _MARKED.search("".join(texts)):
        return None
    parts: list[str] = []
    for number, one in enumerate(shown):
        if one["type"] == "link":
            part = _linked(one)
        elif "style" in one:
            part = _styled(one, _edge(texts, number - 1, -1), _edge(texts, number + 1, 0))
        else:
            part = escaped(one["text"])
        if part is None:
            return None
        parts.append(part)
    text = "".join(parts).rstrip("\n")
    if kind == "rich_text_quote":
        text = "\n".join(f">{line}" for line in text.split("\n"))
    elif kind == "rich_text_preformatted":
        text = f"```\n{text}\n```"
    return text if text.strip() and len(text) <= limits.SECTION_TEXT else None


def _edge(texts: Sequence[str], number: int, at: int) -> str:
    return texts[number][at] if 0 <= number < len(texts) and texts[number] else " "


def _styled(one: Block, before: str, after: str) -> str | None:
    """A mark holds only around words that touch no other word."""
    text: str = one["text"]
    style = one["style"]
    inner = text.strip()
    if len(style) > 1 or not inner or "\n" in inner:
        return None
    head, tail = text[: text.index(inner)], text[text.index(inner) + len(inner) :]
    if (head or before)[-1].isalnum() or (tail or after)[0].isalnum():
        return None
    mark = _MARKS[next(iter(style))]
    return f"{head}{mark}{escaped(inner)}{mark}{tail}"


def _linked(one: Block) -> str | None:
    url, label = one["url"], one.get("text", "")
    if "style" in one or any(sign in url + label for sign in "<>|\n"):
        return None
    return f"<{escaped(url)}|{escaped(label)}>" if label else f"<{escaped(url)}>"

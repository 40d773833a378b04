"""What Teams sends as text -> the line somebody typed: entities undone, mentions as `@<id>`, our own mention gone."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

# a tag holds no other tag: so a line of opening tags alone is read once, not once from each of them
_TAG = re.compile(r"<at\b[^<>]*>((?:(?!<at\b).)*?)</at>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention entity. `text` is the tag as it stands in the message; `own` is the bot's own."""

    text: str
    name: str
    external_id: str
    own: bool = False


def command_line(text: str, mentions: Sequence[Mention]) -> tuple[str, dict[str, str]]:
    """The line, and external id -> name of everybody else it mentions.

    Teams keeps the mentions in the order of the text, so that of two people of one name each tag finds its own.
    A tag without an entity, or whose id holds a blank (no Teams id does), stays as the words in it.
    """
    waiting = list(mentions)
    named: dict[str, str] = {}

    def said(tag: re.Match[str]) -> str:
        found = next((m for m in waiting if _name(m.text) == tag[1]), None)
        if found is None:
            return tag[1]
        waiting.remove(found)
        if found.own:
            return "\0"
        if not found.external_id or any(c.isspace() for c in found.external_id):
            return tag[1]
        named[found.external_id] = html.unescape(found.name)
        return f"@{found.external_id}"

    plain = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    around_us = html.unescape(_TAG.sub(said, plain)).replace("\xa0", " ").split("\0")
    return " ".join(part.strip(" ") for part in around_us).strip(), named


def _name(tag: str) -> str:
    inside = _TAG.fullmatch(tag.strip())
    return inside[1] if inside else tag


_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|blockquote)>", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*>")


def message_text(content: str, kind: str) -> str:
    """What a person wrote in a message, as plain text; Teams keeps most messages as HTML."""
    if kind.lower() != "html":
        return content.strip()
    plain = html.unescape(_MARKUP.sub("", _BREAK.sub("\n", content))).replace("\xa0", " ")
    return "\n".join(line.strip() for line in plain.splitlines()).strip()

"""What a person reads of a Slack message or a Teams card, and which buttons they can press."""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.scenario.play import Seen

Json = dict[str, Any]


# ---- Slack ----


def slack_seen(message: Json) -> Seen:
    """A message as it reads; what a screen reader gets is there too."""
    assert message["text"], f"a message without text for screen readers: {message}"
    return Seen(slack_words(message["blocks"]), slack_labels(message["blocks"]), False, message)


def slack_words(blocks: Iterable[Json]) -> str:
    """Every text of blocks, lines as lines, as Slack draws them."""
    return "\n".join(text for block in blocks if (text := _slack_text(block)) is not None)


def slack_lines(blocks: Iterable[Json]) -> str:
    """The same with the buttons where they stand: beside their line, or below it."""
    lines = []
    for block in blocks:
        labels = "  ".join(f"[{one['text']['text']}]" for one in slack_buttons([block]))
        lines.append("  ".join(filter(None, (_slack_text(block), labels))))
    return "\n".join(lines)


def _slack_text(block: Json) -> str | None:
    match block["type"]:
        case "rich_text":
            runs = [run for part in block["elements"] for run in part["elements"]]
            return "".join(run.get("text") or run.get("url", "") for run in runs)
        case "context":
            return " ".join(element["text"] for element in block["elements"])
        case "input":
            element = block["element"]
            first = element.get("initial_value") or element.get("initial_user") or ""
            return f"{block['label']['text']}: {first}"
        case "section":
            text = block["text"]
            return _drawn(text["text"]) if text["type"] == "mrkdwn" else str(text["text"])
    return None


def _drawn(mrkdwn: str) -> str:
    """mrkdwn as it is drawn: marks gone, entities undone. People's words hold no marks there, so all are ours."""
    lines = [line.removeprefix(">").strip("`") for line in mrkdwn.split("\n")]
    linked = re.sub(r"<([^<>|]+)\|?([^<>]*)>", lambda link: link[2] or link[1], "\n".join(lines))
    return html.unescape(re.sub(r"[*_`]", "", linked))


def slack_buttons(blocks: Iterable[Json]) -> Iterator[Json]:
    for block in blocks:
        inside = block.get("elements", []) if block["type"] == "actions" else [block.get("accessory", {})]
        yield from ({**one, "block_id": block.get("block_id")} for one in inside if one.get("type") == "button")


def slack_labels(blocks: Iterable[Json]) -> list[str]:
    return [button["text"]["text"] for button in slack_buttons(blocks)]


# ---- Teams ----


def teams_seen(event: Json) -> Seen:
    """event: {"text", "card"} of a message, and whatever the face needs to press its buttons."""
    card = event["card"]
    text = "\n".join([event["text"], *teams_words(card["body"])])
    fillable = any(one["type"].startswith("Input.") for one in card["body"])
    return Seen(text, [button["title"] for button in teams_buttons(card)], fillable, event)


def teams_words(node: Iterable[Json]) -> Iterator[str]:
    """Every text of a card, lines as lines."""
    for one in node:
        match one["type"]:
            case "RichTextBlock":
                yield "".join(run["text"] for run in one["inlines"])
            case "ColumnSet":
                yield ": ".join(line for column in one["columns"] for line in teams_words(column["items"]))
            case "Container":
                yield from teams_words(one["items"])
            case kind if kind.startswith("Input."):
                yield f"{one['label']}: {one.get('value', '')}"


def teams_lines(event: Json) -> str:
    """The same with the buttons where they stand: beside their line, or below it."""
    card = event["card"]
    parts = [*card["body"], {"type": "ActionSet", "actions": card.get("actions", [])}]
    lines = [event["text"]] if event["text"] else []
    for part in parts:
        labels = "  ".join(f"[{button['title']}]" for button in teams_buttons({"body": [part]}))
        words = [line.removesuffix(": ") for line in teams_words([part])]
        if words and labels:
            words[-1] += f"  {labels}"
        lines += words or ([labels] if labels else [])
    return "\n".join(lines)


def teams_buttons(node: Any) -> Iterator[Json]:
    """Every button of a card, wherever it stands; what is only there for older clients is not."""
    if isinstance(node, dict):
        yield from node.get("actions", ())
        node = [value for name, value in node.items() if name in ("body", "items", "columns")]
    if isinstance(node, list):
        for one in node:
            yield from teams_buttons(one)

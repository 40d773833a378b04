"""A form as a Slack modal, and what comes back from one."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bot.slack import limits
from bot.slack.blocks import blocks
from bot.slack.elements import Block, cut, words
from core.chat.ask import Place, PlaceKind
from core.chat.card import Card, Choice, Field, Form

SUBMIT = "form"
"""The callback id of our forms."""

INPUT = "value"
"""The action id of every input; its block id is the field's name."""

USER = "user"
"""The key of a private place's address: whose chat with us it is."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_USER = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]+")
_PARTS: TypeAdapter[list[str | None]] = TypeAdapter(list[str | None])
_YES = frozenset({"yes", "true", "on", "1"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a modal was opened, and what its submission says; rides in the modal's private metadata."""

    place: Place
    thread: str | None = None
    link: str = ""
    submit: str = ""

    def packed(self) -> str:
        """At most 3,000 characters where the submit line is of a usual length; check before use."""
        place = self.place
        parts = [self.submit, place.external_id, place.kind.value, place.name, self.thread, self.link]
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpacked(cls, metadata: str, speaker: str) -> "Origin":
        """speaker: who uses the modal; a private chat is theirs, whatever the metadata says. Raises NotOurs."""
        try:
            submit, place, kind, name, thread, link = _PARTS.validate_json(metadata)
            where = PlaceKind(kind or "")
        except ValueError as odd:
            raise NotOurs("the metadata of a modal is not of our making") from odd
        address = {USER: speaker} if where is PlaceKind.PRIVATE else {}
        return cls(Place(place or "", where, name or "", address), thread, link or "", submit or "")


class NotOurs(Exception):
    """A modal that is not of our making, or was opened by another version."""


def view(form: Form, origin: Origin) -> Block:
    """The modal for a form. A field whose value no input can hold is left out with a sentence, never truncated."""
    metadata = Origin(origin.place, origin.thread, origin.link, form.submit).packed()
    shown: list[Block] = []
    if len(metadata) > limits.VIEW_METADATA:
        shown.append(
            _sentence(f"This form carries {len(form.submit):,} characters, more than Slack lets it. Type instead.")
        )
        return _modal(form.title, shown, "")
    if len(form.title) > limits.VIEW_TITLE:
        shown.append(_sentence(form.title))
    room = limits.MODAL_BLOCKS - 2
    shown += [_field(field, drafts=form.drafts) for field in form.fields[:room]]
    if len(form.fields) > room:
        shown.append(_sentence(f"{len(form.fields) - room} more fields do not fit here and stay as they are."))
    if not form.fields:
        shown.append(_sentence("There is nothing to fill in."))
    submit = words(cut(form.label or "Save", limits.VIEW_TITLE))
    return {**_modal(form.title, shown, metadata), "callback_id": SUBMIT, "submit": submit}


def card_view(card: Card, origin: Origin) -> Block:
    """A modal that shows a card, for an answer that only the one who filled in a form may see."""
    metadata = Origin(origin.place, origin.thread, origin.link).packed()
    return _modal("Steward", blocks(card, modal=True), metadata, close="Close")


def values(state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """A submitted modal's fields by name: ids, ISO dates, 'yes' or '', several one a line; '' where it was emptied."""
    return {name: _value(element) for name, inputs in state.items() for element in inputs.values()}


def picked(state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[list[str], list[str]]:
    """The people and the channels that a submitted modal names, by their ids: nobody else vouches for them."""
    elements = [element for inputs in state.values() for element in inputs.values()]
    people = [element["selected_user"] for element in elements if element.get("selected_user")]
    people += [one for element in elements for one in element.get("selected_users") or ()]
    return people, [element["selected_conversation"] for element in elements if element.get("selected_conversation")]


def _value(element: Mapping[str, Any]) -> str:
    for key in ("value", "selected_date", "selected_user", "selected_conversation"):
        if key in element:
            return str(element[key] or "").replace("\r\n", "\n")
    if "selected_option" in element:
        return str((element["selected_option"] or {}).get("value", ""))
    several = element.get("selected_options", element.get("selected_users")) or []
    return "\n".join(str(one["value"] if isinstance(one, dict) else one) for one in several)


def _modal(title: str, shown: list[Block], metadata: str, close: str = "Cancel") -> Block:
    return {
        "type": "modal",
        "title": words(cut(title or "Steward", limits.VIEW_TITLE)),
        "blocks": shown,
        "close": words(close),
        "private_metadata": metadata,
    }


def _sentence(text: str) -> Block:
    return {"type": "section", "text": words(cut(text, limits.SECTION_TEXT))}


# ---- one field ----


def _field(field: Field, *, drafts: bool = False) -> Block:
    held, refused = _element(field)
    if held is None:
        return _sentence(f"{cut(field.label, limits.INPUT_LABEL)}: {refused}")
    hint = cut(" ".join(part for part in (field.error, refused, field.hint) if part), limits.INPUT_HINT)
    # a modal that is dismissed says nothing of what was in it: what is typed is told while it is typed
    told = drafts and held["type"] == "plain_text_input"
    if told:
        held = {**held, "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    return {
        "type": "input",
        "block_id": field.name[: limits.ID],
        "label": words(cut(field.label or field.name, limits.INPUT_LABEL)),
        "optional": not field.required or field.type == "check",
        **({"dispatch_action": True} if told else {}),
        "element": {**held, "action_id": INPUT},
        **({"hint": words(hint)} if hint else {}),
    }


def _element(field: Field) -> tuple[Block | None, str]:
    """The input, and what must be said about it; None where no input can hold the value."""
    match field.type:
        case "text" | "longtext":
            return _text(field)
        case "choice" | "choices":
            return _choice(field)
        case "people":
            users = [one for one in field.value.split("\n") if _USER.fullmatch(one)]
            return {"type": "multi_users_select", **({"initial_users": users} if users else {})}, ""
        case "check":
            option = {"text": words("Yes"), "value": "yes"}
            ticked = field.value.strip().lower() in _YES
            return {"type": "checkboxes", "options": [option], **({"initial_options": [option]} if ticked else {})}, ""
        case _:
            return _picker(field)


_PICKERS: Mapping[str, tuple[Block, str, re.Pattern[str]]] = {
    # Slack's number_input takes no decimal comma, and what is wrong with a number is said at the field anyway.
    "number": ({"type": "plain_text_input", "max_length": limits.OPTION_TEXT}, "initial_value", _NUMBER),
    "date": ({"type": "datepicker"}, "initial_date", _DATE),
    "person": ({"type": "users_select"}, "initial_user", _USER),
    "channel": (
        {"type": "conversations_select", "filter": {"include": ["public", "private"], "exclude_bot_users": True}},
        "initial_conversation",
        _CHANNEL,
    ),
}


def _picker(field: Field) -> tuple[Block, str]:
    element, initial, pattern = _PICKERS[field.type]
    if pattern.fullmatch(field.value):
        return {**element, initial: field.value}, ""
    return element, f"Now: {cut(field.value, limits.OPTION_TEXT)}." if field.value else ""


def _text(field: Field) -> tuple[Block | None, str]:
    length = len(field.value.encode("utf-16-le")) // 2
    if length > limits.INPUT_VALUE:
        return None, f"its {len(field.value):,} characters are more than an input can hold here, so it stays as it is."
    element: Block = {
        "type": "plain_text_input",
        "multiline": field.type == "longtext" or "\n" in field.value,
        "max_length": max(1, length, min(field.max_length or limits.INPUT_VALUE, limits.INPUT_VALUE)),
    }
    if field.value:
        element["initial_value"] = field.value
    return element, ""


def _choice(field: Field) -> tuple[Block | None, str]:
    several = field.type == "choices"
    options = {
        choice.value: _option(choice) for choice in field.choices if 0 < len(choice.value) <= limits.OPTION_VALUE
    }
    lost = sum(len(choice.value) > limits.OPTION_VALUE for choice in field.choices)
    lost += max(0, len(options) - limits.OPTIONS**2)
    if not options:
        return None, "there is nothing to choose from yet."
    listed = list(options.values())[: limits.OPTIONS**2]
    element: Block = {"type": "multi_static_select" if several else "static_select"}
    if len(listed) <= limits.OPTIONS:
        element["options"] = listed
    else:
        element["option_groups"] = [
            {"label": words(f"{first + 1} …"), "options": listed[first : first + limits.OPTIONS]}
            for first in range(0, len(listed), limits.OPTIONS)
        ]
    chosen = [options[one] for one in (field.value.split("\n") if several else [field.value]) if one in options]
    if chosen:
        element["initial_options" if several else "initial_option"] = chosen if several else chosen[0]
    return element, f"{lost} more choices do not fit here." if lost else ""


def _option(choice: Choice) -> Block:
    return {"text": words(cut(choice.label or choice.value, limits.OPTION_TEXT)), "value": choice.value}

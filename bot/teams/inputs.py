"""Form -> the inputs of a Teams dialog, and what comes back from it -> values."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from core.chat.card import Choice, Field, Form, kept

Json = dict[str, Any]

PEOPLE = "graph.microsoft.com/users"
"""Teams' own data set of everybody in the organisation; what is picked comes back as Entra object ids."""

FETCH = "task/fetch"
"""What a button that opens a dialog says to Teams."""

KEEP = "Keep as a draft"
"""What the button of a dialog says that keeps what is filled in so far."""

OURS = frozenset({"say", "opened", "kinds", "msteams"})
"""Keys of an action's data that are no field of a form."""

_TYPED = frozenset({"choices", "person", "people", "check"})
"""Kinds whose values come back in Teams' own form."""

_YES = frozenset({"yes", "true", "on", "1"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class InputLimits:
    """A dialog is one card; Teams names no limit for a text input, so this one keeps the card small enough."""

    dialog_bytes: int = 25_000
    text_characters: int = 16_000
    title_characters: int = 60
    button_characters: int = 40


INPUT_LIMITS = InputLimits()


def dialog(form: Form, *, opened: str = "", values: Mapping[str, str] | None = None, refused: str = "") -> Json:
    """The form as an Adaptive Card for a dialog.

    opened   the line that the form answers, so that it can be asked for again
    values   what was typed before a refusal; stands instead of a field's own value
    refused  the sentence on top
    A value longer than an input holds is left out, with a sentence, and so are the longest ones of a form too large.
    """
    fields = [replace(f, value=values[f.name]) if values and f.name in values else f for f in form.fields]
    if form.drafts:  # Teams lets no button of a card go while a field that is needed is empty; the command says so too
        fields = [replace(field, required=False) for field in fields]
    simple: set[str] = set()
    drawn = _dialog(form, opened, fields, simple, refused)
    while len(json.dumps(drawn)) > INPUT_LIMITS.dialog_bytes and len(simple) < len(fields):
        largest = max((f for f in fields if f.name not in simple), key=_bytes)
        simple.add(largest.name)
        drawn = _dialog(form, opened, fields, simple, refused)
    return drawn


def dialog_title(form: Form) -> str:
    longest = INPUT_LIMITS.title_characters
    return form.title if len(form.title) <= longest else form.title[: longest - 1] + "…"


def _dialog(form: Form, opened: str, fields: list[Field], simple: set[str], refused: str) -> Json:
    body = [_note(refused, color="Attention")] if refused else []
    for field in fields:
        body.extend(_simple(field) if field.name in simple else field_blocks(field))
    kinds = {f.name: f.type for f in fields if f.type in _TYPED and f.name not in simple}
    label = form.label[: INPUT_LIMITS.button_characters]
    actions = [_submit(label, {"say": form.submit, "opened": opened, "kinds": kinds}, style="positive")]
    if form.drafts:  # a dialog that is dismissed says nothing of what was in it
        actions.append(_submit(KEEP, {"say": kept(form.submit), "opened": opened, "kinds": kinds}))
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "body": body,
        "actions": actions,
    }


def _submit(title: str, data: Json, **style: str) -> Json:
    return {"type": "Action.Submit", "title": title, "data": data, **style}


def _bytes(field: Field) -> int:
    return len(json.dumps(field_blocks(field)))


def _note(text: str, **style: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def field_blocks(field: Field) -> list[Json]:
    """The field's error, where it has one, and its input; a sentence instead of an input that cannot hold the value."""
    if len(field.value) > min(field.max_length or math.inf, INPUT_LIMITS.text_characters):
        return _left_out(field)
    shown = [_note(field.error, color="Attention")] if field.error else []
    return [*shown, _INPUTS.get(field.type, _text)(field)]


def _left_out(field: Field) -> list[Json]:
    length = f"{len(field.value):,} characters"
    return [_note(f"{field.label}: {length}, more than this form can hold. It stays as it is.", isSubtle=True)]


def _simple(field: Field) -> list[Json]:
    """The smallest input the field can do with."""
    if field.choices and field.type in ("choice", "choices"):
        hint = f"{len(field.choices)} to choose from; type the one you mean"
        return [_text(replace(field, hint=hint, choices=(), type="text"))]
    shorter = replace(field, hint="", label=field.label[:100], error=field.error[:200])
    return _left_out(shorter) if field.value else [_INPUTS.get(field.type, _text)(shorter)]


# ---- one input each ----


def _base(field: Field, kind: str, **more: Any) -> Json:
    drawn: Json = {"type": kind, "id": field.name, "label": field.label or field.name, **more}
    if field.required:
        drawn |= {"isRequired": True, "errorMessage": f"{field.label or field.name} is needed."}
    if field.hint and kind != "Input.Toggle":
        drawn["placeholder"] = field.hint
    return drawn


def _text(field: Field) -> Json:
    longest = min(field.max_length or INPUT_LIMITS.text_characters, INPUT_LIMITS.text_characters)
    drawn = _base(field, "Input.Text", maxLength=longest)
    if field.type == "longtext":
        drawn["isMultiline"] = True
    if field.value:
        drawn["value"] = field.value
    return drawn


def _number(field: Field) -> Json:
    if not field.value:
        return _base(field, "Input.Number")
    try:
        value = float(field.value)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        return _text(field)
    return _base(field, "Input.Number", value=int(value) if value.is_integer() else value)


def _date(field: Field) -> Json:
    if not field.value:
        return _base(field, "Input.Date")
    return _base(field, "Input.Date", value=field.value) if _DATE.fullmatch(field.value) else _text(field)


def _choice(field: Field) -> Json:
    if not field.choices:
        return _text(field)
    drawn = _base(field, "Input.ChoiceSet", style="compact", choices=[_option(c, c.value) for c in field.choices])
    return {**drawn, "value": field.value} if field.value else drawn


def _choices(field: Field) -> Json:
    if not field.choices:
        return _text(field)
    options = [_option(c, _guarded(c.value)) for c in field.choices]
    drawn = _base(field, "Input.ChoiceSet", style="compact", isMultiSelect=True, choices=options)
    return {**drawn, "value": ",".join(map(_guarded, field.value.split("\n")))} if field.value else drawn


def _option(choice: Choice, value: str) -> Json:
    return {"title": choice.label, "value": value}


def _guarded(value: str) -> str:
    """Several picked values come back joined by commas, so that none may hold one."""
    return value.replace("%", "%25").replace(",", "%2C")


def _person(field: Field) -> Json:
    several = field.type == "people"
    drawn = _base(field, "Input.ChoiceSet", isMultiSelect=several, choices=[])
    drawn["choices.data"] = {"type": "Data.Query", "dataset": PEOPLE}
    drawn["fallback"] = _text(field)
    return {**drawn, "value": field.value.replace("\n", ",")} if field.value else drawn


def _check(field: Field) -> Json:
    value = "yes" if field.value.lower() in _YES else "no"
    title = field.hint or field.label or field.name
    return _base(field, "Input.Toggle", title=title, value=value, valueOn="yes", valueOff="no")


_INPUTS: Mapping[str, Callable[[Field], Json]] = {
    "number": _number,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "person": _person,
    "people": _person,
    "check": _check,
}


# ---- and back ----


def opens_dialog(data: Mapping[str, Any]) -> bool:
    """Whether an action's data is that of a button which opens a dialog."""
    more = data.get("msteams")
    return isinstance(more, dict) and more.get("type") == FETCH


def submitted(data: Mapping[str, Any]) -> dict[str, str]:
    """An action's data as values by field name: several are one a line, people their Entra object ids, a check 'yes'
    or ''."""
    kinds = _kinds(data)
    return {name: _value(kinds.get(name), value) for name, value in data.items() if name not in OURS}


def picked(data: Mapping[str, Any]) -> list[str]:
    """The people that an action's data names, by their ids: nobody else vouches for them."""
    people = [name for name, kind in _kinds(data).items() if kind in ("person", "people")]
    return [one for name, value in submitted(data).items() if name in people for one in value.split("\n") if one]


def _kinds(data: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds = data.get("kinds")
    return kinds if isinstance(kinds, dict) else {}


def _value(kind: object, value: Any) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    match kind:
        case "choices":
            return "\n".join(unquote(one) for one in text.split(",") if one)
        case "people":
            return "\n".join(one.strip() for one in text.split(",") if one.strip())
        case "check":
            return "yes" if text == "yes" else ""
        case _:
            return text.replace("\r\n", "\n")

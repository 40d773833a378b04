"""A form as prompts, one field after the other."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from bot.terminal.hands import SEVERAL_LINES, Hand, Left
from core.chat.card import Field, Form, Reply

FEW = 8  # choices that a prompt names itself
YES = frozenset({"yes", "y", "true", "1", "on"})
NO = frozenset({"", "no", "n", "false", "0", "off"})

Typed = MutableMapping[str, str]
Submit = Callable[[Mapping[str, Any]], Reply | None]
Tell = Callable[[str], None]


class Wrong(Exception):
    """What was typed into a field cannot be meant; `args[0]` says why."""


def fill(
    form: Form, hand: Hand, typed: Typed, tell: Tell, submit: Submit, noted: Callable[[], None] = lambda: None
) -> Reply | None:
    """Ask every field, submit, and ask once more for those that were wrong; the last reply.

    typed: what was typed by field, kept up to date, so that nothing is lost where Left or EOFError ends it.
    noted: called behind each field, for a form whose draft is kept
    """
    errors = {field.name: field.error for field in form.fields if field.error}
    asked = form.fields
    while True:
        for field in asked:
            _ask(field, hand, typed, tell, errors.get(field.name, ""))
            noted()
        reply = submit({field.name: value_of(field, typed[field.name]) for field in form.fields})
        errors = dict(reply.errors) if reply is not None else {}
        asked = tuple(field for field in form.fields if field.name in errors)
        if not asked:
            return reply


def _ask(field: Field, hand: Hand, typed: Typed, tell: Tell, error: str) -> None:
    while True:
        if error:
            tell(error)
        words = tuple(choice.label for choice in field.choices) or (("yes", "no") if field.type == "check" else ())
        try:
            typed[field.name] = hand.field(
                field, prompt_of(field), typed.get(field.name, as_typed(field)), words
            ).strip()
        except Left as left:
            typed[field.name] = left.typed
            raise
        try:
            value_of(field, typed[field.name])
        except Wrong as wrong:
            error = str(wrong)
        else:
            return


def changed(form: Form, typed: Mapping[str, str]) -> Typed:
    """What was typed anew: a field left as it stood is read afresh when the form comes again."""
    return {f.name: typed[f.name] for f in form.fields if f.name in typed and typed[f.name] != as_typed(f).strip()}


def prompt_of(field: Field) -> str:
    """'Type (Story, Bug, Task)': the label, and what the field wants."""
    wants = [field.hint] if field.hint else []
    match field.type:
        case "choice" | "choices" if len(field.choices) > FEW:
            wants.append(f"{', '.join(c.label for c in field.choices[:FEW])} … {len(field.choices)} in all")
        case "choice" | "choices" if field.choices:
            wants.append(", ".join(c.label for c in field.choices))
        case "check":
            wants.append("yes or no")
        case "date":
            wants.append("a day such as 2026-12-24 or friday")
        case "people":
            wants.append("names, with commas between them")
        case "longtext":
            wants.append(SEVERAL_LINES)
    if field.type == "choices":
        wants.append("with commas between them")
    if field.required:
        wants.append("required")
    return f"{field.label} ({'; '.join(wants)})" if wants else field.label


def as_typed(field: Field) -> str:
    """What stands in a field, as one would type it."""
    labels = {choice.value: choice.label for choice in field.choices}
    match field.type:
        case "choice":
            return labels.get(field.value, field.value)
        case "choices" | "people":
            return ", ".join(labels.get(value, value) for value in field.value.splitlines() if value)
        case "check":
            return "yes" if field.value.lower() in YES else "no"
        case _:
            return field.value


def value_of(field: Field, typed: str) -> str | list[str]:
    """What is submitted for what was typed. Raises Wrong."""
    typed = typed.strip()
    if field.required and not typed:
        raise Wrong(f"{field.label} is needed.")
    match field.type:
        case "choice":
            return _chosen(field, typed) if typed else ""
        case "choices":
            return [_chosen(field, one.strip()) for one in typed.split(",") if one.strip()]
        case "people":
            return [one.strip() for one in typed.split(",") if one.strip()]
        case "check" if typed.lower() in YES:
            return "yes"
        case "check" if typed.lower() not in NO:
            raise Wrong(f"{field.label} is yes or no.")
        case "check":
            return ""
        case _:
            return typed


def _chosen(field: Field, typed: str) -> str:
    """A choice by its label or value, in any case."""
    if not field.choices:
        return typed
    for choice in field.choices:
        if typed.lower() in (choice.label.lower(), choice.value.lower()):
            return choice.value
    shown = ", ".join(choice.label for choice in field.choices[:FEW])
    more = " …" if len(field.choices) > FEW else ""
    raise Wrong(f"{field.label} is one of {shown}{more}; “{typed[:40]}” is none.")

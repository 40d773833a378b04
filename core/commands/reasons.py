"""Reasons that are asked for: `because=` typed, or given in a form that a button opens."""

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form
from core.commands.call import Call
from core.commands.refused import Refused, within

REASON_LENGTH = 500
LONGEST = 1500  # characters of a line that is offered again
ASK = "ask-why"
"""The hidden key by which a button opens the form; a command that asks for a reason declares it."""


def reason(call: Call, title: str, question: str, sample: str = "") -> str | Form:
    """What `because=` says; the form that asks for it where a button opened it; a refusal with that button else.
    sample: such a reason, where the command's example does not fit."""
    because = call.phrase("because")
    within(because, REASON_LENGTH, "A reason", call.command.example, field="because")
    if because:
        return because
    said = {key: value for key, value in call.options.items() if key not in (ASK, "because")}
    line = f"{call.command.name} {grammar.render(call.line.text, said, call.command.keys)}".strip()
    if call.given(ASK) and not call.ask.values:
        field = Field("because", question, "longtext", required=True, max_length=REASON_LENGTH)
        return Form(title, (field,), line)
    why = f"{question} Say because=."
    card = Card(why, buttons=(Button("Say why", f"{line} {ASK}=yes", form=True),))
    sample = sample or call.command.example.partition("because=")[2] or "the bank wants it"
    raise Refused(why, f"{line} because={sample}" if len(line) < LONGEST else call.command.example, card=card,
                  field="because")  # fmt: skip

"""`decide close`, `record`, `supersede`: what holds from then on, and why. Nothing of it changes any more."""

from core.chat import grammar
from core.chat.card import Card, Choice, Field, Form, Text, escape
from core.chat.words import shorten
from core.commands import sharing, standing, things
from core.commands.call import Call
from core.commands.decide.words import (
    closed,
    counts,
    key_of,
    missing,
    option_of,
    outcome,
    reason_of,
    refs,
    text_of,
    to_change,
    with_reason,
)
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sharing import AUDIENCES
from core.product import decisions
from core.product.audience import Audience
from core.product.decisions import Decision


@command(
    "decide close D-1 choose=OPTION because=",
    example="decide close D-1 choose=a because=banks open it in Excel",
    undoable=False,
)
def close(call: Call) -> Said:
    """Settle it for good, with the reason."""
    decision = to_change(call)
    key = key_of(decision)
    if not call.options and not call.peek() and not call.ask.values:
        return _close_form(call, decision)
    said = " ".join([call.words("choose"), call.rest().strip()]).strip()  # an option of several words, unquoted
    choice = option_of(call, decision, said, "close")
    because = reason_of(call)
    if not because:
        options = {"choose": choice, "because": "what spoke for it"}
        line = grammar.render(key, options, call.command.keys)
        raise Refused(f"Say why: because=. It is what people will ask of {key} later.", f"decide close {line}",
                      field="because")  # fmt: skip
    decisions.close(call.db, decision, call.person, choice, because)
    standing.show(call, Decision, decision.id)
    return closed(call, decision)


def _close_form(call: Call, decision: Decision) -> Form:
    votes = decisions.tally(call.db, decision)
    leading = votes.leading()
    against = decisions.objections(call.db, decision)
    hint = counts(votes) if votes.total and not decision.secret else f"{votes.total} voted"
    if against:
        objecting = "1 objects" if len(against) == 1 else f"{len(against)} object"
        hint += f" · {objecting}: {shorten(against[-1].text, 80)}"
    choices = tuple(Choice(option, option) for option in decision.options)
    value = leading[0] if len(leading) == 1 and not decision.secret else decision.options[0]
    fields = (
        Field("choose", "Decided", "choice", value, True, hint=hint, choices=choices),
        Field("because", "Because", "longtext", required=True, max_length=decisions.TEXT_LENGTH),
    )
    return Form(f"Close {key_of(decision)}", fields, f"decide close {key_of(decision)}", "Close")


@command(
    f"decide record TEXT [because=] [audience={AUDIENCES}] [about=]",
    example="decide record Archives are read-only because=auditors ask for it",
    undoable=False,
    text="decision",
)
def record(call: Call) -> Said:
    """Write down what is decided already."""
    if not call.line.text and not call.ask.values:
        return _record_form(call)
    text = text_of(call, "What is decided?", "decision")
    because = reason_of(call)
    if not because:
        line = grammar.render(text, {**call.options, "because": "what spoke for it"}, call.command.keys)
        raise Refused("Say why: because=.", f"decide record {line}", field="because")
    audience, about = sharing.audience(call, Audience.TEAM), refs(call, text, because)
    made = decisions.record(call.db, call.product.id, call.person, text, because, audience, about)
    title, body = with_reason(f"{key_of(made)} decided: {text}", because)
    return Card(title, tuple(body))


def _record_form(call: Call) -> Form:
    fields = (
        Field("decision", "Decided", "longtext", required=True, max_length=decisions.TEXT_LENGTH),
        Field("because", "Because", "longtext", call.words("because"), True, max_length=decisions.TEXT_LENGTH),
        sharing.audience_field(sharing.audience(call, Audience.TEAM)),
    )
    kept = {key: value for key, value in call.options.items() if key == "about"}
    return Form("A decision", fields, f"decide record {grammar.render('', kept, call.command.keys)}".strip())


@command(
    "decide supersede D-1 TEXT [because=] [about=]",
    example="decide supersede D-2 Archives may be edited because=auditors changed their mind",
    undoable=False,
    hidden="new-text",
)
def supersede(call: Call) -> Said:
    """Put a new decision in the place of a closed one, which stays as it was."""
    number = call.take_number("D", "decision")
    try:
        old = decisions.to_change(call.db, call.product.id, number)
    except decisions.NoSuchDecision as no:
        raise missing(number) from no
    key = key_of(old)
    if old.state == decisions.OPEN:
        raise Refused(f"{key} is still open: close it instead.", f"decide close {key}")
    newer = decisions.successors(call.db, [old.id]).get(old.id)
    if newer:
        raise Refused(f"D-{newer} has taken the place of {key} already.", f"decide show D-{newer}")
    if not call.peek() and not call.options and not call.ask.values:
        fields = (
            Field("new-text", "Decided", "longtext", required=True, hint=shorten(outcome(old), 140)),
            Field("because", "Because", "longtext"),
        )
        return Form(f"In place of {key}", fields, f"decide supersede {key}")
    text = text_of(call, "What holds from now on?", "new-text")
    because = reason_of(call)
    about = tuple(dict.fromkeys((*old.refs, *refs(call, text, because))))[: things.MOST]
    made = decisions.record(
        call.db, call.product.id, call.person, text, because, Audience(old.audience), about, replaces=old
    )
    title, body = with_reason(f"{key_of(made)} decided: {text}", because)
    return Card(title, (*body, Text(escape(f"It takes the place of {key}: {shorten(outcome(old), 120)}"), subtle=True)))

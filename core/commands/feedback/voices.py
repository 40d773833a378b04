"""Feedback in words: references to it, its fields from options and forms, its lines, and what is like it."""

from collections.abc import Sequence
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Choice, Field, Form, Line
from core.chat.words import counted, shorten
from core.commands import things
from core.commands.call import Call
from core.commands.feedback import money
from core.commands.items import Words
from core.commands.refused import Refused, within
from core.knowledge import duplicates
from core.product import feedback
from core.product.feedback import KINDS, NAME_LENGTH, TEXT_LENGTH, Demand, Feedback
from core.product.people import Role

NEAR = 0.3  # how like an item's title must be to be offered


def name(number: int) -> str:
    return f"F-{number}"


def found(call: Call, number: int) -> Feedback:
    try:
        return feedback.find(call.db, call.product.id, number)
    except feedback.NoSuchFeedback as no:
        raise Refused(f"{name(number)} is not in {call.product.name}.", "feedback list") from no


def several(call: Call) -> list[Feedback]:
    """One or more references at the front of the line."""
    rows = [found(call, call.take_number("F", "feedback"))]
    while call.peek().upper().startswith(("F-", "#F-")):
        rows.append(found(call, call.take_number("F", "feedback")))
    return list({row.id: row for row in rows}.values())


# ---- fields ----


def text_of(call: Call) -> str:
    """What was said, typed or from a form."""
    text = (call.words("new-text") or call.rest()).strip()
    field = "new-text" if call.given("new-text") else "text"
    return within(text, TEXT_LENGTH, "Feedback", call.command.example, field=field)


def fields_of(call: Call) -> dict[str, Any]:
    """The fields that the options name, in the columns' own types."""
    fields: dict[str, Any] = {}
    for key in ("customer", "segment"):
        if call.given(key):
            fields[key] = _called(call, key)
    if call.given("from"):
        fields |= _whose(call)
    if call.given("worth"):
        fields |= _worth(call)
    if call.options.get("kind"):
        fields["kind"] = call.choice("kind")
    if call.given("about"):
        fields["about"] = things.about(call)
    if call.given("link-back"):
        fields["link"] = call.options["link-back"]
    return fields


def _called(call: Call, key: str) -> str:
    said = call.phrase(key)
    if len(said) > NAME_LENGTH:
        raise call.wrong(key, f"{key} holds {NAME_LENGTH} characters; this has {len(said)}.", shorten(said, 60))
    return said


def _whose(call: Call) -> dict[str, Any]:
    """Who said it: somebody we know, or a name."""
    raw = call.options["from"].strip()
    if raw.startswith("@") or raw.lower() == "me" or raw in call.ask.mentions:
        return {"from_id": call.person_in("from"), "from_name": ""}
    return {"from_id": None, "from_name": _called(call, "from")}


def _worth(call: Call) -> dict[str, Any]:
    raw = call.options["worth"].strip()
    if not raw:
        return {"worth": None, "currency": ""}
    read = money.parse(raw)
    if read is None:
        raise call.wrong("worth", f"worth wants an amount a year such as 14k, not “{shorten(raw, 40)}”.", "14k")
    amount, currency = read
    ours = feedback.currency_of(call.db, call.product.id)
    if ours and currency and currency != ours:
        why = f"Worth is counted in {ours} here, so that it adds up; {currency} does not."
        raise call.wrong("worth", why, money.shown(amount, ours))
    return {"worth": amount, "currency": currency or ours}


def form(call: Call, title: str, submit: str, one: Feedback | None = None) -> Form:
    """The form of `feedback add` and `feedback edit`; options that were typed stand in it, or stay in its line."""
    said = call.options
    name = "new-text" if one else "text"
    text = one.text if one else ""
    fields = [Field(name, "What was said", "longtext", text, True, max_length=TEXT_LENGTH)]
    if call.may(Role.MEMBER):
        kind = one.kind if one else call.choice("kind") if said.get("kind") else "customer"
        worth = one.worth if one else None
        source = one.from_name or (f"@{call.external_id(one.from_id)}" if one.from_id else "") if one else ""
        fields += [
            Field("kind", "Kind", "choice", kind, choices=tuple(Choice(k.capitalize(), k) for k in KINDS)),
            Field("customer", "Customer", value=one.customer if one else said.get("customer", "")),
            Field("segment", "Segment", value=one.segment if one else said.get("segment", "")),
            Field(
                "worth", "Worth a year", value=said.get("worth", "") if worth is None
                else money.shown(worth, one.currency if one else ""), hint="Such as 14k",
            ),
            Field(
                "from", "Said by", value=source or said.get("from", ""),
                hint="A name, or @ and a colleague's; left empty, it is you",
            ),
        ]  # fmt: skip
    shown = {field.name for field in fields}
    kept = {key: value for key, value in said.items() if key not in shown}
    return Form(title, tuple(fields), f"{submit} {grammar.render('', kept, call.command.keys)}".strip())


# ---- in words ----


def whose(call: Call, row: Any) -> str:
    """Who said it, as far as it is known: 'North Bank', 'Jane of North Bank', 'bob'."""
    person = row.from_name or (call.name(row.from_id) if row.from_id else "")
    if row.customer:
        return f"{person} of {row.customer}" if person else str(row.customer)
    return person or call.name(row.author_id)


def worth(row: Any) -> str:
    return f"{money.shown(row.worth, row.currency)} a year" if row.worth else ""


def source(call: Call, row: Any) -> str:
    """'North Bank, €14k a year'."""
    return ", ".join(part for part in (whose(call, row), worth(row)) if part)


def line(call: Call, row: Any, items: Sequence[Any] = ()) -> Line:
    """One piece of feedback in a list."""
    words = Words(call)
    tied = ", ".join([*(words.key(item.number) for item in items), *row.about])
    kind = "" if row.customer and row.kind == "customer" else row.kind
    detail = [source(call, row), row.segment, kind, tied, call.date_of(row.created_at)]
    return Line(name(row.number), shorten(row.text, 140), " · ".join(part for part in detail if part))


def demand(call: Call, found: Demand) -> str:
    """'6 customers and 1 other, €84k a year'."""
    customers = counted(found.customers, "customer") if found.customers else ""
    others = counted(found.others, "other" if customers else "voice") if found.others or not customers else ""
    who = " and ".join(part for part in (customers, others) if part)
    if not found.worth:
        return who
    return f"{who}, {money.shown(found.worth, feedback.currency_of(call.db, call.product.id))} a year"


# ---- what is like it ----


def alike(call: Call, text: str) -> list[Any]:
    """Feedback that probably says the same, the likest first. A viewer is compared with nobody but themselves."""
    author = "" if call.may(Role.MEMBER) else call.person
    [found] = duplicates.alike(call.db, call.product.id, duplicates.FEEDBACK, [text], author=author)
    return found


def likely_items(call: Call, text: str, count: int = 3) -> list[Any]:
    """Open items whose titles are about the same thing."""
    if not call.may(Role.MEMBER):
        return []
    kind, product = duplicates.ITEMS, call.product.id
    [found] = duplicates.alike(call.db, product, kind, [text], least=NEAR, most=count, still_open=True)
    return found


def link_buttons(call: Call, number: int, text: str, tied: Sequence[Any] = ()) -> tuple[Button, ...]:
    """To the items that it is probably about and not tied to yet, and to a story of its own."""
    key = Words(call).key
    there = {item.number for item in tied}
    near = [
        Button(f"Link to {key(item.number)} {shorten(item.text, 30)}", f"feedback link F-{number} {key(item.number)}")
        for item in likely_items(call, text)
        if item.number not in there
    ]
    return (*near, Button("Make it a story", f"feedback story F-{number}", form=True))

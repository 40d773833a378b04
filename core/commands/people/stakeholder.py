"""`stakeholder …`: who has a stake, for the product manager and the product owner alone.

The register is private: replies are only ever for who asked, history and exports do not know it, and nothing answers
from it.
"""

from functools import partial

from core.chat import grammar
from core.chat.card import Button, Card, Choice, Field, Form, Items, Line, Text
from core.chat.words import counted, shorten
from core.commands.call import Call
from core.commands.feedback import voices
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import feedback, stakeholders
from core.product.people import Role
from core.product.stakeholders import LEVELS

_LEVELS = "|".join(LEVELS)
_PRIVATE = Text("Only you see this.", subtle=True)
_for_leads = partial(command, role=Role.PRODUCT_MANAGER, too=Role.PRODUCT_OWNER, private=True)


@_for_leads(
    f"stakeholder add @PERSON [interest={_LEVELS}] [influence={_LEVELS}]",
    example="stakeholder add me interest=high influence=high",
    undoable=False,
    hidden="person",
)
def add(call: Call) -> Said:
    """Put somebody into the private register, or change what is said of them."""
    word = call.options.get("person", "").strip() or call.take_word()
    call.end()
    if not word and not call.ask.values:
        return _form(call)
    try:
        person = call.take_person(word)
    except Refused as no:
        raise Refused(no.why, no.try_, field="person") from no
    levels = {key: call.choice(key) if call.options.get(key) else None for key in ("interest", "influence")}
    new = stakeholders.add(call.db, call.product.id, person, levels["interest"], levels["influence"])
    call.db.ledger.stand(call.db)
    found = stakeholders.find(call.db, call.product.id, person)
    assert found is not None
    what = "is in the register" if new else "is changed in the register"
    said = f"interest {found.interest}, influence {found.influence}: {found.approach}"
    return Card(f"{call.name(person)} {what} · {said}", (_PRIVATE,))


def _form(call: Call) -> Form:
    choices = tuple(Choice(level.capitalize(), level) for level in LEVELS)
    fields = (
        Field("person", "Who", "person", required=True),
        Field("interest", "Interest", "choice", call.options.get("interest") or "high", choices=choices),
        Field("influence", "Influence", "choice", call.options.get("influence") or "high", choices=choices),
    )
    return Form("A stakeholder", fields, "stakeholder add")


@_for_leads(
    "stakeholder list",
    example="stakeholder list",
    writes=False,
)
def list_(call: Call) -> Said:
    """The register: who matters most first, when you last heard of them, and what concerns them."""
    call.end()
    product = call.product
    rows = stakeholders.listed(call.db, product.id)
    if not rows:
        button = Button("Add one", "stakeholder add", form=True)
        return Card(f"{product.name} · no stakeholders yet", buttons=(button,))
    heard = stakeholders.last_contact(call.db, product.id, [row.person_id for row in rows])
    lines = []
    for row in rows:
        open_ = len(stakeholders.concerns(call.db, product.id, row.person_id))
        last = f"last heard of {call.date_of(heard[row.person_id])}" if row.person_id in heard else "not heard of yet"
        concerns = counted(open_, "open concern") if open_ else ""
        levels = f"interest {row.interest}, influence {row.influence}: {row.approach}"
        who = call.name(row.person_id)
        say = f"stakeholder concerns {grammar.quote(_address(call, row.person_id))}"
        buttons = (Button("Concerns", say),) if open_ else ()
        lines.append(Line(who, levels, " · ".join(part for part in (last, concerns) if part), buttons))
    return Card(f"{product.name} · stakeholders", (Items(tuple(lines)), _PRIVATE))


def _address(call: Call, person: str) -> str:
    return f"@{call.external_id(person) or call.name(person)}"


@_for_leads(
    "stakeholder concerns @PERSON",
    example="stakeholder concerns me",
    writes=False,
)
def concerns(call: Call) -> Said:
    """What concerns somebody and is not settled."""
    person = call.take_person()
    call.end()
    rows = stakeholders.concerns(call.db, call.product.id, person)
    who = call.name(person)
    if not rows:
        return Card(f"{who} has no open concern", (_PRIVATE,))
    tied = feedback.linked(call.db, [row.id for row in rows])
    lines = tuple(voices.line(call, row, tied.get(row.id, ())) for row in rows)
    title = f"{who} · {counted(len(rows), 'open concern')}"
    return Card(title, (Items(lines), _PRIVATE))


@_for_leads(
    "stakeholder remove @PERSON",
    example="stakeholder remove me",
    undoable=False,
)
def remove(call: Call) -> Said:
    """Take somebody out of the register; what they said stays."""
    person = call.take_person()
    call.end()
    who = call.name(person)
    if not stakeholders.remove(call.db, call.product.id, person):
        raise Refused(f"{shorten(who, 60)} is not in the register.", "stakeholder list")
    call.db.ledger.stand(call.db)
    return Card(f"{who} is no longer in the register")

"""`product advise`: product manager, product owner or both, by five questions."""

from core.chat import figures
from core.chat.card import Button, Card, Choice, Facts, Field, Form, Text, escape
from core.chat.words import listed
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import advice
from core.product.advice import BOTH, LEVELS, MANAGER, OWNER, QUESTIONS, Advice
from core.product.people import Role

_LEVELS = "|".join(LEVELS)
_KEYS = tuple(one.key for one in QUESTIONS)
_VERDICT = {
    MANAGER: "a product manager",
    OWNER: "a product owner",
    BOTH: "both, a product manager and a product owner",
}


@command(
    "product advise " + " ".join(f"[{key}={_LEVELS}]" for key in _KEYS),
    example="product advise breadth=high market=high departments=some iteration=low depth=some",
    writes=False,
    hidden="set-roles",
)
def advise(call: Call) -> Said:
    """Five questions: do you need a product manager, a product owner or both, and why."""
    call.end()
    if call.given("set-roles"):
        return _roles_form(call, call.options["set-roles"])
    given = {key: call.choice(key) for key in _KEYS if call.options.get(key, "").strip()}
    if not given and not call.ask.values:
        return _form(call)
    missing = [one for one in QUESTIONS if one.key not in given]
    if missing:
        line = " ".join(f"{key}={given.get(key, 'some')}" for key in _KEYS)
        why = f"{missing[0].asks} {missing[0].key}= is one of {listed(LEVELS)}."
        raise Refused(why, f"product advise {line}", field=missing[0].key)
    return _card(call, advice.advise(given), given)


def _form(call: Call) -> Form:
    fields = tuple(
        Field(one.key, one.asks, "choice", required=True, choices=tuple(Choice(one.answer(n), n) for n in LEVELS))
        for one in QUESTIONS
    )
    return Form("Which role do you need?", fields, "product advise", label="Advise me")


def _card(call: Call, found: Advice, given: dict[str, str]) -> Card:
    why = (
        f"Because {listed(found.reasons)}."
        if found.reasons
        else "Little asks for either; somebody must decide all the same."
    )
    if found.role is BOTH:
        how = "One person can hold both at first; two are better once each side fills a week."
    elif found.role is MANAGER:
        how = "The team's questions are few: the product manager can answer them too."
    else:
        how = "Strategy and market are small enough for the product owner to carry along."
    if found.close:
        how += " It is close: ask again when one of the answers changes."
    asked = tuple((one.asks, one.answer(given[one.key])) for one in QUESTIONS)
    sides = f"Product manager {figures.percent(found.manager)}, product owner {figures.percent(found.owner)}"
    button = Button("Set these roles now", f"product advise set-roles={found.role.replace(' ', '-')}", form=True)
    return Card(
        f"You need {_VERDICT[found.role]}",
        (Text(escape(f"{why} {how}")), Facts(asked), Text(f"{sides}; from 50 % on a role is needed.", subtle=True)),
        (button,) if call.may(Role.ADMIN) else (),
    )


def _roles_form(call: Call, role: str) -> Form:
    """Who is to hold them; sent off, it says `setup`, which checks who may name whom."""
    named = role.replace("-", " ")
    product = call.product
    fields = tuple(
        Field(key.value, key.called.capitalize(), "person", required=True,
              value=call.external_id(call.directory.holder(key, product.id, call.now) or call.person))
        for key in (Role.PRODUCT_MANAGER, Role.PRODUCT_OWNER)
        if named in (BOTH, key.called)
    )  # fmt: skip
    if not fields:
        raise Refused("There is no such role to set.", "product advise")
    return Form("Set these roles", fields, "setup")

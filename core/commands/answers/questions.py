"""`question add …` and what the asker does meanwhile: what the record does not answer goes to whoever decides."""

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Part, Quote, Reply, Text, escape
from core.chat.words import day_in_words
from core.commands.answers.question_words import TOPICS, YES, find_open, reads, rest, scene
from core.commands.call import Call
from core.commands.items import items_of
from core.commands.refused import Refused, needed, within
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.commands.workspace import checklist
from core.product import questions
from core.product.audience import Audience
from core.product.people import Role
from core.product.questions import LENGTH, Question
from core.schedule import question_cards

tell(
    "questions",
    Kind(
        "question",
        letter="Q",
        silent=frozenset({"asked_at", "answered_at", "stale_at", "stale_by", "stale_for", "audience", "role"}),
        names={"asker_id": "asker"},
    ),
)
tell("question_askers", Kind("somebody who asks the same", says=()))


# ---- asking ----


@command(
    "question add TEXT [on=ITEM] [to=] [urgent=] [assume=]",
    example="question add What is the largest file? on=APP-12 to=po",
    role=Role.VIEWER,
    text="text",
    hidden="form again apart",
)
def add(call: Call) -> Said:
    """Ask whoever decides: the product owner about requirements, the product manager about strategy."""
    text = _text(call)
    if text is None or call.given("form"):
        return _form(call, text or "")
    checklist.asked(call)
    item = _item(call)
    if (known := _known(call, text, item)) is not None:
        return known
    role, owner = _whose(call)
    urgent = call.options.get("urgent", "").strip().lower() in YES
    asked = questions.ask(
        call.db, call.product.id, text, call.person, audience=call.audience, item=item, role=role, owner=owner,
        urgent=urgent,
    )  # fmt: skip
    if assumption := _assumption(call):
        _assume(asked, call, assumption)
    call.db.flush()
    body: list[Part] = [Quote(escape(text)), Text(escape(what_now(call, asked)))]
    if asked.assumption:
        body.append(Text(f"You go on with: “{escape(asked.assumption)}”"))
    card = Card(_titled(call, asked), tuple(body), _asker_buttons(asked) if call.audience is Audience.TEAM else ())
    # told to the team where it was asked; a question from outside is between the asker and who decides
    return card if call.audience is Audience.TEAM else Reply(ok=True, card=card)


def _titled(call: Call, asked: Question) -> str:
    """'Q-3 goes to ann, who decides', or to whoever stands in for the one who was named."""
    raw = call.options.get("to", "").strip().lower()
    named = call.person_in("to") if raw and raw not in TOPICS else None
    why = f"stands in for {call.name(named)}" if named not in (None, asked.owner_id) else "decides"
    return f"Q-{asked.number} goes to {call.name(asked.owner_id)}, who {why}"


def _known(call: Call, text: str, item: str | None) -> Reply | None:
    """The same question is asked once, and answered to everybody who asked; what is answered is not asked again. Both
    unless it is said to be another (`apart`), or to be put all the same (`again`)."""
    if call.given("apart"):
        return None
    if (known := questions.same(call.db, call.product.id, text, item, reads(call))) is not None:
        return _joined(call, known, text)
    if call.given("again"):
        return None
    known = questions.answered(call.db, call.product.id, text, item, reads(call))
    return None if known is None else _answered(call, known, text)


def _assumption(call: Call) -> str:
    return within(call.phrase("assume"), LENGTH, "An assumption", field="assume")


def _text(call: Call) -> str | None:
    text = call.phrase()
    if not text and not call.ask.values:
        return None
    return needed(text, "Ask what?", LENGTH, "A question", call.command.example, field="text")


def _form(call: Call, text: str) -> Form:
    fields = (
        Field("text", "Your question", "longtext", value=text, required=True, max_length=LENGTH),
        Field("assume", "Until it is answered, I assume", hint="Left empty, you wait for the answer"),
    )
    kept = {key: call.options[key] for key in ("on", "to", "urgent") if call.options.get(key)}
    return Form(
        "Ask whoever decides", fields, f"question add {grammar.render('', kept, call.command.keys)}".strip(), "Ask"
    )


def _item(call: Call) -> str | None:
    raw = call.options.get("on", "").strip()
    if not raw:
        return None
    if call.audience is not Audience.TEAM:
        raise Refused("Only members of this product may ask about one item.", call.command.example)
    return items_of(call, [raw])[0].id


def _whose(call: Call) -> tuple[str, str]:
    """The role and the person that a question goes to; the stand-in's for somebody named who is away."""
    raw = call.options.get("to", "").strip() or "po"
    if (role := TOPICS.get(raw.lower())) is not None:
        return role.value, holder_of(call, role)
    person = call.person_in("to")
    if person is None:
        raise call.wrong("to", "to= wants po, pm or a person.", "po")
    there = scene(call).there
    if there.away(person, there.today(person, call.now)):
        for role in TOPICS.values():
            holder = call.directory.holder(role, call.product.id, call.now)
            held = any(
                grant.role is role and grant.person_id == person and grant.product_id == call.product.id
                for grant in call.directory.grants
            )
            if held and holder is not None and holder != person:
                return role.value, holder
    return "", person


def holder_of(call: Call, role: Role) -> str:
    """Who acts in a role; the other of the two where nobody does."""
    product = call.product
    other = Role.PRODUCT_MANAGER if role is Role.PRODUCT_OWNER else Role.PRODUCT_OWNER
    for one in (role, other):
        if holder := call.directory.holder(one, product.id, call.now):
            return holder
    raise Refused(f"{product.name} has neither a product owner nor a product manager yet.", "team role @ann po")


def what_now(call: Call, asked: Question) -> str:
    """When the owner sees it, and what else there is to do."""
    assert asked.owner_id is not None
    if asked.owner_id == call.person:
        return "That is you."
    name = call.name(asked.owner_id)
    if asked.urgent:
        return f"It stops production, so {name} is asked at once, whatever the hour."
    return question_cards.whereabouts(scene(call), asked.owner_id, "and is asked now")


def _asker_buttons(asked: Question) -> tuple[Button, ...]:
    key = f"Q-{asked.number}"
    return (
        *(() if asked.assumption else (Button("Go on with an assumption …", f"question assume {key}", form=True),)),
        *(() if asked.urgent else (Button("It stops production", f"question urgent {key}"),)),
    )


def _joined(call: Call, known: Question, text: str) -> Reply:
    """Wait for the answer to the open question that this one is again."""
    fresh = questions.join(call.db, known, call.person)
    if (assumption := _assumption(call)) and not known.assumption:
        _assume(known, call, assumption)
    if call.options.get("urgent", "").strip().lower() in YES and not known.urgent:
        _hurry(call, known)
    call.db.flush()
    who = "you" if known.asker_id == call.person else call.name(known.asker_id)
    title = f"Q-{known.number} is that question, asked by {who}, {call.date_of(known.asked_at)}"
    if not fresh and who != "you":
        title = f"{title}; you wait for it already"
    hears = f"You hear it when {escape(call.name(known.owner_id))} answers."
    body: list[Part] = [Quote(escape(known.text)), Text(f"It stops production. {hears}" if known.urgent else hears)]
    if known.assumption:
        body.append(Text(f"{escape(call.name(known.assumed_by))} goes on with: “{escape(known.assumption)}”"))
    ways = _asker_buttons(known) if call.audience is Audience.TEAM else ()
    return Reply(ok=True, card=Card(title, tuple(body), (*ways, _again(call, "It is another one", text, "apart"))))


def _answered(call: Call, known: Question, text: str) -> Reply:
    """What has been asked in these words before is answered with who said so and when."""
    assert known.answered_at is not None
    day = day_in_words(known.answered_at.astimezone(call.tz).date(), call.today)
    said = Quote(escape(known.answer), f"{call.name(known.answered_by)}, {day}")
    card = Card(
        f"Q-{known.number} was asked before, and is answered",
        (Quote(escape(known.text)), said),
        (_again(call, "Ask it anyway", text, "again"),),
    )
    return Reply(ok=True, card=card)


def _again(call: Call, label: str, text: str, key: str) -> Button:
    """The same line, to be taken for another question."""
    options = {name: value for name, value in call.options.items() if name not in ("text", "form")}
    return Button(label, f"question add {grammar.render(text, {**options, key: 'yes'}, call.command.keys)}")


@command("question urgent Q-3", example="question urgent Q-3")
def urgent(call: Call) -> Said:
    """It stops production: whoever decides is asked at once, whatever the hour."""
    found = find_open(call)
    call.end()
    if found.urgent:
        return Reply(ok=True, card=Card(f"Q-{found.number} is urgent already; nothing was changed."))
    _hurry(call, found)
    return Card(f"Q-{found.number} stops production: {call.name(found.owner_id)} is asked at once")


def _hurry(call: Call, found: Question) -> None:
    found.urgent = True
    call.db.flush()


# ---- meanwhile ----


@command(
    "question assume Q-3 TEXT",
    example="question assume Q-3 One gigabyte at most",
    hidden="new-text",
)
def assume(call: Call) -> Said:
    """Go on with an assumption; it stays marked on the item until the owner says right or wrong."""
    found = find_open(call)
    text = rest(call, "What do you assume?")
    if text is None:
        field = Field(
            "new-text",
            "Until it is answered, I assume",
            "longtext",
            required=True,
            max_length=LENGTH,
            value=found.assumption,
        )
        return Form(f"Q-{found.number}", (field,), f"question assume Q-{found.number}", "Go on")
    within(text, LENGTH, "An assumption", field="new-text")
    _assume(found, call, text)
    call.db.flush()
    about = question_cards.item_named(call.db, call.product, found.item_id)
    where = f" on {about}" if about else ""
    title = f"Q-{found.number}: {call.name(call.person)} assumes{where} until {call.name(found.owner_id)} says"
    return Card(title, (Quote(escape(text)),))


def _assume(found: Question, call: Call, text: str) -> None:
    found.assumption, found.assumed_by, found.verdict = text, call.person, ""

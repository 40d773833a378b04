"""`question …`: what the record does not answer goes to whoever decides, and comes back once for everybody."""

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Line, Part, Quote, Reply, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.product import criteria, questions
from core.product.audience import Audience
from core.product.people import Role
from core.product.questions import ANSWER_LENGTH, LENGTH, RIGHT, Question
from core.schedule import questions as asking
from core.schedule.questions import Scene

TOPICS = {"po": Role.PRODUCT_OWNER, "pm": Role.PRODUCT_MANAGER}
YES = frozenset({"yes", "y", "true", "1", "on"})

tell(
    "questions",
    Kind(
        "question",
        letter="Q",
        silent=frozenset({"asked_at", "answered_at", "stale_at", "audience", "role"}),
        names={"asker_id": "asker", "stale_by": "stale by"},
    ),
)
tell("question_askers", Kind("somebody who asks the same", says=()))


# ---- asking ----


@command(
    "question add TEXT [on=ITEM] [to=] [urgent=] [assume=]",
    example="question add What is the largest file? on=APP-12 to=po",
    role=Role.VIEWER,
    text="text",
    hidden="form",
)
def add(call: Call) -> Said:
    """Ask whoever decides: the product owner about requirements, the product manager about strategy."""
    text = _text(call)
    if text is None or call.given("form"):
        return _form(call, text or "")
    role, owner = _whose(call)
    item = _item(call)
    urgent = call.options.get("urgent", "").strip().lower() in YES
    product = call.product
    known = questions.same(call.db, product.id, text, item, [one.value for one in call.audience.reads])
    if known is not None:
        return _joined(call, known)
    audience = Audience.TEAM if call.audience is Audience.TEAM else call.audience
    asked = questions.ask(
        call.db, product.id, text, call.person, audience=audience, item=item, role=role, owner=owner, urgent=urgent
    )
    if assumption := " ".join(call.words("assume").split()):
        _assume(asked, call, assumption)
    call.db.flush()
    title = f"Q-{asked.number} goes to {call.name(owner)}, who decides"
    body: list[Part] = [Quote(escape(text)), Text(escape(_what_now(call, asked)))]
    if asked.assumption:
        body.append(Text(f"You go on with: “{escape(asked.assumption)}”"))
    card = Card(title, tuple(body), _asker_buttons(asked) if call.audience is Audience.TEAM else ())
    # told to the team where it was asked; a question from outside is between the asker and who decides
    return card if call.audience is Audience.TEAM else Reply(ok=True, card=card)


def _text(call: Call) -> str | None:
    text = " ".join(call.rest().split())
    if not text and not call.ask.values:
        return None
    if not text:
        raise Refused("Ask what?", call.command.example, field="text")
    if len(text) > LENGTH:
        raise Refused(
            f"A question holds {LENGTH} characters; this one has {len(text)}.", call.command.example, field="text"
        )
    return text


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
    """The role and the person that a question goes to."""
    raw = call.options.get("to", "").strip() or "po"
    if (role := TOPICS.get(raw.lower())) is not None:
        return role.value, holder_of(call, role)
    person = call.person_in("to")
    if person is None:
        raise call.wrong("to", "to= wants po, pm or a person.", "po")
    return "", person


def holder_of(call: Call, role: Role) -> str:
    """Who acts in a role; the other of the two where nobody does."""
    product = call.product
    other = Role.PRODUCT_MANAGER if role is Role.PRODUCT_OWNER else Role.PRODUCT_OWNER
    for one in (role, other):
        if holder := call.directory.holder(one, product.id, call.now):
            return holder
    raise Refused(f"{product.name} has neither a product owner nor a product manager yet.", "team role @ann po")


def scene(call: Call) -> Scene:
    return asking.scene_of(call.db, call.directory, call.product.id)


def _what_now(call: Call, asked: Question) -> str:
    """When the owner sees it, and what else there is to do."""
    assert asked.owner_id is not None
    if asked.owner_id == call.person:
        return "That is you."
    if asked.urgent:
        return f"It stops production, so {call.name(asked.owner_id)} is asked at once, whatever the hour."
    where = asking.whereabouts(scene(call), asked.owner_id)
    return where or f"{call.name(asked.owner_id)} is at work and is asked now."


def _asker_buttons(asked: Question) -> tuple[Button, ...]:
    key = f"Q-{asked.number}"
    return (
        *(() if asked.assumption else (Button("Go on with an assumption …", f"question assume {key}", form=True),)),
        *(() if asked.urgent else (Button("It stops production", f"question urgent {key}"),)),
    )


def _joined(call: Call, known: Question) -> Reply:
    """The same question is asked once, and answered to everybody who asked."""
    fresh = questions.join(call.db, known, call.person)
    who = "you" if known.asker_id == call.person else call.name(known.asker_id)
    when = call.date_of(known.asked_at)
    title = f"Q-{known.number} is that question, asked by {who}, {when}"
    body: list[Part] = [
        Quote(escape(known.text)),
        Text(f"You hear it when {escape(call.name(known.owner_id))} answers."),
    ]
    if known.assumption:
        body.append(Text(f"{escape(call.name(known.assumed_by))} goes on with: “{escape(known.assumption)}”"))
    return Reply(
        ok=True, card=Card(title if fresh or who == "you" else f"{title}; you wait for it already", tuple(body))
    )


@command("question urgent Q-3", example="question urgent Q-3")
def urgent(call: Call) -> Said:
    """It stops production: whoever decides is asked at once, whatever the hour."""
    found = _open(call)
    call.end()
    if found.urgent:
        return Reply(ok=True, card=Card(f"Q-{found.number} is urgent already; nothing was changed."))
    asking.hurry(call.db, found)
    found.urgent = True
    call.db.flush()
    return Card(f"Q-{found.number} stops production: {call.name(found.owner_id)} is asked at once")


# ---- meanwhile ----


@command(
    "question assume Q-3 TEXT",
    example="question assume Q-3 One gigabyte at most",
    hidden="new-text",
)
def assume(call: Call) -> Said:
    """Go on with an assumption; it stays marked on the item until the owner says right or wrong."""
    found = _open(call)
    text = _rest(call, "What do you assume?")
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
    if len(text) > LENGTH:
        raise Refused(f"An assumption holds {LENGTH} characters; this one has {len(text)}.", field="new-text")
    _assume(found, call, text)
    call.db.flush()
    about = asking.item_named(call.db, call.product, found.item_id)
    where = f" on {about}" if about else ""
    title = f"Q-{found.number}: {call.name(call.person)} assumes{where} until {call.name(found.owner_id)} says"
    return Card(title, (Quote(escape(text)),))


def _assume(found: Question, call: Call, text: str) -> None:
    found.assumption, found.assumed_by, found.verdict = text, call.person, ""


# ---- deciding ----


@command(
    "question answer Q-3 TEXT", example="question answer Q-3 Two gigabytes, larger exports are split", hidden="new-text"
)
def answer(call: Call) -> Said:
    """Answer a question: whoever asked is told, and whoever asks next."""
    found = _deciding(call)
    text = _rest(call, "What is the answer?")
    if text is None:
        field = Field(
            "new-text",
            shorten(found.text, 140),
            "longtext",
            required=True,
            max_length=ANSWER_LENGTH,
            value=found.answer,
        )
        return Form(f"Q-{found.number}", (field,), f"question answer Q-{found.number}", "Answer")
    if len(text) > ANSWER_LENGTH:
        raise Refused(f"An answer holds {ANSWER_LENGTH} characters; this one has {len(text)}.", field="new-text")
    again = not found.open
    if again and found.answer == text and found.stale_at is None:
        return Reply(ok=True, card=Card(f"Q-{found.number} is answered like that already; nothing was changed."))
    questions.settle(call.db, found, text, call.person)
    return _decided(call, found, "has a new answer" if again else "is answered")


@command("question right Q-3", example="question right Q-3", hidden="criterion")
def right(call: Call) -> Said:
    """Say that what was assumed is right; it becomes the answer, and a criterion of the item where you say so."""
    found = _deciding(call)
    call.end()
    if not found.assumption:
        raise Refused(f"Nobody has assumed anything about Q-{found.number}.", f"question answer Q-{found.number}")
    if not found.open and found.verdict == RIGHT:
        return Reply(ok=True, card=Card(f"Q-{found.number} is settled already; nothing was changed."))
    found.verdict = RIGHT
    questions.settle(call.db, found, found.assumption, call.person)
    if call.options.get("criterion", "").lower() in YES and found.item_id:
        [item] = items_of(call, [_key_of(call, found)])
        criteria.add(call.db, item, found.assumption)
        number = len(criteria.of(call.db, item.id))
        return _decided(call, found, f"is settled, and is criterion {number} of {Words(call).key(item.number)}")
    return _decided(call, found, "is settled: the assumption is right")


def _key_of(call: Call, found: Question) -> str:
    return asking.item_named(call.db, call.product, found.item_id).split(" ", 1)[0]


def _decided(call: Call, found: Question, what: str) -> Card:
    told = [call.name(person) for person in questions.askers(call.db, found) if person != call.person]
    body: list[Part] = [Quote(escape(found.text)), Text(escape(found.answer))]
    if told:
        body.append(Text(f"{escape(listed(told))} will be told.", subtle=True))
    if found.assumption and found.verdict != RIGHT:
        body.append(Text(f"It was assumed: “{escape(found.assumption)}”", subtle=True))
    return Card(f"Q-{found.number} {what}", tuple(body))


@command("question verify Q-3", example="question verify Q-4")
def verify(call: Call) -> Said:
    """Say that an answer still holds after what it is about has changed."""
    found = _deciding(call)
    call.end()
    if found.open:
        raise Refused(f"Q-{found.number} is not answered yet.", f"question answer Q-{found.number}")
    if found.stale_at is None:
        return Reply(ok=True, card=Card(f"Nothing has changed about Q-{found.number} since; it holds."))
    found.stale_at, found.stale_by = None, ""
    found.answered_at, found.answered_by = call.now, call.person
    call.db.flush()
    return Card(
        f"Q-{found.number} still holds, says {call.name(call.person)}",
        (Quote(escape(found.text)), Text(escape(found.answer))),
    )


@command("question route Q-3 po|pm|@PERSON", example="question route Q-3 pm")
def route(call: Call) -> Said:
    """Give a question to whoever really decides it."""
    found = _open(call)
    word = call.take_word()
    call.end()
    role = TOPICS.get(word.lower())
    person = holder_of(call, role) if role else call.take_person(word)
    if person == found.owner_id:
        return Reply(ok=True, card=Card(f"Q-{found.number} is {call.name(person)}'s already; nothing was changed."))
    found.owner_id, found.role = person, role.value if role else ""
    call.db.flush()
    return Card(
        f"Q-{found.number} goes to {call.name(person)}",
        (Quote(escape(found.text)), Text(escape(_what_now(call, found)))),
    )


@command("question later Q-3", example="question later Q-3", undoable=False)
def later(call: Call) -> Said:
    """Be asked again when your next day begins."""
    found = _deciding(call)
    call.end()
    if not found.open:
        raise Refused(f"Q-{found.number} is answered already.", "question list")
    again = asking.ask_tomorrow(scene(call), found, call.person)
    local = again.astimezone(scene(call).there.zone(call.person))
    return Reply(ok=True, card=Card(f"I will ask again on {local:%A} at {local:%H:%M}"))


@command("question reopen Q-3", example="question reopen Q-4")
def reopen(call: Call) -> Said:
    """Open an answered question again; whoever decides is asked anew."""
    found = _found(call)
    call.end()
    if found.open:
        raise Refused(f"Q-{found.number} is open.", "question list")
    before = found.answer
    questions.reopen(found, call.now)
    call.db.flush()
    body = (Quote(escape(found.text)), Text(f"The answer was: “{escape(before)}”", subtle=True))
    return Card(f"Q-{found.number} is open again, with {call.name(found.owner_id)}", body)


# ---- reading ----


@command("question list", example="question list", writes=False)
def list_(call: Call) -> Said:
    """Open questions, the oldest first, and answers that may no longer hold."""
    call.end()
    product = call.product
    open_ = questions.unanswered(call.db, product.id)
    stale = questions.unsettled(call.db, product.id)
    if not open_ and not stale:
        return Card(f"No open questions about {product.name}", buttons=(Button("Ask one", "ask", form=True),))
    body: list[Part] = [Items(tuple(line(call, row) for row in open_))] if open_ else []
    if stale:
        body += [Text("**To verify: what they are about has changed**"), Items(tuple(line(call, row) for row in stale))]
    return Card(f"{product.name} · {counted(len(open_), 'open question')}", tuple(body))


@command("question show Q-3", example="question show Q-3", writes=False)
def show(call: Call) -> Said:
    """One question: who asked, what is assumed, what was answered."""
    found = _found(call)
    call.end()
    about = asking.item_named(call.db, call.product, found.item_id)
    body: list[Part] = [Quote(escape(found.text), f"{call.name(found.asker_id)}, {call.date_of(found.asked_at)}")]
    if about and call.audience is Audience.TEAM:
        body.append(Text(escape(f"About {about}")))
    if found.open:
        body.append(Text(f"Open, with {escape(call.name(found.owner_id))}."))
    elif found.answered_at:
        who = f"{call.name(found.answered_by)}, {call.date_of(found.answered_at)}"
        body.append(Text(f"{escape(who)}: {escape(found.answer)}"))
    if found.assumption:
        judged = f", which was {found.verdict}" if found.verdict else ""
        body.append(Text(escape(f"{call.name(found.assumed_by)} assumed: “{found.assumption}”{judged}")))
    if found.stale_at:
        body.append(Text(f"It may no longer hold: {escape(found.stale_by)}", subtle=True))
    row = line(call, found)
    return Card(f"Q-{found.number}", tuple(body), row.buttons if call.audience is Audience.TEAM else ())


def line(call: Call, row: Question) -> Line:
    """'Q-3 What is …? · Ann, 2 days · Lena assumes “left out”'."""
    days = (call.today - row.asked_at.astimezone(call.tz).date()).days
    age = "today" if days <= 0 else counted(days, "day")
    assumed = (
        f"{call.name(row.assumed_by)} assumes “{shorten(row.assumption, 80)}”" if row.assumption and row.open else ""
    )
    about = asking.item_named(call.db, call.product, row.item_id).split(" ", 1)[0]
    said = "stops production" if row.urgent and row.open else ""
    state = (
        f"{call.name(row.owner_id)}, {age}" if row.open else f"answered by {call.name(row.answered_by)}; {row.stale_by}"
    )
    detail = " · ".join(part for part in (about, state, said, assumed) if part)
    key = f"Q-{row.number}"
    buttons = (
        (Button("Answer …", f"question answer {key}", form=True),)
        if row.open
        else (Button("Still right", f"question verify {key}"), Button("No, …", f"question answer {key}", form=True))
    )
    return Line(key, shorten(row.text, 200), detail, buttons)


# ---- which one, and who may ----


def _found(call: Call) -> Question:
    number = call.take_number("Q", "question")
    product = call.product
    found = questions.find(call.db, product.id, number)
    if found is None or found.audience not in {one.value for one in call.audience.reads}:
        raise Refused(f"There is no question Q-{number} in {product.name}.", "question list")
    return found


def _open(call: Call) -> Question:
    found = _found(call)
    if not found.open:
        why = f"Q-{found.number} was answered by {call.name(found.answered_by)}: {shorten(found.answer, 120)}"
        raise Refused(why.rstrip(".") + ".", f"question reopen Q-{found.number}")
    return found


def _deciding(call: Call) -> Question:
    """The question, for who decides it: who was asked, or who holds the role it went to."""
    found = _found(call)
    roles = {Role.ADMIN, Role(found.role)} if found.role else {Role.ADMIN, *TOPICS.values()}
    if call.person != found.owner_id and not call.roles & roles:
        called = Role(found.role).called if found.role else "product owner or manager"
        who = call.name(found.owner_id)
        better = f"question assume Q-{found.number}" if found.open else "question list"
        raise Refused(f"Only {who} or the {called} decides Q-{found.number}.", better)
    return found


def _rest(call: Call, asked: str) -> str | None:
    """The words behind the number, or a form's; None where a form is to ask for them."""
    text = call.words("new-text") if call.given("new-text") else call.rest().strip()
    if not text and not call.ask.values:
        return None
    if not text:
        raise Refused(asked, call.command.example, field="new-text")
    return text

"""What becomes of a question: its answer, by whom, and who decides it; the questions that are open, by age."""

from core.chat.card import Button, Card, Field, Form, Items, Part, Quote, Reply, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.answers.question_words import (
    TOPICS,
    YES,
    buttons,
    find,
    find_mine,
    find_open,
    line,
    reads,
    rest,
    scene,
)
from core.commands.answers.questions import holder_of, what_now
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.product import criteria, questions
from core.product.audience import Audience
from core.product.people import Role
from core.product.questions import ANSWER_LENGTH, RIGHT, Question
from core.schedule import question_cards
from core.schedule import questions as asking

MADE_OF = 400  # characters of an answer that may become a criterion by a button

# ---- deciding ----


@command(
    "question answer Q-3 TEXT",
    example="question answer Q-3 Two gigabytes, larger exports are split",
    role=Role.VIEWER,
    hidden="new-text",
)
def answer(call: Call) -> Said:
    """Answer a question: whoever asked is told, and whoever asks next."""
    found = find_mine(call)
    text = rest(call, "What is the answer?")
    if text is None:
        field = Field(
            "new-text",
            shorten(found.text, 140),
            "longtext",
            required=True,
            max_length=ANSWER_LENGTH,
            value=found.answer,
        )
        return Form(
            f"Q-{found.number}",
            (field,),
            f"question answer Q-{found.number}",
            "Answer",
        )
    within(text, ANSWER_LENGTH, "An answer", field="new-text")
    again = not found.open
    if again and found.answer == text and found.stale_at is None:
        return Reply(ok=True, card=Card(f"Q-{found.number} is answered like that already; nothing was changed."))
    questions.settle(call.db, found, text, call.person)
    return _decided(call, found, "has a new answer" if again else "is answered")


@command("question right Q-3", example="question right Q-3", hidden="criterion")
def right(call: Call) -> Said:
    """Say that what was assumed is right; it becomes the answer, and a criterion of the item where you say so."""
    found = find_mine(call)
    call.end()
    if not found.assumption:
        raise Refused(f"Nobody has assumed anything about Q-{found.number}.", f"question answer Q-{found.number}")
    if not found.open and found.verdict == RIGHT:
        return Reply(ok=True, card=Card(f"Q-{found.number} is settled already; nothing was changed."))
    if not found.open and found.answer != found.assumption:
        said = (
            f"Q-{found.number} was answered otherwise by {call.name(found.answered_by)}: {shorten(found.answer, 120)}."
        )
        raise Refused(said, f"question answer Q-{found.number} {shorten(found.assumption, 200)}")
    found.verdict = RIGHT
    questions.settle(call.db, found, found.assumption, call.person)
    if call.options.get("criterion", "").lower() in YES and found.item_id:
        [item] = items_of(call, [_key_of(call, found)])
        criteria.add(call.db, item, found.assumption)
        number = len(criteria.of(call.db, item.id))
        return _decided(call, found, f"is settled, and is criterion {number} of {Words(call).key(item.number)}")
    return _decided(call, found, "is settled: the assumption is right")


def _key_of(call: Call, found: Question) -> str:
    return question_cards.item_named(call.db, call.product, found.item_id).split(" ", 1)[0]


def _decided(call: Call, found: Question, what: str) -> Card:
    told = [call.name(person) for person in questions.askers(call.db, found) if person != call.person]
    body: list[Part] = [Quote(escape(found.text)), Text(escape(found.answer))]
    if told:
        body.append(Text(f"{escape(listed(told))} will be told.", subtle=True))
    if found.assumption and found.verdict != RIGHT:
        body.append(Text(f"It was assumed: “{escape(found.assumption)}”", subtle=True))
    return Card(f"Q-{found.number} {what}", tuple(body), _to_criteria(call, found))


def _to_criteria(call: Call, found: Question) -> tuple[Button, ...]:
    """An answer about an item may become one of its criteria in one tap."""
    if call.audience is not Audience.TEAM:
        return ()
    if found.item_id is None or len(found.answer) > MADE_OF or "\n" in found.answer:
        return ()
    said = {row.text.casefold() for row in criteria.of(call.db, found.item_id)}
    if found.answer.casefold() in said:
        return ()
    return (Button("Make it a criterion", f"backlog criteria {_key_of(call, found)} add {found.answer}"),)


@command("question verify Q-3", example="question verify Q-4")
def verify(call: Call) -> Said:
    """Say that an answer still holds after what it is about has changed."""
    found = find_mine(call)
    call.end()
    if found.open:
        raise Refused(f"Q-{found.number} is not answered yet.", f"question answer Q-{found.number}")
    if found.stale_at is None:
        return Reply(ok=True, card=Card(f"Nothing has changed about Q-{found.number} since; it holds."))
    found.hold()
    found.answered_at, found.answered_by = call.now, call.person
    call.db.flush()
    return Card(
        f"Q-{found.number} still holds, says {call.name(call.person)}",
        (Quote(escape(found.text)), Text(escape(found.answer))),
    )


@command("question route Q-3 po|pm|@PERSON", example="question route Q-3 pm")
def route(call: Call) -> Said:
    """Give a question to whoever really decides it."""
    found = find_open(call)
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
        (Quote(escape(found.text)), Text(escape(what_now(call, found)))),
    )


@command("question later Q-3", example="question later Q-3", undoable=False)
def later(call: Call) -> Said:
    """Be asked again when your next day begins."""
    found = find_mine(call)
    call.end()
    if not found.open:
        raise Refused(f"Q-{found.number} is answered already.", "question list")
    again = asking.ask_tomorrow(scene(call), found, call.person)
    local = again.astimezone(scene(call).there.zone(call.person))
    return Reply(ok=True, card=Card(f"I will ask again on {local:%A} at {local:%H:%M}"))


@command("question reopen Q-3", example="question reopen Q-4")
def reopen(call: Call) -> Said:
    """Open an answered question again; whoever decides is asked anew."""
    found = find(call)
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


@command("question show Q-3", example="question show Q-3", role=Role.VIEWER, writes=False)
def show(call: Call) -> Said:
    """One question: who asked, what is assumed, what was answered."""
    found = find(call)
    call.end()
    about = question_cards.item_named(call.db, call.product, found.item_id)
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
    if found.doubted(reads(call)):
        body.append(Text(f"It may no longer hold: {escape(found.stale_by)}", subtle=True))
    return Card(f"Q-{found.number}", tuple(body), buttons(call, found) if call.audience is Audience.TEAM else ())

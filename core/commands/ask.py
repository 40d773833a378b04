"""`ask …`: a question about the product, answered from the record."""

from collections.abc import Sequence

from core.chat.card import Button, Card, Field, Form, Part, Quote, Text, escape
from core.commands.call import Call, day_in_words, shorten
from core.commands.cited import Cited, cited, may_open
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.knowledge import answers
from core.knowledge.answers import Answered
from core.knowledge.search import Hit
from core.product import backlog
from core.product.people import Role

QUESTION_LENGTH = 500
DECIDES = {"requirements": Role.PRODUCT_OWNER, "strategy": Role.PRODUCT_MANAGER}


@command(
    "ask [ITEM] QUESTION",
    example="ask Does the CSV export include archived projects?",
    role=Role.VIEWER,
    writes=False,
    text="question",
    guests=True,
)
def ask(call: Call) -> Said:
    """Answer a question from the record, with the source, its date and how sure it is; or say that it is not there."""
    product = call.product
    item = _item(call)
    question = " ".join(call.rest().split())
    if not question and not call.ask.values:
        field = Field("question", "Your question", "longtext", required=True, max_length=QUESTION_LENGTH)
        return Form(f"Ask about {shorten(product.name, 40)}", (field,), "ask", "Ask")
    if not question:
        raise Refused("Ask what?", call.command.example, field="question")
    if len(question) > QUESTION_LENGTH:
        why = f"A question holds {QUESTION_LENGTH} characters; this one has {len(question)}."
        raise Refused(why, call.command.example, field="question")
    answered = answers.answer(call.db, product.id, call.audience, question, item)
    shown = [answered.source] if answered.source else []
    names = cited(call, [*shown, *answered.related])
    if answered.kind == "answer":
        return _answer(call, answered, names)
    return _not_written(call, answered, names)


def _item(call: Call) -> str | None:
    """The id of the item that a question names first, for those who may read items; else its key is part of the
    question."""
    product = call.product
    head, _, tail = call.peek().upper().rstrip(":,").rpartition("-")
    if not (head and tail.isascii() and tail.isdigit() and len(tail) < 10) or len(call.line.words) < 2:
        return None
    if not call.may(Role.MEMBER) and not call.may(Role.LEAD):
        return None
    try:
        number = backlog.number_of(call.db, product.id, product.key, f"{head}-{tail}")
    except (backlog.NoSuchItem, backlog.TwoItems):
        return None
    found = backlog.ids(call.db, product.id, [number])
    if found:
        call.take_word()
    return found[0] if found else None


# ---- how answers read ----


def _answer(call: Call, answered: Answered, names: dict[str, Cited]) -> Card:
    """The sentences, where they stand and since when, how sure that is, and what else is near."""
    assert answered.source is not None
    source = names[answered.source.id]
    sure = f"Sure: {_how_sure(answered.confidence)}."
    also = [names[hit.id].name for hit in answered.related]
    body = (
        _quote(call, answered, source),
        Text(escape(f"{sure} Also related: {' · '.join(also)}" if also else sure), subtle=True),
    )
    return Card(_titled(answered), body, _open(call, [source]))


def _not_written(call: Call, answered: Answered, names: dict[str, Cited]) -> Card:
    """The closest there is, or what is near; and who decides."""
    if answered.source is not None:
        source = names[answered.source.id]
        body: list[Part] = [Text("The closest I have is this; it may not answer it."), _quote(call, answered, source)]
        opens = [source]
        title = _titled(answered)
    else:
        title = f"Not written down: {_titled(answered)}"
        near = [names[hit.id].name for hit in answered.related]
        body = [Text(escape(f"Nearest: {' · '.join(near)}"))] if near else [Text("Nothing I have is near it.")]
        opens = [names[hit.id] for hit in answered.related]
    return Card(title, (*body, Text(escape(_who_decides(call, answered)))), _open(call, opens))


def _titled(answered: Answered) -> str:
    return f"“{shorten(answered.question, 140)}”"


def _quote(call: Call, answered: Answered, source: Cited) -> Quote:
    hit = answered.source
    assert hit is not None
    said = " ".join(" ".join(sentence.split()) for sentence in answered.sentences)
    return Quote(escape(said), _dated(call, hit, source))


def _dated(call: Call, hit: Hit, source: Cited) -> str:
    """'APP-40 CSV export, criterion 3 · Ann, 14 Oct'. A guest learns no names."""
    who = call.name(hit.author) if hit.author and call.may(Role.VIEWER) else ""
    day = day_in_words(hit.at.astimezone(call.tz).date(), call.today)
    return f"{source.name} · {f'{who}, ' if who else ''}{day}"


def _how_sure(confidence: float) -> str:
    return "high" if confidence >= 0.8 else "fairly"


def _who_decides(call: Call, answered: Answered) -> str:
    role = DECIDES[answered.topic]
    what = "A requirement" if answered.topic == "requirements" else "A question of strategy"
    holder = call.directory.holder(role, call.product.id, call.now) if call.may(Role.VIEWER) else None
    return f"{what}, so {call.name(holder) if holder else f'the {role.called}'} decides."


def _open(call: Call, sources: Sequence[Cited]) -> tuple[Button, ...]:
    found = dict.fromkeys(one.button for one in sources if one.button and may_open(call, one.button))
    return tuple(found)[:3]

"""`ask …`: a question about the product, answered from the record."""

from collections.abc import Sequence

from core.chat import grammar
from core.chat.card import Button, Card, Field, Form, Items, Part, Quote, Text, escape
from core.chat.words import day_in_words, shorten
from core.commands import things
from core.commands.answers import recorded
from core.commands.answers.cited import Cited, cited
from core.commands.answers.question_words import line
from core.commands.call import Call, references
from core.commands.items import Words
from core.commands.refused import needed
from core.commands.registry import REGISTRY, Said, command
from core.commands.rights import permitted
from core.commands.workspace import checklist
from core.knowledge import answers
from core.knowledge.answers import Answered
from core.knowledge.confidence import HIGH
from core.knowledge.search import Hit
from core.knowledge.topics import Topic
from core.product import backlog, questions
from core.product.audience import Audience
from core.product.people import Role
from core.schedule import question_cards

QUESTION_LENGTH = 500
TO: dict[Topic, str] = {"requirements": "po", "strategy": "pm"}
DECIDES: dict[Topic, Role] = {"requirements": Role.PRODUCT_OWNER, "strategy": Role.PRODUCT_MANAGER}


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
    question = call.phrase()
    if not question and not call.ask.values:
        field = Field("question", "Your question", "longtext", required=True, max_length=QUESTION_LENGTH)
        return Form(f"Ask about {shorten(product.name, 40)}", (field,), "ask", "Ask")
    needed(question, "Ask what?", QUESTION_LENGTH, "A question", call.command.example, field="question")
    checklist.asked(call)
    if (said := recorded.answer(call, question)) is not None:
        return said
    answered = answers.answer(call.db, product.id, call.audience, question, item, product.name)
    shown = [answered.source] if answered.source else []
    names = cited(call, [*shown, *answered.related])
    if answered.kind == "answer":
        return _answer(call, answered, names, item)
    return _not_written(call, answered, names, item)


def _item(call: Call) -> str | None:
    """The id of the item that a question names first, for those who may read items; else its key is part of the
    question."""
    product = call.product
    named = references(call.peek().rstrip(":"))
    if len(named) != 1 or named[0].isdecimal() or len(call.line.words) < 2:
        return None
    if not call.may(Role.MEMBER) and not call.may(Role.LEAD):
        return None
    try:
        number = backlog.number_of(call.db, product.id, product.key, named[0])
    except (backlog.NoSuchItem, backlog.TwoItems):
        return None
    found = backlog.ids(call.db, product.id, [number])
    if found:
        call.take_word()
    return found[0] if found else None


# ---- how answers read ----


def _answer(call: Call, answered: Answered, names: dict[str, Cited], item: str | None) -> Card:
    """The sentences, where they stand and since when, how sure that is, and what else is near."""
    assert answered.source is not None
    source = names[answered.source.id]
    sure = "In doubt until it is verified." if source.doubted else f"Sure: {_how_sure(answered.confidence)}."
    also = [names[hit.id].name for hit in answered.related]
    body = (
        _quote(call, answered, source),
        Text(escape(f"{sure} Also related: {' · '.join(also)}" if also else sure), subtle=True),
    )
    wrong = _to_ask(call, f"Is this wrong or old? {answered.question}", item, form="yes")
    anyway = _to_ask(call, answered.question, item, to=TO[answered.topic], again="yes")
    more = (
        Button("Wrong or old", wrong, form=True),
        Button(f"Ask {_decider(call, answered.topic)} anyway", anyway),
    )
    return Card(_titled(answered), body, (*_open(call, [source]), *more))


def _not_written(call: Call, answered: Answered, names: dict[str, Cited], item: str | None) -> Card:
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
    body.append(Text(escape(_who_decides(call, answered))))
    known = questions.same(
        call.db, call.product.id, answered.question, item, [one.value for one in call.audience.reads]
    )
    if known is not None:
        body.append(Items((line(call, known),)))
    shown = {button.say: button for button in (*_shows(call, answered.question), *_open(call, opens))}
    return Card(title, tuple(body), (*_ways_on(call, answered, item), *shown.values()))


_SPRINT, _ROADMAP = Button("Show the sprint", "sprint status"), Button("Show the roadmap", "roadmap list")
_BLOCKERS = Button("Show the blockers", "blocker list")
# what a question may be about that no sentence says, and a card shows
_SHOWN = {"sprint": _SPRINT, "roadmap": _ROADMAP, "blocker": _BLOCKERS, "blockers": _BLOCKERS, "blocked": _BLOCKERS}


def _shows(call: Call, question: str) -> tuple[Button, ...]:
    """How an item stands that a question names, or the sprint."""
    words = [word.strip("?!.,").lower() for word in question.split()]
    items = [name for name in things.mentioned(call, question) if name.startswith(f"{call.product.key}-")]
    found = [Button(f"Open {name}", f"backlog show {name}") for name in items]
    found += dict.fromkeys(_SHOWN[word] for word in words if word in _SHOWN)
    return permitted(call, found[:2])


def _ways_on(call: Call, answered: Answered, item: str | None) -> tuple[Button, ...]:
    """One tap from not knowing to a named owner, or an assumption."""
    to, text = TO[answered.topic], answered.question
    other: Topic = "strategy" if answered.topic == "requirements" else "requirements"
    here, there = _decider(call, answered.topic), _decider(call, other)
    ask = Button(f"Ask {here}", _to_ask(call, text, item, to=to), "primary")
    route = () if there == here else (Button(f"Ask {there}", _to_ask(call, text, item, to=TO[other])),)
    if call.audience is not Audience.TEAM:
        return (ask, *route)
    assume = Button("Go on with an assumption …", _to_ask(call, text, item, to=to, form="yes"), form=True)
    return (ask, assume, *route, Button("It stops production", _to_ask(call, text, item, to=to, urgent="yes")))


def _to_ask(call: Call, text: str, item: str | None, **options: str) -> str:
    """The line that puts a question to whoever decides."""
    if item is not None:
        options["on"] = Words(call).key(backlog.numbers(call.db, [item])[item])
    keys = REGISTRY.commands["question", "add"].keys
    return f"question add {grammar.render(text, options, keys)}"


def _decider(call: Call, topic: Topic) -> str:
    """Who acts in the role that decides, by name."""
    holder = call.directory.holder(DECIDES[topic], call.product.id, call.now)
    return call.name(holder) if holder else f"the {DECIDES[topic].called}"


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
    answered = "answered by " if who and hit.kind == "question" else ""
    day = day_in_words(hit.at.astimezone(call.tz).date(), call.today)
    return f"{source.name} · {answered}{f'{who}, ' if who else ''}{day}"


def _how_sure(confidence: float) -> str:
    return "high" if confidence >= HIGH else "fairly"


def _who_decides(call: Call, answered: Answered) -> str:
    """'A requirement, so Ann decides. Ann's day ends in 5 minutes; back tomorrow 09:00.' Guests learn no names."""
    role = DECIDES[answered.topic]
    what = "A requirement" if answered.topic == "requirements" else "A question of strategy"
    holder = call.directory.holder(role, call.product.id, call.now)
    if holder is None or call.ask.speaker.guest:
        return f"{what}, so the {role.called} decides."
    where = question_cards.whereabouts(question_cards.scene_of(call.db, call.directory, call.product.id), holder)
    return f"{what}, so {call.name(holder)} decides. {where}".strip()


def _open(call: Call, sources: Sequence[Cited]) -> tuple[Button, ...]:
    found = dict.fromkeys(one.button for one in sources if one.button)
    return permitted(call, found)[:3]

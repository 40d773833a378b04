"""`feedback story` and `feedback brief`: from what people say to what is done about it."""

import re
from typing import Any

from core.chat import grammar
from core.chat.card import Card, Field, Form, Items, Line, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.commands import things
from core.commands.call import Call
from core.commands.feedback import voices
from core.commands.feedback.feedback import since, themes_of
from core.commands.items import Words, too_long
from core.commands.refused import Refused, needed, within
from core.commands.registry import Said, command
from core.product import backlog, criteria, feedback
from core.product.feedback import KINDS, Feedback, Filters
from core.product.items import TITLE_LENGTH
from core.schedule import invitations, recipients

MOST_CRITERIA = 20
QUESTION_LENGTH = 500
TEMPLATE = "Given …\nWhen …\nThen …"

_WISH = re.compile(
    r"\b(?:want|wants|need|needs|wish|would like|would love|could we have)\b(?P<to> to)?\s+(?P<want>[^.;!?\n]+)", re.I
)
_WHY = re.compile(r"\b(?:so that|because|in order to|since)\s+(?P<why>[^.;!?\n]+)", re.I)
_FULL = re.compile(r"\bas an? (?P<who>[^,.\n]{1,100}?),? I (?:want|need)(?: to)? ", re.I)


@command(
    "feedback story F-2 [title=] [as= want= so=] [points=]",
    example="feedback story F-2 title=Export invoices as CSV",
    hidden="new-criteria",
)
def story(call: Call) -> Said:
    """Make a user story of feedback: a form with what is known filled in, linked to what was said."""
    one = voices.found(call, call.take_number("F", "feedback"))
    call.end()
    if not call.options and not call.ask.values:
        return _form(one)
    title = call.words("title")
    if not title:
        raise Refused("A story needs a title.", call.command.example, field="title")
    texts = _criteria(call)
    fields = {column: call.phrase(key) for key, column in _STORY.items()}
    try:
        [item] = backlog.add(
            call.db, call.product.id, [title], **fields, points=call.number("points"), description=one.text,
            link=one.link,
        )  # fmt: skip
    except backlog.TooLong as no:
        raise too_long(call, title) from no
    for text in texts:
        criteria.add(call.db, item, text)
    feedback.link(call.db, one, [item])
    words = Words(call)
    detail = f" · {len(texts)} criteri{'on' if len(texts) == 1 else 'a'}" if texts else ""
    return Card(f"{words.key(item.number)} added: {item.title}{detail} · from {voices.name(one.number)}")


_STORY = {"as": "persona", "want": "want", "so": "benefit"}


def _form(one: Feedback) -> Form:
    """What was said as a user story, as far as its words give one; the rest is asked for."""
    known = said_as_story(one)
    fields = (
        Field("title", "Title", value=known["title"], required=True, max_length=TITLE_LENGTH),
        Field("as", "As", value=known["as"], hint="Who wants it, such as: an accountant"),
        Field("want", "I want", value=known["want"], hint=f"They said: {shorten(one.text, 100)}"),
        Field("so", "So that", value=known["so"]),
        Field("new-criteria", "It must hold that", "longtext", TEMPLATE, hint="An empty line between two criteria"),
        Field("points", "Points", "number"),
    )
    return Form(f"A story from F-{one.number}", fields, f"feedback story F-{one.number}")


def said_as_story(one: Feedback) -> dict[str, str]:
    """The parts of a user story that stand in somebody's words, and who it may be for where they do not say."""
    known = as_story(one.text)
    return known | {"as": known["as"] or one.segment or ("somebody at " + one.customer if one.customer else "")}


def as_story(said: str) -> dict[str, str]:
    """The parts of a user story that stand in a text: 'title', 'as', 'want' and 'so', '' for what it does not say."""
    text = " ".join(said.split())
    who, wish, why = _FULL.search(text), _WISH.search(text), _WHY.search(text)
    want = wish["want"] if wish else ""
    reason = _WHY.search(want)
    if reason:
        want = want[: reason.start()]
    first = re.split(r"(?<=[.!?;])\s", text, maxsplit=1)[0].rstrip(".!;")
    title = want.strip(" ,") or first
    return {
        "title": shorten(title[:1].upper() + title[1:], 120),
        "as": who["who"] if who else "",
        "want": ("to " if wish and wish["to"] else "") + want.strip(" ,"),
        "so": why["why"].strip(" ,") if why else "",
    }


def _criteria(call: Call) -> list[str]:
    """The criteria of the form, without the template where nobody filled it in."""
    texts = [part.strip() for part in re.split(r"\n\s*\n", call.words("new-criteria")) if part.strip()]
    texts = [text for text in texts if text != TEMPLATE]
    if len(texts) > MOST_CRITERIA:
        why = f"{len(texts)} criteria at once are too many; up to {MOST_CRITERIA}."
        raise Refused(why, call.command.example, field="new-criteria")
    for text in texts:
        within(text, criteria.LENGTH, "A criterion", call.command.example, field="new-criteria")
    return texts


# ---- the brief ----


@command(f"feedback brief [kind={'|'.join(KINDS)}] [since=]", example="feedback brief since=2026-09-01", writes=False)
def brief(call: Call) -> Said:
    """What was said of late in one screen: how much, about what, by whom, what nobody has taken up."""
    call.end()
    first = since(call)
    kind = call.choice("kind") if call.options.get("kind") else ""
    filters = Filters(kind=kind, since=first)
    rows = feedback.listed(call.db, call.product.id, filters)
    period = f"since {call.date_of(first)}" if first else "so far"
    what = f"{kind} feedback" if kind else "feedback"
    asked = _asked(call) if not kind else ()
    if not rows:
        note = (Text(f"Nothing was said {period}."),)
        return Card(f"{call.product.name} · {what} {period}", (*note, *asked))
    all_ = feedback.demand(rows)
    title = f"{call.product.name} · {counted(len(rows), 'piece')} of {what} {period}"
    body: list[Any] = [Text(escape(f"{voices.demand(call, all_)}{_kinds(rows)}"))]
    numbers = {row.number: row for row in rows}
    found = themes_of(call, filters)[:5]
    if found:
        lines = tuple(
            Line(
                str(len(theme.members)), theme.label,
                voices.demand(call, feedback.demand([numbers[n] for n in theme.members])),
            )
            for theme in found
        )  # fmt: skip
        body += [Text("**About**"), Items(lines)]
    body += _weightiest(call, rows)
    return Card(title, (*body, *asked))


def _kinds(rows: list[Any]) -> str:
    """' · customer 5, team 2'; '' where all is of one kind."""
    counts = {kind: sum(row.kind == kind for row in rows) for kind in KINDS}
    told = [f"{kind} {n}" for kind, n in counts.items() if n]
    return f" · {', '.join(told)}" if len(told) > 1 else ""


def _weightiest(call: Call, rows: list[Any]) -> list[Any]:
    """What is worth most, and how much nobody has taken up."""
    tied = feedback.linked(call.db, [row.id for row in rows])
    best = sorted(rows, key=lambda row: (-(row.worth or 0), -row.number))[:3]
    lines = tuple(voices.line(call, row, tied.get(row.id, ())) for row in best)
    left = sum(row.id not in tied for row in rows)
    body: list[Any] = [Text("**Weightiest**"), Items(lines)]
    if left:
        are = "is" if left == 1 else "are"
        body.append(Text(f"{left} {are} linked to no item: `feedback list linked=no`", subtle=True))
    return body


def _asked(call: Call) -> tuple[Any, ...]:
    """The questions put to people, and who has not answered."""
    lines = []
    for one in feedback.requests(call.db, call.product.id, since=since(call))[:5]:
        missing = [call.name(person) for person in one.people if person not in one.answered]
        said = f"{len(one.answered)} of {len(one.people)} answered"
        lines.append(Line("", shorten(one.text, 100), said + (f", not yet {listed(missing)}" if missing else "")))
    return (Text("**Asked**"), Items(tuple(lines))) if lines else ()


# ---- asking ----


@command(
    "feedback ask TEXT to=@PERSON,@PERSON [about=] [by=]",
    example="feedback ask What would you change about the export? to=me by=friday",
    text="question",
)
def ask(call: Call) -> Said:
    """Put a question to people, each in private; what they answer is linked to it."""
    product = call.product
    if not call.line.text and not call.ask.values:
        return _ask_form(call)
    example = call.command.example
    text = needed(call.phrase(), "Ask what?", QUESTION_LENGTH, "A question", example, field="question")
    people = call.people_in("to")
    if not people:
        line = grammar.render(text, {**call.options, "to": "@bob"}, call.command.keys)
        raise Refused("Whom? to=@bob,@eve.", f"feedback ask {line}", field="to")
    due = call.coming("by")
    about = tuple(dict.fromkeys((*things.about(call), *things.mentioned(call, text))))
    made = feedback.request(call.db, product.id, call.person, text, people, about, due)
    reached = [person for person in people if recipients.to_person(call.db, call.directory, person, product.id)]
    lost = [person for person in people if person not in reached]
    invitations.plan(call.db, product, invitations.FEEDBACK, made.id, reached)
    names = listed([call.name(person) for person in people if person not in lost])
    by = f", by {day_in_words(due, call.today)}" if due else ""
    title = f"Asked {names}{by}: {text}" if names else f"I can reach none of them in private: {text}"
    note = f"I cannot reach {listed([call.name(person) for person in lost])} in private." if lost and names else ""
    return Card(title, (Text(escape(note)),) if note else ())


def _ask_form(call: Call) -> Form:
    by = call.day("by")
    fields = (
        Field("question", "What do you want to know?", "longtext", required=True, max_length=QUESTION_LENGTH),
        Field("to", "From", "people", required=True),
        Field("about", "About", value=call.options.get("about", ""), hint="Such as R-1"),
        Field("by", "By", "date", value=by.isoformat() if by else ""),
    )
    return Form("Ask for feedback", fields, "feedback ask", "Ask")

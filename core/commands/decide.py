"""`decide …`: what was decided, between what, and why.

Votes are open: who votes says so by name, in the channel, so that a decision can be talked about. Where people should
not lean on each other, `secret=yes` hides them until the end, and then they are taken from buttons and private chats
only.
"""

from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Choice, Facts, Field, Form, Items, Line, Quote, Reply, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands import things
from core.commands.call import Call
from core.commands.items import PAGE
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import Kind, answered, tell
from core.product import decisions
from core.product.audience import Audience
from core.product.decisions import Decision
from core.product.people import Role

SHORT = 160  # characters of a reason that still read well in a title
_AUDIENCES = "|".join(Audience)
_LETTERS = "abcdefghij"
tell(
    "decisions",
    Kind(
        "decision",
        "D",
        ("question",),
        names={"ballots": "votes", "options_json": "options"},
        silent=frozenset({"secret", "closed_by_id", "closed_at"}),
    ),
)
tell("objections", Kind("objection", part="decision_id"))


# ---- opening ----


@command(
    f'decide open QUESTION options="A|B|C" [until=] [audience={_AUDIENCES}] [about=] [secret=yes|no]',
    example='decide open Which separator? options="comma|semicolon" until=friday',
    text="question",
)
def open_(call: Call) -> Said:
    """Put a question with its options; everybody votes until somebody closes it."""
    product = call.product
    if not call.line.text and not call.ask.values:
        return _open_form(call)
    question = _text(call, "Decide what?", "question")
    options = _options(call, question)
    until = call.day("until")
    if until is not None and until < call.today:
        raise call.wrong("until", f"{day_in_words(until, call.today)} is over.", "friday")
    made = decisions.open_(
        call.db, product.id, call.person, question, options, until=until,
        secret=bool(call.options.get("secret")) and call.choice("secret") == "yes", audience=_audience(call),
        refs=_refs(call, question),
    )  # fmt: skip
    return _ballot(call, made)


def _open_form(call: Call) -> Form:
    said = call.options
    audience = call.choice("audience") if said.get("audience") else Audience.TEAM.value
    fields = (
        Field("question", "What is to be decided?", required=True, max_length=decisions.TEXT_LENGTH),
        Field(
            "options", "Between", "longtext", "\n".join(said.get("options", "").split("|")), True,
            hint="Two or more, one on each line",
        ),
        Field("until", "Vote until", "date", value=day.isoformat() if (day := call.day("until")) else ""),
        Field("audience", "Who may read it", "choice", audience, choices=tuple(Choice(a, a) for a in Audience)),
    )  # fmt: skip
    kept = {key: value for key, value in said.items() if key not in {field.name for field in fields}}
    line = grammar.render("", kept, call.command.keys)
    return Form("A decision", fields, f"decide open {line}".strip(), "Open")


def _options(call: Call, question: str) -> list[str]:
    """The options; of a form one on each line."""
    raw = call.words("options")
    found = [" ".join(part.split()) for part in (raw.splitlines() if call.ask.values else raw.split("|"))]
    found = [option for option in found if option]
    if len(found) < 2:
        line = grammar.render(question, {**call.options, "options": "yes|no"}, call.command.keys)
        raise Refused("Between what? Two or more options, with | between them.", f"decide open {line}", field="options")
    if len(found) > decisions.MOST_OPTIONS:
        why = f"{len(found)} options are too many; up to {decisions.MOST_OPTIONS}."
        raise Refused(why, call.command.example, field="options")
    if len({option.casefold() for option in found}) < len(found):
        raise Refused("Two of the options are the same.", call.command.example, field="options")
    if longest := max((len(option) for option in found if len(option) > decisions.OPTION_LENGTH), default=0):
        why = f"An option holds {decisions.OPTION_LENGTH} characters; one has {longest}."
        raise Refused(why, call.command.example, field="options")
    return found


def _text(call: Call, missing: str, field: str) -> str:
    """A question or a decision: one paragraph."""
    text = " ".join((call.words("new-text") or call.rest()).split())
    if not text:
        raise Refused(missing, call.command.example, field=field)
    if len(text) > decisions.TEXT_LENGTH:
        why = f"A decision holds {decisions.TEXT_LENGTH:,} characters; this has {len(text):,}."
        raise Refused(why, call.command.example, field=field)
    return text


def _audience(call: Call) -> Audience:
    return Audience(call.choice("audience")) if call.options.get("audience") else Audience.TEAM


def _refs(call: Call, *texts: str) -> tuple[str, ...]:
    """What a decision is about: said so, or named in its words."""
    return tuple(dict.fromkeys((*things.about(call), *things.mentioned(call, *texts))))[: things.MOST]


def _ballot(call: Call, decision: Decision) -> Card:
    """A question with a button for each option."""
    key = _key(decision)
    rows = tuple(
        Line(letter, option, buttons=(Button("Vote", f"decide vote {key} {letter} by-button=yes"),))
        for letter, option in zip(_LETTERS, decision.options, strict=False)
    )
    until = f"Vote until {day_in_words(decision.until, call.today)}. " if decision.until else ""
    how = (
        "Votes are secret until it is closed: press a button, or write to me in private."
        if decision.secret
        else f"Votes are open; `decide vote {key} a` votes as well."
    )
    buttons = (
        Button("Object", f"decide object {key}", form=True),
        Button("Close", f"decide close {key}", form=True),
    )
    return Card(f"{key} {decision.question}", (Items(rows), Text(until + how, subtle=True)), buttons)


def _key(decision: Any) -> str:
    return f"D-{decision.number}"


# ---- voting ----


@command("decide vote D-1 OPTION", example="decide vote D-1 a", undoable=False, hidden="by-button")
def vote(call: Call) -> Said:
    """Vote for an option by its words or its letter; the last vote counts."""
    decision = _to_change(call)
    key = _key(decision)
    if decision.secret and not (call.ask.place.private or call.given("by-button")):
        why = f"Votes on {key} are secret: press a button, or write to me in our private chat."
        raise Refused(why, f"decide show {key}", card=_ballot(call, decision))
    said = call.rest().strip()
    choice = _option(call, decision, said, "vote")
    try:
        before = decisions.vote(call.db, decision, call.person, choice, call.today)
    except decisions.Over as over:
        until = day_in_words(over.args[0].until, call.today)
        raise Refused(f"Voting on {key} ended on {until}.", f"decide show {key}") from over
    if before == choice:
        return Reply(ok=True, card=Card(f"You have voted for {choice} on {key} already."))
    if decision.secret:
        again = f" now, no longer for {before}" if before else ""
        return Reply(ok=True, card=Card(f"{key}: you vote for {choice}{again}. Nobody sees it until {key} is closed."))
    now = f" now, no longer for {before}" if before else ""
    counts = " · ".join(f"{option} {len(who)}" for option, who in decisions.tally(call.db, decision).voters.items())
    said = answered(shorten(decision.question, 100), f"{call.name(call.person)} votes for {choice}{now} · {counts}")
    return Card(f"{key} {said}")


def _to_change(call: Call) -> Decision:
    """The decision that is named, held for the change to come; closed ones are refused."""
    number = call.take_number("D", "decision")
    try:
        decision = decisions.to_change(call.db, call.product.id, number)
        decisions.check_open(decision)
    except decisions.NoSuchDecision as no:
        raise _missing(call, number) from no
    except decisions.Settled as settled:
        raise _settled(call, settled.args[0]) from settled
    return decision


def _missing(call: Call, number: int) -> Refused:
    return Refused(f"There is no decision D-{number} here.", "decide list")


def _settled(call: Call, decision: Decision) -> Refused:
    """A closed decision stays as it is."""
    key = _key(decision)
    newer = decisions.successors(call.db, [decision.id]).get(decision.id)
    on = f" on {call.date_of(decision.closed_at)}" if decision.closed_at else ""
    why = f"{key} was closed{on}: {shorten(_outcome(decision), 200)}. A closed decision stays as it is."
    if newer:
        return Refused(f"{why} D-{newer} has taken its place.", f"decide show D-{newer}")
    return Refused(why, f"decide supersede {key} What holds from now on")


def _outcome(decision: Any) -> str:
    return f"{decision.choice}{f', because {decision.because}' if decision.because else ''}"


def _option(call: Call, decision: Decision, said: str, verb: str) -> str:
    key = _key(decision)
    names = listed([f"{letter} {option}" for letter, option in zip(_LETTERS, decision.options, strict=False)], "or")
    if not said:
        raise Refused(f"Which option? {names}.", f"decide {verb} {key} a", field="choose")
    try:
        return decisions.chosen(decision, said)
    except decisions.NoSuchOption as no:
        near = grammar.suggest(said, decision.options) or decision.options[0]
        if verb == "vote":
            better = f"decide vote {key} {near}"
        else:
            options = {**call.options, "choose": near}
            better = f"decide close {grammar.render(key, options, call.command.keys)}"
        raise Refused(
            f"“{shorten(said, 40)}” is no option of {key}; there are {names}.", better, field="choose"
        ) from no


@command("decide object D-1 TEXT", example="decide object D-1 Banks cannot read it", hidden="new-text")
def object_(call: Call) -> Said:
    """Say why not; an objection is shown before the decision is closed."""
    decision = _to_change(call)
    key = _key(decision)
    if not call.peek() and not call.given("new-text"):
        hint = shorten(decision.question, 140)
        field = Field("new-text", "Why not?", "longtext", required=True, hint=hint, max_length=decisions.TEXT_LENGTH)
        return Form(f"Object to {key}", (field,), f"decide object {key}")
    text = _text(call, "Say why not.", "new-text")
    decisions.object_(call.db, decision, call.person, text)
    return Card(f"{key} {shorten(decision.question, 100)}: {call.name(call.person)} objects", (Quote(escape(text)),))


# ---- closing ----


@command(
    "decide close D-1 choose=OPTION because=",
    example="decide close D-1 choose=a because=banks open it in Excel",
    undoable=False,
)
def close(call: Call) -> Said:
    """Settle it for good, with the reason."""
    decision = _to_change(call)
    key = _key(decision)
    if not call.options and not call.peek() and not call.ask.values:
        return _close_form(call, decision)
    said = " ".join([call.words("choose"), call.rest().strip()]).strip()  # an option of several words, unquoted
    choice = _option(call, decision, said, "close")
    because = call.words("because")
    if not because:
        options = {"choose": choice, "because": "what spoke for it"}
        line = grammar.render(key, options, call.command.keys)
        raise Refused(f"Say why: because=. It is what people will ask of {key} later.", f"decide close {line}",
                      field="because")  # fmt: skip
    _check_reason(call, because)
    votes = decisions.tally(call.db, decision)
    against = decisions.objections(call.db, decision)
    decisions.close(call.db, decision, call.person, choice, because)
    return _closed(call, decision, votes, len(against))


def _check_reason(call: Call, because: str) -> None:
    if len(because) > decisions.TEXT_LENGTH:
        why = f"A reason holds {decisions.TEXT_LENGTH:,} characters; this has {len(because):,}."
        raise Refused(why, call.command.example, field="because")


def _close_form(call: Call, decision: Decision) -> Form:
    votes = decisions.tally(call.db, decision)
    leading = votes.leading()
    against = decisions.objections(call.db, decision)
    hint = _counts(votes) if votes.total and not decision.secret else f"{votes.total} voted"
    if against:
        hint += f" · {len(against)} object{'s' if len(against) == 1 else ''}: {shorten(against[-1].text, 80)}"
    choices = tuple(Choice(option, option) for option in decision.options)
    value = leading[0] if len(leading) == 1 and not decision.secret else decision.options[0]
    fields = (
        Field("choose", "Decided", "choice", value, True, hint=hint, choices=choices),
        Field("because", "Because", "longtext", required=True, max_length=decisions.TEXT_LENGTH),
    )
    return Form(f"Close {_key(decision)}", fields, f"decide close {_key(decision)}", "Close")


def _counts(votes: decisions.Tally) -> str:
    return " · ".join(f"{option} {len(who)}" for option, who in votes.voters.items())


def _closed(call: Call, decision: Decision, votes: decisions.Tally, against: int) -> Card:
    title, body = _with_reason(f"{_key(decision)} {answered(decision.question, decision.choice)}", decision.because)
    note = [_counts(votes)] if votes.total else []
    note += [f"{against} objected" if against > 1 else "1 objected"] if against else []
    if note:
        body.append(Text(escape(" · ".join(note)), subtle=True))
    return Card(title, tuple(body))


def _with_reason(title: str, because: str) -> tuple[str, list[Any]]:
    """The reason in the same line, or below it where it is long."""
    if not because:
        return title, []
    if len(because) <= SHORT and "\n" not in because:
        return f"{title}, because {because}", []
    return title, [Quote(escape(because))]


@command(
    f"decide record TEXT [because=] [audience={_AUDIENCES}] [about=]",
    example="decide record Archives are read-only because=auditors ask for it",
    undoable=False,
    text="decision",
)
def record(call: Call) -> Said:
    """Write down what is decided already."""
    if not call.line.text and not call.ask.values:
        return _record_form(call)
    text = _text(call, "What is decided?", "decision")
    because = call.words("because")
    if not because:
        line = grammar.render(text, {**call.options, "because": "what spoke for it"}, call.command.keys)
        raise Refused("Say why: because=.", f"decide record {line}", field="because")
    _check_reason(call, because)
    refs = _refs(call, text, because)
    made = decisions.record(call.db, call.product.id, call.person, text, because, _audience(call), refs)
    title, body = _with_reason(f"{_key(made)} decided: {text}", because)
    return Card(title, tuple(body))


def _record_form(call: Call) -> Form:
    audience = call.choice("audience") if call.options.get("audience") else Audience.TEAM.value
    fields = (
        Field("decision", "Decided", "longtext", required=True, max_length=decisions.TEXT_LENGTH),
        Field("because", "Because", "longtext", call.words("because"), True, max_length=decisions.TEXT_LENGTH),
        Field("audience", "Who may read it", "choice", audience, choices=tuple(Choice(a, a) for a in Audience)),
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
        raise _missing(call, number) from no
    key = _key(old)
    if old.state == decisions.OPEN:
        raise Refused(f"{key} is still open: close it instead.", f"decide close {key}")
    newer = decisions.successors(call.db, [old.id]).get(old.id)
    if newer:
        raise Refused(f"D-{newer} has taken the place of {key} already.", f"decide show D-{newer}")
    if not call.peek() and not call.options and not call.ask.values:
        fields = (
            Field("new-text", "Decided", "longtext", required=True, hint=shorten(_outcome(old), 140)),
            Field("because", "Because", "longtext"),
        )
        return Form(f"In place of {key}", fields, f"decide supersede {key}")
    text = _text(call, "What holds from now on?", "new-text")
    because = call.words("because")
    _check_reason(call, because)
    refs = tuple(dict.fromkeys((*old.refs, *_refs(call, text, because))))[: things.MOST]
    made = decisions.record(
        call.db, call.product.id, call.person, text, because, Audience(old.audience), refs, replaces=old
    )
    title, body = _with_reason(f"{_key(made)} decided: {text}", because)
    return Card(
        title, (*body, Text(escape(f"It takes the place of {key}: {shorten(_outcome(old), 120)}"), subtle=True))
    )


# ---- reading ----


@command("decide list", example="decide list", role=Role.VIEWER, writes=False, hidden="below", guests=True)
def list_(call: Call) -> Said:
    """Decisions: the open ones first, then the latest."""
    call.end()
    product = call.product
    raw = call.options.get("below", "")
    below = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None
    rows = decisions.listed(call.db, product.id, call.audience.reads, PAGE + 1, below)
    if not rows:
        buttons = (Button("Open one", "decide open", form=True),) if call.may(Role.MEMBER) else ()
        return Card(f"{product.name} · no decisions yet", buttons=buttons)
    newer = decisions.successors(call.db, [row.id for row in rows])
    lines = tuple(_line(call, row, newer.get(row.id)) for row in rows[:PAGE])
    last = rows[:PAGE][-1]
    more = (Button("More", f"decide list below={last.number}"),) if len(rows) > PAGE else ()
    return Card(f"{product.name} · decisions", (Items(lines),), more)


def _line(call: Call, row: Decision, newer: int | None) -> Line:
    key = _key(row)
    if row.state == decisions.OPEN:
        until = f"open until {day_in_words(row.until, call.today)}" if row.until else "open"
        voted = f"{row.ballots} voted" if row.ballots and call.may(Role.MEMBER) else ""
        button = (Button("Show", f"decide show {key}"),)
        return Line(key, row.question, " · ".join(part for part in (until, voted) if part), button)
    said = answered(row.question, row.choice)
    when = call.date_of(row.closed_at) if row.closed_at else ""
    detail = [f"because {shorten(row.because, 120)}" if row.because else "", when]
    if newer:
        detail.insert(0, f"D-{newer} has taken its place")
    return Line(key, said, " · ".join(part for part in detail if part))


@command("decide show D-1", example="decide show D-1", role=Role.VIEWER, writes=False, guests=True)
def show(call: Call) -> Said:
    """One decision: its options and votes, or what was chosen and why."""
    number = call.take_number("D", "decision")
    call.end()
    try:
        decision = decisions.find(call.db, call.product.id, number, call.audience.reads)
    except decisions.NoSuchDecision as no:
        raise _missing(call, number) from no
    inside = call.may(Role.MEMBER)
    if decision.state == decisions.OPEN:
        return _shown_open(call, decision) if inside else Card(f"{_key(decision)} {decision.question} · open")
    facts = [
        ("Decided", decision.choice),
        ("Because", decision.because),
        ("By", call.name(decision.closed_by_id)),
        ("On", call.date_of(decision.closed_at) if decision.closed_at else ""),
        ("About", ", ".join(decision.refs) if inside else ""),
        ("Between", ", ".join(decision.options)),
    ]
    body: list[Any] = [Facts(tuple((label, value) for label, value in facts if value))]
    newer = decisions.successors(call.db, [decision.id]).get(decision.id)
    if inside:
        votes = decisions.tally(call.db, decision)
        if votes.total:
            body.append(Text(escape(f"Votes: {_counts(votes)}"), subtle=True))
        body += _objections(call, decision)
    if newer:
        body.append(Text(f"D-{newer} has taken its place."))
    key = _key(decision)
    can = inside and not newer
    buttons = (Button("Supersede", f"decide supersede {key}", form=True),) if can else ()
    return Card(f"{key} {decision.question}", tuple(body), buttons)


def _shown_open(call: Call, decision: Decision) -> Card:
    card = _ballot(call, decision)
    body: list[Any] = list(card.body)
    votes = decisions.tally(call.db, decision)
    if decision.secret:
        body.append(Text(f"{votes.total} voted."))
    elif votes.total:
        told = [
            f"{option}: {listed([call.name(person) for person in who])}" for option, who in votes.voters.items() if who
        ]
        body.append(Text(escape("\n".join(told))))
    return Card(card.title, (*body, *_objections(call, decision)), card.buttons)


def _objections(call: Call, decision: Decision) -> list[Any]:
    return [
        Quote(escape(one.text), f"{call.name(one.person_id)} objects, {call.date_of(one.created_at)}")
        for one in decisions.objections(call.db, decision)
    ]

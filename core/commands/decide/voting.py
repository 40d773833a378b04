"""`decide open`, `vote`, `object`: a question with its options, until it is closed.

Votes are open: who votes says so by name, in the channel, so that a decision can be talked about. Where people should
not lean on each other, `secret=yes` hides them until the end, and then they are taken from buttons and private chats
only.
"""

from core.chat import grammar
from core.chat.card import Card, Field, Form, Quote, Reply, escape
from core.chat.words import day_in_words, shorten
from core.commands import sharing, standing
from core.commands.call import Call
from core.commands.decide.words import counts, key_of, opened, option_of, refs, text_of, to_change
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sharing import AUDIENCES
from core.commands.telling import answered
from core.product import decisions
from core.product.audience import Audience
from core.product.decisions import Decision


@command(
    f'decide open QUESTION options="A|B|C" [until=] [audience={AUDIENCES}] [about=] [secret=yes|no]',
    example='decide open Which separator? options="comma|semicolon" until=friday',
    text="question",
)
def open_(call: Call) -> Said:
    """Put a question with its options; everybody votes until somebody closes it."""
    product = call.product
    if not call.line.text and not call.ask.values:
        return _open_form(call)
    question = text_of(call, "Decide what?", "question")
    options = _options(call, question)
    until = call.coming("until")
    made = decisions.open_(
        call.db, product.id, call.person, question, options, until=until,
        secret=bool(call.options.get("secret")) and call.choice("secret") == "yes",
        audience=sharing.audience(call, Audience.TEAM), refs=refs(call, question),
    )  # fmt: skip
    return standing.begin(call, made.id, opened(call, made))


def _open_form(call: Call) -> Form:
    said = call.options
    fields = (
        Field("question", "What is to be decided?", required=True, max_length=decisions.TEXT_LENGTH),
        Field(
            "options", "Between", "longtext", "\n".join(said.get("options", "").split("|")), True,
            hint="Two or more, one on each line",
        ),
        Field("until", "Vote until", "date", value=day.isoformat() if (day := call.day("until")) else ""),
        sharing.audience_field(sharing.audience(call, Audience.TEAM)),
    )  # fmt: skip
    kept = {key: value for key, value in said.items() if key not in {one.name for one in fields}}
    line = grammar.render("", kept, call.command.keys)
    return Form("A decision", fields, f"decide open {line}".strip(), "Open")


def _options(call: Call, question: str) -> list[str]:
    """The options; of a form one on each line."""
    raw = call.words("options")
    found = [
        " ".join(part.split())
        for part in (raw.splitlines() if call.ask.values else raw.split("|" if "|" in raw else ","))
    ]
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


@command("decide vote D-1 OPTION", example="decide vote D-1 a", undoable=False, hidden="by-button")
def vote(call: Call) -> Said:
    """Vote for an option by its words or its letter; the last vote counts."""
    decision = to_change(call)
    key = key_of(decision)
    if decision.secret and not (call.ask.place.private or call.given("by-button")):
        why = f"Votes on {key} are secret: press a button, or write to me in our private chat."
        raise Refused(why, f"decide show {key}", card=opened(call, decision))
    said = call.rest().strip()
    choice = option_of(call, decision, said, "vote")
    try:
        before = decisions.vote(call.db, decision, call.person, choice, call.today)
    except decisions.Over as over:
        until = day_in_words(over.args[0].until, call.today)
        raise Refused(f"Voting on {key} ended on {until}.", f"decide show {key}") from over
    if before == choice:
        return Reply(ok=True, card=Card(f"You have voted for {choice} on {key} already."))
    stands = standing.show(call, Decision, decision.id)
    again = f" now, no longer for {before}" if before else ""
    if decision.secret:
        return Reply(ok=True, card=Card(f"{key}: you vote for {choice}{again}. Nobody sees it until {key} is closed."))
    if stands and call.given("by-button"):  # the card says so to everybody
        return Reply(ok=True, card=Card(f"{key}: you vote for {choice}{again}"))
    told = f"{call.name(call.person)} votes for {choice}{again} · {counts(decisions.tally(call.db, decision))}"
    return Card(f"{key} {answered(shorten(decision.question, 100), told)}")


@command("decide object D-1 TEXT", example="decide object D-1 Banks cannot read it", hidden="new-text")
def object_(call: Call) -> Said:
    """Say why not; an objection is shown before the decision is closed."""
    decision = to_change(call)
    key = key_of(decision)
    if not call.peek() and not call.given("new-text"):
        hint = shorten(decision.question, 140)
        field = Field("new-text", "Why not?", "longtext", required=True, hint=hint, max_length=decisions.TEXT_LENGTH)
        return Form(f"Object to {key}", (field,), f"decide object {key}")
    text = text_of(call, "Say why not.", "new-text")
    decisions.object_(call.db, decision, call.person, text)
    standing.show(call, Decision, decision.id)
    return Card(f"{key} {shorten(decision.question, 100)}: {call.name(call.person)} objects", (Quote(escape(text)),))

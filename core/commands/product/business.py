"""`product …`: its strategy, what it costs, and where it is in its life."""

from core.chat import figures
from core.chat.card import Button, Card, Field, Form, Items, Line, Part, Reply, Text, escape
from core.chat.words import counted, day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.product.overview import ANSWERS, cost, look, plans
from core.commands.product.product import long_text
from core.commands.reasons import ASK, REASON_LENGTH, reason
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.commands.sharing import manager_only, told
from core.commands.telling import Kind, tell
from core.product import lifecycle, products, strategy
from core.product.audience import Audience
from core.product.people import Role
from core.product.strategy import PLAN_LENGTH, STAGES, Price, Stage

STRATEGY_LENGTH = 4000
PER_LENGTH = 40
LARGEST = 1e9

tell("prices", Kind("price", says=("plan",)))
tell("stages", Kind("stage", says=("stage",)))


# ---- strategy ----


@command(
    "product strategy TEXT",
    example="product strategy First the bookkeepers of small firms, then their banks",
    role=Role.PRODUCT_MANAGER,
    text="strategy",
)
def strategy_(call: Call) -> Said:
    """Say how the product is to win: where, for whom, and what is left out."""
    product = call.product
    row = products.load(call.db, product.id)
    text = long_text(call, row.strategy, STRATEGY_LENGTH, "Say it in a few sentences.")
    if isinstance(text, Form):
        return text
    row.strategy = text
    call.db.flush()
    return told(call, Card(f"Strategy of {product.name}", (Text(escape(text)),)), Audience.TEAM)


# ---- prices ----


@command(
    "product price PLAN AMOUNT [per=] [from=] because=",
    example="product price Team 29 per=month because=competitors ask 35",
    role=Role.PRODUCT_MANAGER,
    hidden=f"new-plan new-amount {ASK}",
)
def price(call: Call) -> Said:
    """Set what a plan costs, from a day on, and why; former prices stay in the history."""
    product = call.product
    typed = call.rest().strip()
    if not typed and not call.options and not call.ask.values:
        return _price_form(call)
    plan, amount = _plan_and_amount(call, typed)
    value, currency = _amount(call, plan, amount)
    per = call.phrase("per").lower()
    if len(per) > PER_LENGTH:
        raise call.wrong("per", f"per holds {PER_LENGTH} characters.", "month")
    starts = call.day("from", "next month") or call.today
    because = reason(call, f"The price of {shorten(plan, 40)}", f"Why does {shorten(plan, 60)} cost that?")
    if isinstance(because, Form):
        return because
    before = next((p for p in plans(call) if p.name.lower() == plan.lower()), None)
    if before is not None and before.now is not None:
        currency, per = currency or before.now.currency, per or ("" if call.given("per") else before.now.per)
    made = strategy.set_price(call.db, product.id, plan, value, currency, per, starts, because)
    when = "" if starts == call.today else f" from {day_in_words(starts, call.today)}"
    was = f"{cost(before.now)} → " if before and before.now else ""
    return told(call, Card(f"{plan}: {was}{cost(made)}{when} because {because}"), Audience.TEAM)


def _price_form(call: Call) -> Form:
    fields = (
        Field("new-plan", "Plan", required=True, hint="Such as: Team", max_length=PLAN_LENGTH),
        Field("new-amount", "Amount", required=True, hint="Such as: 29 EUR", max_length=40),
        Field("per", "Per", hint="Such as: month", max_length=PER_LENGTH),
        Field("from", "From", "date", value=call.today.isoformat()),
        Field("because", "Because", "longtext", required=True, max_length=REASON_LENGTH),
    )
    return Form("A price", fields, "product price")


def _plan_and_amount(call: Call, typed: str) -> tuple[str, str]:
    """'Team 29' or 'Small business 1 200 EUR': the amount begins where everything behind reads as one."""
    if call.given("new-plan") or call.given("new-amount"):
        return call.phrase("new-plan"), call.words("new-amount")
    words = typed.split()
    for at in range(1, len(words)):
        if figures.amount(" ".join(words[at:])):
            return " ".join(words[:at]).strip('"“”'), " ".join(words[at:])
    if len(words) == 1 and figures.amount(words[0]):
        return "", words[0]
    return typed.strip('"“”'), ""


def _amount(call: Call, plan: str, amount: str) -> tuple[float, str]:
    if not plan:
        raise Refused("Which plan? Say its name, then the amount.", call.command.example, field="new-plan")
    within(plan, PLAN_LENGTH, "A plan's name", call.command.example, field="new-plan")
    found = figures.amount(amount)
    if found is None or not 0 <= found[0] < LARGEST:
        why = f"What does {shorten(plan, 60)} cost? Say a number such as 29."
        raise Refused(why, call.command.example, field="new-amount")
    return found


@command("product prices", example="product prices", writes=False)
def prices(call: Call) -> Said:
    """What each plan costs and did cost, with the reasons, beside what is known of competitors."""
    call.end()
    product = call.product
    found = plans(call)
    if not found:
        button = (Button("Set one", "product price", form=True),) if call.may(Role.PRODUCT_MANAGER) else ()
        return Card(f"{product.name} has no prices yet", buttons=button)
    body: list[Part] = []
    for plan in found:
        now = cost(plan.now) if plan.now else "not for sale yet"
        body.append(Text(f"**{escape(plan.name)}** {escape(now)}"))
        rows = [*plan.coming, *([plan.now] if plan.now else []), *plan.past]
        body.append(Items(tuple(_price_line(call, one) for one in rows)))
    if rivals := look(call, lifecycle.COMPETITORS):
        body += [Text("**Competitors**"), Items(tuple(rivals))]
    return Card(f"{product.name} · {counted(len(found), 'plan')}", tuple(body))


def _price_line(call: Call, one: Price) -> Line:
    coming = "from " if one.starts > call.today else "since "
    return Line(coming + day_in_words(one.starts, call.today), cost(one), f"because {one.because}")


# ---- stages of its life ----


_SAMPLES = {
    "introduction": "the first five teams try it", "growth": "40 paying teams",
    "maturity": "hardly anybody is new", "decline": "fewer renew every month",
}  # fmt: skip
"""A reason for each stage, to be typed in place of none."""


@command(
    f"product stage [{'|'.join(STAGES)} because=]",
    example="product stage growth because=40 paying teams",
    hidden=ASK,
)
def stage(call: Call) -> Said:
    """Where the product is in its life: this stage's questions, what the record answers, when to look again."""
    word = call.take_word().lower()
    call.end()
    if not word and not call.given("because"):
        return Reply(ok=True, card=_stage_card(call))
    manager_only(call)
    if word not in STAGES:
        why = f"“{shorten(word, 40)}” is no stage; there are {listed(STAGES)}." if word else "Which stage?"
        raise Refused(why, call.command.example)
    before = next(iter(strategy.stages(call.db, call.product.id)), None)
    because = reason(call, f"The stage is {word}", f"Why is it {word}?", _SAMPLES[word])
    if isinstance(because, Form):
        return because
    made = strategy.set_stage(call.db, call.product.id, word, because, call.today)
    was = f"{before.stage} → " if before and before.stage != word else "still " if before else ""
    review = day_in_words(made.review, call.today)
    card = Card(
        f"{call.product.name} is in {was}{word} because {because} · review by {review}",
        (Items(_questions(call, made)),),
    )
    return told(call, card, Audience.TEAM)


def _stage_card(call: Call) -> Card:
    known = strategy.stages(call.db, call.product.id)
    if not known:
        buttons = tuple(Button(name.capitalize(), f"product stage {name} {ASK}=yes", form=True) for name in STAGES)
        may = call.may(Role.PRODUCT_MANAGER)
        return Card(f"No stage is set for {call.product.name} yet", buttons=buttons if may else ())
    now, *past = known
    due = "review was due" if now.review < call.today else "review by"
    title = f"{call.product.name} · {now.stage} since {day_in_words(now.starts, call.today)}"
    why = f"Because {now.because} · {due} {day_in_words(now.review, call.today)}"
    body: list[Part] = [Text(escape(why)), Items(_questions(call, now))]
    if past:
        rows = (Line(day_in_words(one.starts, call.today), one.stage, f"because {one.because}") for one in past[:5])
        body += [Text("**Before**"), Items(tuple(rows))]
    buttons = tuple(
        Button(f"{'Still' if name == now.stage else 'Now'} {name}", f"product stage {name} {ASK}=yes", form=True)
        for name in STAGES
    )
    return Card(title, tuple(body), buttons if call.may(Role.PRODUCT_MANAGER) else ())


def _questions(call: Call, now: Stage) -> tuple[Line, ...]:
    """The stage's questions, each with what the record answers or the button that writes it down."""
    rows = []
    for one in lifecycle.QUESTIONS[now.stage]:
        answer = ANSWERS[one.source](call)
        button = _WRITE.get(one.source) if not answer and call.may(Role.PRODUCT_MANAGER) else None
        rows.append(Line("✓" if answer else "○", one.asks, answer or "not written down", (button,) if button else ()))
    return tuple(rows)


_WRITE = {
    lifecycle.VISION: Button("Write it", "product vision", form=True),
    lifecycle.STRATEGY: Button("Write it", "product strategy", form=True),
    lifecycle.GOALS: Button("Add a goal", "goal add", form=True),
    lifecycle.METRICS: Button("Define a metric", "metric define", form=True),
    lifecycle.PRICES: Button("Set a price", "product price", form=True),
    lifecycle.ROADMAP: Button("Add an entry", "roadmap add", form=True),
    lifecycle.CUSTOMERS: Button("Note what they say", "feedback add kind=customer", form=True),
    lifecycle.COMPETITORS: Button("Note what they do", "feedback add kind=competitor", form=True),
}

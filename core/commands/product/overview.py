"""What the record says of a product in a line each, as far as the asker may read: for its card, and for its stage."""

from collections.abc import Callable

from core.chat import figures
from core.chat.card import Line
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.feedback import voices
from core.product import feedback, goals, lifecycle, metrics, products, roadmap, strategy
from core.product.audience import Audience
from core.product.strategy import Plan, Price

MOST = 5  # voices


def look(call: Call, kind: str) -> list[Line]:
    """What is known of customers or competitors: the latest of their feedback, for the team."""
    rows = feedback.listed(call.db, call.product.id, feedback.Filters(kind=kind), MOST)
    return [Line(voices.name(row.number), f"“{shorten(row.text, 100)}”", voices.source(call, row)) for row in rows]


def overview(call: Call) -> list[tuple[str, str]]:
    """Facts for the product's card; strategy, stage and prices are the team's alone."""
    facts = [("Goals", _goals(call)), ("Roadmap", _roadmap(call)), ("Metrics", _metrics(call))]
    if call.audience is Audience.TEAM:
        facts += [("Strategy", _strategy(call)), ("Stage", _stage(call)), ("Prices", _prices(call))]
    return [fact for fact in facts if fact[1]]


def plans(call: Call) -> list[Plan]:
    return strategy.plans(strategy.prices(call.db, call.product.id), call.today)


def cost(found: Price) -> str:
    """'29 EUR a month'."""
    per = found.per.removeprefix("per ").removeprefix("a ")
    each = f" {'an' if per[:1] in 'aeio' else 'a'} {per}" if per else ""
    return f"{figures.price(found.amount, found.currency)}{each}"


def _stage(call: Call) -> str:
    known = strategy.stages(call.db, call.product.id)
    if not known:
        return ""
    return f"{known[0].stage} since {day_in_words(known[0].starts, call.today)}"


def _vision(call: Call) -> str:
    return shorten(products.load(call.db, call.product.id).vision, 120)


def _strategy(call: Call) -> str:
    return shorten(products.load(call.db, call.product.id).strategy, 120)


def _goals(call: Call) -> str:
    found = goals.of(call.db, call.product.id, call.audience.reads)
    standings = goals.standings(call.db, found, call.today)
    told_ = []
    for goal in found[:3]:
        part = goals.progress(standings[goal.id])
        told_.append(
            f"G-{goal.number} {shorten(goal.text, 60)}" + (f", {figures.percent(part)}" if part is not None else "")
        )
    return "; ".join(told_)


def _metrics(call: Call) -> str:
    told_ = []
    for metric in metrics.of(call.db, call.product.id, call.audience.reads):
        last = metrics.latest(call.db, metric, call.today)
        if last is not None:
            told_.append(f"{metric.name} {figures.shown(last.value, metric.unit)}")
    return "; ".join(told_[:4])


def _prices(call: Call) -> str:
    return "; ".join(f"{plan.name} {cost(plan.now)}" for plan in plans(call)[:4] if plan.now)


def _roadmap(call: Call) -> str:
    found = roadmap.listed(call.db, call.product.id, call.audience.reads, count=3)
    return "; ".join(f"R-{one.number} {shorten(one.title, 50)}, {one.horizon}" for one in found)


def _lines(what: str) -> Callable[[Call], str]:
    def found(call: Call) -> str:
        return "; ".join(shorten(f"{one.key} {one.text}", 80) for one in look(call, what)[:3])

    return found


ANSWERS: dict[str, Callable[[Call], str]] = {
    lifecycle.VISION: _vision,
    lifecycle.STRATEGY: _strategy,
    lifecycle.GOALS: _goals,
    lifecycle.METRICS: _metrics,
    lifecycle.PRICES: _prices,
    lifecycle.ROADMAP: _roadmap,
    lifecycle.CUSTOMERS: _lines(lifecycle.CUSTOMERS),
    lifecycle.COMPETITORS: _lines(lifecycle.COMPETITORS),
}

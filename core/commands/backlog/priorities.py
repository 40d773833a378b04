"""`backlog score` and `backlog rank`: an order that can be explained."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.chat.card import Button, Card, Items, Line, Reply, Text
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.feedback import voices
from core.commands.items import Words, changed, field_in_words, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.plan import moved
from core.product import backlog, feedback, prioritising, scoring
from core.product.feedback import Demand
from core.product.items import Item
from core.product.people import Role
from core.product.prioritising import Order, Place

SHOWN = 12
DEMAND = "demand"
Evidence = Mapping[str, Demand]
PARTS = ("reach", "impact", "confidence", "effort", "value", "urgency", "risk")


@command(
    "backlog score ITEM [reach=] [impact=] [confidence=] [effort=] [value=] [urgency=] [risk=]",
    example="backlog score APP-12 reach=500 impact=2 confidence=80 effort=3",
    role=Role.PRODUCT_OWNER,
)
def score(call: Call) -> Said:
    """Score an item: reach, impact, confidence and effort make RICE; value, urgency, risk and effort make WSJF."""
    reference = call.take_item()
    call.end()
    given = {name: call.number(name) for name in PARTS if call.given(name)}
    if not given:
        raise Refused("Score it by what? RICE or WSJF.", call.command.example)
    if given.get("effort") == 0:
        raise call.wrong("effort", "effort must be more than 0: a score is worth over effort.", "1")
    if (given.get("confidence") or 0) > 100:
        raise call.wrong("confidence", "confidence is a percentage, at most 100.", "80")
    [item] = items_of(call, [reference])
    backlog.edit(item, given, call.now)
    call.db.flush()
    said = ", ".join(field_in_words(call, name, value) for name, value in given.items())
    return changed(call, [item], _scores(item, given) or f"{said}; {_wanting(item, given)}")


def _scores(item: Item, given: Sequence[str] | dict[str, float | None]) -> str:
    """The scores that what was given makes, with their formulas."""
    said = []
    for by, parts in scoring.PARTS.items():
        found = scoring.score(item, by)
        if found is not None and (set(given) & (set(parts) - {"effort"}) or set(given) == {"effort"}):
            said.append(f"{by.upper()} {scoring.shown(found)} = {scoring.formula(item, by)}")
    return ", ".join(said)


def _wanting(item: Item, given: dict[str, float | None]) -> str:
    """Which parts the nearest score still wants."""
    by = max(scoring.PARTS, key=lambda name: len(set(given) & set(scoring.PARTS[name])))
    lacking = [name for name in scoring.PARTS[by] if getattr(item, name) is None]
    return f"{by.upper()} still wants {listed([f'{name}=' for name in lacking])}"


@command(
    "backlog rank by=rice|wsjf|value|demand [top=]",
    example="backlog rank by=rice",
    role=Role.PRODUCT_OWNER,
    hidden="apply",
)
def rank(call: Call) -> Said:
    """The order that the scores would make: what moves, before anything does; [Apply] makes it so."""
    product = call.product
    call.end()
    if not call.given("by"):
        raise Refused("Rank by what? rice, wsjf, value or demand.", call.command.example)
    by = call.choice("by")
    top = _top(call)
    backlog.lock(call.db, product.id)
    evidence = feedback.demands(call.db, product.id) if by == DEMAND else {}
    order = prioritising.proposed(call.db, product.id, _scorer(by, evidence), top)
    if not order.places:
        how = "help feedback link" if by == DEMAND else "help backlog score"
        raise Refused(f"No open item has {_AS[by]} yet.", how)
    if not call.given("apply"):
        return Reply(ok=True, card=_preview(call, by, order, evidence, "nothing has changed yet"))
    if call.options["apply"] != order.mark:
        note = "scores or order have changed since; nothing was applied"
        return Reply(ok=True, card=_preview(call, by, order, evidence, note))
    prioritising.apply(call.db, product.id, order)
    count = len(order.places)
    title = f"{product.name}: {counted(count, 'item')} put in order by {_CALLED[by]}"
    return Card(title, (Items(_rows(call, by, order.places[:SHOWN], evidence)),))


def _scorer(by: str, evidence: Evidence) -> prioritising.Scorer:
    """What an item is put in order by."""
    if by == DEMAND:
        return lambda row: evidence[row.id].score if row.id in evidence else None

    def scored(row: Any) -> tuple[float] | None:
        found = scoring.score(row, by)
        return None if found is None else (found,)

    return scored


# a score in a heading, and what an item lacks that has none
_CALLED = {scoring.RICE: "RICE", scoring.WSJF: "WSJF", scoring.VALUE: "value over effort", DEMAND: "demand"}
_AS = {
    scoring.RICE: "a RICE score",
    scoring.WSJF: "a WSJF score",
    scoring.VALUE: "a value and an effort or points",
    DEMAND: "feedback linked to it",
}


def _top(call: Call) -> int | None:
    """How many of the best are wanted; None for all."""
    wanted = call.number("top")
    if wanted is not None and (wanted < 1 or wanted != int(wanted)):
        raise call.wrong("top", f"top wants a whole number such as 5, not “{call.options['top'].strip()}”.", "5")
    return None if wanted is None else int(wanted)


def _preview(call: Call, by: str, order: Order, evidence: Evidence, note: str) -> Card:
    line = f"backlog rank by={by}" + (f" top={len(order.places)}" if call.given("top") else "")
    buttons = []
    if order.moves:
        buttons.append(Button("Apply", f"{line} apply={order.mark}", "primary"))
    everything = len(order.places) + order.below
    few = len(order.places) // 2
    if order.below:
        buttons.append(Button(f"All {everything}", f"backlog rank by={by}"))
    elif few > 1 or (few and sum(place.before != place.after for place in order.places) > 1):
        buttons.append(Button(f"Only the top {few}", f"backlog rank by={by} top={few}"))
    others = [other for other in (scoring.RICE, scoring.WSJF) if other != by]
    buttons += [Button(f"Compare with {other.upper()}", f"backlog rank by={other}") for other in others[:1]]
    more = len(order.places) - SHOWN
    rest = [f"and {more} more by score"] if more > 0 else []
    if left := _left(by, order):
        rest.append(left)
    if not order.moves:
        note = "they stand in this order already"
    text = (Text(" · ".join(rest), subtle=True),) if rest else ()
    if order.moves and (sprint := moved(call, [place.row.id for place in order.places])):
        text = (*text, Text(sprint))
    return Card(
        f"By {_CALLED[by]} · {note}", (Items(_rows(call, by, order.places[:SHOWN], evidence)), *text), tuple(buttons)
    )


def _left(by: str, order: Order) -> str:
    """What stays where it is, below the rest."""
    lower, without = ("less demand", "evidence") if by == DEMAND else ("a lower score", "a score")
    left = [f"{order.below} with {lower}"] if order.below else []
    left += [f"{order.rest} without {without}"] if order.rest else []
    one = order.below + order.rest == 1
    if by == DEMAND and order.rest and not order.below:
        have, keep = ("item has", "keeps its") if one else ("items have", "keep their")
        return f"{order.rest} {have} no evidence and {keep} order below these"
    return f"{' and '.join(left)} {'keeps its place' if one else 'keep their order'} below these" if left else ""


def _rows(call: Call, by: str, places: Sequence[Place], evidence: Evidence) -> tuple[Line, ...]:
    words = Words(call)
    return tuple(
        Line(words.key(place.row.number), place.row.title, f"{_move(place)} · {_why(call, by, place, evidence)}")
        for place in places
    )


def _why(call: Call, by: str, place: Place, evidence: Evidence) -> str:
    """'6 customers, €84k a year · “we retype it by hand” (F-12)', or a score with its formula."""
    if by == DEMAND:
        found = evidence[place.row.id]
        return f"{voices.demand(call, found)} · “{shorten(found.quote, 60)}” (F-{found.number})"
    return f"{scoring.shown(place.score[0])} = {scoring.formula(place.row, by)}"


def _move(place: Place) -> str:
    return f"stays {place.after}" if place.before == place.after else f"{place.before} → {place.after}"

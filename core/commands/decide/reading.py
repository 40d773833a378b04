"""`decide list` and `show`: what was decided, and what is still open."""

from typing import Any

from core.chat.card import Button, Card, Facts, Items, Line, Text, escape
from core.chat.words import day_in_words, shorten
from core.commands.call import Call
from core.commands.decide.words import counts, key_of, missing, objections, opened
from core.commands.items import PAGE
from core.commands.registry import Said, command
from core.commands.telling import answered
from core.product import decisions
from core.product.decisions import Decision
from core.product.people import Role


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
    key = key_of(row)
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
        raise missing(number) from no
    inside = call.may(Role.MEMBER)
    if decision.state == decisions.OPEN:
        return opened(call, decision) if inside else Card(f"{key_of(decision)} {decision.question} · open")
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
            body.append(Text(escape(f"Votes: {counts(votes)}"), subtle=True))
        body += objections(call, decision)
    if newer:
        body.append(Text(f"D-{newer} has taken its place."))
    key = key_of(decision)
    can = inside and not newer
    buttons = (Button("Supersede", f"decide supersede {key}", form=True),) if can else ()
    return Card(f"{key} {decision.question}", tuple(body), buttons)

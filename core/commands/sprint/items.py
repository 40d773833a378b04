"""`sprint add` and `remove`: what is in a sprint, and why that changes while it runs."""

from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Form, Items, Reply, Text
from core.chat.words import listed
from core.commands import reasons
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.reasons import ASK
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.sprint.words import both, number, quoted, reason, rows_of, to_change, total
from core.product import backlog, sprints
from core.product.items import CLOSED as NO_LONGER_OPEN
from core.product.items import Item
from core.product.people import Role
from core.product.sprints import PLANNED, RUNNING, Sprint

COULD = 6  # items that are offered to come out


@command(
    "sprint add ITEM… [because=] [sprint=]",
    example="sprint add APP-12 APP-13",
    role=Role.LEAD,
    hidden=ASK,
)
def add(call: Call) -> Said:
    """Put items into the sprint; while it runs it wants because=, and asks what comes out."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    sprint = to_change(call, "add")
    words = Words(call)
    for item in items:
        _check_open(call, item)
    because = _why(call, sprint, items, "come in")
    if isinstance(because, Form):
        return because
    fresh = _put(call, sprint, items, because)
    if not fresh:
        return Reply(
            ok=True, card=Card(f"{words.names(items)} {'is' if len(items) == 1 else 'are'} in {sprint.name} already.")
        )
    rows = sprints.inside(call.db, sprint)
    if sprint.state == PLANNED:
        return Card(f"{words.names(fresh)} put into {sprint.name}: {both(total(rows))} now", _if_several(call, fresh))
    title = f"{words.names(fresh)} added to {sprint.name} because {because}: {both(total(rows))} now"
    return Card(title, *_what_comes_out(call, sprint, fresh, rows))


def _why(call: Call, sprint: Sprint, items: list[Item], what: str) -> str | Form:
    """because=, which a sprint that runs wants; the form that asks for it where a button opened it."""
    if sprint.state != RUNNING:
        return reason(call)
    names = Words(call).names(items)
    asked = f"{sprint.name} is running: why {'does' if len(items) == 1 else 'do'} {names} {what}?"
    return reasons.reason(call, sprint.name, asked)


def _check_open(call: Call, item: Item) -> None:
    key = Words(call).key(item.number)
    if item.status in NO_LONGER_OPEN:
        raise Refused(f"{key} is {item.status} and no longer open.", f"backlog reopen {key}")
    if item.type == "epic":
        raise Refused(f"{key} is an epic; its items go into a sprint.", f"backlog show {key}")


def _put(call: Call, sprint: Sprint, items: list[Item], because: str = "") -> list[Item]:
    try:
        return sprints.put_in(call.db, sprint, items, because)
    except sprints.Elsewhere as no:
        other, numbers = no.args
        keys = listed([Words(call).key(n) for n in numbers])
        line = f"sprint remove {' '.join(Words(call).key(n) for n in numbers)} sprint={grammar.quote(other.name)}"
        line += " because=it moves" if other.state == RUNNING else ""
        raise Refused(f"{keys} {'is' if len(numbers) == 1 else 'are'} in {other.name}.", line) from no


def _if_several(call: Call, items: list[Item]) -> tuple[Any, ...]:
    return (Items(rows_of(call, items)),) if len(items) > 1 else ()


def _what_comes_out(call: Call, sprint: Sprint, fresh: list[Item], rows: list[Any]) -> tuple[Any, Any]:
    """The question that an addition raises: which of those not begun makes room, from the end of the order."""
    words = Words(call)
    new_ones = {item.id for item in fresh}
    could = [row for row in _not_begun(rows) if row.id not in new_ones][:4]
    if not could:
        return (Text("Everything else in it has begun, so nothing can simply come out."),), ()
    because = f'because="room for {words.names(fresh)}"'
    buttons = [Button(_out(words, row), f"{_removes(words, row, sprint)} {because}") for row in could]
    return (Text("What comes out for it?"), Items(rows_of(call, could))), tuple(buttons)


def _not_begun(rows: list[Any]) -> list[Any]:
    """What could come out of a sprint, from the end of the order."""
    return [row for row in reversed(rows) if row.status in ("new", "ready")]


def _out(words: Words, row: Any) -> str:
    return f"{words.key(row.number)} {number(row.points)} out" if row.points else f"{words.key(row.number)} out"


def _removes(words: Words, row: Any, sprint: Sprint) -> str:
    return f"sprint remove {words.key(row.number)} sprint={quoted(sprint)}"


def could_come_out(call: Call, sprint: Sprint) -> Card:
    """What nobody has begun, the last in the order first; a lead takes it out, and says why."""
    words, could = Words(call), _not_begun(sprints.inside(call.db, sprint))[:COULD]
    title = f"{sprint.name} · what could come out"
    if not could:
        return Card(title, (Text("Everything in it has begun, so nothing can simply come out."),))
    hint = "Nobody has begun these; the last in the order comes first."
    if not call.may(Role.LEAD):
        return Card(title, (Text(f"{hint} A lead takes them out."), Items(rows_of(call, could))))
    buttons = [Button(f"{_out(words, row)} …", f"{_removes(words, row, sprint)} {ASK}=yes", form=True) for row in could]
    return Card(title, (Text(hint), Items(rows_of(call, could))), tuple(buttons))


@command(
    "sprint remove ITEM… [because=] [sprint=]",
    example="sprint remove APP-12 because=the audit comes first",
    role=Role.LEAD,
    hidden=ASK,
)
def remove(call: Call) -> Said:
    """Take items out of the sprint; while it runs it wants because=."""
    references = call.take_items()
    call.end()
    items = items_of(call, references)
    sprint = _where_it_is(call, items) or to_change(call, "remove")
    words = Words(call)
    because = _why(call, sprint, items, "come out")
    if isinstance(because, Form):
        return because
    gone = sprints.take_out(call.db, sprint, items, because)
    if not gone:
        raise Refused(
            f"{words.names(items)} {'is' if len(items) == 1 else 'are'} not in {sprint.name}.", "sprint status"
        )
    rows = sprints.inside(call.db, sprint)
    why = f" because {because}" if because else ""
    now = both(total(rows))
    return Card(f"{words.names(gone)} taken out of {sprint.name}{why}: {now} now", _if_several(call, gone))


def _where_it_is(call: Call, items: list[Item]) -> Sprint | None:
    """The open sprint that holds these items, where none was named and all are in one."""
    if call.given("sprint"):
        return None
    found = {row.id for row in sprints.current_of(call.db, [item.id for item in items]).values()}
    if len(found) != 1:
        return None
    return call.db.get(Sprint, {"id": found.pop(), "workspace_id": call.db.workspace})


def fill(call: Call, sprint: Sprint, said: str) -> None:
    """Let a planned sprint hold exactly these items, as a plan proposed them."""
    items = items_of(call, said.replace(",", " ").split())
    for item in items:
        _check_open(call, item)
    wanted = {item.id for item in items}
    others = [row.id for row in sprints.inside(call.db, sprint) if row.id not in wanted]
    if others:
        numbers = backlog.numbers(call.db, others)
        sprints.take_out(call.db, sprint, items_of(call, [str(n) for n in numbers.values()]), "")
    _put(call, sprint, items)

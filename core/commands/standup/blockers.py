"""`blocker …`: what holds somebody up, with an owner and an age, until it is cleared."""

from core.chat.card import Button, Card, Field, Form, Items, Line, Reply
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.items import Words, items_of
from core.commands.refused import Refused, within
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.product import backlog, blockers
from core.product.blockers import LENGTH, Blocker

REASON = 200

tell(
    "blockers",
    Kind(
        "blocker",
        letter="B",
        silent=frozenset({"cleared_by", "raised_at", "answer_id"}),
        names={"cleared_at": "cleared", "raised_by": "raised by", "needs_id": "needs"},
    ),
)


@command(
    "blocker add TEXT [on=ITEM] [needs=@]",
    example="blocker add The test bank account is locked on=APP-12 needs=@bob",
    text="text",
    asked=True,
)
def add(call: Call) -> Said:
    """Say what holds you up: it stands on top of the stand-up until it is cleared."""
    text = call.rest().strip()
    product = call.product
    if not text and not call.ask.values:
        fields = (
            Field("text", "What holds you up?", required=True, max_length=LENGTH),
            Field("on", "On which item", hint="Its number, such as 3"),
            Field("needs", "Who can clear it", "person"),
        )
        return Form("A blocker", fields, "blocker add", label="Tell the team")
    if not text:
        raise Refused("Say what holds you up.", call.command.example, field="text")
    needs = call.person_in("needs")
    item = items_of(call, [call.options["on"].strip()])[0] if call.options.get("on", "").strip() else None
    try:
        made = blockers.add(call.db, product.id, text, call.person, item=item.id if item else None, needs=needs)
    except blockers.TooLong as no:
        why = f"A blocker holds {LENGTH} characters; this one has {no.args[0]}."
        raise Refused(why, "blocker add " + shorten(text, 100), field="text") from no
    return Card(f"B-{made.number} blocks {call.name(call.person)}: {details(call, made)}", buttons=(_take(made),))


@command("blocker take B-4 [by=]", example="blocker take B-4 by=friday")
def take(call: Call) -> Said:
    """Say that you will clear a blocker, and by when."""
    number = call.take_number("B", "blocker")
    call.end()
    by = call.coming("by", "tomorrow")
    found = _standing(call, number)
    if found.owner_id == call.person and found.promised == by:
        return Reply(ok=True, card=Card(f"B-{number} is yours already; nothing was changed."))
    before = call.name(found.owner_id) if found.owner_id and found.owner_id != call.person else ""
    blockers.take(found, call.person, by)
    call.db.flush()
    when = f", promised for {day_in_words(by, call.today)}" if by else ""
    after = f", after {before}" if before else ""
    title = f"B-{number} {shorten(found.text, 120)}: {call.name(call.person)} takes it{after}{when}"
    return Card(title, buttons=(Button("Cleared", f"blocker clear B-{number}"),))


@command("blocker clear B-4 [because=]", example="blocker clear B-4 because=The bank has unlocked it")
def clear(call: Call) -> Said:
    """Say that a blocker is out of the way."""
    number = call.take_number("B", "blocker")
    call.end()
    found = _standing(call, number)
    because = call.phrase("because")
    within(because, REASON, "A reason", f"blocker clear B-{number}")
    blockers.clear(call.db, found, call.person, because)
    call.db.flush()
    day = age(call, found)
    stood = "the same day" if day == 1 else f"on day {day}"
    reason = f": {because}" if because else ""
    return Card(f"B-{number} {shorten(found.text, 120)} is cleared {stood}{reason}")


@command("blocker list", example="blocker list", writes=False)
def list_(call: Call) -> Said:
    """What holds people up: what nobody has taken first, then the oldest."""
    call.end()
    product = call.product
    rows = blockers.standing(call.db, product.id)
    if not rows:
        return Card(f"Nothing blocks {product.name}", buttons=(Button("I'm blocked", "blocker add", form=True),))
    unowned = sum(row.owner_id is None for row in rows)
    count = counted(len(rows), "blocker")
    note = f" · {unowned} without an owner" if unowned else ""
    return Card(f"{product.name} · {count}{note}", (Items(lines(call, rows)),))


def lines(call: Call, rows: list[Blocker]) -> tuple[Line, ...]:
    """Blockers as a list shows them, each with what can be done about it."""
    return tuple(
        Line(
            f"B-{row.number}",
            shorten(row.text, 200),
            blockers.in_words(row, call.tz, call.today, call.name),
            (*(() if row.owner_id else (_take(row),)), Button("Cleared", f"blocker clear B-{row.number}")),
        )
        for row in rows
    )


def _take(row: Blocker) -> Button:
    return Button("I'll take it", f"blocker take B-{row.number}")


def details(call: Call, row: Blocker) -> str:
    """'Test bank account · on APP-12 · needs Tom'."""
    on = f"on {Words(call).key(backlog.numbers(call.db, [row.item_id])[row.item_id])}" if row.item_id else ""
    needs = f"needs {call.name(row.needs_id)}" if row.needs_id else ""
    return " · ".join(part for part in (shorten(row.text, 200), on, needs) if part)


def age(call: Call, row: Blocker) -> int:
    """Which day of its standing this is, the first being 1."""
    return blockers.day_of(row, call.today, row.raised_at.astimezone(call.tz).date())


def _standing(call: Call, number: int) -> Blocker:
    product = call.product
    found = blockers.find(call.db, product.id, number)
    if found is None:
        raise Refused(f"There is no blocker B-{number} in {product.name}.", "blocker list")
    if found.cleared_at is not None:
        why = f"B-{number} was cleared by {call.name(found.cleared_by)} on {call.date_of(found.cleared_at)}."
        raise Refused(why, "blocker list")
    return found

"""`roadmap milestone` and `roadmap ship`: the steps to an entry, and its end."""

from core.chat.card import Button, Card, Field, Form, Items, Line
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.reasons import ASK, reason
from core.commands.refused import Refused, needed
from core.commands.registry import Said, command
from core.commands.roadmap.card import milestone_line, open_entry
from core.commands.sharing import told
from core.product import roadmap
from core.product.people import Role
from core.product.roadmap import TITLE_LENGTH, Entry, Milestone

_VERBS = {"done": "done", "undone": "open again", "drop": "dropped"}


@command(
    "roadmap milestone R-1 TEXT|done N|undone N|drop N on= [owner=]",
    example="roadmap milestone R-1 Audit passed on=2026-12-18 owner=@bob",
    role=Role.PRODUCT_MANAGER,
    hidden="new-text",
)
def milestone(call: Call) -> Said:
    """Add a milestone or deliverable with its day and owner, or tick it off."""
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    name = f"R-{entry.number}"
    verb = call.peek().lower()
    if verb in _VERBS and len(call.line.words) == call.at + 2 and call.line.words[-1].text.isdecimal():
        call.take_word()
        return _change(call, entry, verb, int(call.take_word()[:9]))
    if verb in _VERBS and not call.given("on"):
        raise Refused(f"Which milestone? Say its number, such as {verb} 1.", f"roadmap show {name}")
    text = call.phrase("new-text") or call.phrase()
    if not text and not call.ask.values and not call.options:
        fields = (
            Field("new-text", "What is to be there", required=True, max_length=TITLE_LENGTH),
            Field("on", "On", "date", required=True),
            Field("owner", "Who sees to it", "person"),
        )
        return Form(f"A milestone of {name}", fields, f"roadmap milestone {name}")
    example = call.command.example
    needed(text, "A milestone needs a few words.", TITLE_LENGTH, "A milestone", example, field="new-text")
    day, owner = call.day("on", "next month"), call.person_in("owner")
    if day is None:
        raise call.wrong("on", "When? Say on= and a day.", "next month")
    roadmap.add_milestone(call.db, entry, text, day, owner)
    who = f" · {call.name(owner)}" if owner else ""
    said = f"milestone {text} by {day_in_words(day, call.today)}{who}"
    return told(call, Card(f"{name} {entry.title}: {said}"), entry.audience)


def _change(call: Call, entry: Entry, verb: str, number: int) -> Said:
    name = f"R-{entry.number}"
    try:
        found = roadmap.milestone(call.db, entry, number)
    except roadmap.NoSuchMilestone as no:
        why = f"{name} has {counted(no.args[1], 'milestone')}; there is no number {number}."
        raise Refused(why, f"roadmap show {name}") from no
    if verb == "drop":
        call.db.delete(found)
    else:
        found.done_at = call.now if verb == "done" else None
    call.db.flush()
    return told(call, Card(f"{name} {entry.title}: {shorten(found.text, 120)} {_VERBS[verb]}"), entry.audience)


@command(
    "roadmap ship R-1 [because=]",
    example="roadmap ship R-1",
    role=Role.PRODUCT_MANAGER,
    hidden=ASK,
)
def ship(call: Call) -> Said:
    """Say that an entry is out; milestones that are still open are asked for first."""
    entry = open_entry(call, call.take_number("R", "roadmap entry"))
    call.end()
    name = f"R-{entry.number}"
    steps = list(enumerate(roadmap.milestones(call.db, [entry.id]), 1))
    open_ = [(number, one) for number, one in steps if one.done_at is None]
    because = call.phrase("because")
    if open_ or because or call.given(ASK):
        if open_ and not because and not call.given(ASK):
            raise _asks(call, name, open_)
        asked = reason(call, f"Ship {name}", f"Why is {name} shipped with open milestones?")
        if isinstance(asked, Form):
            return asked
        because = asked
    far = roadmap.progress(call.db, [entry.id])[entry.id]
    if because:
        roadmap.moved(call.db, entry, roadmap.SHIP, roadmap.OPEN, roadmap.SHIPPED, because)
    entry.status, entry.ended_at = roadmap.SHIPPED, call.now
    call.db.flush()
    left = f" · {counted(far.of - far.done, 'item')} of {far.of} still open" if far.done < far.of else ""
    why = f" because {because}" if because else ""
    buttons = (Button("Release notes", f"roadmap notes {name}"),)
    return told(call, Card(f"{name} {entry.title}: shipped{left}{why}", buttons=buttons), entry.audience)


def _asks(call: Call, name: str, open_: list[tuple[int, Milestone]]) -> Refused:
    """The open milestones, each with the button that ticks it off."""
    rows = []
    for number, one in open_:
        row = milestone_line(call, number, one)
        button = Button("Done", f"roadmap milestone {name} done {number}")
        rows.append(Line(row.key, row.text, row.detail, (button,)))
    count = f"{counted(len(open_), 'milestone')} of {name} {'is' if len(open_) == 1 else 'are'} open"
    them = "it" if len(open_) == 1 else "them"
    card = Card(
        f"{count}", (Items(tuple(rows)),), (Button("Ship anyway …", f"roadmap ship {name} {ASK}=yes", form=True),)
    )
    first = f"roadmap milestone {name} done {open_[0][0]}"
    names = "; ".join(shorten(one.text, 60) for _, one in open_[:3])
    return Refused(f"{count}: {names}. Tick {them} off, or say because=.", first, card=card)

"""Questions in words: which one is meant and in which product, who may settle it, its line in a list."""

from core.chat.card import Button, Line
from core.chat.words import counted, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.rights import only
from core.product import questions
from core.product.audience import Audience
from core.product.people import Role
from core.product.questions import Question
from core.schedule import question_cards
from core.schedule.question_cards import Scene

TOPICS = {"po": Role.PRODUCT_OWNER, "pm": Role.PRODUCT_MANAGER}
YES = frozenset({"yes", "y", "true", "1", "on"})


def scene(call: Call) -> Scene:
    return question_cards.scene_of(call.db, call.directory, call.product.id)


def reads(call: Call) -> list[str]:
    return [one.value for one in call.audience.reads]


# ---- which one, and who may ----


def find(call: Call) -> Question:
    """The question that is named."""
    number = call.take_number("Q", "question")
    product = call.product
    found = questions.find(call.db, product.id, number)
    if call.audience is not Audience.TEAM and (found is None or not _is_shown(call, found)):
        raise only(call, Role.MEMBER)
    if found is None:
        raise Refused(f"There is no question Q-{number} in {product.name}.", "question list")
    return found


def _is_shown(call: Call, found: Question) -> bool:
    """Whether somebody outside the team may know of a question: it is shared, is theirs, or was put to them by name."""
    named = found.owner_id == call.person and not found.role
    return found.audience in reads(call) or found.asker_id == call.person or named


def find_open(call: Call) -> Question:
    found = find(call)
    if not found.open:
        why = f"Q-{found.number} was answered by {call.name(found.answered_by)}: {shorten(found.answer, 120)}"
        raise Refused(why.rstrip(".") + ".", f"question reopen Q-{found.number}")
    return found


def find_mine(call: Call) -> Question:
    """The question, for who decides it."""
    found = find(call)
    if not decides(call, found):
        called = Role(found.role).called if found.role else "product owner or manager"
        who = call.name(found.owner_id)
        better = f"question assume Q-{found.number}" if found.open else "question list"
        raise Refused(f"Only {who} or the {called} decides Q-{found.number}.", better)
    return found


def decides(call: Call, row: Question) -> bool:
    """Whether it is the asker's to settle: they were asked, or hold the role that it went to."""
    roles = {Role.ADMIN, Role(row.role)} if row.role else {Role.ADMIN, *TOPICS.values()}
    return call.person == row.owner_id or bool(call.roles & roles)


def rest(call: Call, asked: str) -> str | None:
    """The words behind the number, or a form's; None where a form is to ask for them."""
    text = call.words("new-text") if call.given("new-text") else call.rest().strip()
    if not text and not call.ask.values:
        return None
    if not text:
        raise Refused(asked, call.command.example, field="new-text")
    return text


# ---- in words ----


def line(call: Call, row: Question) -> Line:
    """'Q-3 What is …? · Ann, 2 days · Lena assumes “left out”', with what its reader may do about it."""
    days = (call.today - row.asked_at.astimezone(call.tz).date()).days
    age = "today" if days <= 0 else counted(days, "day")
    assumed = (
        f"{call.name(row.assumed_by)} assumes “{shorten(row.assumption, 80)}”" if row.assumption and row.open else ""
    )
    about = question_cards.item_named(call.db, call.product, row.item_id).split(" ", 1)[0]
    said = "stops production" if row.urgent and row.open else ""
    settled = f"answered by {call.name(row.answered_by)}{f'; {row.stale_by}' if row.doubted(reads(call)) else ''}"
    state = f"{call.name(row.owner_id)}, {age}" if row.open else settled
    detail = " · ".join(part for part in (about, state, said, assumed) if part)
    return Line(f"Q-{row.number}", shorten(row.text, 200), detail, buttons(call, row))


def buttons(call: Call, row: Question) -> tuple[Button, ...]:
    """What somebody may do about a question: settle it who decides it, go on meanwhile who does not."""
    key = f"Q-{row.number}"
    if not decides(call, row):
        waits = row.open and not row.assumption
        return (Button("Go on with an assumption …", f"question assume {key}", form=True),) if waits else ()
    if row.open:
        right = (Button("Right", f"question right {key}"),) if row.assumption else ()
        return (*right, Button("Answer …", f"question answer {key}", form=True))
    if row.stale_at:
        return Button("Still right", f"question verify {key}"), Button("No, …", f"question answer {key}", form=True)
    return (Button("Change it …", f"question answer {key}", form=True),)

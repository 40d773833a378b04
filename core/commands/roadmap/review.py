"""`roadmap review …`: what concerns people is known before they meet, and what was said is sent to all of them."""

from typing import Any

from core.chat.card import Button, Card, Field, Form, Reply
from core.chat.words import day_in_words, listed, shorten
from core.commands import things
from core.commands.call import Call
from core.commands.refused import Refused, needed, within
from core.commands.registry import Said, command
from core.commands.rights import check, only
from core.commands.telling import Kind, tell
from core.product import feedback, reviews
from core.product.audience import Audience
from core.product.people import Role
from core.product.reviews import CONCERN, FINE, QUESTION, Invited, Review
from core.schedule import invitations, recipients, review_cards

TEXT_LENGTH = 2000
_VERBS = ("open", "show", "close", FINE, CONCERN, QUESTION)

tell("reviews", Kind("review", names={"on_day": "day"}))
tell("invited", Kind("invitation", says=(), silent=frozenset({"audience"})))


@command(
    "roadmap review open NAME with=@PERSON,@PERSON on=DAY | show | close [note=] | fine | concern TEXT | question TEXT",
    example="roadmap review open Winter with=me on=friday",
    role=Role.VIEWER,
    hidden="review new-text name",
)
def review(call: Call) -> Said:
    """A review of the roadmap: concerns before it, an agenda that begins with them, minutes to all."""
    verb = call.take_word().lower() or "show"
    if verb not in _VERBS:
        raise Refused(f"A review is {listed(_VERBS, 'or')}, not “{shorten(verb, 40)}”.", "roadmap review show")
    if verb == "open":
        return _open(call)
    if verb == "show":
        return _show(call)
    if verb == "close":
        return _close(call)
    return _answer(call, verb)


# ---- opening ----


def _open(call: Call) -> Said:
    product = call.product
    check(call, Role.PRODUCT_MANAGER)
    name = call.phrase("name") or call.phrase()
    if not name and not call.given("with") and not call.ask.values:
        return _form(call)
    example = call.command.example
    needed(name, "What is the review called?", reviews.NAME_LENGTH, "A name", example, field="name")
    people = call.people_in("with")
    if not people:
        raise Refused("Who is invited? with=@bob,@eve.", example, field="with")
    on = call.coming("on")
    if on is None:
        raise Refused("On which day? on=friday.", example, field="on")
    if any(row.name.lower() == name.lower() for row in reviews.listed(call.db, product.id, open_only=True)):
        raise Refused(f"{name} is open already.", f"roadmap review show {name}", field="name")
    made = reviews.open_(call.db, product.id, call.person, name, on, people)
    reached = [person for person in people if recipients.to_person(call.db, call.directory, person, product.id)]
    lost = [call.name(person) for person in people if person not in reached]
    invitations.plan(call.db, product, invitations.REVIEW, made.id, reached)
    invitations.pre_read(call.db, product, made, reached)
    names = listed([call.name(person) for person in people])
    missed = f"; I cannot reach {listed(lost)}" if lost else ""
    title = f"{name}: roadmap review on {day_in_words(on, call.today)} with {names}{missed}"
    show = Button("Show", f"roadmap review show review={made.id}")
    return Card(title, buttons=(show,))


def _form(call: Call) -> Form:
    on = call.day("on")
    fields = (
        Field("name", "Name", required=True, max_length=reviews.NAME_LENGTH),
        Field("with", "Invited", "people", required=True),
        Field("on", "On", "date", value=on.isoformat() if on else "", required=True),
    )
    return Form("A roadmap review", fields, "roadmap review open", "Invite")


# ---- the review that is meant ----


def _find(call: Call, *, open_only: bool) -> tuple[Call, Review]:
    """By its button, by its name, or the next open one."""
    if call.given("review"):
        found = reviews.get(call.db, call.options["review"])
        if found is None:
            raise Refused("That review was taken back.", "roadmap review show")
        return call.about_product(found.product_id), found
    name = call.phrase().lower()
    rows = reviews.listed(call.db, call.product.id, open_only=open_only)
    fit = [row for row in rows if not name or row.name.lower() == name]
    if not fit:
        which = f"No review is called “{shorten(name, 40)}”." if name and rows else "No review is open."
        raise Refused(which, "roadmap review show" if rows and name else "help roadmap review")
    return call, fit[0]


def _mine(call: Call, found: Review) -> Invited | None:
    return next((row for row in reviews.invited(call.db, found) if row.person_id == call.person), None)


def _show(call: Call) -> Said:
    inside = call.found_product is not None and call.may(Role.MEMBER)
    if not inside and not call.given("review") and not reviews.invitations(call.db, call.person):
        raise only(call, Role.MEMBER)
    if inside and not call.given("review") and not reviews.listed(call.db, call.product.id, open_only=False):
        invite = (Button("Open one", "roadmap review open", form=True),) if call.may(Role.PRODUCT_MANAGER) else ()
        return Reply(ok=True, card=Card(f"{call.product.name} · no roadmap review yet", buttons=invite))
    call, found = _find(call, open_only=False)
    if not call.may(Role.MEMBER) and _mine(call, found) is None:
        raise only(call, Role.MEMBER)
    compose = review_cards.agenda if found.closed_at is None else review_cards.minutes
    card = compose(call.db, call.directory, found, call.audience, call.today)
    if found.closed_at is None and call.may(Role.PRODUCT_MANAGER):
        close = Button("Close", f"roadmap review close review={found.id}")
        card = Card(card.title, card.body, (*card.buttons, close))
    return Reply(ok=True, card=card)


def _close(call: Call) -> Said:
    check(call, Role.PRODUCT_MANAGER)
    call, found = _find(call, open_only=True)
    check(call, Role.PRODUCT_MANAGER)
    if found.closed_at is not None:
        raise Refused(f"{found.name} is closed already.", f"roadmap review show {found.name}")
    note = call.words("note")
    if len(note) > TEXT_LENGTH:
        raise Refused(f"Minutes hold {TEXT_LENGTH:,} characters; these have {len(note):,}.", call.command.example)
    reviews.close(call.db, found, note)
    invited = [row.person_id for row in reviews.invited(call.db, found)]
    invitations.plan(call.db, call.directory.products[found.product_id], invitations.MINUTES, found.id, invited)
    # where others than the team read, a place is told what all who were invited are
    circle = Audience.TEAM if call.among_the_team else Audience.STAKEHOLDERS
    return review_cards.minutes(call.db, call.directory, found, circle, call.today)


# ---- answering ----


def _answer(call: Call, verb: str) -> Said:
    """What somebody invited thinks beforehand."""
    typed = "" if call.given("review") else call.rest().strip()
    bare = call if call.given("review") else call.on("")
    bare, found = _answered(bare, call.person)
    mine = _mine(bare, found)
    if mine is None:
        raise Refused(f"You are not invited to {found.name}.", "roadmap review show")
    if found.closed_at is not None:
        raise Refused(f"{found.name} is closed already.", f"roadmap review show {found.name}")
    text = (call.words("new-text") or typed or (call.rest() if call.given("review") else "")).strip()
    if verb != FINE and not text:
        return _answer_form(found, verb)
    within(text, TEXT_LENGTH, f"A {verb}", call.command.example, field="new-text")
    reviews.answer(call.db, mine, verb, "" if verb == FINE else text, bare.audience)
    if verb == CONCERN:
        about = things.mentioned(bare, text)
        kind = {"kind": "stakeholder", "about": about}
        feedback.add(call.db, found.product_id, call.person, text, **kind)
    said: dict[str, Any] = {FINE: "you are fine with it", CONCERN: "your concern is on the agenda"}
    title = f"{found.name}: {said.get(verb, 'your question is on the agenda')}"
    return Reply(ok=True, card=Card(title))


def _answered(call: Call, person: str) -> tuple[Call, Review]:
    """The review that an answer is for: the next one that this person is invited to."""
    if call.given("review"):
        return _find(call, open_only=True)
    rows = [row for row in reviews.invitations(call.db, person) if row.closed_at is None]
    here = [row for row in rows if call.found_product is None or row.product_id == call.found_product.id]
    if not here:
        raise Refused("You are invited to no open review.", "roadmap review show")
    return call.about_product(here[0].product_id), here[0]


def _answer_form(found: Review, verb: str) -> Form:
    label = "What concerns you?" if verb == CONCERN else "What do you want to know?"
    hint = "It comes first on the agenda." if verb == CONCERN else "It is answered in the review."
    field = Field("new-text", label, "longtext", required=True, hint=hint, max_length=TEXT_LENGTH)
    return Form(found.name, (field,), f"roadmap review {verb} review={found.id}", "Send")

"""`digest …`: seeing and changing what a channel, stakeholders or one person hear regularly."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.chat.card import Button, Card, Field, Form, Items, Line, Part, Text, escape
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.digest.words import TURNED_OFF, may_change, readable, when, where, which
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import presence
from core.product.people import Role
from core.schedule import budget, digests, occurrences, personal_digest, riding, rounds, schedules
from core.schedule.digests import NOTE_LENGTH, PERSONAL, Digest
from core.schedule.occurrences import Past
from core.schedule.unasked import WISHES, Letter, Silence

# ---- seeing ----


@command("digest list", example="digest list", role=Role.VIEWER, writes=False)
def list_(call: Call) -> Said:
    """The digests, when each comes next, and what was said unasked lately."""
    call.end()
    every = readable(call)
    rows = []
    for one in every:
        first = digests.next_of(call.db, one)
        held = " · the next one is held" if one.held else ""
        state = "paused" if one.paused else f"next {when(call, one, first)}{held}" if first else "over"
        verb = "resume" if one.paused else "pause"
        buttons = (
            Button("Preview", f"digest preview {one.number}"),
            Button(verb.capitalize(), f"digest {verb} {one.number}"),
        )
        detail = f"{one.said}, {one.tz} · {state} · by {call.name(one.owner_id)}"
        rows.append(Line(str(one.number), f"{one.called} {where(call, one)}", detail, buttons))
    nothing = "No digest is set up yet." if call.may(Role.MEMBER) else "No digest comes to you here."
    body: list[Part] = [Items(tuple(rows))] if rows else [Text(nothing)]
    body += [Text(part, subtle=True) for part in _spent(call)]
    further = Button("New digest", "digest new", form=True)
    return Card(f"{call.product.name} · {counted(len(every), 'digest')}", tuple(body), (further,))


def _spent(call: Call) -> list[str]:
    """What counts: the day's messages to the asker, and the place's post."""
    here = f"#{call.ask.connection.platform.value}:{call.ask.place.external_id}"
    mine = budget.of_person(call.person)
    said = []
    for what, recipient, most in (("You", mine, budget.MESSAGES), ("This channel", here, budget.POSTS)):
        if recipient == here and call.ask.place.private:
            continue
        rows = [
            one for one in budget.spent(call.db, [recipient], call.now - timedelta(days=2)) if one.day == call.today
        ]
        counts = [one.what for one in rows if one.counts]
        besides = [one.what for one in rows if not one.counts]
        unit = "message" if recipient == mine else "post"
        line = f"{what} today: {len(counts)} of {counted(most, unit)}"
        line += f" ({', '.join(reversed(counts))})" if counts else ""
        said.append(escape(line + (f", besides {', '.join(reversed(besides))}" if besides else "")))
    return said


@command("digest preview [NUMBER]", example="digest preview", writes=False)
def preview(call: Call) -> Said:
    """Exactly what would be sent now."""
    digest = which(call)
    if (riding_on := _rides(call, digest)) is not None:
        return riding_on
    made = digests.compose(call.db, digest, _reader(call, digest), settled=digests.AT_ONCE)
    if isinstance(made, Silence):
        return Card(f"{digest.called} {where(call, digest)}: nothing would be sent, {made.why}")
    return personal_digest.headed(call.db, digest.product_id, made).card if digest.kind == PERSONAL else made.card


def _rides(call: Call, digest: Digest) -> Card | None:
    """What a sprint digest adds to the stand-up's post of today; None where none carries it."""
    day = call.now.astimezone(ZoneInfo(digest.tz)).date()
    there = presence.read(call.db, call.directory.products[digest.product_id])
    found = riding.carrier(call.db, call.directory, there, digest, day)
    if found is None:
        return None
    standup, _ = found
    short = Text("Today it is short: nothing that the post does not say by itself.", subtle=True)
    title = f"On the post of {rounds.titled(standup)}, {day:%a} {day.day} {day:%b}"
    return Card(title, tuple(riding.parts(call.db, digest, day, digests.AT_ONCE)) or (short,))


def _reader(call: Call, digest: Digest) -> str:
    return (call.person if call.person in digest.readers else digest.readers[0]) if digest.readers else ""


@command("digest history [NUMBER]", example="digest history", writes=False)
def history(call: Call) -> Said:
    """What was sent, skipped or missed, and why."""
    digest = which(call)
    past = occurrences.history(call.db, [digest.id], 40)
    rows = [_past(call, digest, one) for one in past if one.kind != digests.DRAFT][:20]
    title = f"{digest.called} {where(call, digest)}"
    if not rows:
        return Card(f"{title} has not come yet")
    return Card(f"{title} · history", (Items(tuple(rows)),))


def _past(call: Call, digest: Digest, one: Past) -> Line:
    local = one.due.astimezone(ZoneInfo(digest.tz))
    asked = "asked for" if one.kind == "now" else ""
    whom = f"to {call.name(one.recipient)}" if one.recipient and not asked and len(digest.readers) > 1 else ""
    state = {"due": "on its way", "waiting": "on its way"}.get(one.state, one.state)
    why = "" if one.why in WISHES and (asked or one.recipient != call.person) else one.why
    detail = " · ".join(part for part in (whom, asked, why) if part)
    return Line(f"{local:%a} {day_in_words(one.day, call.today)} {local:%H:%M}", state, detail)


# ---- changing ----


@command("digest hold [NUMBER]", example="digest hold", undoable=False)
def hold(call: Call) -> Said:
    """The next one does not go out; `digest hold off` lets it."""
    digest = which(call, rest=True)
    may_change(call, digest)
    off = call.peek().lower() in TURNED_OFF
    if off:
        call.take_word()
    call.end()
    first = digests.next_of(call.db, digest)
    if off:
        if digest.held is None:
            raise Refused("It is not held.", f"digest hold {digest.number}")
        digest.held = None
        return Card(f"{digest.called} {where(call, digest)} goes out again")
    if first is None:
        raise Refused("It is paused; nothing goes out.", f"digest resume {digest.number}")
    digest.held = first.day
    title = f"Held: the {digest.called.lower()} of {when(call, digest, first)} does not go out"
    return Card(title, buttons=(Button("Let it go out", f"digest hold {digest.number} off"),))


@command("digest note [NUMBER] TEXT", example="digest note Export is nearly there.", undoable=False, hidden="note")
def note(call: Call) -> Said:
    """Two sentences of your own on top of the next one."""
    digest = which(call, rest=True, text=True)
    may_change(call, digest)
    text = " ".join((call.rest() or call.words("note")).split())
    if not text and not call.ask.values:
        hint = f"At most {NOTE_LENGTH} characters; they stand on top of the next one"
        field = Field("note", "Two sentences", "longtext", value=digest.note, max_length=NOTE_LENGTH, hint=hint)
        return Form(f"{digest.called}", (field,), f"digest note {digest.number}")
    if len(text) > NOTE_LENGTH:
        why = f"Two sentences hold {NOTE_LENGTH} characters; these have {len(text)}."
        raise Refused(why, f"digest note {shorten(text, 100)}", field="note")
    clear = not text or text.lower() in TURNED_OFF
    digest.note, digest.note_by = ("", None) if clear else (text, call.person)
    if clear:
        return Card(f"The next {digest.called.lower()} comes without a note")
    return Card(f"On top of the next {digest.called.lower()}: {text}", buttons=_preview(digest))


def _preview(digest: Digest) -> tuple[Button, ...]:
    return (Button("Preview", f"digest preview {digest.number}"),)


@command("digest pause [NUMBER]", example="digest pause", undoable=False)
def pause(call: Call) -> Said:
    """Nothing comes until `digest resume`."""
    digest = which(call)
    may_change(call, digest)
    if digest.paused:
        raise Refused("It is paused already.", f"digest resume {digest.number}")
    digest.paused = True
    schedules.pause(call.db, digest.id)
    button = Button("Resume", f"digest resume {digest.number}")
    return Card(f"{digest.called} {where(call, digest)} is paused", buttons=(button,))


@command("digest resume [NUMBER]", example="digest resume", undoable=False)
def resume(call: Call) -> Said:
    """Go on after a pause, with what comes next."""
    digest = which(call)
    may_change(call, digest)
    if not digest.paused:
        raise Refused("It is not paused.", "digest list")
    digest.paused = False
    schedules.resume(call.db, digest.id)
    first = digests.next_of(call.db, digest)
    comes = f", next {when(call, digest, first)}" if first else ""
    return Card(f"{digest.called} {where(call, digest)} goes on{comes}")


@command("digest remove [NUMBER]", example="digest remove", undoable=False)
def remove(call: Call) -> Said:
    """End a digest for good."""
    digest = which(call)
    may_change(call, digest)
    title = f"{digest.called} {where(call, digest)} is removed"
    digests.remove(call.db, digest)
    return Card(title)


def _at_once(call: Call, made: Letter) -> Letter:
    """What was asked for counts nothing against the day, so that the schedule stays as it is; whoever else reads it
    gets it in their hours, on a day that has room."""
    if made.person in ("", call.person):
        return replace(made, beyond="asked", waits=False, mute="")
    return replace(made, beyond="wait")


@command("digest now [NUMBER]", example="digest now", undoable=False)
def now(call: Call) -> Said:
    """Send one now; the schedule stays as it is."""
    digest = which(call)
    may_change(call, digest)
    sent = 0
    for reader in digest.readers or ("",):
        made = digests.compose(call.db, digest, reader, asked=True, settled=digests.AT_ONCE)
        if isinstance(made, Silence):
            continue
        said = occurrences.say_now(call.db, digest.product_id, digest.id, call.today, _at_once(call, made))
        sent += isinstance(said, Letter)
    if not sent:
        raise Refused(
            f"Nothing to send: nobody knows where, it is not wanted, or {digest.called.lower()}s are for the team.",
            "digest list",
        )
    return Card(f"{digest.called} {where(call, digest)}: on its way")

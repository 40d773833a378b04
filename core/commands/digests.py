"""`digest …`: what a channel, stakeholders or one person hear regularly. What it says stands in core.schedule."""

import re
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.chat.ask import Platform
from core.chat.card import Button, Card, Choice, Field, Form, Items, Line, Part, Text, escape
from core.chat.words import counted, listed
from core.commands.call import Call, day_in_words, shorten
from core.commands.product import zone_in
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.product import presence, products
from core.product.audience import Audience
from core.product.people import Role
from core.schedule import (
    budget,
    digests,
    occurrences,
    outbox,
    personal_digest,
    schedules,
    sprint_digest,
    stakeholder_digest,
)
from core.schedule.digests import KINDS, LINE, NOTE_LENGTH, PERSONAL, SKIP, SPRINT, STAKEHOLDER, Digest
from core.schedule.occurrences import Past, Silence
from core.schedule.phrases import NoRule

SAID_BY = (sprint_digest, stakeholder_digest, personal_digest)
"""Loaded here, so that each kind of digest can be composed."""

tell(
    "digests",
    Kind(
        "digest",
        says=("kind",),
        silent=frozenset({"platform", "readers", "place"}),
        names={"said": "time", "owner_id": "owner", "place_name": "channel", "tz": "time zone"},
    ),
)

DEFAULTS = {SPRINT: "weekdays 09:00", STAKEHOLDER: "every second friday 10:00"}
DRAFT = 240  # minutes
LONGEST_DRAFT = 3 * 24 * 60
_DRAFT = re.compile(r"(\d{1,4})\s*(h|hours?|m|min|minutes?|d|days?)?")
_TURNED_OFF = frozenset({"off", "none", "no", "nothing"})
SHOWN = 10


# ---- making one ----


@command(
    "digest new sprint|stakeholder|personal [at=] [in=] [tz=] [for=] [audience=team|stakeholders|public] [draft=]"
    " [empty=line|skip]",
    example='digest new sprint at="weekdays 09:00"',
    undoable=False,
    hidden="kind",
)
def new(call: Call) -> Said:
    """A digest at its own times: the sprint's for the team, one for stakeholders, or one for yourself."""
    kind = _kind(call)
    if kind is None:
        return _form(call)
    typed = " ".join(part for part in (call.words("at"), call.rest().strip()) if part)
    product, tz = call.product, zone_in(call)
    readers, place = _whom(call, kind)
    audience = _audience(call, kind)
    _may_read(call, kind, audience, readers, place)
    zone = tz or (_zone_of(call, readers[0]) if len(readers) == 1 else str(call.tz))
    said = typed or DEFAULTS.get(kind) or _first_hour(call)
    known = _same(call, kind, readers, place)
    values = {
        "said": said, "tz": zone, "audience": audience.value, "draft": _draft(call, kind),
        "empty": call.choice("empty") if call.options.get("empty") else LINE if kind == SPRINT else SKIP,
    }  # fmt: skip
    if known is None:
        known = digests.make(
            call.db, product_id=product.id, number=digests.number_of(call.db, product.id), kind=kind,
            owner_id=call.person, platform=place[0], place=place[1], place_name=place[2], readers=readers, **values,
        )  # fmt: skip
        verb = ""
    else:
        _may_change(call, known)
        for name, value in values.items():
            setattr(known, name, value)
        known.paused = False
        verb = " now"
    try:
        first = digests.schedule(call.db, known)
    except NoRule as no:
        raise call.wrong("at", no.why, no.better) from no
    return _made(call, known, first, verb)


def _kind(call: Call) -> str | None:
    """The kind that is named; None where a form should ask."""
    word = call.options.get("kind", "").strip().lower() or call.peek().lower()
    if word in KINDS:
        if not call.options.get("kind"):
            call.take_word()
        return word
    if not word and not call.ask.values and not (call.options.keys() - {"kind"}):
        return None
    why = f"“{shorten(word, 40)}” is no digest; there are" if word else "Which digest? There are"
    raise Refused(f"{why} sprint, stakeholder and personal.", call.command.example)


def _form(call: Call) -> Form:
    choices = tuple(Choice(kind.capitalize(), kind) for kind in KINDS)
    fields = (
        Field("kind", "Which", "choice", value=SPRINT, required=True, choices=choices),
        Field("at", "When", value=DEFAULTS[SPRINT], hint="Such as every second monday 10:30, or last friday 16:00"),
        Field("tz", "Time zone", value=str(call.tz)),
    )
    return Form("A digest", fields, "digest new")


def _whom(call: Call, kind: str) -> tuple[tuple[str, ...], tuple[str, str, str]]:
    """The people it goes to, or else the place: its platform, id and name."""
    platform = call.ask.connection.platform.value
    if kind == PERSONAL:
        if call.options.get("for") or call.options.get("in"):
            raise Refused("A personal digest is your own and comes to you.", "digest new personal")
        return (call.person,), (platform, "", "")
    words = [word for word in re.split(r"[,\s]+", call.options.get("for", "")) if word]
    if words and not any(word.startswith("#") for word in words):
        return tuple(dict.fromkeys(call.take_person(word) for word in words)), (platform, "", "")
    if len(words) > 1:
        raise Refused("One channel, or people: for=#board or for=@bob,@eve.", call.command.example, field="for")
    place = call.place_in("for" if words else "in") or call.ask.place
    if place.private:
        bound = next((key for key, product in call.directory.channels.items() if product == call.product.id), None)
        if bound is None:
            raise Refused("In which channel? Say in=#channel.", "digest new sprint in=#app", field="in")
        return (), (*bound, _channel_name(call, *bound))
    return (), (platform, place.external_id, place.name or place.external_id)


def _channel_name(call: Call, platform: str, external_id: str) -> str:
    names = products.channels_of(call.db, call.product.id)
    return names[0] if len(names) == 1 or platform != Platform.TERMINAL.value else external_id


def _audience(call: Call, kind: str) -> Audience:
    widest = Audience.STAKEHOLDERS if kind == STAKEHOLDER else Audience.TEAM
    if not call.options.get("audience"):
        return widest
    said = Audience(call.choice("audience"))
    if kind != STAKEHOLDER and said is not Audience.TEAM:
        raise call.wrong("audience", f"A {kind} digest speaks of items, which only the team reads.", "team")
    return said


def _may_read(call: Call, kind: str, audience: Audience, readers: Sequence[str], place: tuple[str, str, str]) -> None:
    """What is for the team goes to the team's own channels and to members alone."""
    if audience is not Audience.TEAM:
        return
    for reader in readers:
        held = call.directory.roles(reader, call.product.id, call.now)
        if not held & {Role.MEMBER, Role.LEAD, Role.ADMIN} and not (reader == call.person and call.may(Role.MEMBER)):
            why = f"{call.name(reader)} is no member, and only the team reads this digest."
            raise Refused(why, "digest new stakeholder", field="for")
    terminal = place[0] == Platform.TERMINAL.value
    if not readers and not terminal and call.directory.channels.get(place[:2]) != call.product.id:
        why = f"#{place[2]} is no channel of {call.product.name}, and only the team reads a {kind} digest."
        raise Refused(why, "digest new stakeholder", field="in")


def _zone_of(call: Call, person: str) -> str:
    return str(presence.read(call.db, call.product, [person]).zone(person))


def _first_hour(call: Call) -> str:
    hours = presence.read(call.db, call.product, [call.person]).hours(call.person)
    return f"every day {hours.start:%H:%M}"


def _draft(call: Call, kind: str) -> int:
    raw = call.options.get("draft", "").strip().lower()
    if not raw:
        return DRAFT if kind == STAKEHOLDER else 0
    if raw in _TURNED_OFF:
        return 0
    found = _DRAFT.fullmatch(raw)
    unit = {"m": 1, "d": 24 * 60}.get((found[2] or "h")[0], 60) if found else 0
    minutes = int(found[1]) * unit if found else -1
    if not 0 <= minutes <= LONGEST_DRAFT:
        raise call.wrong("draft", f"draft wants a time before it goes out such as 4h, not “{shorten(raw, 40)}”.", "4h")
    return minutes


def _same(call: Call, kind: str, readers: tuple[str, ...], place: tuple[str, str, str]) -> Digest | None:
    """The digest of this kind that the same place, or people, have already."""
    for one in digests.of_product(call.db, call.product.id):
        if (one.kind, one.readers) == (kind, readers) and (readers or (one.platform, one.place) == place[:2]):
            return one
    return None


def _made(call: Call, digest: Digest, first: schedules.Next | None, verb: str) -> Card:
    comes = f" · first on {_when(call, digest, first)}" if first else ""
    title = f"{digest.called} {_where(call, digest)}{verb}: {digest.said}, {digest.tz}{comes}"
    body: list[Text] = []
    if digest.draft:
        before = counted(digest.draft // 60, "hour") if digest.draft % 60 == 0 else counted(digest.draft, "minute")
        owner = call.name(digest.owner_id)
        body.append(Text(escape(f"{owner} sees it {before} before. No click means it goes on time."), subtle=True))
    shared = [one.called for one in _here(call, digest) if one.id != digest.id and not digest.readers]
    if shared:
        said = f"One post a day: where it meets the {listed(shared).lower()}, it stands in that one's thread."
        body.append(Text(escape(said), subtle=True))
    return Card(title, tuple(body), (Button("Preview", f"digest preview {digest.number}"),))


def _here(call: Call, digest: Digest) -> list[Digest]:
    every = digests.of_product(call.db, call.product.id)
    return [one for one in every if (one.platform, one.place) == (digest.platform, digest.place) and not one.readers]


def _when(call: Call, digest: Digest, one: schedules.Next) -> str:
    """'Fri 6 Feb 10:00', in the digest's own zone."""
    local = one.at.astimezone(ZoneInfo(digest.tz))
    return f"{local:%a} {day_in_words(local.date(), call.today)} {local:%H:%M}"


def _where(call: Call, digest: Digest) -> str:
    if digest.kind == PERSONAL:
        return f"for {call.name(digest.owner_id)}"
    if digest.readers:
        return f"for {listed([call.name(reader) for reader in digest.readers])}"
    return f"in #{digest.place_name}" if digest.place_name else "in the product's channel"


# ---- which one ----


def _which(call: Call, *, rest: bool = False, text: bool = False) -> Digest:
    """The digest that is named by number or kind; else the one of this place, or the only one. text: free text follows,
    and a word is a digest only where there is one of that number."""
    every = _readable(call)
    word = call.peek().lower()
    numbers = {str(one.number) for one in every}
    named = word if word in numbers or (not text and (word in KINDS or word.isdecimal())) else ""
    if named:
        call.take_word()
    if not rest:
        call.end()
    if not every:
        raise Refused("No digest is set up yet.", 'digest new sprint at="weekdays 09:00"')
    found = [one for one in every if named in ("", one.kind, str(one.number))]
    here = (call.ask.connection.platform.value, call.ask.place.external_id)
    private = call.ask.place.private
    local = [one for one in found if (one.kind == PERSONAL if private else (one.platform, one.place) == here)]
    chosen = local if len(local) == 1 or (len(local) > 1 and not named) else found
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise Refused(f"There is no digest {shorten(named, 40)}.", "digest list")
    words = [f"{one.number} ({one.called.lower()} {_where(call, one)})" for one in chosen[:5]]
    line = f"{call.command.name} {chosen[0].number}"
    buttons = tuple(
        Button(shorten(f"{one.called} {_where(call, one)}", 60), f"{call.command.name} {one.number}")
        for one in chosen[:5]
    )
    why = f"Which digest? There are {listed(words)}."
    raise Refused(why, line, card=Card(why, buttons=buttons))


def _readable(call: Call) -> list[Digest]:
    """All digests but other people's own."""
    every = digests.of_product(call.db, call.product.id)
    return [one for one in every if one.kind != PERSONAL or one.owner_id == call.person]


def _may_change(call: Call, digest: Digest) -> None:
    if digest.owner_id == call.person or call.may(Role.LEAD) or call.may(Role.ADMIN):
        return
    raise Refused(f"Only its owner, {call.name(digest.owner_id)}, or a lead may do that.", "digest list")


# ---- seeing ----


@command("digest list", example="digest list", writes=False)
def list_(call: Call) -> Said:
    """The digests, when each comes next, and what was said unasked lately."""
    call.end()
    every = _readable(call)
    rows = []
    for one in every:
        first = digests.next_of(call.db, one)
        held = " · the next one is held" if one.held else ""
        state = "paused" if one.paused else f"next {_when(call, one, first)}{held}" if first else "over"
        verb = "resume" if one.paused else "pause"
        buttons = (
            Button("Preview", f"digest preview {one.number}"),
            Button(verb.capitalize(), f"digest {verb} {one.number}"),
        )
        detail = f"{one.said}, {one.tz} · {state} · by {call.name(one.owner_id)}"
        rows.append(Line(str(one.number), f"{one.called} {_where(call, one)}", detail, buttons))
    body: list[Part] = [Items(tuple(rows))] if rows else [Text("No digest is set up yet.")]
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
    digest = _which(call)
    made = digests.compose(call.db, digest, _reader(call, digest))
    if isinstance(made, Silence):
        return Card(f"{digest.called} {_where(call, digest)}: nothing would be sent, {made.why}")
    return made.card


def _reader(call: Call, digest: Digest) -> str:
    return (call.person if call.person in digest.readers else digest.readers[0]) if digest.readers else ""


@command("digest history [NUMBER]", example="digest history", writes=False)
def history(call: Call) -> Said:
    """What was sent, skipped or missed, and why."""
    digest = _which(call)
    past = occurrences.history(call.db, [digest.id], 40)
    rows = [_past(call, digest, one) for one in past if one.kind != digests.DRAFT][:20]
    title = f"{digest.called} {_where(call, digest)}"
    if not rows:
        return Card(f"{title} has not come yet")
    return Card(f"{title} · history", (Items(tuple(rows)),))


def _past(call: Call, digest: Digest, one: Past) -> Line:
    local = one.due.astimezone(ZoneInfo(digest.tz))
    whom = f"to {call.name(one.recipient)}" if one.recipient and len(digest.readers) > 1 else ""
    state = {"due": "on its way", "waiting": "on its way"}.get(one.state, one.state)
    asked = "asked for" if one.kind == "now" else ""
    detail = " · ".join(part for part in (whom, asked, one.why) if part)
    return Line(f"{local:%a} {day_in_words(one.day, call.today)} {local:%H:%M}", state, detail)


# ---- changing ----


@command("digest hold [NUMBER]", example="digest hold", undoable=False)
def hold(call: Call) -> Said:
    """The next one does not go out; `digest hold off` lets it."""
    digest = _which(call, rest=True)
    _may_change(call, digest)
    off = call.peek().lower() in _TURNED_OFF
    if off:
        call.take_word()
    call.end()
    first = digests.next_of(call.db, digest)
    if off:
        if digest.held is None:
            raise Refused("It is not held.", f"digest hold {digest.number}")
        digest.held = None
        return Card(f"{digest.called} {_where(call, digest)} goes out again")
    if first is None:
        raise Refused("It is paused; nothing goes out.", f"digest resume {digest.number}")
    digest.held = first.day
    title = f"Held: the {digest.called.lower()} of {_when(call, digest, first)} does not go out"
    return Card(title, buttons=(Button("Let it go out", f"digest hold {digest.number} off"),))


@command("digest note [NUMBER] TEXT", example="digest note Export is nearly there.", undoable=False, hidden="note")
def note(call: Call) -> Said:
    """Two sentences of your own on top of the next one."""
    digest = _which(call, rest=True, text=True)
    _may_change(call, digest)
    text = " ".join((call.rest() or call.words("note")).split())
    if not text and not call.ask.values:
        hint = f"At most {NOTE_LENGTH} characters; they stand on top of the next one"
        field = Field("note", "Two sentences", "longtext", value=digest.note, max_length=NOTE_LENGTH, hint=hint)
        return Form(f"{digest.called}", (field,), f"digest note {digest.number}")
    if len(text) > NOTE_LENGTH:
        why = f"Two sentences hold {NOTE_LENGTH} characters; these have {len(text)}."
        raise Refused(why, f"digest note {shorten(text, 100)}", field="note")
    clear = not text or text.lower() in _TURNED_OFF
    digest.note, digest.note_by = ("", None) if clear else (text, call.person)
    if clear:
        return Card(f"The next {digest.called.lower()} comes without a note")
    return Card(f"On top of the next {digest.called.lower()}: {text}", buttons=_preview(digest))


def _preview(digest: Digest) -> tuple[Button, ...]:
    return (Button("Preview", f"digest preview {digest.number}"),)


@command("digest pause [NUMBER]", example="digest pause", undoable=False)
def pause(call: Call) -> Said:
    """Nothing comes until `digest resume`."""
    digest = _which(call)
    _may_change(call, digest)
    if digest.paused:
        raise Refused("It is paused already.", f"digest resume {digest.number}")
    digest.paused = True
    schedules.pause(call.db, digest.id)
    button = Button("Resume", f"digest resume {digest.number}")
    return Card(f"{digest.called} {_where(call, digest)} is paused", buttons=(button,))


@command("digest resume [NUMBER]", example="digest resume", undoable=False)
def resume(call: Call) -> Said:
    """Go on after a pause, with what comes next."""
    digest = _which(call)
    _may_change(call, digest)
    if not digest.paused:
        raise Refused("It is not paused.", "digest list")
    digest.paused = False
    schedules.resume(call.db, digest.id)
    first = digests.next_of(call.db, digest)
    comes = f", next {_when(call, digest, first)}" if first else ""
    return Card(f"{digest.called} {_where(call, digest)} goes on{comes}")


@command("digest remove [NUMBER]", example="digest remove", undoable=False)
def remove(call: Call) -> Said:
    """End a digest for good."""
    digest = _which(call)
    _may_change(call, digest)
    title = f"{digest.called} {_where(call, digest)} is removed"
    digests.remove(call.db, digest)
    return Card(title)


@command("digest now [NUMBER]", example="digest now", undoable=False)
def now(call: Call) -> Said:
    """Send one now; the schedule stays as it is."""
    digest = _which(call)
    _may_change(call, digest)
    sent = 0
    for reader in digest.readers or ("",):
        made = digests.compose(call.db, digest, reader, empty=LINE)  # who asks is answered
        if isinstance(made, Silence):
            continue
        sent += 1
        key = occurrences.note_said(call.db, digest.product_id, digest.id, call.today)
        outbox.post(call.db, key, made.to, made.card)
    if not sent:
        raise Refused(
            f"Nothing to send: nobody knows where, or {digest.called.lower()}s are for the team.", "digest list"
        )
    return Card(f"{digest.called} {_where(call, digest)}: on its way")

"""`digest new`: which digest, when, where and for whom. What it says stands in core.schedule."""

import re
from collections.abc import Sequence

from core.chat import grammar
from core.chat.ask import Platform
from core.chat.card import Button, Card, Choice, Field, Form, Reply, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.digest.words import TURNED_OFF, may_change, when, where
from core.commands.product.product import zone_in
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import presence, products
from core.product.audience import Audience
from core.product.people import Role
from core.product.standups import Standup
from core.schedule import (
    digests,
    personal_digest,
    riding,
    rounds,
    schedules,
    sprint_digest,
    stakeholder_digest,
)
from core.schedule.digests import KINDS, LINE, PERSONAL, SKIP, SPRINT, STAKEHOLDER, Digest
from core.schedule.phrases import NoRule

SAID_BY = (sprint_digest, stakeholder_digest, personal_digest)
"""Loaded here, so that each kind of digest can be composed."""

DEFAULTS = {SPRINT: "weekdays 09:00", STAKEHOLDER: "every second friday 10:00"}
DRAFT = 240  # minutes
_MINE = ("me", "my", "mine", "own")
LONGEST_DRAFT = 3 * 24 * 60
_DRAFT = re.compile(r"(\d{1,4})\s*(h|hours?|m|min|minutes?|d|days?)?")


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
        may_change(call, known)
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
    near = PERSONAL if word in _MINE else grammar.suggest(word, KINDS)
    better = f"digest new {near}" if near else call.command.example
    raise Refused(f"{why} sprint, stakeholder and personal.", better)


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
    if raw in TURNED_OFF:
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


def _made(call: Call, digest: Digest, first: schedules.Next | None, verb: str) -> Card | Reply:
    comes = f" · first on {when(call, digest, first)}" if first else ""
    title = f"{digest.called} {where(call, digest)}{verb}: {digest.said}, {digest.tz}{comes}"
    body: list[Text] = []
    if digest.draft:
        before = counted(digest.draft // 60, "hour") if digest.draft % 60 == 0 else counted(digest.draft, "minute")
        owner = call.name(digest.owner_id)
        body.append(Text(escape(f"{owner} sees it {before} before. No click means it goes on time."), subtle=True))
    shared = [one.called for one in _here(call, digest) if one.id != digest.id and not digest.readers]
    if first and (standup := _carrier(call, digest, first)):
        full = "in full on Monday, Thursday and whenever the sprint turns at risk"
        body.append(Text(escape(f"It rides on the post of {rounds.titled(standup)}, {full}."), subtle=True))
    elif shared:
        said = f"One post a day: where it meets the {listed(shared).lower()}, it stands in that one's thread."
        body.append(Text(escape(said), subtle=True))
    card = Card(title, tuple(body), (Button("Preview", f"digest preview {digest.number}"),))
    return card if digest.readers else call.arranged(card, digest.place, digest.place_name)


def _carrier(call: Call, digest: Digest, first: schedules.Next) -> Standup | None:
    """The stand-up whose post will carry it first."""
    there = presence.read(call.db, call.product)
    found = riding.carrier(call.db, call.directory, there, digest, first.day)
    return found[0] if found else None


def _here(call: Call, digest: Digest) -> list[Digest]:
    every = digests.of_product(call.db, call.product.id)
    return [one for one in every if (one.platform, one.place) == (digest.platform, digest.place) and not one.readers]

"""Digests in words: when and where they come, which one is meant, and who may change it."""

from zoneinfo import ZoneInfo

from core.chat.card import Button, Card
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.telling import Kind, tell
from core.product.people import Role
from core.schedule import digests, schedules
from core.schedule.digests import KINDS, PERSONAL, Digest

tell(
    "digests",
    Kind(
        "digest",
        says=("kind",),
        silent=frozenset({"platform", "readers", "place"}),
        names={"said": "time", "owner_id": "owner", "place_name": "channel", "tz": "time zone"},
    ),
)

TURNED_OFF = frozenset({"off", "none", "no", "nothing"})


def when(call: Call, digest: Digest, one: schedules.Next) -> str:
    """'Fri 6 Feb 10:00', in the digest's own zone."""
    local = one.at.astimezone(ZoneInfo(digest.tz))
    return f"{local:%a} {day_in_words(local.date(), call.today)} {local:%H:%M}"


def where(call: Call, digest: Digest) -> str:
    if digest.kind == PERSONAL:
        return f"for {call.name(digest.owner_id)}"
    if digest.readers:
        return f"for {listed([call.name(reader) for reader in digest.readers])}"
    return f"in #{digest.place_name}" if digest.place_name else "in the product's channel"


def which(call: Call, *, rest: bool = False, text: bool = False) -> Digest:
    """The digest that is named by number or kind; else the one of this place, or one's own in private, or the only one.

    text: free text follows, and a word is a digest only where it is a kind in small letters, or there is one of that
    number."""
    every = readable(call)
    word = call.peek().lower()
    numbers = {str(one.number) for one in every}
    kind = word in KINDS and (not text or call.peek() == word)  # a sentence begins with a capital
    named = word if word in numbers or (not text and word.isdecimal()) or kind else ""
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
    own = [one for one in chosen if one.owner_id == call.person]
    if private and len(own) == 1:
        chosen = own
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise Refused(f"There is no digest {shorten(named, 40)}.", "digest list")
    words = [f"{one.number} ({one.called.lower()} {where(call, one)})" for one in chosen[:5]]
    line = f"{call.command.name} {chosen[0].number}"
    buttons = tuple(
        Button(shorten(f"{one.called} {where(call, one)}", 60), f"{call.command.name} {one.number}")
        for one in chosen[:5]
    )
    why = f"Which digest? There are {listed(words)}."
    raise Refused(why, line, card=Card(why, buttons=buttons))


def readable(call: Call) -> list[Digest]:
    """For the team all digests but other people's own; for others those that come to them, or to where they are."""
    every = digests.of_product(call.db, call.product.id)
    if call.may(Role.MEMBER):
        return [one for one in every if one.kind != PERSONAL or one.owner_id == call.person]
    here = (call.ask.connection.platform.value, call.ask.place.external_id)
    theirs = [one for one in every if call.person in one.readers or (one.platform, one.place) == here]
    return [one for one in theirs if digests.audience_of(one) in call.audience.reads]


def may_change(call: Call, digest: Digest) -> None:
    if digest.owner_id == call.person or call.may(Role.LEAD) or call.may(Role.ADMIN):
        return
    raise Refused(f"Only its owner, {call.name(digest.owner_id)}, or a lead may do that.", "digest list")

"""Digests in words: when and where they come, which one is meant, and who may change it."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.chat import grammar
from core.chat.card import Button, Card
from core.chat.words import day_in_words, listed, shorten
from core.commands.call import Call
from core.commands.refusals import SHOWABLE
from core.commands.refused import Refused
from core.commands.telling import Kind, tell
from core.product.people import Role
from core.schedule import digests, occurrences, schedules
from core.schedule.digests import DRAFT, KINDS, PERSONAL, STAKEHOLDER, Digest

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
DRAFTED = timedelta(days=7)  # no draft waits longer than that for its digest


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

    rest: more words follow, which concern the next one: it is rather the one whose draft was shown, or a stakeholders'.
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
    if rest and len(found) > 1:
        found = _drafted(call, found) or (found if named else _rather(call, found))
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
    said = [f"{call.command.name} {one.number}{_behind(call)}" for one in chosen[:5]]
    buttons = tuple(
        Button(shorten(f"{one.called} {where(call, one)}", 60), line) for one, line in zip(chosen, said, strict=False)
    )
    why = f"Which digest? There are {listed(words)}."
    raise Refused(why, said[0], card=Card(why, buttons=buttons))


def _drafted(call: Call, found: Sequence[Digest]) -> list[Digest]:
    """Those whose next one the asker was shown as a draft, and which has not gone out yet."""
    shown = set(occurrences.said_to(call.db, DRAFT, call.person, call.now - DRAFTED))
    following = ((one, digests.next_of(call.db, one)) for one in found if shown)
    return [one for one, comes in following if comes and (one.id, comes.day) in shown]


def _rather(call: Call, found: Sequence[Digest]) -> list[Digest]:
    """Those that a hold or a note is for: the stakeholders' that the asker may change, else what others read, too."""
    mine = [one for one in found if _changes(call, one)] or list(found)
    return [one for one in mine if one.kind == STAKEHOLDER] or [one for one in mine if one.kind != PERSONAL] or mine


def _behind(call: Call) -> str:
    """The words that are left, so that nobody has to type them again."""
    words = grammar.tidy(call.line.rest(call.at)) if call.at < len(call.line.words) else call.options.get("note", "")
    return f" {words}" if words and len(words) <= SHOWABLE else ""


def readable(call: Call) -> list[Digest]:
    """For the team all digests but other people's own; for others those that come to them, or to where they are."""
    every = digests.of_product(call.db, call.product.id)
    if call.may(Role.MEMBER):
        return [one for one in every if one.kind != PERSONAL or one.owner_id == call.person]
    here = (call.ask.connection.platform.value, call.ask.place.external_id)
    theirs = [one for one in every if call.person in one.readers or (one.platform, one.place) == here]
    return [one for one in theirs if digests.audience_of(one) in call.audience.reads]


def may_change(call: Call, digest: Digest) -> None:
    if not _changes(call, digest):
        raise Refused(f"Only its owner, {call.name(digest.owner_id)}, or a lead may do that.", "digest list")


def _changes(call: Call, digest: Digest) -> bool:
    return digest.owner_id == call.person or call.may(Role.LEAD) or call.may(Role.ADMIN)

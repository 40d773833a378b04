"""Which stand-up a line is about, who may change it, and how it is told in a line."""

from core.chat import grammar
from core.chat.card import Button, Card
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.product import presence, standups
from core.product.people import Role
from core.product.standups import Standup
from core.schedule import rounds, standup_times


def nothing_more(call: Call, rest: str) -> None:
    """Words that are left over would have been a name."""
    if rest:
        raise Refused(f"I know no stand-up called “{shorten(rest, 40)}”.", "standup list")


def named(call: Call) -> Standup:
    """The stand-up that the words name, of this product; the only one needs no name."""
    standup, rest = which(call, mine=False)
    nothing_more(call, rest)
    return standup


def which(call: Call, text: str | None = None, *, mine: bool = True) -> tuple[Standup, str]:
    """The stand-up that a line is about, and the words behind its name.

    mine: of several that are not named, the one where the asker takes part, and which they were asked for last; in
    private, of any product.
    """
    text = call.rest() if text is None else text
    products = [call.found_product] if call.found_product else list(call.directory.products.values())
    if not products:
        raise call.which_product()
    known = [standup for product in products for standup in standups.of_product(call.db, product.id)]
    if not call.may(Role.MEMBER):
        known = [standup for standup in known if _takes_part(call, standup)]
    if not known:
        raise Refused("There is no stand-up here yet; one word begins it.", "standup new")
    for standup in sorted(known, key=lambda s: -len(s.name)):
        if text.lower() == standup.name.lower() or text.lower().startswith(f"{standup.name.lower()} "):
            return standup, text[len(standup.name) :].strip()
    if mine:
        known = [standup for standup in known if _takes_part(call, standup)] or known
    if len(known) == 1:
        return known[0], text
    there = presence.read(call.db, call.found_product, [call.person])
    known.sort(key=lambda s: standups.nearness(s, there, call.person, call.now))
    if mine and text:
        return known[0], text
    if mine and (asked := standup_times.open_for(call.db, call.directory, call.person)) in known:
        return asked, text
    names = [standup.name for standup in known]
    line = f"{call.command.name} {grammar.quote(names[0])}"
    buttons = tuple(Button(name, f"{call.command.name} {grammar.quote(name)}") for name in names[:8])
    raise Refused(f"Which one? There are {listed(names)}.", line, card=Card("Which stand-up?", buttons=buttons))


def _takes_part(call: Call, standup: Standup) -> bool:
    return call.person in standups.members(call.db, standup, standups.team(call.directory, standup.product_id))


def may_change(call: Call, standup: Standup) -> None:
    """Its owner and leads may; raises Refused."""
    if call.person != standup.owner_id and not call.may(Role.LEAD):
        raise Refused(
            f"Only {call.name(standup.owner_id)} or a lead may change {rounds.titled(standup)}.", "standup list"
        )


def terms(standup: Standup) -> str:
    """'09:30 each person's own time, Mon–Fri, in #app'."""
    days = standups.days_in_words(standup.days)
    return f"{standups.clock(standup.at):%H:%M} each person's own time, {days}, in {standup.where}"


def team_of(call: Call) -> list[str]:
    """Everybody who works on the product that is spoken of."""
    return standups.team(call.directory, call.product.id)

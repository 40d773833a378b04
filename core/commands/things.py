"""What people speak of by name: items, roadmap entries (R-1), goals (G-1). One way to read and check such a name."""

import re
from dataclasses import dataclass

from core.chat.words import shorten
from core.commands.call import Call
from core.commands.items import item_to_read
from core.commands.refused import Refused
from core.product import goals, numbers, roadmap
from core.product.people import Role

MOST = 20  # names in one about=
_NAME = re.compile(r"#?(?:(?P<key>[A-Za-z][A-Za-z0-9_]*)-)?(?P<number>\d{1,9})")


@dataclass(frozen=True, slots=True)
class Thing:
    """name: 'APP-12', 'R-1'. item_id: where it is an item."""

    name: str
    title: str
    item_id: str | None = None


# what is called by a letter and shared with an audience
LETTERS = {numbers.ROADMAP: "roadmap entry", numbers.GOAL: "goal"}


def thing(call: Call, word: str) -> Thing:
    """The thing that a name means, as far as the asker may know of it."""
    found = _NAME.fullmatch(word.rstrip(",;"))
    if not found:
        raise Refused(f"“{shorten(word, 40)}” is nothing I know by name.", call.command.example)
    letter = (found["key"] or "").upper()
    if letter in LETTERS:
        return _shared(call, letter, int(found["number"]))
    if not call.may(Role.MEMBER):
        why = "Only members of this product see its items; goals and roadmap entries are shared."
        raise Refused(why, "watch")
    item = item_to_read(call, word.removeprefix("#").rstrip(",;"))
    return Thing(f"{call.product.key}-{item.number}", item.title, item.id)


def _shared(call: Call, letter: str, number: int) -> Thing:
    product, reads = call.product.id, call.audience.reads
    try:
        if letter == numbers.ROADMAP:
            title = roadmap.find(call.db, product, number, reads).title
        else:
            title = goals.find(call.db, product, number, reads).text
    except (roadmap.NoSuchEntry, goals.NoSuchGoal) as no:
        listing = "roadmap list" if letter == numbers.ROADMAP else "goal list"
        raise Refused(f"There is no {LETTERS[letter]} {letter}-{number} here.", listing) from no
    return Thing(f"{letter}-{number}", title)


def shared(call: Call) -> list[Thing]:
    """The roadmap entries and goals that the asker may read, the nearest first."""
    product, reads = call.product.id, call.audience.reads
    entries = [Thing(f"R-{row.number}", row.title) for row in roadmap.listed(call.db, product, reads, count=MOST)]
    return [*entries, *(Thing(f"G-{row.number}", row.text) for row in goals.of(call.db, product, reads))]


def about(call: Call) -> tuple[str, ...]:
    """The names in about=, each checked. A viewer may name an item, and is not told whether it is there."""
    names: list[str] = []
    for word in re.split(r"[,;\s]+", call.options.get("about", "")):
        if not word:
            continue
        found = _NAME.fullmatch(word)
        if found and found["key"] and found["key"].upper() not in LETTERS and not call.may(Role.MEMBER):
            names.append(word.upper().removeprefix("#"))
            continue
        try:
            names.append(thing(call, word).name)
        except Refused as no:
            raise Refused(no.why, no.try_, field="about") from no
    if len(names) > MOST:
        raise Refused(f"{len(names)} things at once are too many; up to {MOST}.", call.command.example, field="about")
    return tuple(dict.fromkeys(names))


def mentioned(call: Call, *texts: str) -> tuple[str, ...]:
    """The items and shared things that texts name by key: 'APP-12', 'R-1'."""
    letters = "|".join([re.escape(call.product.key), *LETTERS])
    named = re.compile(rf"(?<![\w-])(?:{letters})-\d{{1,9}}(?![\w-])", re.IGNORECASE)
    found = [name.upper() for text in texts for name in named.findall(text)]
    return tuple(dict.fromkeys(found))[:MOST]

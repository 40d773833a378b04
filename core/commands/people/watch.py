"""`watch`, `mute` and their opposites: what somebody wants to hear of, and what not. Whoever delivers asks for it."""

from datetime import datetime, timedelta

from core.chat.card import Button, Card, Items, Line, Reply, Text
from core.chat.words import day_in_words, listed, shorten
from core.commands import things
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.product import watching
from core.product.people import Role
from core.product.watching import ALL, KINDS, OFTEN
from core.schedule.notice_cards import MUTES

INSTANT = timedelta(microseconds=1)
OFFERED = 6  # things that may be followed
_SAID = {
    ALL: "everything",
    OFTEN: "half of what is regular",
    "watch": "what you follow",
    "mention": "mentions",
    "assignment": "assignments",
    "blocker": "blockers that need you",
    "answer": "answers",
    "digest": "digests",
    "reminder": "reminders",
    "feedback": "feedback",
    "decision": "decisions",
    "review": "reviews",
    "metric": "metrics to record",
}


@command("watch [ITEM|R-1|G-1|all]", example="watch APP-12", role=Role.VIEWER, undoable=False)
def watch(call: Call) -> Said:
    """Follow a thing, or the whole product; alone it shows what you follow."""
    product = call.product
    word = call.take_word()
    call.end()
    if not word:
        return _wishes(call)
    if word.lower() == ALL:
        name, title = ALL, product.name
    else:
        found = things.thing(call, word)
        name, title = found.name, f"{found.name} {shorten(found.title, 100)}"
    if not watching.watch(call.db, product.id, call.person, name):
        return _told(f"You follow {title} already.")
    undo = Button("No longer", f"unwatch {name}")
    return _told(f"You follow {title}. What changes comes to you in private.", undo)


@command("unwatch [ITEM|R-1|G-1|all]", example="unwatch APP-7", role=Role.VIEWER, undoable=False)
def unwatch(call: Call) -> Said:
    """Follow it no longer."""
    product = call.product
    word = call.take_word().rstrip(",;")
    call.end()
    mine = watching.watched(call.db, product.id, call.person)
    if not mine:
        raise Refused("You follow nothing here.", "watch")
    if not word and len(mine) > 1:
        raise Refused(f"Which one? You follow {listed(mine)}.", f"unwatch {mine[0]}", card=_choose(mine))
    wanted = _name(call, word) if word else mine[0]
    if not watching.unwatch(call.db, product.id, call.person, wanted):
        raise Refused(f"You do not follow {shorten(wanted, 40)}.", f"unwatch {mine[0]}", card=_choose(mine))
    return _told(f"You no longer follow {product.name if wanted == ALL else wanted}.")


def _name(call: Call, word: str) -> str:
    """A thing's name as it is kept; it need not be there any more."""
    if word.lower() in (ALL, *KINDS, OFTEN):
        return word.lower()
    bare = word.removeprefix("#").upper()
    return f"{call.product.key}-{bare}" if bare.isascii() and bare.isdigit() else bare


def _choose(mine: list[str]) -> Card:
    return Card("What you follow", buttons=tuple(Button(name, f"unwatch {name}") for name in mine[:10]))


def _told(title: str, *buttons: Button) -> Reply:
    """Somebody's wishes are their own: nobody else is told."""
    return Reply(ok=True, card=Card(title, buttons=buttons))


def _wishes(call: Call) -> Reply:
    """What somebody follows and has muted, and what else they might follow."""
    product = call.product
    mine = watching.watched(call.db, product.id, call.person)
    rows = [Line("", product.name if name == ALL else name, "", (_no_longer(name),)) for name in mine]
    muted = watching.muted(call.db, product.id, call.person, call.now)
    rows += [
        Line("", f"muted: {_called(what)}", _until(call, until), (Button("Hear it again", f"unmute {what}"),))
        for what, until in muted.items()
    ]
    more = tuple(Button(f"Follow {shorten(name, 40)}", f"watch {ALL}") for name in (product.name,) if ALL not in mine)
    others = [one for one in things.shared(call) if one.name not in mine][:OFFERED]
    more += tuple(Button(f"Follow {one.name} {shorten(one.title, 40)}", f"watch {one.name}") for one in others)
    if not rows:
        note = Text("Follow a thing by its name, such as `watch R-1`, or all that is shared with you.")
        return Reply(ok=True, card=Card(f"You follow nothing in {product.name} yet", (note,), more))
    return Reply(ok=True, card=Card(f"{product.name} · what you follow", (Items(tuple(rows)),), more))


def _no_longer(name: str) -> Button:
    return Button("No longer", f"unwatch {name}")


def _called(what: str) -> str:
    return _SAID.get(what, what)


def _until(call: Call, until: datetime | None) -> str:
    """The last day of it."""
    return f"until the end of {call.date_of(until - INSTANT)}" if until else "until you say otherwise"


# ---- less of it ----


@command("mute [KIND|ITEM|R-1|all] [until=]", example="mute digest until=friday", role=Role.VIEWER, undoable=False)
def mute(call: Call) -> Said:
    """Hear nothing unasked of a kind, a thing, or anything; for good or until a day."""
    what = _kind(call.line.text)
    if what is None:
        word = call.take_word()
        call.end()
        what = _what(call, word)
    return _muted(call, what, f"mute {what}")


def _what(call: Call, word: str) -> str:
    """What is to be muted; all where nothing is said."""
    said = word.lower().rstrip(",;")
    if not said or said == ALL:
        return ALL
    if not any(letter.isdigit() for letter in said):
        kinds = listed([*KINDS, ALL], "or")
        raise Refused(
            f"“{shorten(word, 40)}” cannot be muted by itself. Mute {kinds}, or a thing by its name.", "mute all"
        )
    return things.thing(call, word).name


def _kind(said: str) -> str | None:
    """'assignment', 'assignments', 'what I follow': the kind that is meant; None where it is none."""
    said = " ".join(said.lower().rstrip(",;").split())
    words = ((kind, (kind, f"{kind}s", _SAID[kind], MUTES.get(kind, kind).lower())) for kind in KINDS)
    return next((kind for kind, names in words if said in names), None)


def _muted(call: Call, what: str, line: str) -> Reply:
    day = call.coming("until")
    until = call.end_of(day) if day else None
    watching.mute(call.db, call.product.id, call.person, what, until)
    how_long = f"until the end of {day_in_words(day, call.today)}" if day else "until you say otherwise"
    shorter = () if day else (Button("Only for a week", f'{line} until="in 1 week"'),)
    again = Button("Hear it again", f"unmute {what}")
    if what == OFTEN:
        return _told(f"You hear half as often from {call.product.name}, {how_long}.", again, *shorter)
    return _told(f"Muted {how_long}: {_called(what)}. What you ask for yourself still comes.", again, *shorter)


@command("less often [until=]", example="less often", role=Role.VIEWER, undoable=False)
def less(call: Call) -> Said:
    """Hear half as often of what comes regularly."""
    call.end()
    return _muted(call, OFTEN, "less often")


@command("unmute [KIND|ITEM|R-1|all]", example="unmute", role=Role.VIEWER, undoable=False)
def unmute(call: Call) -> Said:
    """Hear of it again: of one kind or thing, or of all that you muted."""
    what = _kind(call.line.text)
    if what is None:
        word = call.take_word().rstrip(",;")
        call.end()
        what = None if not word or word.lower() == ALL else _name(call, word)
    was = watching.unmute(call.db, call.product.id, call.person, what)
    if not was:
        return _told(f"You had not muted {shorten(_called(what), 40)}." if what else "You have muted nothing here.")
    return _told(f"You hear again of {listed([_called(one) for one in was])}.")

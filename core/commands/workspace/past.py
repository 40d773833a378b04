"""`undo`, `redo` and `history`: what was changed, by whom, and how it is taken back."""

from dataclasses import replace
from typing import Any

from core.chat.card import Button, Card, Items, Line
from core.chat.words import shorten
from core.commands import standing, telling
from core.commands.call import POLITE, Call
from core.commands.items import missing
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import KINDS
from core.commands.workspace import undoing
from core.product import backlog, ranking
from core.product.people import Role
from core.store import history, reversal
from core.store.history import Fields, Past
from core.store.reversal import Restored, Reversal

MOST = 20
SHOWN = 12


@command("undo [N]", example="undo", undoable=False, hidden="past-setup")
def undo(call: Call) -> Said:
    """Take back the last thing you changed here, or the last N."""
    word = "" if POLITE.fullmatch(call.peek()) else call.take_word()
    call.end()
    if word and not (word.isascii() and word.isdigit() and 1 <= int(word) <= MOST):
        raise Refused(f"undo wants a number from 1 to {MOST}, not “{shorten(word, 40)}”.", "undo 3")
    return _reverse(call, history.UNDO, int(word or 1), "undo", "Taken back")


@command("redo", example="redo", undoable=False)
def redo(call: Call) -> Said:
    """Put back what you took back last."""
    call.end()
    return _reverse(call, history.REDO, 1, "redo", "Put back")


# why undo does not cover some things
_SET_UP = "undo covers work, not set-up and roles: say it anew to change it"
_STAYS = "a closed decision stays as it is: supersede it where it holds no longer"
_REGISTER = "the register is changed by saying it anew"
_LASTING = {
    "decide close": _STAYS,
    "decide record": _STAYS,
    "decide supersede": _STAYS,
    "decide vote": "a vote is changed by voting again",
    "stakeholder add": _REGISTER,
    "stakeholder remove": _REGISTER,
}


def _reverse(call: Call, kind: str, times: int, verb: str, said: str) -> Said:
    product = call.product
    backlog.lock(call.db, product.id)
    undoing.refuse_meanwhile(call)
    later = reversal.set_up_since(call.db, call.person, product.id) if verb == "undo" else None
    if later is not None and not call.given("past-setup"):
        why = f"Your last change here was {later}, and {_LASTING.get(later, _SET_UP)}."
        line = f"undo {times} past-setup=yes" if times > 1 else "undo past-setup=yes"
        card = Card(why, buttons=(Button("Undo what was before it", line),))
        raise Refused(why, line, card=card)
    first = reversal.latest(call.db, call.person, product.id, kind)
    if times == 1 and first is not None and reversal.is_large(call.db, first):
        return undoing.begin(call, first, kind)
    reverse = reversal.undo if verb == "undo" else reversal.redo
    done: list[Reversal] = []
    for _ in range(times):
        below = done[-1].seq if done and not done[-1].restored else None  # what cannot go back is passed by
        one = reverse(call.db, call.person, product.id, ranking.mend_order, below)
        if one is None:
            break
        done.append(one)
        if times > 1:
            call.db.ledger.next_operation(call.db)
    undoing.check(call, done, verb)
    if not done:
        raise Refused(f"There is nothing of yours to {verb} in {product.name}.", "history")
    kept = [words for one in done for words in undoing.left(call, one)]
    restored = [row for one in done for row in one.restored]
    standing.follow(call, restored)
    if not restored:
        further = verb == "undo" and len(done) == times < MOST
        raise Refused(f"Nothing was {said.lower()}: {'; '.join(kept)}.", f"undo {times + 1}" if further else "history")
    rows = [*_restored(call, _whole(call, restored)), *(Line("", f"Left as it is: {words}") for words in kept)]
    if len(rows) == 1:
        return Card(f"{said}: {rows[0].key} {rows[0].text}".replace(":  ", ": "))
    more = (Line("", f"and {len(rows) - SHOWN} more"),) if len(rows) > SHOWN else ()
    labels = ", ".join(dict.fromkeys(one.label for one in done if one.restored))
    return Card(f"{said}: {labels}", (Items((*rows[:SHOWN], *more)),))


def _whole(call: Call, rows: list[Restored]) -> list[Restored]:
    """A change within a part of something, a criterion say, with whose it is."""
    return [
        (entity, key, telling.within(call, entity, key, now) if now and then else now, then)
        for entity, key, now, then in rows
    ]


def _restored(call: Call, restored: list[Restored]) -> list[Line]:
    names = telling.labels(call, [telling.subject(entity, key, now or then) for entity, key, now, then in restored])
    for entity, key, now, then in restored:  # what is gone by this is still called by its name in the other lines
        if now is not None and then is None and not KINDS[entity].part and not KINDS[entity].secret:
            names.setdefault(key, telling.label(call, entity, now))
    went = {key for entity, key, now, then in restored if (now is None or then is None) and not KINDS[entity].part}
    lines = []
    for entity, key, now, then in restored:
        if KINDS[entity].part and not went.isdisjoint(map(str, (now or then or {}).values())):
            continue  # it went, or came, with the whole, or with what it led to
        if KINDS[entity].secret:
            lines.append(Line("", "something that only you see"))
            continue
        name = names.get(telling.subject(entity, key, now or then)[1]) or telling.label(call, entity, now or then or {})
        if KINDS[entity].part and (now is None or then is None):
            text = f"{telling.part(call, entity, now or then or {})} {'removed' if then is None else 'is back'}"
        elif entity == "criteria" and then is not None:
            text = _criterion(now or {}, then)
        elif then is None:
            text = f"{_which(call, entity, now or {})}: removed".removeprefix(": ")
        elif now is None:
            text = f"{_which(call, entity, then)}: is back".removeprefix(": ")
        else:
            text = ", ".join(
                _back(call, entity, field, value)
                for field, value in then.items()
                if telling.is_undone_aloud(entity, field)
            )
            text = f"{telling.part(call, entity, now)}: {text}" if KINDS[entity].part and text else text
        if text:  # what is nobody's news alone is not told
            lines.append(Line(name, text))
    return lines


def _criterion(before: Fields, after: Fields) -> str:
    """What happened to a criterion."""
    said = f"criterion “{shorten(str(before.get('text', '')), 80)}”"
    if "text" in after:
        said += f" → “{shorten(str(after['text']), 80)}”"
    return said + (f" {'checked' if after['checked'] else 'not checked'}" if "checked" in after else "")


def _which(call: Call, entity: str, fields: Fields) -> str:
    """What was made or removed, in a few words; '' where its name says it all."""
    match entity:
        case "roles":
            return f"{call.name(fields['person_id'])} as {Role(fields['role']).called}"
        case "channels":
            return f"#{fields['name']}"
        case "products" | "people":
            return str(fields["name"])
        case _:
            return telling.says(entity, fields) if KINDS[entity].letter or entity == "items" else ""


def _back(call: Call, entity: str, field: str, value: Any) -> str:
    if (entity, field) == telling.PLACE:
        return "back in its old place"
    said = telling.value(call, entity, field, value)
    return f"{telling.called(entity, field)} {telling.are(field)} {said} again"


# ---- history ----


@command("history [ITEM|R-1] [since=]", example="history APP-12", role=Role.MEMBER, writes=False)
def show(call: Call) -> Said:
    """Who changed what, the latest first: of an item, or of the whole product."""
    product = call.product
    subject = None
    title = product.name
    if call.peek() and (numbered := telling.numbered(call, call.peek())):
        call.take_word()
        call.end()
        subject, title = numbered
    elif call.peek():
        reference = call.take_item()
        call.end()
        try:
            number = backlog.number_of(call.db, product.id, product.key, reference)
            [subject] = backlog.ids(call.db, product.id, [number])
        except backlog.TwoItems as no:
            raise missing(call, no) from no
        except (backlog.NoSuchItem, ValueError) as no:
            raise missing(call, backlog.NoSuchItem(reference)) from no
        title = f"{product.key}-{number}"
    first = call.day("since", "yesterday")
    since = call.start_of(first) if first else None
    past = history.changes(
        call.db, subject=subject, product=None if subject else product.id, since=since, limit=MOST + 1
    )
    if not past:
        return Card(f"{title} · no changes" + (f" since {first}" if first else ""))
    known = _whole(call, [(one.entity, one.entity_id, one.before, one.after) for one in past])
    past = [replace(one, before=before) for one, (_, _, before, _) in zip(past, known, strict=True)]
    names = telling.labels(call, [telling.subject(one.entity, one.entity_id, one.before or one.after) for one in past])
    rows = tuple(line for one in past[:MOST] if (line := _told(call, one, names)).text)
    button = (Button("Undo my last change", "undo"),) if any(one.actor_id == call.person for one in past) else ()
    return Card(f"{title} · " + ("latest changes" if len(past) > MOST else "all changes"), (Items(rows),), button)


def _told(call: Call, one: Past, names: dict[str, str]) -> Line:
    """'APP-2 points 8 → 13' with who and when."""
    local = one.at.astimezone(call.tz)
    when = f"{call.name(one.actor_id)}, {call.date_of(one.at)} {local:%H:%M}"
    fields = one.before or one.after or {}
    name = names.get(telling.subject(one.entity, one.entity_id, fields)[1]) or telling.label(call, one.entity, fields)
    undone = {"undo": "taken back: ", "redo": "put back: "}.get(one.kind, "")
    what = _what(call, one)
    return Line(name, undone + what if what else "", when)


def _what(call: Call, one: Past) -> str:
    if KINDS[one.entity].part and (one.before is None or one.after is None):
        removed = "" if one.after is not None else "removed: "
        return f"{removed}{telling.part(call, one.entity, one.after or one.before or {})}"
    if one.entity == "criteria" and one.before and one.after:
        return _criterion(one.before, one.after)
    if one.before is None or one.after is None:
        which = _which(call, one.entity, one.after or one.before or {})
        return ("added" if one.before is None else "removed") + (f": {which}" if which else "")
    said = [
        f"{telling.called(one.entity, field)} {telling.value(call, one.entity, field, one.before.get(field))}"
        f" → {telling.value(call, one.entity, field, value)}"
        for field, value in one.after.items()
        if not telling.is_silent(one.entity, field)
    ]
    if "rank" in one.after:
        said.append("moved")
    if not said:
        return "imported again" if one.entity == "items" else ""
    whose = f"{telling.part(call, one.entity, one.before)}: " if KINDS[one.entity].part else ""
    return whose + ", ".join(said)

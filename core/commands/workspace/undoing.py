"""A large operation on its way back: a thousand changes a step, so that nobody waits for a hundred thousand.

All steps are one operation, as those of an import are; it counts as taken back with the last step. Where a step is
refused, because others have changed what it would meet, what went before stays back, and `undo` goes on from there.
"""

from collections.abc import Sequence
from typing import Any

from core.chat.card import Card, Items, Line
from core.chat.words import listed
from core.commands import telling
from core.commands.call import Call
from core.commands.later import Later, Work, job
from core.commands.refused import Refused
from core.commands.registry import Said
from core.commands.telling import KINDS
from core.product import backlog, ranking, sprints, structure
from core.store import history, jobs, reversal
from core.store.history import Fields
from core.store.reversal import Chosen, Reversal

JOB = "take back"
SHOWN = 12
TELL_EVERY = 5  # steps
_SAYS = {history.UNDO: ("undo", "Taken back", "Taking back"), history.REDO: ("redo", "Put back", "Putting back")}


def begin(call: Call, operation: Chosen, kind: str) -> Later:
    """Leave it behind, to be done a step at a time."""
    about = {"operation": operation.id, "seq": str(operation.seq), "label": operation.label, "kind": kind}
    args = {**about, "product": call.product.id, "person": call.person}
    return Later(JOB, args, Card(f"{_SAYS[kind][2]} {operation.label} …"))


def refuse_meanwhile(call: Call) -> None:
    """While somebody's large operation is on its way, nothing else of theirs goes back here."""
    for args in jobs.open_of(call.db, JOB):
        if (args["product"], args["person"]) == (call.product.id, call.person):
            raise Refused(f"{args['label']} is still on its way: {_SAYS[args['kind']][2].lower()}.", "history")


@job(JOB)
def run(work: Work) -> Said:
    """Step by step to the end; what was committed is not done again."""
    about = work.args
    operation, kind = Chosen(about["operation"], int(about["seq"]), about["label"]), about["kind"]
    for name, first in (("below", None), ("all", False), ("owed", []), ("done", {}), ("left", []), ("steps", 0)):
        work.kept.setdefault(name, first)
    while not work.kept["all"]:
        work.step(lambda call: _step(call, work, operation, kind))
        if work.kept["steps"] % TELL_EVERY == 0:
            work.tell(Card(f"{_SAYS[kind][2]} {operation.label} … {sum(work.kept['done'].values()):,} so far"))
    restored = bool(work.kept["done"])
    work.step(lambda call: _finish(call, work, operation, kind, restored))
    work.analyze()
    said, stays = _SAYS[kind][1], work.kept["left"]
    if not restored:
        raise Refused(f"Nothing was {said.lower()}: {'; '.join(stays[:SHOWN])}.", "history")
    lines = [Line("", f"{n:,} {words}") for words, n in work.kept["done"].items()]
    lines += [Line("", f"Left as it is: {words}") for words in stays[:SHOWN]]
    lines += [Line("", f"and {len(stays) - SHOWN:,} more")] if len(stays) > SHOWN else []
    return Card(f"{said}: {operation.label}", (Items(tuple(lines)),))


def _step(call: Call, work: Work, operation: Chosen, kind: str) -> None:
    backlog.lock(call.db, call.product.id)
    kept = work.kept
    done, below, owed = reversal.part(
        call.db, operation, kind, ranking.mend_order, kept["below"], [tuple(one) for one in kept["owed"]]
    )
    kept.update(below=below, all=below is None, owed=owed, steps=kept["steps"] + 1)
    _note(call, kept, done, kind)


def _finish(call: Call, work: Work, operation: Chosen, kind: str, restored: bool) -> None:
    backlog.lock(call.db, call.product.id)
    owed = [tuple(one) for one in work.kept["owed"]]
    _note(
        call,
        work.kept,
        reversal.finish(call.db, operation, kind, ranking.mend_order, owed, restored=restored),
        kind,
    )
    work.kept["owed"] = []


def _note(call: Call, kept: dict[str, Any], done: Reversal, kind: str) -> None:
    """Count what went back, and keep what did not in words."""
    check(call, [done], _SAYS[kind][0])
    for entity, _, now, then in done.restored:
        how = "removed" if then is None else "put back" if now is None else "changed back"
        words = f"{'items' if entity == 'items' else 'other things'} {how}"
        kept["done"][words] = kept["done"].get(words, 0) + 1
    kept["left"] = [*kept["left"], *left(call, done)]


# ---- what must not come of it, and what stays ----


def check(call: Call, done: Sequence[Reversal], verb: str) -> None:
    """Nothing is taken back into a circle that somebody else has closed meanwhile."""
    back = [(entity, key, then) for one in done for entity, key, _, then in one.restored if then]
    epics = [key for entity, key, then in back if entity == "items" and then.get("epic_id")]
    waits = [then["item_id"] for entity, _, then in back if entity == "blocks"]
    try:
        structure.check_again(call.db, epics, waits)
    except structure.Circle as no:
        key = f"{call.product.key}-{no.args[0]}"
        why = f"To {verb} that, {key} would wait for itself or be its own epic: others have changed since."
        raise Refused(why, f"backlog show {key}") from no
    _check_sprints(call, back, verb)


def _check_sprints(call: Call, back: Sequence[tuple[str, str, Fields]], verb: str) -> None:
    """Nor into two sprints at once."""
    places = [key for entity, key, _ in back if entity == "sprint_items"]
    if not places and not any(entity == "sprints" for entity, _, _ in back):
        return
    try:
        sprints.check_again(call.db, call.product.id, places)
    except sprints.Twice as no:
        raise Refused(f"To {verb} that, {no.args[0]}: others have changed since.", "sprint list") from no


def left(call: Call, one: Reversal) -> list[str]:
    """What could not be taken back, with who changed it since; an entity's fields together."""
    kept = [k for k in one.kept if not KINDS[k.entity].secret]
    names = telling.labels(call, [(k.entity, k.entity_id) for k in kept if not KINDS[k.entity].part])
    fields: dict[tuple[str | None, str], list[str]] = {}
    for k in kept:
        thing = names.get(k.entity_id) or KINDS[k.entity].called
        told = k.field and telling.is_undone_aloud(k.entity, k.field)
        fields.setdefault((k.actor_id, thing), []).extend([telling.called(k.entity, k.field)] if told else [])
    return [
        f"{call.name(actor)} has changed {f'the {listed(changed)} of ' if changed else ''}{thing} since"
        for (actor, thing), changed in fields.items()
    ]

"""Whatever two people do, taking everything back newest first leads through every state there was, to the first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.product import backlog, merging, ranking
from core.product.items import STATUSES, TYPES, Comment, Item
from core.store import history, reversal
from core.store.database import Database, Session
from core.store.history import Operation
from tests import databases
from tests.databases import NOW, Company

Act = Callable[[Session, Company], None]
relaxed = settings(
    max_examples=15,
    deadline=None,
    phases=set(Phase) - {Phase.shrink, Phase.explain},  # an example is dozens of transactions
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Deed:
    """One operation: items are named by a number that is taken modulo how many there are."""

    what: str
    items: tuple[int, ...]
    values: dict[str, Any]

    def __call__(self, db: Session, company: Company) -> None:
        there = list(db.scalars(select(Item).order_by(Item.number)))
        items = list({there[n % len(there)].id: there[n % len(there)] for n in self.items}.values())
        match self.what:
            case "add":
                for item in backlog.add(db, company.product, [f"new {n}" for n in self.items]):
                    backlog.comment(db, item, company.ann, "from the start")
            case "edit":
                for item in items:
                    backlog.edit(item, self.values, NOW)
            case "comment":
                for item in items:
                    backlog.comment(db, item, company.bob, "hm")
            case "silence":
                for comment in db.scalars(select(Comment).where(Comment.item_id.in_([item.id for item in items]))):
                    db.delete(comment)
            case "import":
                fields = {"title": self.values["title"], "external_key": None, "imported_at": NOW}
                incoming = [merging.Incoming(str(n), fields) for n in dict.fromkeys(self.items)]
                merging.merge(db, company.product, "jira", incoming)
            case "top" | "bottom":
                ranking.move(db, company.product, items, self.what)
            case _:
                anchor, moved = items[0], items[1:]
                if moved:
                    ranking.move(db, company.product, moved, self.what, anchor)


edits = st.fixed_dictionaries(
    {"title": st.sampled_from("abc")},
    optional={
        "status": st.sampled_from(STATUSES),
        "type": st.sampled_from(TYPES),
        "points": st.sampled_from([None, 1.0, 2.5]),
        "labels": st.sampled_from([(), ("api",), ("api", "ui")]),
    },
)
deeds = st.builds(
    Deed,
    st.sampled_from(["add", "edit", "comment", "silence", "import", "top", "bottom", "above", "below"]),
    st.lists(st.integers(0, 9), min_size=1, max_size=3).map(tuple),
    edits,
)
people = st.sampled_from(["ann", "bob"])


def state(db: Session) -> list[tuple[Any, ...]]:
    """Everything a person could see: items in order with all their fields, each with its comments."""
    columns = [getattr(Item, name) for name in history.whole(Item) if name != "rank"]
    said = db.execute(select(Comment.item_id, Comment.id, Comment.text, Comment.created_at).order_by(Comment.id)).all()
    return [
        (*row, *(one for one in said if one.item_id == row.id))
        for row in db.execute(select(Item.id, *columns).order_by(Item.rank))
    ]


def seen(company: Company) -> list[tuple[Any, ...]]:
    with company.look() as db:
        return state(db)


def operations(company: Company) -> int:
    with company.look() as db:
        return db.scalar(select(func.count()).select_from(Operation)) or 0


def begun(database: Database) -> Company:
    made = databases.company(database, f"company {databases.new_id()}")
    with made.work(undoable=False) as db:
        backlog.add(db, made.product, ["first", "second", "third"])
    return made


def reverse(company: Company, who: str, kind: Callable[..., reversal.Reversal | None]) -> reversal.Reversal | None:
    with company.work(who) as db:
        return kind(db, who, company.product, ranking.mend_order)


@relaxed
@given(work=st.lists(st.tuples(people, deeds), min_size=1, max_size=8))
def test_taking_back_newest_first_leads_through_every_state_there_was(
    database: Database, work: list[tuple[str, Deed]]
) -> None:
    company = begun(database)
    past: list[tuple[str, list[tuple[Any, ...]]]] = []
    for name, deed in work:
        who, before, known = getattr(company, name), seen(company), operations(company)
        with company.work(who) as db:
            deed(db, company)
        if operations(company) > known:
            past.append((who, before))
    event(f"{len(past)} operations")
    for who, before in reversed(past):
        after = seen(company)
        back = reverse(company, who, reversal.undo)
        assert back is not None
        assert back.kept == []
        assert seen(company) == before
        reverse(company, who, reversal.redo)
        assert seen(company) == after
        reverse(company, who, reversal.undo)
        assert seen(company) == before


mixed = st.one_of(deeds, st.sampled_from([reversal.undo, reversal.undo, reversal.redo]))


@relaxed
@given(work=st.lists(st.tuples(people, mixed), min_size=4, max_size=20))
def test_undo_and_redo_in_any_order_tell_exactly_what_they_did(
    database: Database, work: list[tuple[str, Deed | Callable[..., reversal.Reversal | None]]]
) -> None:
    """Two people in each other's way: nothing raises, what is told as restored is restored, the rest stands still."""
    company = begun(database)
    for name, act in work:
        who = getattr(company, name)
        if isinstance(act, Deed):
            with company.work(who) as db:
                act(db, company)
            continue
        before = {row[0]: row for row in seen(company)}
        back = reverse(company, who, act)
        after = {row[0]: row for row in seen(company)}
        touched = {key for _, key, _, _ in back.restored} if back else set()
        named = {one.entity_id for one in back.kept} if back else set()
        event("left something" if named else "took all back")
        for _, key, now, then in back.restored if back else []:
            assert (key in after) == (then is not None) or _is_comment(now or then)
        for key in before.keys() | after.keys():
            if before.get(key, ())[: len(history.whole(Item))] != after.get(key, ())[: len(history.whole(Item))]:
                assert key in touched


def _is_comment(fields: dict[str, Any] | None) -> bool:
    return "item_id" in (fields or {})

"""`backlog split` on any backlog: where the parts stand, what they add up to, and that undo restores exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.product import backlog, roadmap, sprints, structure, workspaces
from core.product.audience import Audience
from core.product.items import Block, Item
from core.product.people import Product
from core.product.roadmap import EntryLink
from core.product.sprints import Sprint, SprintItem
from core.store import history
from core.store.database import Database, Session
from tests.core.commands.talk import Talk, slack_team
from tests.databases import NOW

TODAY = NOW.date()
_teams = count(1)


@dataclass(frozen=True)
class Case:
    """A backlog of items with these points, of which the one at `place` is split into so many `parts`.

    sprint   None, or whether the sprint that it is in is running
    waits    (item, on) by place
    """

    points: tuple[float | None, ...]
    place: int
    parts: int
    type: str
    sprint: bool | None
    waits: tuple[tuple[int, int], ...]
    roadmap: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    points = tuple(draw(st.lists(st.sampled_from([None, 1.0, 2.5, 8.0]), min_size=1, max_size=6)))
    ways = [(a, b) for a in range(len(points)) for b in range(a)]  # an item waits for earlier ones: no circles
    return Case(
        points,
        draw(st.integers(0, len(points) - 1)),
        draw(st.integers(2, 5)),
        draw(st.sampled_from(["story", "bug", "epic"])),
        draw(st.sampled_from([None, False, True])),
        tuple(draw(st.lists(st.sampled_from(ways), unique=True, max_size=4))) if ways else (),
        draw(st.booleans()),
    )


@contextmanager
def inside(talk: Talk, *, write: bool = False) -> Iterator[tuple[Session, str]]:
    with talk.database.transaction(write=write, now=NOW) as db:
        workspaces.enter(db, talk.connection)
        yield db, db.scalars(select(Product.id)).one()


def begun(database: Database, case: Case) -> Talk:
    """A company of its own whose backlog is the case's."""
    talk = slack_team(database, f"T{next(_teams)}")
    talk.done("ann", "#app", "setup App key=APP tz=UTC")
    with inside(talk, write=True) as (db, product):
        db.ledger.product_id = product
        items = backlog.add(db, product, [f"Item {n}" for n in range(1, len(case.points) + 1)], labels=("api",))
        for item, points in zip(items, case.points, strict=True):
            item.points = points
        items[case.place].type = case.type
        for waiting, on in case.waits:
            structure.block(db, items[waiting], items[on])
        if case.roadmap:
            entry = roadmap.add(db, product, "Entry", horizon="now", audience=Audience.TEAM)
            roadmap.link(db, entry, [items[case.place]])
        if case.sprint is not None and case.type != "epic":
            sprint = sprints.make(db, product, "S", TODAY, TODAY + timedelta(days=11), "", None)
            sprints.put_in(db, sprint, items)
            if case.sprint:
                sprints.start(db, sprint, TODAY)
    return talk


def everything(talk: Talk) -> list[Any]:
    """All that a split may touch; order keys only as the order that they make."""
    with inside(talk) as (db, _):
        found: list[Any] = []
        for model in (Item, Block, EntryLink, Sprint, SprintItem):
            columns = [getattr(model, name) for name in history.whole(model) if name != "rank"]
            order = (Item.rank,) if model is Item else (model.id,)
            rows = db.execute(select(model.id, *columns).order_by(*order))
            found.append([tuple(row) for row in rows])
        return found


def order(db: Session) -> list[Any]:
    wanted = (Item.id, Item.title, Item.points, Item.status, Item.epic_id, Item.labels, Item.type)
    return list(db.execute(select(*wanted).order_by(Item.rank)))


@settings(
    max_examples=20,
    deadline=None,
    phases=set(Phase) - {Phase.explain},
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=cases())
def test_the_parts_stand_where_it_stood_and_all_goes_back_and_forth(database: Database, case: Case) -> None:
    talk = begun(database, case)
    before = everything(talk)
    titles = [f"Part {n}" for n in range(1, case.parts + 1)]
    line = f"backlog split APP-{case.place + 1} " + " ".join(f'"{title}"' for title in titles)
    with inside(talk) as (db, _):
        was = order(db)
    talk.done("ann", "#app", line)

    with inside(talk) as (db, product):
        now = order(db)
        whole = now[case.place]
        parts = now[case.place + 1 : case.place + 1 + case.parts]
        # the order: the parts in their order right behind it, all others as before
        assert [row.title for row in parts] == titles
        assert [row.id for row in now if row not in parts] == [row.id for row in was]
        # the sums: what was estimated is the whole's alone; a dropped one counts no more, and its parts are not guessed
        open_ = sum(row.points or 0 for row in now if row.status == "new")
        kept = 0 if case.type != "epic" else case.points[case.place] or 0
        assert open_ == sum(points or 0 for points in case.points) - (case.points[case.place] or 0) + kept
        assert all(row.points is None and row.labels == ("api",) for row in parts)
        assert whole.status == ("new" if case.type == "epic" else "dropped")
        assert {row.epic_id for row in parts} == {whole.id if case.type == "epic" else None}
        if case.type != "epic":
            pairs = {(row.item_id, row.on_id) for row in db.scalars(select(Block))}
            for waiting, on in case.waits:
                for part in parts:
                    if waiting == case.place:
                        assert (part.id, was[on].id) in pairs
                    if on == case.place:
                        assert (was[waiting].id, part.id) in pairs
            linked = set(db.scalars(select(EntryLink.item_id)))
            assert linked == ({whole.id, *(part.id for part in parts)} if case.roadmap else set())
        if case.type != "epic" and case.sprint is not None:
            [sprint] = sprints.all_of(db, product)
            there = {row.id for row in sprints.inside(db, sprint)}
            assert there >= {part.id for part in parts}
            assert (whole.id in there) is case.sprint  # what runs remembers that it was promised
            assert sprint.size == len(there)

    after = everything(talk)
    talk.done("ann", "#app", "undo")
    assert everything(talk) == before
    talk.done("ann", "#app", "redo")
    assert everything(talk) == after

"""The sprint digest: how the sprint goes, what has changed, what is stuck, who waits for whom. For the team alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from core.chat import grammar, walltime
from core.chat.card import Button, Card, Facts, Part, Picture
from core.chat.words import counted, listed, shorten
from core.product import blockers, burndown, capacity, questions, sprint_charts, sprints
from core.product.burndown import ADDED, REMOVED, Course, Moment
from core.product.items import Item
from core.product.people import Role
from core.product.sprints import RUNNING, Sprint
from core.schedule.digests import COMPOSERS, SPRINT, Composed, Scene, Section
from core.store import pictures

STUCK = timedelta(days=3)
SHOWN = 4  # things of a kind that are named
DAILY = timedelta(days=2)  # a digest that comes more often than this is told in full on some days only
FULL = (0, 3)  # Monday and Thursday
FINISHED = ("done", "accepted")


Teller = Callable[[Scene, Sprint | None, Course | None], Section]


def compose(scene: Scene) -> Composed:
    sprint, course, full = _state(scene)
    wanted = (verdict, since, stuck, blocked, scope, waiting, picture) if full else (verdict, since, blocked)
    stays = blocked(scene, sprint, course).rows
    made = _composed(scene, sprint, course, wanted)
    return replace(made, stays=[Facts(tuple(stays))] if stays else [], full=full)


def aboard(scene: Scene) -> Composed:
    """What it adds to a stand-up's post, which says what is blocked and how far the sprint is."""
    sprint, course, full = _state(scene)
    return _composed(scene, sprint, course, (verdict, since, stuck, scope, waiting, picture) if full else ())


def _state(scene: Scene) -> tuple[Sprint | None, Course | None, bool]:
    """The sprint that runs, its course, and whether this is a day on which all is told."""
    sprint = sprints.by_state(scene.db, scene.product.id, RUNNING)
    course = burndown.course(scene.db, sprint) if sprint else None
    return (
        sprint,
        course,
        scene.asked
        or scene.until - scene.since > DAILY
        or scene.today.weekday() in FULL
        or turned(scene, sprint, course),
    )


def _composed(scene: Scene, sprint: Sprint | None, course: Course | None, wanted: Sequence[Teller]) -> Composed:
    found = [section(scene, sprint, course) for section in wanted]
    rows = tuple(row for one in found for row in one.rows)
    parts: list[Part] = [*([Facts(rows)] if rows else []), *(part for one in found for part in one.parts)]
    buttons = (
        *((Button("What could come out?", "sprint status out=yes"),) if sprint else ()),
        Button("Forecast", "sprint forecast"),
        Button("Items", f"backlog list sprint={grammar.quote(sprint.name)}" if sprint else "backlog list"),
        Button("Less often", "less often"),
    )
    return Composed(Card(_title(scene, sprint), tuple(parts), buttons), any(one.news for one in found))


def _title(scene: Scene, sprint: Sprint | None) -> str:
    if sprint is None:
        return f"{scene.product.name} · {scene.day(scene.today)}"
    every = capacity.working_days(scene.product, sprint.starts_on, sprint.ends_on)
    passed = max(1, sum(day <= scene.today for day in every))
    over = f"over since {scene.day(sprint.ends_on)}"
    parts = [sprint.name, f"day {passed} of {len(every)}" if scene.today <= sprint.ends_on else over]
    return " · ".join([*parts, *([f"“{shorten(sprint.goal, 80)}”"] if sprint.goal else [])])


# ---- how it goes ----


def _late(scene: Scene, sprint: Sprint, course: Course, at: Moment, day: date) -> bool:
    """Whether it was, as it stood at a moment, more than a day and a half behind an even pace on the morning of a
    day."""
    done, total = at.done.of(course.unit), at.scope.of(course.unit)
    return capacity.is_behind(scene.product, sprint.starts_on, sprint.ends_on, done, total, day)


def turned(scene: Scene, sprint: Sprint | None, course: Course | None) -> bool:
    """Whether it has turned 'at risk' since the last digest, if only for some hours of this day: a post that is kept up
    to date must not lose again what it was told in full for."""
    if sprint is None or course is None:
        return False
    before = max(scene.since.astimezone(scene.zone).date(), sprint.starts_on)
    if _late(scene, sprint, course, course.at(scene.since), before):
        return False
    morning = walltime.day_begins(scene.today, scene.zone)
    today = [course.at(morning), *(one for one in course.moments if one.at > morning)]
    return any(_late(scene, sprint, course, one, scene.today) for one in today)


def verdict(scene: Scene, sprint: Sprint | None, course: Course | None) -> Section:
    if sprint is None or course is None:
        return Section()
    unit = course.unit
    done, total = course.last.done.of(unit), course.last.scope.of(unit)
    said = "On track"
    if total and done >= total:
        said = "All done"
    elif _late(scene, sprint, course, course.last, scene.today):
        said = "At risk"
    told = f"{done:g} of {total:g} {unit} done{_sure(scene, sprint, course)}"
    return Section([(said, told)], news=turned(scene, sprint, course))


def _sure(scene: Scene, sprint: Sprint, course: Course) -> str:
    """'. At this pace 85 % sure of 26 by Fri 13 Nov.' The forecast counts items: in points these are what the items
    that are left have on average."""
    left, days = course.last.remaining, (sprint.ends_on - scene.today).days + 1
    if left.items <= 0 or days <= 0 or scene.ahead is None:
        return ""
    [more] = scene.ahead.items(days, [85])
    sure = course.last.done.of(course.unit) + left.of(course.unit) * more / left.items
    told = "all of it" if more >= left.items else f"{int(sure)}"
    return f". At this pace 85 % sure of {told} by {sprint.ends_on:%a} {scene.day(sprint.ends_on)}."


# ---- what has changed ----


def since(scene: Scene, _sprint: Sprint | None, _course: Course | None) -> Section:
    """'done APP-12 SSO (8) · started APP-52 · new APP-61'."""
    moved: dict[str, tuple[Any, Any]] = {}
    made: set[str] = set()
    for past in scene.changes:
        if past.entity != "items":
            continue
        if past.before is None:
            made.add(past.entity_id)
        elif "status" in (past.after or {}):
            first = moved.get(past.entity_id, (past.before.get("status"), None))[0]
            moved[past.entity_id] = (first, (past.after or {})["status"])
    rows = _items(scene, [*moved, *made])
    groups = {
        "done": [rows[i] for i, (was, now) in moved.items() if now in FINISHED and was not in FINISHED and i in rows],
        "started": [rows[i] for i, (was, now) in moved.items() if now == "doing" and was != "doing" and i in rows],
        "dropped": [rows[i] for i, (was, now) in moved.items() if now == "dropped" and i in rows],
    }
    said = [f"{verb} {_named(scene, some)}" for verb, some in groups.items() if some]
    new = [rows[i] for i in made if i in rows and rows[i].status not in FINISHED]
    said += [f"{counted(len(new), 'new item')}"] if new else []
    label = f"Since {scene.since.astimezone(scene.zone):%A}"
    if scene.until - scene.since > timedelta(days=6):
        label = f"Since {scene.day(scene.since)}"
    return Section([(label, " · ".join(said))] if said else [], news=bool(said))


def _items(scene: Scene, ids: Sequence[str]) -> dict[str, Item]:
    found = scene.db.scalars(select(Item).where(Item.id.in_(ids[:500]), Item.product_id == scene.product.id))
    return {item.id: item for item in found} if ids else {}


def _named(scene: Scene, items: Sequence[Any], points: bool = True) -> str:
    def one(item: Any) -> str:
        size = f" ({item.points:g})" if points and item.points else ""
        return f"{scene.key(item.number)} {shorten(item.title, 50)}{size}"

    more = [f"{len(items) - SHOWN} more"] if len(items) > SHOWN else []
    return listed([*(one(item) for item in items[:SHOWN]), *more])


def stuck(scene: Scene, sprint: Sprint | None, _course: Course | None) -> Section:
    if sprint is None:
        return Section()
    old = [
        row
        for row in sprints.inside(scene.db, sprint)
        if row.status in ("doing", "review") and scene.until - row.updated_at >= STUCK
    ]
    said = [
        f"{scene.key(row.number)} {shorten(row.title, 50)}, no change for {(scene.until - row.updated_at).days} days "
        f"({scene.name(row.assignee_id) if row.assignee_id else 'nobody'})"
        for row in old[:SHOWN]
    ]
    return Section([("Stuck", " · ".join(said))] if said else [])


def blocked(scene: Scene, _sprint: Sprint | None, _course: Course | None) -> Section:
    """'B-4 Test bank account, day 7, Ann promised today'."""
    rows = blockers.standing(scene.db, scene.product.id)
    said = []
    for row in rows[:SHOWN]:
        age = blockers.day_of(row, scene.today, row.raised_at.astimezone(scene.zone).date())
        needs = f", needs {scene.name(row.needs_id)}" if row.needs_id else ""
        owner = scene.name(row.owner_id) if row.owner_id else f"nobody yet{needs}"
        when = (
            f" promised {'today' if row.promised == scene.today else scene.day(row.promised)}" if row.promised else ""
        )
        said.append(f"B-{row.number} {shorten(row.text, 60)}, day {age}, {owner}{when}")
    news = any(past.entity == "blockers" for past in scene.changes)
    return Section([("Blockers", " · ".join(said))] if said else [], news=news)


def scope(scene: Scene, sprint: Sprint | None, course: Course | None) -> Section:
    """'30 committed + 3 added: APP-61, Ann, “outage follow-up”'."""
    if sprint is None or course is None:
        return Section()
    unit, said = course.unit, []
    names = _items(scene, [change.item_id for change in course.changes])
    for kind, sign, word in ((ADDED, "+", "added"), (REMOVED, "−", "taken out")):
        some = [change for change in course.changes if change.kind == kind]
        told = [
            f"{scene.key(names[one.item_id].number)}, {scene.name(one.actor_id)}"
            + (f", “{shorten(one.because, 60)}”" if one.because else "")
            for one in some[:SHOWN]
            if one.item_id in names
        ]
        if some:
            said.append(f"{sign} {abs(sum(one.by.of(unit) for one in some)):g} {word}: {'; '.join(told)}")
    if not said:
        return Section()
    news = any(change.at > scene.since for change in course.changes)
    return Section([("Scope", f"{course.committed.of(unit):g} committed {' '.join(said)}")], news=news)


def waiting(scene: Scene, _sprint: Sprint | None, _course: Course | None) -> Section:
    done = scene.db.scalars(select(Item).where(Item.product_id == scene.product.id, Item.status == "done")).all()
    owner = scene.holder(Role.PRODUCT_OWNER)
    who = f" ({scene.name(owner)})" if owner else ""
    said = [f"{len(done)} to accept{who}"] if done else []
    for row in questions.unanswered(scene.db, scene.product.id)[:SHOWN]:
        age = (scene.today - row.asked_at.astimezone(scene.zone).date()).days
        open_ = f"open {counted(age, 'day')}" if age > 0 else "asked today"
        goes_on = f" ({scene.name(row.assumed_by)} assumes “{shorten(row.assumption, 40)}”)" if row.assumption else ""
        said.append(f"Q-{row.number} {open_}{goes_on}")
    return Section([("Waiting", " · ".join(said))] if said else [])


def picture(scene: Scene, sprint: Sprint | None, course: Course | None) -> Section:
    if sprint is None or course is None or len(course.moments) < 2:
        return Section()
    working = capacity.working_days(scene.product, sprint.starts_on, sprint.ends_on)
    drawn = sprint_charts.burndown(sprint, course, working, scene.until, scene.zone)
    return Section(parts=[Picture(pictures.keep(scene.db, drawn.png), drawn.alt)])


COMPOSERS[SPRINT] = compose

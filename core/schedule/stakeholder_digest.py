"""The stakeholder digest: shipped, moved and why, on track, goals, numbers with their dates, what was asked, next."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from core.chat.card import Button, Card, Facts, Part, Picture
from core.chat.words import counted, listed, shorten
from core.product import decisions, forecast, goals, metrics, questions, roadmap, timeline, trend
from core.product.charts import number
from core.product.goals import Standing
from core.product.metrics import Metric
from core.product.questions import Question
from core.product.roadmap import Entry, Move
from core.schedule.digests import COMPOSERS, STAKEHOLDER, Composed, Row, Scene, Section
from core.store import pictures

LINES = 10  # with title and note a card has twelve
SHOWN = 6  # of what stands in one line
MOVED, DATED, GOALS = 3, 3, 2  # lines of a kind
NEXT = 3
FORECAST = 12  # entries, the nearest, that a forecast is made of
OLD = 14  # days after which a number is said to be old
SURE = 85  # per cent


def compose(scene: Scene) -> Composed:
    wanted = (shipped, moved, on_track, goal, figures, asked, coming, picture)
    found = [section(scene) for section in wanted]
    rows = tuple(row for one in found for row in one.rows)[:LINES]
    parts: list[Part] = [*([Facts(rows)] if rows else []), *(part for one in found for part in one.parts)]
    days = dict.fromkeys((scene.day(scene.since), scene.day(scene.today)))
    title = f"{scene.product.name} for {_whom(scene)} · {' – '.join(days)}"
    buttons = (
        Button("Ask", "ask", form=True),
        Button("I have a concern", "feedback add kind=stakeholder", form=True),
        Button("Follow something", "watch"),
        Button("Less often", "less often"),
    )
    return Composed(Card(title, tuple(parts), buttons), any(one.news for one in found))


def _whom(scene: Scene) -> str:
    return "everybody" if len(scene.reads) == 1 else "the team" if scene.of_team else "stakeholders"


def _few(rows: Sequence[Row], most: int) -> list[Row]:
    """The first rows; the last of them says how many there are besides."""
    kept, more = list(rows[:most]), len(rows) - most
    if more > 0:
        label, said = kept[-1]
        kept[-1] = (label, f"{said} · {more} more")
    return kept


def shipped(scene: Scene) -> Section:
    entries = roadmap.ended(scene.db, scene.product.id, scene.reads, roadmap.SHIPPED, scene.since, scene.until)
    said = listed([shorten(entry.title, 60) for entry in entries[:SHOWN]])
    return Section([("Shipped", said)] if entries else [], news=bool(entries))


# ---- what moved, and why ----


def moved(scene: Scene) -> Section:
    """'SSO for banks: Nov → Dec, because the bank asked for an audit (D-7)'; what was dropped is said so too. However
    many there are, none is left out."""
    entries = roadmap.listed(scene.db, scene.product.id, scene.reads)
    entries += roadmap.ended(scene.db, scene.product.id, scene.reads, roadmap.DROPPED, scene.since, scene.until)
    by_id = {entry.id: entry for entry in entries}
    found: dict[str, list[Move]] = {}
    for move in reversed(roadmap.moves(scene.db, list(by_id), scene.since, scene.until)):
        if move.kind != roadmap.SCOPE or scene.of_team:  # which speaks of items
            found.setdefault(move.entry_id, []).append(move)
    told = [_moved(scene, by_id[entry], moves) for entry, moves in found.items()]
    rest = [" · ".join(told[MOVED - 1 :])] if told[MOVED - 1 :] else []
    rows = [("Moved", one) for one in [*told[: MOVED - 1], *rest]]
    return Section(rows, news=bool(rows))


def _moved(scene: Scene, entry: Entry, moves: list[Move]) -> str:
    """Of its days and its horizon, from where they were at first to where they are now, and every reason on the way."""
    steps = []
    for kind in dict.fromkeys(move.kind for move in moves):
        of_kind = [one for one in moves if one.kind == kind]
        first, last = of_kind[0], of_kind[-1]
        steps += [f"{first.was} → {last.becomes}"] if first.was != last.becomes else []
    now = "dropped" if moves[-1].kind == roadmap.DROP else ", ".join(steps) or "where it was"
    reasons = listed([shorten(one, 100) for one in dict.fromkeys(move.because for move in moves) if one])
    why = f", because {reasons}{_decided(scene, entry, moves)}" if reasons else ""
    return f"{shorten(entry.title, 60)}: {now}{why}"


def _decided(scene: Scene, entry: Entry, moves: list[Move]) -> str:
    """' (D-7)': the latest decision about it that may stand behind a move, closed since it was moved before."""
    earlier = roadmap.moves(scene.db, [entry.id], until=scene.since)
    since = earlier[0].created_at if earlier else entry.created_at
    found = [
        f"D-{row.number}"
        for row in decisions.behind(scene.db, scene.product.id, f"R-{entry.number}")
        if row.audience in scene.reads and row.closed_at and since <= row.closed_at <= moves[-1].created_at
    ]
    said = any(found[-1] in move.because for move in moves) if found else True
    return "" if said else f" ({found[-1]})"


# ---- what has a date ----

_BEST_LAST = ("Late", "At risk", "On track")


def on_track(scene: Scene) -> Section:
    """'CSV export: 9 of 15 items, due 30 Nov, 85 % by 27 Nov'; what is past its date, or likely to be, is not on track
    and comes first."""
    dated = [entry for entry in roadmap.listed(scene.db, scene.product.id, scene.reads) if entry.ends]
    parts = roadmap.parts(scene.db, [entry.id for entry in dated])
    rows = []
    for at, entry in enumerate(dated):
        assert entry.ends is not None
        far = roadmap.counted(parts[entry.id])
        items = f"{far.done} of {counted(far.of, 'item')}, " if far.of else ""
        likely = _likely(scene, entry) if at < FORECAST and far.done < far.of else None
        late = entry.ends < scene.today
        how = "Late" if late else "At risk" if likely and likely > entry.ends else "On track"
        due = f"{'was due' if late else 'due'} {scene.day(entry.ends)}"
        sure = f", {SURE} % by {scene.day(likely)}" if likely else ""
        rows.append((how, f"{shorten(entry.title, 60)}: {items}{due}{sure}"))
    news = _further(scene, [item for items in parts.values() for item in items])
    return Section(_few(sorted(rows, key=lambda row: _BEST_LAST.index(row[0])), DATED), news=news)


def _further(scene: Scene, items: Sequence[Any]) -> bool:
    """Whether some of the items are done by now that were not, or the other way round."""
    was: dict[str, str | None] = {}
    for past in scene.changes:
        if past.entity == "items" and "status" in (past.after or {}):
            was.setdefault(past.entity_id, (past.before or {}).get("status"))
    return any(item.id in was and (was[item.id] in roadmap.DONE) != (item.status in roadmap.DONE) for item in items)


def _likely(scene: Scene, entry: Entry) -> date | None:
    """By when its items are done for sure, as far as the team's record tells."""
    if scene.ahead is None:
        return None
    items = [row.id for row in roadmap.items_of(scene.db, entry.id)]
    [days] = scene.ahead.days(forecast.until_all(scene.db, scene.product.id, items).place, [SURE])
    return None if days is None else forecast.day_of(days, scene.today)


# ---- goals ----


def goal(scene: Scene) -> Section:
    """'Fewer support tickets: tickets a week 41 → 33, aim 25 by 31 Dec', with a chart of the first that is measured."""
    open_ = goals.of(scene.db, scene.product.id, scene.reads)
    standings = goals.standings(scene.db, open_, scene.today)
    rows = []
    for one in open_:
        by = f" by {scene.day(one.due)}" if one.due else ""
        results = [
            f"{shorten(each.result.text, 40)} {number(each.result.start)} → "
            f"{number(each.value) if each.value is not None else 'not measured'}, aim {number(each.result.target)}"
            for each in standings[one.id]
        ]
        rows.append(("Goal", shorten(one.text, 60) + (f": {'; '.join(results[:3])}" if results else "") + by))
    changed = {"goals", "results"} & {past.entity for past in scene.changes if past.subject_id in standings}
    measured = [each for one in open_[:GOALS] for each in standings[one.id]]
    return Section(_few(rows, GOALS), _chart(scene, measured), news=bool(changed))


def _chart(scene: Scene, standings: Sequence[Standing]) -> list[Part]:
    """How the metric goes that fills a key result, the first that this audience may read and that has gone anywhere."""
    readable = {one.id: one for one in metrics.of(scene.db, scene.product.id, scene.reads)}
    for one in standings:
        metric = readable.get(one.result.metric_id or "")
        values = metrics.series(scene.db, metric, scene.today) if metric else []
        if metric is not None and len(values) > 1:
            drawn = trend.chart(
                metric.name, values, metric.unit, one.result.target, metric.better, scene.today
            )  # fmt: skip
            return [Picture(pictures.keep(scene.db, drawn.png), drawn.alt)]
    return []


def figures(scene: Scene) -> Section:
    """'Activation 38 % (+2) · Churn last measured 19 days ago'."""
    said, news = [], False
    for metric in metrics.of(scene.db, scene.product.id, scene.reads)[:SHOWN]:
        told, fresh = _figure(scene, metric)
        said += [told] if told else []
        news = news or fresh
    return Section([("Numbers", " · ".join(said))] if said else [], news=news)


def _figure(scene: Scene, metric: Metric) -> tuple[str, bool]:
    values = metrics.series(scene.db, metric, scene.today)
    if not values:
        return "", False
    last = values[-1]
    first = scene.since.astimezone(scene.zone).date()
    unit = f" {metric.unit}" if metric.unit else ""
    before = [one for one in values if one.day <= first]
    if last.day <= first and (scene.today - last.day).days >= OLD:
        return f"{metric.name} last measured {(scene.today - last.day).days} days ago", False
    by = f" ({last.value - before[-1].value:+g})" if before and last.day > first else ""
    return f"{metric.name} {number(last.value)}{unit}{by}, {scene.day(last.day)}", last.day > first


def coming(scene: Scene) -> Section:
    """What is next and has no date yet."""
    undated = [one for one in roadmap.listed(scene.db, scene.product.id, scene.reads) if one.ends is None]
    said = listed([shorten(entry.title, 60) for entry in undated if entry.horizon != "later"][:NEXT])
    return Section([("Next", said)] if said else [])


def asked(scene: Scene) -> Section:
    """'2 answered, 1 open (pricing …, Peter)': questions that this audience may read."""
    may_read = {audience.value for audience in scene.reads}
    answered = {
        past.entity_id
        for past in scene.changes
        if past.entity == "questions" and (past.after or {}).get("answered_at") is not None
    }
    rows = scene.db.scalars(select(Question).where(Question.id.in_(answered))) if answered else ()
    done = sum(row.audience in may_read for row in rows)
    open_ = [row for row in questions.unanswered(scene.db, scene.product.id) if row.audience in may_read]
    said = [f"{done} answered"] if done else []
    if open_:
        first = open_[0]
        owner = f", {scene.name(first.owner_id)}" if first.owner_id else ""
        said.append(f"{len(open_)} open ({shorten(first.text, 60)}{owner})")
    return Section([("You asked", ", ".join(said))] if said else [], news=bool(done))


def picture(scene: Scene) -> Section:
    """The timeline, where something on it has a date."""
    entries = roadmap.listed(scene.db, scene.product.id, scene.reads, count=timeline.MOST + 1)
    if not any(entry.ends for entry in entries):
        return Section()
    ids = [entry.id for entry in entries]
    progress = roadmap.progress(scene.db, ids)
    slipped: dict[str, int] = {}
    for move in roadmap.moves(scene.db, ids, scene.since, scene.until):
        slipped[move.entry_id] = slipped.get(move.entry_id, 0) + (move.days or 0)
    steps: dict[str, list[tuple[date, bool]]] = {}
    for one in roadmap.milestones(scene.db, ids):
        steps.setdefault(one.entry_id, []).append((one.day, one.done_at is not None))
    bars = [
        timeline.Bar(
            entry.title, entry.horizon, entry.starts, entry.ends, progress[entry.id].done, progress[entry.id].of,
            slipped.get(entry.id, 0), tuple(steps.get(entry.id, ())),
        )
        for entry in entries
    ]  # fmt: skip
    drawn = timeline.chart(scene.product.name, bars, scene.today)
    return Section(parts=[Picture(pictures.keep(scene.db, drawn.png), drawn.alt)])


COMPOSERS[STAKEHOLDER] = compose

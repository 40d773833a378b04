"""The stakeholder digest: shipped, moved and why, on track, goals, numbers with their dates, next."""

from datetime import date

from sqlalchemy import select

from core.chat.card import Button, Card, Facts, Part, Picture
from core.chat.words import counted, listed, shorten
from core.product import goals, metrics, questions, roadmap, timeline
from core.product.charts import number
from core.product.metrics import Metric
from core.product.questions import Question
from core.product.roadmap import Entry, Move
from core.schedule.digests import COMPOSERS, STAKEHOLDER, Composed, Scene, Section
from core.store import pictures

SHOWN = 6
NEXT = 3
OLD = 14  # days after which a number is said to be old


def compose(scene: Scene) -> Composed:
    wanted = (shipped, moved, on_track, goal, figures, asked, coming, picture)
    found = [section(scene) for section in wanted]
    rows = tuple(row for one in found for row in one.rows)
    parts: list[Part] = [*([Facts(rows)] if rows else []), *(part for one in found for part in one.parts)]
    title = f"{scene.product.name} for {_whom(scene)} · {scene.day(scene.since)} – {scene.day(scene.today)}"
    buttons = (
        Button("Ask", "ask", form=True),
        Button("I have a concern", "feedback add kind=stakeholder", form=True),
        Button("Roadmap", "roadmap list"),
    )
    return Composed(Card(title, tuple(parts), buttons), any(one.news for one in found))


def _whom(scene: Scene) -> str:
    return "everybody" if len(scene.reads) == 1 else "the team" if scene.of_team else "stakeholders"


def shipped(scene: Scene) -> Section:
    entries = roadmap.ended(scene.db, scene.product.id, scene.reads, roadmap.SHIPPED, scene.since)
    said = listed([shorten(entry.title, 60) for entry in entries[:SHOWN]])
    return Section([("Shipped", said)] if entries else [], news=bool(entries))


def moved(scene: Scene) -> Section:
    """'SSO for banks: Nov → Dec, because the bank asked for an audit'; what was dropped is said so too."""
    entries = roadmap.listed(scene.db, scene.product.id, scene.reads)
    entries += roadmap.ended(scene.db, scene.product.id, scene.reads, roadmap.DROPPED, scene.since)
    by_id = {entry.id: entry for entry in entries}
    found: dict[str, list[Move]] = {}
    for move in reversed(roadmap.moves(scene.db, list(by_id), scene.since)):
        if move.kind != roadmap.SCOPE or scene.of_team:  # which speaks of items
            found.setdefault(move.entry_id, []).append(move)
    rows = [("Moved", _moved(by_id[entry], moves)) for entry, moves in list(found.items())[:SHOWN]]
    return Section(rows, news=bool(rows))


def _moved(entry: Entry, moves: list[Move]) -> str:
    """From where it was at first to where it is now, and every reason on the way."""
    last = moves[-1]
    reasons = listed([shorten(one, 100) for one in dict.fromkeys(move.because for move in moves) if one])
    now = "dropped" if last.kind == roadmap.DROP else f"{moves[0].was} → {last.becomes}"
    return f"{shorten(entry.title, 60)}: {now}" + (f", because {reasons}" if reasons else "")


def on_track(scene: Scene) -> Section:
    """'CSV export: 9 of 15 items, due 30 Nov'; what is past its date is not on track."""
    dated = [entry for entry in roadmap.listed(scene.db, scene.product.id, scene.reads) if entry.ends]
    progress = roadmap.progress(scene.db, [entry.id for entry in dated])
    rows = []
    for entry in dated[:SHOWN]:
        far = progress.get(entry.id)
        items = f"{far.done} of {counted(far.of, 'item')}, " if far and far.of else ""
        late = entry.ends is not None and entry.ends < scene.today
        due = f"{'was due' if late else 'due'} {scene.day(entry.ends)}" if entry.ends else ""
        rows.append(("Late" if late else "On track", f"{shorten(entry.title, 60)}: {items}{due}"))
    return Section(sorted(rows, key=lambda row: row[0] != "On track"))


def goal(scene: Scene) -> Section:
    """'Fewer support tickets: 41 → 33 a week, aim 25 by 31 Dec'."""
    open_ = goals.of(scene.db, scene.product.id, scene.reads)
    standings = goals.standings(scene.db, open_, scene.today)
    rows = []
    for one in open_[:SHOWN]:
        by = f" by {scene.day(one.due)}" if one.due else ""
        results = [
            f"{shorten(each.result.text, 40)} {number(each.result.start)} → "
            f"{number(each.value) if each.value is not None else 'not measured'}, aim {number(each.result.target)}"
            for each in standings[one.id]
        ]
        rows.append(("Goal", f"{shorten(one.text, 60)}{by}" + (f": {'; '.join(results[:3])}" if results else "")))
    changed = {"goals", "results"} & {past.entity for past in scene.changes if past.subject_id in standings}
    return Section(rows, news=bool(changed))


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
    for move in roadmap.moves(scene.db, ids, scene.since):
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

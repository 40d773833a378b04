"""What is said of a roadmap entry: its days, its progress, how it slipped, as far as the asker may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.chat.card import Line
from core.chat.words import counted, day_in_words, shorten
from core.commands.call import Call
from core.commands.refused import Refused
from core.commands.sharing import FOR, not_there
from core.product import goals, roadmap
from core.product.audience import Audience
from core.product.goals import Goal
from core.product.roadmap import Entry, Milestone, Move, Progress

SINCE = timedelta(days=14)  # how far back a slip is news
NEAR = timedelta(days=7)


def find(call: Call, number: int) -> Entry:
    """An entry that the asker may read."""
    try:
        return roadmap.find(call.db, call.product.id, number, call.audience.reads)
    except roadmap.NoSuchEntry as no:
        raise not_there(call, f"R-{number}", "roadmap entry", "roadmap list") from no


def open_entry(call: Call, number: int) -> Entry:
    """An entry that can still be changed."""
    entry = find(call, number)
    if entry.status != roadmap.OPEN:
        raise Refused(f"R-{number} is {entry.status} already.", f"roadmap show R-{number}")
    return entry


def since(call: Call) -> datetime:
    """The first instant of the days whose slips are news: since=, or the last two weeks."""
    first = call.day("since", "last monday") or call.today - SINCE
    return call.start_of(first)


def span(call: Call, entry: Entry, *, dated: bool = False) -> str:
    """'now · by 30 Nov', or the days alone: '1 Nov – 30 Nov', 'no days'."""
    words = days_in_words(entry.starts, entry.ends, call.today)
    if dated:
        return words or "no days"
    return f"{entry.horizon} · {words}" if words else entry.horizon


def days_in_words(starts: date | None, ends: date | None, today: date) -> str:
    if starts and ends:
        return f"{day_in_words(starts, today)} – {day_in_words(ends, today)}"
    if ends:
        return f"by {day_in_words(ends, today)}"
    return f"from {day_in_words(starts, today)}" if starts else ""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around some entries, read at once. goals: those that the asker may read."""

    progress: Mapping[str, Progress]
    moves: Mapping[str, Sequence[Move]]
    milestones: Mapping[str, Sequence[Milestone]]
    goals: Mapping[str, Goal]


def around(
    call: Call, entries: Sequence[Entry], first: datetime | None, circle: Sequence[Audience] | None = None
) -> Around:
    """first: only how they were moved since then. circle: for whom it is read, the asker unless said."""
    ids = [entry.id for entry in entries]
    moves: dict[str, list[Move]] = {key: [] for key in ids}
    for move in roadmap.moves(call.db, ids, first):
        moves[move.entry_id].append(move)
    milestones: dict[str, list[Milestone]] = {key: [] for key in ids}
    for milestone in roadmap.milestones(call.db, ids):
        milestones[milestone.entry_id].append(milestone)
    serving = [entry.goal_id for entry in entries if entry.goal_id]
    known = goals.by_ids(call.db, serving, circle or call.audience.reads) if serving else {}
    return Around(roadmap.progress(call.db, ids), moves, milestones, known)


def line(call: Call, entry: Entry, found: Around) -> Line:
    """An entry in a list."""
    parts = [
        days_in_words(entry.starts, entry.ends, call.today),
        lateness(entry, call.today),
        progress_in_words(found.progress[entry.id]),
        serves(entry, found),
        slips(found.moves[entry.id]),
        _late_milestones(found.milestones[entry.id], call.today),
        for_whom(call, entry),
    ]
    return Line(f"R-{entry.number}", entry.title, " · ".join(part for part in parts if part))


def lateness(entry: Entry, today: date) -> str:
    if entry.status != roadmap.OPEN or entry.ends is None or entry.ends >= today:
        return ""
    return f"late by {counted((today - entry.ends).days, 'day')}"


def progress_in_words(found: Progress) -> str:
    return f"{found.done} of {counted(found.of, 'item')}" if found.of else ""


def serves(entry: Entry, found: Around) -> str:
    goal = found.goals.get(entry.goal_id or "")
    return f"serves G-{goal.number} {shorten(goal.text, 60)}" if goal else ""


def for_whom(call: Call, entry: Entry) -> str:
    """Who else may read it, told to the team where it is not the usual."""
    whom = Audience(entry.audience)
    return FOR[whom] if call.audience is Audience.TEAM and whom is not Audience.STAKEHOLDERS else ""


def slips(moves: Sequence[Move]) -> str:
    """How much later it comes than was said, and why: 'slipped 46 days because …'. moves: the latest first."""
    late = [one for one in reversed(moves) if one.slip]
    if not late:
        return ""
    days = sum(one.days or 0 for one in moves)
    horizons = [one.becomes for one in late if one.kind == roadmap.HORIZON]
    what = [f"slipped {counted(days, 'day')}" if days > 0 else "", f"moved to {horizons[-1]}" if horizons else ""]
    why = "; ".join(dict.fromkeys(shorten(one.because, 100) for one in late))
    return f"{' and '.join(part for part in what if part) or 'slipped and caught up'} because {why}"


def _late_milestones(found: Sequence[Milestone], today: date) -> str:
    late = sum(one.done_at is None and one.day < today for one in found)
    return f"{counted(late, 'milestone')} late" if late else ""


def milestone_line(call: Call, number: int, one: Milestone) -> Line:
    """'✓ Audit passed · 12 Nov · Bob'."""
    late = one.done_at is None and one.day < call.today
    when = f"done {call.date_of(one.done_at)}" if one.done_at else day_in_words(one.day, call.today)
    parts = [when, "late" if late else "", call.name(one.owner_id) if one.owner_id else ""]
    return Line("✓" if one.done_at else "○", f"{number}. {one.text}", " · ".join(part for part in parts if part))

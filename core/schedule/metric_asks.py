"""Who is asked for the values of metrics, and when: one private message at the start of their hours.

A person has one schedule for all they are asked for in a product, so that a morning has one message however many
metrics there are, and none where every value stands already. What nobody has recorded stands in the next message again,
and brings none of its own. It follows the metrics, people's hours and everybody's zone by listening to history. A day
off moves it to the next working day, where what comes due by itself takes its place.
"""

from collections.abc import Collection, Sequence
from datetime import date, time

from sqlalchemy import select

from core.chat import figures
from core.chat.card import Button, Card, Items, Line, Text, escape
from core.chat.words import counted, day_in_words
from core.product import metrics, people, presence
from core.product.audience import Audience
from core.product.metrics import Metric
from core.product.people import Directory
from core.schedule import occurrences, schedules
from core.schedule.occurrences import Kind, Occurrence
from core.schedule.recipients import to_person
from core.schedule.schedules import Plan, ScheduleRow
from core.schedule.unasked import Letter, Said, Silence
from core.store.database import Session

METRIC = "metric"


# ---- schedules ----


def listen(db: Session) -> None:
    """Let the schedules follow what this transaction has changed."""
    for (table, _), entry in db.ledger.changes.items():
        fields = entry.after or entry.before or {}
        if table in ("metrics", "hours") or (table in ("people", "products") and "tz" in fields):
            _follow(db)
            return


def _follow(db: Session) -> None:
    """Bring the schedules up to what everybody is asked for now."""
    asked: dict[tuple[str, str], set[str]] = {}
    for metric in metrics.asked(db):
        asked.setdefault((metric.product_id, metric.ask_id or ""), set()).add(metric.every)
    known = select(ScheduleRow.product_id, ScheduleRow.recipient).where(
        ScheduleRow.workspace_id == db.workspace, ScheduleRow.kind == METRIC
    )
    for product, person in db.execute(known).all():
        if (product, person) not in asked:
            schedules.drop(db, product, METRIC, person)
    products = people.directory_at_hand(db).products
    for (product, person), every in sorted(asked.items()):
        there = presence.read(db, products[product], [person])
        rule = _rule(every, there.hours(person).start)
        schedules.keep(db, Plan(product, METRIC, product, person, rule, there.zone(person).key))


def _rule(every: Collection[str], at: time) -> str:
    """A cron line, which comes on the days of the month as well as on those of the week."""
    days: set[int] = set()
    for one in every:
        if one in ("day", "weekday"):
            days.update(range(7 if one == "day" else 5))
        elif one != "month":
            days.add(metrics.weekday(one))
    # cron counts from Sunday
    of_week = ",".join(str((day + 1) % 7) for day in sorted(days))
    return f"{at.minute} {at.hour} {'1' if 'month' in every else '*'} * {of_week or '*'}"


def waiting(db: Session, directory: Directory, person: str) -> list[Metric]:
    """The metrics of all products whose value somebody was to be asked for by today, and has not recorded."""
    found: list[Metric] = []
    for product in dict.fromkeys(metric.product_id for metric in metrics.asked(db, person=person)):
        if product in directory.products:
            today = presence.read(db, directory.products[product], [person]).today(person, db.now)
            found += metrics.wanted(db, product, person, today)
    return found


# ---- what is said ----


def _compose(db: Session, one: Occurrence) -> Said:
    if occurrences.is_overtaken(db, one):
        return Silence("the next one has come due")
    directory = people.read_directory(db, 0)
    today = presence.read(db, directory.products[one.product_id], [one.recipient]).today(one.recipient, db.now)
    wanted = metrics.wanted(db, one.product_id, one.recipient, today)
    if not wanted:
        return Silence("every value is recorded")
    to = to_person(db, directory, one.recipient, one.product_id)
    if to is None:
        return Silence("nobody knows where to send it")
    reads = directory.audience(one.recipient, one.product_id, db.now).reads
    card = _card(db, wanted, today, reads)
    return Letter(to, card, "metrics to record", one.recipient, beyond="wait", waits=True, mute=METRIC)


def _card(db: Session, wanted: Sequence[Metric], today: date, reads: Sequence[Audience]) -> Card:
    """One metric is a question with its answer below; of several each has a line with its own."""
    mute = Button("Mute metrics", f"mute {METRIC}")
    if len(wanted) > 1:
        return Card(f"{counted(len(wanted), 'metric')} to record",
                    (Items(tuple(line(db, metric, today, reads) for metric in wanted)),), (mute,))  # fmt: skip
    metric = wanted[0]
    last = _last(db, metric, today, reads)
    body = (Text(escape(f"{last[:1].upper()}{last[1:]}.")),) if last else ()
    return Card(f"What is {metric.name} {_span(metric)}?", body, (_record(metric, "Record it"), mute))


def line(db: Session, metric: Metric, today: date, reads: Sequence[Audience]) -> Line:
    """'Activation · this week · last 38 % on 26 Oct', with the button that opens its form."""
    detail = " · ".join(part for part in (_span(metric), _last(db, metric, today, reads)) if part)
    return Line("", metric.name, detail, (_record(metric, "Record"),))


def _record(metric: Metric, label: str) -> Button:
    return Button(label, f"metric record {metric.slug}", form=True)


def _span(metric: Metric) -> str:
    return {"day": "today", "weekday": "today", "month": "this month"}.get(metric.every, "this week")


def _last(db: Session, metric: Metric, today: date, reads: Sequence[Audience]) -> str:
    """'last 38 % on 26 Oct'; '' for who may record it and not read it."""
    if metric.audience not in reads:
        return ""
    last = metrics.latest(db, metric, today)
    if last is None:
        return "no value yet"
    return f"last {figures.shown(last.value, metric.unit)} on {day_in_words(last.day, today)}"


occurrences.register(METRIC, Kind(_compose))

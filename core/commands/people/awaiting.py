"""What of questions, feedback, metrics, decisions and reviews waits for somebody, each with the ways to settle it."""

from dataclasses import replace

from core.chat.card import Button, Line
from core.chat.words import day_in_words, shorten
from core.commands.answers import question_words
from core.commands.call import Call
from core.commands.decide.words import LETTERS, vote_button
from core.commands.feedback import voices
from core.commands.standup import blockers as blocked
from core.product import blockers, decisions, feedback, metrics, questions, reviews, strategy, watching
from core.product.decisions import Decision
from core.product.people import Role
from core.schedule import metric_asks, question_cards, review_cards

MOST = 5
CHOICES = 4
WIDE = 24  # characters of an option on a button


Groups = list[tuple[str, list[Line]]]
"""Headings and their lines, for who asks."""


def of_team(call: Call) -> Groups:
    """What only members have."""
    unread = _unread(call) if call.may(Role.PRODUCT_MANAGER) else []
    return [
        ("Blockers", _blockers(call)),
        ("Questions to answer", _questions(call)),
        ("Your vote", _votes(call)),
        ("Unread feedback", unread),
        ("To look at again", _stage(call) if Role.PRODUCT_MANAGER in call.roles else []),
    ]


def of_anybody(call: Call) -> Groups:
    """What viewers have too: what they were asked, invited to, or wished for."""
    return [
        ("Asked of you", _asked(call)),
        ("To record", _measures(call)),
        ("Reviews", _reviews(call)),
        ("You follow", _followed(call)),
    ]


def _blockers(call: Call) -> list[Line]:
    """Those that others wait with for them, the promised before the others, what is due first."""
    rows = blockers.concerning(blockers.standing(call.db, call.product.id), call.person)
    rows.sort(key=lambda row: (row.promised is None, row.promised or call.today))
    return list(blocked.lines(call, rows[:MOST]))


def _stage(call: Call) -> list[Line]:
    """Where the product is in its life, once that is due to be looked at again."""
    now = next(iter(strategy.stages(call.db, call.product.id)), None)
    if now is None or now.review > call.today:
        return []
    since = f"{now.stage} since {day_in_words(now.starts, call.today)}"
    due = f"review {'was ' if now.review < call.today else ''}due {day_in_words(now.review, call.today)}"
    return [
        Line(
            "",
            f"Is {call.product.name} still in {now.stage}?",
            f"{since} · {due}",
            (Button("Review it", "product stage"),),
        )
    ]


def _questions(call: Call) -> list[Line]:
    """Open ones, the oldest first, and answers to verify."""
    roles = {role.value for role in call.roles if role in question_words.TOPICS.values()}
    rows = questions.of_owner(call.db, call.product.id, call.person, roles)
    scene = question_words.scene(call)
    return [
        replace(line, buttons=question_cards.ways(scene, row)) if row.open else line
        for row in rows[:MOST]
        if (line := question_words.line(call, row))
    ]


def _votes(call: Call) -> list[Line]:
    return [
        Line(
            f"D-{row.number}",
            row.question,
            f"until {day_in_words(row.until, call.today)}" if row.until else "",
            _options(row),
        )
        for row in decisions.open_for(call.db, call.product.id, call.person, call.today)[:MOST]
    ]


def _options(row: Decision) -> tuple[Button, ...]:
    """A button for each option; of many, or long ones, one that shows them."""
    if len(row.options) > CHOICES or any(len(option) > WIDE for option in row.options):
        return (Button("Vote", f"decide show D-{row.number}"),)
    lettered = zip(LETTERS, row.options, strict=False)
    return tuple(vote_button(f"D-{row.number}", letter, option) for letter, option in lettered)


def _asked(call: Call) -> list[Line]:
    return [
        Line(
            "",
            shorten(one.text, 140),
            f"{call.name(one.asker_id)}{f', by {day_in_words(one.due, call.today)}' if one.due else ''}",
            (Button("Answer", f"feedback add answer-to={one.id}", form=True),),
        )
        for one in feedback.unanswered(call.db, call.product.id, call.person)[:MOST]
    ]


def _measures(call: Call) -> list[Line]:
    rows = metrics.wanted(call.db, call.product.id, call.person, call.today)
    return [metric_asks.line(call.db, metric, call.today, call.audience.reads) for metric in rows[:MOST]]


def _reviews(call: Call) -> list[Line]:
    return [
        Line(
            "",
            row.name,
            day_in_words(row.on_day, call.today),
            (*review_cards.answers(row), Button("Show", f"roadmap review show review={row.id}")),
        )
        for row in reviews.waiting_for(call.db, call.product.id, call.person)[:MOST]
    ]


def _unread(call: Call) -> list[Line]:
    filters = feedback.Filters(unread_by=call.person)
    rows = feedback.listed(call.db, call.product.id, filters, MOST)
    return [
        Line(
            voices.name(row.number),
            shorten(row.text, 140),
            voices.source(call, row),
            (
                Button("Show", f"feedback show F-{row.number}"),
                Button("Seen", f"feedback seen F-{row.number}"),
            ),
        )
        for row in rows
    ]


def _followed(call: Call) -> list[Line]:
    names = watching.watched(call.db, call.product.id, call.person)
    muted = watching.muted(call.db, call.product.id, call.person, call.now)
    lines = (
        [Line("", ", ".join(call.product.name if name == watching.ALL else name for name in names))] if names else []
    )
    return lines + ([Line("", f"muted: {', '.join(muted)}", "", (Button("Show", "watch"),))] if muted else [])

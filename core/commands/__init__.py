"""What people can say. `assemble()` makes the assistant; every entry point calls it once."""

# one a line: what is added beside another's addition should not collide
from collections.abc import Callable

from core.commands.answers import ask, doc, question_answers, questions
from core.commands.backlog import adding, backlog, finding, poker, priorities, readying, standards, stories, threads
from core.commands.decide import decide
from core.commands.decide import reading as decide_read
from core.commands.decide import voting as decide_vote
from core.commands.digest import digests
from core.commands.digest import new as digest_new
from core.commands.dispatch import Steward
from core.commands.exchange import exchange
from core.commands.exchange import jobs as exchange_jobs
from core.commands.feedback import feedback
from core.commands.feedback import work as feedback_work
from core.commands.people import mine, presence, stakeholder, team, watch
from core.commands.product import advise, business, goals, metrics, product
from core.commands.registry import REGISTRY
from core.commands.roadmap import reading as roadmap_read
from core.commands.roadmap import review, roadmap, why
from core.commands.roadmap import steps as roadmap_steps
from core.commands.sprint import forecast as sprint_forecast
from core.commands.sprint import items as sprint_items
from core.commands.sprint import plan as sprint_plan
from core.commands.sprint import reports as sprint_reports
from core.commands.sprint import retro, retro_cards, sprint
from core.commands.sprint import room as sprint_room
from core.commands.sprint import run as sprint_run
from core.commands.standup import answer as standup_answer
from core.commands.standup import blockers, standup
from core.commands.standup import new as standup_new
from core.commands.standup import report as standup_report
from core.commands.workspace import checklist, forget, help, past, sameness, setup
from core.knowledge import duplicates, passages
from core.knowledge import questions as doubts
from core.knowledge.model import Model
from core.schedule import metric_asks, notices, retro_times, standup_posts, standup_times
from core.schedule import questions as asking
from core.schedule import threads as threads_told
from core.store.database import Database

# Importing a module declares its commands; they are shown in this order by help and in the README.
ORDER = (
    setup,
    help,
    adding,
    finding,
    backlog,
    stories,
    readying,
    priorities,
    poker,
    threads,
    ask,
    mine,
    why,
    past,
    questions,
    question_answers,
    doc,
    team,
    presence,
    standards,
    sameness,
    forget,
    standup_new,
    standup_answer,
    standup,
    standup_report,
    blockers,
    sprint,
    sprint_plan,
    sprint_items,
    sprint_run,
    sprint_reports,
    sprint_forecast,
    sprint_room,
    retro,
    retro_cards,
    product,
    business,
    advise,
    goals,
    metrics,
    roadmap,
    roadmap_read,
    roadmap_steps,
    review,
    decide_vote,
    decide,
    decide_read,
    feedback,
    feedback_work,
    stakeholder,
    watch,
    digest_new,
    digests,
    exchange,
    exchange_jobs,
)
REGISTRY.arrange([module.__name__ for module in ORDER])


# What hears of every change at the end of its transaction: higher rooms listen, and lower ones call nobody.
LISTENERS = (
    doubts.listen,
    asking.listen,
    standup_times.listen,
    standup_posts.listen,
    retro_times.listen,
    metric_asks.listen,
    notices.listen,
)

# Who hears what history is told, as it is written, the first that must know first.
FOLLOWERS = (
    passages.follow,
    duplicates.follow,
    threads_told.follow,
    checklist.follow,
)


def assemble(database: Database, model: Model | None = None, misfit: Callable[[], str] = str) -> Steward:
    """The assistant on one database.

    model: what compares meanings; without one it searches by words alone
    misfit: says how the database's shape differs from the code's, and what to do; '' where it does not
    """
    if model is not None:
        database.memory["model"] = model
    database.listeners[:] = LISTENERS
    database.followers[:] = FOLLOWERS
    steward = Steward(database)
    steward.misfit = misfit
    return steward

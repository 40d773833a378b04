"""What people can say. `assemble()` makes the assistant; every entry point calls it once."""

# one a line: what is added beside another's addition should not collide
from collections.abc import Callable

from core.commands import (
    advise,
    ask,
    backlog,
    blockers,
    business,
    checklist,
    decide,
    decide_read,
    decide_vote,
    digest_new,
    digests,
    doc,
    exchange,
    exchange_jobs,
    feedback,
    feedback_work,
    forget,
    goals,
    help,
    metrics,
    mine,
    past,
    poker,
    presence,
    priorities,
    product,
    question_answers,
    questions,
    readying,
    retro,
    retro_cards,
    review,
    roadmap,
    roadmap_read,
    roadmap_steps,
    sameness,
    setup,
    sprint,
    sprint_forecast,
    sprint_items,
    sprint_plan,
    sprint_reports,
    sprint_room,
    sprint_run,
    stakeholder,
    standards,
    standup,
    stories,
    team,
    threads,
    watch,
    why,
)
from core.commands.dispatch import Steward
from core.commands.registry import REGISTRY
from core.knowledge import passages
from core.knowledge import questions as doubts
from core.knowledge.model import Model
from core.schedule import notices, retro_times, standup_posts, standup_times
from core.schedule import questions as asking
from core.schedule import threads as threads_told
from core.store.database import Database

# Importing a module declares its commands; they are shown in this order by help and in the README.
ORDER = (
    setup,
    help,
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
    standup,
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
    notices.listen,
)

# Who hears what history is told, as it is written, the first that must know first.
FOLLOWERS = (
    passages.follow,
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

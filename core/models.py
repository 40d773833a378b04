"""Every table there is: importing this module fills Base.metadata."""

# one a line: what is added beside another's addition should not collide
from core.knowledge import (
    passages,
)
from core.product import (
    blockers,
    capacity,
    checklists,
    decisions,
    documents,
    feedback,
    goals,
    items,
    metrics,
    numbers,
    people,
    places,
    preparing,
    presence,
    questions,
    reviews,
    roadmap,
    sameness,
    sprints,
    stakeholders,
    standards,
    strategy,
    ties,
    watching,
    workspaces,
)
from core.schedule import (
    outbox,
    pacing,
)
from core.store import (
    asks,
    history,
    jobs,
    pictures,
)
from core.store.base import Base

MODULES = (
    checklists,
    ties,
    asks,
    blockers,
    capacity,
    documents,
    decisions,
    feedback,
    history,
    items,
    jobs,
    goals,
    history,
    items,
    metrics,
    numbers,
    outbox,
    passages,
    pacing,
    people,
    pictures,
    preparing,
    questions,
    roadmap,
    standards,
    strategy,
    presence,
    places,
    sameness,
    sprints,
    reviews,
    stakeholders,
    watching,
    workspaces,
)

__all__ = ["MODULES", "Base"]

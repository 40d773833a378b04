"""Every table there is: importing this module fills Base.metadata."""

# one a line: what is added beside another's addition should not collide
from core.product import (
    blockers,
    capacity,
    goals,
    items,
    metrics,
    numbers,
    people,
    places,
    presence,
    roadmap,
    sprints,
    strategy,
    workspaces,
)
from core.schedule import (
    outbox,
)
from core.store import (
    asks,
    history,
    jobs,
    pictures,
)
from core.store.base import Base

MODULES = (
    asks,
    blockers,
    capacity,
    history,
    items,
    jobs,
    goals,
    history,
    items,
    metrics,
    numbers,
    outbox,
    people,
    pictures,
    roadmap,
    strategy,
    presence,
    places,
    sprints,
    workspaces,
)

__all__ = ["MODULES", "Base"]

"""Who may read a thing: its team, the company's stakeholders as well, or everybody (team < stakeholders < public)."""

from enum import StrEnum


class Audience(StrEnum):
    """Whom a thing is written for; values are the words people type."""

    TEAM = "team"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"

    @property
    def reads(self) -> tuple["Audience", ...]:
        """What those who belong to this audience may read: what is written for them, and for wider circles."""
        order = tuple(Audience)
        return order[order.index(self) :]

"""Release notes drafted from accepted items, in the words of who reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from core.product.audience import Audience
from core.product.items import Item
from core.product.roadmap import EntryLink
from core.store.database import Session
from core.store.prepared import Prepared

_COLUMNS = (Item.id, Item.number, Item.title, Item.type, Item.status, Item.points, Item.want, Item.benefit)
_LINKED = Prepared(
    select(*_COLUMNS)
    .join(EntryLink, (Item.workspace_id == EntryLink.workspace_id) & (Item.id == EntryLink.item_id))
    .where(EntryLink.entry_id == bindparam("entry"))
    .order_by(Item.rank)
)
_INSIDE = Prepared(select(*_COLUMNS).where(Item.epic_id.in_(bindparam("epics", expanding=True))).order_by(Item.rank))
_HEADINGS = (("story", "New"), ("bug", "Fixed"), ("task", "Behind the scenes"), ("spike", "Found out"))
_READ = {
    Audience.TEAM: ("story", "bug", "task", "spike"),
    Audience.STAKEHOLDERS: ("story", "bug"),
    Audience.PUBLIC: ("story", "bug"),
}


@dataclass(frozen=True, slots=True)
class Notes:
    """A draft: as plain lines and as Markdown. `left_out`: accepted items that this audience need not read of."""

    text: str
    markdown: str
    left_out: int


def items(db: Session, entry: str) -> list[Any]:
    """The accepted items that an entry consists of, those within its epics too, in the backlog's order."""
    found: dict[str, Any] = {row.id: row for row in _LINKED.all(db, entry=entry)}
    reached = [row for row in found.values() if row.type == "epic"]
    while reached:
        rows = [row for row in _INSIDE.all(db, epics=[epic.id for epic in reached]) if row.id not in found]
        found |= {row.id: row for row in rows}
        reached = [row for row in rows if row.type == "epic"]
    return [row for row in found.values() if row.status == "accepted" and row.type != "epic"]


def draft(title: str, accepted: Sequence[Any], audience: Audience, key: str) -> Notes:
    """The team reads everything, with keys and points; others what changed for them, and what it is good for."""
    kinds = _READ[audience]
    lines, marked = [title], [f"# {title}"]
    for kind, heading in _HEADINGS:
        rows = [row for row in accepted if row.type == kind and kind in kinds]
        if not rows:
            continue
        said = [_line(row, audience, key) for row in rows]
        lines += ["", heading, *(f"– {one}" for one in said)]
        marked += ["", f"## {heading}", "", *(f"- {one}" for one in said)]
    left = sum(row.type not in kinds for row in accepted)
    return Notes("\n".join(lines), "\n".join(marked) + "\n", left)


def _line(row: Any, audience: Audience, key: str) -> str:
    title = row.title[:1].upper() + row.title[1:]
    why = f": so that {row.benefit.rstrip('.')}" if row.benefit and "so that" not in row.title.lower() else ""
    if audience is not Audience.TEAM:
        return f"{title}{why}"
    points = f" ({row.points:g} pts)" if row.points else ""
    return f"{key}-{row.number} {title}{why}{points}"

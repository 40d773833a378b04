"""What hangs on an item, asked in one statement: most items have little, and what they lack needs none of its own."""

from sqlalchemy import bindparam, literal_column, select, union

from core.product.blockers import Blocker
from core.product.items import Block, Comment, Criterion
from core.product.questions import Question
from core.product.sprints import SprintItem
from core.product.ties import Tie
from core.store.database import Session
from core.store.prepared import Prepared

_WHERE = {
    "comments": Comment.item_id,
    "criteria": Criterion.item_id,
    "holds_up": Block.on_id,
    "questions": Question.item_id,
    "sprints": SprintItem.item_id,
    "ties": Tie.item_id,
    "waits_for": Block.item_id,
}
# a union, not a union of all: each word once, however much there is
_ATTACHED = Prepared(
    union(
        *(select(literal_column(f"'{word}'")).where(column == bindparam("item")) for word, column in _WHERE.items()),
        select(literal_column("'blockers'")).where(Blocker.item_id == bindparam("item"), Blocker.cleared_at.is_(None)),
    )
)


def to(db: Session, item: str) -> frozenset[str]:
    """Which of the words in _WHERE there is something of, and whether there are open 'blockers'."""
    return frozenset(word for (word,) in _ATTACHED.all(db, item=item))

"""Forgetting a person: their work stays, and nothing says any more whose it was."""

from sqlalchemy import select

from core.product.metrics import Metric
from core.product.people import Identity, Person
from core.product.standups import DRAFT, Answer
from core.product.workspaces import outdate
from core.store import files, pictures
from core.store.database import Session
from core.store.redaction import redact, remove, remove_asks

NOBODY = "someone"
THEIRS = (
    "roles", "hours", "absences", "tags", "stakeholders", "capacities", "watches", "mutes", "walks", "same_codes",
    "standup_members", "notices", "identities",
)  # fmt: skip
"""What is kept only for the person's own sake, by its person_id."""


def forget(db: Session, person: str, ask: str) -> None:
    """Take a person's names and handles out of everything, and what is kept for their sake. `ask` is the key of the one
    that wants it, and stays to be answered."""
    outdate(db)  # first, since it locks
    row = db.get_one(Person, {"workspace_id": db.workspace, "id": person})
    met = list(db.scalars(select(Identity).where(Identity.person_id == person)))
    words = {row.name, *(one.external_id for one in met), *(one.name for one in met if one.name)} - {"", NOBODY}
    places = [one.place or one.external_id for one in met]
    handles = [*places, *(one.external_id for one in met)]
    remove_asks(db, sorted(words), but=ask)
    remove(db, "outbox", "place", handles)
    remove(db, "schedules", "recipient", [person])
    remove(db, "places", "external_id", places)
    drafts = select(Answer.id).where(Answer.person_id == person, Answer.state == DRAFT)
    remove(db, "standup_answers", "id", list(db.scalars(drafts)))
    for table in THEIRS:
        remove(db, table, "person_id", [person])
    for metric in db.scalars(select(Metric).where(Metric.ask_id == person)):
        metric.ask_id, metric.every = None, ""  # nobody is left to be asked
    redact(db, words, NOBODY)
    # in whose bytes nobody can look for a name: files are kept for a week only, pictures are drawn again when asked for
    files.empty(db)
    pictures.empty(db)

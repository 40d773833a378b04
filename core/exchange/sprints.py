"""Who was in which sprint, as the rows of a file say; looked at once all of them are in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from core.exchange.relating import Identity, Relations
from core.exchange.rows import Row
from core.product import capacity, stays
from core.product.items import CLOSED
from core.product.people import Directory, ProductInfo
from core.product.stays import Moved, Stay, Told
from core.store.bulk import chunks
from core.store.database import Session

CHUNK = 500
WEIGHED = 12  # sprints: as many as a velocity is ever reckoned from


@dataclass
class Sprints:
    """The sprints that the rows read so far name, and what they say of who was in them.

    speaks   the file has a column for it: an item without a sprint is in none
    """

    relations: Relations
    source: str
    own: bool
    speaks: bool
    _told: dict[str, Told] = field(default_factory=dict)
    _rows: list[tuple[Identity, tuple[Stay, ...]]] = field(default_factory=list)

    def hear(self, row: Row, status: str) -> None:
        """status: what the row's status is here."""
        if not row.sprints and not self.speaks:
            return
        self._rows.append((self._who(row), row.sprints))
        for stay in row.sprints:
            known = self._told.setdefault(stays.folded(stay.name), Told(stay))
            if stay.ends_on and not known.stay.ends_on:
                known = replace(known, stay=stay)
            last = stay is row.sprints[-1]
            self._told[stays.folded(stay.name)] = replace(
                known,
                unfinished=known.unfinished or (last and status not in CLOSED),
                finished=_later(known.finished, row.closed_at.date() if last and row.closed_at else None),
            )

    def _who(self, row: Row) -> Identity:
        return row.source or self.source, row.external_id

    @property
    def names(self) -> list[str]:
        return [told.stay.name for told in self._told.values()]

    def states(self, db: Session, product: ProductInfo) -> list[tuple[str, str]]:
        """The sprints that were named, as they are called here, and what state they are in."""
        there = stays.known(db, product.id)
        found = [there[name] for name in self._told if name in there]
        return [(sprint.name, sprint.state) for sprint in sorted(found, key=lambda sprint: sprint.number)]

    def parts(self) -> Iterator[list[tuple[Identity, tuple[Stay, ...]]]]:
        yield from chunks(self._rows, CHUNK)

    def moved(self, db: Session, product: ProductInfo, rows: Sequence[Row]) -> set[Identity]:
        """Of these rows those that are here, and whose sprints differ from what is said of them now."""
        spoken = {self._who(row): row.sprints for row in rows if row.sprints or self.speaks}
        if not spoken:
            return set()
        there = self.relations.found(db, product, spoken)
        moves = {there[who]: Moved(there[who], said, self.own) for who, said in spoken.items() if who in there}
        differing = stays.differing(db, list(moves.values()))
        return {who for who in spoken if there.get(who) in differing}

    def make(self, db: Session, product: ProductInfo) -> None:
        stays.make_missing(db, product, self._told.values())

    def fulfil(
        self,
        db: Session,
        product: ProductInfo,
        part: Sequence[tuple[Identity, tuple[Stay, ...]]],
        stale: frozenset[str],
    ) -> list[str]:
        """Put these into their sprints; the ids, in their source, of those that people have moved here since."""
        there = self.relations.found(db, product, [who for who, _ in part])
        moves = {
            there[who]: (who[1], Moved(there[who], said, self.own))
            for who, said in part
            if who in there and who[1] not in stale
        }
        return [moves[item][0] for item in stays.place(db, product.id, [move for _, move in moves.values()])]

    def freeze(self, db: Session, directory: Directory, product: ProductInfo) -> None:
        """What the closed ones came to; whoever is in the team now is taken to have been in it."""
        told = capacity.said(db, product.id)
        team = capacity.team(directory, product.id, db.now, told)
        days = {
            sprint.id: round(
                sum(one.weighed for one in capacity.shares(db, product, team, sprint.starts_on, sprint.ends_on)), 2
            )
            for sprint in stays.unfrozen(db, product.id)[:WEIGHED]
        }
        stays.freeze(db, product.id, days)


def _later(one: date | None, other: date | None) -> date | None:
    return max(filter(None, (one, other)), default=None)

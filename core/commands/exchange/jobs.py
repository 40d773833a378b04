"""The slow half of `import`: a look through a dropped file, and the import itself, a thousand rows a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any

from core.chat.card import Card, Reply
from core.chat.words import listed, shorten
from core.commands.call import Call
from core.commands.exchange import cards
from core.commands.exchange.cards import Seen
from core.commands.exchange.exchange import columns_form
from core.commands.later import Work, job
from core.commands.refused import Refused
from core.commands.registry import Said
from core.exchange.importing import CHUNK, GROWN, Reading, Step
from core.exchange.layouts import CSV, FIELD_WORDS
from core.exchange.rows import Fault, UnknownLayout, WrongMap
from core.exchange.tables import header_of, mapping_of
from core.product import backlog, status_words
from core.store import files
from core.store.files import Stored

GONE = "I no longer have that file. Drop it once more."
TELL_EVERY = 2  # steps


@dataclass(frozen=True, slots=True)
class Opened:
    """A dropped file, and what its product knows already. settled: folded foreign word for a status -> ours."""

    stored: Stored
    content: BytesIO
    settled: Mapping[str, str]
    empty: bool

    def reading(self) -> Reading:
        chosen = self.stored.chosen
        said = {status_words.fold(word): status for word, status in chosen.get("statuses", {}).items()}
        return Reading(
            self.content, chosen.get("format", ""), chosen.get("map"), {**self.settled, **said}, afresh=self.empty
        )


def _opened(call: Call, file: str) -> Opened:
    stored = files.find(call.db, call.product.id, file)
    content = files.content(call.db, file) if stored else None
    if stored is None or content is None:
        raise Refused(GONE, "import")
    empty = not backlog.top_number(call.db, call.product.id)
    return Opened(stored, BytesIO(content), status_words.meanings(call.db, call.product.id), empty)


@job("import preview")
def look(work: Work) -> Said:
    """What the file holds and what would come of it; nothing is written but what was learnt about the file."""
    opened = work.step(lambda call: _opened(call, work.args["file"]), write=False)
    stored = opened.stored
    name = shorten(stored.name, 60)
    try:
        reading = opened.reading()
    except UnknownLayout as no:
        if not no.columns:
            raise Refused(f"{name}: {no}", "import") from no
        return _ask_for_columns(work, stored, no)
    except WrongMap as no:
        raise Refused(str(no), f"import file-id={stored.id} columns=yes") from no
    seen = Seen(reading.layout, header_of(opened.content))
    for rows, bad in reading.parts():
        merged = work.step(
            lambda call, rows=rows: reading.merge(call.db, call.directory, call.product, rows, dry=True),  # type: ignore[misc]
            write=False,
        )
        seen.added, seen.changed, seen.same = (
            seen.added + merged.added, seen.changed + merged.changed, seen.same + merged.same,
        )  # fmt: skip
        seen.faults += len(bad)
        seen.shown += bad[: cards.FAULTS - len(seen.shown)]
        seen.samples += rows[: cards.SAMPLES - len(seen.samples)]
    seen.words, seen.counts, seen.sprints = reading.words, reading.counts, reading.sprints.names
    facts = {
        "header": list(seen.header), "words": list(seen.words), "meant": dict(seen.words),
        "rows": seen.added + seen.changed + seen.same,
    }  # fmt: skip
    guessed = {field: column for column, field in _guessed(reading, seen.header).items()}
    work.step(lambda call: files.choose(call.db, stored, **facts, guessed=guessed) and None)
    strict = bool(stored.chosen.get("strict"))
    if not seen.added + seen.changed and not seen.faults:
        return Reply(ok=True, card=cards.nothing_new(name, seen, stored.id))
    return Reply(ok=True, card=cards.preview(name, stored.id, seen, strict))


def _guessed(reading: Reading, header: Sequence[str]) -> dict[str, str]:
    """Column -> the word of a mapping, as the layout has it."""
    found: dict[str, str] = {}
    for field, columns in reading.layout.columns.items():
        for column in header:
            if " ".join(column.split()).casefold() in columns[:1]:
                found.setdefault(column, FIELD_WORDS.get(field, field))
    return found


def _ask_for_columns(work: Work, stored: Stored, no: UnknownLayout) -> Said:
    """No layout fits: a form asks which column is what."""
    guessed = {
        field: column for column, field in mapping_of(no.proposal).items() if column != "…"
    } if no.proposal else {}  # fmt: skip
    for field, words in CSV.columns.items():
        same = (column for word in words for column in no.columns if " ".join(column.split()).casefold() == word)
        if (column := next(same, "")) and column not in guessed.values():
            guessed.setdefault(FIELD_WORDS.get(field, field), column)
    facts = {"header": list(no.columns), "guessed": guessed}

    return work.step(lambda call: columns_form(files.choose(call.db, stored, **facts)))


@job("import")
def bring_in(work: Work) -> Said:
    """The file into the product, a thousand rows a step; a step that was committed is not done again."""
    opened = work.step(lambda call: _opened(call, work.args["file"]), write=False)
    stored = opened.stored
    name = shorten(stored.name, 60)
    try:
        reading = opened.reading()
    except (UnknownLayout, WrongMap) as no:
        raise Refused(f"{name}: {no}", "import") from no
    if stored.chosen.get("strict"):
        _strictly(name, reading)
    kept = work.kept
    for field, first in (("parts", 0), ("added", 0), ("changed", 0), ("same", 0), ("faults", 0)):
        kept.setdefault(field, first)
    for field in ("shown", "kept", "stale", "runs"):
        kept.setdefault(field, [])
    for rows, bad in reading.parts(kept["parts"]):
        work.step(lambda call, rows=rows, bad=bad: _take(call, work, reading, rows, bad, stored.name))  # type: ignore[misc]
        if work.kept["parts"] in GROWN:
            work.analyze()
        if work.kept["parts"] % TELL_EVERY == 0:
            work.tell(cards.progress(name, work.kept["parts"] * CHUNK, int(stored.chosen.get("rows", 0))))
    stale = frozenset(work.kept["stale"])
    for step in islice(reading.steps(), work.kept.get("after", 0), None):
        work.step(lambda call, step=step: _after(call, work, step, stale))  # type: ignore[misc]
    work.analyze()
    told = work.step(lambda call: _told(call, work, reading), write=False)
    shown = [Fault(*each) for each in work.kept["shown"]]
    return cards.done(name, work.kept, told, shown)


def _strictly(name: str, reading: Reading) -> None:
    bad = [one for one in reading.rows() if isinstance(one, Fault)]
    if bad:
        parts = tuple(cards.faults(len(bad), bad[: cards.FAULTS]))
        why = f"Nothing of {name} was imported: {len(bad)} of its rows cannot be read."
        raise Refused(why, "import, without strict=yes", card=Card(why, parts))


def _take(call: Call, work: Work, reading: Reading, rows: Any, bad: list[Fault], file: str) -> None:
    call.db.ledger.label = f"import {file}"
    merged = reading.merge(call.db, call.directory, call.product, rows)
    kept = work.kept
    kept["parts"] += 1
    if merged.added:
        last = backlog.top_number(call.db, call.product.id)
        first = last - merged.added + 1
        kept["runs"] = kept["runs"] + [[first, last]] if not kept["runs"] or kept["runs"][-1][1] != first - 1 else [
            *kept["runs"][:-1], [kept["runs"][-1][0], last]
        ]  # fmt: skip
    kept["added"] += merged.added
    kept["changed"] += merged.changed
    kept["same"] += merged.same
    kept["faults"] += len(bad)
    kept["kept"] = [*kept["kept"], *merged.kept][: cards.FAULTS + 1]
    kept["stale"] = [*kept["stale"], *merged.stale]
    fresh = [[fault.line, fault.column, fault.why] for fault in bad]
    kept["shown"] = [*kept["shown"], *fresh][: cards.FAULTS]


def _after(call: Call, work: Work, step: Step, stale: frozenset[str]) -> None:
    ours = step(call.db, call.directory, call.product, stale) or ()
    work.kept["kept"] = [*work.kept["kept"], *ours][: cards.FAULTS + 1]
    work.kept["after"] = work.kept.get("after", 0) + 1


def _told(call: Call, work: Work, reading: Reading) -> list[str]:
    """How the new items are called, and which sprints there are for them."""
    key = call.product.key
    runs = [f"{key}-{first} to {key}-{last}" if last > first else f"{key}-{first}" for first, last in work.kept["runs"]]
    called = [f"Called {listed(runs)}."] if 0 < len(runs) < 4 else []
    return [*called, *cards.sprints(reading.sprints.states(call.db, call.product))]

"""What import and export speak of: rows of a foreign backlog in our words, faults, and what a layout is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from core.product.stays import Stay

TITLE_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote under an item. `at` is aware UTC; None and '' where the source does not say."""

    text: str
    author: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a foreign backlog.

    line           physical line of the file on which the record begins; 1 is the first line, usually the header
    external_id    identity within the source ('13404344', 'APSTUD-3707'); never empty, once a file
    external_key   what people call it ('APSTUD-3707', '#12'); '' where the source has only an id
    title          1 to 255 characters on one line. A longer one is cut at a word and ends in '…';
                   the whole title then opens the description, so that nothing is lost
    description    as it was, line ends made '\\n'
    type           story | bug | task | spike | epic; another word stays in `extra` under its own header
    status         new | ready | doing | review | done | accepted | dropped
    source_status  the word the file had; '' where it had none
    points         ≥ 0, below a million; None where not estimated
    value          what it is worth, in whatever unit; None where nobody said
    link           the address it has in its source; '' where the file has none
    parent         id or key, in the source's words, of the epic or item this one belongs to
    created_at, closed_at   aware UTC; a source time without a zone is taken as UTC (see Layout.note).
                   An item that is open has no closed_at; a date the file had for it stays in `extra`
    epic           our own export's word for the epic that this one belongs to, by its key there
    sprints      the sprints that it is and was in, the last one last
    waits_for, holds_up   ids or keys, in the source's words, of what blocks this item, and of what it blocks
    criteria       acceptance criteria in order: what each says, and whether it is checked
    due            the day it is due
    story, scores  as, want, so; reach, impact, confidence, effort, urgency, risk: those that are filled, by our names
    key, updated_at   of our own export: the item's key where it was exported, and when it was changed last
    source         '' for an item of this file's own layout; our own export names the layout it once came from
    extra          non-empty cells of columns we have no field for, under the file's own header;
                   columns of the same header are joined by '\\n'
    """

    line: int
    external_id: str
    external_key: str
    title: str
    description: str = ""
    type: str = "story"
    status: str = "new"
    source_status: str = ""
    priority: str = ""
    points: float | None = None
    labels: tuple[str, ...] = ()
    assignee: str = ""
    parent: str = ""
    created_at: datetime | None = None
    closed_at: datetime | None = None
    comments: tuple[Comment, ...] = ()
    source: str = ""
    value: float | None = None
    link: str = ""
    epic: str = ""
    sprints: tuple[Stay, ...] = ()
    waits_for: tuple[str, ...] = ()
    holds_up: tuple[str, ...] = ()
    criteria: tuple[tuple[str, bool], ...] = ()
    due: date | None = None
    story: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    key: str = field(default="", compare=False)  # where it stood, not what it says
    updated_at: datetime | None = field(default=None, compare=False)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One record that was not read: `why` is one plain sentence, `column` is '' where it is about the whole record."""

    line: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file, known by its header.

    name       identifies the source of the rows: an item is (product, layout name, external id)
    marks      recognised where the header has at least one name of every group
    columns    our field -> header names, the best first; a row takes the first that is filled, `labels`,
               `comments`, `sprint` and the links take all. 'resolution' is no field: it tells done from dropped and
               stays in `extra`; neither are the number and the days of a sprint, which belong to `sprint`
    separator  what parts several labels in one cell
    label      what of a label in a cell is the label: the first group that matched; None for all of it
    people     what parts several people in one cell; the first is the assignee, the cell stays in `extra`
    prefix     stands before the key as people say it ('#' for GitHub's '#12')
    addressed  the key in an item's address, where no cell says it; None where none is in it
    closing    (header names, status): a cell that is filled and not 'false' says so, where the status does not
    unset      the priority that says nothing, in lower case
    guard      the apostrophe that such a file puts before text a spreadsheet would take for a formula
    short      a record may leave out empty cells at its end
    dated_ids  the first eight digits of an id are the hexadecimal second in which the item was made
    note       one sentence for whoever imports such a file
    """

    name: str
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    separator: str = ","
    label: re.Pattern[str] | None = None
    people: str = ""
    prefix: str = ""
    addressed: re.Pattern[str] | None = None
    closing: tuple[tuple[tuple[str, ...], str], ...] = ()
    unset: str = ""
    guard: re.Pattern[str] | None = None
    short: bool = False
    dated_ids: bool = False
    note: str = ""


class UnknownLayout(ValueError):
    """No layout fits. `columns` holds the header that was found, `proposal` the --map that may fit it ('' for none);
    the message says both."""

    def __init__(self, message: str, columns: Sequence[str] = (), proposal: str = "") -> None:
        super().__init__(message)
        self.columns = tuple(columns)
        self.proposal = proposal


class WrongMap(ValueError):
    """A --map that names a column the file lacks, or a field we do not have."""

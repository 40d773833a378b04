"""What import and export speak of: rows of a foreign backlog in our words, faults, and the layouts we know.

A new layout is one more entry in LAYOUTS, no code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
    external_key   what people call it ('APSTUD-3707'); '' where the source has only an id
    title          1 to 255 characters on one line. A longer one is cut at a word and ends in '…';
                   the whole title then opens the description, so that nothing is lost
    description    as it was, line ends made '\\n'
    type           story | bug | task | spike | epic; another word stays in `extra` under its own header
    status         new | ready | doing | review | done | accepted | dropped
    source_status  the word the file had; '' where it had none
    points         ≥ 0, below a million; None where not estimated
    parent         id or key, in the source's words, of the epic or item this one belongs to
    created_at, closed_at   aware UTC; a source time without a zone is taken as UTC (see Layout.note).
                   An item that is open has no closed_at; a date the file had for it stays in `extra`
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
    columns    our field -> header names, the best first; a row takes the first that is filled, `labels` and
               `comments` take all. 'resolution' is no field: it tells done from dropped and stays in `extra`
    separator  what parts several labels in one cell
    note       one sentence for whoever imports such a file
    """

    name: str
    marks: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    separator: str = ","
    note: str = ""


class UnknownLayout(ValueError):
    """No layout fits. `columns` holds the header that was found; the message also says what --map would look like."""

    def __init__(self, message: str, columns: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


class WrongMap(ValueError):
    """A --map that names a column the file lacks, or a field we do not have."""


UTC_NOTE = "Its times carry no zone and are read as UTC."

JIRA = Layout(
    name="jira",
    marks=(("summary",), ("issue id", "issue key", "work item id", "work item key")),
    columns={
        "external_id": ("issue id", "work item id", "issue key", "work item key"),
        "external_key": ("issue key", "work item key"),
        "title": ("summary",),
        "description": ("description",),
        "type": ("issue type", "work type"),
        "status": ("status",),
        "resolution": ("resolution",),
        "priority": ("priority",),
        "points": (
            "custom field (story points)",
            "custom field (story point estimate)",
            "story points",
            "story point estimate",
        ),
        "labels": ("labels",),
        "assignee": ("assignee",),
        "parent": ("custom field (epic link)", "epic link", "parent key", "parent", "parent id"),
        "created_at": ("created",),
        "closed_at": ("resolved",),
        "comments": ("comment",),
    },
    separator=" ",
    note=UTC_NOTE,
)

STORYPOINTS = Layout(
    name="storypoints",
    marks=(("issuekey",), ("title",), ("storypoint",)),
    columns={
        "external_id": ("issuekey",),
        "external_key": ("issuekey",),
        "title": ("title",),
        "description": ("description",),
        "points": ("storypoint",),
    },
)

STEWARD = Layout(name="steward", marks=(), columns={})  # a JSON document, known by its content: see document.py

LAYOUTS: tuple[Layout, ...] = (JIRA, STORYPOINTS)

# What a person may write on the right side of --map, beside the fields' own names.
FIELD_NAMES: Mapping[str, str] = {
    "id": "external_id",
    "key": "external_key",
    "created": "created_at",
    "closed": "closed_at",
    "epic": "parent",
    "label": "labels",
    "comment": "comments",
    **{name: name for name in JIRA.columns},
}

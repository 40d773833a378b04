"""The layouts we know. A new one is one more entry in LAYOUTS, no code.

Header names were taken from real files and from programs that read them, not from memory:

Jira      the CSV export of Jira Cloud and Data Center, as in ../shared/data/backlog.
GitHub    GitHub writes no CSV itself. `gh issue list --json …` names its fields in camelCase (gh-issue-list(1), JSON
          FIELDS), the REST API in snake_case (api.github.com/repos/…/issues); both are JSON, see objects.py. A CSV is
          made from either: by github.com/gavinr/github-csv-tools (export.js) under the names of the REST API, by
          hand-written `--jq … @csv` under titles such as 'Number,Title,State,Labels,Assignees'. 'Export view data' of
          a project's board is tab-separated: Title, URL, Assignees, Status and the board's own fields.
Linear    Settings > Export data, in its shape of 30 columns and the later one of 34, and Linear's own reader of it:
          github.com/linear/linear, packages/import/src/importers/linearCsv. It guards text by an apostrophe, has
          written times as ISO 8601 and as JavaScript's Date.toString(), and some files leave out the empty last cell.
Trello    'Export as CSV' of a Premium board. Labels read 'Bug (red), Idea (sky)'. Its JSON export is read by the same
          entry, see objects.py. An id begins with the second in which the card was made, as MongoDB's do.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from core.exchange.rows import Layout
from core.exchange.words import GUARDED

UTC_NOTE = "Its times carry no zone and are read as UTC."

# In a spreadsheet's eyes a formula; both tools undo no more than one apostrophe, and no more than before these.
_GUARD = re.compile(r"'(?=[=+\-@])")

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
        "due": ("due date", "due"),
        "sprint": ("sprint", "custom field (sprint)"),
        "criteria": ("custom field (acceptance criteria)", "acceptance criteria"),
        "waits_for": ("inward issue link (blocks)", "inward issue link (blocker)"),
        "holds_up": ("outward issue link (blocks)", "outward issue link (blocker)"),
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

# An address is the better id: numbers begin anew in every repository.
GITHUB = Layout(
    name="github",
    marks=(("number", "issue number"), ("title",), ("state",)),
    columns={
        "external_id": ("html_url", "url", "number", "issue number"),
        "external_key": ("number", "issue number"),
        "title": ("title",),
        "description": ("body", "description"),
        "type": ("type", "issuetype", "issue type"),
        "status": ("status", "state"),
        "resolution": ("statereason", "state_reason", "state reason"),
        "priority": ("priority",),
        "points": ("points", "story points", "estimate"),
        "labels": ("labels",),
        "assignee": ("assignees", "assignee"),
        "parent": ("parent", "parent issue"),
        "created_at": ("createdat", "created_at", "created at", "created"),
        "closed_at": ("closedat", "closed_at", "closed at", "closed on"),
        "comments": ("comment",),  # 'comments' is their number in a CSV
        "link": ("html_url", "url"),
        "sprint": ("sprint", "iteration"),
    },
    people=",",
    prefix="#",
)
GITHUB_BOARD = replace(GITHUB, marks=(("title",), ("url",), ("assignees",), ("status",)))

LINEAR = Layout(
    name="linear",
    marks=(("id",), ("team",), ("title",), ("status",), ("canceled", "cycle number", "cycle name")),
    columns={
        "external_id": ("id",),
        "external_key": ("id",),
        "title": ("title",),
        "description": ("description",),
        "status": ("status",),
        "priority": ("priority",),
        "points": ("estimate",),
        "labels": ("labels",),
        "assignee": ("assignee",),
        "parent": ("parent issue",),
        "created_at": ("created",),
        "closed_at": ("completed", "canceled"),
        "due": ("due date",),
        "waits_for": ("blocked by",),
        "sprint": ("cycle name",),
        "sprint_number": ("cycle number",),
        "sprint_from": ("cycle start",),
        "sprint_to": ("cycle end",),
    },
    closing=((("completed",), "done"), (("canceled",), "dropped")),
    unset="no priority",
    guard=_GUARD,
    short=True,
)

_COLOUR = r"(?:green|yellow|orange|red|purple|blue|sky|lime|pink|black)(?:_dark|_light)?"
TRELLO = Layout(
    name="trello",
    marks=(("card id",), ("card name",), ("list name", "list id")),
    columns={
        "external_id": ("card id",),
        "external_key": ("card short id",),  # of a board's JSON; its CSV has it at the end of an address only
        "title": ("card name",),
        "description": ("card description",),
        "status": ("list name",),
        "priority": ("priority",),
        "points": ("story points", "points", "estimate"),
        "labels": ("labels",),
        "assignee": ("members",),
        "closed_at": ("last activity date",),
        "comments": ("comment",),
        "link": ("card url",),
        "due": ("due date",),
        "sprint": ("sprint",),  # a field of the board's own
    },
    label=re.compile(rf"(?:(.+?) *\((?:{_COLOUR}|null)\)|\(({_COLOUR})\)|(.+))"),
    people=",",
    closing=((("due complete",), "done"), (("archived",), "dropped")),
    guard=_GUARD,
    dated_ids=True,
    prefix="#",
    addressed=re.compile(r"https://trello\.com/c/\w+/(\d+)(?:-|$)"),
    note="Cards marked complete are done, other archived ones dropped; a closed card is dated by its last activity.",
)

# A table of anybody's that bears our own words; never recognised, only asked for.
CSV = Layout(
    name="csv",
    marks=(),
    columns={
        "external_id": ("id", "key", "number", "no", "#"),
        "external_key": ("key",),
        "title": ("title", "name", "summary"),
        "description": ("description", "body", "notes"),
        "type": ("type",),
        "status": ("status", "state"),
        "resolution": ("resolution",),
        "priority": ("priority",),
        "points": ("points", "story points", "estimate"),
        "labels": ("labels", "label", "tags"),
        "assignee": ("assignee", "owner"),
        "parent": ("parent", "epic", "epic link"),
        "created_at": ("created", "created at"),
        "closed_at": ("closed", "closed at", "resolved"),
        "comments": ("comment", "comments"),
        "value": ("value",),
        "link": ("link", "url"),
        "due": ("due", "due date"),
        "criteria": ("acceptance criteria", "criteria"),
        "sprint": ("sprint", "iteration", "cycle"),
        "waits_for": ("blocked by", "waits for"),
        "holds_up": ("blocks",),
        "persona": ("as", "as a"),
        "want": ("want", "i want"),
        "benefit": ("so", "so that"),
    },
)

# Our own export: in JSON known by its content, in CSV by its header; document.py reads the records of both.
STEWARD = Layout(
    name="steward",
    marks=(("key",), ("external id",), ("source status",), ("extra",)),
    columns={"external_id": ("key",), "title": ("title",)},
    guard=GUARDED,
)

LAYOUTS: tuple[Layout, ...] = (STEWARD, JIRA, STORYPOINTS, LINEAR, TRELLO, GITHUB, GITHUB_BOARD)

# What may be asked for by name.
FORMATS: Mapping[str, Layout] = {layout.name: layout for layout in (JIRA, GITHUB, LINEAR, TRELLO, CSV)}

# What a person may write on the right side of --map, beside the fields' own names.
FIELD_NAMES: Mapping[str, str] = {
    "id": "external_id",
    "key": "external_key",
    "created": "created_at",
    "closed": "closed_at",
    "epic": "parent",
    "label": "labels",
    "comment": "comments",
    "as": "persona",
    "so": "benefit",
    **{name: name for name in CSV.columns},
}
"""What people call our fields, in a mapping -> the field."""

FIELD_WORDS: Mapping[str, str] = {field: name for name, field in reversed(list(FIELD_NAMES.items()))}
"""The first of these words for each field."""

"""One record of a table into one Row: a plan made once from the header, then applied to every record."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar

from core.exchange.layouts import CSV, FIELD_NAMES, FIELD_WORDS, LAYOUTS, STEWARD
from core.exchange.rows import TITLE_LENGTH, Comment, Layout, Row, UnknownLayout, WrongMap
from core.exchange.words import CLOSED, points_of, status_of, time_of, type_of
from core.product.stays import Stay
from core.product.stays import fitted as fitted_sprint

T = TypeVar("T")

NO_ID = "This record has no id."
NO_TITLE = "The title is empty."

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_COMMENT = re.compile(r"([^;\n]{6,40});([^;\n]*);(.*)", re.DOTALL)  # how Jira writes one: '30/Sep/21 17:20;ann;text'
_DATED_ID = re.compile("[0-9a-f]{24}")  # MongoDB's: the first eight digits count the seconds since 1970
_IDS = ("external_id", "external_key")
_ALL = ("labels", "comments", "waits_for", "holds_up", "sprint")  # fields that take every filled column, not the first

# Words by which a person's column for a field may be guessed when no layout fits, the surest first.
_GUESSES = {
    "title": ("title", "name", "summary", "subject", "task", "story", "item", "ticket"),
    "id": ("id", "key", "number", "no", "nr", "#", "ref", "code"),
}


class BadCell(ValueError):
    """A record that cannot be a Row: the column ('' for the whole record) and one plain sentence."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


@dataclass(frozen=True, slots=True)
class Plan:
    """Where in a record each field stands.

    layout   how the file is read; its `columns` are those that the file has
    extra    (header, place) of the columns kept as they are
    rivals   (header, place, better places) of columns that a better one outdid; kept in `extra` where it did
    closing  (places, status) of the columns that say an item is closed
    """

    layout: Layout
    header: Sequence[str]
    where: Mapping[str, tuple[int, ...]]
    extra: Sequence[tuple[str, int]]
    rivals: Sequence[tuple[str, int, tuple[int, ...]]]
    closing: Sequence[tuple[tuple[int, ...], str]]


def named(header: str) -> str:
    """A header as it is compared: without case, outer and repeated space."""
    return " ".join(header.split()).casefold()


def recognise(header: Sequence[str]) -> Layout | None:
    """The layout whose marks the header bears, whatever their case and order; None where there is none."""
    names = {named(column) for column in header}
    for layout in LAYOUTS:
        if all(not names.isdisjoint(group) for group in layout.marks):
            return layout
    return None


def planned(header: Sequence[str], layout: Layout | None, mapping: Mapping[str, str] | None) -> Plan:
    """How to read records under this header. Raises UnknownLayout and WrongMap."""
    names = [named(column) for column in header]
    found = layout or recognise(header)
    if found is STEWARD and mapping:
        raise WrongMap("An export of Steward's own takes no --map.")
    wanted = _mapped(found, header, mapping or {})
    where = {field: _places(names, columns) for field, columns in (wanted.columns if wanted else {}).items()}
    titled = bool(mapping) or (found is not None and not found.marks)  # asked for as it is: a title is enough
    if wanted is None or not where.get("title") or not (where.get("external_id") or titled):
        raise _unknown(header, layout)
    used = {at for field, places in where.items() if field != "resolution" for at in places}
    extra = [(column, at) for at, column in enumerate(header) if column and at not in used]
    rivals = [
        (header[at], at, places[:rank])
        for field, places in where.items()
        if field not in _IDS and field not in _ALL
        for rank, at in enumerate(places)
        if rank
    ]
    closing = [(places, status) for columns, status in wanted.closing if (places := _places(names, columns))]
    present = {field: columns for field, columns in wanted.columns.items() if where[field]}
    where["external_id"] = where.get("external_id") or where["title"]
    return Plan(replace(wanted, columns=present), header, where, extra, rivals, closing)


def _places(names: Sequence[str], columns: Sequence[str]) -> tuple[int, ...]:
    return tuple(at for each in columns for at, name in enumerate(names) if name == each)


def _mapped(layout: Layout | None, header: Sequence[str], mapping: Mapping[str, str]) -> Layout | None:
    if not mapping:
        return layout
    names = {named(column) for column in header}
    layout = layout or CSV  # the columns that bear our own words are what they say
    columns = dict(layout.columns)
    for said, wanted in mapping.items():
        name, field = named(said), FIELD_NAMES.get(named(wanted))
        if field is None and wanted:
            raise WrongMap(f"'{wanted}' is not a field; the fields are {', '.join(sorted(FIELD_WORDS.values()))}.")
        if name not in names:
            raise WrongMap(f"There is no column '{said}'; the columns are {_listed(header)}.")
        for other, wants in columns.items():  # a column serves one field, save that a key may also be the id
            if not (field in _IDS and other in _IDS):
                columns[other] = tuple(each for each in wants if each != name)
        if field is not None:  # a column that is mapped to nothing is kept as it is
            columns[field] = (name, *columns.get(field, ()))
    columns["external_id"] = columns.get("external_id") or columns.get("external_key", ())
    return replace(layout, columns=columns)


def _unknown(header: Sequence[str], asked: Layout | None) -> UnknownLayout:
    free, pairs = list(dict.fromkeys(header)), []
    for field, words in _GUESSES.items():
        near = (column for word in words for column in free if word in re.split(r"[^\w#]+", column.casefold()))
        column = next(near, "…")
        pairs.append(f"{column}={field}")
        free = [each for each in free if each != column]
    proposal = ",".join(pairs)
    known = ", ".join(dict.fromkeys(each.name for each in LAYOUTS))
    what = f"have no title and id as {asked.name} names them" if asked else f"are of no layout I know ({known})"
    return UnknownLayout(
        f'The columns {_listed(header)} {what}. Say which column is the title and which the id: --map "{proposal}".',
        header,
        proposal,
    )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(column[:40] or "(no name)" for column in columns[:20])
    return f"{shown} and {len(columns) - 20} more" if len(columns) > 20 else shown


def row(line: int, cells: Sequence[str], plan: Plan) -> Row:
    """The Row of a record as wide as the header. Raises BadCell."""
    id_ = _first(cells, plan, "external_id")
    title = one_line(_first(cells, plan, "title"))
    if not id_ and plan.where["external_id"] != plan.where["title"]:
        raise BadCell(_header(cells, plan, "external_id"), NO_ID)
    if not title:
        raise BadCell(_header(cells, plan, "title"), NO_TITLE)
    title, description = fitted(title, _text(cells, plan))
    word, type_word = _first(cells, plan, "status"), _first(cells, plan, "type")
    closed_at, status = _parsed(cells, plan, "closed_at", time_of), _status(cells, plan, word)
    extra = _extra(cells, plan)
    if type_word and type_word.casefold() != type_of(type_word):
        extra[_header(cells, plan, "type")] = type_word
    if closed_at and status not in CLOSED:
        extra[_header(cells, plan, "closed_at")] = _first(cells, plan, "closed_at")
        closed_at = None
    priority = _first(cells, plan, "priority")
    return Row(
        line,
        id_,
        _key(cells, plan),
        title,
        description,
        type_of(type_word),
        status,
        word,
        "" if priority.casefold() == plan.layout.unset else priority,
        _parsed(cells, plan, "points", points_of),
        _labels(cells, plan),
        _assignee(cells, plan, extra),
        _first(cells, plan, "parent"),
        _parsed(cells, plan, "created_at", time_of) or _dated(id_, plan),
        closed_at,
        tuple(_comment(cells[at]) for at in plan.where.get("comments", ()) if cells[at].strip()),
        value=_parsed(cells, plan, "value", points_of),
        link=_first(cells, plan, "link"),
        sprints=_stays(cells, plan),
        waits_for=_links(cells, plan, "waits_for"),
        holds_up=_links(cells, plan, "holds_up"),
        criteria=tuple((each, False) for each in _criteria(_first(cells, plan, "criteria"))),
        due=_day(cells, plan),
        story={name: text for name in _STORY if (text := one_line(_first(cells, plan, name)))},
        extra=extra,
    )


_STORY = ("persona", "want", "benefit")
_BULLET = re.compile(r"\A\s*(?:[-*•·–#]|\d{1,3}[.)])\s+(?:\[[ xX]?\]\s+)?")
_STEP = re.compile(r"\A\s*(?:When|Then|And|But)\b")  # a further step of Gherkin, on a line of its own


def _links(cells: Sequence[str], plan: Plan, field: str) -> tuple[str, ...]:
    """The keys in all columns of a field; several in one cell are parted by commas or the like."""
    parts = (part.strip() for at in plan.where.get(field, ()) for part in re.split(r"[,;\s]+", cells[at]))
    return tuple(dict.fromkeys(part for part in parts if part))


def _stays(cells: Sequence[str], plan: Plan) -> tuple[Stay, ...]:
    """The sprints in all columns, each once; where there is only a number it is a cycle. Days belong to the last."""
    names = dict.fromkeys(fitted_sprint(cells[at]) for at in plan.where.get("sprint", ()) if cells[at].strip())
    if not names and (number := _first(cells, plan, "sprint_number")):
        names = {f"Cycle {number}": None}
    if not names:
        return ()
    first, last = _parsed(cells, plan, "sprint_from", time_of), _parsed(cells, plan, "sprint_to", time_of)
    *before, now = names
    stay = Stay(now, first.date() if first else None, last.date() if last else None)
    return (*(Stay(name) for name in before), stay)


def _criteria(text: str) -> list[str]:
    """A criterion a line, without bullets; a line that is a further step belongs to the one before."""
    found: list[str] = []
    for line in text.splitlines():
        if found and _STEP.match(line):
            found[-1] += f"\n{line.strip()}"
        elif bare := _BULLET.sub("", line).strip():
            found.append(bare)
    return found


def _day(cells: Sequence[str], plan: Plan) -> date | None:
    instant = _parsed(cells, plan, "due", time_of)
    return instant.date() if instant else None


def _status(cells: Sequence[str], plan: Plan, word: str) -> str:
    status = status_of(word, _first(cells, plan, "resolution"))
    if status not in CLOSED:
        for places, closed in plan.closing:
            if any(cells[at].strip().casefold() not in ("", "false") for at in places):
                return closed
    return status


def _key(cells: Sequence[str], plan: Plan) -> str:
    key = _first(cells, plan, "external_key")
    if not key and plan.layout.addressed and (found := plan.layout.addressed.match(_first(cells, plan, "link"))):
        key = found[1]
    return f"{plan.layout.prefix}{key.removeprefix(plan.layout.prefix)}" if key else ""


def _assignee(cells: Sequence[str], plan: Plan, extra: dict[str, str]) -> str:
    """The first of those who are named; all of them are kept where there are several."""
    text = _first(cells, plan, "assignee")
    if not plan.layout.people or plan.layout.people not in text:
        return text
    extra[_header(cells, plan, "assignee")] = text
    return text.split(plan.layout.people)[0].strip()


def _dated(id_: str, plan: Plan) -> datetime | None:
    if plan.layout.dated_ids and _DATED_ID.fullmatch(id_):
        return datetime.fromtimestamp(int(id_[:8], 16), UTC)
    return None


def one_line(title: str) -> str:
    """A title without line breaks, control characters or repeated space."""
    title = " ".join(title.split())
    return title if title.isprintable() else " ".join(CONTROL.sub("", title).split())


def fitted(title: str, description: str) -> tuple[str, str]:
    """A title that holds, and its description: a longer one is cut at a word, and opens the description whole."""
    if len(title) <= TITLE_LENGTH:
        return title, description
    start = title[: TITLE_LENGTH - 1]
    if not title[TITLE_LENGTH - 1].isspace():
        start = start.rpartition(" ")[0] or start
    return start.rstrip() + "…", f"{title}\n\n{description}" if description else title


def _first(cells: Sequence[str], plan: Plan, field: str) -> str:
    for at in plan.where.get(field, ()):
        if text := cells[at].strip():
            return text
    return ""


def _text(cells: Sequence[str], plan: Plan) -> str:
    for at in plan.where.get("description", ()):
        if text := cells[at]:
            return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return ""


def _header(cells: Sequence[str], plan: Plan, field: str) -> str:
    places = plan.where[field]
    return plan.header[next((at for at in places if cells[at].strip()), places[0])]


def _parsed(cells: Sequence[str], plan: Plan, field: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(_first(cells, plan, field))
    except ValueError as error:
        raise BadCell(_header(cells, plan, field), str(error)) from None


def _extra(cells: Sequence[str], plan: Plan) -> dict[str, str]:
    outdone = [(name, at) for name, at, better in plan.rivals if any(cells[each].strip() for each in better)]
    extra: dict[str, str] = {}
    for name, at in (*plan.extra, *outdone):
        if text := cells[at].strip():
            extra[name] = f"{extra[name]}\n{text}" if name in extra else text
    return extra


def _labels(cells: Sequence[str], plan: Plan) -> tuple[str, ...]:
    parts = (part.strip() for at in plan.where.get("labels", ()) for part in cells[at].split(plan.layout.separator))
    if label := plan.layout.label:
        parts = (next(filter(None, found.groups())) for part in parts if (found := label.fullmatch(part)))
    return tuple(dict.fromkeys(part for part in parts if part))


def _comment(cell: str) -> Comment:
    if found := _COMMENT.fullmatch(cell):
        try:
            return Comment(found[3], found[2].strip(), time_of(found[1].strip()))
        except ValueError:
            pass  # it only looked like Jira's form
    return Comment(cell)

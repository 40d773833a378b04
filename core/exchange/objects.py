"""JSON files, read an item at a time: our own document, an array of issues, a board of Trello's.

An array     of `gh issue list --json …` or of a REST API: each object is read as a record of a table, its names the
             header, by the layout that this header has. Of an object inside, the name counts ({"login": "ann"}).
A board      of Trello's 'Export as JSON': its cards are read as records of Trello's own CSV, with the comments, which
             the CSV has not (the board has the latest thousand), and checklists as text.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TextIO

from core.exchange import document
from core.exchange.layouts import STEWARD
from core.exchange.pieces import BrokenError, members
from core.exchange.records import BadCell, Plan, planned, row
from core.exchange.rows import Fault, Layout, Row, UnknownLayout, WrongMap

_Record = tuple[tuple[str, ...], list[str]]  # header and cells

# By what an object inside another is called, the best first, and where another member says it better.
_NAMES = ("login", "name", "title", "url", "number")
_NAMED_BY = {"milestone": ("title",), "parent": ("url", "number")}


def recognised(text: TextIO, asked: Layout | None, mapping: Mapping[str, str] | None) -> Layout:
    """The layout of what a text holds; `asked` and `mapping` as for a table. Raises UnknownLayout and WrongMap."""
    member, first = _kind(text)
    if member == "items":
        if asked:
            raise UnknownLayout(f"This is an export of Steward's own, not of {asked.name}.")
        if mapping:
            raise WrongMap("An export of Steward's own takes no --map.")
        return STEWARD
    header, _ = _flat(first) if member == "" else _Board().record(first)
    return planned(header, asked, mapping).layout


def rows(text: TextIO, asked: Layout | None, mapping: Mapping[str, str] | None) -> Iterator[Row | Fault]:
    """The items of a text that was recognised; one that breaks off ends in a fault."""
    member, _ = _kind(text)
    text.seek(0)
    made = _maker(text, member, asked, mapping)
    text.seek(0)
    line = 1
    try:
        for name, value, line in members(text, member):
            if name == member:
                try:
                    yield made(line, value)
                except BadCell as bad:
                    yield Fault(line, bad.column, str(bad))
                except RecursionError:
                    yield Fault(line, "", "This item is nested too deeply.")
    except BrokenError as broken:
        yield Fault(broken.line, "", "From here on the file is not valid JSON; reading stopped there.")
    except UnicodeError:
        yield Fault(line, "", "After this the file is not text in its encoding; reading stopped there.")


def _kind(text: TextIO) -> tuple[str, dict[str, Any]]:
    """The member that holds the items ('' for an array), and the first of them. Raises UnknownLayout."""
    try:
        for name, value, _ in members(text, "cards", "actions", "items"):
            if name == "steward":
                document.check_version(value)
                return "items", {}
            if isinstance(value, dict) and (name == "" or (name == "cards" and "idList" in value)):
                return name, value
            if name == "":
                break
    except (BrokenError, UnicodeError):
        pass  # it may still be JSON, but none that we know
    raise UnknownLayout("This JSON is no export that I know (Steward's own, GitHub's issues, a board of Trello's).")


def _maker(
    text: TextIO, member: str, asked: Layout | None, mapping: Mapping[str, str] | None
) -> Callable[[int, Any], Row]:
    if member == "items":
        return document.row
    record = _flat if member == "" else _board(text).record
    plans: dict[tuple[str, ...], Plan] = {}

    def made(line: int, value: Any) -> Row:
        if not isinstance(value, dict):
            raise BadCell("", "This item is not an object.")
        header, cells = record(value)
        for name, cell in zip(header, cells, strict=True):
            document.check_text(name, cell)
        if header not in plans:
            plans[header] = _plan(header, asked, mapping)
        return row(line, cells, plans[header])

    return made


def _plan(header: Sequence[str], asked: Layout | None, mapping: Mapping[str, str] | None) -> Plan:
    """How to read records whose cells are taken from JSON: nothing in them is guarded, several stand on a line each."""
    try:
        plan = planned(header, asked, mapping)
    except (UnknownLayout, WrongMap):
        raise BadCell("", "This item has other members than the first, and among them no title and id.") from None
    people = "\n" if plan.layout.people else ""
    return replace(plan, layout=replace(plan.layout, separator="\n", label=None, people=people))


def _flat(item: Mapping[str, Any]) -> _Record:
    """An object as one record."""
    cells: list[tuple[str, str]] = []
    for name, value in item.items():
        if name == "comments" and isinstance(value, list):
            cells += [("comment", _comment(each)) for each in value] or [("comment", "")]
        elif isinstance(value, list):
            cells.append((name, "\n".join(filter(None, (_named(name, each) for each in value)))))
        else:
            cells.append((name, _named(name, value)))
    return tuple(name for name, _ in cells), [text for _, text in cells]


def _named(name: str, value: Any) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for each in _NAMED_BY.get(name, _NAMES):
            if isinstance(value.get(each), str | int):
                return str(value[each])
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _comment(said: Any) -> str:
    """A comment in the form of a Jira cell, which is the one that a table's cell has."""
    if not isinstance(said, dict):
        return _named("comment", said)
    author = _named("author", said.get("author") or said.get("user")).replace(";", " ").replace("\n", " ")
    at = _named("at", said.get("createdAt") or said.get("created_at"))
    body = _named("body", said.get("body"))
    return f"{at};{author};{body}" if at else body


class _Board:
    """What a Trello card needs to know from elsewhere on its board."""

    def __init__(self) -> None:
        self.name = ""
        self.lists: dict[str, Mapping[str, Any]] = {}
        self.people: dict[str, str] = {}
        self.comments: dict[str, list[str]] = {}
        self.checklists: dict[str, list[str]] = {}

    def learn(self, name: str, value: Any) -> None:
        if name == "name" and isinstance(value, str):
            self.name = value
        if not isinstance(value, dict):
            return
        id_ = str(value.get("id"))
        if name == "lists":
            self.lists[id_] = value
        elif name == "members":
            self.people[id_] = str(value.get("fullName") or value.get("username") or "")
        elif name == "checklists":
            marks = (
                f"- [{'x' if i.get('state') == 'complete' else ' '}] {i.get('name')}"
                for i in _objects(value.get("checkItems"))
            )
            heading = str(value.get("name") or "Checklist")
            self.checklists.setdefault(str(value.get("idCard")), []).append("\n".join([heading, *marks]))
        elif name == "actions" and value.get("type") == "commentCard":
            self._hear(value)

    def _hear(self, action: Mapping[str, Any]) -> None:
        data, who = action.get("data"), action.get("memberCreator")
        card = data.get("card") if isinstance(data, dict) else None
        if isinstance(data, dict) and isinstance(card, dict):
            author = {"name": (who.get("fullName") or who.get("username") or "") if isinstance(who, dict) else ""}
            said = _comment({"createdAt": action.get("date"), "author": author, "body": data.get("text")})
            self.comments.setdefault(str(card.get("id")), []).insert(0, said)  # the latest stands first in the file

    def record(self, card: Mapping[str, Any]) -> _Record:
        """A card as a record of Trello's CSV."""
        list_ = self.lists.get(str(card.get("idList")), {})
        labels = [str(each.get("name") or each.get("color") or "") for each in _objects(card.get("labels"))]
        ids = card.get("idMembers")
        people = [self.people.get(str(each), "") for each in ids] if isinstance(ids, list) else []
        id_ = str(card.get("id") or "")
        cells = {
            "Card ID": id_,
            "Card Short ID": card.get("idShort"),
            "Card Name": card.get("name"),
            "Card URL": card.get("shortUrl") or card.get("url"),
            "Card Description": card.get("desc"),
            "Labels": "\n".join(filter(None, labels)),
            "Members": "\n".join(filter(None, people)),
            "Due Date": card.get("due"),
            "Last Activity Date": card.get("dateLastActivity"),
            "List Name": list_.get("name"),
            "Board Name": self.name,
            "Archived": bool(card.get("closed") or list_.get("closed")),
            "Start Date": card.get("start"),
            "Due Complete": bool(card.get("dueComplete")),
            "Checklists": "\n\n".join(self.checklists.get(id_, ())),
        }
        said = self.comments.get(id_) or [""]
        return (*cells, *("Comment" for _ in said)), [*(_named(name, cell) for name, cell in cells.items()), *said]


def _board(text: TextIO) -> _Board:
    board = _Board()
    try:
        for name, value, _ in members(text, "cards", "lists", "members", "checklists", "actions"):
            board.learn(name, value)
    except (BrokenError, UnicodeError):
        pass  # what could be learnt is used; the rows end in the fault
    return board


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []

"""`import` and `export`: a backlog out of another tool, shown before it comes in, and ours to wherever it is wanted."""

from collections.abc import Mapping

from core.chat.card import Card, Choice, Field, File, Form, Reply
from core.chat.words import counted, shorten
from core.commands.call import Call
from core.commands.dropped import dropped
from core.commands.exchange import cards
from core.commands.later import Later
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.exchange.exporting import exported
from core.exchange.rows import WrongMap
from core.exchange.tables import mapping_of
from core.product import status_words
from core.product.items import STATUSES
from core.store import files
from core.store.files import Stored

tell("status_words", Kind("status", says=("word",), silent=frozenset({"folded"}), names={"status": "meaning"}))

LARGEST_EXPORT = 10_000_000  # characters that a card may carry
FORMATS = "jira|github|linear|trello|csv"
MAPPED = (
    "title",
    "id",
    "description",
    "status",
    "type",
    "points",
    "labels",
    "assignee",
    "epic",
    "sprint",
    "created",
    "due",
)
WORD_LENGTH = 100
WORDS = 20  # foreign statuses that a form asks about
COLUMNS = 500  # that a form offers

_HIDDEN = " ".join(
    [
        "file-id",
        "go",
        "columns",
        "statuses",
        *(f"map-{name}" for name in MAPPED),
        *(f"status-{n}" for n in range(WORDS)),
    ]
)
_KEYS = f"[FILE] [format={FORMATS}] [map=] [strict=yes|no]"


@command(f"import {_KEYS}", example="import format=jira", hidden=_HIDDEN, file="text")
def import_(call: Call) -> Said:
    """Bring items in from Jira, GitHub, Linear, Trello or a table: drop the file, see what it holds, then import."""
    product = call.product
    if call.given("file-id"):
        stored = files.find(call.db, product.id, call.options["file-id"])
        if stored is None:
            raise Refused("I no longer have that file. Drop it once more.", "import")
    elif not call.ask.files:
        _said(call)
        if named := shorten(call.rest(), 60):
            raise Refused(f"No file “{named}” came with this. Drop it here, with import beside it.", "import")
        return Reply(ok=True, card=cards.how(product.name))
    else:
        stored = _received(call)
    if call.given("columns") and not call.ask.values:
        return columns_form(stored)
    if call.given("statuses") and not call.ask.values:
        return _statuses_form(stored)
    stored = files.choose(call.db, stored, **_chosen(call, stored))
    if call.given("go"):
        return Later("import", {"file": stored.id}, Card(f"Importing {shorten(stored.name, 60)} …"))
    return Later("import preview", {"file": stored.id})


@command(f"backlog import {_KEYS}", example="backlog import format=jira", hidden=_HIDDEN, file="text")
def backlog_import(call: Call) -> Said:
    """The same as import."""
    return import_(call)


def _received(call: Call) -> Stored:
    """The file that came with the ask, kept."""
    name, content = dropped(call, elsewhere=f"steward import {{name}} --product {call.product.key}")
    return files.keep(call.db, call.product.id, name, content)


def _said(call: Call) -> dict[str, object]:
    """What the line itself says of how a file is to be read."""
    chosen: dict[str, object] = {}
    if call.options.get("format"):
        chosen["format"] = call.choice("format")
    if call.given("strict"):
        chosen["strict"] = call.choice("strict") == "yes"
    if call.options.get("map"):
        try:
            chosen["map"] = mapping_of(call.options["map"])
        except WrongMap as no:
            raise call.wrong("map", str(no), "Title=title,Id=id") from no
    return chosen


def _chosen(call: Call, stored: Stored) -> dict[str, object]:
    """How the file is to be read, as far as this line or form says."""
    chosen = _said(call)
    picked = {call.options[f"map-{name}"]: name for name in MAPPED if call.options.get(f"map-{name}")}
    if picked:
        if "title" not in picked.values():
            raise Refused("Which column is the title?", f"import file-id={stored.id} columns=yes", field="map-title")
        aside = [column for column in stored.chosen.get("header", []) if column and column not in picked]
        chosen["map"] = {**dict.fromkeys(aside, ""), **picked}
    words = stored.chosen.get("words", [])
    said = {word: call.options[f"status-{n}"] for n, word in enumerate(words[:WORDS]) if f"status-{n}" in call.options}
    if said:
        if wrong := next((status for status in said.values() if status not in STATUSES), ""):
            raise Refused(f"“{shorten(wrong, 40)}” is no status; they are {', '.join(STATUSES)}.")
        chosen["statuses"] = said
    return chosen


def columns_form(stored: Stored) -> Form:
    """Which column is what, where no layout fits, or the one that fits is not what is meant."""
    columns: list[str] = [column for column in stored.chosen.get("header", []) if column]
    known: Mapping[str, str] = {field: column for column, field in stored.chosen.get("map", {}).items()}
    guessed: Mapping[str, str] = stored.chosen.get("guessed", {})
    offered = list(dict.fromkeys(columns))[:COLUMNS]
    choices = (Choice("(none)", ""), *(Choice(shorten(column, 70), column) for column in offered))
    return Form(
        f"{shorten(stored.name, 40)}: which column is what?",
        tuple(
            Field(
                f"map-{name}",
                name.capitalize(),
                "choice",
                value=known.get(name, guessed.get(name, "")),
                required=name == "title",
                choices=choices[1:] if name == "title" else choices,
            )
            for name in MAPPED
        ),
        f"import file-id={stored.id} columns=yes",
        label="Show me",
    )


def _statuses_form(stored: Stored) -> Form:
    """What the file's words for a status are to be here."""
    meant: Mapping[str, str] = stored.chosen.get("meant", {})
    words: list[str] = stored.chosen.get("words", [])[:WORDS]
    choices = tuple(Choice(status, status) for status in STATUSES)
    return Form(
        "What the statuses are here",
        tuple(
            Field(f"status-{n}", shorten(word, 60), "choice", value=meant.get(word, "new"), choices=choices)
            for n, word in enumerate(words)
        ),
        f"import file-id={stored.id} statuses=yes",
        label="Show me",
    )


# ---- what the words of other tools mean ----


@command(
    f"backlog statuses [WORD] [status={'|'.join(STATUSES)}]", example='backlog statuses "Patch Available" status=review'
)
def statuses(call: Call) -> Said:
    """What another tool's words for a status are here; say WORD and status= to correct one, also for what came."""
    word = call.rest().strip()
    product = call.product
    known = status_words.listed(call.db, product.id)
    if not word:
        return Reply(ok=True, card=cards.words(known))
    found = next((row for row in known if row.folded == status_words.fold(word)), None)
    if not call.options.get("status"):
        if found is None:
            raise Refused(f"No import has brought the status “{shorten(word, 40)}” here.", "backlog statuses")
        return Reply(ok=True, card=Card(f"{found.word} is {found.status} here."))
    if len(word) > WORD_LENGTH:
        raise Refused(f"A status is a word or two; this has {len(word)} characters.", call.command.example)
    status = call.choice("status")
    moved = status_words.correct(call.db, product.id, found.word if found else word, status, call.now)
    changed = f": {counted(moved, 'item')} changed" if moved else ""
    return Card(f"{found.word if found else word} is {status} from now on{changed}.")


# ---- out ----


@command("export [format=csv|json|markdown]", example="export format=csv", writes=False)
def export(call: Call) -> Said:
    """The whole backlog in order as a file: csv and json come back as they were, markdown is for people."""
    call.end()
    product = call.product
    form = call.choice("format") if call.options.get("format") else "csv"
    pieces: list[str] = []
    size = 0
    for piece in exported(call.db, call.directory, product, form):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_EXPORT:
            raise Refused(
                "This backlog is too large for a chat; write it on the server.",
                f"steward export --product {product.key} --format {form} --out {product.key.lower()}.{form}",
            )
    ending, kind = _KINDS[form]
    name = f"{product.key.lower()}-{call.today.isoformat()}.{ending}"
    return cards.exported(product.name, File(name, kind, text="".join(pieces)), form)


@command("backlog export [format=csv|json|markdown]", example="backlog export format=json", writes=False)
def backlog_export(call: Call) -> Said:
    """The same as export."""
    return export(call)


_KINDS = {"csv": ("csv", "text/csv"), "json": ("json", "application/json"), "markdown": ("md", "text/markdown")}

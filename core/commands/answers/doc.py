"""`doc …`: specifications and notes in Markdown, from which questions are answered."""

import re

from core.chat import grammar
from core.chat.card import Button, Card, Choice, Field, Form, Items, Line, Text, escape
from core.chat.words import counted, shorten
from core.commands.call import Call
from core.commands.dropped import dropped, text_of
from core.commands.refused import Refused, needed, within
from core.commands.registry import Said, command
from core.commands.telling import Kind, tell
from core.exchange.rows import UnknownLayout
from core.product import documents
from core.product.audience import Audience
from core.product.documents import LENGTH, TITLE_LENGTH
from core.product.people import Role

tell("documents", Kind("document", silent=frozenset({"author_id"})))

SHOWN = 6000  # characters of a document that a card shows

_AUDIENCES = "|".join(Audience)


@command(
    f"doc add TITLE TEXT|FILE [audience={_AUDIENCES}]",
    example='doc add "Export notes" Archived projects are left out.',
    text="text",
    hidden="titled",
    file="document",
)
def add(call: Call) -> Said:
    """Keep a specification or notes in Markdown; questions are answered from it. The same title gets the new text."""
    product = call.product
    dropped_in = call.ask.files and "\n" not in call.line.text  # behind a text of several lines stands something else
    title, text, file = _from_file(call) if dropped_in else (*_typed(call), "")
    if not title and not text and not call.ask.values:
        return _form()
    example = call.command.example
    needed(title, "A document needs a title.", TITLE_LENGTH, "A document's title", example, field="titled")
    if not text:
        better = f"doc add {grammar.quote(title)} and its text"
        raise Refused(f"What does {shorten(title, 60)} say? Its text is missing.", better, field="text")
    within(text, LENGTH, "A document", field="text")
    audience = Audience(call.choice("audience")) if call.options.get("audience") else None
    known = documents.find(call.db, product.id, title, tuple(Audience)) is not None
    kept = documents.keep(call.db, product.id, title, text, audience, call.person)
    said = f"{'has its new text' if known else 'is kept'}{f' from {file}' if file else ''}"
    return Card(f"{kept.title} {said} · {_for_whom(kept.audience)}; ask me what it says")


def _typed(call: Call) -> tuple[str, str]:
    """A title, and the text behind it."""
    title = call.phrase("titled") if call.ask.values else " ".join(call.take_word().split())
    return title, call.rest().strip()


def _from_file(call: Call) -> tuple[str, str, str]:
    """The title that stands in the line, else in the file; the text; the file's name."""
    name, content = dropped(call, largest=4 * LENGTH)
    words = []
    while call.peek():
        words.append(call.take_word())
    text = _text(call, name, content)
    return " ".join(" ".join(words).split()) or _title_in(name, text), text, name


def _text(call: Call, name: str, content: bytes) -> str:
    why = f"{name} holds no plain text. I keep Markdown and text files; save it as one, and drop that."
    no_text = Refused(why, call.command.example)
    try:
        text = text_of(content)
    except UnknownLayout as no:
        raise no_text from no
    if "\0" in text:
        raise no_text
    return "\n".join(text.splitlines()).strip()


def _title_in(name: str, text: str) -> str:
    """The heading that a text begins with; else what its file is called: 'export-notes.md' holds 'Export notes'."""
    first, _, _ = text.partition("\n")
    if first.startswith("# ") and (heading := first.strip("# ")):
        return " ".join(heading.split())
    called = " ".join(re.split(r"[\s_-]+", name.rpartition(".")[0] or name)).strip()
    return called[:1].upper() + called[1:]


def _form() -> Form:
    choices = tuple(Choice(_for_whom(one.value), one.value) for one in Audience)
    fields = (
        Field("titled", "Title", required=True, max_length=TITLE_LENGTH),
        Field(
            "text",
            "Text",
            "longtext",
            required=True,
            hint="Markdown; headings part it into sections. Or drop a file: doc add",
        ),
        Field("audience", "Who may read it", "choice", value=Audience.TEAM.value, choices=choices),
    )
    return Form("Keep a document", fields, "doc add")


def _for_whom(audience: str) -> str:
    return {"team": "for the team", "stakeholders": "for stakeholders too", "public": "for everybody"}[audience]


@command("doc list", example="doc list", role=Role.VIEWER, writes=False, guests=True)
def list_(call: Call) -> Said:
    """The documents that you may read."""
    call.end()
    product = call.product
    rows = documents.listed(call.db, product.id, call.audience.reads)
    may_add = call.may(Role.MEMBER) or call.may(Role.LEAD)
    adding = (Button("Add a document", "doc add", form=True),) if may_add else ()
    if not rows:
        return Card(f"{product.name} · no documents", (Text("There is no document that you may read here."),), adding)
    lines = tuple(
        Line(
            row.title,
            "",
            f"{_for_whom(row.audience)} · {call.date_of(row.updated_at)}",
            (Button("Show", f"doc show {grammar.quote(row.title)}"),),
        )
        for row in rows
    )
    count = counted(len(rows), "document")
    return Card(f"{product.name} · {count}", (Items(lines),), adding)


@command(
    "doc show TITLE", example='doc show "Export notes"', role=Role.VIEWER, writes=False, guests=True, text="titled"
)
def show(call: Call) -> Said:
    """What a document says."""
    row = _document(call)
    text = row.text if len(row.text) <= SHOWN else f"{row.text[:SHOWN].rstrip()} …"
    where = f"{_for_whom(row.audience)} · {call.date_of(row.updated_at)}"
    return Card(row.title, (Text(escape(text)), Text(escape(where), subtle=True)))


@command("doc drop TITLE", example='doc drop "Export notes"')
def drop(call: Call) -> Said:
    """Take a document away; nothing is answered from it any more."""
    row = _document(call)
    call.db.delete(row)
    call.db.flush()
    return Card(f"{row.title} is dropped; nothing is answered from it any more")


def _document(call: Call) -> documents.Document:
    """The document that is named, among those that the asker may read."""
    product = call.product
    title = call.phrase()
    reads = call.audience.reads
    found = documents.find(call.db, product.id, title, reads) if title else None
    if found is None:
        names = [row.title for row in documents.listed(call.db, product.id, reads)]
        near = grammar.suggest(title, names) or (names[0] if names else "")
        verb = call.command.name
        better = f"{verb} {grammar.quote(near)}" if near else "doc list"
        why = f"There is no document called {shorten(title, 60)}." if title else "Which document?"
        raise Refused(why, better)
    return found

"""Documents that come as files: Markdown and text, dropped with a line or by themselves."""

from dataclasses import replace

import pytest

from core.chat.ask import Attachment
from core.chat.card import Reply
from core.product.documents import LENGTH
from tests.core.commands.talk import Talk, count_of, read, title

NOTES = "# Export notes\n\n## Limits\n\nArchived projects are left out of the CSV export.\n"


def drop(talk: Talk, line: str, content: str | bytes, name: str = "export-notes.md", who: str = "ann") -> Reply:
    held = content.encode() if isinstance(content, str) else content
    return talk.answer(replace(talk.ask(who, "#app", line), files=(Attachment(name, size=len(held), content=held),)))


@pytest.mark.parametrize(
    ("line", "content", "called"),
    [
        ('doc add "What is exported"', NOTES, "What is exported"),
        ("doc add What is exported", NOTES, "What is exported"),
        ("doc add", NOTES, "Export notes"),
        ("", NOTES, "Export notes"),
        ("doc add", "Archived projects are left out of the CSV export.", "Export notes"),
        ("doc add", NOTES.replace("\n", "\r\n").encode("utf-16"), "Export notes"),
        ("doc add", "\ufeff" + NOTES, "Export notes"),
    ],
)
def test_a_dropped_file_is_kept_and_answers(talk: Talk, line: str, content: str | bytes, called: str) -> None:
    told = drop(talk, line, content)
    assert title(told) == f"{called} is kept from export-notes.md · for the team; ask me what it says"
    said = talk.done("bob", "#app", "ask Are archived projects in the CSV export?")
    assert "“Archived projects are left out of the CSV export.”" in said
    assert called in said
    talk.done("ann", "#app", "undo")
    assert count_of(talk.database, "documents") == 0


def test_a_file_of_the_same_title_is_its_new_text_and_stays_for_whom_it_was(talk: Talk) -> None:
    told = title(drop(talk, "doc add audience=stakeholders", NOTES))
    assert told == "Export notes is kept from export-notes.md · for stakeholders too; ask me what it says"
    told = title(drop(talk, 'doc add "export notes"', "All projects are exported.", "new.txt"))
    assert told == "Export notes has its new text from new.txt · for stakeholders too; ask me what it says"
    assert "Archived" not in talk.done("ann", "#app", 'doc show "Export notes"')


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        ("", "export-notes.md", "export-notes.md is empty; nothing was read from it."),
        (b"PK\x03\x04rest", "notes.docx", "notes.docx holds no plain text. I keep Markdown and text files;"),
        (b"%PDF-1.7", "notes.md", "notes.md holds no plain text."),
        (b"What\0ever", "notes.md", "notes.md holds no plain text."),
        ("x" * (LENGTH + 1), "notes.md", f"A document holds {LENGTH:,} characters; this one has {LENGTH + 1:,}."),
        (b"x" * (4 * LENGTH + 1), "notes.md", "notes.md has 2 MB; in a chat I take up to 1."),
    ],
)
def test_a_file_that_is_no_document_is_refused(talk: Talk, content: str | bytes, name: str, why: str) -> None:
    reply = drop(talk, "doc add Notes", content, name)
    assert reply.refused.startswith(why)
    assert count_of(talk.database, "documents") == 0


def test_a_file_beside_a_text_of_several_lines_is_something_else(talk: Talk) -> None:
    told = drop(talk, 'doc add "Export notes" # Limits\nThere are none.', b"\x89PNG....", "limits.png")
    assert title(told).startswith("Export notes is kept · ")


def test_tables_are_still_imported_and_viewers_keep_nothing(talk: Talk) -> None:
    assert "old.csv" in read(drop(talk, "", "Summary,Issue key\nPay,A-1\n", "old.csv"))
    talk.done("ann", "#app", "team role @vi viewer")
    assert not drop(talk, "", NOTES, who="vi").ok
    assert count_of(talk.database, "documents") == 0

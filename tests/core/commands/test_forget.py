"""`forget`: whoever is forgotten stands nowhere in the whole database; their work stays."""

import re
from dataclasses import replace

from core.chat.ask import Attachment
from core.store.database import Database
from tests.core.commands.talk import Talk, count_of, rows

NAME = "Zebediah"


def _where(database: Database, name: str) -> list[str]:
    return [table for table, there in rows(database).items() if any(re.search(name, row, re.I) for row in there)]


def _busy(talk: Talk) -> None:
    """Somebody who leaves traces in every corner."""
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done(NAME, "#app", "backlog add Export invoices")
    talk.done(NAME, "#app", "backlog comment APP-1 It is I, Zebediah, who says so")
    talk.done(NAME, "#app", f"decide record {NAME} decides on colours because={NAME} has an eye")
    talk.done(NAME, "@", "mine")
    talk.done("ann", "#app", f"backlog edit APP-1 assignee=@{NAME} title=Export as @zebediah wants it")
    talk.done("ann", "#app", f"team role @{NAME} po until=friday")
    talk.done("ann", "#app", f"team tag @{NAME} marketing")
    talk.done("ann", "#app", f"team away @{NAME} tomorrow")
    talk.done("ann", "#app", "watch APP-1")
    talk.done(NAME, "#app", "backlog start APP-1")
    talk.done(NAME, "#app", "question add What does Zebediah's export hold? on=APP-1 to=@ann")


def test_whoever_is_forgotten_stands_nowhere_in_the_database(talk: Talk) -> None:
    _busy(talk)
    assert {"people", "identities", "asks", "changes", "items", "comments", "passages"} <= set(
        _where(talk.database, NAME)
    )
    said = talk.done("ann", "#app", f"forget @{NAME}", id="forget-me")
    assert NAME not in said
    assert _where(talk.database, NAME) == []


def test_the_work_of_the_forgotten_stays_and_can_be_found(talk: Talk) -> None:
    _busy(talk)
    talk.done("ann", "#app", f"forget @{NAME}")
    assert "Export as someone wants it" in talk.done("ann", "#app", "backlog show APP-1")
    assert "someone" in talk.done("ann", "#app", "history APP-1")
    assert NAME not in talk.done("ann", "#app", "team list")
    assert "APP-1" in talk.done("ann", "#app", "backlog search someone")
    talk.done("ann", "#app", "backlog done APP-1")


def test_whoever_comes_back_is_new(talk: Talk) -> None:
    _busy(talk)
    talk.done("ann", "#app", f"forget @{NAME}")
    assert "Nothing waits" in talk.done(NAME, "#app", "mine")


def test_a_name_within_a_word_is_no_name(talk: Talk) -> None:
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("Art", "#app", "backlog add Start the Artist page for Art")
    talk.done("ann", "#app", "forget @Art")
    assert "Start the Artist page for someone" in talk.done("ann", "#app", "backlog show APP-1")


def test_only_an_admin_forgets_and_not_themselves(talk: Talk) -> None:
    _busy(talk)
    assert "admin" in talk.refused(NAME, "#app", "forget @ann")
    assert "yourself" in talk.refused("ann", "#app", "forget me")
    assert "Who" in talk.refused("ann", "#app", "forget")


def test_files_and_pictures_in_which_the_name_may_stand_go_with_it(talk: Talk) -> None:
    _busy(talk)
    dropped = Attachment("old.csv", content=f"Summary,Assignee\nExport,{NAME}\n".encode(), size=30)
    talk.answer(replace(talk.ask("ann", "#app", "import"), files=(dropped,)))
    talk.done("ann", "#app", "metric define churn unit=%")
    talk.done("ann", "#app", "metric record churn 4 on=2026-11-01")
    talk.done("ann", "#app", "metric record churn 5 on=2026-11-20")
    talk.done("ann", "#app", "metric show churn")
    assert count_of(talk.database, "files") == 1
    assert count_of(talk.database, "pictures") >= 1
    said = talk.done("ann", "#app", f"forget @{NAME}")
    assert "I cannot reach a part of the name" in said
    assert count_of(talk.database, "files") == count_of(talk.database, "pictures") == 0


def test_a_name_that_is_nowhere_is_refused_and_one_that_only_stands_in_a_text_is_taken_out(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Ask Yolanda for the file")
    assert talk.refused("ann", "#app", "forget @nobodyknown").startswith("@nobodyknown is nowhere in what I keep")
    talk.done("ann", "#app", "forget @Yolanda")
    assert _where(talk.database, "Yolanda") == []

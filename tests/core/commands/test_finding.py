"""Items found by their words and by what they mean, what is related to one, and what is there already when one is
added."""

import sys
from pathlib import Path

import pytest

from core.commands import assemble
from core.knowledge.catching_up import catch_up
from core.knowledge.model import Model, find
from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, count_of, keys, lines, read, slack_team, title
from tests.databases import NOW


@pytest.fixture
def several(talk: Talk) -> Talk:
    titles = ("CSV export", "Invoices leave by e-mail", "Export of invoices for the bank", "Dark mode")
    for one in titles:
        talk.done("ann", "#app", f"backlog add {one}")
    return talk


# ---- searching ----


def test_a_search_shows_what_has_the_words_first_and_what_is_near_apart(several: Talk) -> None:
    several.done("ann", "#app", "backlog criteria APP-2 add Every exported invoice is attached")
    reply = several.say("bob", "#app", "backlog search invoices export")
    assert (reply.seen_by, title(reply)) == ("you", "Acme app · with “invoices export” · 1 item")
    assert keys(reply) == ["APP-3", "APP-2", "APP-1"] or keys(reply) == ["APP-3", "APP-1", "APP-2"]
    said = read(reply)
    assert said.index("APP-3") < said.index("Near in meaning") < said.index("APP-2")
    assert "Dark mode" not in said


def test_a_search_with_hits_enough_waits_for_no_index(talk: Talk) -> None:
    for n in range(5):
        talk.done("ann", "#app", f"backlog add Thing {n}")
    talk.database.memory.pop("shelf", None)
    reply = talk.say("ann", "#app", "backlog search thing")
    assert keys(reply) == [f"APP-{n}" for n in range(1, 6)]
    assert keys(talk.say("ann", "#app", "backlog search thing 3")) == ["APP-4"]
    assert "shelf" not in talk.database.memory, "the index was read"
    talk.done("ann", "#app", "backlog search things")
    assert "shelf" in talk.database.memory


def test_a_search_finds_what_is_meant_whatever_its_words(several: Talk) -> None:
    files = find(Path(sys.prefix) / "model", own=False)
    assert files is not None, "run: make setup"
    several.database.memory["model"] = Model(files)
    several.done("ann", "#app", "backlog add Sign in with the bank's app")
    catch_up(several.database, NOW)
    reply = several.say("bob", "#app", "backlog search login")
    assert (title(reply), keys(reply)) == ("Acme app · no item has these words", ["APP-5"])
    assert "no item fits" in several.done("bob", "#app", "backlog search football")


# ---- related ----


def test_a_card_leads_to_what_is_related(several: Talk) -> None:
    several.done("ann", "#app", "backlog add Export of all data as CSV")
    several.done("ann", "#app", "decide record CSV exports use semicolons because=the bank wants it so")
    several.done("ann", "#app", 'doc add "Export notes" # Limits\nThe CSV export leaves archived projects out.')
    several.done("bob", "#app", "question add Does the CSV export hold drafts? to=po")
    several.done("ann", "#app", "question answer Q-1 No, the CSV export holds no drafts")
    reply = several.press(several.say("bob", "#app", "backlog show APP-1"), "Related")
    assert (reply.seen_by, title(reply)) == ("you", "Related to APP-1 CSV export")
    said = read(reply)
    for part in (
        "APP-5 Export of all data as CSV",
        "D-1 CSV exports use semicolons",
        "Q-1 Does the CSV export hold drafts?",
        "Export notes › Limits",
    ):
        assert part in said
    assert "APP-1" not in keys(reply)
    assert "Dark mode" not in said
    for label in ("Open APP-1", "Open Q-1", "Open D-1", "Open Export notes"):
        assert several.press(reply, label).ok, label


def test_nothing_related_is_said_so(several: Talk) -> None:
    reply = several.say("ann", "#app", "backlog related APP-4")
    assert title(reply) == "APP-4 Dark mode · nothing related is written down"


def test_what_is_related_is_for_the_team(several: Talk) -> None:
    several.done("ann", "#app", "team role @vi viewer")
    assert "CSV" not in several.refused("vi", "#app", "backlog related APP-3")


# ---- what is there already ----


def test_an_item_that_is_there_already_is_named_beside_the_new_one(several: Talk) -> None:
    reply = several.say("bob", "#app", "backlog add Exporting as CSV points=3")
    assert title(reply) == "APP-5 added: Exporting as CSV · 3 pts"
    assert "Like APP-1 CSV export" in read(reply)
    assert "CSV export" in title(several.press(reply, "Open APP-1"))
    other = several.say("bob", "#app", "backlog add Two-factor login")
    assert (read(other), buttons(other)) == ("APP-6 added: Two-factor login", [])


def test_one_that_was_dropped_is_named_as_such_and_one_that_was_undone_is_not(several: Talk) -> None:
    several.done("ann", "#app", "backlog drop APP-4")
    assert "Like APP-4 Dark mode (dropped)" in several.done("bob", "#app", "backlog add Dark mode for everybody")
    several.done("bob", "#app", "undo")
    assert read(several.say("bob", "#app", "backlog add A mode for everybody")) == "APP-6 added: A mode for everybody"


def test_a_title_that_was_changed_is_found_by_what_it_says_now(several: Talk) -> None:
    several.done("ann", "#app", "backlog edit APP-4 title=Night colours")
    assert "Like APP-4 Night colours" in several.done("bob", "#app", "backlog add Colours of the night")
    assert "Like" not in several.done("bob", "#app", "backlog add The dark mode")


def test_pasted_lines_say_what_is_there_already(several: Talk) -> None:
    reply = several.say("bob", "#app", "backlog add\nExport as CSV points=2\nTwo-factor login")
    assert [(row.text, row.detail) for row in lines(reply)] == [
        ("Export as CSV", "points 2, like APP-1 CSV export"),
        ("Two-factor login", ""),
    ]


def test_the_same_words_are_found_behind_many_that_share_each_of_them(talk: Talk) -> None:
    """Of a common word only the latest are known."""
    talk.done("ann", "#app", "backlog add Archive invoices nightly")
    for word in ("Archive", "Invoices", "Nightly"):
        pasted = "\n".join(f"{word} thing{n} part{n} piece{n}" for n in range(60))
        talk.press(talk.say("ann", "#app", f"backlog add\n{pasted}"), "Add 60 items")
    assert "Like APP-1 Archive invoices nightly" in talk.done("ann", "#app", "backlog add Nightly archive of invoices")


def test_others_than_the_team_learn_of_no_item_that_is_like_theirs(database: Database) -> None:
    talk = slack_team(database, "T1")
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("ann", "#app", "backlog add Buy the competitor")
    talk.done("ann", "#app", "team role @Ubob member")
    assert "Like APP-1" in talk.done("bob", "#app", "backlog add Buying competitors")
    assert "Like APP-1" in talk.done("bob", "@", "backlog add Buying a competitor")
    said = talk.say("bob", "#elsewhere", "backlog add Buy competitors")
    assert said.ok
    assert read(said) == "APP-4 added: Buy competitors"


def test_a_viewer_is_told_of_no_feedback_but_their_own(talk: Talk) -> None:
    talk.done("ann", "#app", "team role @vi viewer")
    talk.done("bob", "#app", "feedback add We retype every invoice customer=North")
    said = talk.done("vi", "#app", "feedback add We retype all the invoices")
    assert "North" not in said
    assert "F-1" not in said
    again = talk.say("vi", "#app", "feedback add We retype each invoice")
    assert title(again) == "vi has said this already: F-2 · nothing has been saved yet"


def test_what_is_older_than_the_counting_of_words_is_counted_by_the_worker(several: Talk) -> None:
    several.done("bob", "#app", "feedback add We retype every invoice customer=North")
    Beneath(several.database).run("DELETE FROM words")
    several.done("ann", "#app", "backlog add Keyboard shortcuts")  # what comes meanwhile is kept
    assert "Like" not in several.done("bob", "#app", "backlog add Export as CSV")
    assemble(several.database)
    catch_up(several.database, NOW)
    assert "Like APP-1 CSV export" in several.done("bob", "#app", "backlog add CSV exporting")
    assert "Like APP-5 Keyboard shortcuts" in several.done("bob", "#app", "backlog add Shortcuts for the keyboard")
    told = several.done("bob", "#app", "feedback add We retype all the invoices customer=South")
    assert "F-1 We retype every invoice" in told


def test_of_a_new_product_nothing_is_left_to_be_counted(database: Database) -> None:
    """A worker that counted a million items would hold up everybody who writes."""
    talk = slack_team(database, "T1")
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("ann", "#app", "product new Other key=OTH")
    assert count_of(database, "words", "kind = ''") == 2

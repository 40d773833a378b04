"""`steward chat` as a pipe and a person meet it."""

import re
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.completion import DummyCompleter
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.console import LOCAL_HELP, Chat, Screen
from bot.lines import TERMINAL
from bot.terminal.hands import Typing
from core.chat.card import Button, Card, File, Picture
from core.commands.call import Call
from core.commands.dispatch import Steward
from core.commands.registry import REGISTRY, Registry, Said, command
from core.product import people, workspaces
from core.product.people import Role
from core.schedule import outbox
from core.schedule.recipients import to_channel
from core.store import pictures
from core.store.database import Database
from tests.databases import NOW

from .support import converse

SETUP = 'setup "Acme app" key=APP'


def after(out: str, line: str) -> str:
    """What was answered to a line, which is echoed behind its prompt."""
    return out.split(f"> {line}\n", 1)[1].split("\n\n", 1)[0]


# ---- a conversation through a pipe ----


def test_the_greeting_says_who_where_and_how_to_begin(steward: Steward) -> None:
    out = converse(steward)
    assert out.startswith("You are ann in #general. Type help, or quit to end.\n")
    assert 'No product is set up yet. Begin with: setup "Acme app"' in out


def test_the_greeting_names_the_product_of_the_place(steward: Steward) -> None:
    converse(steward, SETUP)
    out = converse(steward)
    assert out.startswith("You are ann in #general, about Acme app (APP). Type help")
    assert "Begin with" not in out


def test_lines_are_echoed_and_answered_in_order(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog add Export invoices points=5", "backlog list")
    assert after(out, "backlog add Export invoices points=5") == "APP-1 added: Export invoices · 5 pts"
    assert after(out, "backlog list") == "Acme app · 1 item\n  APP-1  Export invoices  5 pts\n[1] Show here"
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_help_tells_the_terminals_own_words_too(steward: Steward) -> None:
    assert " ".join(LOCAL_HELP.split()) in " ".join(converse(steward, "help").split())


@pytest.mark.parametrize("end", ["quit", "EXIT", "/quit"])
def test_nothing_is_heard_after_the_end(steward: Steward, end: str) -> None:
    out = converse(steward, SETUP, end, "backlog add Too late")
    assert "Too late" not in out


def test_an_empty_line_of_a_pipe_is_help(steward: Steward) -> None:
    assert "What you can say" in converse(steward, "")


def test_a_refusal_says_what_to_try(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog done APP-99")
    assert after(out, "backlog done APP-99") == "APP-99 is not in Acme app.\nTry: backlog list"


# ---- buttons ----


def test_a_number_presses_its_button(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog add One", "backlog show APP-1", "1", "backlog show APP-1")
    assert "[1] Start" in after(out, "backlog show APP-1")
    assert "APP-1" in after(out, "1")
    assert "doing" in out.rsplit("backlog show APP-1", 1)[1]


def test_more_pages_through_a_long_list(steward: Steward) -> None:
    adds = [f"backlog add Item {n}" for n in range(1, 46)]
    out = converse(steward, SETUP, *adds, "backlog list", "1", "1")
    pages = out.split("> backlog list\n", 1)[1]
    assert re.findall(r"APP-\d+ +Item (\d+)\n", pages) == [str(n) for n in range(1, 46)]


def test_buttons_stay_until_others_are_shown(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog add One", "backlog show APP-1", "backlog add Two", "2")
    assert "done" in after(out, "2")


def test_a_number_without_its_button_presses_nothing(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog add One", "backlog list", "7", "0")
    assert after(out, "7") == "There is no button 7; there is only 1."
    assert after(out, "0") == "There is no button 0; there is only 1."
    assert "there are 1 to 2." in converse(steward, "help", "3")


def test_buttons_of_somebody_else_or_elsewhere_are_gone(steward: Steward) -> None:
    for change in ("/as bob", "/in #ops"):
        out = converse(steward, SETUP, "backlog list", change, "1")
        assert "I do not know “1”" in after(out, "1")


# ---- who and where ----


def test_as_and_in_change_who_speaks_and_where(steward: Steward) -> None:
    lines = (SETUP, "backlog add One", "/as @bob", "/in ops", "backlog start APP-1", "/in @steward", "history APP-1")
    out = converse(steward, *lines)
    assert "\nbob #general> /in ops\n" in out
    assert "\nbob #ops> backlog start APP-1\n" in out
    assert "\nbob @steward> history APP-1\n" in out
    assert "bob, 1 Dec" in out.rsplit("> history", 1)[1]


@pytest.mark.parametrize("line", ["/", "/as", "/in", "/as a b", "/in #a b", "/as \x1b[31m", "/nonsense"])
def test_what_is_no_line_of_the_terminal_is_told_what_is(steward: Steward, line: str) -> None:
    out = converse(steward, line, "quit")
    assert "Here besides: /as bob and /in #ops" in out
    assert out.endswith("\nann #general> quit\n")


def test_slash_commands_as_in_slack_are_heard(steward: Steward) -> None:
    out = converse(steward, SETUP, "/backlog add One")
    assert after(out, "/backlog add One") == "APP-1 added: One"


# ---- forms ----


def test_a_form_is_filled_in_line_by_line(steward: Steward) -> None:
    answers = ("Export invoices", "bug", "many", "ui", "@bob", "", "", "", "", "", "first line", "second line", "", "5")
    out = converse(steward, SETUP, "backlog add", *answers, "backlog show APP-1")
    asked = after(out, "backlog add")
    assert asked.splitlines()[:2] == ["Add an item", "Title (required): Export invoices"]
    assert "points wants a number such as 5, not “many”.\nPoints [many]: 5" in out
    shown = after(out, "backlog show APP-1")
    assert "Points    5" in shown
    assert "Type      bug" in shown
    assert "first line" in out.rsplit("> backlog show", 1)[1]


def test_a_form_that_the_input_does_not_finish_saves_nothing(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog add", "Export invoices", "bug")
    said = "The input ended before the form did, and nothing was saved. Not answered: Points, Labels, Assignee,"
    assert said in " ".join(out.split())
    assert "no items yet" in converse(steward, "backlog list")


def test_a_button_may_open_a_form(steward: Steward) -> None:
    out = converse(steward, SETUP, "backlog list", "1", "Export invoices", *[""] * 10)
    assert "[1] Add an item" in out
    assert "APP-1 added: Export invoices" in out


# ---- what is kept and shown ----


def _with_a_file(database: Database) -> Steward:
    registry = Registry()
    registry.commands.update(REGISTRY.commands)
    registry.groups.update(REGISTRY.groups)

    @command("given", example="given", role=Role.VIEWER, writes=False, registry=registry)
    def given(_call: Call) -> Said:
        """A file."""
        return Card("Here it is", (File("../backlog.json", "application/json", text="{}"),))

    return Steward(database, registry)


def test_a_file_is_saved_in_this_folder_and_never_over_another(
    steward: Steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with_file = _with_a_file(steward.database)
    out = converse(with_file, "/save", "given", "/save", "/save", "/save other.json", "/save no/such/folder")
    assert "No file was shown yet." in out
    assert "Written to backlog.json." in out
    assert "backlog.json is there already. Try: /save another-name" in out
    assert "no/such/folder cannot be written: No such file or directory." in out
    assert [file.name for file in sorted(here.iterdir())] == ["backlog.json", "other.json"]
    assert (here / "backlog.json").read_text() == "{}"
    assert not (tmp_path / "backlog.json").exists()


def test_a_picture_is_told_in_words_and_saved_on_request(
    steward: Steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    converse(steward, SETUP)
    with steward.database.transaction(write=True, now=NOW) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        place = to_channel(db, next(iter(directory.products)))
        assert place is not None
        kept, gone = Picture(pictures.keep(db, b"png"), "Burndown: 12 of 30 points left"), Picture("gone", "Gone")
        outbox.post(db, "kept", place, Card("Sprint 4", (kept,), (Button("Mine", "mine"),)))
    out = converse(steward, "help", "/save")
    assert "To #general:" in out
    assert "Picture: Burndown: 12 of 30 points left. /save writes it here." in out
    assert (tmp_path / "burndown-12-of-30-points-left.png").read_bytes() == b"png"
    with steward.database.transaction(write=True, now=NOW) as db:
        workspaces.enter(db, TERMINAL)
        outbox.post(db, "gone", place, Card("Sprint 3", (gone,)))
    assert "no longer kept" in converse(steward, "help", "/save")


def test_what_people_wrote_never_reaches_the_terminal_as_a_command_to_it(steward: Steward) -> None:
    evil = "backlog add \x1b[31mred\x1b]0;title\x07 [bold]x[/bold]"
    out = converse(steward, SETUP, evil, "backlog list")
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]x[/bold]" in out


# ---- a person's keys ----


def type_(steward: Steward, keys: str, folder: Path, items: dict[str, str] | None = None) -> str:
    """What the screen shows, besides the prompts, while these keys are typed."""
    out = StringIO()
    steward.connect(TERMINAL, NOW)
    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        keyboard.close()
        hand = Typing(DummyCompleter(), folder, keyboard, DummyOutput())
        console = Screen(plain=True, file=out, width=80, height=1000)
        Chat(steward, lambda: NOW, console, hand, {} if items is None else items, "ann").run()
    return out.getvalue()


def test_an_empty_line_and_ctrl_c_do_nothing(steward: Steward, tmp_path: Path) -> None:
    greeting = type_(steward, "", tmp_path)
    assert type_(steward, "\r  \rbacklog add thrown away\x03\r", tmp_path) == greeting


def test_a_form_that_is_left_goes_on_with_what_was_typed(steward: Steward, tmp_path: Path) -> None:
    keys = f"{SETUP}\rbacklog add\rExport invoices\r\x03backlog add" + "\r" * 12
    out = type_(steward, keys, tmp_path)
    assert "Left, and nothing was saved. “backlog add” goes on with what you typed." in out
    assert "APP-1 added: Export invoices" in out


def test_a_form_that_is_left_untouched_says_only_that(steward: Steward, tmp_path: Path) -> None:
    out = type_(steward, f"{SETUP}\rbacklog add\r\x03", tmp_path)
    assert "Left, and nothing was saved.\n" in out


def test_pasted_lines_are_one_line_said(steward: Steward, tmp_path: Path) -> None:
    pasted = "\x1b[200~backlog add\none\r\ntwo\x1b[201~"
    out = type_(steward, f"{SETUP}\r{pasted}\r1\rbacklog list\r", tmp_path)
    assert "2 items · nothing has been added yet" in out
    assert "2 items added" in out


def test_items_shown_last_are_what_is_completed(steward: Steward, tmp_path: Path) -> None:
    items: dict[str, str] = {}
    type_(steward, f"{SETUP}\rbacklog add One\rbacklog add Two\rbacklog list\r", tmp_path, items)
    assert items == {"APP-1": "One", "APP-2": "Two"}
    type_(steward, "backlog search two\rhelp\rsetup sm=bob\r", tmp_path, items)
    assert items == {"APP-2": "Two"}

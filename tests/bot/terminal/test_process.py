"""`steward chat` as a process: through a pipe, in a terminal, and the history it keeps."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from prompt_toolkit.history import InMemoryHistory

from bot.terminal.hands import kept_history

from .support import ROOT, Tty, command, environment, piped, terminal

SETUP = 'setup "Acme app" key=APP'
PROMPT = "#general>"
COLOUR = re.compile(r"\x1b\[[\d;]*(3[0-7]|9[0-7]|38;[\d;]+)m")


# ---- a demonstration ----


def begun(tty: Tty) -> None:
    """Set Acme up, and wait for the next prompt."""
    tty.until(PROMPT)
    tty.type(f"{SETUP}\r")
    tty.until("items are called APP-1")
    tty.until(PROMPT)


def test_a_demo_has_an_example_to_work_on_and_leaves_nothing(tmp_path: Path) -> None:
    said = b"backlog done APP-1\nbacklog list\nquit\n"
    env = {**environment(tmp_path), "TMPDIR": str(tmp_path)}
    made = [*command()[:-1], "demo"]
    run = subprocess.run(made, cwd=ROOT, env=env, input=said, capture_output=True, check=False)
    out = run.stdout.decode()
    assert run.returncode == 0, run.stderr
    assert "APP-1 CSV export of invoices: done" in out
    assert "APP-2  Umlauts" in out
    assert b"Nothing said here is kept" in run.stderr
    assert not (tmp_path / "steward.db").exists(), "the ordinary database is left alone"
    assert not list(tmp_path.glob("steward-demo-*"))


# ---- through a pipe ----


def test_a_pipe_gets_plain_text_and_the_end_of_input_ends_it(tmp_path: Path) -> None:
    run = piped(tmp_path, f"{SETUP}\nbacklog add Größe – 尺寸\nbacklog list")
    assert (run.returncode, run.stderr) == (0, b"")
    out = run.stdout.decode()
    assert out.startswith("You are ann in #general.")
    assert "  APP-1  Größe – 尺寸\n" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert (tmp_path / "steward.db").exists()
    assert not (tmp_path / "steward").exists(), "a pipe keeps no history"


def test_columns_says_how_wide(tmp_path: Path) -> None:
    run = piped(tmp_path, "help\nquit\n", COLUMNS="50")
    widths = [len(line) for line in run.stdout.decode().splitlines()]
    assert 40 < max(widths) <= 50


@pytest.mark.parametrize("charset", ["C.UTF-8", "C"])
def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path, charset: str) -> None:
    run = piped(tmp_path, b"backlog \xff\xfe\nquit\n", LC_ALL=charset)
    assert run.returncode == 0
    assert b"Traceback" not in run.stderr + run.stdout


def test_an_output_of_few_letters_gets_question_marks(tmp_path: Path) -> None:
    run = piped(tmp_path, f"{SETUP}\nquit\n", PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"Acme app is set up in #general ? items" in run.stdout


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    made = command(*arguments)
    env = environment(tmp_path)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(made, cwd=ROOT, env=env, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        line = '{"as": "ann", "say": "help"}\n' if arguments else "help\n"
        process.stdin.write(line.encode() * 50)
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


# ---- in a terminal ----


def test_a_person_sets_up_completes_adds_and_leaves(tmp_path: Path) -> None:
    with terminal(tmp_path) as tty:
        assert "You are ann in #general" in tty.until(PROMPT)
        tty.type(f"{SETUP}\r")
        tty.until("items are called APP-1")
        tty.until(PROMPT)
        tty.type("backl")
        tty.until("add, list")  # the menu
        tty.type("\tadd Export invoices type=bug\r")
        tty.until("APP-1 added: Export invoices · bug")
        tty.until(PROMPT)
        tty.type("\x04")
        assert tty.process.wait(timeout=30) == 0


def test_ctrl_c_clears_the_line_and_leaves_a_form(tmp_path: Path) -> None:
    with terminal(tmp_path) as tty:
        tty.until(PROMPT)
        tty.type("quit\x03")
        tty.until(PROMPT)
        tty.type(f"{SETUP}\r")
        tty.until("items are called APP-1")
        tty.type("backlog add\r")
        tty.until("Title (required):")
        tty.type("\x03")
        tty.until("Left, and nothing was saved.")
        tty.until(PROMPT)
        tty.type("quit\r")
        assert tty.process.wait(timeout=30) == 0


def test_a_stand_up_answer_that_is_half_typed_outlives_the_process(tmp_path: Path) -> None:
    with terminal(tmp_path) as tty:
        begun(tty)
        tty.type("standup new Daily days=mon-sun\r")
        tty.until("Daily stand-up begins")
        tty.until(PROMPT)
        tty.type("standup answer Daily for=tomorrow\r")
        tty.until("What did you do since last time?")
        tty.type("imports\r\r")
        tty.until("What will you do today?")
        tty.process.kill()
        tty.process.wait(timeout=30)
    with terminal(tmp_path) as tty:
        tty.until(PROMPT)
        tty.type("standup answer Daily for=tomorrow\r")
        tty.until("What did you do since last time?")
        tty.until("imports")
        tty.type("\x03")
        tty.until("Left")


def test_no_color_takes_the_colours_away(tmp_path: Path) -> None:
    with terminal(tmp_path, PAGER="cat") as tty:
        tty.until(PROMPT)
        tty.type("help\r")
        assert COLOUR.search(tty.until("Here besides"))
    with terminal(tmp_path, NO_COLOR="1", PAGER="cat") as tty:
        tty.until(PROMPT)
        tty.type("help\r")
        assert not COLOUR.search(tty.until("Here besides"))


def test_a_dumb_terminal_gets_no_escape_sequence(tmp_path: Path) -> None:
    with terminal(tmp_path, TERM="dumb") as tty:
        assert tty.until(PROMPT).count("ann #general>") == 1
        tty.type("help\n")
        tty.until("Here besides")
        tty.until(PROMPT)
        tty.type("quit\n")
        assert tty.process.wait(timeout=30) == 0
        assert b"\x1b" not in tty.seen


@pytest.mark.skipif(not shutil.which("less"), reason="less is not installed: then nothing is paged")
def test_what_is_higher_than_the_screen_is_paged(tmp_path: Path) -> None:
    with terminal(tmp_path, PAGER="sed s/^/paged:/", COLUMNS="80", LINES="24") as tty:
        tty.until(PROMPT)
        tty.type("help all\r")
        tty.until("paged:")
        tty.until("backlog show")
        tty.until(PROMPT)
        tty.type("undo\r")
        assert "paged:" not in tty.until(PROMPT)


# ---- history ----


def test_history_is_the_owners_alone_and_is_there_next_time(tmp_path: Path) -> None:
    with terminal(tmp_path) as tty:
        begun(tty)
        tty.type("\x04")
        tty.process.wait(timeout=30)
    kept = tmp_path / "steward" / "chat-history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    with terminal(tmp_path) as tty:
        tty.until(PROMPT)
        tty.type("\x1b[A")
        assert "Acme" in tty.until("key=APP")


def test_numbers_that_pressed_buttons_are_not_kept(tmp_path: Path) -> None:
    history = kept_history(tmp_path)
    for line in ("backlog list", "1", "backlog show APP-1"):
        history.store_string(line)
    assert list(kept_history(tmp_path).load_history_strings()) == ["backlog show APP-1", "backlog list"]


def test_an_open_history_file_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "chat-history").touch(mode=0o644)
    kept_history(tmp_path)
    assert stat.S_IMODE((tmp_path / "chat-history").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_means_no_history_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(kept_history(tmp_path / "file" / "steward"), InMemoryHistory)


def test_a_history_that_cannot_be_written_any_more_loses_only_itself(tmp_path: Path) -> None:
    history = kept_history(tmp_path / "steward")
    shutil.rmtree(tmp_path / "steward")
    history.store_string("backlog list")
    assert not (tmp_path / "steward").exists()

"""Forms as prompts: every field is asked once, a wrong one again, and nothing typed is lost."""

from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import DummyCompleter
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.console import Screen
from bot.terminal.forms import Typed, Wrong, as_typed, changed, fill, prompt_of, value_of
from bot.terminal.hands import Left, Piped, Typing
from core.chat.card import Card, Choice, Field, Form, Reply
from tests.gallery import FIELDS, FORMS

TITLE = Field("title", "Title", required=True)
POINTS = Field("points", "Points", "number", value="3")
TYPE = Field("type", "Type", "choice", value="story", choices=(Choice("Story", "story"), Choice("Bug", "bug")))
DESCRIPTION = Field("description", "Description", "longtext", value="One\n\ntwo")
LABELS = Field("labels", "Labels", "choices", choices=(Choice("UI", "ui"), Choice("The API", "api")))
DONE = Reply(ok=True, card=Card("Saved"))


class Desk:
    """Takes what is submitted, and refuses it as long as there are refusals."""

    def __init__(self, *refusals: Mapping[str, str]) -> None:
        self._refusals = list(refusals)
        self.submitted: list[Mapping[str, Any]] = []

    def submit(self, values: Mapping[str, Any]) -> Reply:
        self.submitted.append(values)
        if not self._refusals:
            return DONE
        return Reply(ok=False, refused="No.", errors=tuple(self._refusals.pop(0).items()))


def pipe(form: Form, lines: Iterable[str], desk: Desk, typed: Typed | None = None) -> tuple[Reply | None, str]:
    """A form filled in from a pipe; what was written."""
    out = StringIO()
    console = Screen(plain=True, file=out, width=80)
    hand = Piped(StringIO("".join(f"{line}\n" for line in lines)), console)
    tell = lambda error: console.print(error)  # noqa: E731
    return fill(form, hand, {} if typed is None else typed, tell, desk.submit), out.getvalue()


def type_(keys: str, form: Form, desk: Desk, folder: Path, typed: Typed | None = None) -> Reply | None:
    """A form filled in by keys."""
    with create_pipe_input() as keyboard:
        return _typed(keyboard, keys, form, desk, folder, {} if typed is None else typed)


def _typed(keyboard: PipeInput, keys: str, form: Form, desk: Desk, folder: Path, typed: Typed) -> Reply | None:
    keyboard.send_text(keys)
    keyboard.close()  # a prompt too many is told, not waited for
    hand = Typing(DummyCompleter(), folder, keyboard, DummyOutput())
    return fill(form, hand, typed, lambda _error: None, desk.submit)


# ---- from a pipe ----


def test_fields_are_asked_in_order_and_an_empty_line_keeps_what_stands_there() -> None:
    desk = Desk()
    reply, out = pipe(Form("Add", (TITLE, POINTS, TYPE), "backlog add"), ["Export", "", "BUG"], desk)
    assert reply == DONE
    assert desk.submitted == [{"title": "Export", "points": "3", "type": "bug"}]
    assert out == "Title (required): Export\nPoints [3]:\nType (Story, Bug) [Story]: BUG\n"


def test_a_required_field_is_asked_until_it_is_given() -> None:
    desk = Desk()
    _, out = pipe(Form("Add", (TITLE,), "backlog add"), ["", "  ", "Export"], desk)
    assert desk.submitted == [{"title": "Export"}]
    assert out.count("Title is needed.") == 2


def test_a_wrong_choice_is_named_and_asked_again() -> None:
    desk = Desk()
    _, out = pipe(Form("Add", (TYPE,), "backlog add"), ["bgu", "bug"], desk)
    assert "Type is one of Story, Bug; “bgu” is none." in out
    assert desk.submitted == [{"type": "bug"}]


def test_only_the_field_that_was_refused_is_asked_again_with_what_was_typed() -> None:
    desk = Desk({"points": "Points are a number."}, {"points": "Still no number."})
    reply, out = pipe(Form("Add", (TITLE, POINTS), "backlog add"), ["Export", "many", "", "8"], desk)
    assert reply == DONE
    assert [one["points"] for one in desk.submitted] == ["many", "many", "8"]
    assert out.splitlines()[-4:] == ["Points are a number.", "Points [many]:", "Still no number.", "Points [many]: 8"]


def test_a_refusal_of_the_whole_form_ends_it() -> None:
    desk = Desk({})
    reply, _ = pipe(Form("Add", (TITLE,), "backlog add"), ["Export", "again"], desk)
    assert reply is not None
    assert (reply.ok, len(desk.submitted)) == (False, 1)


def test_an_error_that_came_with_the_form_is_shown_at_its_field() -> None:
    form = FORMS["errors"]
    _, out = pipe(form, ["Export", "5", "friday"], Desk())
    lines = out.splitlines()
    assert lines.index("Points are a number, such as 5.") == lines.index("Title (required): Export") + 1


def test_a_long_text_takes_lines_until_an_empty_one() -> None:
    desk = Desk()
    form = Form("Add", (DESCRIPTION, POINTS), "backlog add")
    pipe(form, ["first", "second", "", "5"], desk)
    pipe(form, ["", "5"], desk)
    assert [one["description"] for one in desk.submitted] == ["first\nsecond", "One\n\ntwo"]


def test_the_end_of_the_input_submits_nothing() -> None:
    desk, typed = Desk(), dict[str, str]()
    with pytest.raises(EOFError):
        pipe(Form("Add", (TITLE, POINTS), "backlog add"), ["Export"], desk, typed)
    assert (desk.submitted, typed) == ([], {"title": "Export"})


# ---- at a terminal ----


def test_a_default_can_be_edited(tmp_path: Path) -> None:
    desk = Desk()
    type_("\x01CSV \r\x7f5\r", Form("Edit", (Field("title", "Title", value="export"), POINTS), "x"), desk, tmp_path)
    assert desk.submitted == [{"title": "CSV export", "points": "5"}]


def test_a_long_text_is_edited_and_ends_with_an_empty_line_at_its_end(tmp_path: Path) -> None:
    desk = Desk()
    type_("\rthree\r\r", Form("Edit", (DESCRIPTION,), "x"), desk, tmp_path)
    assert desk.submitted == [{"description": "One\n\ntwo\nthree"}]


def test_enter_on_an_empty_line_in_the_middle_adds_a_line(tmp_path: Path) -> None:
    desk = Desk()
    type_("\x1b[A\r\x1b\r", Form("Edit", (DESCRIPTION,), "x"), desk, tmp_path)
    assert desk.submitted == [{"description": "One\n\n\ntwo"}]


def test_alt_enter_ends_a_long_text_anywhere(tmp_path: Path) -> None:
    desk = Desk()
    type_("\x1b[A\x1b\r", Form("Edit", (DESCRIPTION,), "x"), desk, tmp_path)
    assert desk.submitted == [{"description": "One\n\ntwo"}]


def test_a_refused_field_is_asked_again_at_the_terminal(tmp_path: Path) -> None:
    desk = Desk({"points": "Points are a number."})
    form = Form("Add", (TITLE, POINTS), "x")
    type_("Export\r\x15many\r\x01" + "\x0b" + "8\r", form, desk, tmp_path)
    assert desk.submitted == [{"title": "Export", "points": "many"}, {"title": "Export", "points": "8"}]


@pytest.mark.parametrize("leave", ["\x03", "\x15\x04"])
def test_leaving_a_form_keeps_what_was_typed(tmp_path: Path, leave: str) -> None:
    desk, typed = Desk(), dict[str, str]()
    form = Form("Add", (TITLE, POINTS), "x")
    with pytest.raises(Left):
        type_(f"Export\r\x157{leave}", form, desk, tmp_path, typed)
    assert desk.submitted == []
    assert typed == {"title": "Export", "points": "7" if leave == "\x03" else ""}
    type_("\r\x159\r", form, desk, tmp_path, changed(form, typed))
    assert desk.submitted == [{"title": "Export", "points": "9"}]


def test_what_was_not_touched_is_read_afresh(tmp_path: Path) -> None:
    form = Form("Edit", (TITLE, POINTS, DESCRIPTION), "x")
    assert changed(form, {"title": "", "points": "3", "description": "One\n\ntwo"}) == {}
    assert changed(form, {"points": "4"}) == {"points": "4"}


# ---- fields and values ----


@pytest.mark.parametrize("field", FIELDS, ids=[field.type for field in FIELDS])
def test_an_untouched_field_submits_what_stood_in_it(field: Field) -> None:
    several = field.type in ("choices", "people")
    assert value_of(field, as_typed(field)) == (field.value.splitlines() if several else field.value)


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (LABELS, "the api, UI,", ["api", "ui"]),
        (LABELS, "", []),
        (TYPE, "", ""),
        (TYPE, "STORY", "story"),
        (Field("epic", "Epic", "choice"), "anything", "anything"),
        (Field("urgent", "Urgent", "check"), "Y", "yes"),
        (Field("urgent", "Urgent", "check"), "no", ""),
        (Field("with", "With", "people"), "@ann, bob", ["@ann", "bob"]),
    ],
)
def test_what_is_typed_is_submitted_as(field: Field, typed: str, value: str | list[str]) -> None:
    assert value_of(field, typed) == value


@pytest.mark.parametrize(
    ("field", "typed"),
    [(TITLE, "  "), (LABELS, "ui, x"), (TYPE, "x"), (Field("urgent", "Urgent", "check"), "perhaps")],
)
def test_what_cannot_be_meant_is_refused_at_the_field(field: Field, typed: str) -> None:
    with pytest.raises(Wrong, match=field.label):
        value_of(field, typed)


def test_a_prompt_says_what_the_field_wants() -> None:
    assert prompt_of(TITLE) == "Title (required)"
    assert prompt_of(DESCRIPTION) == "Description (several lines; an empty one ends it)"
    assert prompt_of(LABELS) == "Labels (UI, The API; with commas between them)"
    many = FORMS["150 choices"].fields[0]
    assert prompt_of(many).endswith("Epic 7 … 150 in all)")
    assert prompt_of(Field("due", "Due", "date")) == "Due (a day such as 2026-12-24 or friday)"

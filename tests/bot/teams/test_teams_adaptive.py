"""Every card and form of the gallery, drawn for Teams and held against the published schema and Teams' own limits."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft6Validator

from bot.teams.adaptive import LIMITS, NOWHERE, Addresses, adaptive, bar, fill_in, sentence, size, words
from bot.teams.inputs import INPUT_LIMITS, OURS, dialog, dialog_title, picked, submitted
from core.chat.card import Button, Card, Choice, Divider, Field, File, Form, Picture, Quote, Reply, Table, Text, escape
from tests.gallery import FORMS, GALLERY, HOSTILE

REACHABLE = Addresses(
    picture=lambda name: f"https://steward.example/{name}",
    file=lambda number, name: f"https://steward.example/{number}",
)
SCHEMA = Path(__file__).parents[4] / "shared" / "schemas" / "adaptive-card-1.5.0.json"


@pytest.fixture(scope="module")
def schema() -> Draft6Validator:
    if not SCHEMA.exists():
        assert "CI" not in os.environ, f"{SCHEMA} is missing"
        pytest.skip("the Adaptive Card schema (../shared/schemas) is not here")
    return Draft6Validator(json.loads(SCHEMA.read_text()))


def every(drawn: Any) -> Iterator[dict[str, Any]]:
    """Each object anywhere in a drawn card."""
    if isinstance(drawn, dict):
        yield drawn
        for value in drawn.values():
            yield from every(value)
    elif isinstance(drawn, list):
        for value in drawn:
            yield from every(value)


def shown_text(drawn: Any) -> str:
    """What a reader sees, a block a line."""
    blocks = (o for o in every(drawn) if o.get("type") == "RichTextBlock")
    return "\n".join("".join(run["text"] for run in block["inlines"]) for block in blocks)


def of_type(drawn: Any, kind: str) -> list[dict[str, Any]]:
    return [o for o in every(drawn) if o.get("type") == kind]


def without_extensions(drawn: Any) -> Any:
    """Without what Teams adds to the schema: `msteams`, and `choices.data` of its people picker."""
    if isinstance(drawn, dict):
        return {k: without_extensions(v) for k, v in drawn.items() if k not in ("choices.data", "msteams")}
    return [without_extensions(v) for v in drawn] if isinstance(drawn, list) else drawn


def check(drawn: dict[str, Any], schema: Draft6Validator) -> None:
    error = next(iter(schema.iter_errors(without_extensions(drawn))), None)
    assert error is None, error
    for actions in [drawn.get("actions", []), *(o["actions"] for o in of_type(drawn, "ActionSet"))]:
        assert len(actions) <= LIMITS.actions_in_a_set
    assert not of_type(drawn, "TextBlock")
    assert not of_type(drawn, "FactSet")


@pytest.mark.parametrize("name", GALLERY)
def test_a_gallery_card_is_valid_and_small_enough(name: str, schema: Draft6Validator) -> None:
    for addresses in (NOWHERE, REACHABLE):
        drawn = adaptive(GALLERY[name], addresses)
        check(drawn, schema)
        assert size(drawn) <= LIMITS.card_bytes


@pytest.mark.parametrize("name", FORMS)
def test_a_gallery_form_is_valid_and_small_enough(name: str, schema: Draft6Validator) -> None:
    drawn = dialog(FORMS[name])
    check(drawn, schema)
    assert len(json.dumps(drawn)) <= INPUT_LIMITS.dialog_bytes
    assert len(dialog_title(FORMS[name])) <= INPUT_LIMITS.title_characters


@pytest.mark.parametrize("name", [n for n, card in GALLERY.items() if size(adaptive(card)) < 20_000])
def test_nothing_of_a_card_that_fits_is_lost(name: str) -> None:
    card, drawn = GALLERY[name], adaptive(GALLERY[name])
    assert card.title in shown_text(drawn)
    said = [action["data"]["say"] for action in of_type(drawn, "Action.Execute") + of_type(drawn, "Action.Submit")]
    assert {button.say for button in card.buttons} <= set(said)


@pytest.mark.parametrize(
    "name", ["show, 74,000 characters", "300 lines", "table of 150 rows", "a word of 9,000 characters"]
)
def test_a_card_too_large_is_put_into_words_and_says_so(name: str) -> None:
    card = GALLERY[name]
    assert size(adaptive(Card(card.title))) < LIMITS.card_bytes
    drawn = adaptive(card)
    text = shown_text(drawn)
    if name != "a word of 9,000 characters":
        assert "Teams takes no larger card" in text
    assert {b.say for b in card.buttons} <= {a["data"]["say"] for a in drawn.get("actions", [])}


def test_a_card_cut_short_says_how_much_of_it_stands_there() -> None:
    text = shown_text(adaptive(GALLERY["show, 74,000 characters"]))
    found = re.search(r"the first ([\d,]+) of ([\d,]+)", text)
    assert found
    first, whole = (int(number.replace(",", "")) for number in found.groups())
    assert 10_000 < first < whole
    assert whole > 74_000


def test_buttons_beyond_the_room_are_counted_not_forgotten() -> None:
    card = Card("Long", (Text("x" * 30_000),), tuple(Button(f"Vote {n}", f"vote {n} " + "y" * 300) for n in range(90)))
    drawn = adaptive(card)
    shown = len(of_type(drawn, "Action.Execute"))
    assert 0 < shown < 90
    assert f"{90 - shown} more buttons do not fit" in shown_text(drawn)
    assert size(drawn) <= LIMITS.card_bytes


def test_hostile_text_reads_the_same_and_does_nothing() -> None:
    drawn = adaptive(GALLERY["hostile"])
    assert shown_text(drawn).count(HOSTILE) >= 10
    assert not any("selectAction" in o for o in every(drawn))
    assert not any("entities" in o.get("msteams", {}) for o in every(drawn))
    assert HOSTILE not in drawn["fallbackText"], "an old client reads it as Markdown"
    assert escape(HOSTILE) in drawn["fallbackText"]


def test_an_old_client_reads_buttons_as_buttons_and_no_link() -> None:
    card = Card("Vision [x](https://evil.example)", (), (Button("Write it", "product vision"),))
    fallback = adaptive(card)["fallbackText"]
    assert fallback == "Vision \\[x\\](https://evil.example)\n[Write it]"


def test_small_markdown_becomes_styled_runs() -> None:
    (first, second) = adaptive(Card("", (Text("**b** _i_ `c` [l](https://example.com)\nnext"),)))["body"]
    runs = {run["text"]: run for run in first["inlines"]}
    assert runs["b"]["weight"] == "Bolder"
    assert runs["i"]["italic"] is True
    assert runs["c"]["fontType"] == "Monospace"
    assert runs["l"]["selectAction"] == {"type": "Action.OpenUrl", "url": "https://example.com"}
    assert second["inlines"][0]["text"] == "next"


def test_a_button_executes_and_falls_back_to_a_submit() -> None:
    (action,) = adaptive(Card("", (), (Button("Done", "backlog done APP-1", style="primary"),)))["actions"]
    assert (action["type"], action["verb"], action["style"]) == ("Action.Execute", "say", "positive")
    assert action["data"] == action["fallback"]["data"] == {"say": "backlog done APP-1"}
    assert action["fallback"]["type"] == "Action.Submit"


def test_a_form_button_opens_a_dialog() -> None:
    (action,) = adaptive(fill_in(FORMS["add"]))["actions"]
    assert action["title"] == "Fill in"
    assert action["type"] == "Action.Submit"
    assert action["data"] == {"say": "backlog add", "msteams": {"type": "task/fetch"}}


def test_sixty_buttons_stand_in_sets_of_six() -> None:
    drawn = adaptive(GALLERY["60 buttons"])
    assert "actions" not in drawn
    assert [len(s["actions"]) for s in of_type(drawn, "ActionSet")] == [6] * 10


def test_a_divider_rules_off_what_follows() -> None:
    first, second = adaptive(Card("", (Text("a"), Divider(), Divider(), Text("b"))))["body"]
    assert "separator" not in first
    assert second["separator"] is True


def test_a_picture_is_shown_where_it_has_an_address_and_told_otherwise() -> None:
    card = Card("", (Picture("9f86", "Burndown"),))
    (image,) = adaptive(card, REACHABLE)["body"]
    assert (image["url"], image["altText"]) == ("https://steward.example/9f86", "Burndown")
    assert "Burndown" in shown_text(adaptive(card))


def test_a_file_is_fetched_where_it_has_an_address_and_told_otherwise() -> None:
    card = Card("", (File("a.csv", "text/csv", text="a"), Text("and"), File("b.csv", "text/csv", text="b")))
    first, _, second = adaptive(card, REACHABLE)["body"]
    assert [block["inlines"][1]["selectAction"]["url"] for block in (first, second)] == [
        "https://steward.example/0",
        "https://steward.example/1",
    ]
    assert "takes no files" in shown_text(adaptive(card))


def test_a_table_gives_long_texts_the_room() -> None:
    rows = (("1", "A title of some length, and then some more"), ("12", "Short"))
    (table,) = adaptive(Card("", (Table(("#", "Title"), rows, right=("#",)),)))["body"]
    assert [column["width"] for column in table["columns"]] == [4, 24]
    assert table["columns"][0]["horizontalCellContentAlignment"] == "Right"
    assert len(table["rows"]) == 3


def test_a_quote_names_its_source() -> None:
    assert shown_text(adaptive(Card("", (Quote("By hand.", "Eve"),)))) == "By hand.\n— Eve"


@pytest.mark.parametrize(("done", "of", "cells"), [(0, 0, 0), (5, 10, 5), (12, 10, 10), (-1, 10, 0), (9.99, 10, 9)])
def test_a_bar_has_ten_cells(done: float, of: float, cells: int) -> None:
    assert bar(done, of) == "▰" * cells + "▱" * (10 - cells)


def test_long_words_say_where_they_were_cut() -> None:
    assert words(Card("Added APP-1")) == "Added APP-1"
    cut = words(Card("x" * 9_000))
    assert cut.endswith("(the first 4,000 of 9,000 characters)")


def test_a_refusal_says_what_to_type_next() -> None:
    assert sentence(Reply(False, refused="No.", try_="backlog list")) == "No. Try: backlog list"
    assert sentence(Reply(False, refused="No.")) == "No."


TYPED = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300)


@given(TYPED, TYPED)
def test_any_text_is_shown_whole_line_by_line(title: str, text: str) -> None:
    shown = shown_text(adaptive(Card(title, (Text(escape(text)),))))
    for line in text.split("\n"):
        assert line.strip() in shown


# ---- dialogs ----


def inputs(drawn: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {o["id"]: o for o in drawn["body"] if str(o.get("type")).startswith("Input.")}


def test_a_dialog_has_the_input_each_field_wants() -> None:
    drawn = inputs(dialog(FORMS["add"]))
    assert {name: box["type"].removeprefix("Input.") for name, box in drawn.items()} == {
        "title": "Text", "description": "Text", "points": "Number", "due": "Date", "type": "ChoiceSet",
        "labels": "ChoiceSet", "assignee": "ChoiceSet", "with": "ChoiceSet", "channel": "Text", "urgent": "Toggle",
    }  # fmt: skip
    assert drawn["title"]["isRequired"] is True
    assert drawn["title"]["errorMessage"] == "Title is needed."
    assert drawn["title"]["maxLength"] == 255
    assert drawn["description"]["isMultiline"] is True
    assert drawn["points"]["value"] == 5
    assert drawn["labels"]["value"] == "api,ui"
    assert drawn["assignee"]["choices.data"]["dataset"] == "graph.microsoft.com/users"
    assert drawn["assignee"]["fallback"]["type"] == "Input.Text"
    assert drawn["with"]["isMultiSelect"] is True
    assert drawn["urgent"]["value"] == "yes"


def test_a_value_longer_than_an_input_is_left_out_with_a_sentence() -> None:
    drawn = dialog(FORMS["edit, description of 74,000 characters"])
    assert set(inputs(drawn)) == {"title"}
    assert "Description: 74,000 characters, more than this form can hold. It stays as it is." in shown_text(drawn)
    short = dialog(Form("Edit", (Field("t", "Title", value="x" * 11, max_length=10),), "backlog edit APP-1"))
    assert not inputs(short)


def test_a_form_too_large_leaves_out_its_longest_value_first() -> None:
    fields = (
        Field("title", "Title", value="kept"),
        *(Field(f"f{n}", f"F{n}", value="x" * 9_000 + "y" * n) for n in range(3)),
    )
    drawn = dialog(Form("Edit", fields, "backlog edit APP-1"))
    assert "title" in inputs(drawn)
    assert "f2" not in inputs(drawn)
    assert "F2: 9,002 characters" in shown_text(drawn)


def test_choices_too_many_for_a_dialog_are_typed() -> None:
    many = tuple(Choice(f"Epic number {n} with a long title", f"e{n}") for n in range(900))
    drawn = dialog(
        Form("Edit", (Field("title", "Title"), Field("epic", "Epic", "choice", choices=many)), "backlog edit")
    )
    assert inputs(drawn)["epic"]["type"] == "Input.Text"
    assert "900 to choose from" in inputs(drawn)["epic"]["placeholder"]


def test_a_refused_submission_keeps_what_was_typed_and_shows_what_was_wrong() -> None:
    drawn = dialog(FORMS["errors"], values={"title": "Half a title"}, refused="One thing is missing.")
    assert inputs(drawn)["title"]["value"] == "Half a title"
    assert "One thing is missing." in shown_text(drawn)
    assert "Points are a number, such as 5." in shown_text(drawn)
    assert inputs(drawn)["points"] == {**inputs(drawn)["points"], "type": "Input.Text", "value": "many"}


def test_what_was_submitted_comes_back_as_values() -> None:
    (action,) = dialog(FORMS["add"])["actions"]
    data = {
        **action["data"],
        "title": "A, B",
        "points": 5,
        "labels": "api,ui",
        "with": "a-1, b-2",
        "urgent": "no",
        "assignee": "a-1",
    }
    assert action["data"]["say"] == "backlog add"
    assert submitted(data) == {
        "title": "A, B", "points": "5", "labels": "api\nui", "with": "a-1\nb-2", "urgent": "", "assignee": "a-1",
    }  # fmt: skip
    assert sorted(picked(data)) == ["a-1", "a-1", "b-2"]


@given(st.lists(st.text(min_size=1).filter(lambda v: "\n" not in v), min_size=1, max_size=4, unique=True))
def test_several_choices_come_back_as_they_were(picked: list[str]) -> None:
    field = Field("labels", "Labels", "choices", "\n".join(picked), choices=tuple(Choice(v, v) for v in picked))
    drawn = dialog(Form("Pick", (field,), "backlog edit"))
    data = {**drawn["actions"][0]["data"], "labels": inputs(drawn)["labels"]["value"]}
    assert submitted(data)["labels"].split("\n") == picked


def test_no_gallery_field_takes_a_key_of_ours() -> None:
    assert not {field.name for form in FORMS.values() for field in form.fields} & OURS

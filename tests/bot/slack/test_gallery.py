"""Every card and form of the gallery, held against Slack's published shapes and its SDK's lengths."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.slack import limits
from bot.slack.blocks import blocks, fallback
from bot.slack.elements import mrkdwn, run, runs
from bot.slack.message import message
from bot.slack.modal import Origin, card_view, values, view
from bot.slack.text import unescaped
from core.chat.ask import Place, PlaceKind
from core.chat.card import (
    Button,
    Card,
    Facts,
    Field,
    File,
    Form,
    Items,
    Line,
    Progress,
    Quote,
    Reply,
    Table,
    Text,
    escape,
    spans,
)
from tests.gallery import FORMS, GALLERY, HOSTILE

ORIGIN = Origin(Place("C01", PlaceKind.CHANNEL, "app"), "17.1", "https://acme.slack.com/archives/C01/p171")
SCHEMAS = Path(__file__).parents[4] / "shared" / "schemas"


@pytest.fixture(scope="module")
def schema() -> Any:
    def load(name: str) -> jsonschema.Draft7Validator:
        path = SCHEMAS / name
        if not path.exists():
            assert not os.environ.get("CI"), f"{path.name} is missing"
            pytest.skip("../shared/schemas is not here")
        return jsonschema.Draft7Validator(json.loads(path.read_text()))

    return {name: load(f"{name}.schema.json") for name in ("knownblock", "view")}


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def texts(node: Any) -> str:
    return "\n".join(str(part["text"]) for part in walk(node) if isinstance(part.get("text"), str))


def reading(node: Any) -> str:
    """What a person reads of it, in order."""
    return "".join(
        str(part.get("text") or part.get("url") or "") for part in walk(node) if not isinstance(part.get("text"), dict)
    )


def assert_lengths(shown: list[dict[str, Any]]) -> None:
    for block in shown:
        parsed = Block.parse(block)
        assert parsed is not None, block["type"]
        parsed.validate_json()
    for part in walk(shown):
        kind = part.get("type")
        if kind in ("plain_text", "mrkdwn", "raw_text"):
            assert 1 <= len(part["text"]) <= limits.SECTION_TEXT
        if kind == "text":
            assert part["text"]
    ids = [part["action_id"] for part in walk(shown) if part.get("type") == "button"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("modal", [False, True], ids=["message", "modal"])
@pytest.mark.parametrize("name", GALLERY)
def test_every_card_keeps_slacks_shapes_and_limits(name: str, modal: bool, schema: Any) -> None:
    shown = blocks(GALLERY[name], modal=modal)
    for block in shown:
        schema["knownblock"].validate(block)
    assert_lengths(shown)
    assert 1 <= len(shown) <= (limits.MODAL_BLOCKS if modal else limits.MESSAGE_BLOCKS)
    assert len(texts(shown)) <= 13_000
    tables = [block for block in shown if block["type"] == "table"]
    assert len(tables) <= (0 if modal else 1)
    for table in tables:
        assert len(table["rows"]) <= 100
        assert {len(row) for row in table["rows"]} <= set(range(1, 21))
        assert len(texts(table)) <= 10_000


@pytest.mark.parametrize("name", FORMS)
def test_every_form_keeps_slacks_shapes_and_limits(name: str, schema: Any) -> None:
    shown = view(FORMS[name], ORIGIN)
    schema["view"].validate(shown)
    View(**shown).validate_json()
    assert_lengths(shown["blocks"])
    inputs = [block for block in shown["blocks"] if block["type"] == "input"]
    assert len({block["block_id"] for block in inputs}) == len(inputs)
    for block in inputs:
        assert len(block["block_id"]) <= 255
        assert len(block["element"].get("initial_value", "")) <= block["element"].get("max_length", 3_000) <= 3_000


@pytest.mark.parametrize("name", GALLERY)
def test_a_card_shown_in_a_modal_is_a_view(name: str, schema: Any) -> None:
    shown = card_view(GALLERY[name], ORIGIN)
    schema["view"].validate(shown)
    View(**shown).validate_json()


UNMARKED = "<!channel> & <@U1> <https://evil.example|here> @everyone =1+1 {{x}}"
"""Hostile, and without any mark that would send it to rich text."""


def hostile_card(words: str) -> Card:
    act = (Button(words, words),)
    rows = (Line(words, words, words, act), Line(words, words), Line(words, words, "", (*act, *act)))
    body = (
        Text(escape(words)),
        Text(escape(words), subtle=True),
        Facts(((words, words),)),
        Items(rows),
        Quote(escape(words), words),
    )
    tables = (Table((words,), ((words,),)), Table((words,), ((words,),)))
    return Card(words, (*body, Progress(words, 1, 2), File(words, words, text=words), *tables), act)


@pytest.mark.parametrize("words", [HOSTILE, UNMARKED])
def test_hostile_words_reach_nobody(words: str) -> None:
    shown = [
        blocks(GALLERY["hostile"]),
        blocks(hostile_card(words)),
        blocks(hostile_card(words), modal=True),
        view(FORMS["hostile"], ORIGIN),
        message(Reply(False, refused=words, try_=words)),
    ]
    for part in walk(shown):
        assert part.get("type") not in ("user", "usergroup", "broadcast", "channel", "emoji")
        if part.get("type") == "mrkdwn":
            assert "<" not in part["text"]
            assert part["verbatim"] is True
    assert "<" not in fallback(GALLERY["hostile"])
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in fallback(GALLERY["hostile"])
    assert "<" not in shown[-1]["text"]


@given(st.text())
def test_what_a_section_holds_reads_the_same(text: str) -> None:
    made = mrkdwn([run(text)])
    if made is not None:
        assert unescaped(made) == text.rstrip("\n")
        assert not re.search(r"[<>*_~`]|&(?!amp;|lt;|gt;)", made)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**Now** or _later_ or `never`", "*Now* or _later_ or `never`"),
        ("(**b**), **c**.", "(*b*), *c*."),
        ("a**b**c", None),
        ("**a**1", None),
        ("a * b", None),
        ("\\*a\\*", None),
        ("at 3 :tada: now", None),
        ("> quoted", None),
        ("**_both_**", None),
        (
            "see [R&D](https://e.x/?a=1&b=2) & https://e.y/z.",
            "see <https://e.x/?a=1&amp;b=2|R&amp;D> &amp; <https://e.y/z>.",
        ),
        ("[a|b](https://e.x)", None),
    ],
)
def test_markdown_is_a_section_only_where_it_reads_the_same(markdown: str, shown: str | None) -> None:
    made = mrkdwn([one for span in spans(markdown) for one in runs(span)])
    assert made == shown
    block = blocks(Card("", (Text(markdown),)))[0]
    assert block["type"] == ("rich_text" if shown is None else "section")


def test_hostile_words_read_the_same() -> None:
    for part in GALLERY["hostile"].body:
        if part.kind != "divider":
            assert HOSTILE in reading(blocks(Card("", (part,))))
    assert HOSTILE in reading(blocks(Card(HOSTILE)))


def test_what_does_not_fit_is_said() -> None:
    said = texts(blocks(GALLERY["table of 150 rows"])[-1])
    assert said == "51 more rows did not fit into one message here. Say export for all of it."
    said = texts(blocks(GALLERY["table of 25 columns"])[-1])
    assert said.startswith("5 more columns did not fit")
    said = texts(blocks(GALLERY["60 lines with buttons"])[-1])
    assert said == "15 more buttons did not fit into one message here. Type the command instead."
    said = texts(blocks(GALLERY["a button that says 2,500 characters"]))
    assert "The button Add carries 2,512 characters" in said


@pytest.mark.parametrize("length", [1, 2_999, 3_001, 11_000, 30_000])
def test_every_character_is_shown_or_counted(length: int) -> None:
    text = ("ab cd " * length)[:length]
    shown = blocks(Card("", (Text(text),)))
    visible = sum(len(texts(block).replace("\n", "")) for block in shown if block["type"] in ("rich_text", "section"))
    counted = [block for block in shown if block["type"] == "context"]
    missing = int(texts(counted[0]).split()[0].replace(",", "")) if counted else 0
    assert visible + missing == length


@pytest.mark.parametrize("count", [1, 45, 46, 47, 48, 60, 400])
@pytest.mark.parametrize("buttons", [0, 1, 2])
def test_every_line_is_shown_or_counted(count: int, buttons: int) -> None:
    acts = tuple(Button(f"b{n}", "help") for n in range(buttons))
    shown = blocks(Card("", (Items(tuple(Line(f"APP-{n}", "x" * 40, "", acts) for n in range(count))),)))
    visible = texts(shown).count("APP-")
    note = next((texts(b) for b in shown if b["type"] == "context"), "")
    missing = [int(words.split()[0]) for words in note.split(" and ") if "more line" in words]
    assert visible + sum(missing) == count
    pressed = sum(part.get("type") == "button" for part in walk(shown))
    unpressed = [int(words.split()[0]) for words in note.split(" and ") if "more button" in words]
    assert pressed + sum(unpressed) == count * buttons
    assert len(shown) <= 50


def test_a_value_longer_than_an_input_is_left_out_and_named() -> None:
    shown = view(FORMS["edit, description of 74,000 characters"], ORIGIN)
    assert [block["type"] for block in shown["blocks"]] == ["input", "section"]
    assert "74,000 characters" in texts(shown["blocks"][1])
    long = Form("F", (Field("a", "A", "longtext", value="😀" * 1_600),), "x")
    assert view(long, ORIGIN)["blocks"][0]["type"] == "section", "Slack counts an emoji as two characters"


def test_more_than_100_choices_are_grouped() -> None:
    element = view(FORMS["150 choices"], ORIGIN)["blocks"][0]["element"]
    assert sum(len(group["options"]) for group in element["option_groups"]) == 150
    assert element["initial_option"]["value"] == "e149"


def test_a_form_comes_back_as_it_went_out() -> None:
    state: dict[str, Any] = {}
    form = FORMS["add"]
    for block in view(form, ORIGIN)["blocks"]:
        element = block["element"]
        initial = {key.removeprefix("initial_"): value for key, value in element.items() if key.startswith("initial_")}
        names = {"date": "selected_date", "user": "selected_user", "conversation": "selected_conversation"}
        names |= {"option": "selected_option", "options": "selected_options", "users": "selected_users"}
        state[block["block_id"]] = {
            element["action_id"]: {
                "type": element["type"],
                **{names.get(key, key): value for key, value in initial.items()},
            }
        }
    assert values(state) == {field.name: field.value for field in form.fields}
    assert Origin.unpacked(view(form, ORIGIN)["private_metadata"], "U1") == Origin(
        ORIGIN.place, ORIGIN.thread, ORIGIN.link, form.submit
    )


def test_a_private_origin_is_the_chat_of_who_uses_it() -> None:
    private = Origin(Place("D1", PlaceKind.PRIVATE, address={"user": "U1"}), None, "", "backlog add")
    assert Origin.unpacked(private.packed(), "U1") == private
    assert Origin.unpacked(private.packed(), "U2").place.address == {"user": "U2"}


def test_a_refusal_says_the_next_step_once() -> None:
    card = Card("No.", (Text("Try: backlog list"),))
    assert message(Reply(False, refused="No.", try_="backlog list", card=card))["text"] == "No.\nTry: backlog list"


def test_an_emptied_form_is_empty_text() -> None:
    state = {
        "title": {"value": {"type": "plain_text_input", "value": None}},
        "due": {"value": {"type": "datepicker", "selected_date": None}},
        "epic": {"value": {"type": "static_select", "selected_option": None}},
        "labels": {"value": {"type": "multi_static_select", "selected_options": []}},
        "points": {"value": {"type": "number_input"}},
        "with": {"value": {"type": "multi_users_select", "selected_users": []}},
    }
    assert set(values(state).values()) == {""}


def test_a_fields_error_is_shown_when_the_form_opens() -> None:
    first = view(FORMS["errors"], ORIGIN)["blocks"][0]
    assert first["hint"]["text"] == "Say in a few words what it is."


def test_a_list_of_20_is_few_blocks() -> None:
    assert len(blocks(GALLERY["list of 20"])) == 3

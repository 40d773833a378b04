"""Cards in a terminal: everything is shown, nothing is read as markup, and nothing moves the cursor."""

import re
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.console import Screen
from bot.terminal.cards import GLUE, LABEL, Numbers, clean, paint, paint_refusal
from core.chat.card import Button, Card, Facts, File, Items, Line, Quote, Reply, Table, Text, escape
from tests.gallery import GALLERY, HOSTILE

EVIL = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;https://e.x\x1b\\link \x9b2J \x07\x08\r\n\u202e [bold]b[/bold] \ud800"
)


def shown(card: Card, width: int = 80, numbers: Numbers | None = None) -> str:
    out = StringIO()
    Screen(plain=True, file=out, width=width).print(paint(card, numbers or Numbers(), width))
    return out.getvalue()


def coloured(card: Card) -> str:
    out = StringIO()
    console = Screen(plain=False, file=out, width=80, force_terminal=True, color_system="standard")
    console.print(paint(card, Numbers(), 80))
    return out.getvalue()


def refused(reply: Reply, said: str) -> tuple[str, Numbers]:
    out, numbers = StringIO(), Numbers()
    Screen(plain=True, file=out, width=80).print(paint_refusal(reply, said, numbers, 80))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()), numbers


def words(text: str) -> str:
    return "".join(text.split())


# ---- the gallery ----


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", GALLERY)
def test_a_card_fits_and_numbers_each_of_its_buttons(name: str, width: int) -> None:
    card, numbers = GALLERY[name], Numbers()
    text = shown(card, width, numbers)
    assert max((cell_len(line) for line in text.splitlines()), default=0) <= width
    inner = [b for part in card.body for b in getattr(part, "buttons", ())]
    rows = [b for part in card.body if isinstance(part, Items) for line in part.rows for b in line.buttons]
    assert sorted(b.label for b in numbers.buttons) == sorted(b.label for b in (*inner, *rows, *card.buttons))
    assert all(f"[{n}]" in words(text) for n in range(1, len(numbers.buttons) + 1))


@pytest.mark.parametrize("width", range(30, 90, 3))
def test_no_line_ends_between_a_number_and_what_it_presses(width: int) -> None:
    for card in GALLERY.values():
        numbers = Numbers()
        text = shown(card, width, numbers)
        for number, button in enumerate(numbers.buttons, 1):
            label = " ".join(clean(button.label or button.say).split())
            assert f"[{number}] {label if len(label) <= LABEL else label.split()[0]}" in text, text
        assert GLUE not in text


@pytest.mark.parametrize("width", [40, 80])
def test_every_cell_of_a_wide_table_is_shown(width: int) -> None:
    columns = tuple(f"column{n}" for n in range(25))
    text = words(shown(Card("Wide", (Table(columns, (tuple(f"cell{n}" for n in range(25)),)),)), width))
    assert all(f"column{n}" in text and f"cell{n}" in text for n in range(25))


def test_long_titles_and_details_are_shown_whole() -> None:
    title, detail = "title " * 42, "detail " * 30
    text = words(shown(Card("Long", (Items((Line("APP-1", title, detail),)),))))
    assert text.count("title") == 42
    assert text.count("detail") == 30


# ---- what a reader sees ----


def test_items_stand_in_columns_and_details_below_where_both_are_long() -> None:
    short = shown(Card("Two", (Items((Line("APP-1", "One", "5 pts"), Line("APP-12", "Another", "bug"))),)))
    assert [line.rstrip() for line in short.splitlines()] == [
        "Two",
        "  APP-1   One      5 pts",
        "  APP-12  Another  bug",
    ]
    long = Line(
        "backlog add", "Add an item at the end of the order", "backlog add Export invoices as CSV type=story points=5"
    )
    assert [line.rstrip() for line in shown(Card("Help", (Items((long,)),)), 60).splitlines()] == [
        "Help",
        "  backlog add  Add an item at the end of the order",
        "               backlog add Export invoices as CSV type=story",
        "               points=5",
    ]


def test_numbers_stand_on_the_right() -> None:
    table = Table(("Item", "Points"), (("APP-1", "3"), ("APP-2", "13")), right=("Points",))
    rows = [line.rstrip() for line in shown(Card("Points", (table,))).splitlines()]
    assert rows[-2:] == ["  APP-1        3", "  APP-2       13"]


def test_markdown_is_styled_and_a_link_keeps_its_address() -> None:
    card = Card("Text", (Text("**bold** `code` [here](https://example.com) https://x.example"),))
    assert "bold `code` here (https://example.com) https://x.example" in shown(card)
    assert "\x1b[1mbold\x1b[0m" in coloured(card)


def test_a_file_says_its_size_and_how_to_keep_it() -> None:
    assert "File: a.json, 2 bytes. /save writes it here." in shown(
        Card("", (File("a.json", "application/json", "{}"),))
    )


def test_a_card_without_a_title_has_no_empty_line() -> None:
    assert shown(Card("", (Text("Hello"),))).split("\n")[0].strip() == "Hello"


# ---- foreign text ----


def test_what_looks_like_rich_markup_is_shown_as_it_is() -> None:
    markup = "[b]x[/b] [/] :ok:"
    parts = (Items((Line(markup, markup, markup),)), Facts(((markup, markup),)), Text(escape(markup)))
    text = words(shown(Card(markup, parts, (Button(markup, "help"),)), 400))
    assert text.count(words(markup)) == 8


def test_hostile_text_is_shown_as_it_is() -> None:
    assert words(HOSTILE) in words(shown(Card(HOSTILE, (Text(escape(HOSTILE)),))))


@pytest.mark.parametrize(
    "card",
    [
        Card(EVIL),
        Card("t", (Items((Line(EVIL, EVIL, EVIL, (Button(EVIL, "help"),)),)),)),
        Card("t", (Facts(((EVIL, EVIL),)), Table((EVIL,), ((EVIL,),)), Quote(escape(EVIL), EVIL))),
        Card("t", (Text(EVIL), File(EVIL, EVIL, text="x")), (Button(EVIL, "help"),)),
    ],
)
def test_no_part_lets_an_escape_sequence_through(card: Card) -> None:
    text = shown(card)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", text)
    assert "title" not in text
    styles = re.sub(r"\x1b\[[\d;]*m", "", coloured(card))  # our own colours
    assert "\x1b" not in styles
    assert "\x07" not in styles


@given(st.text())
def test_cleaned_text_moves_nothing_and_loses_no_letter(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in cleaned)
    if "\x1b" not in text and "\x9b" not in text:
        assert [c for c in cleaned if c.isalnum()] == [c for c in text if c.isalnum()]


# ---- refusals ----


def test_a_refusal_is_its_sentence_and_what_to_try() -> None:
    text, numbers = refused(Reply(ok=False, refused="APP-99 is not here.", try_="backlog list"), "backlog show APP-99")
    assert text == "APP-99 is not here.\nTry: backlog list"
    assert numbers.buttons == []


def test_a_refusal_repeats_neither_itself_nor_what_was_said() -> None:
    typed = "backlog add " + "long " * 20
    card = Card("No.", (Text(escape("Try: help")), Quote(escape(typed.strip()), "you"), Text("More words.")))
    text, _ = refused(Reply(ok=False, refused="No.", try_="help", card=card), typed)
    assert text == "No.\nTry: help\n  More words."


def test_the_buttons_of_a_refusal_are_numbered() -> None:
    card = Card("Which product?", buttons=(Button("APP", "product use APP"), Button("WEB", "product use WEB")))
    text, numbers = refused(Reply(ok=False, refused="Several.", try_="product use KEY", card=card), "backlog list")
    assert text == "Several.\nTry: product use KEY\nWhich product?\n[1] APP  [2] WEB"
    assert [button.say for button in numbers.buttons] == ["product use APP", "product use WEB"]

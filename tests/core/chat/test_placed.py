"""A line and the product that its button was about, told apart and put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.card import Button, Buttons, Card, Form, Items, Line, Reply, Text
from core.chat.placed import placed, placed_line, told_apart


@given(st.text(max_size=60).filter(lambda text: "in-product" not in text))
def test_a_line_comes_back_as_it_was_but_for_blanks_at_its_end(line: str) -> None:
    assert told_apart(line) == (line, "")
    assert told_apart(placed_line(line, "APP")) == (line.rstrip(" "), "APP")


@pytest.mark.parametrize(
    ("line", "said", "product"),
    [
        ("feedback add in-product=APP link-back=\"https://x.y/z\"", "feedback add link-back=\"https://x.y/z\"", "APP"),
        ("goal list in-product=APP", "goal list", "APP"),
        ("backlog add Say in-product= twice", "backlog add Say in-product= twice", ""),
        ("backlog add not-in-product=APP", "backlog add not-in-product=APP", ""),
    ],
)  # fmt: skip
def test_what_is_put_behind_it_stays(line: str, said: str, product: str) -> None:
    assert told_apart(line) == (said, product)


def test_every_button_wherever_it_stands_and_a_form_say_it_once() -> None:
    one, other = Button("A", "goal list"), Button("B", "goal list in-product=OTH")
    card = Card("T", (Items((Line("", "x", "", (one,)),)), Text("words"), Buttons((one, other))), (one,))
    reply = placed(placed(Reply(ok=True, card=card), "APP"), "APP")
    assert reply.card is not None
    rows, words, row = reply.card.body
    assert isinstance(rows, Items)
    assert isinstance(row, Buttons)
    assert words == Text("words")
    said = [button.say for button in (*rows.rows[0].buttons, *row.buttons, *reply.card.buttons)]
    assert said == ["goal list in-product=APP", "goal list in-product=APP", other.say, "goal list in-product=APP"]
    assert placed(Reply(ok=True, form=Form("F", (), "goal add")), "APP").form == Form(
        "F", (), "goal add in-product=APP"
    )

"""What is of the form Given/When/Then is read as its steps, however it is written; other sentences are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.product import scenarios


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Given a cart When I pay Then it is empty", ["Given a cart", "When I pay", "Then it is empty"]),
        ("Given a cart, when I pay, then it is empty", ["Given a cart", "When I pay", "Then it is empty"]),
        ("given a cart when I pay then it is empty", ["Given a cart", "When I pay", "Then it is empty"]),
        ("Given a cart\nWhen I pay\nThen it is empty", ["Given a cart", "When I pay", "Then it is empty"]),
        ("GIVEN a cart WHEN I pay THEN it is empty", ["Given a cart", "When I pay", "Then it is empty"]),
        ("When I pay Then the cart is empty", ["When I pay", "Then the cart is empty"]),
        ("When I pay, then the cart is empty", ["When I pay", "Then the cart is empty"]),
        ("Given a cart Then it shows a sum", ["Given a cart", "Then it shows a sum"]),
        (
            "Given a cart\n  with two books\nwhen I pay\nthen it is empty\nand I get a mail",
            ["Given a cart with two books", "When I pay", "Then it is empty and I get a mail"],
        ),
        (
            "Scenario: Paying\n  Given a cart\n  When I pay\n  Then it is empty",
            ["Given a cart", "When I pay", "Then it is empty"],
        ),
        (
            "Feature: Cart\n  As a buyer\n  I want to pay\n\nBackground:\n  Given a cart\n\nScenario: Paying\n"
            "  When I pay\n  Then it is empty",
            ["Given a cart", "When I pay", "Then it is empty"],
        ),
        (
            "@paid\nScenario Outline: Paying\n  Given <n> books\n  When I pay\n  Then it costs <sum>\n  Examples:\n"
            "  | n | sum |\n  | 1 | 5 |",
            ["Given <n> books", "When I pay", "Then it costs <sum>"],
        ),
        (
            "Given these books\n| title | price |\n| Emma | 5 |\nWhen I pay\nThen it costs 5",
            ["Given these books title | price; Emma | 5", "When I pay", "Then it costs 5"],
        ),
        (
            "Angenommen ein Korb\nWenn ich zahle\nDann ist er leer",
            ["Angenommen ein Korb", "Wenn ich zahle", "Dann ist er leer"],
        ),
        (
            "Soit un panier\nQuand je paie\nAlors il est vide\nEt je suis content",
            ["Soit un panier", "Quand je paie", "Alors il est vide", "Et je suis content"],
        ),
        (
            "Given bread and butter And a cart When I pay Then it is empty But I stay",
            ["Given bread and butter", "And a cart", "When I pay", "Then it is empty", "But I stay"],
        ),
    ],
)
def test_given_when_then_is_read_as_its_steps(text: str, steps: list[str]) -> None:
    assert scenarios.steps(text) == tuple(steps)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The file has a row for each invoice",
        "The export and the import agree, and then both are archived",
        "When I log out and then come back, my cart is kept",
        "When it rains the shop is open",
        "Given names are shown first",
        "Then and only then it is sent",
        "And it is fast",
        "It is empty when I have paid, then it is closed",
        "Whenever I pay, then it is empty",
        "Givens, Whens and Thens",
        "The list\n- has a row for each\n- is sorted",
        "Scenario: nothing follows",
        "Wenn es regnet\nist der Laden offen",
        "Given a cart\nWhen I pay",
        "| a | b |\n| 1 | 2 |",
    ],
)
def test_an_ordinary_sentence_has_no_steps(text: str) -> None:
    assert scenarios.steps(text) == ()


@given(st.text(alphabet='GivenWhTAdBut:|#@ \n"`*ab', max_size=80))
def test_nothing_that_is_typed_does_harm(text: str) -> None:
    assert all(step.strip() for step in scenarios.steps(text))


@given(
    st.lists(st.sampled_from(["a cart", "I pay", "it is empty", "bread and butter", "5 | 6"]), min_size=3, max_size=3)
)
def test_one_sentence_and_three_lines_are_read_alike(parts: list[str]) -> None:
    said = [f"{word} {part}" for word, part in zip(("Given", "When", "Then"), parts, strict=True)]
    assert scenarios.steps(" ".join(said)) == scenarios.steps("\n".join(said)) == tuple(said)

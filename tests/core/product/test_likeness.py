"""What is alike by its words, and what many texts are about."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.product import likeness

WORDS = ("invoice", "retype", "export", "slow", "login", "bank", "colour", "fade", "mobile", "crash")
texts = st.dictionaries(
    st.integers(1, 500), st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join), max_size=30
)


@given(texts, st.randoms(use_true_random=False))
def test_themes_do_not_depend_on_the_order_of_texts(said: dict[int, str], dice: random.Random) -> None:
    shuffled = list(said.items())
    dice.shuffle(shuffled)
    assert likeness.themes(dict(shuffled)) == likeness.themes(said)


@given(texts)
def test_a_text_is_in_one_theme_at_most_and_says_what_the_theme_is_called(said: dict[int, str]) -> None:
    found = likeness.themes(said)
    members = [key for theme in found for key in theme.members]
    assert len(members) == len(set(members))
    assert set(members) <= set(said)
    assert all(len(theme.members) >= likeness.SMALLEST for theme in found)
    assert [len(theme.members) for theme in found] == sorted((len(t.members) for t in found), reverse=True)
    for theme in found:
        common = set.intersection(*(set(likeness.terms(said[key])) for key in theme.members))
        assert common & likeness.terms(theme.label)


def seen_in(said: dict[int, str]) -> Counter[str]:
    return Counter(term for text in said.values() for term in likeness.terms(text))


@given(texts, st.sampled_from(sorted(WORDS)))
def test_a_text_is_most_like_itself_and_likeness_is_between_none_and_whole(said: dict[int, str], word: str) -> None:
    said = {**said, 0: f"{word} again and again"}
    near = likeness.alike(said[0], said, seen_in(said), len(said), least=0.0, most=len(said))
    scores = dict(near)
    assert scores[0] == max(scores.values())
    assert all(0 < score <= 1 + 1e-9 for score in scores.values())
    assert [score for _, score in near] == sorted(scores.values(), reverse=True)


def test_the_same_thing_in_other_words_is_found_and_another_thing_is_not() -> None:
    said = {
        1: "We retype every invoice by hand",
        2: "The export is slow on Mondays",
        3: "Invoices need a second language",
        4: "Nobody finds the login",
    }
    assert [key for key, _ in likeness.alike("Retyping all the invoices", said, seen_in(said), 4)] == [1]
    assert likeness.alike("The colours fade", said, seen_in(said), 4) == []
    assert likeness.alike("the and of", said, seen_in(said), 4) == []


def test_a_theme_is_called_by_the_words_that_people_use() -> None:
    said = {
        1: "We retype every invoice",
        2: "Retyping invoices takes all day",
        3: "Why retype an invoice?",
        4: "Login is slow",
        5: "The login page is very slow",
    }
    assert [(theme.label, theme.members) for theme in likeness.themes(said)] == [
        ("invoice, retype", (1, 2, 3)),
        ("login, slow", (4, 5)),
    ]

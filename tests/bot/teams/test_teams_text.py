"""Teams' text, mentions and entities as the line somebody typed."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.text import Mention, command_line

BOT = Mention("<at>Bot</at>", "Bot", "28:bot", own=True)
ANN = Mention("<at>Ann Lee</at>", "Ann Lee", "aad-ann")


def test_only_our_own_mention_is_removed() -> None:
    line, named = command_line("<at>Bot</at> show Both Bottlenecks", [BOT])
    assert (line, named) == ("show Both Bottlenecks", {})


def test_our_mention_in_the_middle_leaves_one_blank() -> None:
    assert command_line("hello <at>Bot</at>&nbsp;backlog list", [BOT])[0] == "hello backlog list"
    assert command_line("hello <at>Bot</at> backlog list", [BOT])[0] == "hello backlog list"


def test_somebody_elses_mention_becomes_their_id() -> None:
    line, named = command_line("<at>Bot</at> backlog assign APP-1 <at>Ann Lee</at>&nbsp;", [BOT, ANN])
    assert (line, named) == ("backlog assign APP-1 @aad-ann", {"aad-ann": "Ann Lee"})


def test_two_people_of_one_name_stay_two() -> None:
    other = Mention("<at>Ann Lee</at>", "Ann Lee", "aad-other")
    line, named = command_line("<at>Ann Lee</at> and <at>Ann Lee</at>", [ANN, other])
    assert line == "@aad-ann and @aad-other"
    assert set(named) == {"aad-ann", "aad-other"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("backlog add R&amp;D &lt;b&gt;\xa0x", "backlog add R&D <b> x"),
        ("say &amp;lt;", "say &lt;"),
        ("a&nbsp;b", "a b"),
        ('say "two  blanks"', 'say "two  blanks"'),
        ("backlog add\r\nfirst one\r\nsecond", "backlog add\nfirst one\nsecond"),
        ("<at>Somebody</at> hello", "Somebody hello"),
        ("&lt;at&gt;Bot&lt;/at&gt; hello", "<at>Bot</at> hello"),
        ("", ""),
    ],
)
def test_entities_are_undone_once(text: str, line: str) -> None:
    assert command_line(text, [])[0] == line


def test_a_tag_with_an_id_attribute_is_found_too() -> None:
    assert command_line('<at id="0">Bot</at> help', [BOT])[0] == "help"


@pytest.mark.parametrize("strange", ["", "an id"])
def test_a_mention_without_a_usable_id_stays_a_name(strange: str) -> None:
    line, named = command_line("<at>Ann Lee</at>", [Mention("<at>Ann Lee</at>", "Ann Lee", strange)])
    assert (line, named) == ("Ann Lee", {})


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), max_size=80))
def test_what_was_typed_is_what_is_read(typed: str) -> None:
    assert command_line(f"<at>Bot</at> {html.escape(typed)}", [BOT])[0] == typed.strip()


@pytest.mark.parametrize("blank", [" ", "\xa0", "&nbsp;"])
def test_a_line_of_blanks_is_read_at_once(blank: str) -> None:
    """Read in the event loop: a reader that goes back from each of them would hold up everybody for minutes."""
    line, _ = command_line(f"<at>Bot</at> backlog add a{blank * 100_000}b", [BOT])
    assert line == f"backlog add a{' ' * 100_000}b"

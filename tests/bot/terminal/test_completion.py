"""What Tab offers, from the commands as they are declared."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from bot.console import LOCAL
from bot.terminal.completion import Words, fixed_words, shown_keys
from core.commands.registry import REGISTRY

ITEMS = {"APP-1": "Export invoices", "APP-12": "Sign in"}
WORDS = Words(REGISTRY, ITEMS, LOCAL)


def offered(line: str, *, tab: bool = True) -> list[str]:
    event = CompleteEvent(completion_requested=tab, text_inserted=not tab)
    return [one.text for one in WORDS.get_completions(Document(line), event)]


def completed(line: str) -> list[str]:
    """The lines that Tab would make of this one."""
    event = CompleteEvent(completion_requested=True)
    found = WORDS.get_completions(Document(line), event)
    return [line[: len(line) + one.start_position] + one.text for one in found]


@pytest.mark.parametrize("tab", [True, False])
def test_groups_and_lone_commands_come_first(tab: bool) -> None:
    assert set(offered("", tab=tab)) == {
        group if (group,) in REGISTRY.commands else f"{group} " for group in REGISTRY.groups
    }
    assert offered("BACK", tab=tab) == ["backlog "]
    assert offered("und", tab=tab) == ["undo"]


def test_then_the_verbs_of_the_group_with_what_they_do() -> None:
    assert sorted(offered("backlog s")) == ["score", "search", "show", "split", "start", "statuses"]
    [one] = WORDS.get_completions(Document("backlog star"), CompleteEvent())
    assert one.display_meta_text == REGISTRY.commands[("backlog", "start")].summary
    assert len(offered("backlog ")) == len(REGISTRY.groups["backlog"])


def test_then_the_keys_that_help_shows_each_once() -> None:
    assert "points=" in offered("backlog add Export invoices ")
    assert completed("backlog add Export poi") == ["backlog add Export points="]
    assert "points=" not in offered("backlog add Export points=5 ")
    hidden = {"show=", "draft="}
    assert not hidden & set(offered("backlog add Export "))


def test_free_text_is_left_alone_until_tab_asks() -> None:
    assert offered("backlog add poi", tab=False) == []
    assert offered("backlog add Export ", tab=False) == []


@pytest.mark.parametrize("tab", [True, False])
def test_a_key_offers_its_choices(tab: bool) -> None:
    assert offered("backlog add Export type=", tab=tab) == [
        f"type={name}" for name in REGISTRY.commands[("backlog", "add")].choices["type"]
    ]
    assert completed("backlog add Export type=b") == ["backlog add Export type=bug"]
    assert offered("backlog add Export points=", tab=tab) == []


def test_items_shown_last_are_offered_where_an_item_is_wanted() -> None:
    assert offered("backlog show ") == ["APP-1", "APP-12"]
    assert offered("backlog show app-1", tab=False) == ["APP-1", "APP-12"]
    assert offered("backlog add APP-", tab=False) == []


def test_fixed_words_of_a_command_are_offered() -> None:
    assert {"top", "bottom", "above", "below"} <= set(offered("backlog move APP-1 "))
    assert offered("team role @ann p") == ["po", "pm"]


def test_help_offers_groups_and_verbs() -> None:
    assert "team" in offered("help ")
    assert offered("help backlog ad") == ["add"]
    assert offered("help nonsense ad") == []


def test_the_terminals_own_words_follow_a_slash() -> None:
    assert offered("/a") == ["/as "]
    assert offered("/backlog sh") == ["show"]


def test_nothing_is_offered_for_what_is_no_command() -> None:
    assert offered("nonsense and more ") == []
    assert offered("backlog nonsense po") == []


def test_what_is_offered_of_every_command_is_declared() -> None:
    for command in REGISTRY.commands.values():
        assert set(shown_keys(command)) <= set(command.keys)
        assert all(word in command.usage for word in fixed_words(command))
        assert len(shown_keys(command, command.keys)) == 0

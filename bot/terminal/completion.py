"""What Tab offers: the commands' own words, and the items shown last."""

import re
from collections.abc import Iterable, Iterator, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from core.chat import grammar
from core.commands.command import Command
from core.commands.registry import Match, Registry

_FIXED = re.compile(r"[a-z]+")


class Words(Completer):
    """Groups, verbs, keys and choices of the command being typed; keys of `items` (key -> title) where one is wanted.

    While somebody types, only what cannot be in the way of free text is offered; Tab offers everything.
    """

    def __init__(self, registry: Registry, items: Mapping[str, str], local: Mapping[str, str]) -> None:
        """local: the words of the terminal itself, with what they do."""
        self._registry = registry
        self._items = items
        self._local = local

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor.lstrip()
        *words, last = re.split(r"\s+", before)
        group = words[0].lower().removeprefix("/") if words else ""
        if not words:
            offered = self._first(last)
        elif group == "help":
            offered = self._help(words[1:])
        elif len(words) == 1 and group in self._registry.groups and (group,) not in self._registry.commands:
            offered = self._verbs(group)
        else:
            offered = self._inside(before, last, asked=complete_event.completion_requested)
        for text, meta in offered:
            if text.lower().startswith(last.lower()) and text != last:
                yield Completion(text, -len(last), display=text.strip(), display_meta=meta)

    def _first(self, last: str) -> Iterator[tuple[str, str]]:
        if last.startswith("/"):
            yield from self._local.items()
            return
        for group, commands in self._registry.groups.items():
            if (group,) in self._registry.commands:
                yield group, commands[0].summary
            else:
                yield f"{group} ", ", ".join(command.path[1] for command in commands)

    def _verbs(self, group: str) -> Iterator[tuple[str, str]]:
        for command in self._registry.groups[group]:
            if len(command.path) > 1:
                yield command.path[1], command.summary

    def _help(self, words: list[str]) -> Iterator[tuple[str, str]]:
        if not words:
            yield "all", "everything you can say"
            yield from ((group, "") for group in self._registry.groups)
        elif len(words) == 1:
            yield from self._verbs(words[0].lower()) if words[0].lower() in self._registry.groups else ()

    def _inside(self, before: str, last: str, *, asked: bool) -> Iterator[tuple[str, str]]:
        match = self._registry.find(before)
        if not isinstance(match, Match):
            return
        command = match.command
        key, equals, _ = last.partition("=")
        if equals:
            yield from ((f"{key}={choice}", "") for choice in command.choices.get(key.lower().removeprefix("--"), ()))
            return
        if "ITEM" in command.usage and (asked or "-" in last):
            yield from self._items.items()
        if asked:
            yield from ((word, "") for word in fixed_words(command))
            given = grammar.parse(match.rest, command.keys).options
            yield from ((f"{name}=", " ".join(command.choices.get(name, ()))) for name in shown_keys(command, given))


def shown_keys(command: Command, given: Iterable[str] = ()) -> list[str]:
    """The keys that help shows, without those given already."""
    return [key for key in command.keys if key not in command.hidden and key not in given]


def fixed_words(command: Command) -> list[str]:
    """The words besides keys that a usage line gives to choose from: 'top' and 'bottom' of `top|bottom|above ITEM`."""
    rest = [token for token in command.usage.split()[len(command.path) :] if "=" not in token]
    return [word for token in rest for word in token.strip("[]").split("|") if _FIXED.fullmatch(word)]

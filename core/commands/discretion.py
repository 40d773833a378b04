"""What must not be kept is taken out of an ask before anything of it is: secret votes and anonymous cards.

They are taken from buttons, forms and private chats. Typed where others read along they are refused, and what was typed
is not kept: not with the ask, not with its refusal, not in the log. An anonymous card that is taken is kept under a key
that leads to nobody.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from core.chat import grammar
from core.chat.ask import Ask
from core.commands.call import typed_options
from core.commands.command import Secrecy
from core.commands.registry import BALLOT, Match, Miss, Registry

_ANON = re.compile(r"(?<!\S)(?:--|—)?anon\w*\s*=", re.IGNORECASE)  # in a line whose verb is mistyped


def discreet(ask: Ask, registry: Registry) -> Ask:
    """The ask as it may be kept."""
    match = registry.find(grammar.tidy(ask.text))
    if isinstance(match, Miss):
        return _bare(ask) if _ANON.search(ask.text) else ask
    options, secrecy = _secrecy(ask, match)
    if secrecy is Secrecy.NONE:
        return ask
    if ask.place.private or ask.values or BALLOT in options:
        return replace(ask, unsigned=secrecy is Secrecy.ANONYMOUS)
    return replace(ask, text=f"{match.command.name} withheld=yes", mentions={}, channels={})


def _secrecy(ask: Ask, match: Match) -> tuple[Mapping[str, str], Secrecy]:
    command = match.command
    if command.secret is None:
        return {}, Secrecy.NONE
    line = grammar.parse(match.rest, command.keys)
    options, text = typed_options(command, line, ask.values)
    return options, command.secret(options, line.text if text is None else text)


def _bare(ask: Ask) -> Ask:
    """A mistyped line that was to be anonymous: its first two words, which say what was meant."""
    first = " ".join(ask.text.split()[:2])
    return replace(ask, text=first, mentions={}, channels={}, unsigned=True)

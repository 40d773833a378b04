"""What is declared of a command: plain data, which a `Call` carries and everything else is read from. The registry
alone knows what carries it out."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.product.people import Role

_THING = re.compile(r"\b([A-Z][A-Z0-9_]*)-\d{1,9}\b")  # APP-12, B-4


def _called(letters: str, word: str, bare: bool) -> str:
    """'#app-4,' as APP-4, and '4' where it may be bare; '' where it is none."""
    found = re.match(rf"#?({letters}-)?(\d{{1,9}})(?![\w-])", word, re.IGNORECASE | re.ASCII)
    return f"{letters}-{found[2]}" if found and (found[1] or bare) else ""


class Secrecy(StrEnum):
    """What a line holds that others who read along must not see."""

    NONE = "none"
    SECRET = "secret"  # a vote: not taken where it is typed among others
    ANONYMOUS = "anonymous"  # nor may anything be kept that leads from it to who said it


Secret = Callable[[Mapping[str, str], str], Secrecy]
"""Tells it from the options and the free text."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing people can say.

    usage     as help shows it; keys: name -> takes words; choices: the values that a key takes, where they are few
    hidden    keys that buttons and forms carry; help does not show them, and nothing typed is taken for a slip of one
    guests    whether guests may too, who see only what is public
    too       a second role that may, besides `role`
    asked     whether those whom a stand-up asks may too, members or not
    private   whether only the asker may ever see it: no place is told, or offered to be shown
    secret    tells whether a line is a secret vote or an anonymous card; None where it never is
    text      the name of the form field that stands for the free text ('' where there is none)
    file      whether it reads a file that comes with it; in a terminal its free text names one ("text"), or its last
              word may ("last")
    writes    whether it changes something: then it is claimed, remembered, and told to the place
    undoable  whether `undo` covers it (work, not setup and roles)
    """

    path: tuple[str, ...]
    usage: str
    keys: Mapping[str, bool]
    choices: Mapping[str, tuple[str, ...]]
    role: Role
    writes: bool
    undoable: bool
    text: str
    example: str
    summary: str
    hidden: frozenset[str] = frozenset()
    guests: bool = False
    too: Role | None = None
    asked: bool = False
    private: bool = False
    secret: Secret | None = field(default=None, compare=False)
    file: str = ""

    @property
    def name(self) -> str:
        return " ".join(self.path)

    def example_in(self, key: str | None) -> str:
        """The example as it would be typed in a product with this key."""
        return self.example.replace("APP-", f"{key}-") if key else self.example

    def example_about(self, key: str | None, said: Sequence[str]) -> str:
        """The example, about the first thing of its kind that these words name. key: of the product."""
        example = self.example_in(key)
        first = _THING.search(example)
        if first is None:
            return example
        foremost = first.start() == len(self.name) + 1  # then a bare number may stand there too
        other = next((key for n, word in enumerate(said) if (key := _called(first[1], word, foremost and n == 0))), "")
        if not other:
            return example
        swapped = {first[0]: other, other: first[0]}  # it may be the other one of the example
        return _THING.sub(lambda found: swapped.get(found[0], found[0]), example)

    @property
    def alone(self) -> bool:
        """Whether its words say enough without any others."""
        return not re.sub(r"\[[^]]*\]", "", self.usage.removeprefix(self.name)).strip()

"""A command while it is being carried out: who asks, where, about which product, and the words not yet read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core.chat import dates, grammar
from core.chat.ask import Ask, Platform, Speaker
from core.chat.card import Button, Card
from core.commands.refused import Refused
from core.commands.registry import Command
from core.product.people import Directory, ProductInfo, Role, member_by_writing
from core.store.database import Session

_REFERENCE = re.compile(r"#?(?:[A-Za-z][A-Za-z0-9_]*-)?\d{1,9}")
_MENTION = re.compile(r"(?<!\w)([@#])([\w.:+-]+\w)")


class Stranger(Exception):
    """Somebody who speaks, or is spoken of, for the first time: make them known, then begin again."""

    def __init__(self, speaker: Speaker, *, member_of: str | None = None) -> None:
        super().__init__(speaker)
        self.speaker = speaker
        self.member_of = member_of


@dataclass
class Call:
    """What a handler is given. Reading the words is a walk from left to right: `take_items()`, `take_word()`, `rest()`,
    and `end()` where nothing may be left."""

    ask: Ask
    command: Command
    db: Session
    directory: Directory
    person: str
    line: grammar.Line
    options: Mapping[str, str]
    at: int = field(default=0, init=False)

    @property
    def now(self) -> datetime:
        return self.ask.at

    # ---- where and who ----

    @cached_property
    def found_product(self) -> ProductInfo | None:
        """The product of this place, None where none is set up or several may be meant."""
        return self.directory.product_of(self.ask.connection.platform, self.ask.place)

    @property
    def product(self) -> ProductInfo:
        """The product this is about, or a refusal that asks which."""
        if self.found_product is not None:
            return self.found_product
        if not self.directory.products:
            raise Refused("No product is set up yet.", 'setup "Acme app"')
        buttons = tuple(
            Button(f"{p.key} {p.name}"[:60], f"product use {p.key}")
            for p in list(self.directory.products.values())[:10]
        )
        card = Card("Which product is this place about?", buttons=buttons)
        keys = ", ".join(p.key for p in self.directory.products.values())
        raise Refused(f"This place has no product yet; there are {keys}.", "product use KEY", card=card)

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.found_product.tz if self.found_product else "UTC")

    @property
    def today(self) -> date:
        return self.now.astimezone(self.tz).date()

    @cached_property
    def roles(self) -> frozenset[Role]:
        """What the asker may here: roles given, or membership by writing in the channel."""
        product = self.found_product.id if self.found_product else None
        given = self.directory.roles(self.person, product, self.now)
        if not given and member_by_writing(self.ask, self.directory):
            return frozenset({Role.MEMBER})
        return given

    def may(self, role: Role) -> bool:
        if role is Role.VIEWER:
            return not self.ask.speaker.guest
        return bool(self.roles & {Role.ADMIN, role})

    def name(self, person: str | None) -> str:
        return self.directory.name(person)

    # ---- reading the words ----

    def peek(self) -> str:
        """The next word, '' at the end."""
        return self.line.words[self.at].text if self.at < len(self.line.words) else ""

    def take_word(self) -> str:
        word = self.peek()
        self.at += bool(word)
        return word

    def take_items(self, wanted: str = "Which item?", count: int = 1000) -> list[str]:
        """One to `count` references to items, as typed: 'APP-12', '12', '#12', an outside key."""
        found: list[str] = []
        while len(found) < count and _REFERENCE.fullmatch(self.peek()):
            found.append(self.take_word().removeprefix("#"))
        if not found:
            word = self.peek()
            raise Refused(f"“{word}” is no item." if word else wanted, self.command.example)
        return found

    def take_item(self) -> str:
        found = self.take_items()
        if len(found) > 1:
            raise Refused(f"One item at a time here, not {len(found)}.", self.command.example)
        return found[0]

    def take_person(self, word: str | None = None) -> str:
        """`me`, `@ann` or a mention, as a person."""
        word = self.take_word() if word is None else word
        if word.lower() == "me":
            return self.person
        bare = word.removeprefix("@")
        platform = self.ask.connection.platform.value
        found = self.directory.identities.get((platform, bare)) or self.directory.by_name.get(bare.lower())
        if found is None:
            if not bare:
                raise Refused("Who? Name a person with @.", self.command.example)
            if bare in self.ask.mentions or self.ask.connection.platform is Platform.TERMINAL:
                raise Stranger(
                    Speaker(bare, self.ask.mentions.get(bare) or ("" if bare in self.ask.mentions else bare))
                )
            raise Refused(f"I do not know {word} yet. People are known once they have written here.", "team list")
        return found

    def rest(self) -> str:
        """The free text from here on, with people and channels by their names."""
        text = self.line.rest(self.at) if self.at else self.line.text
        self.at = len(self.line.words) if self.at else 1 << 30
        return self.readable(text)

    def end(self) -> None:
        """Nothing may be left."""
        if self.at < len(self.line.words):
            left = self.line.rest(self.at)
            raise Refused(f"I do not understand “{shorten(left, 60)}” here.", self.command.example)

    def readable(self, text: str) -> str:
        """Text with the platform's ids of people and channels as their names."""
        if "@" not in text and "#" not in text:
            return text
        platform = self.ask.connection.platform.value

        def name(found: re.Match[str]) -> str:
            mark, external = found.groups()
            said = self.ask.mentions if mark == "@" else self.ask.channels
            if said.get(external):
                return mark + said[external]
            person = self.directory.identities.get((platform, external)) if mark == "@" else None
            return mark + self.directory.names[person] if person else found[0]

        return _MENTION.sub(name, text)

    # ---- reading the options ----

    def given(self, key: str) -> bool:
        return key in self.options

    def words(self, key: str) -> str:
        return self.readable(self.options.get(key, "")).strip()

    def number(self, key: str) -> float | None:
        """A number of 0 or more; None where it is empty."""
        raw = self.options.get(key, "").strip()
        if not raw:
            return None
        try:
            value = float(raw.replace(",", "."))
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e9:
            raise self.wrong(key, f"{key} wants a number such as 5, not “{shorten(raw, 40)}”.", "5")
        return value

    def choice(self, key: str) -> str:
        raw = self.options.get(key, "").strip().lower()
        choices = self.command.choices[key]
        if raw in choices:
            return raw
        near = grammar.suggest(raw, choices) or choices[0]
        raise self.wrong(key, f"{key} is one of {', '.join(choices)}; “{shorten(raw, 40)}” is none.", near)

    def person_in(self, key: str) -> str | None:
        """A person; None where it is empty or 'nobody'."""
        raw = self.options.get(key, "").strip()
        if raw.lower() in ("", "nobody", "none", "-"):
            return None
        try:
            return self.take_person(raw)
        except Refused as no:
            raise Refused(no.why, no.try_, field=key) from no

    def day(self, key: str) -> date | None:
        raw = self.options.get(key, "").strip()
        if not raw:
            return None
        found = dates.day(raw, self.today)
        if found is None:
            raise self.wrong(
                key, f"{key} wants a day such as 2026-12-24 or “next friday”, not “{shorten(raw, 40)}”.", "friday"
            )
        return found

    def end_of(self, day: date) -> datetime:
        """The first instant after a local day."""
        return datetime.combine(day + timedelta(days=1), time(), self.tz)

    def wrong(self, key: str, why: str, better: str) -> Refused:
        """A refusal about one key; the next thing to type is the same line with a better value."""
        options = {**self.options, key: better}
        line = grammar.render(self.line.text, options, self.command.keys)
        return Refused(why, f"{self.command.name} {line}".strip(), field=key)


def shorten(text: str, length: int) -> str:
    """Text on one line of at most `length` characters, cut at the end with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def typed_options(command: Command, line: grammar.Line, values: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """Options of a line and of a submitted form together, and the free text a form gave (None where it gave none)."""
    options = dict(line.options)
    text: str | None = None
    for name, value in values.items():
        flat = (
            ",".join(str(v) for v in value) if isinstance(value, (list, tuple)) else "" if value is None else str(value)
        )
        if name == command.text:
            text = flat
        elif name in command.keys:
            options[name] = flat
    return options, text

"""A command while it is being carried out: who asks, where, about which product, and the words not yet read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core.chat import dates, figures, grammar, walltime
from core.chat.ask import Ask, Place, Platform, Speaker
from core.chat.card import Button, Card, Picture, Reply, Text, escape
from core.chat.words import day_in_words, listed, shorten
from core.commands.command import Command
from core.commands.refused import Refused
from core.product import backlog, ties
from core.product.audience import Audience
from core.product.charts import Drawn
from core.product.people import Directory, ProductInfo, Role, member_by_writing
from core.store import pictures
from core.store.database import Session

NAME_LENGTH = 80
DAYS = frozenset({"until", "since", "due", "by", "from", "to", "on"})  # the keys whose value is a day
LARGEST = 1e6  # what points, values and scores stay below
_REFERENCE = re.compile(r"#?(?:[A-Za-z][A-Za-z0-9_]*-)?\d{1,9}")
_ABROAD = re.compile(r"(?=\D*\d)\w[\w./-]{0,59}")  # what else a tool may call an item: a word with a digit in it
_BETWEEN = re.compile("[,;]")
POLITE = re.compile(r"(?:please|pls|thanks|thank you|now|[.!]|\s)+", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)([@#])([\w.:+-]+\w)")


class Stranger(Exception):
    """Somebody who speaks, or is spoken of, for the first time: make them known, then begin again.

    member_of  they are known, and not yet as a member of this product
    spoken_of  they did not speak themselves: they become known only if the ask is carried out
    """

    def __init__(self, speaker: Speaker, *, member_of: str | None = None, spoken_of: bool = False) -> None:
        super().__init__(speaker)
        self.speaker = speaker
        self.member_of = member_of
        self.spoken_of = spoken_of


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

    def on(self, line: str) -> "Call":
        """The same call about another line: one of several that were pasted."""
        read = grammar.parse(line, self.command.keys)
        other = replace(self, line=read, options=read.options)
        other.found_product = self.found_product
        return other

    def about_product(self, product: str) -> "Call":
        """The same call about a product that is named otherwise: by what a message's own button leads to."""
        if self.found_product is not None and self.found_product.id == product:
            return self
        other = replace(self)
        other.found_product = self.directory.products[product]
        self.db.ledger.product_id = product
        return other

    # ---- where and who ----

    @cached_property
    def found_product(self) -> ProductInfo | None:
        """The product of the card whose button was pressed in a private chat, else the place's; None where none is set
        up or several may be meant. Among others the place alone says it: they would read what is another team's."""
        if self.ask.about and self.ask.place.private:
            if (known := self.directory.product_by_key(self.ask.about)) is None:
                raise Refused(f"The product {self.ask.about} is no longer here.", "product list")
            return known
        return self.directory.product_of(self.ask.connection.platform, self.ask.place)

    @property
    def key(self) -> str | None:
        """The key of this place's product, None where it has none."""
        return self.found_product.key if self.found_product else None

    @property
    def product(self) -> ProductInfo:
        """The product this is about, or a refusal that asks which."""
        if self.found_product is None:
            raise self.which_product()
        return self.found_product

    def which_product(self) -> Refused:
        """Where no product is meant yet: what to do about it, with a button for each that the asker may choose."""
        known = list(self.directory.products.values())
        if not known:
            return Refused("No product is set up yet.", 'setup "Acme app"')
        why = f"This place has no product yet; there are {listed([p.key for p in known])}."
        mine = [p for p in known if self.may_turn_over(p)]
        if not mine:
            return Refused(f"{why} A product manager can choose one.", "product list")
        buttons = tuple(Button(shorten(f"{p.key} {p.name}", 60), f"product use {p.key}") for p in mine[:10])
        card = Card("Which product is this place about?", buttons=buttons)
        return Refused(why, f"product use {mine[0].key}", card=card)

    def may_turn_over(self, product: ProductInfo) -> bool:
        """Whether the asker may let this place be about a product: their own chat, or a channel where they manage
        the product that it is about today, or the one it is to be about."""
        if self.ask.place.private:
            return True
        both = [product] if self.found_product is None else [product, self.found_product]
        held = {role for p in both for role in self.directory.roles(self.person, p.id, self.now)}
        return bool(held & {Role.ADMIN, Role.PRODUCT_MANAGER})

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.found_product.tz if self.found_product else "UTC")

    @property
    def today(self) -> date:
        return self.now.astimezone(self.tz).date()

    @cached_property
    def roles(self) -> frozenset[Role]:
        """What the asker may here: roles given, or membership by writing in the channel. In a place without a product
        the roles held in any count, because the handler then asks which is meant."""
        here = self.found_product
        products = [here.id] if here else [None, *self.directory.products]
        given = frozenset(role for p in products for role in self.directory.roles(self.person, p, self.now))
        if not given and member_by_writing(self.ask, self.directory):
            return frozenset({Role.MEMBER})
        return given

    def may(self, role: Role) -> bool:
        if role is Role.VIEWER:
            return not self.ask.speaker.guest or bool(self.roles)
        return bool(self.roles & {Role.ADMIN, role})

    @property
    def audience(self) -> Audience:
        """The circle the asker belongs to: members are the team, guests the public, everybody else a stakeholder.
        Every read of a thing that has an audience is narrowed to `call.audience.reads`."""
        if self.may(Role.MEMBER) or self.may(Role.LEAD):
            return Audience.TEAM
        return Audience.PUBLIC if self.ask.speaker.guest else Audience.STAKEHOLDERS

    @property
    def among_the_team(self) -> bool:
        """Whether only the team reads along: in the product's own channels. (A terminal has no others.)"""
        platform = self.ask.connection.platform
        return platform is Platform.TERMINAL or (platform.value, self.ask.place.external_id) in self.directory.channels

    def name(self, person: str | None) -> str:
        return self.directory.name(person)

    def external_id(self, person: str | None) -> str:
        """How this platform calls a person; '' for nobody, and for somebody it has not met."""
        platform = self.ask.connection.platform.value
        known = self.directory.identities.items() if person else ()
        return next((external for (where, external), who in known if who == person and where == platform), "")

    def picture(self, drawn: Drawn) -> Picture:
        """A chart as part of a card; reading commands may draw too."""
        return Picture(pictures.keep(self.db, drawn.png), drawn.alt)

    # ---- reading the words ----

    def peek(self) -> str:
        """The next word, '' at the end."""
        return self.line.words[self.at].text if self.at < len(self.line.words) else ""

    def take_word(self) -> str:
        word = self.peek()
        self.at += bool(word)
        return word

    def take_items(self, wanted: str = "Which item?", count: int = 1000) -> list[str]:
        """One to `count` references to items, as typed: 'APP-12', '12', '#12', an outside key. In a thread that is tied
        to an item the first may be left out; there a number at the head of a comment is part of it."""
        found: list[str] = []
        tied = self.tied if self.at == 0 else ""
        if not tied or not self.command.usage.endswith(" ITEM TEXT") or not self.peek().isdecimal():
            while more := self._references(count - len(found), joined=bool(found), abroad=not tied):
                found += more
        if not found and tied:
            return [tied]
        if not found:
            word = shorten(self.peek(), 40)
            raise Refused(f"“{word}” is no item." if word else wanted, self.command.example)
        return found

    def _references(self, most: int, *, joined: bool, abroad: bool) -> list[str]:
        """Up to `most` references of the next word, 'APP-1' or 'APP-1,APP-2', taken; [] where it is none. joined: an
        'and' may stand before them. abroad: it may be a tool's key of any kind, where it cannot be text."""
        at = self.at + (joined and self.peek().lower() in ("and", "&", ","))
        word = self.line.words[at].text if at < len(self.line.words) else ""
        found = references(word)
        if not found and abroad and _ABROAD.fullmatch(key := word.rstrip(",;")):
            found = [key]
        if not found or len(found) > most:
            return []
        self.at = at + 1
        return found

    @cached_property
    def tied(self) -> str:
        """The item that this thread is tied to, where the command may be about one; '' where there is none."""
        thread = ties.where(self.ask)
        if thread is None or self.found_product is None or "ITEM" not in self.command.usage:
            return ""
        number = ties.item_at(self.db, thread, self.found_product.id)
        return "" if number is None else f"{self.found_product.key}-{number}"

    def take_item(self) -> str:
        found = self.take_items()
        if len(found) > 1:
            raise Refused(f"One item at a time here, not {len(found)}.", self.command.example)
        return found[0]

    def take_number(self, letter: str, what: str) -> int:
        """A reference such as G-1 by its letter, as its number. what: 'goal', for the refusal."""
        word = self.take_word().rstrip(",;")
        found = re.fullmatch(rf"#?(?:{letter}-?)?(\d{{1,9}})", word, re.IGNORECASE)
        if not found:
            why = f"“{shorten(word, 40)}” is no {what}." if word else f"Which {what}? It is called {letter}-1 or so."
            raise Refused(why, self.command.example)
        return int(found[1])

    def take_person(self, word: str | None = None) -> str:
        """`me`, `@ann` or a mention, as a person."""
        word = self.take_word() if word is None else word
        if word.lower() == "me":
            return self.person
        bare = word.removeprefix("@")
        platform = self.ask.connection.platform.value
        found = self.directory.identities.get((platform, bare)) or self.directory.by_name.get(bare.lower())
        if found is None and word.startswith("@") and _BETWEEN.search(word):
            several = [name for name in _BETWEEN.split(word) if name.strip()]
            if len(several) > 1:
                better = f"{self.command.name} {self.line.line.replace(word, several[0], 1)}"
                raise Refused(f"One person here, not {len(several)}.", better)
            return self.take_person(several[0])
        if found is None:
            if not bare:
                raise Refused("Who? Name a person with @.", self.command.example)
            if bare.lower() in self.directory.namesakes:
                raise Refused(f"Several people are called {shorten(bare, 40)}. Mention the one you mean.", "team list")
            if self.command.writes and self._can_be_met(word):
                said = bare if self.ask.connection.platform is Platform.TERMINAL else self.ask.mentions[bare]
                raise Stranger(Speaker(bare, said), spoken_of=True)
            raise self._unknown(word)
        return found

    def _unknown(self, word: str) -> Refused:
        called = shorten(self.ask.mentions.get(word.removeprefix("@")) or word, 40)
        if self.ask.connection.platform is Platform.TERMINAL and self.command.writes and not word.startswith("@"):
            return Refused(f"I do not know {called}. To make them known, write @{called}.", self.command.example)
        return Refused(f"I do not know {called} yet. People are known once they have written here.", "team list")

    def _can_be_met(self, word: str) -> bool:
        """A mention names somebody whom the platform knows; in a terminal, where nothing else does, an @name makes
        that person."""
        bare = word.removeprefix("@")
        if self.ask.connection.platform is Platform.TERMINAL:
            return word.startswith("@") and len(bare) <= NAME_LENGTH
        return bare in self.ask.mentions

    def rest(self) -> str:
        """The free text from here on, with people and channels by their names."""
        text = self.line.rest(self.at) if self.at else self.line.text
        self.at = len(self.line.words) if self.at else 1 << 30
        return self.readable(text)

    def phrase(self, key: str | None = None) -> str:
        """What a key says, or the free text from here on, in one line."""
        return " ".join((self.rest() if key is None else self.words(key)).split())

    def end(self) -> None:
        """Nothing may be left."""
        left = self.line.rest(self.at) if self.at < len(self.line.words) else ""
        if left and not POLITE.fullmatch(left):
            typed = [self.line.line[word.start : word.end] for word in self.line.words]
            tails = [" ".join(typed[n:]) for n in range(max(self.at - 2, 0), self.at + 1)]
            options = {key: self._whole_day(key, value, *tails) for key, value in self.options.items()}
            if "because" in self.command.keys and not self.given("because"):
                options["because"] = left  # where a reason is asked for, that is what words behind it are
            days = [options[key].removeprefix(value).strip() for key, value in self.options.items()]
            used = max((len(day.split()) for day in days), default=0)
            if "text" in self.command.keys and not self.given("text") and not used:
                options["text"] = left  # what is looked for
            words = " ".join(typed[: min(self.at, len(typed) - used)])
            better = f"{self.command.name} {grammar.render(words, options, self.command.keys)}".strip()
            raise Refused(f"I do not understand “{shorten(left, 60)}” here.", better)

    def _whole_day(self, key: str, value: str, *tails: str) -> str:
        """A day that was typed in several words without quotes, whole again: until=next friday, due=in 2 weeks. Its
        last words may have been read as something else already; `tails` are what may belong to it."""
        wholes = (f"{value} {tail}" for tail in tails if key in DAYS and len(tail) < 30)
        return next((whole for whole in wholes if dates.days(whole, self.today)), value)

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
        """A number of 0 or more, below a million; None where it is empty."""
        value = self.figure(key, "5")
        if value is not None and value >= LARGEST:
            raise self._no_number(key, "a number below a million", "5")
        if value is not None and value < 0:
            raise self._no_number(key, "a number", "5")
        return value

    def figure(self, key: str, example: str = "25") -> float | None:
        """Any number as people write it, such as 1,200 or 38 %; None where it is empty."""
        raw = self.options.get(key, "").strip()
        if not raw:
            return None
        found = figures.read(raw)
        if found is None:
            raise self._no_number(key, "a number", example)
        return found

    def _no_number(self, key: str, wanted: str, example: str) -> Refused:
        raw = self.options[key].strip()
        return self.wrong(key, f"{key} wants {wanted} such as {example}, not “{shorten(raw, 40)}”.", example)

    def choice(self, key: str) -> str:
        raw = self.options.get(key, "").strip().lower()
        choices = self.command.choices[key]
        if raw in choices:
            return raw
        near = grammar.suggest(raw, choices) or choices[0]
        raise self.wrong(key, f"{key} is one of {listed(choices)}; “{shorten(raw, 40)}” is none.", near)

    def person_in(self, key: str) -> str | None:
        """A person; None where it is empty or 'nobody'."""
        raw = self.options.get(key, "").strip()
        if raw.lower() in ("", "nobody", "none", "-"):
            return None
        if several := re.search(rf"(?<!\S){key}={re.escape(raw)}(?<=,)\s+@\S+", self.line.line):
            better = self.line.line.replace(several[0], f"{key}={raw.rstrip(',')}", 1)
            raise Refused("One person here, not several.", f"{self.command.name} {better}", field=key)
        try:
            return self.take_person(raw)
        except Refused as no:
            bare = self.ask.connection.platform is Platform.TERMINAL and not raw.startswith("@")
            raise (self.wrong(key, no.why, f"@{raw}") if bare else Refused(no.why, no.try_, field=key)) from no

    def people_in(self, key: str) -> list[str]:
        """Several people, each once: 'to=@bob,@eve'."""
        raw = self.options.get(key, "").strip()
        if raw.endswith(","):
            raise self.wrong(key, f"Write the people of {key}= without blanks between them.", f"{raw}@eve")
        found: list[str] = []
        for name in re.split(r"[,;\s]+", raw):
            if name:
                try:
                    found.append(self.take_person(name))
                except Refused as no:
                    raise Refused(no.why, no.try_, field=key) from no
        return list(dict.fromkeys(found))

    def place_in(self, key: str) -> Place | None:
        """A channel; None where it is empty, 'here', or the one where this is said."""
        raw = self.options.get(key, "").strip()
        bare = raw.removeprefix("#")
        if bare.lower() in ("", "here") or bare == self.ask.place.external_id:
            return None
        if bare not in self.ask.channels and self.ask.connection.platform is not Platform.TERMINAL:
            raise self.wrong(key, f"I do not know the channel {shorten(raw, 40)}. Say this there instead.", "here")
        return Place(bare, name=self.ask.channels.get(bare) or bare)

    def arranged(self, card: Card, place: str, name: str) -> Reply:
        """What will speak in a place from now on. Said there, it is answered by a message of our own, so that a place
        that is closed to us is noticed at once; of another one that is known to be closed a line says so."""
        bar = self.ask.shut.get(place)
        where = f"#{name}" if name and name != place else "that channel"
        line = (Text(escape(f"I cannot write in {where} yet: {bar}")),) if bar else ()
        card = replace(card, body=(*card.body, *line))
        here = not self.ask.place.private and place == self.ask.place.external_id
        return Reply(ok=True, seen_by="place", card=card, lasting=here)

    def day(self, key: str, better: str = "friday") -> date | None:
        raw = self.options.get(key, "").strip()
        if not raw:
            return None
        found = dates.day(raw, self.today)
        if found is None or not 1970 <= found.year < 9000:
            why = f"{key} wants a day such as 2026-12-24 or “next friday”, not “{shorten(raw, 40)}”."
            if mended := self._quoted_day(key, raw):
                raise Refused(why, mended, field=key)
            raise self.wrong(key, why, better)
        return found

    def coming(self, key: str, better: str = "friday") -> date | None:
        """A day that is not over yet."""
        found = self.day(key)
        if found is not None and found < self.today:
            raise self.wrong(key, f"{key}= wants a day to come; {day_in_words(found, self.today)} is over.", better)
        return found

    def days(self, key: str) -> tuple[date | None, date | None]:
        """First and last day of a range such as “this week”; of one day alone, which means until then, no first one."""
        found = dates.days(self.options.get(key, "").strip(), self.today)
        if found is None or found[0] == found[1] or found[0].year < 1970 or found[1].year >= 9000:
            return None, self.day(key)
        return found

    def _quoted_day(self, key: str, raw: str) -> str:
        """The typed line with a day of several words in quotes; '' where the words behind it make no day with it."""
        said = re.search(rf"(?<!\S){key}={re.escape(raw)}((?:[^\S\n]+[^\s=]+){{1,3}})", self.line.line)
        behind = said[1].split() if said else []
        for count in range(len(behind), 0, -1):
            whole = " ".join([raw, *behind[:count]])
            if said and dates.days(whole, self.today):
                rest = " ".join(["", *behind[count:]])
                line = f'{self.line.line[: said.start()]}{key}="{whole}"{rest}{self.line.line[said.end() :]}'
                return f"{self.command.name} {line}"
        return ""

    def date_of(self, instant: datetime) -> str:
        """An instant's day here, in words."""
        return day_in_words(instant.astimezone(self.tz).date(), self.today)

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day."""
        return walltime.day_begins(day, self.tz)

    def end_of(self, day: date) -> datetime:
        """The first instant after a local day."""
        return walltime.day_ends(day, self.tz)

    def wrong(self, key: str, why: str, better: str) -> Refused:
        """A refusal about one key; the next thing to type is the same line with a better value."""
        options = {**self.options, key: better}
        line = grammar.render(self.line.text, options, self.command.keys)
        return Refused(why, f"{self.command.name} {line}".strip(), field=key)


def references(text: str) -> list[str]:
    """'APP-1,#2' as what it refers to; [] where any of it is no reference."""
    found = [backlog.bare(part.strip()) for part in _BETWEEN.split(text) if part.strip()]
    return found if all(_REFERENCE.fullmatch(one) for one in found) else []


def typed_options(command: Command, line: grammar.Line, values: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """Options of a line and of a submitted form together, and the free text a form gave (None where it gave none)."""
    options = dict(line.options)
    text: str | None = None
    for name, value in values.items():
        flat = (
            ",".join(str(v) for v in value) if isinstance(value, (list, tuple)) else "" if value is None else str(value)
        )
        flat = grammar.tidy(flat)  # a typed line was tidied whole
        if name == command.text:
            text = flat
        elif name in command.keys:
            options[name] = flat
    return options, text

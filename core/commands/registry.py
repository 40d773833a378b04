"""What people can say: each command is one declaration, and everything else about it is read from that.

    @command("backlog comment ITEM TEXT", example="backlog comment APP-12 The bank needs semicolons")
    def comment(call: Call) -> Said: ...

The usage line gives the words, the keys (`key=`) and their choices (`key=a|b`); the docstring's first line is the help.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.chat import grammar
from core.chat.card import Card, Form, Reply
from core.commands.call import Call
from core.commands.command import Command, Secret
from core.commands.later import Later
from core.product.people import Role

Said = Card | Form | Reply | Later
Handler = Callable[[Call], Said]

# These take words up to the next key; the others one word or a quoted one ('The line' in COMMANDS.md).
WORDY = frozenset({
    "because", "goal", "as", "want", "so", "note", "ask", "options", "title", "description",
    "yesterday", "today", "blockers", "assume",
})  # fmt: skip
# Words that people use for these: suggested, never guessed.
EVERYDAY = {
    "remove": "drop", "delete": "drop", "cancel": "drop", "create": "add", "new": "add", "close": "done",
    "finish": "done", "complete": "done", "find": "search", "view": "show", "open": "show", "rename": "edit",
    "estimate": "edit", "change": "edit", "update": "edit", "reorder": "move", "begin": "start", "note": "comment",
    "bad": "better", "worse": "better",
}  # fmt: skip
_TOLD, _SHORT = 3, 4  # letters by whose start a word is recognised in a sentence; as many as many words have
BALLOT = "ballot"  # the key that the buttons of secret votes carry: which retro or round they are for

# what shows a thing that is called by a letter and a number; all others are items
_OPENS = {
    "R": ("roadmap", "show"), "D": ("decide", "show"), "Q": ("question", "show"), "F": ("feedback", "show"),
    "G": ("why",), "B": ("history",),
}  # fmt: skip
_REFERENCE = re.compile(r"#?(([A-Za-z][A-Za-z0-9_]*)-\d{1,9})[.?]?")
_KEY = re.compile(r"([a-z_]+)=([a-z0-9]+(?:\|[a-z0-9]+)*)?")


@dataclass(frozen=True, slots=True)
class Match:
    """A line that names a command; `rest` is what stands behind its words. `guessed`: it names none, and reads as a
    question. `about`: the key of the product it is about, where what it is an answer to says so; see Ask."""

    command: Command
    rest: str
    guessed: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Miss:
    """A line that names none. `near` are the commands that may have been meant, the likeliest first; `help` says what
    there is."""

    typed: str
    rest: str
    near: tuple[Command, ...]
    help: str = "help"


class Registry:
    """All commands by their words."""

    def __init__(self) -> None:
        self.commands: dict[tuple[str, ...], Command] = {}
        self.groups: dict[str, list[Command]] = {}
        self._handlers: dict[tuple[str, ...], Handler] = {}

    def add(self, command: Command, handler: Handler) -> None:
        if command.path in self.commands:
            raise ValueError(f"two commands are called {command.name!r}")
        self.commands[command.path] = command
        self.groups.setdefault(command.path[0], []).append(command)
        self._handlers[command.path] = handler

    def handler(self, command: Command) -> Handler:
        """What carries a command out."""
        return self._handlers[command.path]

    def arrange(self, modules: Sequence[str]) -> None:
        """Put commands in the order of the modules that declare them, which is the order of help."""
        place = {name: n for n, name in enumerate(modules)}
        found = sorted(self.commands.values(), key=lambda command: place[self.handler(command).__module__])
        self.commands.clear()
        self.groups.clear()
        for command in found:
            self.add(command, self.handler(command))

    def knows(self, line: str) -> bool:
        """Whether a line names a command; a button of what is not there yet is left out."""
        return isinstance(self.find(line), Match)

    def find(self, line: str) -> Match | Miss:
        """The command that a line names, by its whole words, or by the unambiguous start of a verb that only reads; a
        question that names none is one to `ask`."""
        found = self._named(line)
        asking = self.commands.get(("ask",))
        if asking is None or not reads_as_question(line):
            return found
        if isinstance(found, Match):
            why = found.command.path == ("why",) and not names_item(found.rest)
            return Match(asking, line, guessed=True) if why else found
        mistyped = " " in found.typed and bool(found.near)  # both words of it are nearly a command
        return found if mistyped and not _ASKS.match(line) else Match(asking, line, guessed=True)

    def opened(self, line: str) -> Match | None:
        """What shows the one thing that a line consists of: APP-12, R-1. It is not read so before it can be nothing
        else, such as an answer."""
        if not (found := _REFERENCE.fullmatch(line.strip())):
            return None
        shows = self.commands.get(_OPENS.get(found[2].upper(), ("backlog", "show")))
        return Match(shows, found[1]) if shows else None

    def _named(self, line: str) -> Match | Miss:
        line = line.strip().removeprefix("/")
        first, _, rest = _first_word(line)
        group = first.lower()
        if group == "steward":  # as it is typed in Slack
            return self._named(rest)
        if not group:
            return Match(self.commands[("help",)], "")
        second, _, behind = _first_word(rest)
        verb = second.lower()
        if found := self.commands.get((group, verb)):
            return Match(found, behind)
        if found := self.commands.get((group,)):
            return Match(found, rest)
        if group in self.groups:
            return self._within(group, verb, behind)
        return self._nearest(group, verb, rest, behind)

    def _within(self, group: str, verb: str, rest: str) -> Match | Miss:
        commands = self.groups[group]
        if not verb:
            return Match(self.commands[("help",)], group)
        if (group, EVERYDAY.get(verb, "")) in self.commands:
            return Miss(f"{group} {verb}", rest, (self.commands[(group, EVERYDAY[verb])],))
        begun = [c for c in commands if c.path[1].startswith(verb)]
        if len(begun) == 1 and not begun[0].writes:
            return Match(begun[0], rest)
        if not begun and (near := grammar.suggest(verb, [c.path[1] for c in commands])):
            begun = [self.commands[(group, near)]]
        return Miss(f"{group} {verb}", rest, tuple(begun), f"help {group}")

    def _nearest(self, group: str, verb: str, rest: str, behind: str) -> Miss:
        if ("backlog", EVERYDAY.get(group, "")) in self.commands:
            return Miss(group, rest, (self.commands[("backlog", EVERYDAY[group])],))
        near = grammar.suggest(group, self.groups)
        if near is not None and not self._begins(near, group, verb):
            near = None
        if near is None:
            by_verb = [c for c in self.commands.values() if c.path[-1] == group]
            by_verb.sort(key=lambda c: c.path[0] != "backlog")  # what most lines are about
            return Miss(group, rest, tuple(by_verb[:3])) if by_verb else self._in_a_sentence(group, rest)
        if (near,) in self.commands:
            return Miss(group, rest, (self.commands[(near,)],))
        meant = grammar.suggest(verb, [c.path[1] for c in self.groups[near]]) if verb else None
        if meant is not None:
            return Miss(f"{group} {verb}", behind, (self.commands[(near, meant)],))
        return Miss(group, rest, tuple(self.groups[near][:3]), f"help {near}")

    def _begins(self, near: str, typed: str, verb: str) -> bool:
        """Whether a short word in a sentence may be the group that it is like: 'im' is no import, 'lets' no less."""
        if not verb or len(typed) > _SHORT:
            return True
        if (near,) in self.commands:
            return len(typed) >= _TOLD
        return grammar.suggest(verb, [command.path[1] for command in self.groups[near]]) is not None

    def _in_a_sentence(self, first: str, rest: str) -> Miss:
        """What a sentence such as 'I am done with APP-12' says of an item, as the command that does it."""
        words = f"{first} {rest}".split()[:20]
        items = [word for word in words if (found := _REFERENCE.fullmatch(word)) and found[2].upper() not in _OPENS]
        verbs = [("backlog", EVERYDAY.get(word, word)) for word in map(str.lower, words)]
        verb = next((verb for verb in verbs if verb in self.commands), None)
        if not items or verb is None:
            return Miss(first, rest, ())
        return Miss(first, " ".join(items).rstrip(".?"), (self.commands[verb],))


# Words that begin a question and no command; `why` begins both.
_ASKS = re.compile(
    r"\W*(?:whats|whos|wheres|whens|hows|what|who|whom|whose|when|where|why|which|how|is|are|was|were|do|does|did|can|could|should|shall|will|would|"
    r"must|may|has|have|had)(?:[’']\w+|n[’']t)?\s",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\S+")
# from the first blank of a row of them only: of 100,000 each would be tried with all that follow
_SHOWN = re.compile(r"(?<!\s)\s++show-here=\S++\s*\Z")


def reads_as_question(line: str) -> bool:
    """Whether a line of three words or more begins as a question does, or ends in a question mark."""
    line = _SHOWN.sub("", line.strip())
    enough = len(_WORDS.findall(line, 0, 400)) >= 3
    return enough and (_ASKS.match(line) is not None or line.endswith("?"))


def names_item(rest: str) -> bool:
    """Whether what stands behind `why` is an item or a roadmap entry and no sentence."""
    return re.match(r"\s*#?(?:[A-Za-z][A-Za-z0-9_]*-)?\d+\b", rest) is not None


def _first_word(text: str) -> tuple[str, str, str]:
    """A line's first word, nothing, and what stands behind it (a newline behind a word is kept)."""
    text = text.lstrip()
    found = re.match(r"\S+", text)
    if not found:
        return "", "", ""
    behind = text[found.end() :]
    return found[0], "", behind[1:] if behind[:1] == " " else behind


REGISTRY = Registry()


def command(
    usage: str,
    *,
    example: str,
    role: Role = Role.MEMBER,
    writes: bool = True,
    undoable: bool | None = None,
    text: str = "",
    hidden: str = "",
    guests: bool = False,
    too: Role | None = None,
    asked: bool = False,
    private: bool = False,
    secret: Secret | None = None,
    file: str = "",
    registry: Registry = REGISTRY,
) -> Callable[[Handler], Handler]:
    """Declare a command. `hidden` names keys that buttons carry and help does not show; a read has `show` besides."""

    def declare(handler: Handler) -> Handler:
        words = usage.split()
        path: list[str] = []
        for word in words:
            if not re.fullmatch(r"[a-z]+", word) or len(path) == 2:
                break
            path.append(word)
        found: dict[str, str] = dict(_KEY.findall(usage))
        aside = hidden.split() if writes or private else [*hidden.split(), "show-here"]
        aside += [BALLOT, "withheld"] if secret else []
        names = [*found, *aside]
        registry.add(
            Command(
                path=tuple(path),
                usage=usage,
                keys={name: name in WORDY for name in names},
                choices={name: tuple(choices.split("|")) for name, choices in found.items() if choices},
                role=role,
                writes=writes,
                undoable=writes if undoable is None else undoable,
                text=text,
                example=example,
                summary=(handler.__doc__ or "").strip().splitlines()[0],
                hidden=frozenset(aside),
                guests=guests,
                too=too,
                asked=asked,
                private=private,
                secret=secret,
                file=file,
            ),
            handler,
        )
        return handler

    return declare

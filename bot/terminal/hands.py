"""Who types: a person at a terminal (prompt_toolkit), or a pipe that hands over one line after the other."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from rich.console import Console

from bot.terminal.cards import clean
from core.chat.card import Field

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import Output

SEVERAL_LINES = "several lines; an empty one ends it"


class Left(Exception):
    """A person leaves a form; `typed` is what stood in the field."""

    def __init__(self, typed: str) -> None:
        super().__init__(typed)
        self.typed = typed


class Hand(Protocol):
    """Gives what is typed; raises EOFError where nothing comes any more. `live` says that a person sits there."""

    live: bool

    def line(self, prompt: str) -> str:
        """What is said. Raises KeyboardInterrupt where a person throws the line away."""
        ...

    def field(self, field: Field, prompt: str, value: str, words: tuple[str, ...]) -> str:
        """A form's field as text: `value` stands in it at first, `words` are what may be chosen. Raises Left."""
        ...


class Piped:
    """Plain lines in. What came in is written out behind its prompt, so that the output reads like a conversation."""

    live = False

    def __init__(self, source: TextIO, console: Console, *, echo: bool = True) -> None:
        """echo: False where the terminal itself shows what is typed."""
        self._source = source
        self._console = console
        self._echo = echo

    def line(self, prompt: str) -> str:
        return self._read(prompt)

    def field(self, field: Field, prompt: str, value: str, words: tuple[str, ...]) -> str:
        """An empty answer keeps what stands there."""
        shown = f"{prompt} [{clean(value)}]: " if value and field.type != "longtext" else f"{prompt}: "
        said = self._read(shown)
        if field.type != "longtext" or not said:
            return said or value
        lines = [said]
        with suppress(EOFError):
            while more := self._read("  "):
                lines.append(more)
        return "\n".join(lines)

    def _read(self, prompt: str) -> str:
        if not self._echo:
            self._console.print(prompt, end="", soft_wrap=True)
        raw = self._source.readline()
        if not raw:
            raise EOFError
        said = raw.rstrip("\r\n")
        if self._echo:
            self._console.print(f"{prompt}{clean(said)}".rstrip(), soft_wrap=True)
        return said


class Typing:
    """A person at a terminal: completion, history, editing."""

    live = True

    def __init__(
        self, completer: "Completer", folder: Path, input_: "Input | None" = None, output: "Output | None" = None
    ) -> None:
        """folder: where the history is kept, where that can be. input_, output: others than the terminal."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.auto_suggest import AutoSuggestFromHistory

        self._input, self._output = input_, output
        self._session: PromptSession[str] = PromptSession(
            history=kept_history(folder),
            completer=completer,
            auto_suggest=AutoSuggestFromHistory(),
            reserve_space_for_menu=5,
            input=input_,
            output=output,
        )

    def line(self, prompt: str) -> str:
        return self._session.prompt([("bold", prompt)])

    def field(self, field: Field, prompt: str, value: str, words: tuple[str, ...]) -> str:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter

        long = field.type == "longtext"
        session: PromptSession[str] = PromptSession(
            completer=WordCompleter(list(words), ignore_case=True, sentence=field.type == "choice") if words else None,
            multiline=long,
            key_bindings=_end_at_an_empty_line() if long else None,
            prompt_continuation=lambda _width, _line, wraps: "" if wraps else "  ",
            reserve_space_for_menu=min(len(words), 5),
            input=self._input,
            output=self._output,
        )
        try:
            return session.prompt([("bold", f"{clean(prompt)}: ")], default=value)
        except (KeyboardInterrupt, EOFError):
            raise Left(session.default_buffer.text) from None


def _end_at_an_empty_line() -> "KeyBindings":
    """Enter on an empty last line hands the text over; elsewhere it begins a new line. Alt-Enter always ends."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        document = buffer.document
        if document.is_cursor_at_the_end and not document.current_line.strip():
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=False)

    return bindings


def kept_history(folder: Path, name: str = "chat-history") -> "History":
    """What was typed, kept in the folder for its owner alone; in memory where that cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Kept(FileHistory):
        def store_string(self, string: str) -> None:
            # A full disk loses a line of history, never the chat; a button's number is no line.
            if not string.strip().isdecimal():
                with suppress(OSError):
                    super().store_string(string)

    path = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        with path.open("rb+"):
            return Kept(path)
    except OSError:
        return InMemoryHistory()

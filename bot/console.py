"""`steward chat`: a person talks to Steward in a terminal, or a pipe does."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text as Styled

from bot.files import login
from bot.knowing import before
from bot.lines import TERMINAL, delivered, place_of, recipient, take_up, unaddressed
from bot.settings import data_folder
from bot.terminal.attach import attach
from bot.terminal.cards import GLUE, Numbers, clean, flat, paint, paint_refusal
from bot.terminal.forms import Typed, as_typed, changed, fill
from bot.terminal.hands import Hand, Left, Piped, Typing
from core.chat.ask import Ask, Speaker
from core.chat.card import Card, File, Form, Items, Picture, Reply, kept
from core.commands.dispatch import Steward
from core.commands.registry import Miss
from core.product import people, workspaces
from core.store import pictures

PLAIN_WIDTH = 80  # columns where the output is no terminal and COLUMNS is not set
LOCAL = {
    "/as ": "speak as somebody else: /as bob",
    "/in ": "speak somewhere else: /in #ops, or /in @steward in private",
    "/save": "write the last file or picture shown into this folder",
    "quit": "end",
}
LOCAL_HELP = (
    "Here besides: /as bob and /in #ops (or /in @steward) change who speaks and where; "
    "a number presses its button; quit ends."
)
_NAME = re.compile(r"[\w.-]+")
_FILLING = re.compile(r" +$", re.MULTILINE)
_ITEM = re.compile(r"[A-Z][A-Z0-9]*-\d+")
# A pager of the person's own choice; less keeps colours, and leaves what it showed standing, the buttons too.
_PAGER = "LESS=${LESS:--FRX} ${PAGER:-less}"


def converse(steward: Steward, clock: Callable[[], datetime]) -> int:
    """Talk until `quit`, Ctrl-D or the end of the input; the exit code."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    console = Screen(plain=not terminal)
    items: dict[str, str] = {}
    hand: Hand
    if terminal and not console.is_dumb_terminal:
        from bot.terminal.completion import Words

        hand = Typing(Words(steward.registry, items, LOCAL), data_folder())
    else:
        hand = Piped(sys.stdin, console, echo=not terminal)
    steward.connect(TERMINAL, clock())
    take_up(steward, clock())
    Chat(steward, clock, console, hand, items).run()
    return 0


class Screen(Console):
    """A console that reads no markup into what it prints, keeps buttons whole, and lets a closed pipe be heard."""

    def __init__(self, *, plain: bool, **options: Any) -> None:
        """plain: no colours, and as wide as COLUMNS says, else 80 columns."""
        if plain:
            options = {"color_system": None, "width": shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns, **options}
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield Segment(segment.text.replace(GLUE, " "), segment.style, segment.control)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Chat:
    """One conversation: who speaks, where, and what was shown last and can be pressed."""

    def __init__(
        self,
        steward: Steward,
        clock: Callable[[], datetime],
        console: Console,
        hand: Hand,
        items: dict[str, str],
        speaker: str = "",
    ) -> None:
        """items: filled with the keys and titles of the list shown last. speaker: the login's name unless given."""
        self._steward = steward
        self._clock = clock
        self._console = console
        self._hand = hand
        self._items = items
        self._speaker = speaker or login()
        self._place = "#general"
        self._numbers = Numbers()
        self._file: File | Picture | None = None
        self._unfinished: dict[str, Typed] = {}

    def run(self) -> None:
        self._greet()
        while True:
            try:
                line = self._hand.line(f"{self._speaker} {self._place}> ").strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                continue
            if line.lower() in ("quit", "exit", "/quit", "/exit"):
                return
            if line or not self._hand.live:
                self._hear(line or "help")
                self._hear_from_others()

    def _greet(self) -> None:
        now = self._clock()
        with self._steward.database.transaction(write=False, now=now) as db:
            directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        product = directory.product_of(TERMINAL.platform, place_of(self._place, self._speaker))
        about = f", about {product.name} ({product.key})" if product else ""
        self._print(flat(f"You are {self._speaker} in {self._place}{about}. Type help, or quit to end."))
        if not directory.products:
            self._print(Styled("No product is set up yet. Begin with: ").append('setup "Acme app"', "bold"))
        self._print(Styled())

    def _hear(self, line: str) -> None:
        """One line: a button's number, something for the terminal itself, or something to say."""
        if line.isdecimal() and self._numbers.buttons:
            self._press(int(line))
        elif not (line.startswith("/") and self._local(line)):
            self._say(line)
        self._print(Styled())

    def _hear_from_others(self) -> None:
        """What is said unasked, or came late, to whomever it is: all of them sit at this terminal."""
        for delivery in delivered(self._steward, self._clock()):
            self._print(flat(f"To {recipient(delivery)}:", "dim"))
            if delivery.reply.card is not None:
                self._print(paint(delivery.reply.card, self._numbers, self._console.width))
                self._remember(delivery.reply.card)
            else:
                self._print(paint_refusal(delivery.reply, "", self._numbers, self._console.width))
            self._print(Styled())

    def _press(self, number: int) -> None:
        buttons = self._numbers.buttons
        if 1 <= number <= len(buttons):
            self._say(buttons[number - 1].say)
        else:
            there = "there is only 1" if len(buttons) == 1 else f"there are 1 to {len(buttons)}"
            self._print(Styled(f"There is no button {number}; {there}.", "yellow"))

    # ---- what concerns the terminal alone ----

    def _local(self, line: str) -> bool:
        """Carry out a line for the terminal itself; False where it is none ('/backlog list' is for Steward)."""
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        bare = rest.lstrip("@#")
        if word == "/save":
            self._save(rest)
        elif word == "/as" and _NAME.fullmatch(bare):
            self._speaker, self._numbers = bare, Numbers()
        elif word == "/in" and _NAME.fullmatch(bare):
            self._place, self._numbers = "@steward" if rest.startswith("@") else f"#{bare}", Numbers()
        elif word in ("/as", "/in", "/") or self._unknown(line):
            self._print(flat(LOCAL_HELP, "dim"))
        else:
            return False
        return True

    def _unknown(self, line: str) -> bool:
        match = self._steward.registry.find(line)
        return isinstance(match, Miss) and not match.near

    def _save(self, name: str) -> None:
        if self._file is None:
            self._print(Styled("No file was shown yet.", "yellow"))
            return
        content = self._content(self._file)
        if content is None:
            self._print(Styled("This picture is no longer kept. Ask for it again.", "yellow"))
            return
        path = Path(name or _file_name(self._file))
        try:
            with path.open("xb") as out:
                out.write(content)
        except FileExistsError:
            self._print(Styled(f"{path} is there already. Try: /save another-name", "yellow"))
        except OSError as no:
            self._print(Styled(f"{path} cannot be written: {no.strerror}.", "yellow"))
        else:
            self._print(Styled(f"Written to {path}."))

    def _content(self, shown: File | Picture) -> bytes | None:
        if isinstance(shown, File):
            return shown.content()
        with self._steward.database.transaction(write=False, now=self._clock()) as db:
            workspaces.enter(db, TERMINAL)
            return pictures.load(db, shown.hash)

    # ---- what is said to Steward ----

    def _say(self, text: str) -> None:
        reply = self._ask(text)
        if reply is not None and reply.form is not None:
            reply = self._fill(reply.form)
        if reply is not None:
            self._show(reply, text)
        if text.lower() == "help":
            self._print(flat(LOCAL_HELP, "dim"))

    def _ask(self, text: str, values: Mapping[str, Any] | None = None) -> Reply | None:
        """Say it; None, told, where the reply is still being worked on."""
        ask = Ask(
            id=uuid4().hex,
            connection=TERMINAL,
            speaker=Speaker(self._speaker, self._speaker),
            place=place_of(self._place, self._speaker),
            text=unaddressed(text),
            at=self._clock(),
            values=values or {},
        )
        before(self._steward, ask.text, ask.at)
        reply = self._steward.answer(attach(ask, self._steward.registry, typed=True))
        if reply is None:
            self._print(Styled("This is still being worked on.", "yellow"))
        return reply

    def _fill(self, form: Form) -> Reply | None:
        """Ask for a form's fields and submit them; what was typed stays until it is taken."""
        self._print(flat(form.title, "bold"))
        if self._hand.live:
            self._print(Styled("Enter goes on, Ctrl-C leaves.", "dim"))
        typed = self._unfinished.pop(form.submit, {})
        try:
            reply = fill(
                form, self._hand, typed, self._wrong, lambda values: self._ask(form.submit, values),
                lambda: self._keep(form, typed),
            )  # fmt: skip
        except (EOFError, Left):
            self._left(form, typed)
            return None
        if reply is not None and not reply.ok:
            self._unfinished[form.submit] = changed(form, typed)
        return reply

    def _keep(self, form: Form, typed: Typed) -> None:
        """Keep a form that takes drafts as far as it is filled in, for whoever opens it again, here or elsewhere."""
        if form.drafts and changed(form, typed):
            self._ask(kept(form.submit), {f.name: typed.get(f.name, as_typed(f)) for f in form.fields})

    def _left(self, form: Form, typed: Typed) -> None:
        if form.drafts and changed(form, typed):
            self._keep(form, typed)
            said = f"Left. What you typed is kept as a draft; “{form.submit}” goes on with it."
        elif not self._hand.live:
            missing = ", ".join(field.label for field in form.fields if field.name not in typed)
            said = "The input ended before the form did, and nothing was saved."
            said += f" Not answered: {missing}." if missing else ""
        elif new := changed(form, typed):
            self._unfinished[form.submit] = new
            said = f"Left, and nothing was saved. “{form.submit}” goes on with what you typed."
        else:
            said = "Left, and nothing was saved."
        self._print(flat(said, "yellow"))

    def _wrong(self, error: str) -> None:
        self._print(Styled(clean(error), "yellow"))

    # ---- what is shown ----

    def _show(self, reply: Reply, said: str) -> None:
        numbers = Numbers()
        if not reply.ok:
            self._page(paint_refusal(reply, said, numbers, self._console.width), numbers)
        elif reply.card is not None:
            self._page(paint(reply.card, numbers, self._console.width), numbers)
        if reply.card is not None:
            self._remember(reply.card)
        if numbers.buttons:
            self._numbers = numbers

    def _remember(self, card: Card) -> None:
        """The file or picture that /save writes, and the items that Tab offers."""
        for part in card.body:
            if isinstance(part, File | Picture):
                self._file = part
            elif isinstance(part, Items):
                shown = {row.key: clean(row.text) for row in part.rows if _ITEM.fullmatch(row.key)}
                if shown:
                    self._items.clear()
                    self._items.update(shown)

    def _print(self, what: RenderableType) -> None:
        self._write(self._drawn(what))

    def _page(self, what: RenderableType, numbers: Numbers) -> None:
        """Print; what is higher than the screen goes through the person's pager, and its last buttons stay behind."""
        text = self._drawn(what)
        if not self._hand.live or text.count("\n") < self._console.height or not _paged(text):
            self._write(text)
        elif numbers.buttons:
            self._print(numbers.latest)

    def _drawn(self, what: RenderableType) -> str:
        with self._console.capture() as captured:
            self._console.print(what)
        return _FILLING.sub("", captured.get())

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()


def _file_name(shown: File | Picture) -> str:
    if isinstance(shown, File):
        return Path(shown.name.replace("\\", "/")).name or "file"
    words = "-".join(re.findall(r"\w+", shown.alt)[:6]).lower()
    return f"{words or 'picture'}.png"


def _paged(text: str) -> bool:
    """Show text in a pager; False where there is none."""
    if os.name != "posix" or not shutil.which("less"):
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's while it is open
    try:
        pager = subprocess.run(_PAGER, shell=True, input=text, text=True, errors="replace", check=False)
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode not in (126, 127)  # what a shell says where the pager cannot be run

"""A line for every command, each of which works for ann in `stage()`; and what a stage is."""

from collections.abc import Callable

from tests.core.commands.talk import Talk

Say = Callable[[str], object]

# Each takes an item of its own, so that the lines can be said one after the other.
SPOKEN: dict[str, tuple[str, ...]] = {
    "help": ("help", "help all", "help backlog", "help backlog add", ""),
    "setup": ("setup", "setup tz=Europe/Madrid"),
    "product new": ("product new", 'product new "One more" key=MORE'),
    "product use": ("product use APP",),
    "product list": ("product list",),
    "product show": ("product show",),
    "product vision": ("product vision", "product vision Everybody counts"),
    "team list": ("team list",),
    "team role": ("team role @bob member",),
    "backlog add": ("backlog add", "backlog add One more thing", "backlog add Two\nmore things"),
    "backlog list": ("backlog list", "backlog list status=done", "backlog list assignee=me"),
    "backlog search": ("backlog search thing",),
    "backlog show": ("backlog show APP-1", "backlog show APP-2"),
    "backlog edit": ("backlog edit APP-1", "backlog edit APP-1 points=3 title=Thing of one"),
    "backlog assign": ("backlog assign APP-2 @bob",),
    "backlog start": ("backlog start APP-3",),
    "backlog done": ("backlog done APP-4",),
    "backlog drop": ("backlog drop APP-5",),
    "backlog reopen": ("backlog reopen APP-6",),
    "backlog comment": ("backlog comment APP-7 Seen",),
    "backlog move": ("backlog move APP-8 top", "backlog move APP-8 below APP-1"),
    "history": ("history", "history APP-7", "history since=yesterday"),
    "undo": ("undo", "undo 2"),
    "redo": ("redo",),
}


def stage(talk: Talk, mark: str = "Thing") -> None:
    """Acme app in #app, ann its admin, bob and vi in it, APP-1 to APP-8, the sixth of them done; `mark` is in all."""
    bob = "@bob" if talk.connection.platform == "terminal" else "@Ubob"
    talk.done("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin')
    talk.done("ann", "#app", f"product vision {mark} for everybody")
    pasted = "\n".join(f"{mark} {n}" for n in range(1, 9))
    talk.press(
        talk.say("ann", "#app", f"backlog add description={mark} text label={mark.lower()}\n{pasted}"), "Add 8 items"
    )
    talk.done("ann", "#app", "backlog done APP-6")
    talk.done("ann", "#app", f"backlog assign APP-7 {bob}")
    talk.done("bob", "#app", f"backlog comment APP-2 {mark} was said")

"""Plays the steps on any face: what is said, pressed and filled in is the same, how it travels is the face's affair."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

STEPS = Path(__file__).parent / "steps.jsonl"
OWNER = Path(__file__).parent / "owner.jsonl"
FIRST = Path(__file__).parent / "first.jsonl"
"""The first ten minutes: five typed lines and a click."""
WEEK = Path(__file__).parent / "week.jsonl"
"""A product team's week: a goal that a metric fills, a sprint, a retro, feedback, a decision, the roadmap reviewed."""

Values = Mapping[str, str]
Run = Callable[[list[str]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person is shown in answer.

    text    all that can be read of it; of a form its title, labels and what is wrong
    labels  the buttons that can be pressed
    form    whether it is a form that can be filled in
    raw     the face's own, to press a button or fill in a form of it later
    """

    text: str
    labels: Sequence[str] = ()
    form: bool = False
    raw: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """Who speaks, where ('#app', '@steward'), and how, where a face knows several ways (slash, mention, direct).

    thread   its name; who speaks in it first begins it
    """

    person: str
    place: str
    by: str
    thread: str | None = None


class Face(Protocol):
    """A client that a person uses. Every act waits for its one answer, and fails loudly where none comes."""

    async def say(self, told: Told, line: str) -> Seen: ...

    async def press(self, told: Told, seen: Seen, label: str) -> Seen: ...

    async def fill(self, told: Told, seen: Seen, values: Values) -> Seen:
        """Submit a form: fields that `values` does not name keep what stands in them; '@bob' picks a person."""

    async def hear(self, words: str) -> None:
        """Wait until something with these words was posted, by whatever way, since this was last asked."""


def steps(path: Path = STEPS) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if "note" not in line]


async def play(face: Face, path: Path = STEPS, run: Run | None = None) -> None:
    """Every step in order; what `sees` and `lacks` name must stand, or not, in what the person reads.

    buttons labels of buttons that must be there
    hears   what is posted elsewhere in consequence; the next step waits for it
    keep    a name for what is seen, on which a later step presses (`on`), also somebody else (`as`)
    run     does what a step runs on the command line, beside the face
    """
    told, seen, kept = Told("", "", ""), Seen(""), dict[str, Seen]()
    for number, step in enumerate(steps(path), 1):
        if "run" in step:
            assert run is not None, f"step {number} wants a command line"
            await run(step["run"])
            continue
        if "say" in step:
            told = spoken(step)
            seen = await face.say(told, step["say"])
        elif "press" in step:
            label = step["press"]
            told = replace(told, person=step.get("as", told.person))
            seen = kept[step["on"]] if "on" in step else seen
            assert label in seen.labels, f"step {number}: no button {label!r} in {seen}"
            seen = await face.press(told, seen, label)
        else:
            seen = await face.fill(told, seen, step["fill"])
        if "keep" in step:
            kept[step["keep"]] = seen
        faults = list(_faults(step, seen))
        assert not faults, f"step {number}, {json.dumps(step, ensure_ascii=False)}: {'; '.join(faults)} in {seen}"
        if "hears" in step:
            await face.hear(step["hears"])


def spoken(step: Mapping[str, Any]) -> Told:
    """Who says a step; where it does not say by which way, a thread is written to, and a channel told by a slash."""
    thread = step.get("thread")
    way = "direct" if step["in"].startswith("@") else "mention" if thread else "slash"
    return Told(step["as"], step["in"], step.get("by", way), thread)


def _faults(step: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    yield from (f"{word!r} is missing" for word in step.get("sees", ()) if word not in seen.text)
    yield from (f"button {label!r} is missing" for label in step.get("buttons", ()) if label not in seen.labels)
    yield from (f"{word!r} is there" for word in step.get("lacks", ()) if word in seen.text)

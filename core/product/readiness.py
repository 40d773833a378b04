"""What a story still lacks before a team can take it on: advice, never a gate.

The rules follow INVEST (Bill Wake, 2003: independent, negotiable, valuable, estimable, small, testable) and the quality
criteria of AQUSA (Lucassen, Dalpiaz, van der Werf, Brinkkemper, "Improving agile requirements: the Quality User Story
framework and tool", Requirements Engineering 21, 2016: well-formed, atomic, minimal …).
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

BIG = 13  # points; a larger item wants to be split (small)
LONG_TITLE = 100  # characters

Weight = Literal["settle", "consider"]


@dataclass(frozen=True, slots=True)
class Story:
    """What the rules look at."""

    title: str
    type: str
    points: float | None
    persona: str
    want: str
    benefit: str
    criteria: tuple[str, ...]
    waits_for: tuple[str, ...]  # keys of open items that it waits for
    blocked_by: tuple[str, ...] = ()  # and of open blockers on it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is lacking: its rule's name, one sentence, and whether to settle or only to consider it.
    `criterion` is the number of the criterion it is about, 0 where it is about the whole."""

    rule: str
    weight: Weight
    said: str
    criterion: int = 0


Rule = Callable[[Story], Iterator[Finding]]

_STORY = re.compile(
    r"\s*as (?P<who>.+?),?\s+(?:i|we)"
    r"(?:'d like| (?:do not |don.?t )?(?:want|need|wish|would like|can|must|should))\b(?P<what>.*)",
    re.I | re.S,
)
_WHY = re.compile(r"\b(?:so that|so|in order (?:to|that)|because)\b", re.I)
# What people do with a product, as verbs and as the nouns of a title ("CSV export and e-mail").
_DO = (
    "accept add answer apply approve archive assign book browse buy cancel change check choose close comment compare "
    "configure connect contact convert copy create customise customize decide define delete deploy describe design "
    "disable display download drop e-mail edit email enable enter export filter find fix follow forward get give group "
    "have hide import install invite join keep know learn link list load log login logout mail make manage map mark "
    "merge monitor move notify open order organise organize pay pick plan play post preview print publish rate read "
    "receive recover register reject remove rename reopen replace reply report request reset restore retrieve review "
    "save schedule search see select sell send set share show sign sort split start stop store submit subscribe switch "
    "sync tag test track transfer translate understand undo update upload use validate verify view visit vote watch "
    "write"
)
_NOUNS = (
    "answer archive book change check comment contact copy design display download e-mail email export filter fix "
    "group import link list load log login logout mail map mark order plan play post preview print rate reply report "
    "request review schedule search set share sign sort split start stop store switch tag test track transfer update "
    "upload use view visit vote watch"
)
_DOING = f"(?:{'|'.join(_DO.split())})"
# of these the noun is as common behind "and" as the verb: name and e-mail, terms and order
_BOTH = f"(?!(?:{'|'.join(_NOUNS.split())})\\b)"
_JOINS = r"(?:and|&|\+|as well as)"
_SOFTLY = r"(?:(?:also|then|to|be able to|easily|quickly|automatically)\s+)*"
# A noun is not followed by an article or pronoun; a verb often is. Prepositions, and forms that no wish begins with
# (shows, showing, shown), are none.
_NO_WISH = (
    r"(?!\w+(?:(?<!s)s|ing|ed)\b|(?:in|on|at|of|to|for|from|by|with|as|if|when|where|who|which|that|than|the|an?)\b)"
)
_OBJECT = r"(?:an?|the|my|our|their|its?|it|them|this|these|those|any|all|each|which|what|how|who)"
_TWO_WISHES = (
    re.compile(rf"\b(?P<one>{_DOING})\s+(?P<join>{_JOINS})\s+{_SOFTLY}(?P<other>{_DOING})\b(?!-)", re.I),
    re.compile(rf"\s(?P<join>{_JOINS})\s+{_SOFTLY}(?P<other>{_BOTH}{_DOING})\b(?!-)", re.I),
    re.compile(rf"\s(?P<join>{_JOINS})\s+{_SOFTLY}(?P<other>{_NO_WISH}[a-z]{{2,}})\s+{_OBJECT}\b", re.I),
)
_ASIDE = re.compile(
    r"\([^)]{0,500}\)|\[[^\]]{0,500}\]|;| [-–—] |\b(?:for example|for instance|such as|e\.g\.|i\.e\.)", re.I
)
_VAGUE = re.compile(
    r"\b(fast|quick|quickly|slow|easy|easily|simple|simply|user[- ]friendly|intuitive|nice|good|better|best|efficient|"
    r"efficiently|robust|reliable|seamless|smooth|smoothly|flexible|appropriate|appropriately|adequate|reasonable|"
    r"properly|soon|often|usually|etc|and so on|as needed|if possible|modern|scalable|performant)\b",
    re.I,
)
_NUMBER = re.compile(r"\d")


def wish(story: Story) -> str:
    """What is wanted, in the story's own words: the want, or the title without who and why."""
    if story.want:
        return story.want
    found = _STORY.match(story.title)
    what = found["what"] if found else story.title
    return _WHY.split(what, maxsplit=1)[0].strip(" ,.")


def reason(title: str) -> str:
    """What stands behind 'so that' in a title; '' where nothing does."""
    parts = _WHY.split(title, maxsplit=1)
    return parts[1].strip(" ,.") if len(parts) > 1 and _STORY.match(title) else ""


def estimable(story: Story) -> Iterator[Finding]:
    if story.points is None and story.type != "epic":
        yield Finding("estimable", "settle", "No estimate")


def small(story: Story) -> Iterator[Finding]:
    if story.type == "epic":
        yield Finding("small", "consider", "An epic is planned by its items: split it")
    elif story.points is not None and story.points > BIG:
        yield Finding("small", "consider", f"{story.points:g} points are much for one item: split?")


def accepted_by(story: Story) -> Iterator[Finding]:
    if not story.criteria and story.type not in ("spike", "epic"):
        yield Finding("criteria", "settle", "No acceptance criteria")


def testable(story: Story) -> Iterator[Finding]:
    for number, text in enumerate(story.criteria, 1):
        vague = _VAGUE.search(text)
        if vague and not _NUMBER.search(text):
            said = f"Criterion {number} cannot be tested: “{vague[0]}” names no number"
            yield Finding("testable", "settle", said, number)


def well_formed(story: Story) -> Iterator[Finding]:
    if story.type == "story" and not (story.persona and story.want) and not _STORY.match(story.title):
        yield Finding("well-formed", "consider", "It does not say who wants it")


def valuable(story: Story) -> Iterator[Finding]:
    if story.type == "story" and not story.benefit and not _WHY.search(story.title):
        yield Finding("valuable", "consider", "It does not say why")


def atomic(story: Story) -> Iterator[Finding]:
    wanted = wish(story)
    found = next((hit for pattern in _TWO_WISHES if (hit := pattern.search(wanted))), None)
    if found:
        first = found.groupdict().get("one") or _first_word(wanted)
        yield Finding("atomic", "consider", f"“{found['join']}” joins two wishes ({first}, {found['other']}): split?")


def _first_word(wanted: str) -> str:
    """The verb that a wish begins with, or what stands for it."""
    return re.sub(r"\A(?:to\s+|be able to\s+)+", "", wanted, flags=re.I).split()[0]


def minimal(story: Story) -> Iterator[Finding]:
    found = _ASIDE.search(story.title)
    if found:
        yield Finding("minimal", "consider", f"The title carries an aside, “{found[0].strip()}”: into the description?")
    elif len(story.title) > LONG_TITLE and not _STORY.match(story.title):
        yield Finding("minimal", "consider", f"A title of {len(story.title)} characters is hard to talk about")


def independent(story: Story) -> Iterator[Finding]:
    waits = f"waits for {', '.join(story.waits_for)}" if story.waits_for else ""
    blocked = f"is blocked by {', '.join(story.blocked_by)}" if story.blocked_by else ""
    if waits or blocked:
        yield Finding("independent", "settle", f"It {' and '.join(one for one in (waits, blocked) if one)}")


RULES: dict[str, Rule] = {
    "estimable": estimable,
    "criteria": accepted_by,
    "testable": testable,
    "independent": independent,
    "small": small,
    "atomic": atomic,
    "minimal": minimal,
    "well-formed": well_formed,
    "valuable": valuable,
}


# what each rule asks, as the definition of ready says it
MEANS: dict[str, str] = {
    "estimable": "it has an estimate",
    "criteria": "it has acceptance criteria",
    "testable": "each criterion can be tested",
    "independent": "it waits for nothing that is open, and nothing blocks it",
    "small": f"it is no epic and has at most {BIG} points",
    "atomic": "it is one wish, not two",
    "minimal": "its title is short and carries no aside",
    "well-formed": "it says who wants it",
    "valuable": "it says why",
}


def findings(story: Story, off: Collection[str] = ()) -> list[Finding]:
    """What is lacking, what to settle first; rules named in `off` are not asked."""
    found = [one for name, rule in RULES.items() if name not in off for one in rule(story)]
    return sorted(found, key=lambda one: one.weight != "settle")

"""`backlog ready` and `backlog refine`: what a story still lacks, and the walk through those that lack something."""

from collections.abc import Sequence

from core.chat.card import Button, Card, Items, Line, Part, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.items import Words, item_to_read, points
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Said, command
from core.product import backlog, goals, preparing, roadmap, standards
from core.product.people import Role
from core.product.preparing import Looked, Step
from core.product.readiness import Finding
from core.product.standards import Standards

ESTIMATES = (3, 5, 8)
AT_ONCE = 5  # items of a walk, unless said otherwise
MOST = 50


# ---- one item ----


@command("backlog ready ITEM", example="backlog ready APP-12", writes=False, hidden="next")
def ready(call: Call) -> Said:
    """What a story still lacks, each with the button that mends it; advice, never a gate."""
    reference = call.take_item()
    call.end()
    item = item_to_read(call, reference)
    product = call.product
    held = standards.of(call.db, product.id)
    if call.given("next"):
        found = next(preparing.unready(call.db, product.id, product.key, held.off, after=item.rank), None)
        if found is None:
            return Card(f"Nothing below {Words(call).key(item.number)} lacks anything that is to settle")
    else:
        [found] = preparing.looked(call.db, [item], product.key)
    key = Words(call).key(found.row.number)
    further = Button("Next not-ready item", f"backlog ready {key} next=yes")
    return Card(
        f"{key} {found.row.title} · {verdict(found.findings(held.off))}", lacking(call, found, held), (further,)
    )


def verdict(found: Sequence[Finding]) -> str:
    """'not ready: 2 to settle, 1 to consider'."""
    settle = sum(one.weight == "settle" for one in found)
    consider = len(found) - settle
    parts = [f"{settle} to settle"] if settle else []
    parts += [f"{consider} to consider"] if consider else []
    return f"{'not ready' if settle else 'ready'}{': ' if parts else ''}{', '.join(parts)}"


def lacking(call: Call, looked: Looked, held: Standards) -> tuple[Part, ...]:
    """What is lacking, each by its rule and with what mends it; the team's own lines; and what is well."""
    found = looked.findings(held.off)
    key = Words(call).key(looked.row.number)
    rows = [Line("✗" if one.weight == "settle" else "–", one.said, one.rule, _mends(key, looked, one)) for one in found]
    rows += [Line("○", text, "for you to see") for text in held.ready]
    well = _well(call, looked, found, held)
    return (*((Items(tuple(rows)),) if rows else ()), *((Text(escape(well)),) if well else ()))


def _well(call: Call, looked: Looked, found: Sequence[Finding], held: Standards) -> str:
    """What is well, in one line."""
    story = looked.story
    aside = {one.rule for one in found} | held.off
    told = story.type == "story"
    said = {
        "well-formed": "says who" if told else "",
        "valuable": "says why" if told else "",
        "criteria": counted(len(story.criteria), "criterion", "criteria") if story.criteria else "",
        "estimable": points(story.points),
        "independent": "nothing blocks it",
    }
    well = [words for rule, words in said.items() if words and rule not in aside]
    if well[:2] == ["says who", "says why"]:
        well[:2] = ["says who and why"]
    return " · ".join(f"✓ {words}" for words in [*well, *_serves(call, looked)])


def _serves(call: Call, looked: Looked) -> list[str]:
    """The goals that an item serves through the roadmap."""
    entries = roadmap.entries_of(call.db, [looked.row.id], call.audience.reads)
    known = goals.by_ids(call.db, {one.goal_id for one in entries if one.goal_id}, call.audience.reads)
    return [f"serves {listed([f'G-{goal.number}' for goal in known.values()])}"] if known else []


def _mends(key: str, looked: Looked, one: Finding) -> tuple[Button, ...]:
    """The buttons that mend a finding."""
    match one.rule:
        case "estimable":
            poker = Button("Poker", f"backlog poker {key}")
            points = tuple(Button(str(n), f"backlog edit {key} points={n}") for n in ESTIMATES)
            return (poker, *points) if REGISTRY.knows(poker.say) else points
        case "testable":
            return (Button("Reword", f"backlog criteria {key} reword {one.criterion}", form=True),)
        case "criteria":
            return (Button("Add one", f"backlog criteria {key} add", form=True),)
        case "independent":
            shows = (Button(f"Show {other}", f"backlog show {other}") for other in looked.story.waits_for[:3])
            clears = (Button(f"{one} is cleared", f"blocker clear {one}") for one in looked.story.blocked_by[:3])
            return (*shows, *clears)
        case "small" | "atomic":
            return (Button("Split …", f"backlog split {key}", form=True),)
        case rule:
            label = {"well-formed": "Say who", "valuable": "Say why", "minimal": "Shorten"}[rule]
            return (Button(label, f"backlog edit {key}", form=True),)


# ---- one after the other ----


@command(
    "backlog refine [COUNT]", example="backlog refine 5", role=Role.LEAD, writes=False, hidden="go at",
)  # fmt: skip
def refine(call: Call) -> Said:
    """Walk through the top items that are not ready, one card at a time; it goes on where you left it today."""
    wanted = _count(call)
    product = call.product
    held = standards.of(call.db, product.id)
    known = preparing.walk(call.db, product.id, call.person)
    if known and known.at.astimezone(call.tz).date() != call.today:
        known = None
    step = _moved(call, known, wanted)
    found = None if call.options.get("go") == "stop" else _before(call, step, held)
    step = Step(call.now, step.wanted, found.row.number if found else None, step.passed, step.skipped)
    _keep(call, product.id, step)
    return _one(call, step, found, held) if found else _end(call, step, held)


def _count(call: Call) -> int | None:
    word = call.take_word()
    call.end()
    if word and not (word.isascii() and word.isdigit() and 1 <= int(word[:9]) <= MOST):
        raise Refused(f"How many? A number from 1 to {MOST}, not “{shorten(word, 40)}”.", call.command.example)
    return int(word) if word else None


def _moved(call: Call, known: Step | None, wanted: int | None) -> Step:
    """Where the walk stands after the click that asked for this; a second click on the same card moves nothing."""
    go, at = call.options.get("go", ""), call.options.get("at", "")
    if known is None or (not go and (wanted is not None or known.current is None)):
        return Step(call.now, wanted or AT_ONCE)
    if known.current is None or at != str(known.current):
        return known
    passed = (*known.passed, known.current) if go in ("next", "stop") else known.passed
    skipped = (*known.skipped, known.current) if go == "skip" else known.skipped
    return Step(known.at, known.wanted, None if go else known.current, passed, skipped)


def _before(call: Call, step: Step, held: Standards) -> Looked | None:
    """The item that lies before them: the one they are at, ready by now or not, else the next that is not."""
    product = call.product
    if step.current is not None:
        row = backlog.shown(call.db, product.id, step.current)
        if row is not None and row.closed_at is None:
            return preparing.looked(call.db, [row], product.key)[0]
    if len(step.passed) >= step.wanted:
        return None
    others = preparing.unready(call.db, product.id, product.key, held.off)
    return next((one for one in others if one.row.number not in step.seen), None)


def _keep(call: Call, product: str, step: Step) -> None:
    """Written with the ask where it writes, else right after it."""
    if call.db.writes:
        preparing.keep_walk(call.db, product, call.person, step)
    else:
        call.db.afterwards.append(lambda later: preparing.keep_walk(later, product, call.person, step))


def _one(call: Call, step: Step, found: Looked, held: Standards) -> Card:
    key = Words(call).key(found.row.number)
    place = f"{len(step.passed) + 1} of {step.wanted}"
    buttons = tuple(
        Button(label, f"backlog refine go={label.lower()} at={found.row.number}") for label in ("Next", "Skip", "Stop")
    )
    show = Button("Show it whole", f"backlog show {key}")
    title = f"Refining {place} · {key} {found.row.title} · {verdict(found.findings(held.off))}"
    return Card(title, lacking(call, found, held), (*buttons, show))


def _end(call: Call, step: Step, held: Standards) -> Card:
    product, words = call.product, Words(call)
    rows = [row for number in step.passed if (row := backlog.shown(call.db, product.id, number)) is not None]
    looked = preparing.looked(call.db, rows, product.key)
    ready_now = sum(one.is_ready(held.off) for one in looked)
    lines = tuple(Line(words.key(one.row.number), one.row.title, verdict(one.findings(held.off))) for one in looked)
    skipped = listed([words.key(number) for number in step.skipped])
    further = any(
        one.row.number not in step.seen for one in preparing.unready(call.db, product.id, product.key, held.off)
    )
    buttons = (Button("Go on", f"backlog refine {AT_ONCE}"),) if further or skipped else ()
    if not looked:
        title = "Refining stopped" if further or skipped else "Nothing at the top is short of anything to settle"
    else:
        title = f"Refined {counted(len(looked), 'item')}: {ready_now} ready"
    note = (Text(f"Skipped: {skipped}", subtle=True),) if skipped else ()
    return Card(title, (*((Items(lines),) if lines else ()), *note), buttons)

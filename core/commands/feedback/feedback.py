"""`feedback …`: what people say about the product, kept with who said it and what it is worth."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.chat import grammar
from core.chat.card import Button, Card, Facts, Field, Form, Items, Line, Quote, Reply, Text, escape
from core.chat.words import counted, listed, shorten
from core.commands.call import Call
from core.commands.feedback import voices
from core.commands.items import PAGE, Words, items_of
from core.commands.refused import Refused
from core.commands.registry import Said, command
from core.commands.rights import check, only
from core.commands.telling import Kind, tell
from core.product import feedback, likeness
from core.product.audience import Audience
from core.product.feedback import KINDS, Feedback, Filters
from core.product.people import Role

_KINDS = "|".join(KINDS)
tell(
    "feedback",
    Kind("feedback", "F", names={"from_id": "said by", "from_name": "said by"}, silent=frozenset({"currency", "seen"})),
)
tell("feedback_links", Kind("link to feedback", part="item_id", says=("feedback_id",), leads="evidence"))
tell("feedback_requests", Kind("question", silent=frozenset({"people"})))


# ---- taking it in ----


@command(
    f"feedback add TEXT [from=] [customer=] [segment=] [worth=] [kind={_KINDS}] [about=]",
    example='feedback add "We retype every invoice" customer="North Bank" worth=14k',
    role=Role.VIEWER,
    text="text",
    hidden="link-back anyway answer-to",
    guests=True,
)
def add(call: Call) -> Said:
    """Save what somebody said about the product; what is probably the same is shown."""
    request = _request(call)
    if request is None:
        check(call, Role.VIEWER)
    call = call if request is None else call.about_product(request.product_id)
    product = call.product
    if not call.line.text and not call.ask.values:
        return voices.form(call, _form_title(call, request), "feedback add")
    text = voices.text_of(call)
    if not text:
        raise Refused("What was said?", call.command.example, field="text")
    fields = voices.fields_of(call)
    fields.setdefault("kind", _kind(call, fields))
    if request is not None:
        fields |= {"request_id": request.id, "about": tuple(dict.fromkeys((*request.about, *fields.get("about", ()))))}
    near = voices.alike(call, text)
    same = next((row for row in near if _same_voice(call, row, fields)), None)
    if same is not None and request is None and not call.given("anyway"):
        return _held(call, text, same)
    one = feedback.add(call.db, product.id, call.person, text, **fields)
    return _saved(call, one, near)


def _request(call: Call) -> feedback.FeedbackRequest | None:
    """The question that this answers."""
    if not call.given("answer-to"):
        return None
    request = feedback.asked(call.db, call.options["answer-to"])
    if request is None or call.person not in request.people:
        raise Refused("That question is not put to you, or it was taken back.", "feedback add")
    return request


def _form_title(call: Call, request: feedback.FeedbackRequest | None) -> str:
    if request is not None:
        return shorten(request.text, 100)
    about = shorten(call.options.get("about", ""), 30)
    if call.options.get("kind") == "stakeholder":
        return f"What concerns you about {about}?" if about else "What concerns you?"
    return f"Feedback about {about}" if about else "Save feedback"


def _kind(call: Call, fields: dict[str, Any]) -> str:
    if fields.get("customer"):
        return "customer"
    return "team" if call.may(Role.MEMBER) else "stakeholder"


def _same_voice(call: Call, row: Any, fields: dict[str, Any]) -> bool:
    """Whether somebody says again what they said: another who says the same is one more who does."""
    new = Feedback(
        author_id=call.person, from_id=fields.get("from_id"), from_name=fields.get("from_name", ""),
        customer=fields.get("customer", ""),
    )  # fmt: skip
    return feedback.voice(row) == feedback.voice(new)


def _held(call: Call, text: str, same: Any) -> Said:
    """The same voice said it already: shown before it is saved once more."""
    key = voices.name(same.number)
    body = (Items((voices.line(call, same),)), Text("If it is another matter, save it too.", subtle=True))
    line = grammar.render(text, {**call.options, "anyway": "yes"}, call.command.keys)
    say = f"feedback add {line}"
    buttons = (Button("Save it too", say),) if len(say) < 1900 else ()
    title = f"{voices.whose(call, same)} has said this already: {key} · nothing has been saved yet"
    show = (Button(f"Show {key}", f"feedback show {key}"),) if call.may(Role.MEMBER) else ()
    return Reply(ok=True, card=Card(title, body, (*buttons, *show)))


def _saved(call: Call, one: Feedback, near: Sequence[Any]) -> Card:
    key = voices.name(one.number)
    source = voices.source(call, one)
    title = f"{key} saved: {shorten(one.text, 200)} · {source}"
    body: list[Any] = [Text("The team reads it.", subtle=True)] if not call.may(Role.MEMBER) else []
    if len(" ".join(one.text.split())) > 200:
        body.insert(0, Quote(escape(one.text), source))
    if near and call.may(Role.MEMBER):
        tied = feedback.linked(call.db, [row.id for row in near])
        body += [
            Text("**Reads like**"),
            Items(tuple(voices.line(call, row, tied.get(row.id, ())) for row in near)),
        ]
        numbers = {item.number: item for items in tied.values() for item in items}
        words = Words(call)
        buttons = tuple(
            Button(f"Link to {words.key(n)} too", f"feedback link {key} {words.key(n)}") for n in sorted(numbers)[:3]
        )
        if buttons:
            return Card(title, tuple(body), buttons)
    buttons = voices.link_buttons(call, one.number, one.text) if call.may(Role.MEMBER) else ()
    return Card(title, tuple(body), buttons)


# ---- reading it ----


@command(
    f"feedback list [kind={_KINDS}] [customer=] [since=] [theme=] [linked=yes|no]",
    example="feedback list linked=no",
    writes=False,
    hidden="below",
)
def list_(call: Call) -> Said:
    """What was said, the latest first; narrowed by what is given."""
    call.end()
    product = call.product
    numbers = _in_theme(call)
    below = call.options.get("below", "")
    filters = Filters(
        kind=call.choice("kind") if call.options.get("kind") else "",
        customer=call.phrase("customer"),
        since=since(call),
        linked=call.choice("linked") == "yes" if call.options.get("linked") else None,
        numbers=numbers,
        below=int(below) if below.isascii() and below.isdigit() and len(below) < 10 else None,
    )
    rows = feedback.listed(call.db, product.id, filters, PAGE + 1)
    if not rows:
        return _nothing(call)
    tied = feedback.linked(call.db, [row.id for row in rows])
    lines = tuple(voices.line(call, row, tied.get(row.id, ())) for row in rows[:PAGE])
    more = len(rows) > PAGE
    options = {key: value for key, value in call.options.items() if key != "show-here"}
    options["below"] = str(rows[:PAGE][-1].number)
    say = f"feedback list {grammar.render('', options, call.command.keys)}"
    buttons = (Button("More", say),) if more else ()
    count = f"the latest {PAGE}" if more else counted(len(rows), "piece")
    return Card(f"{product.name} · feedback, {count}", (Items(lines),), buttons)


def since(call: Call) -> datetime | None:
    first = call.day("since", "last month")
    return call.start_of(first) if first else None


def _in_theme(call: Call) -> tuple[int, ...] | None:
    """The numbers of what belongs to the theme that is asked for."""
    said = call.words("theme").lower()
    if not said:
        return None
    all_themes = themes_of(call)
    fit = [theme for theme in all_themes if said == theme.label or said in theme.label.split(", ")]
    if not fit:
        wanted = likeness.terms(said)
        fit = [theme for theme in all_themes if wanted & likeness.terms(theme.label)]
    if not fit:
        names = ", ".join(f"“{theme.label}”" for theme in all_themes[:5])
        why = f"No theme is called “{shorten(said, 40)}”" + (f"; there are {names}." if names else " yet.")
        raise Refused(why, "feedback themes", field="theme")
    return tuple(number for theme in fit for number in theme.members)


def themes_of(call: Call, filters: Filters | None = None) -> list[likeness.Theme[int]]:
    rows = feedback.listed(call.db, call.product.id, filters or Filters())
    return likeness.themes({row.number: row.text for row in rows})


def _nothing(call: Call) -> Card:
    if {key for key in call.options if key != "show-here"}:
        button = Button("All feedback", "feedback list")
        return Card(
            f"{call.product.name} · no feedback fits", (Text("Nothing matches what you asked for."),), (button,)
        )
    body = (Text("Nothing was said yet, or nobody wrote it down: `feedback add` takes it."),)
    return Card(f"{call.product.name} · no feedback yet", body, (Button("Save feedback", "feedback add", form=True),))


@command("feedback show F-2", example="feedback show F-2", role=Role.VIEWER, writes=False)
def show(call: Call) -> Said:
    """One piece of feedback: who, worth, and what it is evidence for; to who is not of the team, what they said."""
    number = call.take_number("F", "feedback")
    call.end()
    ours = call.audience is Audience.TEAM
    if not ours and not feedback.is_of(call.db, call.product.id, number, call.person):
        raise only(call, Role.MEMBER)
    one = voices.found(call, number)
    words = Words(call)
    items = feedback.linked(call.db, [one.id]).get(one.id, []) if ours else []
    key = voices.name(one.number)
    facts = [
        ("Said by", voices.whose(call, one)),
        ("Written down by", call.name(one.author_id)),
        ("Worth", voices.worth(one)),
        ("Segment", one.segment),
        ("Kind", one.kind),
        ("About", ", ".join(one.about)),
        ("On", call.date_of(one.created_at)),
        ("From", one.link),
    ]
    body: list[Any] = [Quote(escape(one.text)), Facts(tuple((label, value) for label, value in facts if value))]
    if items:
        body += [
            Text("**Evidence for**"),
            Items(tuple(Line(words.key(item.number), item.title, item.status) for item in items)),
        ]
    seen = () if one.seen or items else (Button("Seen", f"feedback seen {key}"),)
    edit = Button("Edit", f"feedback edit {key}", form=True)
    return Card(
        f"{key} {shorten(one.text, 80)}",
        tuple(body),
        (*voices.link_buttons(call, number, one.text, items), edit, *seen),
    )


@command("feedback themes [since=]", example="feedback themes", writes=False)
def themes(call: Call) -> Said:
    """What feedback is about, the largest theme first."""
    call.end()
    filters = Filters(since=since(call))
    rows = {row.number: row for row in feedback.listed(call.db, call.product.id, filters)}
    if not rows:
        return _nothing(call)
    found = themes_of(call, filters)
    lines = tuple(_theme_line(call, theme, rows) for theme in found)
    left = len(rows) - sum(len(theme.members) for theme in found)
    if not lines:
        note = "No two pieces of feedback share a subject yet."
        return Card(f"{call.product.name} · themes", (Text(note),), (Button("All feedback", "feedback list"),))
    rest = (Text(f"{left} more stand{'s' if left == 1 else ''} alone.", subtle=True),) if left else ()
    return Card(f"{call.product.name} · what {len(rows)} pieces of feedback are about", (Items(lines), *rest))


def _theme_line(call: Call, theme: likeness.Theme[int], rows: dict[int, Any]) -> Line:
    members = [rows[number] for number in theme.members]
    sum_ = feedback.demand(members)
    quote = shorten(sum_.quote, 80)
    say = f"feedback list theme={grammar.quote(theme.label)}"
    detail = f"{voices.demand(call, sum_)} · “{quote}” (F-{sum_.number})"
    return Line(str(len(members)), theme.label, detail, (Button("Show", say),))


# ---- changing it ----


@command(
    f"feedback edit F-2 [TEXT] [from=] [customer=] [segment=] [worth=] [kind={_KINDS}] [about=]",
    example="feedback edit F-2 worth=20k",
    hidden="new-text",
)
def edit(call: Call) -> Said:
    """Change what is known about feedback; without fields it opens the form."""
    one = voices.found(call, call.take_number("F", "feedback"))
    key = voices.name(one.number)
    text = voices.text_of(call)
    if not text and not call.options and not call.ask.values:
        return voices.form(call, f"Edit {key}", f"feedback edit {key}", one)
    if call.given("new-text") and not text:
        raise Refused("What was said?", call.command.example, field="new-text")
    fields = {**voices.fields_of(call), **({"text": text} if text else {})}
    fields = {name: value for name, value in fields.items() if getattr(one, name) != value}
    if not fields:
        return Reply(ok=True, card=Card(f"{key} is like that already; nothing was changed."))
    for name, value in fields.items():
        setattr(one, name, value)
    call.db.flush()
    return Card(f"{key} changed: {shorten(one.text, 120)} · {voices.source(call, one)}")


@command("feedback link F-2 ITEM…", example="feedback link F-2 APP-12", hidden="item")
def link(call: Call) -> Said:
    """Say that feedback is evidence for an item."""
    rows = voices.several(call)
    if not call.peek() and not call.options.get("item"):
        return _link_form(call, rows)
    items = items_of(call, [call.options["item"].strip()] if call.given("item") else call.take_items("To which item?"))
    call.end()
    words = Words(call)
    fresh = [item for one in rows for item in feedback.link(call.db, one, items)]
    keys = listed([voices.name(one.number) for one in rows])
    if not fresh:
        title = f"{keys} {'is' if len(rows) == 1 else 'are'} linked to {words.names(items)} already."
        return Reply(ok=True, card=Card(title))
    demands = feedback.demands(call.db, call.product.id)
    lines = tuple(
        Line(words.key(item.number), item.title, voices.demand(call, demands[item.id])) for item in items[:PAGE]
    )
    if len(lines) == 1:
        return Card(f"{keys} linked to {lines[0].key} {lines[0].text} · {lines[0].detail}")
    return Card(f"{keys} linked to {words.names(items)}", (Items(lines),))


def _link_form(call: Call, rows: Sequence[Feedback]) -> Form:
    keys = " ".join(voices.name(one.number) for one in rows)
    near = voices.likely_items(call, rows[0].text, 1)
    value = Words(call).key(near[0].number) if near else ""
    field = Field("item", "Item", value=value, required=True, hint="Its number, such as 3")
    return Form(f"What is {keys} evidence for?", (field,), f"feedback link {keys}", "Link")


@command("feedback unlink F-2 ITEM", example="feedback unlink F-2 APP-7")
def unlink(call: Call) -> Said:
    """Say that feedback is no evidence for an item after all."""
    one = voices.found(call, call.take_number("F", "feedback"))
    reference = call.take_item()
    call.end()
    [item] = items_of(call, [reference])
    key, other = voices.name(one.number), Words(call).key(item.number)
    if not feedback.unlink(call.db, one, item):
        raise Refused(f"{key} is not linked to {other}.", f"feedback show {key}")
    return Card(f"{key} is no longer linked to {other} {item.title}")


@command("feedback seen F-2", example="feedback seen F-2")
def seen(call: Call) -> Said:
    """Say that feedback was read and wants nothing done; `mine` shows it no longer."""
    rows = voices.several(call)
    call.end()
    for one in rows:
        one.seen = True
    call.db.flush()
    return Reply(ok=True, card=Card(f"{listed([voices.name(one.number) for one in rows])} seen"))


@command("feedback drop F-2", example="feedback drop F-2")
def drop(call: Call) -> Said:
    """Take feedback out; its author, or a lead."""
    one = voices.found(call, call.take_number("F", "feedback"))
    call.end()
    if one.author_id != call.person and not call.may(Role.LEAD):
        raise Refused(f"Only {call.name(one.author_id)} or a lead may drop {voices.name(one.number)}.", "team list")
    feedback.drop(call.db, one)
    return Card(f"{voices.name(one.number)} dropped: {shorten(one.text, 120)}")

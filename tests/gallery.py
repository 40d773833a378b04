"""One example of every part, and of the cards people meet most: what each face must be able to show."""

from core.chat.card import (
    Button,
    Buttons,
    Card,
    Choice,
    Divider,
    Facts,
    Field,
    File,
    Form,
    Items,
    Line,
    Part,
    Picture,
    Progress,
    Quote,
    Table,
    Text,
    escape,
)

HOSTILE = "<!channel> & <@U1> @everyone =1+1 {{x}} *b* _i_ `c` [l](https://e.x)"
"""Text that pings, links, computes or styles wherever somebody forgot to escape it."""

LONGEST_TITLE = ("Exports keep the order of the columns and name each of them. " * 5)[:255]
LONG_DESCRIPTION = ("When a customer exports the audit log, the file is cut after 10,000 rows.\n" * 1200)[:74_000]


def _line(number: int) -> Line:
    return Line(f"APP-{number}", f"Export of report {number} keeps its filters", f"{number % 8 + 1} pts · new")


def _added() -> Card:
    return Card(
        "Added APP-12 CSV export",
        (Text("story · new · at the end of the order", subtle=True),),
        (Button("Open", "backlog show APP-12"), Button("Edit", "backlog edit APP-12", form=True)),
    )


def _list_of_20() -> Card:
    return Card(
        "Acme app · 42 open items, best first",
        (Items(tuple(_line(number) for number in range(1, 21))),),
        (Button("More", "backlog list from=21"), Button("Show here", "show here backlog list")),
    )


def _show_long() -> Card:
    return Card(
        "APP-31 Audit log",
        (
            Facts((("Status", "doing"), ("Points", "5"), ("Assignee", "Ravi"), ("Due", "13 Nov 2026"))),
            Text(escape(LONG_DESCRIPTION)),
            Divider(),
            Items(
                (Line("1", "A row names who, when and what", "checked"), Line("2", "Rows older than a year are kept"))
            ),
        ),
        (
            Button("Done", "backlog done APP-31", style="primary"),
            Button("Drop", "backlog drop APP-31", style="danger"),
            Button("Edit", "backlog edit APP-31", form=True),
        ),
    )


def _help() -> Card:
    return Card(
        "What you can say",
        (
            Text("**backlog add** TITLE\nAdds an item at the end. _Example:_ `backlog add CSV export points=5`"),
            Text("**backlog list**\nOpen items, best first. See [the guide](https://example.com/guide?a=1&b=2)."),
            Text("Ten commands of many.", subtle=True),
        ),
        (Button("More", "help all"),),
    )


def _checklist() -> Card:
    return Card(
        "Acme app is set up in #acme · items are called ACME-1, ACME-2 …",
        (
            Items(
                (
                    Line("✓", "Product", "Acme app, owner Ann, manager Peter, scrum master Lena"),
                    Line("✓", "Channel", "I can post here"),
                    Line("○", "Vision", "one sentence is enough", (Button("Write it", "product vision", form=True),)),
                    Line(
                        "○",
                        "Backlog",
                        "paste lines, drop a Jira, Linear or Trello export, or try ours",
                        (
                            Button("Paste", "backlog add", form=True),
                            Button("Import", "import"),
                            Button("Example", "setup example"),
                        ),
                    ),
                    Line(
                        "○",
                        "First question",
                        "try: What is the product for?",
                        (Button("Ask it", "ask What is it for?"),),
                    ),
                )
            ),
            Progress("steps", 2, 5),
            Text("Everyone who writes in #acme may work on items.", subtle=True),
        ),
        (Button("Hide this", "setup hide"),),
    )


def _preview() -> Card:
    rows = tuple((str(n), f"PROJ-{n}", f"Imported item {n}", "story", str(n % 13)) for n in range(1, 9))
    return Card(
        "128 items from jira.csv · nothing has changed yet",
        (Table(("#", "Key", "Title", "Type", "Points"), rows, right=("#", "Points")), Text("and 120 more")),
        (Button("Import", "import apply=3f", style="primary"), Button("Cancel", "import drop=3f")),
    )


def _refusal() -> Card:
    return Card(
        "APP-99 is not in this product.",
        (Text("Products with such a key: none."),),
        (Button("backlog list", "backlog list"), Button("Help", "help backlog")),
    )


def _history() -> Card:
    return Card(
        "History of APP-12",
        (
            Table(
                ("When", "Who", "What", "Before", "After"),
                (
                    ("3 Nov 2026, 09:30", "Ann", "points", "", "5"),
                    ("4 Nov 2026, 14:02", "Ravi", "status", "new", "doing"),
                ),
            ),
            Quote("We retype it *by hand*", "Eve, Contoso"),
        ),
        (Button("Undo", "undo"),),
    )


PARTS: dict[str, Part] = {
    "text": Text("**bold**, _italic_, `code`, [a link](https://example.com)\nand a second line"),
    "subtle text": Text("the small print", subtle=True),
    "facts": Facts((("Status", "new"), ("Points", "5"))),
    "table": Table(("Item", "Points"), (("APP-1", "3"), ("APP-2", "13")), right=("Points",)),
    "items": Items((Line("APP-1", "CSV export", "5 pts · new"),)),
    "items with buttons": Items((Line("APP-1", "CSV export", "5 pts", (Button("Open", "backlog show APP-1"),)),)),
    "progress": Progress("points", 15, 33),
    "progress of nothing": Progress("points", 0, 0),
    "picture": Picture("9f86d081884c7d65", "Burndown of sprint 8: 15 of 33 points done"),
    "file": File("backlog.json", "application/json", text='{"items": []}'),
    "binary file": File("backlog.bin", "application/octet-stream", base64="AAEC"),
    "quote": Quote("We retype it _by hand_.\nEvery week.", "Eve, Contoso"),
    "quote of nobody": Quote("We retype it by hand."),
    "divider": Divider(),
    "field": Field("title", "Title", value="CSV export"),
    "buttons": Buttons((Button("Fine", "roadmap fine R-1"), Button("Concern", "roadmap concern R-1", form=True))),
}

GALLERY: dict[str, Card] = {
    **{f"part: {name}": Card(f"A card with {name}", (part,)) for name, part in PARTS.items()},
    "every part": Card("Every part at once", tuple(PARTS.values()), (Button("Done", "help", style="primary"),)),
    "added": _added(),
    "list of 20": _list_of_20(),
    "show, 74,000 characters": _show_long(),
    "help": _help(),
    "setup checklist": _checklist(),
    "import preview": _preview(),
    "refusal": _refusal(),
    "history": _history(),
    "empty": Card(""),
    "empty parts": Card(
        "Nothing yet", (Text(""), Facts(()), Items(()), Table((), ()), Table(("A",), ()), Buttons(()), Quote(""))
    ),
    "empty strings": Card(
        "Blank",
        (Facts((("", ""),)), Items((Line("", ""),)), Table(("", ""), (("", ""),)), Picture("", ""), Progress("", 0, 0)),
        (Button("", ""),),
    ),
    "table of 150 rows": Card("150 rows", (Table(("Item", "Points"), tuple((f"APP-{n}", "3") for n in range(150))),)),
    "table of 25 columns": Card("Wide", (Table(tuple(f"c{n}" for n in range(25)), (tuple("x" * 25),)),)),
    "two tables": Card("Two", (Table(("A",), (("1",),)), Table(("B",), (("2",),)))),
    "60 buttons": Card("60 buttons", (), tuple(Button(f"Vote {n}", f"retro vote {n}") for n in range(1, 61))),
    "60 lines with buttons": Card(
        "60 lines",
        (Items(tuple(Line(f"APP-{n}", "A title", "", (Button("Open", f"backlog show APP-{n}"),)) for n in range(60))),),
    ),
    "300 lines": Card(
        "300 lines", (Items(tuple(_line(n) for n in range(300))),), (Button("More", "backlog list from=301"),)
    ),
    "titles of 255 characters": Card(
        LONGEST_TITLE, (Items(tuple(Line(f"APP-{n}", LONGEST_TITLE, "5 pts · new") for n in range(20))),)
    ),
    "a button that says 2,500 characters": Card(
        "A long button", (), (Button("Add", "backlog add " + "x" * 2_500), Button("Cancel", "help"))
    ),
    "a label of 200 characters": Card("A long label", (), (Button("word " * 40, "help"),)),
    "a fact of 5,000 characters": Card("A long fact", (Facts((("Note", "long " * 1000), ("Next", "short"))),)),
    "a word of 9,000 characters": Card("One word", (Text("x" * 9_000), Quote("y" * 9_000, "Eve"))),
    "hostile": Card(
        HOSTILE,
        (
            Text(escape(HOSTILE)),
            Text(escape(HOSTILE), subtle=True),
            Facts(((HOSTILE, HOSTILE),)),
            Items((Line(HOSTILE, HOSTILE, HOSTILE, (Button(HOSTILE, HOSTILE),)), Line(HOSTILE, HOSTILE, HOSTILE))),
            Progress(HOSTILE, 1, 2),
            Picture(HOSTILE, HOSTILE),
            File(HOSTILE, HOSTILE, text=HOSTILE),
            Quote(escape(HOSTILE), HOSTILE),
            Divider(),
            Field(HOSTILE, HOSTILE, value=HOSTILE, hint=HOSTILE),
            Buttons((Button(HOSTILE, HOSTILE),)),
            Table((HOSTILE, "n"), ((HOSTILE, HOSTILE),), right=(HOSTILE,)),
        ),
        (Button(HOSTILE, HOSTILE, style="danger"),),
    ),
}

FIELDS: tuple[Field, ...] = (
    Field("title", "Title", value="CSV export", required=True, max_length=255),
    Field("description", "Description", "longtext", value="One\ntwo", hint="Markdown is kept as it is."),
    Field("points", "Points", "number", value="5"),
    Field("due", "Due", "date", value="2026-12-24"),
    Field("type", "Type", "choice", value="story", choices=(Choice("Story", "story"), Choice("Bug", "bug"))),
    Field("labels", "Labels", "choices", value="api\nui", choices=tuple(Choice(v, v) for v in ("api", "ui", "db"))),
    Field("assignee", "Assignee", "person", value="U012AB3CD"),
    Field("with", "With", "people", value="U012AB3CD\nU012AB3CE"),
    Field("channel", "Channel", "channel", value="C012AB3CD"),
    Field("urgent", "Urgent", "check", value="yes"),
)

FORMS: dict[str, Form] = {
    **{f"field: {field.type}": Form("One field", (field,), "backlog add") for field in FIELDS},
    **{
        f"empty field: {field.type}": Form(
            "One field", (Field(field.name, field.label, field.type, choices=field.choices),), "backlog add"
        )
        for field in FIELDS
    },
    "add": Form("Add an item", FIELDS, "backlog add", "Add"),
    "edit, description of 74,000 characters": Form(
        "Edit APP-31",
        (
            Field("title", "Title", value="Audit log", required=True),
            Field("description", "Description", "longtext", LONG_DESCRIPTION),
        ),
        "backlog edit APP-31",
    ),
    "standup": Form(
        "Daily stand-up, Tue 3 Nov",
        (
            Field("yesterday", "What did you do since last time?", "longtext", "imports"),
            Field("today", "What will you do today?", "longtext", required=True, max_length=2_000),
            Field("blockers", "What blocks you?", "longtext", hint="One a line; each stands until it is cleared"),
        ),
        "standup answer Daily for=2026-11-03",
        "Answer",
        drafts=True,
    ),
    "errors": Form(
        "Add an item",
        (
            Field("title", "Title", required=True, error="Say in a few words what it is."),
            Field("points", "Points", "number", value="many", error="Points are a number, such as 5."),
            Field("due", "Due", "date", value="someday", error="A date looks like 2026-12-24."),
        ),
        "backlog add",
    ),
    "no fields": Form("Nothing to fill in", (), "backlog list"),
    "150 choices": Form(
        "Pick one",
        (
            Field("epic", "Epic", "choice", "e149", choices=tuple(Choice(f"Epic {n}", f"e{n}") for n in range(150))),
            Field(
                "labels", "Labels", "choices", "e1", choices=tuple(Choice(f"Label {n}", f"e{n}") for n in range(150))
            ),
        ),
        "backlog list",
    ),
    "choices without any": Form(
        "Pick", (Field("epic", "Epic", "choice"), Field("labels", "Labels", "choices")), "backlog list"
    ),
    "120 fields": Form("Long", tuple(Field(f"f{n}", f"Field {n}") for n in range(120)), "backlog add"),
    "long words": Form(
        "A title that is much longer than any platform likes to show in the head of a form",
        (Field("title", "A label " * 300, value="v", hint="A hint " * 400, max_length=100_000),),
        "backlog add " + "x" * 5_000,
        "A label that is far too long for a button",
    ),
    "hostile": Form(
        HOSTILE,
        (
            Field(HOSTILE, HOSTILE, value=HOSTILE, hint=HOSTILE, error=HOSTILE),
            Field("long", HOSTILE, "longtext", value=HOSTILE, hint=HOSTILE),
            Field("number", HOSTILE, "number", value=HOSTILE),
            Field("date", HOSTILE, "date", value=HOSTILE),
            Field("choice", HOSTILE, "choice", value=HOSTILE, choices=(Choice(HOSTILE, HOSTILE),)),
            Field("choices", HOSTILE, "choices", value=HOSTILE, choices=(Choice(HOSTILE, HOSTILE),)),
            Field("person", HOSTILE, "person", value=HOSTILE),
            Field("people", HOSTILE, "people", value=HOSTILE),
            Field("channel", HOSTILE, "channel", value=HOSTILE),
            Field("check", HOSTILE, "check", value=HOSTILE),
        ),
        HOSTILE,
        HOSTILE,
    ),
}

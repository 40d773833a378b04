"""Questions are answered from the record, with their source; what is not there is not made up; what is not for the
asker does not exist."""

import pytest

from core.chat.card import Form
from core.product.audience import Audience
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, read, slack_team, title

ASKED = "Does the CSV export include archived projects?"
NOTES = (
    'doc add "Export notes" # Limits\n'
    "Archived projects are left out of the CSV export unless Include archived is ticked."
    "\n# Format\nThe separator is a semicolon, because banks open the file in Excel."
)


@pytest.fixture
def notes(talk: Talk) -> Talk:
    talk.done("ann", "#app", "product vision Accountants never retype an invoice again")
    talk.done("ann", "#app", NOTES)
    talk.done("ann", "#app", "backlog add CSV export")
    talk.done("ann", "#app", "backlog criteria APP-1 add The file has one row for each invoice line")
    return talk


def test_an_answer_is_quoted_with_its_source_its_author_and_its_day(notes: Talk) -> None:
    reply = notes.say("bob", "#app", f"ask {ASKED}")
    assert (reply.ok, reply.seen_by, title(reply)) == (True, "you", f"“{ASKED}”")
    said = read(reply)
    assert "“Archived projects are left out of the CSV export unless Include archived is ticked.”" in said
    assert "Export notes › Limits · ann, 1 Dec" in said
    assert "Sure: high." in said
    assert "Archived projects" in read(notes.press(reply, "Open Export notes"))


def test_the_vision_says_what_the_product_is_for(notes: Talk) -> None:
    assert "never retype an invoice" in notes.done("bob", "#app", "ask What is the product for?")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("What is our vision?", "never retype an invoice"),
        ("Why do we build this?", "never retype an invoice"),
        ("What is the strategy?", "First the banks"),
    ],
)
def test_a_question_that_only_names_a_thing_is_answered_by_that_thing(notes: Talk, line: str, said: str) -> None:
    notes.done("ann", "#app", "product strategy First the banks, then everybody else")
    answer = notes.done("bob", "#app", f"ask {line}")
    assert said in answer
    assert "Sure: high." in answer
    assert "Not written down" in notes.done("bob", "#app", "ask What is this?")


def test_who_holds_a_role_is_answered_from_the_roles(notes: Talk) -> None:
    assert notes.done("bob", "#app", "who is the product owner?").startswith("ann is the product owner of Acme app")
    notes.done("ann", "#app", "team role @kim po until=friday")
    assert notes.done("bob", "#app", "ask Who's our PO?").startswith("kim is the product owner")
    assert "has no scrum master yet" in notes.done("bob", "#app", "ask who is the scrum master")


def test_a_criterion_is_named_by_its_item_and_its_number(notes: Talk) -> None:
    notes.done("ann", "#app", "backlog criteria APP-1 add Dates are written as the bank writes them")
    said = notes.done("bob", "#app", "ask APP-1 How are dates written?")
    assert "“Dates are written as the bank writes them”" in said
    assert "APP-1 CSV export, criterion 2" in said


def test_what_is_not_written_down_is_not_made_up(notes: Talk) -> None:
    said = notes.done("bob", "#app", "ask Who won the football world cup in 1954?")
    assert said.startswith("Not written down: “Who won the football world cup in 1954?”")
    assert "ann decides" in said


def test_a_question_of_strategy_is_the_product_managers(notes: Talk) -> None:
    notes.done("ann", "#app", "team role @peter pm")
    assert "peter decides" in notes.done("bob", "#app", "ask What will the enterprise plan cost next year?")
    assert "ann decides" in notes.done("bob", "#app", "ask Which colours may a theme have?")


def test_what_the_product_is_for_is_asked_of_its_manager_before_it_is_written_down(terminal: Talk) -> None:
    reply = terminal.say("ann", "#app", "setup Acme key=APP pm=@peter")
    assert "A question of strategy, so peter decides." in read(terminal.press(reply, "Ask it"))
    assert "so peter decides" in terminal.done("ann", "#app", "ask Who is Acme for?")
    assert "A requirement, so ann decides" in terminal.done("ann", "#app", "ask What is the export button for?")


@pytest.mark.parametrize("line", [ASKED, f"“{ASKED}”", "archived projects, are they in the export?", f"{ASKED} please"])
@pytest.mark.parametrize("where", ["#app", "@"])
def test_a_question_needs_no_command(notes: Talk, line: str, where: str) -> None:
    assert "Archived projects are left out" in notes.done("ann", where, line)


@pytest.mark.parametrize(
    "line",
    [
        "why APP-1",
        "backlog lits text=is it?",
        "backlog add Is it so?",
        "sprnt plan",
        "do it",
        "is it",
        "hello there you",
    ],
)
def test_what_is_no_question_is_not_taken_for_one(notes: Talk, line: str) -> None:
    title_ = getattr(notes.say("ann", "#app", line).card, "title", "")
    assert not title_.startswith((f"“{line}”", "Not written"))


def test_why_with_a_sentence_is_a_question(notes: Talk) -> None:
    assert "because banks open the file" in notes.done("ann", "#app", "why is the separator a semicolon")


def test_an_answer_can_be_shown_to_the_place(notes: Talk) -> None:
    for line in (f"ask {ASKED}", ASKED, "archived projects in the export?"):
        shown = notes.press(notes.say("bob", "#app", line), "Show here")
        assert shown.seen_by == "place"
        assert "show-here" not in read(shown)


def test_without_a_question_it_asks_for_one(notes: Talk) -> None:
    reply = notes.say("bob", "#app", "ask")
    assert isinstance(reply.form, Form)
    assert "Archived projects" in read(notes.fill(reply, "bob", "#app", {"question": ASKED}))
    assert notes.refused("bob", "#app", "ask", values={"question": " "}) == "Ask what?"


def test_an_edit_shows_at_once_and_so_does_what_was_dropped(notes: Talk) -> None:
    notes.done("ann", "#app", 'doc add "Export notes" Archived projects are exported too.')
    assert "“Archived projects are exported too.”" in notes.done("bob", "#app", f"ask {ASKED}")
    notes.done("ann", "#app", "doc drop export notes")
    assert "Archived projects" not in notes.done("bob", "#app", f"ask {ASKED}").replace(ASKED, "")
    notes.done("ann", "#app", "undo")
    assert "“Archived projects are exported too.”" in notes.done("bob", "#app", f"ask {ASKED}")


# ---- what is not for the asker does not exist ----

WHO = {"vi": Audience.STAKEHOLDERS, "gus": Audience.PUBLIC, "bob": Audience.TEAM}


@pytest.fixture
def circles(talk: Talk) -> Talk:
    """One fact for each audience, all about the same thing."""
    talk.done("ann", "#app", "team role @vi viewer")
    talk.done("ann", "#app", "backlog add Teamword pricing of the falcon description=The falcon costs teamcost inside.")
    talk.done("ann", "#app", "backlog comment APP-1 The falcon was teamsaid")
    talk.done("ann", "#app", "backlog criteria APP-1 add The falcon is teamtested")
    talk.done("ann", "#app", "doc add Teamdoc The falcon is teamwritten")
    talk.done("ann", "#app", "doc add Circle The falcon is stakeholdersword for some audience=stakeholders")
    talk.done("ann", "#app", "doc add Open The falcon is publicword for all audience=public")
    return talk


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "line",
    ["ask What does the falcon cost?", "ask Is the falcon teamtested?", "ask APP-1 what was said of the falcon?",
     "What is the falcon?", "doc list", "doc show Teamdoc", "doc show Circle", "doc show Open", "doc show Tamdoc"],
)  # fmt: skip
def test_nobody_reads_a_word_that_is_not_for_them(circles: Talk, who: str, line: str) -> None:
    reply = circles.say(who, "#app", line, guest=who == "gus")
    said = f"{read(reply)} {[b.say for b in buttons(reply)]}".lower().replace(line.lower(), "")
    said = said.replace(line.lower().removeprefix("ask "), "").replace(line.lower().removeprefix("doc show "), "")
    hidden = [word for word in ("team", "stakeholders", "public") if Audience(word) not in WHO[who].reads]
    assert not [word for word in hidden if f"{word}w" in said or f"{word}cost" in said or f"{word}said" in said]
    if who != "bob":
        assert "app-1" not in said
        assert "teamd" not in said


def test_what_is_hidden_moves_no_score(database: Database) -> None:
    """A viewer gets the same card, to the letter, whatever the team wrote beside."""
    said = []
    for team, secrets in (("T1", 0), ("T2", 40)):
        talk = slack_team(database, team)
        talk.done("ann", "#app", 'setup "Acme app" key=APP')
        talk.done("ann", "#app", "team role @Uvi viewer")
        talk.done(
            "ann", "#app", "doc add Open The export file is cut into parts of two gigabytes. audience=stakeholders"
        )
        talk.done("ann", "#app", "doc add Other Invoices are kept for ten years. audience=stakeholders")
        for n in range(secrets):
            talk.done("ann", "#app", f"doc add Secret{n} The export file of parts is kept secret {n} gigabytes")
        said.append(talk.done("vi", "#app", "ask Into what parts is the export file cut?"))
    assert said[0] == said[1]


def test_a_search_finds_what_is_near_where_no_item_has_the_words_as_typed(notes: Talk) -> None:
    notes.done("ann", "#app", "backlog add Invoices leave by e-mail")
    said = notes.done("ann", "#app", "backlog search e-mail invoices exporting")
    assert said.startswith("Acme app · no item has these words\nNear in meaning\nAPP-2 Invoices leave by e-mail")
    assert "no item fits" in notes.done("ann", "#app", "backlog search zeppelin")


def test_what_a_card_shows_is_offered_where_no_sentence_says_it(notes: Talk) -> None:
    asked = notes.say("bob", "#app", "how many points has APP-1?")
    assert "CSV export" in read(notes.press(asked, "Open APP-1"))
    assert [button.say for button in buttons(asked)].count("backlog show APP-1") == 1
    asked = notes.say("bob", "#app", "what is in the sprint?")
    assert "Show the sprint" in [button.label for button in buttons(asked)]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who works on APP-1?", "Nobody works on APP-1"),
        ("who is assigned to APP-2", "bob works on APP-2 Retries"),
        ("Is APP-2 done yet?", "APP-2 Retries is doing"),
        ("what is the status of retries?", "APP-2 Retries is doing"),
        ("when is APP-2 due?", "APP-2 Retries is due 4 Dec"),
        ("what are our goals?", "Acme app · 1 goal"),
        ("What's the churn now?", "Churn 2.5 %"),
        ("what is our churn", "Churn 2.5 %"),
    ],
)
def test_what_is_a_field_of_the_record_is_answered_by_it(notes: Talk, question: str, said: str) -> None:
    for line in (
        "backlog add Retries assignee=@bob due=2026-12-04", "backlog start APP-2", "goal add Fewer tickets",
        "metric define Churn unit=%", "metric record churn 2.5",
    ):  # fmt: skip
        notes.done("ann", "#app", line)
    assert notes.done("bob", "#app", question).startswith(said)
    outside = notes.say("gus", "#app", question, guest=True)
    assert "Retries" not in read(outside).replace(question, "")
    assert "tickets" not in read(outside)
    assert "2.5" not in read(outside)

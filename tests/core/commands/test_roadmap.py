"""The product manager's week, said: goals, metrics, the roadmap, prices and stages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.chat.ask import Attachment
from core.chat.card import Card, File, Picture, Reply
from core.store import pictures
from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, lines, read, slack_team, title
from tests.databases import NOW

WEEK = NOW + timedelta(days=7)


def say(talk: Talk, *said: str) -> None:
    for line in said:
        talk.done("ann", "#app", line)


# ---- goals ----


def test_a_goal_tells_how_far_it_is_and_when_it_went_the_wrong_way(talk: Talk) -> None:
    say(talk, "goal add Fewer support tickets due=2026-12-31", "goal result G-1 Tickets a week from=41 to=25")
    assert title(talk.say("ann", "#app", "goal update G-1.1 33")) == "G-1.1 Tickets a week: 41 → 33, 50 %"
    assert "further away than at the start" in talk.done("ann", "#app", "goal update G-1 45")
    assert "the target is passed" in talk.done("ann", "#app", "goal update 1.1 20 note=after the new import")
    assert "after the new import" in talk.done("bob", "#app", "goal list")
    assert title(talk.say("ann", "#app", "undo")).startswith("Taken back: G-1 key result “Tickets a week”: value is 45")
    assert "by 31 Dec" in talk.done("bob", "#app", "goal list")
    said = talk.done("ann", "#app", "goal close G-1 because=we stop counting")
    assert said == "G-1 Fewer support tickets: closed at 0 % because we stop counting"
    assert "because we stop counting" in talk.done("bob", "#app", "goal list")
    assert talk.refused("ann", "#app", "goal update G-1.1 3") == "G-1 is closed."


def test_a_reason_that_is_missing_is_asked_for_by_a_button_and_its_form(talk: Talk) -> None:
    say(talk, "goal add One", "roadmap add Two to=2026-12-24", "roadmap add Three horizon=now")
    for line, told in (
        ("goal close G-1", "G-1 One: closed because it is done"),
        ("roadmap date R-1 to=2027-01-24", "R-1 Two: by 24 Dec → by 24 Jan 2027, 31 days later because it is done"),
        ("roadmap move R-2 later", "R-2 Three: now → later because it is done"),
        ("roadmap drop R-2", "R-2 Three: dropped because it is done"),
        ("product price Team 29", "Team: 29 because it is done"),
    ):
        assert "because=" in talk.refused("ann", "#app", line)
        asked = talk.press(talk.say("ann", "#app", line), "Say why")
        assert title(talk.fill(asked, "ann", "#app", {"because": "it is done"})) == told
        assert not talk.say("ann", "#app", asked.form.submit, values={"because": " "}).ok  # type: ignore[union-attr]


# ---- metrics ----


def test_a_metric_is_told_by_what_is_better(talk: Talk) -> None:
    say(talk, "metric define churn unit=% goal=2 better=down", "metric record churn 4 on=2026-11-01")
    assert title(talk.say("ann", "#app", "metric record churn 3")) == "churn: 3 % · down 1 %, better · 1 % to go"
    said = talk.done("bob", "#app", "metric show churn")
    assert "Down 1 % since 1 Nov, better. Goal 2 %: 1 % to go." in said
    assert "last measured 30 days ago" in talk.done("bob", "#app", "metric list", at=NOW + timedelta(days=30))


def test_a_chart_is_kept_although_showing_it_only_reads(talk: Talk, database: Database) -> None:
    say(talk, "metric define churn", "metric record churn 4", "roadmap add One to=2026-12-24")
    for line in ("metric show churn", "roadmap picture"):
        card = talk.say("bob", "#app", line).card
        assert isinstance(card, Card)
        [shown] = [part for part in card.body if isinstance(part, Picture)]
        with database.transaction(write=False, now=NOW) as db:
            db.enter(Beneath(database).run("SELECT id FROM workspaces")[0][0])
            assert (pictures.load(db, shown.hash) or b"").startswith(b"\x89PNG")
        assert shown.alt


def test_a_pasted_table_is_recorded_whole_or_not_at_all(talk: Talk) -> None:
    say(talk, "metric define churn unit=%")
    table = "day;value\n2026-11-01;3,5\n2026-11-08;3,1\n\n15 Nov 2026;2,9"
    said = talk.done("ann", "#app", f"metric record churn\n{table}")
    assert said.splitlines()[0] == "churn: 3 values recorded, 1 Nov to 15 Nov"
    opened = talk.say("ann", "#app", "metric record churn")
    told = talk.fill(opened, "ann", "#app", {"new-value": "", "new-rows": "2026-11-20\t2\n2026-11-21\t1"})
    assert title(told) == "churn: 2 values recorded, 20 Nov to 21 Nov"
    for wrong in ("2026-11-01;3\n2026-11-02;lots", "2027-11-01;3", "nothing"):
        talk.refused("ann", "#app", f"metric record churn\n{wrong}")


def _drop(talk: Talk, line: str, content: str | bytes, name: str = "churn.csv") -> Reply:
    held = content.encode() if isinstance(content, str) else content
    return talk.answer(replace(talk.ask("ann", "#app", line), files=(Attachment(name, size=len(held), content=held),)))


@pytest.mark.parametrize(
    "content",
    [
        "day,value\n2026-11-01,3.5\n2026-11-08,3.1\n2026-11-09,\n",
        "Month;Users;Churn;Note\n2026-11-01;120;3,5 %;\n2026-11-08;130;3,1 %;fewer\n".encode("utf-16"),
        "\ufeffdate\tchurn\n2026-11-01T00:00:00Z\t3.5\n2026-11-08T00:00:00Z\t3.1\n",
        "1 Nov 2026;3,5\r\n8 Nov 2026;3,1\r\n".encode("cp1252"),
    ],
)
def test_a_dropped_table_is_recorded(talk: Talk, content: str | bytes) -> None:
    say(talk, "metric define churn unit=%")
    assert title(_drop(talk, "metric record churn", content)) == "churn: 2 values recorded, 1 Nov to 8 Nov"
    shown = talk.done("ann", "#app", "metric show churn")
    assert "3.1 %" in shown
    talk.done("ann", "#app", "undo")
    assert "3.1 %" not in talk.done("ann", "#app", "metric show churn")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "churn.csv is empty; nothing was read from it."),
        (b"PK\x03\x04rest", "churn.csv: This is an Excel workbook or another packed file; save it as CSV"),
        ("day,value\n2026-11-01,3\n2026-11-02,lots", "Line 3 is no day that has been, and a value: “2026-11-02,lots”."),
        ("2026-13-01,3\n2026-11-02,4", "Line 1 is no day that has been, and a value: “2026-13-01,3”."),
        ("day,users,nps\n2026-11-01,3,4", "Which column is churn? There are users, nps; call one of them churn."),
        ("day,value\n", "There is no line with a day and a value."),
    ],
)
def test_a_dropped_table_that_cannot_be_read_is_refused_whole(talk: Talk, content: str | bytes, why: str) -> None:
    say(talk, "metric define churn")
    reply = _drop(talk, "metric record churn", content)
    assert reply.refused.startswith(why)
    assert "not measured yet" in talk.done("ann", "#app", "metric show churn")


def test_a_picture_beside_a_value_is_no_table(talk: Talk) -> None:
    say(talk, "metric define churn unit=%")
    assert title(_drop(talk, "metric record churn 3", b"\x89PNG....", "chart.png")).startswith("churn: 3 %")


def test_who_is_asked_for_a_number_may_record_it_and_nobody_else(talk: Talk) -> None:
    say(talk, "metric define churn ask=@bob", "metric define users")
    assert "bob is asked every Monday" in talk.done("ann", "#app", "metric define churn every=monday unit=%")
    talk.done("bob", "#app", "metric record churn 3")
    assert talk.refused("bob", "#app", "metric record users 3") == "Only the product manager, ann, may do that."


# ---- the roadmap ----


def test_a_slip_is_remembered_with_its_reason(talk: Talk) -> None:
    say(
        talk,
        "roadmap add SSO for banks horizon=now to=2026-11-30",
        "roadmap date R-1 to=2026-12-31 because=the bank wants an audit",
        "roadmap date R-1 2027-01-04..2027-01-15 because=the auditor is ill",
    )
    shown = talk.say("bob", "#app", "roadmap list")
    assert title(shown) == "Acme app · roadmap · 1 slipped since 17 Nov"
    assert "slipped 46 days because the bank wants an audit; the auditor is ill" in read(shown)
    assert "slipped" not in talk.done("bob", "#app", "roadmap list", at=NOW + timedelta(days=30))
    assert "days by 30 Nov → by 31 Dec · because the bank wants an audit" in talk.done(
        "bob", "#app", "roadmap show R-1"
    )
    talk.done("ann", "#app", "undo")
    assert "slipped 31 days because the bank wants an audit" in talk.done("bob", "#app", "roadmap list")


def test_items_make_progress_and_a_change_of_scope_is_remembered(talk: Talk) -> None:
    talk.press(talk.say("ann", "#app", "backlog add points=3\nOne\nTwo\nThree"), "Add 3 items")
    say(talk, "roadmap add Export horizon=now", "roadmap link R-1 APP-1 APP-2", "backlog done APP-1")
    assert "0 of 2" not in talk.done("bob", "#app", "roadmap list")
    more = talk.say("ann", "#app", "roadmap link R-1 APP-3")
    assert title(more) == "R-1 Export: takes in APP-3 · 1 of 3 done"
    told = talk.fill(talk.press(more, "Say why"), "ann", "#app", {"because": "the bank asked"})
    assert title(told) == "R-1 Export: 2 items → 3 items (+APP-3) because the bank asked"
    assert "scope 2 items → 3 items (+APP-3) · because the bank asked" in talk.done("bob", "#app", "roadmap show R-1")
    assert "belongs to it already" in talk.done("ann", "#app", "roadmap link R-1 APP-3")


def test_shipping_asks_for_open_milestones(talk: Talk) -> None:
    say(talk, "roadmap add Export", "roadmap milestone R-1 Audit passed on=2026-12-18 owner=@bob")
    asked = talk.say("ann", "#app", "roadmap ship R-1")
    assert asked.refused == "1 milestone of R-1 is open: Audit passed. Tick it off, or say because=."
    assert "Audit passed" in talk.done("bob", "#app", "mine", at=NOW + timedelta(days=20))
    talk.press(asked, "Done")
    assert title(talk.say("ann", "#app", "roadmap ship R-1")) == "R-1 Export: shipped"
    assert talk.refused("ann", "#app", "roadmap move R-1 now because=x") == "R-1 is shipped already."
    assert "Shipped since" in talk.done("bob", "#app", "roadmap list")


def test_release_notes_say_to_each_audience_what_it_reads(talk: Talk) -> None:
    talk.press(
        talk.say("ann", "#app", "backlog add\npay by card\nCrash on start type=bug\nClean up type=task"), "Add 3 items"
    )
    say(talk, "backlog edit APP-1 so=nobody waits", "roadmap add Payments", "roadmap link R-1 APP-1 APP-2 APP-3",
        "backlog done APP-1 APP-2 APP-3", *(f"backlog accept APP-{n}" for n in (1, 2, 3)))  # fmt: skip
    said = {a: talk.say("ann", "#app", f"roadmap notes R-1 audience={a}") for a in ("team", "stakeholders", "public")}
    assert "APP-1 Pay by card: so that nobody waits" in read(said["team"])
    assert "Clean up" in read(said["team"])
    for audience in ("stakeholders", "public"):
        assert "Pay by card: so that nobody waits" in read(said[audience])
        assert "APP-" not in read(said[audience])
        assert "Clean up" not in read(said[audience])
        assert "1 item left out" in title(said[audience])
    card = said["team"].card
    assert isinstance(card, Card)
    assert any(isinstance(part, File) and (part.text or "").startswith("# Payments") for part in card.body)


def test_why_leads_from_an_item_over_the_roadmap_to_the_vision(talk: Talk) -> None:
    say(talk, "product vision Everybody counts", "goal add Fewer tickets", "goal add Secret audience=team",
        "backlog add Big type=epic", "backlog add Small epic=APP-1", "roadmap add Export goal=G-1",
        "roadmap add Import goal=G-2", "roadmap link R-1 APP-1")  # fmt: skip
    rows = [(row.key, row.text) for row in lines(talk.say("bob", "#app", "why APP-2"))]
    assert rows == [("APP-1", "Big"), ("R-1", "Export"), ("G-1", "Fewer tickets")]
    assert "R-1 Export" in talk.done("bob", "#app", "why G-1")
    say(talk, "team role @vi viewer")
    assert "Fewer tickets" in talk.done("vi", "#app", "why R-1")
    assert "It serves no goal." in talk.done("vi", "#app", "why R-2")


def test_a_change_that_is_the_teams_is_not_told_where_others_read(database: Database) -> None:
    slack = slack_team(database, "T1")
    slack.done("ann", "#app", "setup App key=APP")
    assert slack.say("ann", "#random", "roadmap add Secret audience=team").seen_by == "you"
    assert slack.say("ann", "#app", "roadmap add Secret audience=team").seen_by == "place"
    assert slack.say("ann", "#random", "roadmap add Shared").seen_by == "place"
    assert slack.say("ann", "#random", "roadmap edit R-3 audience=team").seen_by == "you"


# ---- prices, stages, advice ----


def test_a_price_keeps_its_history_and_its_reasons(talk: Talk) -> None:
    assert talk.done("ann", "#app", "product price Team €29 per=month because=others ask 35") == (
        "Team: 29 EUR a month because others ask 35"
    )
    later = talk.done("ann", "#app", "product price team 35 from=2027-01-01 because=it is worth more", at=WEEK)
    assert later == "team: 29 EUR a month → 35 EUR a month from 1 Jan 2027 because it is worth more"
    said = talk.done("bob", "#app", "product prices", at=WEEK)
    assert "from 1 Jan 2027 35 EUR a month · because it is worth more" in said
    assert "since 1 Dec 29 EUR a month · because others ask 35" in said


def test_a_stage_has_its_questions_and_what_the_record_answers(talk: Talk) -> None:
    say(talk, "product strategy The banks first")
    told = talk.say("ann", "#app", "product stage growth because=40 paying teams")
    assert title(told) == "Acme app is in growth because 40 paying teams · review by 1 Mar 2027"
    asked = {row.text: row.detail for row in lines(told)}
    assert asked["Where does growth come from, and what holds it up?"] == "The banks first"
    assert asked["Which number shows it, and does it move?"] == "not written down"
    shown = talk.say("bob", "#app", "product stage", at=NOW + timedelta(days=120))
    assert "review was due 1 Mar" in read(shown)
    assert shown.seen_by == "you"


@pytest.mark.parametrize(("stage", "sample"), [("decline", "fewer renew every month"), ("growth", "40 paying teams")])
def test_who_gives_no_reason_for_a_stage_is_shown_one_that_fits_it(talk: Talk, stage: str, sample: str) -> None:
    reply = talk.say("ann", "#app", f"product stage {stage}")
    assert reply.try_ == f"product stage {stage} because={sample}"
    talk.done("ann", "#app", reply.try_)


def test_advice_claims_no_more_than_was_answered(talk: Talk) -> None:
    told = talk.done("ann", "#app", "product advise breadth=high market=some departments=some iteration=low depth=low")
    assert "Because strategy looks years ahead, the market asks for some work and two or three departments" in told
    assert "every week" not in told.partition("How far ahead")[0]


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ("high high high low low", "a product manager"),
        ("low low low high high", "a product owner"),
        ("high some high high some", "both, a product manager and a product owner"),
    ],
)
def test_advice_weighs_the_answers_and_says_why(talk: Talk, answers: str, verdict: str) -> None:
    opened = talk.say("ann", "#app", "product advise")
    assert opened.form is not None
    names = [field.name for field in opened.form.fields]
    told = talk.fill(opened, "ann", "#app", dict(zip(names, answers.split(), strict=True)))
    assert title(told) == f"You need {verdict}"
    assert "Because " in read(told)
    form = talk.press(told, "Set these roles now")
    assert form.form is not None
    talk.fill(form, "ann", "#app", {form.form.fields[0].name: "bob"})
    assert "bob · product " in talk.done("ann", "#app", "team list")
    line = " ".join(f"{name}={answer}" for name, answer in zip(names, answers.split(), strict=True))
    asked = talk.say("cat", "#app", f"product advise {line}")
    assert "Set these roles now" not in [button.label for button in buttons(asked)]


def test_an_entry_is_moved_by_the_keys_that_adding_takes(talk: Talk) -> None:
    say(talk, "roadmap add One horizon=now")
    assert talk.done("ann", "#app", "roadmap move R-1 horizon=later because=x") == "R-1 One: now → later because x"
    said = talk.done("ann", "#app", "roadmap move R-1 horizon=next from=2027-01-01 to=2027-02-01 because=y")
    assert said == "R-1 One: later → next, no days → 1 Jan 2027 – 1 Feb 2027 because y"
    said = talk.done("ann", "#app", "roadmap move R-1 to=2027-02-08 because=z")
    assert said.endswith("7 days later because z")
    assert talk.refused("ann", "#app", "roadmap move R-1 horizon=soon because=x").startswith("“soon” is no horizon")

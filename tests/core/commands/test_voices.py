"""Feedback, decisions, stakeholders and reviews as people live with them, and what nobody outside may see of them."""

import re
from datetime import timedelta

import pytest

from bot.lines import tick
from core.schedule.outbox import MESSAGE
from tests.core.commands.talk import Beneath, Talk, buttons, count_of, lines, read, title
from tests.databases import NOW

SECRETS = re.compile(r"Thing|F-\d|D-[12]\b|14k|is too dear|fade")


@pytest.fixture
def viewed(staged: Talk) -> Talk:
    """A stage to which vi is a viewer."""
    staged.done("ann", "#app", "team role @vi viewer")
    return staged


# ---- feedback ----


def test_another_voice_is_one_more_and_the_same_voice_is_asked_first(talk: Talk) -> None:
    talk.done("bob", "#app", 'feedback add We retype every invoice customer="North Bank" worth=14000')
    other = talk.say("bob", "#app", 'feedback add We retype all invoices by hand customer="South Bank"')
    assert title(other).startswith("F-2 saved")
    assert "F-1 We retype every invoice" in read(other)
    again = talk.say("bob", "#app", 'feedback add We retype all the invoices customer="south bank"')
    assert again.seen_by == "you"
    assert title(again) == "South Bank has said this already: F-2 · nothing has been saved yet"
    assert count_of(talk.database, "feedback") == 2
    assert title(talk.press(again, "Save it too")).startswith("F-3 saved: We retype all the invoices · south bank")


def test_demand_is_shown_before_it_orders_and_why_tells_it(talk: Talk) -> None:
    talk.press(talk.say("ann", "#app", "backlog add\nOne\nTwo\nThree"), "Add 3 items")
    talk.done("bob", "#app", 'feedback add "we retype it by hand" customer=North worth=€60k')
    talk.done("bob", "#app", "feedback add Typing it all again customer=South worth=24k")
    talk.done("bob", "#app", "feedback add It would be nice")
    talk.done("ann", "#app", "feedback link F-1 F-2 APP-3")
    talk.done("ann", "#app", "feedback link F-3 APP-2")
    shown = talk.say("ann", "#app", "backlog rank by=demand")
    assert [(row.key, row.detail) for row in lines(shown)] == [
        ("APP-3", "3 → 1 · 2 customers, €84k a year · “we retype it by hand” (F-1)"),
        ("APP-2", "stays 2 · 1 voice · “It would be nice” (F-3)"),
    ]
    assert "1 item has no evidence and keeps its order below these" in read(shown)
    talk.press(shown, "Apply")
    assert [row.key for row in lines(talk.say("ann", "#app", "backlog list"))] == ["APP-3", "APP-2", "APP-1"]
    assert "Asked for by 2 customers, €84k a year" in talk.done("ann", "#app", "why APP-3")


def test_what_people_are_asked_reaches_them_and_their_answer_is_linked(talk: Talk) -> None:
    talk.done("ann", "#app", "feedback ask What is missing? to=@bob,@vi by=friday")
    tick(talk.steward, NOW)
    kept = [MESSAGE.validate_json(row[0]) for row in Beneath(talk.database).run("SELECT message FROM outbox")]
    assert sorted(message.only_for.name for message in kept if message.only_for) == ["bob", "vi"]
    [button] = [b for b in buttons(kept[0].reply) if b.label == "Answer"]
    form = talk.say("bob", "@", button.say)
    assert form.form is not None
    assert form.form.title == "What is missing?"
    assert "F-1 saved: An export" in read(talk.fill(form, "bob", "@", {"text": "An export"}))
    assert "1 of 2 answered, not yet vi" in talk.done("ann", "#app", "feedback brief")
    stranger = talk.say("zoe", "@", button.say, values={"text": "Mine"})
    assert stranger.refused == "That question is not put to you, or it was taken back."


def test_what_is_written_back_to_a_request_for_feedback_is_the_answer_to_it(talk: Talk) -> None:
    talk.done("ann", "#app", "roadmap add Export audience=stakeholders")
    talk.done("ann", "#app", "feedback ask Which formats? to=@bob,@vi about=R-1")
    assert not talk.say("vi", "@", "CSV is enough for us").ok, "nobody has asked yet"
    tick(talk.steward, NOW)
    assert read(talk.say("bob", "@", "CSV is enough for us")).startswith("F-1 saved: CSV is enough for us")
    assert "About: R-1" in talk.done("ann", "#app", "feedback show F-1")
    assert "1 of 2 answered, not yet vi" in talk.done("ann", "#app", "feedback brief")
    assert not talk.say("bob", "@", "PDF is what the others print").ok, "it is answered"
    assert "The team reads it." in talk.done("vi", "@", "We print what we get on paper")
    assert not talk.say("zoe", "@", "CSV is enough for us").ok


def test_a_request_whose_day_is_over_waits_for_nothing_any_more(talk: Talk) -> None:
    talk.done("ann", "#app", "feedback ask Which formats? to=@bob by=tomorrow")
    tick(talk.steward, NOW)
    assert not talk.say("bob", "@", "CSV is enough for us", at=NOW + timedelta(days=2)).ok
    assert talk.say("bob", "@", "CSV is enough for us", at=NOW + timedelta(days=1)).ok


def test_of_two_requests_the_one_that_is_meant_is_asked_for(talk: Talk) -> None:
    talk.done("ann", "#app", "feedback ask Which formats? to=@bob")
    talk.done("ann", "#app", "feedback ask Who prints? to=@bob")
    tick(talk.steward, NOW)
    tick(talk.steward, NOW + timedelta(hours=1))
    reply = talk.say("bob", "@", "Accounting does", at=NOW + timedelta(hours=2))
    assert (reply.ok, reply.refused) == (False, "2 things wait for an answer of yours. Which one is this?")
    assert reply.try_.endswith(" Accounting does")
    done = talk.press(reply, "Who prints?", at=NOW + timedelta(hours=2))
    assert "F-1 saved: Accounting does" in read(done)
    brief = talk.done("ann", "#app", "feedback brief")
    assert "1 of 1 answered" in brief
    assert "0 of 1 answered" in brief
    last = talk.done("bob", "@", "CSV is enough for us", at=NOW + timedelta(hours=3))
    assert "F-2 saved" in last, "one waits by now"


def test_a_story_is_made_of_what_was_said_and_linked_to_it(talk: Talk) -> None:
    talk.done("bob", "#app", "feedback add As a clerk, I want to export invoices because typing takes all day.")
    form = talk.say("ann", "#app", "feedback story F-1")
    assert form.form is not None
    stands = {field.name: field.value for field in form.form.fields}
    assert (stands["as"], stands["want"], stands["so"]) == ("clerk", "to export invoices", "typing takes all day")
    told = talk.fill(form, "ann", "#app", {"new-criteria": "Given an invoice\nWhen I export\nThen it is there\n\nFast"})
    assert title(told) == "APP-1 added: Export invoices · 2 criteria · from F-1"
    assert "APP-1 Export invoices" in talk.done("ann", "#app", "feedback show F-1")


# ---- decisions ----


def test_a_closed_decision_stays_whatever_is_said_or_undone(talk: Talk) -> None:
    talk.done("ann", "#app", 'decide open Which separator? options="comma|semicolon"')
    talk.done("bob", "#app", "decide vote D-1 b")
    assert "comma 1 · semicolon 0" in talk.done("bob", "#app", "decide vote D-1 comma")
    talk.done("ann", "#app", "decide close D-1 choose=b because=banks open it in Excel")
    before = Beneath(talk.database).run("SELECT * FROM decisions")
    for line in ("vote D-1 a", "object D-1 No", "close D-1 choose=a because=no", "close D-1"):
        why = talk.refused("bob", "#app", f"decide {line}")
        assert "semicolon, because banks open it in Excel" in why
    assert "a closed decision stays" in talk.refused("ann", "#app", "undo")
    talk.say("ann", "#app", "undo past-setup=yes")
    assert Beneath(talk.database).run("SELECT * FROM decisions") == before
    talk.done("ann", "#app", "decide supersede D-1 Tabs because=nobody types them")
    assert Beneath(talk.database).run("SELECT * FROM decisions WHERE number = 1") == before
    assert "D-2 has taken its place" in talk.done("ann", "#app", "decide show D-1")


def test_a_secret_vote_is_not_taken_in_a_channel_and_not_told_before_the_end(talk: Talk) -> None:
    opened = talk.say("ann", "#app", 'decide open Which one? options="red|blue" secret=yes')
    talk.refused("bob", "#app", "decide vote D-1 red")
    assert count_of(talk.database, "votes") == 0
    voted = talk.press(opened, "Vote", who="bob")
    assert voted.seen_by == "you"
    assert talk.say("ann", "@", "decide vote D-1 b").seen_by == "you"
    shown = talk.done("ann", "#app", "decide show D-1") + talk.done("ann", "#app", "history")
    assert "2 voted" in shown
    assert "red: bob" not in shown
    assert "red 1 · blue 1" in talk.done("ann", "#app", "decide close D-1 choose=red because=it shines")


# ---- what stays inside ----


def test_the_register_of_stakeholders_is_seen_by_owner_and_manager_alone(talk: Talk) -> None:
    for line in ("stakeholder add @bob interest=high influence=high", "stakeholder list", "stakeholder concerns @bob"):
        reply = talk.say("ann", "#app", line)
        assert reply.ok
        assert reply.seen_by == "you"
        assert "Show here" not in [button.label for button in buttons(reply)]
        refused = talk.say("bob", "#app", line)
        assert not refused.ok
        assert "influence" not in read(refused).replace(line, "")
    for line in ("history", "backlog search bob", "mine"):
        assert "influence" not in talk.done("bob", "#app", line)


def test_undo_takes_nothing_older_back_behind_a_change_to_the_register(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add Kept")
    for line in ("stakeholder add @bob interest=high", "stakeholder remove @bob"):
        talk.done("ann", "#app", line)
        why = talk.refused("ann", "#app", "undo")
        verb = " ".join(line.split()[:2])
        assert why == f"Your last change here was {verb}, and the register is changed by saying it anew."
    assert "stakeholder" not in talk.done("bob", "#app", "history")
    assert "stakeholder" not in talk.refused("bob", "#app", "undo")
    assert talk.done("ann", "#app", "undo past-setup=yes").startswith("Taken back: APP-1 Kept")


def test_a_viewer_sees_nothing_of_what_the_team_was_told_or_decided(viewed: Talk) -> None:
    viewed.done("ann", "#app", "decide supersede D-2 It is not because=no")
    for line in (
        "feedback list", "feedback show F-1", "feedback brief", "feedback themes", "decide show D-1", "decide show D-2",
        "decide vote D-1 a", "stakeholder list", "mine", "why APP-7", "history", "backlog rank by=demand",
        "roadmap review show",
    ):  # fmt: skip
        said = read(viewed.say("vi", "#app", line)).replace(line.rpartition(" ")[2], "")  # what they typed themselves
        assert not SECRETS.search(said), line
    offered = read(viewed.say("vi", "#app", "watch")).replace("Thing", "")  # entries and goals that are shared
    assert not SECRETS.search(offered)
    listed = viewed.say("vi", "#app", "decide list")
    assert [row.key for row in lines(listed)] == ["D-3"]
    saved = read(viewed.say("vi", "#app", "feedback add It is too dear"))
    assert "Thing" not in saved
    assert "14k" not in saved
    viewed.done("ann", "#app", "feedback link F-3 APP-1")
    own = viewed.done("vi", "#app", "feedback show F-3")
    assert "It is too dear" in own
    assert "APP-1" not in own


def test_a_viewer_who_is_refused_is_shown_what_they_may_do(viewed: Talk) -> None:
    reply = viewed.say("vi", "#app", "backlog done APP-1")
    assert [button.label for button in buttons(reply)] == ["Ask", "Concern", "Follow", "Less often"]
    concern = viewed.press(reply, "Concern")
    assert concern.form is not None
    assert concern.form.title == "What concerns you about APP-1?"
    viewed.fill(concern, "vi", "#app", {"text": "It comes too late"})
    assert "APP-1" in viewed.done("ann", "#app", "stakeholder concerns @vi")
    assert viewed.press(reply, "Follow").ok
    assert "half as often" in read(viewed.press(reply, "Less often"))
    assert buttons(viewed.say("bob", "#app", "team role @vi member")) == []


@pytest.mark.parametrize("line", ["why APP-1", "watch APP-1", 'doc show "Export notes"', "doc show Nothing"])
def test_of_a_shared_command_what_is_the_teams_shows_a_viewer_what_they_may_do(viewed: Talk, line: str) -> None:
    viewed.done("ann", "#app", 'doc add "Export notes" Archived projects are left out.')
    reply = viewed.say("vi", "#app", line)
    assert not reply.ok
    assert [button.label for button in buttons(reply)] == ["Ask", "Concern", "Follow", "Less often"]
    assert buttons(viewed.say("gus", "#app", line, guest=True)) == []


def test_a_review_hears_concerns_first_and_the_teams_own_stay_with_it(viewed: Talk) -> None:
    viewed.done("ann", "#app", "roadmap review open Spring with=@bob,@vi on=friday")
    assert viewed.say("vi", "#app", "roadmap review concern The bank waits").seen_by == "you"
    viewed.done("bob", "@", "roadmap review concern Thing is a secret")
    agenda = viewed.done("ann", "#app", "roadmap review show")
    assert agenda.index("The bank waits") < agenda.index("Fine") or "Fine" not in agenda.split("[")[0]
    assert "Thing is a secret" in agenda
    assert "Thing is a secret" not in viewed.done("vi", "#app", "roadmap review show")
    told = viewed.say("ann", "#app", "roadmap review close note=We wait")
    assert "Thing is a secret" in read(told), "the team's own channel"
    for days in (0, 1):
        tick(viewed.steward, NOW + timedelta(days=days))
    sent = {
        message.only_for.name: read(message.reply)
        for (raw,) in Beneath(viewed.database).run("SELECT message FROM outbox ORDER BY made, key")
        if (message := MESSAGE.validate_json(raw)).only_for and "minutes" in read(message.reply)
    }
    assert "Thing is a secret" in sent["bob"]
    assert "Thing is a secret" not in sent["vi"]
    assert "We wait" in sent["vi"]

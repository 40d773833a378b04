"""A stand-up answer that is half written: kept for who writes it, across restarts, and nobody else's."""

from core.chat.card import Form, kept
from core.commands import assemble
from core.store.database import Database
from tests.core.commands.mornings import at, heard
from tests.core.commands.talk import Beneath, Talk, buttons, count_of, read

HALF = {"yesterday": "imports", "today": "the audit l", "blockers": "the sta"}


def _form(talk: Talk, *, clock: str, line: str = "standup answer Daily") -> Form:
    form = talk.say("ravi", "@", line, at=at(clock)).form
    assert form is not None
    return form


def _values(form: Form) -> dict[str, str]:
    return {field.name: field.value for field in form.fields}


def _restarted(talk: Talk) -> Talk:
    """The same database, and nothing else of what was there."""
    url = talk.database.url.render_as_string(hide_password=False)
    talk.database.memory.clear()
    return Talk(Database(url))


def _left(talk: Talk, *, clock: str = "05:10") -> Form:
    """ravi begins an answer and is interrupted."""
    form = _form(talk, clock=clock)
    assert form.drafts
    said = talk.say("ravi", "@", kept(form.submit), values=HALF, at=at(clock))
    assert read(said).startswith("Your answer is kept as a draft")
    return form


def test_a_draft_survives_a_restart_and_is_finished_there(team: Talk) -> None:
    heard(team, at("05:01"))
    _left(team)
    again = _restarted(team)
    try:
        form = _form(again, clock="05:40")
        assert _values(form) == HALF
        said = again.say("ravi", "@", form.submit, values={**HALF, "blockers": ""}, at=at("05:41"))
        assert read(said).startswith("Thank you. Your answer is in the thread")
        assert "ravi\nDone imports\nToday the audit l" in heard(again, at("05:42"))["#app"]
    finally:
        again.database.close()
        assemble(team.database)


def test_a_draft_is_nobody_elses_and_nobodys_change(team: Talk) -> None:
    heard(team, at("05:01"))
    history = count_of(team.database, "changes")
    _left(team)
    assert "#app" not in heard(team, at("05:11"))
    assert count_of(team.database, "changes") == history
    assert "the sta" not in read(team.say("tom", "#app", "blocker list", at=at("05:12")))
    assert "ravi · 0 · 0 · 0 · 0" in read(team.say("ann", "#app", "standup report Daily", at=at("05:13")))


def test_who_has_begun_is_reminded_of_the_draft(team: Talk) -> None:
    heard(team, at("05:01"))
    _left(team)
    [reminder] = heard(team, at("06:01"))["@ravi"]
    assert "You have begun an answer; it is kept as a draft." in reminder
    assert "[Go on with my draft]" in reminder
    assert read(team.say("ravi", "@", "standup later 20m", at=at("06:02"))) == "I will ask again at 10:52"


def test_a_draft_that_comes_late_or_out_of_turn_replaces_nothing(team: Talk) -> None:
    heard(team, at("05:01"))
    form = _left(team, clock="05:10")
    team.say("ravi", "@", kept(form.submit), values={"today": "older"}, at=at("05:09"))
    assert _values(_form(team, clock="05:11")) == HALF
    team.done("ravi", "@", form.submit, values={"yesterday": "", "today": "whole", "blockers": ""}, at=at("05:12"))
    assert "answered already" in team.refused("ravi", "@", kept(form.submit), values=HALF, at=at("05:13"))
    assert _values(_form(team, clock="05:14"))["today"] == "whole"


def test_a_draft_is_no_part_of_what_is_written_back_instead(team: Talk) -> None:
    heard(team, at("05:01"))
    _left(team)
    team.done("ravi", "@", "I go on with the audit log today", at=at("05:20"))
    assert "ravi\nToday I go on with the audit log today" in heard(team, at("05:21"))["#app"]


def test_who_skips_and_writes_after_all_still_skips_until_it_is_sent(team: Talk) -> None:
    heard(team, at("05:01"))
    said = team.say("ravi", "@", "standup skip", at=at("05:05"))
    form = team.press(said, "Answer after all", at=at("05:06")).form
    assert form is not None
    team.done("ravi", "@", kept(form.submit), values=HALF, at=at("05:07"))
    assert "@ravi" not in heard(team, at("06:01"))
    assert _values(_form(team, clock="06:02")) == HALF


def test_an_answer_taken_back_is_a_draft_again_and_leaves_the_thread(team: Talk) -> None:
    heard(team, at("05:01"))
    form = _left(team)
    team.done("ravi", "@", form.submit, values=HALF, at=at("05:12"))
    heard(team, at("05:13"))
    team.done("ravi", "@", "undo", at=at("05:14"))
    told = heard(team, at("05:15"))["#app"]
    assert "ravi has taken their answer back" in told
    assert any("0 of 3 answered" in text for text in told)
    assert _values(_form(team, clock="05:16")) == HALF


def test_a_form_sent_without_a_plan_for_today_says_so_at_the_field(team: Talk) -> None:
    heard(team, at("05:01"))
    form = _form(team, clock="05:10")
    reply = team.say("ravi", "@", form.submit, values={"yesterday": "a", "today": "", "blockers": ""}, at=at("05:11"))
    assert [name for name, _ in reply.errors] == ["today"]
    assert "still empty" in reply.refused


def test_the_button_of_a_kept_draft_opens_it(team: Talk) -> None:
    form = _form(team, clock="05:10")
    said = team.say("ravi", "@", kept(form.submit), values=HALF, at=at("05:10"))
    assert [button.label for button in buttons(said)] == ["Go on"]
    opened = team.press(said, "Go on", at=at("05:11")).form
    assert opened is not None
    assert _values(opened) == HALF


def test_a_draft_goes_with_whoever_is_forgotten(team: Talk) -> None:
    _left(team)
    team.done("ann", "#app", "forget @ravi", at=at("05:20"))
    assert not any("the audit l" in row for rows in Beneath(team.database).rows().values() for row in rows)

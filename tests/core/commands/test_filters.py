"""`backlog list` narrowed by what people plan with: an epic, a day, a sprint."""

from tests.core.commands.talk import Talk, keys, lines, title


def listed(talk: Talk, line: str) -> list[str]:
    return keys(talk.say("bob", "#app", f"backlog list {line}"))


def test_a_list_is_narrowed_to_an_epic_and_to_a_day(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-2 type=epic")
    staged.done("ann", "#app", "backlog edit APP-3 APP-5 epic=APP-2")
    staged.done("ann", "#app", "backlog edit APP-5 APP-7 due=2026-12-04")
    staged.done("ann", "#app", "backlog edit APP-8 due=2026-12-11")
    assert listed(staged, "epic=APP-2") == ["APP-3", "APP-5"]
    assert listed(staged, "epic=2 due=friday") == ["APP-5"]
    assert listed(staged, "due=2026-12-04") == ["APP-5", "APP-7"]
    assert listed(staged, "--due 2026-12-11 assignee=@bob") == ["APP-7"]
    assert listed(staged, "due=yesterday") == []
    assert staged.refused("bob", "#app", "backlog list epic=APP-99") == "APP-99 is not in Acme app."
    assert "wants a day" in staged.refused("bob", "#app", "backlog list due=someday")


def test_a_list_is_narrowed_to_a_range_of_days(staged: Talk) -> None:
    """Today is Tuesday 1 December 2026."""
    for number, day in ((2, "2026-11-30"), (3, "2026-12-06"), (5, "2026-12-07"), (7, "2027-01-31"), (8, "2026-11-02")):
        staged.done("ann", "#app", f"backlog edit APP-{number} due={day}")
    assert listed(staged, 'due="this week"') == ["APP-2", "APP-3"]
    assert staged.say("ann", "#app", "backlog list due=this week").try_ == 'backlog list due="this week"'
    assert listed(staged, 'due="next week"') == ["APP-5"]
    assert listed(staged, 'due="next month"') == listed(staged, "due=january") == ["APP-7"]
    assert listed(staged, "due=2026-11-30..2026-12-06") == ["APP-2", "APP-3"]
    assert listed(staged, "due=overdue") == ["APP-2", "APP-8"]
    assert listed(staged, "due=today") == ["APP-2", "APP-8"]


def test_what_a_list_is_narrowed_to_is_said_in_its_title(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-5 APP-7 due=2026-12-04")
    for line, said in (
        ("", "7 items"),
        ('due="this week"', "due this week · 2 items"),
        ("due=friday assignee=@bob", "of bob · due friday · 1 item"),
        ("status=new text=Thing", "new · with “Thing” · 7 items"),
    ):
        assert title(staged.say("bob", "#app", f"backlog list {line}")) == f"Acme app · {said}"


def test_a_list_is_narrowed_to_a_sprint(staged: Talk) -> None:
    staged.done("ann", "#app", "sprint add APP-2 APP-4")  # APP-8 is in it already
    assert listed(staged, "sprint=current") == ["APP-2", "APP-4", "APP-8"]
    assert listed(staged, "sprint=1") == listed(staged, 'sprint="Sprint 1"') == ["APP-2", "APP-4", "APP-8"]
    staged.done("ann", "#app", "sprint remove APP-2")
    assert listed(staged, "sprint=1") == ["APP-4", "APP-8"]
    assert staged.refused("bob", "#app", "backlog list sprint=99") == "Acme app has no sprint “99”."


def test_an_open_item_shows_when_it_is_due(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-5 due=2026-12-04")
    staged.done("ann", "#app", "backlog edit APP-8 due=2026-11-30")
    shown = {line.key: line.detail for line in lines(staged.say("ann", "#app", "backlog list"))}
    assert "due 4 Dec" in shown["APP-5"]
    assert "overdue since 30 Nov" in shown["APP-8"]
    staged.done("ann", "#app", "backlog done APP-5")
    shown = {line.key: line.detail for line in lines(staged.say("ann", "#app", "backlog list status=done"))}
    assert "due" not in shown["APP-5"]


def test_quotes_keep_a_label_of_several_words_together_as_an_import_does(talk: Talk) -> None:
    talk.done("ann", "#app", 'backlog add One label="Two words"')
    talk.done("ann", "#app", "backlog add Two label=ui,api")
    details = {line.text: line.detail for line in lines(talk.say("ann", "#app", "backlog list"))}
    assert details == {"One": "two-words", "Two": "ui api"}
    assert listed(talk, 'label="two words"') == listed(talk, "label=two-words") == ["APP-1"]
    form = talk.say("ann", "#app", "backlog edit APP-2")
    talk.fill(form, "ann", "#app", {"label": "ui big"})
    assert listed(talk, "label=big") == ["APP-2"]

"""Where somebody has several products, a button in their own chat is about the product that its card was about,
whatever the chat is about by the time it is pressed; and it never takes them past what they may there."""

from datetime import timedelta

import pytest

from bot.lines import tick
from core.chat.card import Reply
from core.chat.placed import told_apart
from tests.core.commands.spoken import SPOKEN
from tests.core.commands.talk import Talk, buttons, count_of, read, title
from tests.databases import NOW

GROUPS = ("product", "goal", "roadmap", "sprint", "retro", "feedback", "decide", "metric", "backlog", "question")
TURNS = frozenset({"product use", "product new", "product list"})  # these are about the place itself


@pytest.fixture
def two(staged: Talk) -> Talk:
    """Acme app as staged, and Other app, whose things have the same numbers; ann manages both, bob is of the first."""
    staged.done("ann", "#other", 'product new "Other app" key=OTH')
    staged.done("ann", "#other", "product use OTH")
    for line in (
        "backlog add Their thing", "goal add Their goal", "goal result G-1 Their calls from=9 to=1",
        "metric define speed unit=s", "roadmap add Their entry horizon=now", "feedback add Their wish",
        'decide open Their colour? options="yes|no"', "retro open", "question add Their question?",
        'sprint new "Their sprint" from=2026-12-01 to=2026-12-14',
    ):  # fmt: skip
        staged.done("ann", "#other", line)
    return staged


def product_id(talk: Talk, key: str) -> str:
    directory = talk.steward._directories.values()
    return next(one.id for known in directory for one in known.products.values() if one.key == key)


def lines_of(reply: Reply) -> list[str]:
    return [button.say for button in buttons(reply)] + ([reply.form.submit] if reply.form else [])


@pytest.mark.parametrize("group", GROUPS)
def test_every_button_in_an_own_chat_acts_on_its_cards_product(two: Talk, group: str) -> None:
    theirs = product_id(two, "OTH")
    before = count_of(two.database, "operations", "product_id = ?", theirs)
    for name in (one for one in SPOKEN if one.split()[0] == group and one not in TURNS):
        for said in SPOKEN[name]:
            two.done("ann", "@", "product use APP")
            reply = two.say("ann", "@", said)
            assert {told_apart(line)[1] for line in lines_of(reply)} <= {"APP"}, said
            two.done("ann", "@", "product use OTH")
            for button in buttons(reply):
                pressed = two.press(reply, button.label)
                assert "went wrong" not in pressed.refused, button
                assert {told_apart(line)[1] for line in lines_of(pressed)} <= {"APP"}, (said, button)
    assert count_of(two.database, "operations", "product_id = ? AND label <> 'product use'", theirs) == before


def test_in_a_chat_about_nothing_each_line_knows_its_product(two: Talk) -> None:
    two.done("ann", "#other", "backlog assign OTH-1 me")
    waits = two.say("ann", "@", "mine")
    assert title(waits) == "What waits for you"
    [start] = [button for button in buttons(waits) if button.say.startswith("backlog start OTH-1")]
    assert title(two.say("ann", "@", start.say)) == "OTH-1 Their thing: started"
    in_a_channel = two.say("ann", "#random", "mine")  # where the place alone says the product
    assert not [button for button in buttons(in_a_channel) if button.say.startswith("backlog")]


def test_a_form_saves_where_it_was_opened(two: Talk) -> None:
    two.done("ann", "@", "product use APP")
    form = two.say("ann", "@", "goal add")
    two.done("ann", "@", "product use OTH")
    assert read(two.fill(form, "ann", "@", {"text": "Saved here"})).startswith("G-3 added: Saved here")
    assert "Saved here" in two.done("ann", "#app", "goal list")


def test_the_words_of_a_line_stay_as_they_were_said(two: Talk) -> None:
    two.done("ann", "@", "product use OTH")
    two.done("ann", "@", "feedback add It is too slow in-product=APP")
    told = two.done("ann", "#app", "feedback list")
    assert "It is too slow" in told
    assert "in-product" not in told


def test_among_others_the_place_alone_says_the_product(two: Talk) -> None:
    assert "Their" in two.done("ann", "#other", "roadmap list in-product=APP")
    assert "Thing" not in two.done("ann", "#other", "roadmap list in-product=APP")


def test_a_button_takes_nobody_past_what_they_may_there(two: Talk) -> None:
    two.done("bob", "@", "product use APP")
    refused = two.refused("bob", "@", "goal close G-1 because=so in-product=OTH")
    assert refused.startswith("Only the product manager, ann,")


def test_a_product_that_is_gone_is_said_so(two: Talk) -> None:
    assert two.refused("ann", "@", "goal list in-product=GONE") == "The product GONE is no longer here."


def test_a_prompt_is_answered_in_a_chat_about_another_product(two: Talk) -> None:
    two.done("ann", "#app", "standup remove Daily")
    two.done("ann", "#other", "standup new Weekly at=09:00 days=mon,tue,wed,thu,fri with=me")
    two.done("ann", "@", "product use APP")
    begins = NOW.replace(hour=9, minute=1) + timedelta(days=1)
    assert any("Weekly stand-up is open" in one["text"] for one in tick(two.steward, begins))
    saved = two.done("ann", "@", "Their thing, all day", at=begins)
    assert saved.startswith("Thank you. Your answer is in the thread in #other"), saved

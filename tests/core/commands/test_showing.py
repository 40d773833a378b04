"""What the asker alone was answered in a channel of Teams comes in their own chat, and from there to the channel."""

import pytest
from sqlalchemy import select

from core.chat.ask import Platform
from core.schedule import outbox
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, read, slack_team


@pytest.fixture
def tenant(database: Database) -> Talk:
    talk = slack_team(database, "tenant", Platform.TEAMS)
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    talk.done("bob", "#app", "backlog add CSV export")
    return talk


def shown(talk: Talk) -> list[tuple[str, str]]:
    """What was put for a channel, and for which."""
    with talk.database.engine.connect() as connection:
        rows = connection.scalars(select(outbox.OutboxRow.message).where(outbox.OutboxRow.key.like("%:shown"))).all()
    messages = [outbox.MESSAGE.validate_json(row) for row in rows]
    return [(one.place.external_id, read(one.reply)) for one in messages if one.only_for is None]


def line(talk: Talk, said: str) -> str:
    """What stands behind the [Show here] of an answer in the channel."""
    return next(b.say for b in buttons(talk.say("bob", "#app", said)) if b.label == "Show here")


def test_it_is_shown_in_the_channel_where_it_was_asked(tenant: Talk) -> None:
    say = line(tenant, "backlog list")
    kept = tenant.done("bob", "@", say, id="press")
    assert "APP-1" in kept
    assert kept.endswith("Shown in #app.")
    [(place, text)] = shown(tenant)
    assert place == "Capp"
    assert "APP-1" in text
    assert "Show" not in text
    tenant.say("bob", "@", say, id="press")  # delivered twice, shown once
    assert len(shown(tenant)) == 1


def test_a_question_is_shown_with_its_answer(tenant: Talk) -> None:
    tenant.done("ann", "#app", "product vision Accountants never retype an invoice again")
    tenant.done("bob", "@", line(tenant, "What is our vision?"))
    [(_, text)] = shown(tenant)
    assert "never retype" in text


def test_nobody_shows_a_thing_in_a_channel_that_is_not_of_their_product(tenant: Talk) -> None:
    tenant.done("ann", "#web", 'product new "Web shop" key=WEB')
    tenant.done("ann", "#web", "product use WEB")
    say = line(tenant, "backlog list")
    for who, what in (
        ("eve", say),  # who does not work on it
        ("bob", "backlog list show-here=Cweb in-product=APP"),
        ("bob", "backlog list show-here=Cnowhere in-product=APP"),
    ):
        tenant.say(who, "@", what)
    assert shown(tenant) == []

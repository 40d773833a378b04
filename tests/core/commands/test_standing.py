"""Cards that are changed where they stand: rounds of poker, votes and retros, as a platform would show them."""

from datetime import datetime, timedelta

import pytest

from core.chat.ask import Platform
from core.chat.card import Card, Reply, plain
from core.commands.ride import Ride
from core.schedule import leases
from core.schedule.delivery import Came, Sent
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, read, slack_team
from tests.databases import NOW

RIDES = frozenset({"you", "place"})
MINUTE = timedelta(minutes=1)


class Channel:
    """What stands in a team's channels: messages in order, the later words in the place of the earlier."""

    def __init__(self, database: Database) -> None:
        self.team = slack_team(database, "T1")
        self.cards: dict[str, Card] = {}
        self.now = NOW
        self._database = database

    def say(self, who: str, where: str, line: str) -> Reply | None:
        """Say something; what comes back at once, None where it comes into the channel."""
        self.now += MINUTE
        reply = self.team.steward.answer(self.team.ask(who, where, line, at=self.now), Ride(RIDES))
        self._deliver(self.now)
        return reply

    def told(self, who: str, where: str, line: str) -> str:
        reply = self.say(who, where, line)
        assert reply is not None, line
        assert reply.ok, read(reply)
        return read(reply)

    def press(self, who: str, number: int, label: str) -> Reply | None:
        """Click a button of a message in the channel."""
        card = list(self.cards.values())[number]
        button = next((one for one in buttons(Reply(True, card=card)) if one.label == label), None)
        assert button is not None, f"no [{label}] in {plain(card)}"
        return self.say(who, "#app", button.say)

    def read(self) -> list[str]:
        return [plain(card) for card in self.cards.values()]

    def _deliver(self, now: datetime) -> None:
        """All that waits, each place at its own pace."""
        for _ in range(50):
            now += timedelta(seconds=2)
            with self._database.transaction(write=True, now=now) as db:
                due = leases.lease(db, platforms=frozenset({Platform.SLACK}), reconcile=MINUTE)
                for one in due:
                    ref = one.replaces.ref if one.replaces else one.key
                    assert one.reply.card is not None
                    if one.only_for is None:
                        self.cards[ref] = one.reply.card
                    leases.record(db, [Came(one, Sent(ref), now)], reconcile=MINUTE)
            if not due:
                return
        raise AssertionError("the outbox never empties")


@pytest.fixture
def channel(database: Database) -> Channel:
    found = Channel(database)
    found.say("ann", "#app", 'setup "Acme app" key=APP')
    for who in ("bob", "cat"):
        found.say(who, "#app", "help")
    found.say("ann", "#app", "backlog add CSV export")
    found.cards.clear()
    return found


# ---- poker ----


def test_a_round_counts_its_cards_and_shows_them_where_it_was_begun(channel: Channel) -> None:
    assert channel.say("ann", "#app", "backlog poker APP-1") is None
    channel.press("bob", 0, "8")
    assert "Your card for APP-1 is 3" in read(channel.press("cat", 0, "3") or Reply(False))
    [said] = channel.read()
    assert said.startswith("Poker for APP-1 CSV export\n2 cards lie face down.")
    assert "bob" not in said
    turned = channel.press("ann", 0, "Turn the cards")
    assert turned is not None
    assert turned.seen_by == "you"
    assert read(turned) == "The cards of APP-1 are turned, where they were laid."
    [said] = channel.read()
    assert "3 cat\n8 bob" in said
    agreed = channel.press("ann", 0, "Agree on 8")
    assert agreed is not None
    assert agreed.seen_by == "place"
    [said] = channel.read()
    assert said == "APP-1 CSV export: agreed on 8 pts"


def test_a_round_that_is_played_again_leaves_its_card_to_the_next(channel: Channel) -> None:
    channel.say("ann", "#app", "backlog poker APP-1")
    channel.press("bob", 0, "8")
    channel.press("bob", 0, "Turn the cards")
    channel.press("bob", 0, "Again")
    first, second = channel.read()
    assert first == "Poker for APP-1 CSV export: played again"
    assert second.startswith("Poker for APP-1 CSV export, round 2\nLay a card")


# ---- decisions ----


def test_a_vote_shows_who_is_for_what_as_it_comes_in_and_how_it_ended(channel: Channel) -> None:
    channel.say("ann", "#app", 'decide open Which separator? options="comma|semicolon"')
    voted = channel.press("bob", 0, "Vote")
    assert voted is not None
    assert (voted.seen_by, read(voted)) == ("you", "D-1: you vote for comma")
    assert "semicolon 1" in channel.told("cat", "#app", "decide vote D-1 b")
    [said] = channel.read()
    assert "a comma · 1 · bob [Vote]\nb semicolon · 1 · cat [Vote]" in said
    channel.told("bob", "#app", "decide object D-1 Excel is old")
    channel.told("bob", "#app", "decide vote D-1 b")
    [said] = channel.read()
    assert "a comma [Vote]\nb semicolon · 2 · bob and cat [Vote]" in said
    assert "“Excel is old” — bob objects, 1 Dec" in said
    channel.told("ann", "#app", "decide close D-1 choose=b because=banks open it")
    [said] = channel.read()
    assert said == ("D-1 Which separator? semicolon, because banks open it\ncomma 0 · semicolon 2 · 1 objected")


def test_a_secret_vote_shows_only_how_many_have_voted(channel: Channel) -> None:
    channel.say("ann", "#app", 'decide open Which separator? options="comma|semicolon" secret=yes')
    channel.press("bob", 0, "Vote")
    [said] = channel.read()
    assert "1 voted." in said
    assert "bob" not in said
    assert "a comma [Vote]" in said


def test_a_decision_that_is_taken_back_says_so_where_it_stood(channel: Channel) -> None:
    channel.say("ann", "#app", 'decide open Which separator? options="comma|semicolon"')
    channel.told("ann", "#app", "undo")
    assert channel.read() == ["This decision was taken back."]


# ---- retros ----


def test_a_retro_counts_cards_and_voters_and_ends_with_its_tasks(channel: Channel) -> None:
    assert channel.say("ann", "#app", "retro open") is None
    channel.told("bob", "#app", "retro good The review went fast")
    channel.told("bob", "#app", "retro action Automate the release @Ucat")
    channel.told("cat", "@", "retro vote 1")
    [said] = channel.read()
    assert "2 cards · 1 person voted." in said
    assert "The review" not in said
    channel.told("ann", "#app", "retro close")
    [said] = channel.read()
    assert said.startswith("Retro 1 is closed: 2 cards, 1 task\nMost votes\n1 vote The review went fast")
    channel.told("ann", "#app", "undo")
    [said] = channel.read()
    assert said.startswith("Retro 1 is open")


def test_a_card_without_a_name_changes_nothing_at_its_moment(channel: Channel, database: Database) -> None:
    channel.say("ann", "#app", "retro open")
    before = channel.read()
    channel.told("bob", "@", "retro better Fewer meetings anon=yes")
    assert channel.read() == before
    channel.told("cat", "#app", "retro good The review went fast")
    assert "2 cards." in channel.read()[0]


# ---- where nothing is changed ----


def test_in_a_private_chat_and_in_a_terminal_the_answer_is_as_it_was(channel: Channel, terminal: Talk) -> None:
    begun = channel.say("ann", "@", "backlog poker APP-1")
    assert begun is not None
    terminal.done("ann", "#app", 'setup "Other" key=OTH')
    terminal.done("ann", "#app", "backlog add One")
    round_ = terminal.say("ann", "#app", "backlog poker OTH-1")
    terminal.press(round_, "3")
    turned = terminal.press(round_, "Turn the cards")
    assert turned.seen_by == "place"
    assert "3 ann" in read(turned)

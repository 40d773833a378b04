"""What is said when the bot is let in, and what a new user reads first."""

from core.chat.ask import Place, PlaceKind
from core.store.database import Database
from tests.core.commands.talk import Talk, buttons, read, slack_team, title


def labels(talk: Talk, where: str) -> list[str]:
    reply = talk.say("ann", where, "help hello=yes")
    assert reply.seen_by == "place"
    return [title(reply), *(button.label for button in buttons(reply))]


def test_a_channel_hears_one_line_and_what_it_can_do_first(database: Database) -> None:
    talk = slack_team(database, "T1")
    hello = "Hello, I am Steward, the team's product assistant. Is this the channel where the team works?"
    assert labels(talk, "#app") == [hello, "Set up here", "What I can do"]
    form = talk.press(talk.say("ann", "#app", "help hello=yes"), "Set up here")
    talk.fill(form, "ann", "#app", {"name": "Acme app", "key": "APP"})
    assert labels(talk, "#app") == ["Hello, I am Steward. What is said to me here is about Acme app.", "What I can do"]
    talk.done("ann", "#app", "product new Other key=OTH")
    assert labels(talk, "#new") == [hello, "APP Acme app", "OTH Other", "Set up here", "What I can do"]


def test_who_let_us_in_reads_what_comes_first(database: Database) -> None:
    talk = slack_team(database, "T1")
    reply = talk.say("ann", "@", "help hello=yes")
    assert title(reply) == "Hello, I am Steward, the team's product assistant"
    assert "say setup there; or setup example" in read(reply)
    assert [button.label for button in buttons(reply)] == ["Set up", "Show me an example", "What I can do"]
    talk.done("ann", "#app", "setup Acme key=APP")
    again = read(talk.say("ann", "@", "help hello=yes"))
    assert "mine shows what waits for you" in again


def test_help_begins_with_how_to_begin_until_something_is_set_up(terminal: Talk) -> None:
    first = terminal.say("ann", "#app", "help")
    assert "Nothing is set up yet." in read(first).splitlines()[1]
    assert [button.label for button in buttons(first)][:2] == ["Set up", "Show me an example"]
    terminal.done("ann", "#app", "setup Acme key=APP")
    assert "Nothing is set up yet" not in terminal.done("ann", "#app", "help")


def test_a_hello_without_a_known_chat_leaves_for_the_person(database: Database) -> None:
    talk = slack_team(database, "T1")
    ask = talk.ask("ann", "@", "help hello=yes", kept=True)
    nowhere = Place("", PlaceKind.PRIVATE, address={"user": "Uann"})
    reply = talk.answer(type(ask)(**{name: getattr(ask, name) for name in ask.__slots__} | {"place": nowhere}))
    assert reply.ok

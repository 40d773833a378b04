"""Ask, not written down, routed, answered, asked again, answered at once: whoever asks mentions the bot or
writes to it directly, in both clients; the owner answers once by a button and its form and once by writing back.

Every question stops production, so that it is asked whatever the hour of the day this runs at.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Lend, left
from tests.clients.local_slack import LocalSlack
from tests.clients.playground import Playground
from tests.clients.steward import office
from tests.reading import slack_seen
from tests.scenario.play import Face, Seen, Told

pytestmark = pytest.mark.clients

ANN = Told("ann", "#app", "mention")
ANN_ALONE = Told("ann", "@steward", "direct")
ASKED = {
    Told("bob", "#app", "mention"): "Does the CSV export include archived projects?",
    Told("bob", "@steward", "direct"): "Who may delete an invoice?",
}
SAID = "Archived projects are left out unless Include archived is ticked", "Only owners may delete an invoice"
Post = Callable[..., Awaitable[Seen]]


async def _by_form(face: Face, letter: Seen, answer: str) -> Seen:
    form = await face.press(ANN_ALONE, letter, "Answer …")
    assert form.form, form
    return await face.fill(ANN_ALONE, form, {"new-text": answer})


async def _by_writing(face: Face, letter: Seen, answer: str) -> Seen:
    """In Slack below the question, in Teams, whose chats have no threads, into the chat."""
    told = replace(ANN_ALONE, thread=face.below(letter)) if isinstance(face, LocalSlack) else ANN_ALONE
    return await face.say(told, answer)


async def _both_questions(face: Face, post: Post) -> None:
    """post: the message of the bot that holds all of some words, wherever it stands, now or soon."""
    await face.say(ANN, 'setup "Acme app" key=APP')
    await face.say(ANN, "backlog add CSV export")
    settle = (_by_form, _by_writing)
    for number, ((told, question), answer) in enumerate(zip(ASKED.items(), SAID, strict=True), 1):
        card = await face.say(told, question)
        assert "Not written down" in card.text
        assert "ann decides" in card.text
        await _told(post, await face.press(told, card, "It stops production"), f"Q-{number} goes to ann, who decides")
        letter = await post("bob asks", question, "Answer with a button, or write it here.")
        await _told(post, await settle[number - 1](face, letter, answer), f"Q-{number} is answered", "bob will be told")
        await post(f"ann answered: Q-{number}", answer)
        again = await face.say(told, question)
        await _told(post, again, answer, f"Q-{number} {question} · answered by ann")
        assert "Not written down" not in again.text


async def _told(post: Post, seen: Seen, *words: str) -> None:
    """What was said back, in the answer to the act itself or in a message, before or behind those to others."""
    if not all(word in seen.text for word in words):
        await post(*words)


async def test_a_question_comes_back_as_an_answer_in_slack(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True) as made:
        slack = made.slack

        async def post(*words: str) -> Seen:
            def fits(event: dict[str, Any]) -> Seen | None:
                message = event["message"] if event["t"] == "message" else {}
                seen = slack_seen(message) if message.get("bot_id") and message.get("blocks") else None
                return seen if seen and all(word in seen.text for word in words) else None

            return await slack.until(fits)

        await _both_questions(slack, post)
    assert [item["title"] for item in left(url)["products"][0]["items"]] == ["CSV export"]


async def test_a_question_comes_back_as_an_answer_in_teams(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, teams=True) as made:
        teams: Playground = made.teams

        async def post(*words: str) -> Seen:
            return await teams.until(lambda seen: all(word in seen.text for word in words))

        await _both_questions(teams, post)
    assert [item["title"] for item in left(url)["products"][0]["items"]] == ["CSV export"]

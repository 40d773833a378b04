"""The Teams manifest's main fields and the lengths Teams holds them to."""

import re

import pytest

from bot.teams.incoming import SAVES
from bot.teams.manifest import manifest

APP = "00000000-0000-0000-0000-000000000011"


def test_the_manifest_names_the_bot_in_all_its_places() -> None:
    made = manifest(APP, "https://bot.acme.com:8443/base", version="0.1.0", commands=[("help", "Shows commands")])
    (bot,) = made["bots"]
    assert made["id"] == bot["botId"] == APP
    assert bot["scopes"] == ["personal", "team", "groupChat"]
    assert bot["commandLists"] == [
        {"scopes": bot["scopes"], "commands": [{"title": "help", "description": "Shows commands"}]}
    ]
    (extension,) = made["composeExtensions"]
    assert extension["botId"] == APP
    assert {one["id"] for one in extension["commands"]} == set(SAVES)
    assert all(one["context"] == ["message"] and one["fetchTask"] for one in extension["commands"])
    assert all(len(one["title"]) <= 32 and len(one["description"]) <= 128 for one in extension["commands"])
    assert made["validDomains"] == ["bot.acme.com"]
    assert made["manifestVersion"] in made["$schema"]
    assert len(made["name"]["short"]) <= 30
    assert len(made["name"]["full"]) <= 100
    assert len(made["description"]["short"]) <= 80
    assert len(made["description"]["full"]) <= 4000
    assert re.fullmatch(r"#[0-9A-F]{6}", made["accentColor"])
    assert all(address.startswith("https://") for key, address in made["developer"].items() if key != "name")


def test_teams_is_given_ten_commands_of_the_length_it_takes() -> None:
    made = manifest(APP, "https://bot.acme.com", version="1.0.0", commands=[("c" * 50, "d" * 200)] * 30)
    (listed,) = made["bots"][0]["commandLists"]
    assert len(listed["commands"]) == 10
    assert all(len(c["title"]) <= 32 and len(c["description"]) <= 128 for c in listed["commands"])
    assert listed["commands"][0]["title"].endswith("…")


@pytest.mark.parametrize("url", ["", "http://bot.acme.com", "bot.acme.com", "https://"])
def test_an_address_teams_cannot_use_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        manifest(APP, url, version="1.0.0")

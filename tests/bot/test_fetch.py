"""A dropped file is fetched from where files of its chat lie, with our token, and from nowhere else."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.fetch import fetched
from core.chat.ask import Attachment
from core.commands.dropped import LARGEST

HOSTS = ("slack.com",)


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    async def give(request: web.Request) -> web.Response:
        if request.path == "/large.csv":
            return web.Response(body=b"x" * (LARGEST + 1))
        if request.headers.get("Authorization") != "Bearer us":
            return web.Response(status=302, headers={"Location": "/login"})
        return web.Response(body=b"Summary,Issue key\n")

    app = web.Application()
    app.router.add_get("/{name}", give)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/"
    await runner.cleanup()


async def test_a_file_comes_with_our_token(origin: str) -> None:
    found = await fetched(Attachment("a.csv", f"{origin}a.csv"), HOSTS, {"Authorization": "Bearer us"}, origin)
    assert (found.content, found.trouble) == (b"Summary,Issue key\n", "")


async def test_a_redirect_to_a_log_in_page_is_no_file(origin: str) -> None:
    found = await fetched(Attachment("a.csv", f"{origin}a.csv"), HOSTS, {}, origin)
    assert found.content is None
    assert found.trouble.startswith("I may not read a.csv")


async def test_a_file_that_is_too_large_is_left(origin: str) -> None:
    found = await fetched(Attachment("large.csv", f"{origin}large.csv"), HOSTS, {"Authorization": "Bearer us"}, origin)
    assert found.content is None
    assert "larger than" in found.trouble


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/a.csv",
        "https://slack.com.example.com/a.csv",
        "https://evilslack.com/a.csv",
        "https://user@169.254.169.254/slack.com",
        "file:///etc/passwd",
        "https://[x",
        "",
    ],
)
async def test_our_token_goes_nowhere_else(url: str) -> None:
    found = await fetched(Attachment("a.csv", url), HOSTS, {"Authorization": "Bearer us"})
    assert found.content is None
    assert "I do not fetch it" in found.trouble


async def test_a_host_that_no_name_may_have_is_trouble_and_no_fault() -> None:
    """Or the ask that brought it would be taken up again for ever."""
    found = await fetched(Attachment("a.csv", f"https://{'a' * 300}.slack.com/a.csv"), HOSTS)
    assert found.content is None
    assert "could not be fetched" in found.trouble

"""The stand-in as a process of its own, as other tests start it."""

import asyncio
import socket
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[3]


async def started(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                async with http.get(f"{url}/_control/posted") as answer:
                    assert answer.status == 200
                    return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


async def test_it_keeps_what_is_posted_and_fails_when_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.teams_stand_in", str(port), cwd=ROOT)
    try:
        async with aiohttp.ClientSession() as http:
            await started(http, url)
            await http.post(f"{url}/_control/faults", json=[{"on": "post", "status": 429, "retry_after": "3"}])
            chat = f"{url}/v3/conversations/a:chat/activities"
            async with http.post(chat, json={"type": "message"}) as refused:
                assert (refused.status, refused.headers["Retry-After"]) == (429, "3")
            async with http.post(chat, json={"type": "message", "text": "hi"}) as taken:
                assert taken.status == 201
            async with http.get(f"{url}/_control/posted") as answer:
                (posted,) = await answer.json()
            assert (posted["conversation"], posted["activity"]["text"]) == ("a:chat", "hi")
    finally:
        process.terminate()
        await process.wait()

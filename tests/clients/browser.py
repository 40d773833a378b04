"""Chromium without a window, by the DevTools protocol: what a page shows, and a picture of it."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from bench.process import running
from tests.clients.installed import browser, room

Json = dict[str, Any]

PATIENCE = 45.0  # seconds for a page to show what it should
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-port=0", "--remote-allow-origins=*", "--window-size=1100,900", "about:blank",
)  # fmt: skip


class Page:
    """One tab. `evaluate` takes JavaScript; `until` waits for an expression to be true."""

    def __init__(self, tab: aiohttp.ClientWebSocketResponse) -> None:
        self._tab = tab
        self._numbers = count(1)

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.until("document.body && document.readyState === 'complete'")

    async def evaluate(self, expression: str) -> Any:
        done = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, f"{expression}: {done['exceptionDetails']}"
        return done["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The first value of an expression that is no empty one. Fails with what the page shows instead."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    if found := await self.evaluate(expression):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            shown = await self.evaluate("document.body.innerText")
            raise AssertionError(f"{expression} never came true; the page shows:\n{shown}") from None

    async def shows(self, text: str) -> str:
        """Wait until a text stands in the page; all of its text."""
        await self.until(f"document.body.innerText.includes({json.dumps(text)})")
        whole: str = await self.evaluate("document.body.innerText")
        return whole

    async def click(self, text: str, selector: str = "button") -> None:
        """Click the last element with this text."""
        same = f"e.innerText?.trim() === {json.dumps(text)}"
        found = f"[...document.querySelectorAll({selector!r})].filter(e => {same})"
        await self.until(f"{found}.length")
        await self.evaluate(f"{found}.at(-1).click()")

    async def scroll_to(self, text: str) -> None:
        """Bring the innermost element that holds a text into view."""
        found = f"[...document.querySelectorAll('*')].filter(e => e.innerText?.includes({json.dumps(text)}))"
        await self.until(f"{found}.length")
        await self.evaluate(f"{found}.at(-1).scrollIntoView()")

    async def write(self, text: str, selector: str) -> None:
        """Put a text into the first input that fits, in place of what stands there, as if it was typed."""
        found = f"document.querySelector({selector!r})"
        await self.until(f"{found} !== null")
        await self.evaluate(f"{found}.focus(); document.execCommand('selectAll')")
        await self.call("Input.insertText", text=text)

    async def enter(self) -> None:
        for kind in ("keyDown", "keyUp"):
            key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
            await self.call("Input.dispatchKeyEvent", type=kind, **key)

    async def picture(self, path: Path) -> None:
        """Keep what is to be seen once things have slid into their places."""
        await self.evaluate("new Promise(done => setTimeout(done, 500))")
        taken = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(taken["data"]))

    async def call(self, method: str, **parameters: Any) -> Json:
        number = next(self._numbers)
        await self._tab.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(PATIENCE):
            while True:
                answer: Json = await self._tab.receive_json()
                if answer.get("id") == number:
                    assert "error" not in answer, f"{method}: {answer['error']}"
                    done: Json = answer["result"]
                    return done


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """A browser with an empty profile, and its one tab."""
    profile = room(folder) / "profile"
    with running([browser(), f"--user-data-dir={profile}", *FLAGS], folder=folder):
        port = await _port(profile / "DevToolsActivePort")
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                [tab] = [one for one in await answer.json() if one["type"] == "page"]
            async with http.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=1 << 26) as socket:
                yield Page(socket)


async def _port(file: Path) -> str:
    """Chromium writes its port there once it listens."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                lines = await asyncio.to_thread(file.read_text)
            except FileNotFoundError:
                lines = ""
            if lines.count("\n"):
                return lines.split("\n")[0]
            await asyncio.sleep(0.1)


def pictures(folder: Path) -> Path:
    """Where pictures of the pages go: the folder that SCREENS names, else the test's own."""
    kept = Path(os.environ.get("SCREENS", folder / "screens"))
    kept.mkdir(parents=True, exist_ok=True)
    return kept

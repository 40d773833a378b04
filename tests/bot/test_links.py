"""Pictures and files at addresses of ours: for whoever has the signed address, for a while, and for nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.links import GOOD_FOR, Kept, Links, derived, mount
from core.chat.ask import Connection, Place, Platform
from core.chat.card import Card, File
from core.product import workspaces
from core.schedule import outbox
from core.schedule.recipients import Recipient
from core.store import pictures
from core.store.database import Database
from tests.databases import NOW
from tests.teams_stand_in import serving

TEAMS = Connection(Platform.TEAMS, "tenant")
PNG = b"\x89PNG of a burndown"
PAGE = File("../<b>.html", "text/html", text="<script>alert(1)</script>")
CSV = File("Größe.csv", "text/csv", text="key\n")


@pytest.fixture
async def site(database: Database) -> AsyncIterator["Site"]:
    app = web.Application()
    links = Links("https://bot.example.com/", "secret")
    mount(app, Kept(database, lambda: NOW), links)
    with database.transaction(write=True, now=NOW) as db:
        db.enter(workspaces.connect(db, TEAMS))
        name = pictures.keep(db, PNG)
        outbox.post(db, "export", Recipient(TEAMS, Place("19:x")), Card("Here", (CSV, PAGE)))
    async with serving(app) as url, aiohttp.ClientSession() as http:
        yield Site(links, url, http, name)


class Site:
    def __init__(self, links: Links, url: str, http: aiohttp.ClientSession, picture: str) -> None:
        self.links, self.url, self.http, self.picture = links, url, http, picture

    async def get(self, address: str) -> tuple[int, bytes, aiohttp.typedefs.LooseHeaders]:
        split = urlsplit(address)
        assert (split.scheme, split.netloc) == ("https", "bot.example.com")
        async with self.http.get(f"{self.url}{split.path}?{split.query}") as answer:
            return answer.status, await answer.read(), answer.headers

    async def status(self, address: str) -> int:
        return (await self.get(address))[0]


async def test_a_picture_is_fetched_by_its_address(site: Site) -> None:
    status, body, headers = await site.get(site.links.picture(TEAMS, site.picture))
    assert (status, body) == (200, PNG)
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("image/png", "nosniff")


async def test_an_address_that_we_did_not_sign_is_refused(site: Site) -> None:
    right = site.links.picture(TEAMS, site.picture)
    bare = f"https://bot.example.com/pictures/{site.picture}"
    others = Links("https://bot.example.com", "another secret")
    for wrong in (
        bare,
        f"{bare}?key=",
        f"{bare}?key=%00%ff",
        right[:-1],
        others.picture(TEAMS, site.picture),
        right.replace("/pictures/", "/files/"),
        site.links.picture(TEAMS, "another").replace("/another", f"/{site.picture}"),
        right.replace(f"/{site.picture}", "/another"),
    ):
        assert await site.status(wrong) == 403, wrong


async def test_an_address_is_good_for_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, file = site.links.picture(TEAMS, site.picture), site.links.file("export", 0, "x")

    def later(by: timedelta) -> None:
        then = int(datetime.now(UTC).timestamp() + by.total_seconds())
        monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: then)

    later(GOOD_FOR - timedelta(minutes=1))
    assert (await site.status(picture), await site.status(file)) == (200, 200)
    later(GOOD_FOR + timedelta(minutes=1))
    assert (await site.status(picture), await site.status(file)) == (404, 404)


async def test_what_is_not_kept_here_is_not_found(site: Site) -> None:
    assert await site.status(site.links.picture(TEAMS, "gone")) == 404
    assert await site.status(site.links.picture(Connection(Platform.TEAMS, "other"), site.picture)) == 404
    assert await site.status(site.links.file("gone", 0, "x")) == 404
    for number in (-1, 2):
        assert await site.status(site.links.file("export", number, "x")) == 404


async def test_a_file_is_handed_over_and_never_shown(site: Site) -> None:
    status, body, headers = await site.get(site.links.file("export", 0, CSV.name))
    assert (status, body) == (200, b"key\n")
    assert headers["Content-Type"] == "text/csv"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv"
    status, _, headers = await site.get(site.links.file("export", 1, PAGE.name))
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%3Cb%3E.html"


def test_a_secret_is_derived_only_from_secrets() -> None:
    assert derived(None) == ""

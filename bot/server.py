"""`steward serve`: the composition root. One aiohttp application for both platforms, the worker behind it.

Nothing happens at import; an adapter is loaded only when it is configured, since each costs 0.7 s.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

import migrations
from bot import links
from bot.desk import FrontDesk, Sender
from bot.fetch import fetched
from bot.knowing import model
from bot.links import Kept, Links
from bot.settings import Settings
from bot.worker import Worker
from core.chat.ask import Connection, Platform
from core.commands import assemble
from core.commands.dispatch import Steward
from core.store.database import Database

if TYPE_CHECKING:
    from bot.slack.app import SlackApp
    from bot.slack.socket import Socket

log = logging.getLogger("steward")

BODY = 4 << 20  # bytes of one request; a Slack modal or a Teams activity stays far below
ASK_AGAIN = 5.0  # seconds until a platform that was away is asked again
DRAIN = 25.0  # seconds for requests to end after SIGTERM, within the 30 that container runtimes give


def clock() -> datetime:
    return datetime.now(UTC)


class Server:
    """What one process serves with: the parts, in the order in which they start; they stop in reverse."""

    def __init__(self, settings: Settings, database: Database, *, socket: bool = False) -> None:
        """socket: hear Slack by Socket Mode."""
        self.settings = settings
        self._by_socket = socket
        self._socket: Socket | None = None
        self.database = database
        self.steward: Steward = assemble(database, model(settings), partial(migrations.told, database.engine))
        self.senders: dict[Platform, Sender] = {}
        self.worker = Worker(database, self.senders, clock, timedelta(seconds=settings.reconcile_seconds))
        self.desk = FrontDesk(self.steward, self.worker.put)
        self.links = links_of(settings)
        self.kept = Kept(database, clock)
        self.ready = False
        self.connected: set[Platform] = set()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=BODY)
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        if self.links is not None:
            links.mount(app, self.kept, self.links)
        if self.settings.slack:
            app.cleanup_ctx.append(self._slack)
            self._mount_slack(app)
        if self.settings.teams:
            self._mount_teams(app)
        app.cleanup_ctx.append(self._work)
        return app

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"ok": True})

    async def readyz(self, _request: web.Request) -> web.Response:
        """The process may be sent work: connected, and the database reachable and of this version's shape."""
        waiting = [platform.value for platform in self.senders if platform not in self.connected]
        why = "" if self.ready else "still starting"
        if self.ready and waiting:
            why = f"not connected to {' and '.join(waiting)} yet"
        elif self._socket is not None and not self._socket.ready:
            why = "Slack's socket is not open"
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, migrations.misfit, self.database.engine)
            if found:
                why = f"{found.said} Try: {found.mend}"
        except SQLAlchemyError as error:
            log.warning("not ready: %r", error)
            why = "the database cannot be reached"
        return web.json_response({"ok": not why, "why": why}, status=503 if why else 200)

    async def _work(self, _app: web.Application) -> AsyncIterator[None]:
        """The worker's life; at the end everything that was taken on is finished, and what it says is sent."""
        self.worker.start(self.desk)
        self.ready = True
        yield
        self.ready = False
        self.worker.stop_ticking()
        await self.desk.close()
        await self.worker.close()
        self.database.close()

    # ---- Slack ----

    def _mount_slack(self, app: web.Application) -> None:
        from bot.slack.app import build, mount
        from bot.slack.send import SlackSender

        settings = self.settings
        assert settings.slack_bot_token is not None
        assert settings.slack_signing_secret is not None
        token = settings.slack_bot_token.get_secret_value()
        url = settings.slack_api_url or None
        slack = build(
            self.desk,
            token=token,
            signing_secret=settings.slack_signing_secret.get_secret_value(),
            prefix=settings.slack_prefix,
            base_url=url,
        )
        if self._by_socket:
            self._open_socket(app, slack)
        else:
            mount(app, slack)
        headers = {"Authorization": f"Bearer {token}"}
        hosts = ("slack.com", "slack-files.com")
        self.desk.fetchers[Platform.SLACK] = lambda file: fetched(file, hosts, headers, _origin(url))
        self.senders[Platform.SLACK] = SlackSender(token, url, load=self.kept.picture)

    def _open_socket(self, app: web.Application, slack: "SlackApp") -> None:
        from bot.slack.socket import Socket

        settings = self.settings
        assert settings.slack_app_token is not None
        self._socket = Socket(slack, settings.slack_app_token.get_secret_value(), settings.slack_api_url or None)
        held = self._socket

        async def life(_app: web.Application) -> AsyncIterator[None]:
            holding = asyncio.get_running_loop().create_task(held.run())
            yield
            holding.cancel()
            await asyncio.wait({holding})
            await slack.drain()

        app.cleanup_ctx.append(life)

    async def _slack(self, _app: web.Application) -> AsyncIterator[None]:
        """Learn which workspace the token is for; while Slack is away we are not ready, and ask again."""
        asking = asyncio.get_running_loop().create_task(self._who_we_are())
        yield
        asking.cancel()
        await asyncio.wait({asking})

    async def _who_we_are(self) -> None:
        from bot.slack.install import TokenRefused, installed

        settings = self.settings
        assert settings.slack_bot_token is not None
        while Platform.SLACK not in self.connected:
            try:
                we = await installed(settings.slack_bot_token.get_secret_value(), settings.slack_api_url or None)
            except TokenRefused as refused:
                log.error("Slack refuses the token (%s); see STEWARD_SLACK_BOT_TOKEN", refused)
            except ConnectionError as trouble:
                log.warning("Slack cannot be reached: %s", trouble)
            else:
                self._connect(Platform.SLACK, we.team_id)
                if we.scopes and "users:read" not in we.scopes:
                    log.error("Slack: without the scope users:read everybody is taken for a guest; see steward doctor")
                log.info("Slack: %s as %s", we.team or we.team_id, we.user)
                return
            await asyncio.sleep(ASK_AGAIN)

    # ---- Teams ----

    def _mount_teams(self, app: web.Application) -> None:
        from bot.teams.app import build

        settings = self.settings
        password = settings.teams_app_password
        teams = build(
            self.desk,
            app_id=settings.teams_app_id,
            app_password=password.get_secret_value() if password else "",
            tenant_id=settings.teams_tenant_id,
            anonymous=settings.teams_anonymous,
            managed=settings.teams_managed_identity,
            links=self.links,
        )
        teams.mount(app)
        stores = ("sharepoint.com", "sharepoint-df.com", "onedrive.com", "svc.ms")
        anywhere = "http" if settings.teams_anonymous else ""
        self.desk.fetchers[Platform.TEAMS] = lambda file: fetched(file, stores, local=anywhere)
        self.senders[Platform.TEAMS] = teams.sender
        if settings.teams_anonymous:
            log.warning("Teams takes messages without a token: for local work only")

        async def life(_app: web.Application) -> AsyncIterator[None]:
            self._connect(Platform.TEAMS, settings.teams_tenant_id)
            yield
            await teams.close()

        app.cleanup_ctx.append(life)

    def _connect(self, platform: Platform, external_id: str) -> None:
        self.steward.connect(Connection(platform, external_id), clock())
        self.connected.add(platform)


def links_of(settings: Settings) -> Links | None:
    """Makes the addresses that Teams fetches pictures from; None where nobody outside could, or nothing is secret."""
    own = settings.link_secret
    secret = own.get_secret_value() if own else links.derived(settings.teams_app_password)
    return Links(settings.public_url, secret) if settings.public_url and secret else None


def _origin(url: str | None) -> str:
    """'http://localhost:4000/' of an address; '' where there is none."""
    return "/".join([*url.split("/")[:3], ""]) if url else ""


def run(settings: Settings, database: Database, *, socket: bool = False) -> int:
    """Serve until SIGTERM or SIGINT, then finish what was taken on."""
    server = Server(settings, database, socket=socket)
    web.run_app(
        server.application(),
        host=settings.host,
        port=settings.port,
        print=None,
        access_log=None,
        shutdown_timeout=DRAIN,
        handle_signals=True,
    )
    return 0

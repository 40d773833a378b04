"""Settings from STEWARD_* variables or a .env file; one error names every wrong or missing one."""

import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def data_folder() -> Path:
    """Where this user's data lies, by the platform's own custom (XDG Base Directory on Unix)."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "steward"
    if sys.platform == "darwin":
        return home / "Library/Application Support/steward"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share") / "steward"


class Settings(BaseSettings):
    """Everything that can be set. A field's description is its row in the README's table."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_", env_file=".env", env_ignore_empty=True, extra="ignore")

    database_url: Annotated[str, Field(description="`sqlite:///…` or `postgresql+psycopg://…`")] = ""
    migration_database_url: Annotated[
        SecretStr | None, Field(description="the same database as the role that owns it, for `steward migrate`")
    ] = None
    host: Annotated[str, Field(description="where `steward serve` listens")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="the one port for both platforms")] = 3978
    public_url: Annotated[
        str, Field(pattern="^(https://.+)?$", description="how this server is reached from outside")
    ] = ""
    link_secret: Annotated[
        SecretStr | None,
        Field(
            description="signs the addresses of pictures and files that Teams fetches; derived from the Teams app's "
            "secret where it is not set, so a managed identity wants it"
        ),
    ] = None
    log_level: Annotated[
        str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")
    ] = "INFO"

    model_folder: Annotated[
        str, Field(description="a folder with a `model.onnx` and `tokenizer.json` of your own, to search by meaning")
    ] = ""

    slack_bot_token: Annotated[SecretStr | None, Field(description="the bot token (xoxb-…)")] = None
    slack_signing_secret: Annotated[SecretStr | None, Field(description="the signing secret of the Slack app")] = None
    slack_app_token: Annotated[
        SecretStr | None, Field(description="the app-level token (xapp-…), for `steward serve --socket`")
    ] = None
    slack_prefix: Annotated[str, Field(description="put before the slash commands, such as `acme-`")] = ""
    slack_api_url: Annotated[str, Field(description="another address of Slack's Web API, for tests")] = ""

    teams_app_id: Annotated[str, Field(description="the app id of the Azure bot (single tenant)")] = ""
    teams_app_password: Annotated[SecretStr | None, Field(description="its client secret")] = None
    teams_managed_identity: Annotated[
        bool, Field(description="the app id is a managed identity of this machine, which has no secret")
    ] = False
    teams_tenant_id: Annotated[str, Field(description="the tenant it belongs to")] = ""
    teams_anonymous: Annotated[
        bool, Field(description="take messages without a token: for local work with an emulator only")
    ] = False

    reconcile_seconds: Annotated[
        int, Field(ge=0, description="how long a message of unknown fate rests before it is looked for")
    ] = 60

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        if not self.database_url:
            self.database_url = f"sqlite:///{data_folder() / 'steward.db'}"
        missing = []
        if bool(self.slack_bot_token) != bool(self.slack_signing_secret):
            missing.append("Slack wants both STEWARD_SLACK_BOT_TOKEN and STEWARD_SLACK_SIGNING_SECRET")
        secret = self.teams_app_password or self.teams_managed_identity
        if self.teams_app_id and not (secret and self.teams_tenant_id):
            missing.append(
                "Teams wants STEWARD_TEAMS_TENANT_ID beside the app id, and STEWARD_TEAMS_APP_PASSWORD or "
                "STEWARD_TEAMS_MANAGED_IDENTITY"
            )
        if self.teams_anonymous and not self.teams_tenant_id:
            missing.append("STEWARD_TEAMS_ANONYMOUS wants STEWARD_TEAMS_TENANT_ID, the emulator's tenant")
        if missing:
            raise ValueError("; ".join(missing))
        return self

    @property
    def slack(self) -> bool:
        return self.slack_bot_token is not None

    @property
    def teams(self) -> bool:
        return bool(self.teams_app_id) or self.teams_anonymous


class WrongSettings(Exception):
    """Every wrong or missing variable, a line each."""


def load() -> Settings:
    """Read the settings. Raises WrongSettings."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"])
            what = one["msg"].removeprefix("Value error, ")
            lines.append(f"STEWARD_{name.upper()}: {what}" if name else what)
        raise WrongSettings("\n".join(lines)) from None

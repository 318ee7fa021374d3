"""The settings, and the only reader of the environment; tells every fault at once and never a secret's value."""

import base64
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import SettingsError

SLACK_FILE_HOSTS = frozenset({"slack.com", "*.slack.com", "*.slack-gov.com"})
"""Where Slack keeps people's files; `files.slack.com` in the commercial cloud."""

_DATA_DIR = Path("data")
_WEB = r"^https?://[^\s/@]+(/\S*)?$"


def _parts(value: object) -> object:
    return (
        frozenset(part.strip() for part in value.split(",") if part.strip())
        if isinstance(value, str)
        else value
    )


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _with_slash(url: str) -> str:
    return url.rstrip("/") + "/"  # the Slack SDK joins method names to it


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _token(prefix: str) -> AfterValidator:
    """A secret without blanks in it that begins with `prefix` and goes on."""

    def check(secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value()
        if not value.startswith(prefix) or value == prefix or len(value.split()) > 1:
            raise ValueError(prefix)
        return secret

    return AfterValidator(check)


def _signing(secret: SecretStr) -> SecretStr:
    """A secret of Standard Webhooks: "whsec_" and base64."""
    prefix, found, key = secret.get_secret_value().partition("_")
    if prefix != "whsec" or not found or not base64.b64decode(key, validate=True):
        raise ValueError(prefix)
    return secret


def _database(secret: SecretStr) -> SecretStr:
    scheme, found, rest = secret.get_secret_value().partition("://")
    if not found or not rest or scheme.split("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(scheme)
    return secret


Names = Annotated[
    frozenset[Annotated[str, Field(pattern=r"^(\*\.)?[\w.-]+$")]], NoDecode, BeforeValidator(_parts)
]
People = Annotated[
    frozenset[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]], NoDecode, BeforeValidator(_parts)
]
Channels = Annotated[
    frozenset[Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]], NoDecode, BeforeValidator(_parts)
]


def _sqlite_in_data_dir(given: dict[str, Any]) -> SecretStr:
    return SecretStr(f"sqlite:///{given.get('data_dir', _DATA_DIR) / 'finetune.db'}")


def _setting(meaning: str, mend: str, *default: Any, shown: str | None = None, **more: Any) -> Any:
    """A field: what the README says of it, how to mend a bad value, and the default as the README shows it."""
    return Field(*default, description=meaning, json_schema_extra={"mend": mend, "shown": shown}, **more)


class Settings(BaseSettings):
    """What the application is told from outside; each field is the environment variable of its name in capitals.

    Exactly one of `slack_app_token` (Socket Mode) and `slack_signing_secret` (HTTP mode) is set.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    slack_bot_token: Annotated[SecretStr, _token("xoxb-")] = _setting(
        "Bot token of the Slack app",
        "copy the Bot User OAuth Token, which begins with xoxb-, from OAuth & Permissions of your Slack app",
    )
    slack_app_token: Annotated[SecretStr, _token("xapp-")] | None = _setting(
        "App-level token; setting it chooses Socket Mode",
        "copy an App-Level Token with the scope connections:write, which begins with xapp-, from Basic Information of "
        "your Slack app",
        None,
    )
    slack_signing_secret: SecretStr | None = _setting(
        "Signing secret; setting it instead of SLACK_APP_TOKEN chooses HTTP mode",
        "copy the Signing Secret from Basic Information of your Slack app",
        None,
    )
    host: str = _setting(
        "HTTP mode: the address to listen on; 0.0.0.0 is every address of the machine",
        "give an address of this machine",
        "127.0.0.1",
    )
    port: int = _setting(
        "HTTP mode: the port to listen on", "give a port from 1 to 65535", 3000, ge=1, le=65535
    )
    slack_api_url: Annotated[str, Field(pattern=_WEB), AfterValidator(_with_slash)] = _setting(
        "Slack's Web API", "give an address that begins with https://", "https://slack.com/api/"
    )
    slack_file_hosts: Names = _setting(
        "More hosts from which shared files may be downloaded with the bot token, besides Slack's own and the host of "
        "SLACK_API_URL; comma-separated",
        "give host names without https://, separated by commas; *.example.com covers every host below it",
        frozenset(),
        shown="",
    )
    openai_api_key: Annotated[SecretStr, _token("")] = _setting(
        "API key of the fine-tuning provider", "copy a key from the API keys page of your provider"
    )
    openai_base_url: Annotated[str, Field(pattern=_WEB), AfterValidator(_without_slash)] = _setting(
        "Where the fine-tuning provider's API is; the key is sent there",
        "give an address that begins with https://, such as https://api.openai.com/v1",
        "https://api.openai.com/v1",
    )
    openai_webhook_secret: Annotated[SecretStr, AfterValidator(_signing)] | None = _setting(
        "HTTP mode: signing secret of the provider's webhooks, which may then come to /openai/webhooks; jobs are "
        "polled all the same",
        "copy the signing secret, which begins with whsec_, as it was shown when the webhook was made",
        None,
    )
    provider_file_days: int = _setting(
        "Days after the last job on a dataset's content ended until its files at the provider are deleted; 0: never",
        "give days from 0 to 3650",
        30,
        ge=0,
        le=3650,
    )
    conversation_days: int = _setting(
        "Days until what was said in chats with models is forgotten here; 0: never",
        "give days from 0 to 3650",
        180,
        ge=0,
        le=3650,
    )
    report_days: int = _setting(
        "Days until a file's report forgets what it found line by line, its numbers stay; 0: never",
        "give days from 0 to 3650",
        180,
        ge=0,
        le=3650,
    )
    models_file: Annotated[Path, AfterValidator(Path.expanduser)] | None = _setting(
        "The models that can be trained, with prices and dates, when they are not OpenAI's own: a TOML file in the "
        "form of bot/domain/catalog.toml",
        "name a file",
        None,
    )
    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] = _setting(
        "Folder for downloaded files and the SQLite file", "name a folder", Path("data")
    )
    database_url: Annotated[SecretStr, AfterValidator(_database)] = _setting(
        "The database: SQLite or PostgreSQL",
        "give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME",
        default_factory=_sqlite_in_data_dir,
        shown="sqlite:///DATA_DIR/finetune.db",
    )
    finetune_approvers: People = _setting(
        "Who may approve jobs: member ids, comma-separated; empty means any full member but the requester; "
        "rules made with /finetune policy come before it",
        "give Slack member ids such as U012AB3CD, separated by commas; a profile's menu has Copy member ID",
        frozenset(),
        shown="",
    )
    finetune_self_approval: bool = _setting(
        "Whether requesters may approve their own jobs; rules made with /finetune policy come before it",
        "say true or false",
        False,
        shown="false",
    )
    finetune_channels: Channels = _setting(
        "Where the bot works: channel ids, comma-separated; empty means wherever it is invited",
        "give Slack channel ids such as C012AB3CD, separated by commas; they stand at the foot of a channel's details",
        frozenset(),
        shown="",
    )
    poll_seconds: float = _setting(
        "Seconds between two looks at a job at the provider",
        "give seconds from 1 to 3600",
        20.0,
        ge=1,
        le=3600,
    )
    tick_seconds: float = _setting(
        "Seconds between two looks for work in the database",
        "give seconds from 0.05 to 60",
        2.0,
        ge=0.05,
        le=60,
    )
    lease_seconds: float = _setting(
        "Seconds after which another worker takes over the work of a dead one",
        "give seconds from 2 to 3600",
        60.0,
        ge=2,
        le=3600,
    )
    card_seconds: float = _setting(
        "Fewest seconds between two edits of one card", "give seconds from 0 to 60", 3.0, ge=0, le=60
    )
    max_upload_mb: int = _setting(
        "Largest dataset file that is taken, in MB", "give a number from 1 to 8192", 512, ge=1, le=8192
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = _setting(
        "Least level that is logged: DEBUG, INFO, WARNING or ERROR",
        "say DEBUG, INFO, WARNING or ERROR",
        "INFO",
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = _setting(
        "How log lines look: console or json", "say console or json", "console"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- pydantic passes it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- see from_env
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what from_env hands over, so that tests see no foreign environment."""
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ`; without one from the process's environment, and `.env` below that.

        Raises:
            SettingsError: one sentence for each variable that is missing or wrong.
        """
        given = dict(_read(cls, environ))
        faults = [] if _has_one_mode(given) else [_MODES]
        try:
            settings = cls(**given)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            wrong = dict.fromkeys(str(fault["loc"][0]) for fault in found if fault["type"] != _NOT_TRIED)
            faults += [_fault(cls.model_fields[name], name, missing=name not in given) for name in wrong]
        if faults:
            raise SettingsError(tuple(faults))  # outside the except: pydantic's own text could hold a value
        return settings

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is spoken to over Socket Mode, else over HTTP."""
        return self.slack_app_token is not None

    @property
    def file_hosts(self) -> frozenset[str]:
        """Every host that may be given the bot token for a file; `*.` stands for one or more labels."""
        return SLACK_FILE_HOSTS | self.slack_file_hosts | {urlsplit(self.slack_api_url).hostname or ""}

    @property
    def max_upload_bytes(self) -> int:
        """Largest dataset file that is taken, in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be seen, for the logs to blank."""
        password = urlsplit(self.database_url.get_secret_value()).password
        secrets = (
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
            self.openai_api_key,
            self.openai_webhook_secret,
        )
        return tuple(filter(None, (password, *(secret.get_secret_value() for secret in secrets if secret))))


def forget_secrets(environ: MutableMapping[str, str]) -> None:
    """Take the secrets out of the environment once they were read.

    Bolt and the provider's SDK would read them by themselves, and every child process would be handed them.
    """
    for name in (*_SECRET_NAMES, "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        environ.pop(name, None)


class Setting(NamedTuple):
    """A row of the README's table; `default` is empty when there is none."""

    name: str
    default: str
    meaning: str


def settings_table() -> Iterator[Setting]:
    """Every variable, in the order in which a reader needs them."""
    for name, field in Settings.model_fields.items():
        shown = _extra(field)["shown"]
        plain = "" if field.is_required() or field.default is None else field.default
        default = f"{plain:g}" if isinstance(plain, float) else str(plain)
        yield Setting(name.upper(), default if shown is None else shown, field.description or "")


_SECRET_NAMES = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "OPENAI_API_KEY",
    "OPENAI_WEBHOOK_SECRET",
    "DATABASE_URL",
)
_NOT_TRIED = "default_factory_not_called"  # a default that rests on other fields waits until those are right
_MODES = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: set exactly one of them, the first for Socket Mode (no public address "
    "needed), the second for HTTP mode."
)


def _read(cls: type[Settings], environ: Mapping[str, str] | None) -> dict[str, Any]:
    """What is set at all, by field name; blanks around a value, and empty values, are not meant."""
    if environ is None:
        values = {**DotEnvSettingsSource(cls, env_file=".env")(), **EnvSettingsSource(cls)()}
    else:
        values = {name: environ[name.upper()] for name in cls.model_fields if name.upper() in environ}
    stripped = {name: value.strip() for name, value in values.items()}
    return {name: value for name, value in stripped.items() if value}


def _has_one_mode(given: Mapping[str, Any]) -> bool:
    return ("slack_app_token" in given) != ("slack_signing_secret" in given)


def _fault(field: FieldInfo, name: str, *, missing: bool) -> str:
    return f"{name.upper()} {'is missing' if missing else 'cannot be used'}: {_extra(field)['mend']}."


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}

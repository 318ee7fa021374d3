"""The settings as somebody meets them who fills in the environment by hand."""

from pathlib import Path

import pytest

from bot.config import Setting, Settings, forget_secrets, settings_table
from bot.errors import SettingsError

ROOT = Path(__file__).parent.parent
LEAST = {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-a", "OPENAI_API_KEY": "sk-a"}


def faults(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return caught.value.faults


def test_three_variables_are_enough_for_socket_mode() -> None:
    settings = Settings.from_env(LEAST)
    assert settings.socket_mode
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.database_url.get_secret_value() == "sqlite:///data/finetune.db"
    assert settings.finetune_approvers == frozenset()
    assert settings.max_upload_bytes == 512 * 1024 * 1024


def test_a_signing_secret_instead_of_an_app_token_chooses_http() -> None:
    environ = {**LEAST, "SLACK_SIGNING_SECRET": "s3", "PORT": "8080"}
    del environ["SLACK_APP_TOKEN"]
    settings = Settings.from_env(environ)
    assert not settings.socket_mode
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)


def test_every_fault_is_told_at_once() -> None:
    told = faults(
        SLACK_BOT_TOKEN="xoxp-1",
        PORT="0",
        DATABASE_URL="mysql://a:b@c/d",
        FINETUNE_APPROVERS="U012AB3CD,mina",
        LOG_LEVEL="loud",
    )
    assert [fault.split()[0] for fault in told] == [
        "SLACK_APP_TOKEN",
        "SLACK_BOT_TOKEN",
        "PORT",
        "OPENAI_API_KEY",
        "DATABASE_URL",
        "FINETUNE_APPROVERS",
        "LOG_LEVEL",
    ]


def test_a_fault_elsewhere_does_not_make_the_default_database_one() -> None:
    assert faults(**LEAST, PORT="x") == ("PORT cannot be used: give a port from 1 to 65535.",)


@pytest.mark.parametrize("both", [True, False])
def test_exactly_one_way_to_hear_slack_is_asked_for(both: bool) -> None:
    environ = {**LEAST, "SLACK_SIGNING_SECRET": "s3"}
    if not both:
        del environ["SLACK_APP_TOKEN"], environ["SLACK_SIGNING_SECRET"]
    (told,) = faults(**environ)
    assert "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: set exactly one" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xapp-hush-hush"),
        ("SLACK_BOT_TOKEN", "xoxb-hush hush"),
        ("SLACK_APP_TOKEN", "hush-hush"),
        ("OPENAI_API_KEY", "hush hush"),
        ("DATABASE_URL", "oracle://me:hush@there/x"),
        ("DATABASE_URL", "hush"),
        ("SLACK_API_URL", "ftp://hush"),
        ("SLACK_API_URL", "https://me:hush@slack.com/api/"),
        ("OPENAI_BASE_URL", "hush"),
        ("SLACK_FILE_HOSTS", "https://hush/"),
        ("FINETUNE_APPROVERS", "@hush"),
        ("FINETUNE_CHANNELS", "#hush"),
        ("FINETUNE_SELF_APPROVAL", "hush"),
        ("POLL_SECONDS", "0.5"),
        ("TICK_SECONDS", "hush"),
        ("LEASE_SECONDS", "1"),
        ("CARD_SECONDS", "-1"),
        ("CARD_SECONDS", "nan"),
        ("MAX_UPLOAD_MB", "9000"),
        ("LOG_FORMAT", "hush"),
    ],
)
def test_a_fault_names_the_variable_and_the_cure_but_never_the_value(name: str, value: str) -> None:
    (told,) = faults(**{**LEAST, name: value})
    assert told.startswith(f"{name} cannot be used: ")
    assert len(told) > len(f"{name} cannot be used: ") + 10
    assert "hush" not in told


def test_no_secret_shows_in_an_error_or_a_repr() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**LEAST, "SLACK_BOT_TOKEN": "xoxp-hush"})
    assert caught.value.__context__ is None
    assert "xoxp-hush" not in repr(caught.value)
    shown = repr(Settings.from_env({**LEAST, "DATABASE_URL": "postgresql://me:hush@db/x"}))
    assert not [secret for secret in ("xoxb-1-a", "xapp-1-a", "sk-a", "hush") if secret in shown]


def test_the_logs_learn_every_secret() -> None:
    settings = Settings.from_env({**LEAST, "DATABASE_URL": "postgresql://me:hush@db/x"})
    assert set(settings.secrets) == {"xoxb-1-a", "xapp-1-a", "sk-a", "hush"}


def test_values_are_read_as_people_write_them() -> None:
    settings = Settings.from_env(
        {
            **LEAST,
            "OPENAI_API_KEY": " sk-a\n",
            "FINETUNE_APPROVERS": "U012AB3CD, W9,",
            "FINETUNE_CHANNELS": "C1,G2",
            "FINETUNE_SELF_APPROVAL": "yes",
            "OPENAI_BASE_URL": "http://127.0.0.1:8765/openai/v1/",
            "SLACK_API_URL": "http://127.0.0.1:8765/slack/api",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "DATA_DIR": "~/finetune",
            "POLL_SECONDS": "",
        }
    )
    assert settings.openai_api_key.get_secret_value() == "sk-a"
    assert settings.finetune_approvers == {"U012AB3CD", "W9"}
    assert settings.finetune_channels == {"C1", "G2"}
    assert settings.finetune_self_approval
    assert settings.openai_base_url == "http://127.0.0.1:8765/openai/v1"
    assert settings.slack_api_url == "http://127.0.0.1:8765/slack/api/"
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")
    assert settings.data_dir == Path.home() / "finetune"
    assert settings.database_url.get_secret_value() == f"sqlite:///{Path.home()}/finetune/finetune.db"
    assert settings.poll_seconds == 20


def test_files_may_come_from_slack_from_its_api_host_and_from_named_hosts_only() -> None:
    settings = Settings.from_env(
        {
            **LEAST,
            "SLACK_API_URL": "http://127.0.0.1:8765/slack/api/",
            "SLACK_FILE_HOSTS": "files.example.com",
        }
    )
    assert settings.file_hosts == {
        "slack.com",
        "*.slack.com",
        "*.slack-gov.com",
        "127.0.0.1",
        "files.example.com",
    }


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for row in settings_table():
        monkeypatch.delenv(row.name, raising=False)
    (tmp_path / ".env").write_text(
        "SLACK_BOT_TOKEN=xoxb-file\nSLACK_APP_TOKEN=xapp-1\nOPENAI_API_KEY=sk-file\nX=1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("FINETUNE_APPROVERS", "U1,U2")
    settings = Settings.from_env()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-file"
    assert settings.openai_api_key.get_secret_value() == "sk-environment"
    assert settings.finetune_approvers == {"U1", "U2"}


def test_a_given_environment_is_the_whole_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLL_SECONDS", "77")
    assert Settings.from_env(LEAST).poll_seconds == 20


def test_the_example_file_shows_every_variable_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    shown = dict(line.lstrip("# ").split("=", 1) for line in lines if "=" in line)
    assert list(shown) == [row.name for row in settings_table()]
    defaults = {row.name: row.default for row in settings_table() if row.default}
    assert {name: shown[name] for name in defaults} == defaults


def test_every_variable_has_a_meaning_for_the_readme() -> None:
    assert all(row.meaning for row in settings_table())


def test_secrets_leave_the_environment_once_they_were_read() -> None:
    environ = {
        **LEAST,
        "DATABASE_URL": "postgresql://u:hunter2@h/d",
        "PATH": "/bin",
        "SLACK_CLIENT_SECRET": "s",
    }
    settings = Settings.from_env(environ)
    forget_secrets(environ)
    assert not any(secret in value for secret in settings.secrets for value in environ.values())
    assert environ["PATH"] == "/bin"


def test_the_readme_tells_every_variable() -> None:
    rows = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [row for setting in settings_table() if (row := _row(setting)) not in rows] == []


def _row(setting: Setting) -> str:
    return f"| `{setting.name}` | {f'`{setting.default}`' if setting.default else ''} | {setting.meaning} |"

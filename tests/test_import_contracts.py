"""`make check` refuses each kind of import that may not be, and no library is left without a home."""

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "storage")
PLANTED = {
    # one library, one home
    "bot/cli/check.py": ("openai", "slack_bolt", "sqlalchemy"),
    "bot/fast_tokens.py": ("tiktoken", "aiohttp", "pydantic"),
    "bot/services/work_queue.py": ("apscheduler", "alembic", "slack_sdk"),
    "bot/domain/jobs/job.py": ("PIL", "matplotlib", "structlog", "yaml", "rich"),
    "bot/scheduler.py": ("openpyxl", "typer", "pydantic_settings"),
    "handlers/views/jobs/cards.py": ("msgspec", "bot.services.work_queue"),
    # the arrows point downwards
    "bot/domain/audit.py": ("bot.services.audit", "handlers.ids", "storage.tables"),
    "bot/ports/basics.py": ("bot.services.work_queue",),
    "bot/services/outbox.py": ("handlers.slack.notifier", "storage.database", "bot.providers.profiles"),
    "storage/jobs.py": ("handlers.ids", "bot.providers.profiles"),
    "handlers/jobs.py": ("storage.tables", "bot.providers.profiles"),
    # the sandbox stands alone
    "bot/sandbox/server.py": ("bot.domain.jobs.job", "bot.errors", "storage.tables", "handlers.ids"),
    "bot/wiring.py": ("bot.sandbox.server",),
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The packages and the contracts, in a folder in which anything may be planted."""
    folder = tmp_path
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _checked(folder: Path) -> str:
    command = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_every_import_that_may_not_be_is_caught(copied: Path) -> None:
    for file, modules in PLANTED.items():
        with (copied / file).open("a") as planted:
            planted.writelines(f"\nimport {module}\n" for module in modules)
    (copied / "bot" / "newcomer.py").write_text('"""A module without a floor."""\n')

    said = " ".join(_checked(copied).split())

    arrows = {
        f"{file.removesuffix('.py').replace('/', '.')} -> {module} "
        for file, modules in PLANTED.items()
        for module in modules
    }
    assert sorted(arrow for arrow in arrows if arrow not in said) == []
    assert "newcomer" in said


def test_a_circle_of_siblings_is_caught(copied: Path) -> None:
    with (copied / "bot/domain/money.py").open("a") as planted:
        planted.write("\nimport bot.domain.budgets\n")

    said = " ".join(_checked(copied).split())

    assert "Siblings have no circles BROKEN" in said
    assert "1 broken" in said


def test_every_library_that_is_imported_has_a_home() -> None:
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    outside = {
        each for each in graph.modules if each.partition(".")[0] not in {*PACKAGES, *sys.stdlib_module_names}
    }
    contracts = (ROOT / "pyproject.toml").read_text().partition("[tool.importlinter]")[2]

    assert sorted(each for each in outside if f'"{each}"' not in contracts) == []

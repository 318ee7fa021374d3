"""The application as a whole: what it leaves on the machine."""

from pathlib import Path

from tests.stories.conftest import at_work, workspace
from tests.stories.driver import dataset


async def test_nobody_else_on_the_machine_reads_what_people_gave_the_bot(tmp_path: Path) -> None:
    """New files are private, and so are those of an earlier version once it has started."""
    data = tmp_path / "data"
    old = data / "datasets" / "old.jsonl"
    old.parent.mkdir(parents=True)
    old.touch(0o644)
    for folder in (data, old.parent):
        folder.chmod(0o755)
    async with workspace() as (sandbox, people), at_work(sandbox, data):
        channel = next(c["id"] for c in (await people.get("world"))["channels"] if c["name"] == "ft-support")
        await people.mina.uploads(channel, "new.jsonl", dataset())
        await people.all_done()
        open_to_others = {
            str(path): oct(path.stat().st_mode)
            for path in (data, *data.rglob("*"))
            if path.stat().st_mode & 0o077
        }
    assert open_to_others == {}

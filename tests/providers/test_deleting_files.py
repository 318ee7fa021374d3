"""Training files are deleted by how their names end, all of them, and one that is gone already is no error."""

from typing import Any

from bot.providers.openai_api import OpenAIProvider
from tests.providers.fake_server import FakeServer


def listed(*names: str) -> dict[str, Any]:
    """A page of the list of files, each named by its id and its name."""
    files = [
        {
            "id": f"file-{number}",
            "object": "file",
            "bytes": 3,
            "created_at": 1,
            "filename": name,
            "purpose": "fine-tune",
            "status": "processed",
        }
        for number, name in enumerate(names)
    ]
    return {"object": "list", "data": files, "has_more": False}


async def test_every_training_file_with_this_ending_is_deleted(
    server: FakeServer, provider: OpenAIProvider
) -> None:
    server.replies("GET /files", listed("tone-abc.jsonl", "abc.jsonl", "other-abc.jsonl"))
    server.replies("DELETE /files/file-0", {"id": "file-0", "object": "file", "deleted": True})
    server.refuses("DELETE /files/file-2", 404, "No such File object: file-2")
    assert await provider.delete_files("-abc.jsonl") == 2
    assert [(asked.method, asked.path) for asked in server.asked[1:]] == [
        ("DELETE", "/files/file-0"),
        ("DELETE", "/files/file-2"),
    ]
    assert server.asked[0].query["purpose"] == "fine-tune"

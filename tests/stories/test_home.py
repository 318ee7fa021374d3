"""The App Home of an approver: what waits for them stands first, is decided there, and is gone when it is."""

from typing import Any

from tests.stories.driver import People, dataset
from tests.stories.talking import Talk
from tests.stories.test_requests import has, opened


async def home_with(people: People, who: str, words: str) -> dict[str, Any]:
    """The Home of this person once it shows these words."""

    async def look() -> dict[str, Any] | None:
        view = (await people.get("views", **{"as": getattr(people, who).id}))["home"]
        return view if view and words in str(view["blocks"]) else None

    return await people.until(look, f"a Home with “{words}”")


def pressed(view: dict[str, Any], action_id: str) -> dict[str, str]:
    """The button of this id in the Home, as a press names it."""
    rows = [block for block in view["blocks"] if block["type"] == "actions"]
    return next(
        {"action_id": action_id, "block_id": row["block_id"]}
        for row in rows
        for each in row["elements"]
        if each["action_id"] == action_id
    )


async def test_what_waits_is_first_in_the_approvers_home_and_is_approved_there(team: People) -> None:
    talk, mina, jonas = Talk(team), team.mina, team.jonas
    await jonas.opens_home()
    assert "Drop a JSONL file" in str(await home_with(team, "jonas", "Fine-tune with your team"))
    await has(talk, ("support.jsonl", dataset(note="support")))
    view = await opened(talk)
    assert (await mina.submits(view, mina.filled(view, suffix="tone")))["ok"]
    await mina.sees(talk.channel, "tone* waits for approval")

    await mina.opens_home()
    assert "Waiting for you" not in str(await home_with(team, "mina", "Under way"))
    await jonas.opens_home()
    view = await home_with(team, "jonas", "Waiting for you")
    assert view["blocks"][0]["text"]["text"] == "Waiting for you"
    assert "Drop a JSONL file" not in str(view)
    await jonas._act("click", {"view_id": view["id"], "action": pressed(view, "job_approve")})
    await mina.sees(talk.channel, "approved by")

    async def redrawn() -> bool | None:
        shown = str((await team.get("views", **{"as": jonas.id}))["home"])
        return True if "Waiting for you" not in shown and "tone" in shown else None

    assert await team.until(redrawn, "a Home in which nothing waits")

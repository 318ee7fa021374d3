"""What was acknowledged is done before the application ends."""

import asyncio

from handlers.slack.listeners import UnderWay


async def test_a_click_that_was_acknowledged_is_worked_on_to_its_end_before_the_application_ends() -> None:
    under_way, approved = UnderWay(), asyncio.Event()
    done = []

    async def listener() -> None:
        under_way.begin()
        await approved.wait()
        done.append("saved")

    listening = asyncio.create_task(listener())
    await asyncio.sleep(0)
    ending = asyncio.create_task(under_way.drain(60))
    await asyncio.sleep(0)
    assert not ending.done()
    approved.set()
    await ending
    assert done == ["saved"]
    await listening


async def test_a_listener_that_hangs_keeps_nothing_from_ending() -> None:
    under_way = UnderWay()

    async def listener() -> None:
        under_way.begin()
        await asyncio.Event().wait()

    hanging = asyncio.create_task(listener())
    await asyncio.sleep(0)
    await under_way.drain(0.01)
    assert not hanging.done()
    hanging.cancel()

"""What is said, and when, while something takes its time."""

import asyncio

from bot.services.turns import slow_notice

AGES = 3_600.0


async def test_what_takes_long_is_told_once() -> None:
    told = asyncio.Event()

    async def say() -> None:
        assert not told.is_set()
        told.set()

    async with slow_notice(0.0, say) as over:
        await told.wait()
        await over()
        await over()


async def test_what_comes_soon_is_not_waited_for_aloud() -> None:
    async def say() -> None:
        raise AssertionError

    async with slow_notice(AGES, say) as over:
        await over()
    async with slow_notice(AGES, say):
        pass


async def test_nothing_goes_on_before_what_is_being_said_was_said() -> None:
    begun, may_end, order = asyncio.Event(), asyncio.Event(), []

    async def say() -> None:
        begun.set()
        await may_end.wait()
        order.append("said")

    async with slow_notice(0.0, say) as over:
        await begun.wait()
        asyncio.get_running_loop().call_soon(may_end.set)
        await over()
        order.append("answered")
    assert order == ["said", "answered"]

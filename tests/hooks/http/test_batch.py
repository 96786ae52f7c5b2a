"""Requests that wait together are answered together, and none spoils another's answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from dam_hooks.http.batch import Batch, Busy
from dam_plugin.errors import DamPluginError, StoreError

LONG = 30.0


def running(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


class Work:
    """Doubles numbers; each batch that comes after the first waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, questions: Sequence[int]) -> list[int | DamPluginError]:
        self.batches.append(list(questions))
        self.begun.set()
        self.go.wait(LONG)
        return [StoreError("no zero") if each == 0 else each * 2 for each in questions]


def test_those_who_come_while_one_is_at_work_go_together() -> None:
    async def scenario() -> None:
        work = Work()
        batch: Batch[int, int] = Batch(work, most_at_once=4)
        first = asyncio.create_task(batch.answer(1, seconds=LONG))
        await asyncio.to_thread(work.begun.wait)
        others = [asyncio.create_task(batch.answer(number, seconds=LONG)) for number in range(2, 9)]
        await asyncio.sleep(0)
        work.go.set()
        assert await asyncio.gather(first, *others) == [number * 2 for number in range(1, 9)]
        assert work.batches == [[1], [2, 3, 4, 5], [6, 7, 8]]
        batch.close()

    running(scenario)


def test_an_error_is_the_answer_of_one_alone() -> None:
    async def scenario() -> None:
        work = Work()
        work.go.set()
        batch: Batch[int, int] = Batch(work)
        asked = [batch.answer(number, seconds=LONG) for number in (1, 0, 3)]
        one, error, three = await asyncio.gather(*asked, return_exceptions=True)
        assert (one, three) == (2, 6)
        assert isinstance(error, StoreError)
        assert work.batches == [[1, 0, 3]]
        batch.close()

    running(scenario)


def test_what_nobody_foresaw_spoils_no_other_answer(caplog: pytest.LogCaptureFixture) -> None:
    def work(questions: Sequence[int]) -> list[int | DamPluginError]:
        if 0 in questions:
            raise ZeroDivisionError("the name of somebody")
        return [each * 2 for each in questions]

    async def scenario() -> None:
        batch: Batch[int, int] = Batch(work)
        asked = [batch.answer(number, seconds=LONG) for number in (1, 0, 3)]
        one, error, three = await asyncio.gather(*asked, return_exceptions=True)
        assert (one, three) == (2, 6)
        assert type(error) is DamPluginError
        batch.close()

    running(scenario)
    assert "ZeroDivisionError" in caplog.text
    assert "somebody" not in caplog.text


def test_a_store_that_is_down_is_asked_once_for_all() -> None:
    calls: list[int] = []

    def work(questions: Sequence[int]) -> list[int | DamPluginError]:
        calls.append(len(questions))
        raise StoreError("the database does not answer")

    async def scenario() -> None:
        batch: Batch[int, int] = Batch(work)
        answers = await asyncio.gather(*(batch.answer(each, seconds=LONG) for each in (1, 2)), return_exceptions=True)
        assert [type(each) for each in answers] == [StoreError, StoreError]
        batch.close()

    running(scenario)
    assert calls == [2]


def test_who_goes_away_is_left_out_and_breaks_nothing() -> None:
    async def scenario() -> None:
        work = Work()
        batch: Batch[int, int] = Batch(work)
        first = asyncio.create_task(batch.answer(1, seconds=LONG))
        await asyncio.to_thread(work.begun.wait)
        gone, stays = (asyncio.create_task(batch.answer(number, seconds=LONG)) for number in (2, 3))
        await asyncio.sleep(0)
        first.cancel()
        gone.cancel()
        await asyncio.gather(first, gone, return_exceptions=True)
        work.go.set()
        assert await stays == 6
        assert work.batches == [[1], [3]]
        batch.close()

    running(scenario)


def test_who_waits_too_long_is_told_and_not_answered_later() -> None:
    async def scenario() -> None:
        work = Work()
        batch: Batch[int, int] = Batch(work)
        first = asyncio.create_task(batch.answer(1, seconds=LONG))
        await asyncio.to_thread(work.begun.wait)
        with pytest.raises(TimeoutError):
            await batch.answer(2, seconds=0.01)
        work.go.set()
        assert await first == 2
        assert await batch.answer(3, seconds=LONG) == 6
        assert work.batches == [[1], [3]]
        batch.close()

    running(scenario)


def test_too_many_who_wait_are_turned_away() -> None:
    async def scenario() -> None:
        work = Work()
        batch: Batch[int, int] = Batch(work, most_waiting=2)
        waiting = [asyncio.create_task(batch.answer(1, seconds=LONG))]
        await asyncio.to_thread(work.begun.wait)
        waiting += [asyncio.create_task(batch.answer(number, seconds=LONG)) for number in (2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await batch.answer(4, seconds=LONG)
        work.go.set()
        assert await asyncio.gather(*waiting) == [2, 4, 6]
        batch.close()

    running(scenario)

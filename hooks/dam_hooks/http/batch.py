"""Answers requests in batches: requests that come during one batch form the next. One worker; a batch never waits.

Many requests at once make large batches, and so few transactions.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from dam_hooks.http.problems import noted
from dam_plugin.errors import DamPluginError

# A transaction costs many times as much as one more opening in it.
MOST_AT_ONCE = 256
MOST_WAITING = 2_000

A = TypeVar("A")
R = TypeVar("R")


class Busy(DamPluginError):
    """More requests wait than can be answered in time."""


class Batch(Generic[A, R]):
    """Answers questions with `work`, in its own thread; `work` takes several, and returns an answer or an error for each."""

    def __init__(
        self,
        work: Callable[[Sequence[A]], Sequence[R | DamPluginError]],
        *,
        most_at_once: int = MOST_AT_ONCE,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Take the work; nothing is started yet."""
        self._work = work
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._at_work: asyncio.Task[None] | None = None

    async def answer(self, question: A, *, seconds: float) -> R:
        """Return the answer to one question, or raise its error.

        Raises TimeoutError after `seconds`, Busy where too many wait. A question whose caller has given up is left out.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Busy("too many links are being opened at once: try again in a moment")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._drain())
        return await asyncio.wait_for(future, seconds)

    def close(self) -> None:
        """Take no more questions; the batch that is being answered ends."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _drain(self) -> None:
        while batch := self._next():
            answers = await self._answers([question for question, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, BaseException):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _next(self) -> list[tuple[A, asyncio.Future[R]]]:
        batch: list[tuple[A, asyncio.Future[R]]] = []
        while self._waiting and len(batch) < self._most_at_once:
            question, future = self._waiting.popleft()
            if not future.done():
                batch.append((question, future))
        return batch

    async def _answers(self, questions: Sequence[A]) -> Sequence[R | BaseException]:
        try:
            return await self._worked(questions)
        except DamPluginError as error:
            # The store or the storage is down: asking again for each would only take longer.
            return [error] * len(questions)
        except BaseException as error:  # noqa: BLE001 - those who wait have to be told
            if len(questions) == 1:
                return [_told(error)]
        # One question must not be able to spoil the others' answers.
        alone: list[R | BaseException] = []
        for question in questions:
            alone += await self._answers([question])
        return alone

    async def _worked(self, questions: Sequence[A]) -> Sequence[R | DamPluginError]:
        answers = await asyncio.get_running_loop().run_in_executor(self._worker, self._work, questions)
        if len(answers) != len(questions):
            raise RuntimeError("a batch was answered with another number of answers than it had questions")
        return answers


def _told(error: BaseException) -> DamPluginError:
    """Return an unforeseen error as its waiting askers see it: by its id alone, since its text might name somebody."""
    return DamPluginError(f"something went wrong that nobody foresaw, error {noted('a batch', error)}")

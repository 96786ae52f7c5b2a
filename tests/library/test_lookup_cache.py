from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from waiting import wait_until

from dam_plugin.errors import StorageUnreachable
from dam_plugin.library import lookup_cache
from dam_plugin.library.lookup_cache import MEMORY_SECONDS, LookupCache


class Bucket:
    """Counts the looks at it; each finds what stands in `there`, or raises it."""

    def __init__(self, there: bool | Exception = True) -> None:
        self.there = there
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        if isinstance(self.there, Exception):
            raise self.there
        return self.there


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def no_renewals(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is looked at again where a test asks for that."""
    monkeypatch.setattr(lookup_cache, "RENEWAL_SECONDS", (1e9, 1e9))


def test_what_was_found_counts_for_a_moment(clock: Clock) -> None:
    memory, bucket = LookupCache(clock), Bucket()
    for at in (0.0, MEMORY_SECONDS / 2, MEMORY_SECONDS):
        clock.now = at
        assert memory.ask("copy", bucket).result(5)
    assert bucket.looks == 1
    clock.now = MEMORY_SECONDS + 0.01
    bucket.there = False
    assert not memory.ask("copy", bucket).result(5)


def test_another_thing_is_looked_at_by_itself(clock: Clock) -> None:
    memory, bucket = LookupCache(clock), Bucket()
    assert memory.ask(("copy", "v1"), bucket).result(5)
    assert memory.ask(("copy", "v2"), bucket).result(5)
    assert bucket.looks == 2


@pytest.mark.parametrize("there", [False, StorageUnreachable("no answer")], ids=["gone", "down"])
def test_no_failure_is_remembered(clock: Clock, there: bool | Exception) -> None:
    memory, bucket = LookupCache(clock), Bucket(there)
    first = memory.ask("copy", bucket)
    assert first.exception(5) or not first.result(5)
    bucket.there = True
    assert memory.ask("copy", bucket).result(5)
    assert bucket.looks == 2


def test_a_failure_ends_what_was_known(clock: Clock) -> None:
    memory, bucket = LookupCache(clock), Bucket()
    slow, looking = waiting_for(threading.Event())
    assert memory.ask("copy", bucket).result(5)
    clock.now = MEMORY_SECONDS + 1
    asked = memory.ask("copy", slow)
    looking.set()
    assert not asked.result(5)
    clock.now = MEMORY_SECONDS - 1
    assert memory.ask("copy", bucket).result(5)
    assert bucket.looks == 2


def waiting_for(let: threading.Event) -> tuple[Callable[[], bool], threading.Event]:
    """A look that finds nothing once it is let."""

    def look() -> bool:
        assert let.wait(5)
        return False

    return look, let


def test_who_asks_while_another_looks_waits_for_the_same_look_unless_it_began_too_long_ago(clock: Clock) -> None:
    memory, later = LookupCache(clock), Bucket()
    slow, let = waiting_for(threading.Event())
    first = memory.ask("copy", slow)
    clock.now = MEMORY_SECONDS
    second = memory.ask("copy", later)
    clock.now = MEMORY_SECONDS + 0.01
    third = memory.ask("copy", later)
    assert third.result(5)
    let.set()
    assert (first.result(5), second.result(5), later.looks) == (False, False, 1)


def test_what_was_found_counts_from_when_it_was_asked_for(clock: Clock) -> None:
    memory, again = LookupCache(clock), Bucket()

    def slow() -> bool:
        clock.now = MEMORY_SECONDS + 1
        return True

    assert memory.ask("copy", slow).result(5)
    assert memory.ask("copy", again).result(5)
    assert again.looks == 1


def test_the_memory_is_bounded_and_forgets_the_oldest(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_cache, "MOST_REMEMBERED", 3)
    memory, bucket = LookupCache(clock), Bucket()
    for copy in range(4):
        assert memory.ask(copy, bucket).result(5)
    assert memory.ask(3, bucket).result(5)
    assert bucket.looks == 4
    assert memory.ask(0, bucket).result(5)
    assert bucket.looks == 5


# What is asked for again and again


@pytest.fixture
def renewed_after_4(monkeypatch: pytest.MonkeyPatch, no_renewals: None) -> None:
    monkeypatch.setattr(lookup_cache, "RENEWAL_SECONDS", (4.0, 4.0))


class Renewal:
    """A look in the background that finds `found`, or raises it, once it is let."""

    def __init__(self, found: bool | Exception = True) -> None:
        self.found = found
        self.begun, self._let = threading.Event(), threading.Event()
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        self.begun.set()
        assert self._let.wait(5)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def let(self, memory: LookupCache) -> None:
        """Let it end, and wait until what it found is noted."""
        self._let.set()
        wait_until(lambda: not memory._is_renewing)


@pytest.mark.usefixtures("renewed_after_4")
def test_it_is_looked_at_again_before_its_time_is_over_and_nobody_waits_for_that(clock: Clock) -> None:
    memory, bucket, renewal = LookupCache(clock), Bucket(), Renewal()
    assert memory.ask("copy", bucket).result(5)
    clock.now = 3.9
    assert memory.ask("copy", bucket).done()
    assert bucket.looks == 1
    clock.now = 4.0
    assert memory.ask("copy", renewal).done()
    assert renewal.begun.wait(5)
    assert memory.ask("copy", renewal).done()
    renewal.let(memory)
    assert renewal.looks == 1
    clock.now = 4.0 + MEMORY_SECONDS
    assert memory.ask("copy", Renewal()).done()


@pytest.mark.usefixtures("renewed_after_4")
@pytest.mark.parametrize("found", [False, StorageUnreachable("no answer")], ids=["gone", "down"])
def test_what_is_found_gone_beside_those_who_ask_counts_from_then_on(clock: Clock, found: bool | Exception) -> None:
    memory, bucket, renewal = LookupCache(clock), Bucket(), Renewal(found)
    assert memory.ask("copy", bucket).result(5)
    clock.now = 5.0
    assert memory.ask("copy", renewal).done()
    renewal.let(memory)
    bucket.there = found
    asked = memory.ask("copy", bucket)
    assert asked.exception(5) or not asked.result(5)


@pytest.mark.usefixtures("renewed_after_4")
def test_a_look_in_the_background_that_hangs_keeps_nothing_known_for_longer(clock: Clock) -> None:
    memory, bucket, hanging = LookupCache(clock), Bucket(), Renewal()
    assert memory.ask("copy", bucket).result(5)
    clock.now = 5.0
    assert memory.ask("copy", hanging).done()
    clock.now = MEMORY_SECONDS + 0.01
    bucket.there = False
    assert not memory.ask("copy", bucket).result(5)
    # What began before the no and ends after it says nothing over it.
    hanging.let(memory)
    assert not memory.ask("copy", bucket).result(5)


@pytest.mark.usefixtures("renewed_after_4")
def test_a_look_in_the_background_says_nothing_over_a_later_one(clock: Clock) -> None:
    memory, bucket, gone = LookupCache(clock), Bucket(), Renewal(found=False)
    assert memory.ask("copy", bucket).result(5)
    clock.now = 5.0
    assert memory.ask("copy", gone).done()
    clock.now = MEMORY_SECONDS + 1
    assert memory.ask("copy", bucket).result(5)
    gone.let(memory)
    assert memory.ask("copy", bucket).done()
    assert bucket.looks == 2


@pytest.mark.usefixtures("renewed_after_4")
def test_so_many_wait_to_be_looked_at_again_each_once_and_none_in_vain(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup_cache, "MOST_RENEWALS", 2)
    memory, bucket, hanging, late = LookupCache(clock), Bucket(), Renewal(), Bucket()
    for copy in range(5):
        assert memory.ask(copy, bucket).result(5)
    clock.now = 5.0
    assert memory.ask(0, hanging).done()
    assert hanging.begun.wait(5)
    for _ in range(3):
        assert all(memory.ask(copy, late).done() for copy in range(5))
    assert len(memory._renewals) == 2
    clock.now = MEMORY_SECONDS + 1
    assert memory.ask(1, bucket).result(5)
    hanging.let(memory)
    assert late.looks == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "storage-renewal" and not thread.daemon]

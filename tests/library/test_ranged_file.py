"""A stored object as a file: the same bytes as the whole, and only the requests it takes."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import StorageError
from dam_plugin.library.ranged_file import BLOCK, CACHED_BLOCKS, MOST_BLOCKS_AT_ONCE, RangedFile

DATA = random.Random(7).randbytes(9 * BLOCK + 123)  # noqa: S311
LARGE = random.Random(8).randbytes((CACHED_BLOCKS + 40) * BLOCK)  # noqa: S311


def file_over(data: bytes, budget: int = 1 << 30) -> RangedFile:
    return RangedFile(lambda start, stop: data[start:stop], size=len(data), budget=budget)


SEEKS = st.tuples(st.just("seek"), st.integers(0, len(DATA) + BLOCK))
STEPS = st.tuples(st.just("step"), st.integers(-BLOCK, BLOCK))
ENDS = st.tuples(st.just("end"), st.integers(0, len(DATA)))
READS = st.tuples(st.just("read"), st.one_of(st.integers(0, 200), st.integers(0, 3 * BLOCK), st.just(-1)))
FILLS = st.tuples(st.just("fill"), st.one_of(st.integers(0, 200), st.integers(0, 3 * BLOCK)))


@given(
    st.lists(st.one_of(SEEKS, STEPS, ENDS, READS, FILLS), max_size=25), st.sampled_from([0, 1, 700, BLOCK, len(DATA)])
)
def test_any_sequence_of_seeks_and_reads_gives_what_the_whole_gives(ops: list[tuple[str, int]], size: int) -> None:
    data = DATA[:size]
    ranged, whole = file_over(data), io.BytesIO(data)
    for op, number in ops:
        if op == "seek":
            assert ranged.seek(number) == whole.seek(number)
        elif op == "step" and whole.tell() + number >= 0:
            assert ranged.seek(number, io.SEEK_CUR) == whole.seek(number, io.SEEK_CUR)
        elif op == "end":
            assert ranged.seek(-min(number, size), io.SEEK_END) == whole.seek(-min(number, size), io.SEEK_END)
        elif op == "read":
            assert ranged.read(number) == whole.read(number)
        elif op == "fill":
            ours, theirs = bytearray(number), bytearray(number)
            assert ranged.readinto(ours) == whole.readinto(theirs)
            assert ours == theirs
        assert ranged.tell() == whole.tell()


def test_nothing_is_asked_before_something_is_read() -> None:
    file = file_over(DATA)
    file.seek(0, io.SEEK_END)
    assert (file.requests, file.fetched) == (0, 0)


def test_a_small_object_takes_one_request_in_whatever_order_it_is_read() -> None:
    file = file_over(DATA[: 3 * BLOCK])
    for position in (2 * BLOCK + 5, 0, BLOCK):
        file.seek(position)
        assert file.read(10) == DATA[position : position + 10]
    assert (file.requests, file.fetched) == (1, 3 * BLOCK)


def test_the_head_of_a_large_object_takes_one_block() -> None:
    file = file_over(DATA)
    assert file.read(4) + file.read(100) == DATA[:104]
    assert (file.requests, file.fetched) == (1, BLOCK)


def test_neighbouring_blocks_are_fetched_in_one_request_and_known_ones_not_again() -> None:
    file = file_over(DATA)
    file.seek(2 * BLOCK)
    file.read(1)
    file.seek(0)
    assert file.read(5 * BLOCK) == DATA[: 5 * BLOCK]
    assert (file.requests, file.fetched) == (3, 5 * BLOCK)


def test_an_object_larger_than_the_cache_is_read_whole_in_large_requests() -> None:
    file = file_over(LARGE)
    assert file.read() == LARGE
    assert file.requests == -(-len(LARGE) // (MOST_BLOCKS_AT_ONCE * BLOCK))
    assert file.fetched == len(LARGE)


def test_a_block_that_fell_out_of_the_cache_is_fetched_and_counted_again() -> None:
    file = file_over(LARGE)
    file.read()
    file.seek(0)
    assert file.read(1) == LARGE[:1]
    assert file.fetched == len(LARGE) + BLOCK


def test_making_room_never_drops_a_block_that_is_being_read() -> None:
    file = file_over(LARGE)
    file.seek(5 * BLOCK)
    file.read(1)
    file.seek(20 * BLOCK)
    file.read((CACHED_BLOCKS - 1) * BLOCK)
    file.seek(0)
    assert file.read(MOST_BLOCKS_AT_ONCE * BLOCK) == LARGE[: MOST_BLOCKS_AT_ONCE * BLOCK]


def test_reading_beyond_the_budget_is_refused() -> None:
    file = file_over(DATA, budget=2 * BLOCK)
    file.read(2 * BLOCK)
    with pytest.raises(StorageError, match=f"more than its budget of {2 * BLOCK} bytes"):
        file.read(1)
    assert file.fetched == 2 * BLOCK


def test_a_server_that_sends_fewer_bytes_is_not_believed() -> None:
    file = RangedFile(lambda start, stop: DATA[start : stop - 1], size=len(DATA), budget=len(DATA))
    with pytest.raises(StorageError, match="another number of bytes"):
        file.read(1)


def test_what_a_failed_request_did_not_bring_is_asked_for_again() -> None:
    answers = iter([StorageError("no answer"), DATA[:BLOCK]])

    def fetch(_start: int, _stop: int) -> bytes:
        answer = next(answers)
        if isinstance(answer, StorageError):
            raise answer
        return answer

    file = RangedFile(fetch, size=len(DATA))
    with pytest.raises(StorageError, match="no answer"):
        file.read(10)
    assert file.read(10) == DATA[:10]


def test_the_file_is_read_only_and_has_nothing_before_its_start() -> None:
    file = file_over(DATA)
    assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
    with pytest.raises(OSError, match="before its start"):
        file.seek(-1)
    with pytest.raises(OSError, match="before its start"):
        file.seek(-len(DATA) - 1, io.SEEK_END)

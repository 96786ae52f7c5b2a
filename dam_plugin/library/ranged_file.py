"""A stored object as a seekable file that fetches only the blocks that are read, within a budget of bytes.

Every request names the version and the ETag (`If-Match`), so that no two blocks come from two states of the object.
fsspec's buffered file seeks and reads. The blocks are kept here, because no cache of fsspec's fits. Its block cache
makes one request for each block. Its memory map takes as much address space as the object has bytes, and reads zeros
where a request failed. The others keep one window, so that reads out of order are fetched again.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable

from fsspec.caching import BaseCache  # type: ignore[import-untyped]
from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]

from dam_plugin.errors import StorageError

BLOCK = 64 * 1024
SMALL_BLOCKS = 4
CACHED_BLOCKS = 64
MOST_BLOCKS_AT_ONCE = 32
DEFAULT_BUDGET = 256 * 1024 * 1024

Fetch = Callable[[int, int], bytes]


class RangedFile(io.BufferedReader):
    """A read-only, seekable file over `fetch(start, stop)`, which returns exactly those bytes of the object.

    `requests` and `fetched` count what it cost. Reading raises StorageError when the budget is spent, and what `fetch`
    raises.
    """

    def __init__(self, fetch: Fetch, *, size: int, budget: int = DEFAULT_BUDGET) -> None:
        """Fetch nothing yet; `size` and `budget` are bytes."""
        self._blocks = _Blocks(fetch, size, budget)
        # A buffer of one byte: blocks are cached below, and reading ahead here would fetch blocks that no reader wants.
        super().__init__(_Stored(self._blocks), buffer_size=1)

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._blocks.requests

    @property
    def fetched(self) -> int:
        """Bytes fetched so far; a block that fell out of the cache counts again."""
        return self._blocks.fetched


class _Stored(AbstractBufferedFile):  # type: ignore[misc]
    """fsspec's file over our blocks, without a file system of fsspec's: the caller knows the object's size."""

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__(fs=None, path="", size=blocks.size, block_size=BLOCK, cache_type="none")
        self.cache = blocks

    def seek(self, loc: int, whence: int = io.SEEK_SET) -> int:
        """Fail like a file on a disk, as the readers of metadata expect."""
        try:
            return int(super().seek(loc, whence))
        except ValueError as error:
            raise OSError("a file has nothing before its start") from error


class _Blocks(BaseCache):  # type: ignore[misc]
    def __init__(self, fetch: Fetch, size: int, budget: int) -> None:
        super().__init__(BLOCK, fetch, size)
        self.requests = 0
        self.fetched = 0
        self._budget = budget
        self._known: OrderedDict[int, bytes] = OrderedDict()

    def _fetch(self, start: int, stop: int) -> bytes:
        """Return the bytes, at most MOST_BLOCKS_AT_ONCE blocks; the reader above asks again for the rest."""
        first = start // BLOCK
        stop = min(stop, self.size, (first + MOST_BLOCKS_AT_ONCE) * BLOCK)
        if stop <= start:
            return b""
        last = (stop - 1) // BLOCK
        self._load(first, last)
        data = b"".join(self._known[number] for number in range(first, last + 1))
        return data[start - first * BLOCK : stop - first * BLOCK]

    def _load(self, first: int, last: int) -> None:
        """Fetch the missing blocks, neighbours in one request; a small object whole."""
        if self.size <= SMALL_BLOCKS * BLOCK:
            first, last = 0, (self.size - 1) // BLOCK
        for number in range(first, last + 1):
            if number in self._known:
                # INVARIANT: blocks of this read are the youngest, so that making room never drops them.
                self._known.move_to_end(number)
        start = None
        for number in range(first, last + 2):
            missing = number <= last and number not in self._known
            if missing and start is None:
                start = number
            elif not missing and start is not None:
                self._get(start, number)
                start = None

    def _get(self, start: int, stop: int) -> None:
        begin, end = start * BLOCK, min(stop * BLOCK, self.size)
        if self.fetched + end - begin > self._budget:
            raise StorageError(f"reading the object would take more than its budget of {self._budget} bytes")
        self.requests += 1
        self.fetched += end - begin
        data = self.fetcher(begin, end)
        if len(data) != end - begin:
            raise StorageError("the object storage sent another number of bytes than it was asked for")
        for number in range(start, stop):
            self._known[number] = data[(number - start) * BLOCK : (number - start + 1) * BLOCK]
        while len(self._known) > CACHED_BLOCKS:
            self._known.popitem(last=False)

"""A stored object as a seekable file that fetches only the blocks that are read, within a budget of bytes.

Every request names the version and the ETag (`If-Match`), so that no two blocks come from two states of the object.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from dam_plugin.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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
        # A buffer of one byte: blocks are cached below, reading ahead here would fetch blocks that nobody asked for.
        super().__init__(self._blocks, buffer_size=1)

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._blocks.requests

    @property
    def fetched(self) -> int:
        """Bytes fetched so far; a block that fell out of the cache counts again."""
        return self._blocks.fetched


class _Blocks(io.RawIOBase):
    def __init__(self, fetch: Fetch, size: int, budget: int) -> None:
        self.requests = 0
        self.fetched = 0
        self._fetch = fetch
        self._size = size
        self._budget = budget
        self._at = 0
        self._cache: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a file has nothing before its start")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer, at most MOST_BLOCKS_AT_ONCE blocks; the reader above asks again for the rest."""
        view = memoryview(buffer).cast("B")
        first = self._at // BLOCK
        stop = min(self._at + len(view), self._size, (first + MOST_BLOCKS_AT_ONCE) * BLOCK)
        if stop <= self._at:
            return 0
        last = (stop - 1) // BLOCK
        self._load(first, last)
        data = b"".join(self._cached(number) for number in range(first, last + 1))
        count = stop - self._at
        begin = self._at - first * BLOCK
        view[:count] = data[begin : begin + count]
        self._at = stop
        return count

    def readall(self) -> bytes:
        chunks = []
        while chunk := self.read(MOST_BLOCKS_AT_ONCE * BLOCK):
            chunks.append(chunk)
        return b"".join(chunks)

    def _cached(self, number: int) -> bytes:
        self._cache.move_to_end(number)
        return self._cache[number]

    def _load(self, first: int, last: int) -> None:
        """Fetch the missing blocks, neighbours in one request; a small object whole."""
        if self._size <= SMALL_BLOCKS * BLOCK:
            first, last = 0, (self._size - 1) // BLOCK
        for number in range(first, last + 1):
            if number in self._cache:
                # INVARIANT: blocks of this read are the youngest, so that making room never drops them.
                self._cache.move_to_end(number)
        start = None
        for number in range(first, last + 2):
            missing = number <= last and number not in self._cache
            if missing and start is None:
                start = number
            elif not missing and start is not None:
                self._get(start, number)
                start = None

    def _get(self, start: int, stop: int) -> None:
        begin, end = start * BLOCK, min(stop * BLOCK, self._size)
        if self.fetched + end - begin > self._budget:
            raise StorageError(f"reading the object would take more than its budget of {self._budget} bytes")
        self.requests += 1
        self.fetched += end - begin
        data = self._fetch(begin, end)
        if len(data) != end - begin:
            raise StorageError("the object storage sent another number of bytes than it was asked for")
        for number in range(start, stop):
            self._cache[number] = data[(number - start) * BLOCK : (number - start + 1) * BLOCK]
        while len(self._cache) > CACHED_BLOCKS:
            self._cache.popitem(last=False)

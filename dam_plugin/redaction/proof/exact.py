"""A strict reader of small binary structures: every byte is read as part of a field, and no byte may be left over."""

from __future__ import annotations

from array import array
from sys import byteorder

from dam_plugin.errors import NotProven


class Exact:
    """Reads the bytes of one structure from its beginning. Every method raises NotProven if the bytes are not as required.

    `what` names the structure in the failure, without its content.
    """

    def __init__(self, data: bytes, what: str) -> None:
        """Begin at the first byte."""
        self._data = data
        self._what = what
        self._at = 0

    @property
    def left(self) -> int:
        """Number of bytes that are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        if count > self.left:
            self.refuse("is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, count: int) -> int:
        """Return the next `count` bytes as a number without sign, the highest byte first."""
        return int.from_bytes(self.take(count))

    def must(self, *allowed: bytes) -> bytes:
        """Return the next bytes; they must be one of `allowed` (all of one length)."""
        found = self.take(len(allowed[0]))
        if found not in allowed:
            self.refuse("holds what a copy may not hold")
        return found

    def hex(self, allowed: str) -> None:
        """Skip the next bytes; they must be these."""
        self.must(bytes.fromhex(allowed))

    def table(self, count: int, width: int) -> array[int]:
        """Return the next `count` numbers of `width` bytes (4 or 8) without sign."""
        if count * width > self.left:
            self.refuse("is cut off")
        numbers = array({4: "I", 8: "Q"}[width], self.take(count * width))
        if byteorder == "little":
            numbers.byteswap()
        return numbers

    def end(self) -> None:
        """Check that no byte is left."""
        if self.left:
            self.refuse("is longer than what it holds")

    def refuse(self, why: str) -> None:
        """Raise NotProven with the name of the structure and the reason."""
        raise NotProven([f"{self._what} {why}"])

"""Checks the H.264 of a copy (ITU-T H.264, clause 7): one sequence, one picture in each sample, and no unit but slices.

Supplemental units carry captions (CEA-608 and 708) and texts of the encoder. A cropped or redundant picture holds pixels
that a decoder does not show. Bits behind the last macroblock of a slice are not checked: only decoding shows where the
slice ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.exact import Exact

MOST_PARAMETERS = 96
"""Most bytes of a parameter set. Those of the encoder have about 30."""

_SLICE, _IDR = 1, 5
_HIGH = 100
_PROFILES = frozenset({66, 77, _HIGH})
_MOST_SIDE = 16_384


@dataclass(frozen=True, slots=True)
class Coded:
    """The sizes in the parameter sets: (width, height) as shown and as coded, in pixels."""

    size: tuple[int, int]
    coded_size: tuple[int, int]


class _Bits:
    """The bits of a parameter set behind its header, without emulation prevention (clause 7.3.1)."""

    def __init__(self, unit: bytes, what: str) -> None:
        if not 2 <= len(unit) <= MOST_PARAMETERS:
            raise NotProven([f"the {what} has a length that none needs"])
        payload = unit[1:].replace(b"\0\0\3", b"\0\0")
        self._what = what
        self._left = len(payload) * 8
        self._value = int.from_bytes(payload)

    def take(self, count: int) -> int:
        """Return the next `count` bits, u(n)."""
        if count > self._left:
            raise NotProven([f"the {self._what} is cut off"])
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def ue(self) -> int:
        """Return an Exp-Golomb number without sign (clause 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise NotProven([f"the {self._what} holds an impossible number"])
        return (1 << zeros) - 1 + self.take(zeros)

    def must(self, count: int, value: int) -> None:
        """Skip u(n); it must be `value`."""
        if self.take(count) != value:
            raise NotProven([f"the {self._what} asks for what a copy does not use"])

    def must_ue(self, *values: int) -> int:
        """Return ue(v); it must be one of `values`."""
        found = self.ue()
        if found not in values:
            raise NotProven([f"the {self._what} asks for what a copy does not use"])
        return found

    @property
    def more(self) -> bool:
        """Whether there are bits before the stop bit (clause 7.2, more_rbsp_data)."""
        return self._value & ((1 << self._left) - 1) != 1 << max(self._left - 1, 0)

    def end(self) -> None:
        """Check that the stop bit and the zeros up to the next byte end the data (clause 7.3.2.11)."""
        if self.more or not 1 <= self._left <= 8:
            raise NotProven([f"the {self._what} is longer than what it holds"])


def parameters(configuration: bytes) -> Coded:
    """Return the sizes in an avcC box (ISO/IEC 14496-15, 5.3.3.1) with exactly one sequence and one picture parameter set.

    Raises NotProven for any other content.
    """
    fields = Exact(configuration, "the video's configuration")
    fields.must(b"\x01")
    profile = fields.take(3)
    fields.must(b"\xff")
    fields.must(b"\xe1")
    sequence = fields.take(fields.number(2))
    fields.must(b"\x01")
    picture = fields.take(fields.number(2))
    if profile[0] == _HIGH:
        # 4:2:0 of 8 bits, and no extension of the sequence.
        fields.hex("fdf8f800")
    fields.end()
    if sequence[:4] != b"\x67" + profile or picture[:1] != b"\x68":
        fields.refuse("does not agree with its parameter sets")
    coded = _sequence(sequence)
    _picture(picture)
    return coded


def judge(sample: bytes) -> Iterator[str]:
    """Yield a failure unless the sample is a list of units with their lengths, and all units are slices of one picture."""
    at = pictures = 0
    while at < len(sample):
        length = int.from_bytes(sample[at : at + 4])
        unit = sample[at + 4 : at + 4 + length]
        if len(unit) != length or length < 3:
            yield "a unit of the video has a length that does not fit"
            return
        kind = unit[0]
        if kind & 0x80 or kind & 31 not in {_SLICE, _IDR}:
            yield f"the video holds a unit of type {kind & 31}, which a copy may not hold"
        elif b"\0\0\0" in unit or b"\0\0\1" in unit or b"\0\0\2" in unit or unit[-1] == 0:
            yield "a unit of the video holds what belongs to no slice"
        # first_mb_in_slice is 0 in the first slice of a picture. As ue(v), 0 is a single bit.
        pictures += unit[1] >> 7
        at += 4 + length
    if pictures != 1:
        yield "a sample of the video does not hold exactly one picture"


def _sequence(unit: bytes) -> Coded:
    """Read a sequence parameter set (clause 7.3.2.1.1)."""
    bits = _Bits(unit, "sequence parameter set")
    profile = bits.take(8)
    if profile not in _PROFILES:
        raise NotProven(["the video's profile is none of Baseline, Main and High"])
    bits.take(16)
    bits.must_ue(0)
    if profile == _HIGH:
        bits.must_ue(1)
        bits.must_ue(0)
        bits.must_ue(0)
        bits.must(2, 0)
    bits.ue()
    if bits.must_ue(0, 2) == 0:
        bits.ue()
    bits.ue()
    bits.must(1, 0)
    width, height = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
    bits.must(1, 1)
    bits.take(1)
    right, bottom = _cropped(bits)
    if bits.take(1):
        _usability(bits)
    bits.end()
    if not (right < 16 and bottom < 16 and 0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE):
        raise NotProven(["the video codes pixels that it does not show"])
    return Coded((width - right, height - bottom), (width, height))


def _cropped(bits: _Bits) -> tuple[int, int]:
    """Return the cropped pixels at the right and at the bottom. None may be cropped at the left and the top."""
    if not bits.take(1):
        return 0, 0
    left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
    if left or top:
        raise NotProven(["the video codes pixels that it does not show"])
    return 2 * right, 2 * bottom


def _usability(bits: _Bits) -> None:
    """Skip the video usability information (annex E.1.1): shape of pixels, colours and clock, but no buffers."""
    if bits.take(1) and bits.take(8) == 255:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(24)
    if bits.take(1):
        bits.ue()
        bits.ue()
    if bits.take(1):
        bits.take(65)
    bits.must(3, 0)
    if bits.take(1):
        bits.take(1)
        for _ in range(6):
            bits.ue()


def _picture(unit: bytes) -> None:
    """Read a picture parameter set (clause 7.3.2.2): one group of slices, and no redundant pictures."""
    bits = _Bits(unit, "picture parameter set")
    bits.must_ue(0)
    bits.must_ue(0)
    bits.take(1)
    bits.must(1, 0)
    bits.must_ue(0)
    bits.ue()
    bits.ue()
    bits.take(3)
    for _ in range(3):
        bits.ue()
    bits.take(2)
    bits.must(1, 0)
    if bits.more:
        bits.take(1)
        bits.must(1, 0)
        bits.ue()
    bits.end()

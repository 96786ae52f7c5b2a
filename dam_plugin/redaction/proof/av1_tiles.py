"""Finds where the tiles of an AV1 key frame lie (AV1 bitstream specification, 5.5, 5.9 and 5.11).

Decoders read each tile up to the length that the frame states for it: whatever stands behind a tile's own end is not seen.
Only frames of still pictures with the short sequence header are taken, and of these only what encoders write.
"""

from __future__ import annotations

from dataclasses import dataclass

from dam_plugin.redaction.proof.held import refuse

MOST_TILES = 64
"""Encoders take a tile for each 4096 pixels across and each 9.4 million in all, and up to 8 more for threads."""
_WIDEST, _LARGEST = 4096, 4096 * 2304
"""Pixels across and in all of one tile (section 3)."""
_MOST_ACROSS = 64
_LONGEST = 256
"""Bytes of the longest header of a key frame."""
_FEATURES = ((8, 1), (6, 1), (6, 1), (6, 1), (6, 1), (3, 0), (0, 0), (0, 0))
"""Bits of a segment's features, and whether a sign follows (5.9.14)."""


class Bits:
    """Reads numbers from the most significant bit on; raises NotProven behind the end."""

    def __init__(self, data: bytes) -> None:
        """Begin with the first bit of `data`."""
        self._value = int.from_bytes(data)
        self._length = self._left = 8 * len(data)

    @property
    def read(self) -> int:
        """How many bits were read."""
        return self._length - self._left

    def take(self, width: int = 1) -> int:
        """Return the next number of so many bits."""
        self._left -= width
        if self._left < 0:
            raise refuse("the coded picture's header is cut off")
        return self._value >> self._left & (1 << width) - 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence header says that a frame's header rests on (5.5.1 and 5.5.2)."""

    size: tuple[int, int]
    large_units: bool
    superres: bool
    cdef: bool
    restoration: bool
    planes: int
    coarse: bool
    apart: bool

    @classmethod
    def of(cls, header: bytes) -> Sequence:
        """Read the short form of a still picture in 8 bits; raises NotProven for any other, and for film grain."""
        bits = Bits(header)
        profile, short = bits.take(3), bits.take(2)
        bits.take(5)
        across, down = bits.take(4) + 1, bits.take(4) + 1
        size = (bits.take(across) + 1, bits.take(down) + 1)
        large, _intra, superres, cdef, restoration = bits.take(), bits.take(2), bits.take(), bits.take(), bits.take()
        if short != 3 or bits.take():
            raise refuse("the coded picture's header is not that of a still picture")
        planes, coarse, apart = _colours(bits, profile)
        if bits.take():
            raise refuse("the coded picture has grain that is not in it")
        return cls(size, bool(large), bool(superres), bool(cdef), bool(restoration), planes, coarse, apart)


def _colours(bits: Bits, profile: int) -> tuple[int, bool, bool]:
    """Return the planes, whether colours are halved both ways, and whether they are quantized each for itself."""
    grey = profile != 1 and bits.take()
    told = tuple(bits.take(8) for _ in range(3)) if bits.take() else (2, 2, 2)
    if grey:
        bits.take()
        return 1, True, False
    coarse = profile == 0
    if told != (1, 13, 0):
        bits.take()
        if coarse:
            bits.take(2)
    return 3, coarse, bool(bits.take())


def tiles(header: bytes, data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return start and end of each tile of the frame that lies from `start` to `end` of `data`.

    `header` is its sequence header. Raises NotProven where the tiles do not fill the frame.
    """
    sequence, bits = Sequence.of(header), Bits(data[start : min(start + _LONGEST, end)])
    copies = _pass_to_tiles(bits, sequence)
    count, width = _layout(bits, sequence)
    if count == 1:
        return [(start, end)]
    if count > MOST_TILES:
        raise refuse("the coded picture is in more tiles than a picture needs")
    _pass_the_rest(bits, sequence, copies=copies)
    at = start + -(-bits.read // 8) + 1
    if data[at - 1 : at] != b"\0":
        raise refuse("the coded picture's tiles are not all in one group")
    found = []
    for _ in range(count - 1):
        body = at + width
        at = body + 1 + int.from_bytes(data[at : min(body, end)], "little")
        found.append((body, at))
    if at >= end:
        raise refuse("the coded picture's tiles do not fit in it")
    return [*found, (at, end)]


def _pass_to_tiles(bits: Bits, sequence: Sequence) -> bool:
    """Pass over what stands before the tiles (5.9.2), and return whether blocks may be copied within the frame."""
    bits.take()
    screen = bits.take()
    if screen:
        bits.take()
    if (sequence.superres and bits.take()) or bits.take():
        raise refuse("the coded picture is shown in another size than it is coded in")
    return bool(screen and bits.take())


def _layout(bits: Bits, sequence: Sequence) -> tuple[int, int]:
    """Return how many tiles there are, and in how many bytes each states its length (5.9.15)."""
    unit = 128 if sequence.large_units else 64
    across, down = (-(-side // unit) for side in sequence.size)
    least_across = _log2(_WIDEST // unit, across)
    least = max(least_across, _log2(_LARGEST // unit**2, across * down))
    if not bits.take():
        raise refuse("the coded picture's tiles are not of one size")
    columns = _counted(bits, least_across, _log2(1, min(across, _MOST_ACROSS)))
    rows = _counted(bits, max(least - columns, 0), _log2(1, min(down, _MOST_ACROSS)))
    count = 1
    for units, power in ((across, columns), (down, rows)):
        count *= -(-units // -(-units // (1 << power)))
    if not columns + rows:
        return 1, 0
    bits.take(columns + rows)
    return count, bits.take(2) + 1


def _log2(size: int, target: int) -> int:
    return next(power for power in range(32) if size << power >= target)


def _counted(bits: Bits, least: int, most: int) -> int:
    power = least
    while power < most and bits.take():
        power += 1
    return power


def _pass_the_rest(bits: Bits, sequence: Sequence, *, copies: bool) -> None:
    """Pass over what stands behind the tiles in a key frame's header (5.9.12 to 5.9.30)."""
    quantizer = bits.take(8)
    changed = _pass_quantizers(bits, sequence)
    added = _segments(bits)
    lossless = not changed and not any(max(quantizer + each, 0) for each in added)
    if quantizer and bits.take():
        bits.take(2)
        if not copies and bits.take():
            bits.take(3)
    if not lossless and not copies:
        _pass_loop_filter(bits, sequence)
        if sequence.cdef:
            _pass_cdef(bits, sequence)
        if sequence.restoration:
            _pass_restoration(bits, sequence)
    if not lossless:
        bits.take()
    bits.take()


def _pass_quantizers(bits: Bits, sequence: Sequence) -> bool:
    """Return whether some coefficients have a quantizer of their own."""
    changed = _delta(bits)
    if sequence.planes > 1:
        apart = sequence.apart and bits.take()
        for _ in range(4 if apart else 2):
            changed |= _delta(bits)
    if bits.take():
        bits.take(12 if sequence.apart else 8)
    return bool(changed)


def _delta(bits: Bits) -> int:
    return bits.take(7) if bits.take() else 0


def _segments(bits: Bits) -> list[int]:
    """Return by how much each segment changes the quantizer."""
    added = [0] * 8
    for segment in range(8 if bits.take() else 0):
        for feature, (width, sign) in enumerate(_FEATURES):
            value = bits.take(width + sign) if bits.take() else 0
            if feature == 0:
                added[segment] = value - (value >> width << width + 1)
    return added


def _pass_loop_filter(bits: Bits, sequence: Sequence) -> None:
    levels = bits.take(12)
    if levels and sequence.planes > 1:
        bits.take(12)
    bits.take(3)
    if bits.take() and bits.take():
        for _ in range(10):
            _delta(bits)


def _pass_cdef(bits: Bits, sequence: Sequence) -> None:
    bits.take(2)
    bits.take((12 if sequence.planes > 1 else 6) << bits.take(2))


def _pass_restoration(bits: Bits, sequence: Sequence) -> None:
    kinds = [bits.take(2) for _ in range(sequence.planes)]
    if not any(kinds):
        return
    if bits.take() and not sequence.large_units:
        bits.take()
    if sequence.coarse and any(kinds[1:]):
        bits.take()

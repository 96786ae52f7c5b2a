"""Compares the sound of a copy with the source's: each stretch to hide is silent or one tone, the rest is the source's.

Both sounds are on one clock, and are compared channel by channel in windows of about a tenth of a second. A stretch is
judged to its very ends: the writer has to leave room for a codec's smear. Outside of the stretches, lossless sound must
be the source's own samples, and each part of lossy sound must correlate with the source's. Runs only in
`compare_process`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

import numpy as np
import numpy.typing as npt

BLEEP = 1000
"""Hertz of the one tone that may stand in a stretch."""
LEAD = 4096
"""Samples at both ends of a file in which a codec fades. A stretch may hold any sound there that is not like the
source's."""
QUIET = 0.001
"""Most sound that may be left besides the tone, as a share of full scale (root of the mean square; measured: 0.0002)."""
NOTHING = 0.0001
"""Share of full scale below which sound counts as nothing: three steps of 16 bits."""
LIKE, LIKE_ALL = 0.4, 0.2
"""The most by which this remaining sound may correlate with the source: in one window, and in a whole stretch (measured:
0.07)."""
STEADY = 0.002
"""Share of full scale by which the tone may differ between the windows of a stretch."""
LEAST = 256
"""Fewest samples whose correlation means anything."""
BESIDE = 3072
"""Samples around a stretch (and at least a tenth of a second) in which the sound may be hidden too."""
A_SECOND, PART = 40, 1200
"""Number of parts per second in which the sound outside is compared. A part has at least PART samples, since a coder
smears."""
LOUD, TWICE = 0.003, 2.0
"""A part outside is compared if it is louder than LOUD. It may be at most TWICE as strong or as weak as the source's."""
ALIKE, LOW, LOW_SHARE = 0.8, 12_000, 0.05
"""The least correlation of a part outside with the source's (measured: 0.99 for speech and music, 0.92 for white noise).
Sound above a third of LOW hertz is made soft first, since coders keep only its strength. If less than LOW_SHARE of a part
is left then, the part is only hiss and is not judged."""
MOST_RUN, MOST_SHARE = 3, 0.03
"""Most parts outside that may differ from the source's: one after another, and as a share of all."""
STEP = 1.5 / 32768
"""Most by which a lossless sample may differ: one step of 16 bits, by rounding."""

Wave = npt.NDArray[np.float32]
"""An array of (channels, samples); full scale is 1."""
Values = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Stretch:
    """A stretch to hide, in samples of the copy, and the sums of its windows for each channel."""

    start: int
    end: int
    tone: Values | None = None
    like: Values = field(default_factory=lambda: np.zeros(0))
    left: Values = field(default_factory=lambda: np.zeros(0))
    source: Values = field(default_factory=lambda: np.zeros(0))


class Heard:
    """Compares a copy's sound with the source's; `failures` are keys of `recording.FAILURES`; `count`: the copy's samples."""

    def __init__(self, rate: int, hidden: Sequence[tuple[Fraction, Fraction]], *, lossless: bool) -> None:
        """`hidden` are (start, end) in seconds of the copy, in order, none touching another; `lossless`: the copy is PCM."""
        self.failures: set[str] = set()
        self.count = 0
        self._rate = rate
        self._lossless = lossless
        # The ends of lossless sound do not fade, but those of a tone do.
        self._lead = rate // 100 if lossless else LEAD
        self._size = max(rate // 10, 2 * LEAD)
        self._stretches = [_Stretch(floor(start * rate), ceil(end * rate)) for start, end in hidden]
        self._compared = self._unlike = self._run = 0

    def compare(self, copies: Iterable[Wave], sources: Iterable[Wave]) -> None:
        """Compare all of the sound. The source's sound is on the copy's clock and may end a little earlier or later."""
        at = 0
        held: tuple[Wave, Wave] | None = None
        for pair in self._pairs(copies, sources):
            if held is not None and pair[0].shape[1] == self._size:
                self._window(*held, at, at + self._size)
                at, held = at + self._size, pair
            elif held is None:
                held = pair
            else:
                held = np.concatenate((held[0], pair[0]), 1), np.concatenate((held[1], pair[1]), 1)
        if held is not None:
            self._window(*held, at, at + held[0].shape[1] - self._lead)
        self._finish()

    def _pairs(self, copies: Iterable[Wave], sources: Iterable[Wave]) -> Iterator[tuple[Wave, Wave]]:
        """Yield windows of both sounds, the shorter one filled with silence. All windows but the last have one length."""
        ours, theirs = _windows(copies, self._size), _windows(sources, self._size)
        other = 0
        while True:
            one, two = next(ours, None), next(theirs, None)
            self.count += 0 if one is None else one.shape[1]
            other += 0 if two is None else two.shape[1]
            if one is None and two is None:
                break
            if one is not None and two is not None and len(one) != len(two):
                self.failures.add("channels")
                return
            yield _filled(one, two), _filled(two, one)
        if abs(self.count - other) > max(2 * LEAD, self._rate // 20):
            self.failures.add("length")

    def _window(self, copy: Wave, source: Wave, start: int, trusted: int) -> None:
        """Compare one window that begins at sample `start`. From sample `trusted` on, the codec may fade."""
        end = start + copy.shape[1]
        step = max(self._rate // A_SECOND, PART)
        for at in range(start, end, step):
            if not self._near(at, at + step):
                self._outside(copy[:, at - start : at - start + step], source[:, at - start : at - start + step])
        for each in self._stretches:
            first, last = max(each.start, start), min(each.end, end)
            lead = self._lead
            self._hidden(each, copy, source, start, (first, min(last, lead)), is_trusted=False)
            self._hidden(each, copy, source, start, (max(first, lead), min(last, trusted)), is_trusted=True)
            self._hidden(each, copy, source, start, (max(first, lead, trusted), last), is_trusted=False)

    def _near(self, start: int, end: int) -> bool:
        beside = max(self._rate // 10, BESIDE)
        return any(each.start - beside < end and each.end + beside > start for each in self._stretches)

    def _hidden(
        self, stretch: _Stretch, copy: Wave, source: Wave, start: int, part: tuple[int, int], *, is_trusted: bool
    ) -> None:
        first, last = part
        if last <= first:
            return
        window = slice(first - start, last - start)
        tone, left = _without_tone(copy[:, window], first, self._rate)
        _, other = _without_tone(source[:, window], first, self._rate)
        strength = _strength(left)
        if is_trusted:
            if strength.max() > QUIET:
                self.failures.add("stretch")
            if last - first >= LEAST:
                stretch.tone = tone if stretch.tone is None else stretch.tone
                if np.abs(tone - stretch.tone).max() > STEADY:
                    self.failures.add("tone")
        sums = (left * other).sum(axis=1), (left**2).sum(axis=1), (other**2).sum(axis=1)
        if last - first >= LEAST and np.any((strength > NOTHING) & (_likeness(*sums) > LIKE)):
            self.failures.add("stretch")
        if not stretch.like.size:
            stretch.like, stretch.left, stretch.source = (np.zeros(len(copy)) for _ in sums)
        stretch.like += sums[0]
        stretch.left += sums[1]
        stretch.source += sums[2]

    def _outside(self, copy: Wave, source: Wave) -> None:
        if self._lossless:
            if np.abs(copy - source).max() > STEP:
                self.failures.add("sound")
            return
        one, other = _strength(copy), _strength(source)
        unlike = (np.maximum(one, other) > LOUD) & ((one > TWICE * other) | (other > TWICE * one))
        if copy.shape[1] >= LEAST:
            ours, theirs = _low(copy, self._rate), _low(source, self._rate)
            both, lows = (ours * theirs).sum(axis=1), (_strength(ours), _strength(theirs))
            is_heard = np.maximum(*lows) > np.maximum(LOUD, LOW_SHARE * np.maximum(one, other))
            # The sign counts: an inverted part is not the source's.
            unlike |= is_heard & (both < ALIKE * lows[0] * lows[1] * ours.shape[1])
        self._compared += 1
        self._run = self._run + 1 if unlike.any() else 0
        self._unlike += bool(unlike.any())
        if self._run > MOST_RUN:
            self.failures.add("sound")

    def _finish(self) -> None:
        if self._unlike > max(MOST_SHARE * self._compared, MOST_RUN):
            self.failures.add("sound")
        for each in self._stretches:
            count = max(min(each.end, self.count) - max(each.start, 0), 1)
            is_something = np.sqrt(each.left / count) > NOTHING
            if count >= self._rate and np.any(is_something & (_likeness(each.like, each.left, each.source) > LIKE_ALL)):
                self.failures.add("stretch")


def _windows(waves: Iterable[Wave], size: int) -> Iterator[Wave]:
    """Yield the sound in windows of `size` samples; the last one may be shorter."""
    kept: list[Wave] = []
    count = 0
    for wave in waves:
        kept.append(wave)
        count += wave.shape[1]
        if count >= size:
            joined = np.concatenate(kept, axis=1)
            for at in range(0, count - size + 1, size):
                yield joined[:, at : at + size]
            kept, count = [joined[:, count - count % size :]], count % size
    if count:
        yield np.concatenate(kept, axis=1)


def _filled(one: Wave | None, other: Wave | None) -> Wave:
    """Return `one` with silence up to the length of `other`."""
    if one is None:
        return np.zeros_like(other) if other is not None else np.zeros((1, 0), np.float32)
    missing = 0 if other is None else max(other.shape[1] - one.shape[1], 0)
    return np.pad(one, ((0, 0), (0, missing))) if missing else one


def _strength(wave: Wave | Values) -> Values:
    """Return the root of the mean square of each channel."""
    strength: Values = np.sqrt(np.square(wave, dtype=np.float64).mean(axis=1))
    return strength


def _low(wave: Wave, rate: int) -> Values:
    """Return the sound with soft high tones: three passes of a mean over the samples of 1/LOW seconds."""
    low = wave.astype(np.float64)
    count = rate // LOW
    for _ in range(3 if count > 1 else 0):
        sums = np.cumsum(np.pad(low, ((0, 0), (1, 0))), axis=1)
        low = (sums[:, count:] - sums[:, :-count]) / count
    return low


def _without_tone(wave: Wave, first: int, rate: int) -> tuple[Values, Values]:
    """Return the tone (channels, 2) in a part that begins at sample `first`, and the part without the tone."""
    turns = 2 * np.pi * ((np.arange(first, first + wave.shape[1]) * BLEEP) % rate) / rate
    basis = np.stack((np.cos(turns), np.sin(turns)))
    values = wave.astype(np.float64)
    tone: Values = np.linalg.lstsq(basis.T, values.T, rcond=1e-6)[0].T
    return tone, values - tone @ basis


def _likeness(both: Values, one: Values, other: Values) -> Values:
    """Return the correlation of two parts from their products, 0 to 1; 0 if one of them is silent."""
    length = np.sqrt(one * other)
    return np.divide(np.abs(both), length, out=np.zeros_like(both), where=length > 0)

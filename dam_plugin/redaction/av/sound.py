"""The sound of a copy: 16-bit samples on the recording's clock, with stretches bleeped or silenced, encoded anew.

A stretch is widened on both sides by MARGIN seconds, or by two frames of a coder if these are longer: a lossy source
smears speech that far. No sample of a silenced stretch reaches the encoder.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from dam_plugin.redaction.av.source import SLACK, Coded, Refused
from dam_plugin.redaction.model import RecordingPlan
from dam_tagging.facts import Interval

MARGIN = Fraction(1, 20)
SMEAR = 2048
"""Samples of two neighbouring frames of AAC or MP3, in a source or a copy."""
BLEEP = 1000
"""Hertz of the tone, at a tenth of full scale."""
LEVEL = 3277
FADE = 0.005
"""Seconds in which a bleep rises and falls, within its stretch."""
APART = 0.02
"""Seconds by which the times of neighbouring frames may differ from the length of their samples."""
DELAY = 1024
"""Samples by which AAC delays the sound. They are left out at the beginning, since a copy has no edit list."""
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
"""The rates of AAC, in hertz."""
_BITS = {1: 128_000, 2: 192_000}
"""Bits a second, by channels. With fewer, or with the encoder's slow search, loud sound nearby spoils a bleep."""
_OPTIONS = {"flags": "+bitexact", "threads": "1", "aac_coder": "fast"}
Samples = npt.NDArray[np.int16]


class Sound:
    """The samples of a copy: turns the source's frames into arrays of (samples, channels) without gaps."""

    def __init__(self, source: AudioStream, plan: RecordingPlan, *, is_coded: bool) -> None:
        """Take a plan; its times are in seconds of the source. `is_coded`: the samples are for AAC, otherwise for plain PCM."""
        clip = plan.clip
        context = source.codec_context
        if not isinstance(context, AudioCodecContext) or not context.sample_rate or not context.layout.nb_channels:
            raise Refused("codec")
        # A rate that AAC does not have becomes 48 kHz, and more than two channels become stereo.
        self.rate = 48_000 if is_coded and context.sample_rate not in _RATES else context.sample_rate
        self.channels = min(context.layout.nb_channels, 2)
        self._resampler = AudioResampler(format="s16", layout=("mono", "stereo")[self.channels - 1], rate=self.rate)
        self._ranges = ranges(plan.silenced, self.rate)
        self._tone = _tone(self.rate) if plan.sound == "bleep" else None
        self._keep = (
            (math.ceil(Fraction(clip.start) * self.rate), math.floor(Fraction(clip.end) * self.rate)) if clip else None
        )
        self._skip = (self._keep[0] if self._keep else 0) + (DELAY if is_coded else 0)
        self._most = (Fraction(plan.recording.duration) + SLACK) * self.rate
        self.begin = Fraction(0)
        self._at: int | None = None
        self._given = 0

    @property
    def longest(self) -> int:
        """Most samples of one channel that the copy may have."""
        return math.ceil(self._most) if self._keep is None else self._keep[1] - self._keep[0]

    @property
    def end(self) -> Fraction:
        """Seconds of the source so far."""
        return Fraction(self._at or 0, self.rate)

    def push(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yield the samples of a frame. Those before 0 of the file's clock are dropped: the encoder added them."""
        try:
            frames = self._resampler.resample(frame)
        except ValueError as error:
            raise Refused("form") from error
        for each in frames:
            yield from self._placed(each)

    def finish(self) -> Iterator[Samples]:
        """Yield the remaining samples; some silence if there was no sound at all."""
        for each in self._resampler.resample(None):
            yield from self._covered(_array(each, self.channels))
        if not self._given:
            yield np.zeros((1024, self.channels), np.int16)

    def _placed(self, frame: AudioFrame) -> Iterator[Samples]:
        samples = _array(frame, self.channels)
        start = self._at or 0
        if frame.pts is not None and frame.time_base is not None:
            start = round(frame.pts * frame.time_base * self.rate)
        gap = start - (self._at or 0)
        if self._at is None:
            self._at = 0
            self.begin = Fraction(start, self.rate)
            samples, gap = samples[max(-gap, 0) :], max(gap, 0)
        elif gap < -APART * self.rate:
            raise Refused("clock")
        elif gap <= APART * self.rate:
            gap = 0
        if start + len(samples) > self._most:
            # This is longer than the container states. A few bytes could ask for endless silence.
            raise Refused("damaged")
        for length in (*[self.rate] * (gap // self.rate), gap % self.rate):
            yield from self._covered(np.zeros((length, self.channels), np.int16))
        yield from self._covered(samples)

    def _covered(self, samples: Samples) -> Iterator[Samples]:
        start = self._at or 0
        end = self._at = start + len(samples)
        hit = [(low, high) for low, high in self._ranges if low < end and high > start]
        if hit:
            samples = samples.copy()
        for low, high in hit:
            first, last = max(low, start), min(high, end)
            samples[first - start : last - start] = self._bleep(low, high, first, last)[:, None]
        until = end if self._keep is None else min(end, self._keep[1])
        kept = samples[max(self._skip - start, 0) : max(until - start, 0)]
        if len(kept):
            self._given += len(kept)
            yield kept

    def _bleep(self, low: int, high: int, first: int, last: int) -> Samples:
        """Return the samples `first` to `last` of the bleep from `low` to `high`, which rises and falls at its ends."""
        places = np.arange(first, last)
        if self._tone is None:
            return np.zeros(len(places), np.int16)
        fade = max(round(FADE * self.rate), 1)
        near = np.minimum(np.minimum(places - low, high - 1 - places), fade)
        covered: Samples = (self._tone[places % len(self._tone)].astype(np.int64) * near // fade).astype(np.int16)
        return covered


class Encoder:
    """The AAC track of a container, without the encoder's delay."""

    def __init__(self, out: OutputContainer, rate: int, channels: int) -> None:
        """Add the track."""
        stream = out.add_stream("aac", rate=rate, options=_OPTIONS)
        if not isinstance(stream, AudioStream):
            raise Refused("codec")
        stream.codec_context.bit_rate = _BITS[channels]
        self._layout = ("mono", "stereo")[channels - 1]
        stream.codec_context.layout = self._layout
        self._stream = stream
        self._rate = rate
        self._at = 0

    def push(self, samples: Samples) -> Iterator[Coded]:
        """Yield the packets that are ready."""
        flat = np.ascontiguousarray(samples).reshape(1, -1)
        frame = AudioFrame.from_ndarray(flat, format="s16", layout=self._layout)
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._at
        self._at += len(samples)
        yield from self._moved(self._stream.encode(frame))

    def finish(self) -> Iterator[Coded]:
        """Yield the rest."""
        yield from self._moved(self._stream.encode(None))

    def _moved(self, packets: Iterable[Coded]) -> Iterator[Coded]:
        """Yield the packets, moved so that the first is at 0: the encoder dates it earlier by its delay."""
        for packet in packets:
            packet.pts = None if packet.pts is None else packet.pts + DELAY
            packet.dts = None if packet.dts is None else packet.dts + DELAY
            yield packet


def ranges(silenced: Iterable[Interval], rate: int) -> list[tuple[int, int]]:
    """Return the samples (from, to) to cover: the stretches with their margins, in order and with gaps between them."""
    margin = max(MARGIN, Fraction(SMEAR, rate))
    found: list[tuple[int, int]] = []
    for each in sorted(silenced, key=lambda each: each.start):
        low = max(math.floor((Fraction(each.start) - margin) * rate), 0)
        high = math.ceil((Fraction(each.end) + margin) * rate)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _array(frame: AudioFrame, channels: int) -> Samples:
    samples: Samples = np.frombuffer(memoryview(frame.planes[0]), np.int16)
    return samples[: frame.samples * channels].reshape(-1, channels)


def _tone(rate: int) -> Samples:
    """Return samples of the bleep, a whole number of periods."""
    count = rate // math.gcd(rate, BLEEP)
    return np.array([round(LEVEL * math.sin(2 * math.pi * BLEEP * place / rate)) for place in range(count)], np.int16)

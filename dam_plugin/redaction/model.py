"""The nouns of redaction: people to hide, places and times, the plan, the copy and its proof. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dam_tagging.facts import Interval, Region

GROW_SIDE, GROW_UP, GROW_DOWN = 0.5, 0.5, 1.0
"""How a box around a face grows to head and shoulders: shares of its width to each side, of its height up and down."""
LEAST_SIDE = 1 / 256
"""The least side of a box, as a share of the picture's: a smaller one was not drawn around a face."""
FILL = 128
"""The level of every channel of a filled box. Mid-grey is the one colour for which a JPEG needs no coefficients."""
CLEAR_ALPHA = 16
"""Alpha up to which a pixel counts as clear and is emptied. A soft eraser leaves a few percent of a person. That is too
little to be seen and enough to be restored."""
BLEED = 2
"""Pixels by which chroma upsampling may carry a colour past a coding unit (measured: 1; 2 keeps a margin)."""

MOST_UNHEARD = "most of what was to be heard is gone"
MOST_UNSEEN = "most of what was to be seen is gone"
NOBODY_SEEN = "nobody is left to be seen"
"""How a fact of a copy ends in which hiding has left little."""

Isolate = Literal["never", "if_better", "always"]
Sound = Literal["bleep", "silence"]
Operation = Literal["clean", "boxes", "crop"]
Change = Literal["depth", "chroma", "even", "channels", "bits"]
"""The losses of a copy of a recording: levels or resolution of a colour, a row or column, channels of sound, bits of a
sample."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the work on one recording: seconds of real time, and megabytes of address space."""

    seconds: int = 3600
    megabytes: int = 3072


@dataclass(frozen=True, slots=True)
class TimedRegion:
    """A box of the upright picture that holds from `start` to `end`, in seconds of the recording."""

    start: float
    end: float
    region: Region


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a recording: `label` is a pseudonym or `box 1`, never a name.

    `regions` hold for the whole recording; a picture has only these. `timed` regions hold for a while. `intervals` say
    when the person is seen or heard. Boxes are drawn around the face and grow later. `heard_only`: an operator said that
    the person is only heard in the intervals. Then the intervals silence the sound and need no box.
    """

    label: str
    regions: tuple[Region, ...] = ()
    timed: tuple[TimedRegion, ...] = ()
    intervals: tuple[Interval, ...] = ()
    heard_only: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The redisclosure notice in a released file, and who released it. It names no student.

    `text` and `source` are the district's own words. `particulars` name the recipient and the purpose; a person typed them.
    """

    text: str
    source: str
    particulars: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order for a copy: the people to hide (none: only the metadata is removed), the people to keep, and how.

    `isolate` asks for a crop around the people to keep. `clip` keeps a stretch of audio or video, `still` one moment of a
    video as a picture; both in seconds. `secrets` are the names and ids that may not stand in the copy.
    """

    hide: tuple[Person, ...] = ()
    keep: tuple[Person, ...] = ()
    isolate: Isolate = "never"
    clip: Interval | None = None
    still: float | None = None
    sound: Sound = "bleep"
    notice: Notice | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A box of whole pixels, half-open: `right` and `bottom` are the first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    def as_tuple(self) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom), as Pillow takes a box."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class Frame:
    """The facts of a picture file that a plan needs.

    `size` is (width, height) of the stored frame in pixels. `orientation` is Exif's, 1..8: how the stored frame is turned
    upright. `grid` is (width, height) of a coding unit in pixels; a pixel never affects another unit.
    """

    media_type: str
    size: tuple[int, int]
    orientation: int = 1
    grid: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for a copy of a picture: where it hides people, and how.

    `boxes` are the grown boxes, fractions 0..1 of the upright picture, in the order of `hidden`'s regions. `pixel_boxes`
    are the same boxes in pixels of the stored frame, rounded outward to whole coding units. `crop` is the part that
    stays, in pixels of the stored frame, rounded inward to whole units. `overlapped` are the labels of people to keep who
    are covered by a box, in part or whole. `facts` are sentences for the custodian: which people to keep are hidden after
    all, how much of them is covered, or that everybody is hidden.
    """

    operation: Operation
    frame: Frame
    hidden: tuple[str, ...] = ()
    boxes: tuple[Region, ...] = ()
    pixel_boxes: tuple[PixelBox, ...] = ()
    crop: PixelBox | None = None
    overlapped: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """The facts of an audio or video file that a plan needs.

    `duration` is in seconds. `size` is (width, height) of the upright picture in pixels, None without a video track.
    `sound` says whether there is an audio track. `changes` are the losses that no copy can avoid.
    """

    media_type: str
    duration: float
    size: tuple[int, int] | None = None
    sound: bool = False
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """The plan for a copy of an audio or video file: grown boxes while they hold, silenced stretches, and the clip that stays.

    All seconds are seconds of the source, even if only a clip stays.
    """

    recording: Recording
    hidden: tuple[str, ...] = ()
    boxes: tuple[TimedRegion, ...] = ()
    silenced: tuple[Interval, ...] = ()
    clip: Interval | None = None
    sound: Sound = "bleep"
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof, bound to the bytes of a copy by their `sha256`. `checks` has a plain sentence for each check that passed."""

    sha256: str
    checks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the proof as plain data, to be kept with the release."""
        return {"sha256": self.sha256, "checks": list(self.checks)}


@dataclass(frozen=True, slots=True)
class Made:
    """A proven copy, as a file of a private folder: its type, its proof, its plan and the plan's facts.

    `size` (bytes) and `crc` (CRC-32) are of the file as it left the door. `coding` is set if the copy has the source's
    own coding: the sha256 of that source. Its coding is then proven to hold nothing but the picture, and needs no second
    proof.
    """

    path: Path
    media_type: str
    suffix: str
    proof: Proof
    operation: str
    facts: tuple[str, ...] = ()
    plan: Plan | RecordingPlan | None = None
    size: int = 0
    crc: int = 0
    coding: str | None = None

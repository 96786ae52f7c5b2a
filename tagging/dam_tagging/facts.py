"""The vocabulary: what a file says (Facts) and what it means for people (Tagging). No I/O.

Unknown is a value: an empty tuple of people means that the file names no one, not that no one is in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

Prominence = Literal["focus", "incidental", "unknown"]
DirectoryStatus = Literal["eligible", "not_eligible", "undetermined"]
TaggingState = Literal["complete", "pending", "failed"]
Meaning = Literal["unreviewed", "preserved", "changed", "destroyed"]
OfficialPurpose = Literal["discipline", "victim", "violation", "health_emergency", "other"]
ReadState = Literal["read", "partial", "unreadable"]
MaintainedBy = Literal["district", "other"]
ClosureKind = Literal["closed", "confidential"]
Ground = Literal["looked", "counted", "metadata"]
"""Why a tagging is complete: a person looked; faces were counted and no word is open; or only because the file says so."""


NOBODY = frozenset({"pet", "focus", "barcode"})
"""Kinds of regions, in lower case, that never show a person of their own (MWG Guidelines 2.0, section 5.9)."""

AREA = "area"
"""The kind of an IPTC region that the file does not declare to be a human."""


class Truth(StrEnum):
    """A yes, a no or unknown. Unknown never becomes a no by itself."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Region:
    """A box: x, y, w, h as fractions 0..1 of the upright picture, from its top left."""

    x: float
    y: float
    w: float
    h: float

    @property
    def area(self) -> float:
        """Share of the picture, 0..1."""
        return self.w * self.h


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of a recording: start and end in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The place of a person at one moment of a recording. `at`: seconds from its start; `region`: in the upright picture.

    With `until` (seconds from the start), the box holds from `at` until then.
    """

    at: float
    region: Region
    until: float | None = None


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person in a file: the name as written, ids if the standard has them, and the property that names the person."""

    name: str
    source: str
    id: str | None = None
    more_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A region of the upright picture, with the data of its standard.

    `kind` is the standard's type (`Face`, `Pet`, `Focus`, `BarCode`; `""` if it has none). `stale` regions were drawn on
    a picture of another aspect ratio, or lie outside of this one. They locate no person. `subject` is IPTC's
    `mainSubjectArea`.
    """

    name: str | None
    kind: str
    region: Region
    source: str
    stale: bool = False
    subject: bool = False

    @property
    def shows_person(self) -> bool:
        """Whether the region shows a person, or may show one by the file."""
        return self.kind.casefold() not in NOBODY and self.kind != AREA


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword and its property."""

    text: str
    source: str


def parts(text: str) -> tuple[str, ...]:
    """Return the parts of a keyword: between its `;`, or without `;` between its `,`."""
    mark = ";" if ";" in text else ","
    return tuple(part for one in text.split(mark) if (part := one.strip())) if mark in text else ()


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one file, united from all standards. `image_size`: (width, height) of the upright picture in pixels.

    `event` is the first event in the file; `more_events` are the other events of other standards and sidecars.
    `official_markers`: texts that restrict a recording or keep it for a purpose (instructions, release status, usage
    terms). `camera`: maker, model and serial number. `taken`: the day and time of recording as written. `duration`:
    seconds. `focus_area`: the camera's focus off the centre (EXIF SubjectArea; a point has no width); by itself it is no
    person. `texts`: free text without another field: comments, text tracks, subtitles, a note beside the file. `rights`:
    texts of by-lines, rights, credit and status. They are searched for signs that say no, and for whole names of students whose
    family said no (`names.makers`); they never name a person in the picture.
    """

    media_type: str = "application/octet-stream"
    state: ReadState = "unreadable"
    orientation: int | None = None
    image_size: tuple[int, int] | None = None
    persons: tuple[NamedPerson, ...] = ()
    regions: tuple[NamedRegion, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    hierarchies: tuple[tuple[str, ...], ...] = ()
    captions: tuple[Keyword, ...] = ()
    event: str | None = None
    more_events: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    owner: str | None = None
    taken: str | None = None
    official_markers: tuple[Keyword, ...] = ()
    camera: str | None = None
    focus_area: Region | None = None
    duration: float | None = None
    problems: tuple[str, ...] = ()
    texts: tuple[Keyword, ...] = ()
    rights: tuple[Keyword, ...] = ()


DESCRIPTIONS = ("dc:description", "IPTC Caption-Abstract", "tiff:ImageDescription", "Image ImageDescription")
"""The properties that hold a caption, in order of preference (IPTC Photo Metadata Standard, "Description")."""
LONGEST_TEXT = 2_000
"""Most characters of one text that About keeps."""
_MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class About:
    """The subject of a file in its own words: its events, the first caption, and the time of recording as written.

    Texts are cut at LONGEST_TEXT characters. They are free text and may hold any person's name, so the plugin never shows
    them unchanged.
    """

    events: tuple[str, ...] = ()
    caption: str | None = None
    taken: str | None = None


def about(facts: Facts) -> About:
    """Return the subject of a file in its own words."""
    events = dict.fromkeys(each[:LONGEST_TEXT] for each in (facts.event, *facts.more_events) if each)
    return About(
        events=tuple(events)[:_MOST_EVENTS],
        caption=_description(facts),
        taken=facts.taken[:LONGEST_TEXT] if facts.taken else None,
    )


def _description(facts: Facts) -> str | None:
    """Return the text that describes the picture. Titles, instructions and texts by cameras do not count."""
    told = (each for each in facts.captions if each.source in DESCRIPTIONS and not _is_of_a_camera(each.text))
    first = min(told, key=lambda each: DESCRIPTIONS.index(each.source), default=None)
    return first.text[:LONGEST_TEXT] if first else None


def _is_of_a_camera(text: str) -> bool:
    """Whether a camera may have filled the description with this text: only capitals and figures (`SONY DSC`)."""
    return text.isupper() or not any(map(str.isalpha, text))


@dataclass(frozen=True, slots=True)
class Appearance:
    """One student in one recording. A region, an interval or a keyframe locates the student.

    `regions` are boxes without a time. In audio and video they locate no student. `keyframes` are in the order of time,
    and each holds at its moment. `intervals` are the times when the student is seen or heard. `heard` are the times when
    the student is heard and not seen.
    """

    student: str
    prominence: Prominence = "unknown"
    identifiable: bool = True
    regions: tuple[Region, ...] = ()
    intervals: tuple[Interval, ...] = ()
    source: str = ""
    keyframes: tuple[Keyframe, ...] = ()
    heard: tuple[Interval, ...] = ()

    @property
    def located(self) -> bool:
        """Whether it is known where or when the student appears."""
        return bool(self.regions or self.intervals or self.keyframes or self.heard)


@dataclass(frozen=True, slots=True)
class OfficialUse:
    """The recording is kept for an official purpose. Without named students this is about every student depicted."""

    purpose: OfficialPurpose
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One tag with its reason: the tag, its value, the reason in plain words, the source (property or rule), the truth."""

    tag: str
    value: str
    why: str
    source: str
    truth: Truth = Truth.YES


# Between two reasons in one text.
BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class Closure:
    """One reason why a recording is a closed record, or confidential under another law; it ends after the day `until`."""

    kind: ClosureKind
    why: str
    until: date | None = None

    def is_over(self, day: date | None) -> bool:
        """Whether it has ended by a day; without a day it has not."""
        return self.until is not None and day is not None and day > self.until


@dataclass(frozen=True, slots=True)
class OpenWord:
    """A word that may mean a student: as written, its property or place, and the students it may mean (pseudonyms).

    The word is free text and may hold any person's name. Only a person who looks at the recording sees it. `students` is
    empty if the words mean people without a name ("and three teammates").
    """

    word: str
    source: str
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tagging:
    """The people in one recording, as the plugin holds them: the asset block of a case, with its findings.

    `ground` says why a complete tagging is complete; None if it is incomplete. `open_words` may be students until a
    person settles them. `faces` are the boxes that detectors found (None: no detector looked); `faces_by` names these
    detectors. `unnamed_faces` are the `unidentified_people` that a detector counted; each further name settles one of
    them. `crowd` is the number of small faces behind the subjects. These people are incidental and need no look.
    `closed` and `confidential` come from the file, the rules and looks and have no end; `closures` are the custodian's own.
    `cannot_be_redacted` and `maintained_by` are a custodian's findings.
    """

    state: TaggingState = "pending"
    appearances: tuple[Appearance, ...] = ()
    directory_status: DirectoryStatus = "undetermined"
    official_uses: tuple[OfficialUse, ...] = ()
    record_pii: tuple[str, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    unidentified_people: int = 0
    meaning: Meaning = "unreviewed"
    findings: tuple[Finding, ...] = ()
    rules_digest: str = ""
    # EXIF's orientation by which regions were turned upright, 1..8. A copy is made only if its maker reads the same
    # orientation.
    orientation: int | None = None
    ground: Ground | None = None
    open_words: tuple[OpenWord, ...] = ()
    faces: tuple[Region, ...] | None = None
    faces_by: str = ""
    unnamed_faces: int = 0
    crowd: int = 0
    tagger: int = 0
    closures: tuple[Closure, ...] = ()
    cannot_be_redacted: bool = False
    maintained_by: MaintainedBy = "district"

    @property
    def students(self) -> frozenset[str]:
        """All students in the tagging: as seen, as mentioned, or as the subject of an official use."""
        named = {each.student for each in self.appearances}.union(self.record_pii)
        return frozenset(named.union(*(use.students for use in self.official_uses)))

    def closed_by(self, kind: ClosureKind, day: date | None = None) -> tuple[Closure, ...]:
        """Return each reason of a kind for which the recording is closed on a day; without a day whatever its end."""
        text = self.closed if kind == "closed" else self.confidential
        told = tuple(Closure(kind, part) for part in text.split(BETWEEN)) if text else ()
        return (*told, *(each for each in self.closures if each.kind == kind and not each.is_over(day)))

    @property
    def is_in_use(self) -> bool:
        """Whether the district uses it for discipline or another official purpose, or keeps it in a student's record."""
        return bool(self.official_uses or self.record_pii)

    def why_closed(self, kind: ClosureKind, day: date | None = None) -> str | None:
        """Return the reasons of a kind on a day as one text; None where it is open."""
        if not self.closures:
            return self.closed if kind == "closed" else self.confidential
        return BETWEEN.join(dict.fromkeys(each.why for each in self.closed_by(kind, day))) or None

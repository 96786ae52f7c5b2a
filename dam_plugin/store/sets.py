"""The data classes of a yearbook set, frozen: the order, the files in a set, and the files left out, with reasons. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from dam_plugin.model import Actor, Reason, Recipient

Kind = Literal["portrait", "candid"]
SetState = Literal["planning", "making", "made", "locked"]
"""`planning`: its candidates are being decided; `making`: begun, and perhaps broken off; `made`: signed, may still be made
anew; `locked`: printed from."""
FileState = Literal["planned", "written", "left_out"]

CANDIDS = "candids"
"""The folder of the pictures that are no portraits."""
CAPTIONS = f"{CANDIDS}/captions.csv"
STAFF = f"{CANDIDS}/staff.csv"
MANIFEST, PAGE, SIGNATURE = "manifest.json", "manifest.html", "manifest.sig"
PURPOSE = "yearbook"


@dataclass(frozen=True, slots=True)
class Query:
    """The recordings that are candidates: a null or empty field allows all.

    `event`: its name in the metadata, or a folder of the key; case and hyphens are ignored. `since`: taken on this day or
    later (uploaded, where the file does not say). `grades`: portraits of these grades' students, and candids that show one
    of them. `recordings`: these alone, by their ids; one that was replaced since stays out.
    """

    event: str | None = None
    since: date | None = None
    grades: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOrder:
    """An order: the query, the publisher's profile, the recipient of the set, and whether redacted copies may be in it.

    `volume` is the folder of the portraits, `portrait_size` their (width, height) in pixels.
    """

    query: Query
    publisher: str
    recipient: Recipient
    redact: bool = False
    volume: str = "YEARBOOK"
    portrait_size: tuple[int, int] = (640, 800)


@dataclass(frozen=True, slots=True)
class ExportSet:
    """One set: `target` is its file's name, or its key in the bucket; `process` names the process that makes it.

    `roster` and `rules` are digests; `manifest` is the sha256 of `manifest.json`. `key` is the public half of the key that
    signed it, in base64.
    """

    id: str
    at: datetime
    day: date
    state: SetState
    by: Actor
    order: SetOrder
    target: str
    roster: str
    rules: str
    manifest: str | None = None
    locked_at: datetime | None = None
    locked_by: Actor | None = None
    process: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One candidate of a set, in its place: written into it (`path`, `sha256`, `size`) or left out (`why`).

    `source_key` may hold a name and goes into no set. `student` is the student of a portrait. `shows` are the students
    who can be recognised in it; `named` are those in the index or the caption. `redacted`: its copy hides a person.
    `covered`: the copy covers places, which a viewer can see; a crop does not. `digest` identifies the decision
    (`outcome` is its word) and its case; `decision` identifies them only in the manifest of this set. `place` sorts files
    of one kind. `pages` are the pages it was printed on, by the publisher's list.
    """

    set_id: str
    number: int
    kind: Kind
    place: str
    source_key: str
    asset_id: str
    digest: str
    outcome: str
    state: FileState
    student: str | None = None
    path: str | None = None
    sha256: str | None = None
    size: int | None = None
    decision: str | None = None
    redacted: bool = False
    covered: bool = False
    caption: str | None = None
    shows: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    why: tuple[Reason, ...] = ()
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handover:
    """The handover of a locked set to a recipient; `to` is the recipient's id."""

    set_id: str
    at: datetime
    to: str
    by: Actor


@dataclass(frozen=True, slots=True)
class PortraitRow:
    """One line of a portrait index, in the words of PSPA; empty if nothing is known."""

    volume: str
    folder: str
    file: str
    grade: str
    last: str
    first: str
    home_room: str = ""
    period: str = ""
    teacher: str = ""
    track: str = ""
    department: str = ""
    title: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class Altered:
    """A text that was changed in writing, since the format cannot hold the text on file: the number of rows, and the change.

    It has no names, since the person who exports sees it.
    """

    what: str
    rows: int


@dataclass(frozen=True, slots=True)
class Made:
    """A finished set: the counts of its files, the remarks about it, and the places of the lists beside it."""

    set: ExportSet
    portraits: int
    candids: int
    redacted: int
    left_out: int
    reused: int
    bytes: int
    altered: tuple[Altered, ...] = field(default=())

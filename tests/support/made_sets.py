"""Makes small signed sets in memory: pictures, an index, captions, a page, and a manifest over them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field, replace
from datetime import date
from typing import BinaryIO

from jpeg_samples import encode, picture

from dam_plugin.store.sets import CAPTIONS, MANIFEST, PAGE, SIGNATURE
from dam_plugin.yearbook import manifest
from dam_plugin.yearbook.manifest import Head, ManifestFile
from dam_plugin.yearbook.signing_key import Signer
from dam_plugin.yearbook.zip_file import Archive

DAY = date(2026, 10, 2)
SIGNER = Signer(bytes(range(32)))
KEY = SIGNER.public
INDEX = (
    "Volume Name\tImage Folder\tImage File Name\tGrade\tLast Name\tFirst Name\tHome Room\tPeriod\tTeacher Name\tTrack\t"
    "Department\tTitle\tImage Size\r\n"
    "YEARBOOK\tIMAGES\tP0000001.JPG\t07\tWalker\tEthan\t12\t\tOrtiz\t\t\t\t640x800\r\n"
)


def head() -> Head:
    return Head(
        set="x-0123456789abcdef",
        day=DAY,
        district="Riverbend School District",
        publisher="pspa",
        recipient="acme-yearbooks",
        roster="r-1",
        rules="r-2",
        key=SIGNER.key_id(),
        program="0.1.0",
    )


class OpenDraft:
    """A draft in an open file, by default in memory, which stays."""

    remedy = "free some space"

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.file: BinaryIO = io.BytesIO() if file is None else file

    def commit(self) -> None:
        self.file.flush()

    close = commit


def archived(files: list[tuple[str, bytes]], day: date = DAY) -> bytes:
    """A ZIP of these files as an export writes it, whatever they are."""
    draft = OpenDraft()
    archive = Archive(draft, day)
    for path, data in files:
        archive.add(path, data)
    archive.close(path for path, _ in files)
    draft.file.seek(0)
    return draft.file.read()


@dataclass
class MadeSet:
    """What a set is made of; `zip` makes it. `signed` is what the manifest says, `held` what the archive holds instead."""

    files: list[tuple[ManifestFile, bytes]]
    head: Head = field(default_factory=head)
    signer: Signer = SIGNER

    @property
    def manifest(self) -> bytes:
        out = io.BytesIO()
        manifest.write(out, self.head, (file for file, _ in self.files), ())
        return out.getvalue()

    @property
    def held(self) -> list[tuple[str, bytes]]:
        """Paths and bytes of all entries, the manifest and its signature last."""
        signed = self.manifest
        pictures = [(file.path, data) for file, data in self.files]
        return [*pictures, (MANIFEST, signed), (SIGNATURE, self.signer.sign(signed))]

    @property
    def zip(self) -> bytes:
        return archived(self.held)


def of(path: str, data: bytes, kind: manifest.Kind, *, redacted: bool = False) -> tuple[ManifestFile, bytes]:
    """A file and what the manifest says of it."""
    decision = "d-0000000000000000000000000a" if kind in {"portrait", "candid"} else None
    return ManifestFile(path, hashlib.sha256(data).hexdigest(), len(data), kind, redacted, decision), data


def tiny() -> MadeSet:
    """A set of a portrait and a text that is read in no time: its picture is none."""
    return MadeSet(
        [
            of("YEARBOOK/IMAGES/P0000001.JPG", b"\xff\xd8 a picture", "portrait"),
            of("YEARBOOK/README.TXT", b"x\r\n", "text"),
        ]
    )


def pictured(*, caption: str = "Science fair, May 4", index: str = INDEX) -> MadeSet:
    """A set with a portrait and two candids that can be looked at, one of them redacted."""
    files = [
        of("YEARBOOK/IMAGES/P0000001.JPG", encode(picture(128, 160, seed=1)), "portrait"),
        of("candids/c0000001.jpg", encode(picture(160, 120, seed=2)), "candid"),
        of("candids/c0000002.jpg", encode(picture(160, 120, seed=3)), "candid", redacted=True),
        of("YEARBOOK/INDEX.TXT", index.encode(), "index"),
        of(
            CAPTIONS,
            f'file,caption\r\ncandids/c0000001.jpg,"{caption}"\r\ncandids/c0000002.jpg,\r\n'.encode(),
            "captions",
        ),
    ]
    page = io.BytesIO()
    manifest.write_page(page, head(), "the records office, 555 0100", (), (file for file, _ in files))
    return MadeSet([*files, of(PAGE, page.getvalue(), "page")])


def renamed(made: MadeSet, **values: str) -> MadeSet:
    """The same set with another head."""
    return replace(made, head=replace(made.head, **values))

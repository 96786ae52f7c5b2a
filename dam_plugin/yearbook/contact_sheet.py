"""Writes the contact sheet of a set, for the adviser's last look: each picture in small, with its printed words below it.

The sheet is one self-contained page for printing, written picture by picture. It shows students, and only the contents of
a verified set. `thumbnail` also makes small pictures for other pages.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image, ImageOps

from dam_plugin.errors import InputError
from dam_plugin.store.sets import PortraitRow
from dam_plugin.yearbook.lists import read_back
from dam_plugin.yearbook.manifest import LARGEST as LARGEST_LIST
from dam_plugin.yearbook.profiles import SHIPPED, Profile, load
from dam_plugin.yearbook.signing_key import PublicKey
from dam_plugin.yearbook.verify import Progress, Verified, contents, verify

LARGEST = 64 * 1024 * 1024
"""Most bytes of a file for which a small picture is made."""
# Pillow refuses larger pictures by itself; a warning is taken as a refusal too.
MOST_PIXELS = 120_000_000
# No format that Pillow hands to another program (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")
WIDEST = 240
_PICTURES = ("portrait", "candid")
_LISTS = ("index", "captions")


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of the page: its file, the words below it, and a small version as a `data:` URL."""

    kind: str
    path: str
    words: str
    redacted: bool
    picture: str | None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


def write_sheet(
    out: BinaryIO,
    set_file: BinaryIO,
    key: PublicKey,
    *,
    profile: Profile | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Write the page of a set that this key signed, and return the verified set.

    `profile` describes the set's index. Without it, the shipped profile of the publisher's name is used; if there is
    none, the page shows no names. Raises SetAltered, before anything is written, if the set has changed since it was
    signed.
    """
    verified = verify(set_file, key, progress=progress)
    if profile is None and verified.publisher in SHIPPED:
        profile = load(verified.publisher)
    rows = pictures(set_file, key, profile)
    templates = Environment(
        loader=PackageLoader("dam_plugin.yearbook"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    page = templates.get_template("contact_sheet.html.j2").stream(
        set=verified, rows=rows, has_names=profile is not None
    )
    page.dump(out, encoding="utf-8")
    return verified


def pictures(set_file: BinaryIO, key: PublicKey, profile: Profile | None) -> Iterator[Shown]:
    """Return the pictures of a verified set in its order; without a `profile` portraits have no words.

    Raises InputError at once for lists that cannot be read, and SetAltered while the pictures are read.
    """
    return _shown(set_file, key, _words(set_file, key, profile))


def has_names(set_: Verified, profile: Profile | None) -> bool:
    """Whether the sheet of a set has names for the portraits: a given or shipped profile can read the set's index."""
    return profile is not None or set_.publisher in SHIPPED


def thumbnail(body: bytes, widest: int) -> str | None:
    """Return a JPEG of at most `widest` pixels a side as a `data:` URL; None for what is no picture that we can open."""
    small = small_jpeg(body, widest)
    return None if small is None else "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii")


def small_jpeg(body: bytes, widest: int, quality: int = 80) -> bytes | None:
    """Return an upright JPEG of at most `widest` pixels a side, without metadata; None for what is no picture of ours."""
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            opened.draft("RGB", (widest * 2, widest * 2))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((widest, widest))
    small = io.BytesIO()
    upright.save(small, "JPEG", quality=quality)
    return small.getvalue()


def _shown(set_file: BinaryIO, key: PublicKey, words: Mapping[str, str]) -> Iterator[Shown]:
    for file, data in contents(set_file, key, lambda each: each.kind in _PICTURES, LARGEST):
        picture = thumbnail(data, WIDEST) if data is not None else None
        yield Shown(file.kind, file.path, words.get(_of(file.path), ""), file.redacted, picture)


def _words(set_file: BinaryIO, key: PublicKey, profile: Profile | None) -> dict[str, str]:
    """Return the words below each picture, by its path: the index's name line, or the caption."""
    words: dict[str, str] = {}
    for file, data in contents(set_file, key, lambda each: each.kind in _LISTS, LARGEST_LIST):
        if data is None:
            raise InputError(
                "a list of the set is too large to be read: leave candidates out by the options of the export"
            )
        if file.kind == "captions":
            words.update(_captions(data))
        elif profile is not None:
            volume = file.path.rpartition("/")[0]
            words.update((_of(f"{volume}/{profile.folder}/{row.file}"), _line(row)) for row in read_back(data, profile))
    return words


def _captions(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        for cells in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
            if len(cells) == 2:
                yield _of(cells[0]), cells[1]
    except (UnicodeDecodeError, csv.Error):
        raise InputError("the captions of the set cannot be read: make the set again") from None


def _line(row: PortraitRow) -> str:
    name = f"{row.last}, {row.first}" if row.last and row.first else row.last or row.first
    return " · ".join(part for part in (name, row.grade and f"grade {row.grade}", row.home_room, row.teacher) if part)


def _of(path: str) -> str:
    return path.casefold()

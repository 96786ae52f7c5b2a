"""What lies beside a file and speaks of it: which names, of one file or of a whole folder, and which reader. One table.

Names or keys are compared within their folder, capitals aside. Where a folder can be listed, `chosen` says which files
to open; where it cannot, `names` says which may be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.found import Found
from dam_tagging.metadata.sidecars import notes, picasa

Siblings = Callable[[str], BinaryIO | None]
Reader = Callable[[bytes, str, Found], None]

_DUPLICATE = re.compile(r"(?<=[^/])_[0-9]{2,4}(?=\.[^./]*$)")
_LANGUAGE = re.compile(r"\.(?:[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*|forced|sdh|cc|default)$")
_NUMBER = re.compile(r"\([0-9]{1,4}\)$")
_EDITED = re.compile(
    r"-(?:edited|bearbeitet|modifi[ée]|editado|editada|modificato|bewerkt|edytowane|redigerad)(?=(?:\([0-9]{1,4}\))?\.[^.]*$)"
)
SUPPLEMENT = ".supplemental-metadata"
LONGEST = 46
"""Google cuts what stands before `.json` at so many signs; some exports at fewer."""

SHORTEST_CUT = 40
MOVIES, STILLS = (".mp4", ".mov"), (".heic", ".jpg", ".jpeg")
"""The video of a live photo has the JSON of its picture."""

PICTURES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos"),
    *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".srw", ".x3f", ".avif"),
    *(".gif", ".heic", ".heif", ".hif", ".jp2", ".jpe", ".jpeg", ".jpg", ".jxl", ".png", ".psd", ".tif"),
    *(".tiff", ".webp"),
)  # fmt: skip
"""Endings under which one shot may lie in several files: as it was taken, developed, exported."""


def _of_xmp(own: str, whole: str) -> bool:
    """`x.xmp` (Adobe), `x.jpg.xmp` (digiKam, darktable), `x_01.jpg.xmp` (darktable's duplicates), and of the same shot."""
    return own in {whole, stem(whole)} or _DUPLICATE.sub("", own) == whole or _of_same_shot(own, whole)


def _of_same_shot(own: str, whole: str) -> bool:
    """`x.nef` or `x.jpeg` of `x.jpg`: the picture was developed, or saved under another ending."""
    return own.endswith(PICTURES) and whole.endswith(PICTURES) and stem(own) == stem(whole)


def _of_text(own: str, whole: str) -> bool:
    """`x.txt`, `x.jpg.txt`, and in a language `x.en.srt`."""
    return own in {whole, stem(whole)} or _LANGUAGE.sub("", own) in {whole, stem(whole)}


def _of_settings(own: str, whole: str) -> bool:
    return own in {whole, stem(whole)} or _of_same_shot(own, whole)


def _of_takeout(own: str, whole: str) -> bool:
    """`x.jpg.json`, `x.jpg.supplemental-metadata.json` or cut; `x.jpg(1).json` of `x(1).jpg` and `x-edited.jpg`."""
    number = _NUMBER.search(own)
    bare = own[: number.start()] if number else own
    titles = [(whole, "")]
    plain = _EDITED.sub("", whole)
    counted = _NUMBER.search(stem(plain))
    titles.append((plain, ""))
    if counted:
        titles.append((stem(plain)[: counted.start()] + plain[len(stem(plain)) :], counted.group()))
    return any(
        _is_titled(own if not of else bare, title) and (of == (number.group() if number else "") or not of)
        for title, of in titles
    )


def _is_titled(own: str, title: str) -> bool:
    full = title + SUPPLEMENT
    name = own.rpartition("/")[2]
    if own in {title, stem(title)} or (own.startswith(title) and full.startswith(own)):
        return True
    if title.endswith(MOVIES) and own.startswith(f"{stem(title)}.") and own[len(stem(title)) :].startswith(STILLS):
        return any(f"{stem(title)}{still}{SUPPLEMENT}".startswith(own) for still in STILLS)
    return len(name) >= SHORTEST_CUT and full.startswith(own)


def _read_xmp(data: bytes, _name: str, found: Found) -> None:
    xmp_people.collect(xmp.parse(data), found)


def _read_picasa(data: bytes, name: str, found: Found) -> None:
    if len(data) > MAX_BLOCK:
        raise Damaged(f"Picasa's file is larger than {MAX_BLOCK // 1024 // 1024} MB")
    of_this = picasa.packet(data, PurePosixPath(name).name)
    if of_this is not None:
        _read_xmp(of_this, name, found)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of sidecar: how its names end and which file one is of, or how it is called in a folder; its reader.

    `certain`: its name alone says that it is no recording. Any other is a sidecar only beside what it describes, and a
    file of its own elsewhere. `after`: the file of a folder counts for what has a sidecar of this kind alone.
    """

    read: Reader
    endings: tuple[str, ...] = ()
    of: Callable[[str, str], bool] = _of_settings
    in_folder: tuple[str, ...] = ()
    certain: bool = False
    after: str = ""

    def is_of(self, sidecar: str, name: str) -> bool:
        """Whether a name or key is that of a sidecar of this kind which describes `name`."""
        lower = sidecar.casefold()
        return any(lower.endswith(end) and self.of(lower[: -len(end)], name.casefold()) for end in self.endings)


XMP, PICASA, TAKEOUT, ALBUM, NOTE, SUBTITLES, SETTINGS = (
    "XMP",
    "Picasa",
    "Takeout",
    "Takeout album",
    "note",
    "subtitles",
    "settings",
)
FORMATS: dict[str, Format] = {
    XMP: Format(_read_xmp, (".xmp",), _of_xmp, certain=True),
    PICASA: Format(_read_picasa, in_folder=picasa.NAMES_OF_FILE, certain=True),
    TAKEOUT: Format(notes.takeout, (".json",), _of_takeout),
    ALBUM: Format(
        notes.album,
        in_folder=(
            *("metadata.json", "Metadaten.json", "metadatos.json", "métadonnées.json"),
            *("metadati.json", "metadados.json", "metagegevens.json"),
        ),
        after=TAKEOUT,
    ),
    NOTE: Format(notes.note, (".txt",), _of_text),
    SUBTITLES: Format(
        notes.subtitles, (".srt", ".vtt", ".sub", ".sbv", ".ass", ".ssa", ".lrc", ".smi", ".ttml"), _of_text
    ),
    # Capture One, RawTherapee, DxO, ON1, Nikon, Apple.
    SETTINGS: Format(notes.settings, (".cos", ".cop", ".cot", ".pp3", ".dop", ".on1", ".nksc", ".aae")),
}
"""Every kind of sidecar: another one is another row."""

BLIND = (".xmp", ".XMP")
"""Endings that are asked for where no listing says what is there."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One sidecar that was opened: its bytes (one more than is read where it is too large) and its reader."""

    data: bytes
    reader: Reader
    name: str

    def read(self, found: Found) -> None:
        """Add what it says of the file; raise `Damaged` where it cannot be read."""
        self.reader(self.data, self.name, found)


def no_siblings(_name: str) -> None:
    """Answer that there is no file beside this one."""


def names(name: str) -> tuple[str, ...]:
    """Return the names that an XMP sidecar of `name` may have, in the form of `name` (a key keeps its folders)."""
    path = PurePosixPath(name)
    if not path.name or may_be_sidecar(name):
        return ()
    return tuple(dict.fromkeys(f"{own}{ending}" for ending in BLIND for own in (path.with_suffix(""), name)))


def is_sidecar(name: str) -> bool:
    """Whether a name or key is a sidecar's, whatever lies beside it."""
    return any(each.certain and _is_named(name, each) for each in FORMATS.values())


def may_be_sidecar(name: str) -> bool:
    """Whether a name or key is a sidecar's where it lies beside what it describes."""
    return any(_is_named(name, each) for each in FORMATS.values())


def is_of_a_folder(name: str) -> bool:
    """Whether a name or key is that of a file which speaks of everything in its folder."""
    return any(name.rpartition("/")[2] in each.in_folder for each in FORMATS.values())


def _is_named(name: str, of: Format) -> bool:
    return name.casefold().endswith(of.endings) or name.rpartition("/")[2] in of.in_folder


def describes(sidecar: str, name: str) -> bool:
    """Whether a sidecar is of the file `name` by any program's habit, capitals aside; both are names or keys."""
    return not may_be_sidecar(name) and _format_of(sidecar, name) is not None


def _format_of(sidecar: str, name: str) -> str | None:
    return next((label for label, each in FORMATS.items() if each.is_of(sidecar, name)), None)


def stem(name: str) -> str:
    """Return a name or key without its last ending."""
    dot = name.rfind(".")
    return name[:dot] if dot > name.rfind("/") + 1 else name


def common_start(sidecar: str) -> str:
    """Return what the name of every file begins with that a sidecar describes."""
    own = stem(sidecar)
    if sidecar.casefold().endswith(".json"):
        bare = _NUMBER.sub("", own)
        own = own if not bare or bare.endswith("/") else bare
        title = own.rpartition("/")[2]
        cut = own.find(".", len(own) - len(title))
        # What Google cut may end anywhere in the title.
        return own[:cut] if cut > len(own) - len(title) else own
    number = _DUPLICATE.search(own) if sidecar.casefold().endswith(".xmp") else None
    return own[: number.start()] if number else stem(own)


def starts(name: str) -> tuple[str, ...]:
    """Return what the name of every sidecar of `name` begins with, in one of these ways; each asks for a listing."""
    own = stem(name)
    short = own[: len(own) - len(PurePosixPath(own).name) + SHORTEST_CUT]
    plain = stem(_EDITED.sub("", name))
    found = {short: None, **({f"{plain}.": None} if plain != own else {})}
    if counted := _NUMBER.search(plain):
        found[f"{plain[: counted.start()]}."] = None
    return tuple(each for each in found if not any(other != each and each.startswith(other) for other in found))


def chosen(name: str, listed: Iterable[str]) -> tuple[str, ...]:
    """Return which of the files that lie beside `name` are its sidecars, in the order of their names."""
    there = set(listed)
    # `a_01.jpg.xmp` is a duplicate's of `a.jpg`, unless there is an `a_01.jpg`.
    own = {stem(name), name}
    shot = stem(name).casefold()
    return tuple(
        each
        for each in sorted(there)
        if describes(each, name) and not (_is_duplicate(each, own, shot) and stem(each) in there)
    )


def of_folder(name: str, listed: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the files of the folder that count for `name`, beside these sidecars of its own."""
    if may_be_sidecar(name):
        return ()
    kinds = {_format_of(each, name) for each in chosen(name, listed)}
    folder = name[: name.rfind("/") + 1]
    counting = (each for each in FORMATS.values() if not each.after or each.after in kinds)
    return tuple(folder + one for each in counting for one in each.in_folder)


def _is_duplicate(sidecar: str, own: set[str], shot: str) -> bool:
    named = stem(sidecar)
    return sidecar.casefold().endswith(".xmp") and named not in own and stem(named).casefold() != shot


def beside(name: str, siblings: Siblings, there: Iterable[str] | None = None) -> list[Beside]:
    """Return what lies beside a file and its folder's own files. `there`: its sidecars as `chosen` names them, if known.

    One that is too large comes one byte too long and is refused by its reader.
    """
    if not PurePosixPath(name).name or may_be_sidecar(name):
        return []
    found, kinds = [], set()
    for sidecar in names(name) if there is None else there:
        label = _format_of(sidecar, name)
        if label is not None and (data := _opened(sidecar, siblings)) is not None:
            kinds.add(label)
            found.append(Beside(data, FORMATS[label].read, name))
    folder = PurePosixPath(name)
    for each in FORMATS.values():
        beside_it = [str(folder.with_name(one)) for one in each.in_folder if not each.after or each.after in kinds]
        opened = (_opened(one, siblings) for one in beside_it)
        found += [Beside(data, each.read, name) for data in opened if data is not None]
    return found


def _opened(name: str, siblings: Siblings) -> bytes | None:
    file = siblings(name)
    if file is None:
        return None
    with file:
        return file.read(MAX_BLOCK + 1)

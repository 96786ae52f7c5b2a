"""Sidecars beside a file: `x.xmp` (Adobe) and `x.jpg.xmp` (digiKam, darktable), or in capitals, and `.picasa.ini`.

All of them may exist. Others that `describes` knows (`x.Xmp`, darktable's duplicates `x_01.jpg.xmp`) are not opened: who
can list a folder says that they are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from dam_tagging.metadata import picasa
from dam_tagging.metadata.blocks import MAX_BLOCK

ENDINGS = (".xmp", ".XMP")
_DUPLICATE = re.compile(r"(?<=[^/])_[0-9]{2,4}(?=\.[^./]*$)")

Siblings = Callable[[str], BinaryIO | None]


def no_siblings(_name: str) -> None:
    """Answer that there is no file beside this one."""


def names(name: str) -> tuple[str, ...]:
    """Return the names a sidecar of `name` may have, in the form of `name` (a key keeps its folders)."""
    path = PurePosixPath(name)
    if not path.name or path.suffix.casefold() == ".xmp" or path.name in picasa.NAMES_OF_FILE:
        return ()
    return tuple(dict.fromkeys(f"{stem}{ending}" for ending in ENDINGS for stem in (path.with_suffix(""), name)))


def is_sidecar(name: str) -> bool:
    """Whether a name or key is a sidecar's, of one file or of a whole folder."""
    return name.casefold().endswith(".xmp") or is_of_a_folder(name)


def is_of_a_folder(name: str) -> bool:
    """Whether a name or key is that of a file which speaks of everything in its folder."""
    return name.rpartition("/")[2] in picasa.NAMES_OF_FILE


def describes(sidecar: str, name: str) -> bool:
    """Whether an XMP sidecar is of the file `name` by any program's habit, capitals aside; both are names or keys."""
    if not sidecar.casefold().endswith(".xmp"):
        return False
    own, whole = sidecar[: -len(".xmp")].casefold(), name.casefold()
    return own in {whole, stem(whole)} or _DUPLICATE.sub("", own) == whole


def stem(name: str) -> str:
    """Return a name or key without its last ending."""
    dot = name.rfind(".")
    return name[:dot] if dot > name.rfind("/") + 1 else name


def common_start(sidecar: str) -> str:
    """Return what the name of every file begins with that a sidecar describes."""
    own = stem(sidecar)
    number = _DUPLICATE.search(own)
    return own[: number.start()] if number else stem(own)


def packets(name: str, siblings: Siblings) -> list[bytes]:
    """Return what lies beside a file as XMP packets, the folder's Picasa files by what they say of this file.

    One that is too large comes one byte too long and is refused as a packet.
    """
    own = names(name)
    found = [packet for sidecar in own if (packet := _read(sidecar, siblings)) is not None]
    path = PurePosixPath(name)
    for of_folder in picasa.NAMES_OF_FILE if own else ():
        ini = _read(str(path.with_name(of_folder)), siblings)
        if ini is not None:
            of_this = picasa.packet(ini, path.name) if len(ini) <= MAX_BLOCK else ini
            found += [of_this] if of_this is not None else []
    return found


def _read(name: str, siblings: Siblings) -> bytes | None:
    file = siblings(name)
    if file is None:
        return None
    with file:
        return file.read(MAX_BLOCK + 1)

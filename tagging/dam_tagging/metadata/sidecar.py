"""XMP sidecars beside a file: `x.xmp` (Adobe) and `x.jpg.xmp` (digiKam, darktable), or in capitals. All may exist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from dam_tagging.metadata.blocks import MAX_BLOCK

ENDINGS = (".xmp", ".XMP")
Siblings = Callable[[str], BinaryIO | None]


def no_siblings(_name: str) -> None:
    """Answer that there is no file beside this one."""


def names(name: str) -> tuple[str, ...]:
    """Return the names a sidecar of `name` may have, in the form of `name` (a key keeps its folders)."""
    path = PurePosixPath(name)
    if not path.name or path.suffix.casefold() == ".xmp":
        return ()
    return tuple(dict.fromkeys(f"{stem}{ending}" for ending in ENDINGS for stem in (path.with_suffix(""), name)))


def packets(name: str, siblings: Siblings) -> list[bytes]:
    """Return the sidecars that exist; one that is too large comes one byte too long and is refused as a packet."""
    found = []
    for sidecar in names(name):
        file = siblings(sidecar)
        if file is not None:
            with file:
                found.append(file.read(MAX_BLOCK + 1))
    return found

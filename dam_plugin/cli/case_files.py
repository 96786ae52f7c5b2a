"""The case files under a path: which files of a folder are cases, and what is passed over. Opens none of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dam_plugin.cli.cases import JSON_LINES
from dam_plugin.errors import InputError

CASE_FILES = (".yaml", ".yml", ".json", *JSON_LINES)
# How many links to folders one sentence names.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Case files, and the links to folders beside them that were not followed; both sorted."""

    files: tuple[Path, ...]
    linked_folders: tuple[Path, ...] = ()


def cases_under(path: Path) -> Found:
    """Return a file, or the case files of a folder and of the folders in it.

    Linked files are among them. Links to folders are not followed, for they may lead in a circle; hidden files and
    folders are left out without a word. Raises InputError where there is no case file.
    """
    if not path.is_dir():
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder; name a case file, or a folder of them")
        return Found((path,))
    found: list[Path] = []
    linked: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [each for each in folders if not each.startswith(".")]
        linked += [link for each in folders if (link := Path(folder, each)).is_symlink()]
        files = (Path(folder, name) for name in names if not name.startswith("."))
        found += [file for file in files if file.suffix.lower() in CASE_FILES and _can_be_read(file)]
    linked.sort()
    if not found:
        named = ", ".join(map(str, linked[:NAMED])) + (", …" if len(linked) > NAMED else "")
        others = f"; links to folders are passed over, name them: {named}" if linked else ""
        raise InputError(f"{path}: no case file ({', '.join(CASE_FILES)}) is in this folder{others}")
    return Found(tuple(sorted(found)), tuple(linked))


def _refuse(error: OSError) -> None:
    raise error


def _can_be_read(file: Path) -> bool:
    # A link to nothing is told when it is opened; a pipe or a device would be waited for without end.
    return file.is_file() or not file.exists()

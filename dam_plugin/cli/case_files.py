"""Finds the case files in a folder by the endings of their names: `cases_under`. It opens none of them.

A case is one question to the procedure, written in YAML or JSON. `procedure/read_cases.py` reads the files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dam_plugin.cli.cases import JSON_LINES
from dam_plugin.errors import InputError

CASE_FILES = (".yaml", ".yml", ".json", *JSON_LINES)
# How many links to folders the error names.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Case files, and the links to folders beside them that were not followed; both sorted."""

    files: tuple[Path, ...]
    linked_folders: tuple[Path, ...] = ()


def cases_under(path: Path) -> Found:
    """Return the file itself, or the case files of a folder and of the folders in it.

    Links to files count as files. Links to folders are not followed, since they may lead in a circle; they are returned
    beside the files. Hidden files and folders are left out and not reported. Raises InputError if there is no case file.
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
    # A broken link stays in: opening it reports the fault. A pipe or a device stays out: reading it might never end.
    return file.is_file() or not file.exists()

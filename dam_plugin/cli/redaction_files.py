"""The files of `redact` and `prove`: what may be read and where may be written, and how a copy gets there whole."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from dam_plugin.cli.redaction_order import has_times
from dam_plugin.errors import InputError
from dam_plugin.redaction.model import Order

SHEETS = (".png", ".jpg", ".jpeg")


def check_paths(source: Path, out: Path, sheet: Path | None) -> None:
    """Raise InputError unless IN is a file, and OUT and the sheet can be written without harm to another."""
    check_file(source)
    _check_target(out, "--out")
    if _same(source, out):
        raise InputError(f"{named(out)} is the recording itself: give --out another name")
    if sheet is None:
        return
    _check_target(sheet, "--sheet")
    if sheet.suffix.lower() not in SHEETS:
        raise InputError(f"{named(sheet)} is named neither .png nor .jpg: give --sheet such a name")
    if _same(source, sheet) or _same(out, sheet) or sheet.resolve() == out.resolve():
        raise InputError(f"{named(sheet)} is the recording or the copy itself: give --sheet another name")


def check_file(path: Path) -> None:
    """Raise InputError for what is no file, and OSError for one that cannot be read."""
    # A pipe or a device would be waited for without end.
    if not path.is_file():
        raise InputError(f"{named(path)} is no file; name one that can be read")
    with path.open("rb"):
        pass


def named(path: Path) -> str:
    """Return a path as a message tells it."""
    return f"{str(path)!a}"


def check_kind(source: Path, order: Order, *, has_sheet: bool = False) -> None:
    """Raise InputError where something is asked of a picture, or of sound, that only a video has."""
    from dam_plugin.redaction.formats import HEAD, media_type_of

    with source.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    if media_type.startswith("image/") and has_times(order):
        raise InputError(
            f"{named(source)} is a picture, which has no times: leave out --interval, --track, --still and @"
        )
    if media_type.startswith("audio/") and any(person.regions or person.timed for person in order.hide):
        raise InputError(f"{named(source)} holds sound alone: hide by --interval, without --box and --track")
    if media_type.startswith("audio/") and has_sheet:
        raise InputError(f"{named(source)} holds sound alone: leave --sheet out")


def put(copy: Path, out: Path) -> None:
    """Put the copy where it was wanted, whole or not at all; what stood there is replaced."""
    beside = out.with_name(f".dam-plugin-{secrets.token_hex(8)}")
    # Unlike the copy, which nobody else could read, it is as readable as the umask allows.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file, copy.open("rb") as made:
            shutil.copyfileobj(made, file)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _check_target(path: Path, option: str) -> None:
    if path.is_dir() or not path.name:
        raise InputError(f"{named(path)} is a folder: give {option} the name of a file in it")
    if path.exists() and not path.is_file():
        raise InputError(f"{named(path)} is no ordinary file: give {option} another name")
    if not path.parent.is_dir():
        raise InputError(f"{named(path.parent)} is no folder: make it first, or give {option} another name")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)

"""The files of `redact` and `prove`: what may be read and where may be written, and how a file gets there whole."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import typer

from dam_plugin.cli.output import printable
from dam_plugin.cli.redaction_order import has_times
from dam_plugin.errors import CannotRedact, InputError
from dam_plugin.redaction.model import Order

SHEETS = (".png", ".jpg", ".jpeg")
_ALSO = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".m4v": ".mp4", ".wave": ".wav"}
"""Suffixes that say the same as another."""
_NO_TIMES = "is a picture, which has no times: leave out --interval, --track, --still, START-END and @"


def check_paths(source: Path, out: Path, sheet: Path | None) -> None:
    """Raise InputError unless IN is a file, and OUT and the sheet can be written without harm to another."""
    check_file(source)
    _check_target(out, "--out")
    if _same(source, out):
        raise InputError(f"{named(out)} is IN itself: give --out another name")
    if sheet is None:
        return
    _check_target(sheet, "--sheet")
    if sheet.suffix.lower() not in SHEETS:
        raise InputError(f"{named(sheet)} is named neither .png nor .jpg: give --sheet such a name")
    if _same(source, sheet) or _same(out, sheet) or sheet.resolve() == out.resolve():
        raise InputError(f"{named(sheet)} is IN or OUT itself: give --sheet another name")


def check_file(path: Path) -> None:
    """Raise InputError for what is no file that can be read."""
    try:
        # A pipe or a device would be waited for without end.
        if not path.is_file():
            raise InputError(f"{named(path)} is no file; name one that can be read")
        with path.open("rb"):
            pass
    except OSError as error:
        told = f"{named(path)} cannot be read ({_why(error)}): have it made readable for you, or name another"
        raise InputError(told) from error


def named(path: Path) -> str:
    """Return a path as a message tells it."""
    return f"{str(path)!r}"


def check_kind(source: Path, order: Order, *, has_sheet: bool = False) -> None:
    """Raise CannotRedact where something is asked of a picture, of sound or of a video that it cannot have."""
    from dam_plugin.redaction.allowed_metadata import carries
    from dam_plugin.redaction.formats import FORMATS, HEAD, media_type_of

    with source.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    if media_type.startswith("image/") and has_times(order):
        raise CannotRedact(f"{named(source)} {_NO_TIMES}")
    if media_type.startswith("audio/") and any(person.regions or person.timed for person in order.hide):
        raise CannotRedact(f"{named(source)} holds sound alone: hide by --interval, without --box and --track")
    if media_type.startswith("audio/") and has_sheet:
        raise CannotRedact(f"{named(source)} holds sound alone: leave --sheet out")
    kind = FORMATS.get(media_type)
    is_told = order.notice is not None and order.still is None
    if is_told and kind is not None and kind.way == "recording" and not carries(kind.copy_type):
        raise CannotRedact(
            f"{named(source)} is {kind.name}, whose copy carries no notice: leave --notice out, and send it along"
        )


def misnamed(out: Path, suffix: str) -> str | None:
    """Return what to say of OUT's name, where it promises another format than that of `suffix`."""
    given = out.suffix.lower()
    if not given or _ALSO.get(given, given) == suffix:
        return None
    return f"{named(out)} is named {given}, but the copy is of the kind named {suffix}: rename it, so that it opens everywhere"


def put(copy: Path, out: Path) -> None:
    """Put the copy where it was wanted, whole or not at all; what stood there is replaced."""
    # Unlike the copy, which nobody else could read, it is as readable as the umask allows.
    with copy.open("rb") as made, whole(out, 0o666, "--out") as file:
        shutil.copyfileobj(made, file)


@contextmanager
def whole(path: Path, mode: int, option: str) -> Iterator[BinaryIO]:
    """Yield a file of `mode` that takes the place of what is at `path` once it is whole; raises InputError."""
    beside = path.with_name(f".dam-plugin-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        told = f"{named(path)} cannot be written ({_why(error)}): give {option} a place where there is room and you may write"
        raise InputError(told) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def printed(out: Path) -> Iterator[None]:
    """Print what there is to say of OUT; where nobody takes it, say so elsewhere, for OUT is there all the same."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        told = (
            f"{named(out)} is written and proven, but what there is to say of it could not be printed ({_why(error)})"
        )
        typer.echo(printable(f"dam-plugin: {told}"), err=True)
        # The interpreter must not try again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from error


def _why(error: OSError) -> str:
    return (error.strerror or "the system refused").lower()


def _check_target(path: Path, option: str) -> None:
    if str(path) == "-":
        raise InputError(f"nothing is written to standard output: give {option} the name of a file")
    try:
        if path.is_dir() or not path.name:
            raise InputError(f"{named(path)} is a folder: give {option} the name of a file in it")
        if path.exists() and not path.is_file():
            raise InputError(f"{named(path)} is no ordinary file: give {option} another name")
        if not path.parent.is_dir():
            raise InputError(f"{named(path.parent)} is no folder: make it first, or give {option} another name")
    except OSError as error:
        raise InputError(f"{named(path)} cannot be written ({_why(error)}): give {option} another name") from error


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)

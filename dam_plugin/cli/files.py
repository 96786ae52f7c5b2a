"""Helpers for the files of commands: check a file to read, write one in full or not at all, fill an HTML template.

A file that cannot be read or written raises InputError.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import InputError
from dam_plugin.private_files import write_private


def named(path: Path) -> str:
    """Return a path in quotes, for a message."""
    return f"{str(path)!r}"


def why(error: OSError) -> str:
    """Return the system's text for an error in lower case, for a message."""
    return (error.strerror or "the system refused").lower()


def check_file(path: Path) -> None:
    """Raise InputError if a path is not a file that can be read."""
    try:
        # Reading a pipe or a device might never end.
        if not path.is_file():
            raise InputError(f"{named(path)} is no file; name one that can be read")
        with path.open("rb"):
            pass
    except OSError as error:
        message = f"{named(path)} cannot be read ({why(error)}): have it made readable for you, or name another"
        raise InputError(message) from error


@contextmanager
def whole(path: Path, mode: int, option: str) -> Iterator[BinaryIO]:
    """Yield a file to write to, with `mode`; once it is complete, it replaces the one at `path`.

    Raises InputError if it cannot be written; the message names the command's `option` for the path.
    """
    beside = path.with_name(f".dam-plugin-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        message = f"{named(path)} cannot be written ({why(error)}): give {option} a place where there is room and you may write"
        raise InputError(message) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_for_owner(path: Path, text: str) -> None:
    """Write a text to a file that only its owner may read. Raises InputError if it cannot be written."""
    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {(error.strerror or 'refused').lower()}") from error


def page_of(template: str, **values: object) -> str:
    """Return the HTML page that a template of `templates/` makes of the values; markup in a value is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=PackageLoader("dam_plugin.cli"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    return templates.get_template(template).render(**values)

"""Files that commands read and write: what may be read, and how a file is put at its place whole or not at all."""

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
    """Return a path as a message tells it."""
    return f"{str(path)!r}"


def why(error: OSError) -> str:
    """Return what the system says of an error, as a message tells it."""
    return (error.strerror or "the system refused").lower()


def check_file(path: Path) -> None:
    """Raise InputError where a path is not a file that can be read."""
    try:
        # A pipe or a device would be waited for without end.
        if not path.is_file():
            raise InputError(f"{named(path)} is no file; name one that can be read")
        with path.open("rb"):
            pass
    except OSError as error:
        message = f"{named(path)} cannot be read ({why(error)}): have it made readable for you, or name another"
        raise InputError(message) from error


@contextmanager
def whole(path: Path, mode: int, option: str) -> Iterator[BinaryIO]:
    """Yield a file with `mode` that replaces the one at `path` once it is written in whole. Raises InputError."""
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
    """Write a text that its owner alone may read. Raises InputError where it cannot be written."""
    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {(error.strerror or 'refused').lower()}") from error


def page_of(template: str, **values: object) -> str:
    """Return a page by a template of `templates/`; what people wrote stands on it as text, not as markup."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=PackageLoader("dam_plugin.cli"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    return templates.get_template(template).render(**values)

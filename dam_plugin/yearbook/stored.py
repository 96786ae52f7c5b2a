"""A set that is there, to be read: a file, or an object of which only what is read is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import AssetMissing, InputError
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.keys import exported
from dam_plugin.library.s3 import Library

# For the directory and the blocks at the ends of entries, which are fetched more than once.
BESIDES = 4 * 1024 * 1024


def opened(library: Library | None, where: str) -> BinaryIO:
    """Return a set to be read, seekable: the object of that key, or without a library the file of that name.

    Of an object, twice its size is fetched at most. Raises InputError where there is no set or none that can be read.
    """
    if library is None:
        return _opened_file(Path(where))
    try:
        head = library.head(exported(where))
    except BucketMissing:
        raise
    except AssetMissing:
        raise InputError("no set is in the bucket under this key: look it up with `dam-plugin export sets`") from None
    budget = 2 * head.size + BESIDES
    return library.open(where, version_id=head.version_id, etag=head.etag, size=head.size, budget=budget)


def _opened_file(path: Path) -> BinaryIO:
    # A pipe would keep whoever opens it waiting, and cannot be read from its end.
    if not path.is_file():
        raise InputError("no set is in a file of this name: check the path")
    try:
        return path.open("rb")
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise InputError(f"the file of the set cannot be read ({why}): check who may read it") from None

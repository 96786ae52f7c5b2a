"""Fetching a whole object into a file, chunk by chunk: a recording may be larger than memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from dam_plugin.errors import StorageError
from dam_plugin.private_files import on_disk

CHUNK = 256 * 1024
# On Windows a file is opened as text unless this is said.
_BINARY = getattr(os, "O_BINARY", 0)
_REFUSES = "the temporary folder does not take the file"


def write(chunks: Iterable[bytes], path: Path, size: int) -> str:
    """Write what comes into a new file that its owner alone may read, and return its sha256.

    Raises StorageError where the disk takes no more, or where it were not `size` bytes; what the chunks raise, rises. A
    file that was begun stays: the folder is the caller's.
    """
    digest, count = hashlib.sha256(), 0
    with on_disk(_REFUSES):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            count += len(chunk)
            with on_disk(_REFUSES):
                file.write(chunk)
        with on_disk(_REFUSES):
            file.flush()
    if count != size:
        raise StorageError("the object storage sent another number of bytes than it announced")
    return digest.hexdigest()

"""Putting a file into the bucket, as any other tool would; the bucket's event, or whoever uploads it, has it tagged."""

from __future__ import annotations

import mimetypes
from typing import BinaryIO

from dam_plugin.library.object_keys import uploadable
from dam_plugin.library.s3 import Head
from dam_plugin.library.upload import Progress
from dam_plugin.services import Services


def key_for(folder: str, name: str) -> str:
    """Return the key of a new file in a folder ("" is the top). Raises InputError if a new object must not have this name."""
    folder = folder.strip("/")
    return uploadable(f"{folder}/{name}" if folder else name)


def upload(services: Services, key: str, body: BinaryIO, *, progress: Progress | None = None) -> Head:
    """Store a file under a key as one new version, by the media type of its name. Raises StorageError."""
    media_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
    return services.library.put(key, body, media_type=media_type, progress=progress)

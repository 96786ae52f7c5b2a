"""What lies beside a recording in the bucket and may say something of it, by name and ETag. Reads none of it."""

from __future__ import annotations

from collections.abc import Iterable

from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import Library
from dam_tagging.metadata.sidecars import sidecar


def sidecars_beside(library: Library, key: str) -> tuple[tuple[str, str], ...]:
    """Return name and ETag of everything in the bucket that may say something of a recording, beside it and of its folder.

    The folder's own are asked for by their names. Raises StorageError.
    """
    listed = {each.key: each.etag for start in sidecar.starts(key) for each in library.list(start)}
    for name in sidecar.of_folder(key, listed):
        listed.update({each.key: each.etag for each in library.list(name) if each.key == name})
    return seen_beside(key, listed.items())


def seen_beside(key: str, listed: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return those of what a listing shows (key and ETag) that may say something of a recording, in order."""
    etags = {name: etag for name, etag in listed if not is_ours(name)}
    there = (*sidecar.chosen(key, etags), *sidecar.of_folder(key, etags))
    return tuple(sorted((name, etags[name]) for name in there if name in etags))

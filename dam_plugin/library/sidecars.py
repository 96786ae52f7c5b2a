"""The objects beside a recording in the bucket that may describe it, by name and ETag. It reads no sidecar."""

from __future__ import annotations

from collections.abc import Iterable

from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import Library
from dam_tagging.metadata.sidecars import sidecar

Sidecars = tuple[tuple[str, str], ...]
"""Names and ETags of the files that may describe a recording, in order."""


def sidecars_beside(library: Library, key: str) -> Sidecars:
    """Return name and ETag of every object that may describe a recording: beside it, or for its whole folder.

    Objects for the whole folder are looked up by their names, which costs less than to list it. Raises StorageError.
    """
    listed = {each.key: each.etag for start in sidecar.starts(key) for each in library.list(start)}
    for name in sidecar.of_folder(key, listed):
        if (etag := library.etag(name)) is not None:
            listed[name] = etag
    return seen_beside(key, listed.items())


def seen_beside(key: str, listed: Iterable[tuple[str, str]]) -> Sidecars:
    """Return those entries of a listing (key and ETag) that may describe a recording, in order."""
    etags = {name: etag for name, etag in listed if not is_ours(name)}
    there = (*sidecar.chosen(key, etags), *sidecar.of_folder(key, etags))
    return tuple(sorted((name, etags[name]) for name in there if name in etags))

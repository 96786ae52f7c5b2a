"""Where a set goes: a file, or a key under `exports/` in the plugin's bucket; and the lists that stay beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import AssetMissing, InputError
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.keys import exported
from dam_plugin.library.s3 import Library
from dam_plugin.library.stream import UploadGone
from dam_plugin.yearbook import stored
from dam_plugin.yearbook.bucket_sink import BucketSink
from dam_plugin.yearbook.sinks import PART_SUFFIX, FileSink, Sink

EXCLUSIONS = ".exclusions.json"
SCHEME = "s3://"
_BUCKET_PLACE = re.compile(r"s3://([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Target:
    """One place for one set: `where` is a file's path, or a key where there is a `library`; `name` tells it from others."""

    where: str
    name: str
    library: Library | None = field(default=None, repr=False)

    def exclusions(self, set_id: str) -> Path:
        """Return where the list of what a set leaves out goes: beside its file, of one in the bucket into this folder."""
        path = Path(self.where)
        if self.library is None:
            return path.with_name(f"{path.stem}{EXCLUSIONS}")
        # Keys of several folders may end alike.
        return Path(f"{path.stem}-{set_id}{EXCLUSIONS}")

    def is_begun(self) -> bool:
        """Whether an unfinished set may be in this place; of an upload only the bucket knows."""
        return self.library is not None or os.path.lexists(f"{self.where}{PART_SUFFIX}")

    def check_free(self) -> None:
        """Raise InputError where something is in the way, before anything is decided."""
        if self.library is not None:
            if self.is_there():
                raise InputError("a set of this key is in the bucket: choose another key")
            return
        path = Path(self.where)
        if not path.parent.is_dir():
            raise InputError(f"'{path.parent}' is no folder: make it first, or name another with --out")
        if path.suffix.casefold() != ".zip":
            raise InputError("a set is a ZIP archive: give --out a name that ends with .zip")
        if os.path.lexists(path):
            raise InputError(f"'{path}' is there already, and a set is never overwritten: name another file with --out")

    def is_there(self) -> bool:
        """Whether a whole set is in this place."""
        if self.library is None:
            return os.path.lexists(self.where)
        try:
            self.library.head(exported(self.where))
        except BucketMissing:
            raise
        except AssetMissing:
            return False
        return True

    def begun(self) -> Sink:
        """Begin to write. Raises InputError where another export is at work here, or one broke off."""
        if self.library is None:
            return FileSink(Path(self.where))
        return BucketSink.begun(self.library, self.where)

    def resumed(self, upload: str | None, at: int) -> Sink:
        """Go on behind the first `at` bytes. Raises InputError, StorageError where these are not there any more."""
        if self.library is None:
            return FileSink(Path(self.where), at=at)
        if upload is None:
            return BucketSink.begun(self.library, self.where)
        return BucketSink.resumed(self.library, self.where, upload, at)

    def forget(self, uploads: Iterable[str]) -> None:
        """Throw away what sets that broke off left in this place: the unfinished file, or these uploads.

        Raises InputError where another export is at work on it.
        """
        if self.library is None:
            if os.path.lexists(f"{self.where}{PART_SUFFIX}"):
                with closing(FileSink(Path(self.where), at=0)) as left:
                    left.abort()
            return
        for upload in uploads:
            with suppress(UploadGone):
                BucketSink.resumed(self.library, self.where, upload, 0).abort()

    def opened(self) -> BinaryIO:
        """Open the set for reading, seekable. Raises InputError where there is none."""
        return stored.opened(self.library, self.where)


def target_of(text: str, library: Library | None) -> Target:
    """Return the target that is written as a path, or as `s3://BUCKET/exports/NAME.zip`.

    `library` is the plugin's, whose bucket alone is taken; without it only files are. Raises InputError.
    """
    if not text.startswith(SCHEME):
        # The path as it is on this machine: from another folder, or by a link to its own, it is the same place.
        path = Path(text)
        return Target(text, f"file:{Path(os.path.realpath(path.parent), path.name)}")
    found = _BUCKET_PLACE.fullmatch(text)
    if found is None or library is None or found[1] != library.bucket:
        raise InputError("a set goes into the plugin's own bucket alone: write s3://BUCKET/exports/NAME.zip")
    return Target(exported(found[2]), text, library)

"""The place of a set: a file, or a key under `exports/` in the plugin's bucket; and how the set is read back from there.

While it is made, a set is a draft: a private file on this machine that `zip_file.py` writes to. Only a whole draft is
put into its place.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from dam_plugin.errors import AssetMissing, InputError, SetRefused
from dam_plugin.library.object_keys import SCHEME, bucket_place, exported
from dam_plugin.library.s3 import Library
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.library.tags import RELEASE
from dam_plugin.private_files import on_disk, workroom

if sys.platform != "win32":
    import fcntl

EXCLUSIONS = ".exclusions.json"
PART_SUFFIX = ".part"
MEDIA_TYPE = "application/zip"
HOLD = {RELEASE: "hold"}
REFUSES = "the disk does not take the set"
TAKEN = "a set of this key is in the bucket: choose another key"

# The directory and the blocks at the ends of entries are fetched more than once.
_FETCHED_TWICE = 4 * 1024 * 1024
# On Windows a file is opened as text unless this is said; links cannot be told from files there by a flag.
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Draft(Protocol):
    """A set while it is made. `close` deletes it, unless it was whole and could not be put into its place."""

    file: BinaryIO
    """The file of the archive: private, seekable, and empty at first."""
    remedy: str
    """The remedy in the message if the disk does not take the set."""

    def commit(self) -> None:
        """Put the whole draft into its place. Raises InputError if another file has appeared there, StorageError."""

    def close(self) -> None:
        """Close the file; does nothing after a `commit`."""


@dataclass(frozen=True, slots=True)
class Target:
    """One place for one set: `where` is a file's path, or a key where there is a `library`; `name` tells it from others."""

    where: str
    name: str
    library: Library | None = field(default=None, repr=False)

    def exclusions(self, set_id: str) -> Path:
        """Return the place for the list of omissions: beside the set's file; for a set in the bucket, in this folder."""
        path = Path(self.where)
        if self.library is None:
            return path.with_name(f"{path.stem}{EXCLUSIONS}")
        # Keys of several folders may have the same ending.
        return Path(f"{path.stem}-{set_id}{EXCLUSIONS}")

    def is_begun(self) -> bool:
        """Whether an unfinished set may be in this place; an unfinished set for the bucket leaves nothing visible there."""
        return self.library is not None or os.path.lexists(f"{self.where}{PART_SUFFIX}")

    def check_free(self) -> None:
        """Raise InputError, before anything is decided, where another object or file occupies the place."""
        if self.library is not None:
            if self.is_there():
                raise SetRefused(TAKEN, "taken")
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
        return os.path.lexists(self.where) if self.library is None else _is_taken(self.library, self.where)

    def draft(self, *, resumes: bool = False) -> Draft:
        """Begin to write; `resumes`: in place of the leavings of a killed process.

        Raises InputError if another export is at work here, or (without `resumes`) one broke off.
        """
        if self.library is None:
            return FileDraft(Path(self.where), resumes=resumes)
        return BucketDraft(self.library, self.where)

    def forget(self) -> None:
        """Delete the unfinished file that a killed process left. Raises InputError if another export is at work on it."""
        if self.library is None and os.path.lexists(f"{self.where}{PART_SUFFIX}"):
            FileDraft(Path(self.where), resumes=True).close()

    def opened(self) -> BinaryIO:
        """Open the set for reading, seekable; of an object, only what is read is fetched, and twice its size at most.

        Raises InputError if there is no set, or none that can be read.
        """
        if self.library is None:
            return _opened_file(Path(self.where))
        try:
            head = self.library.head(exported(self.where))
        except BucketMissing:
            raise
        except AssetMissing:
            raise SetRefused(
                "no set is in the bucket under this key: look it up with `dam-plugin export sets`", "no-archive"
            ) from None
        budget = 2 * head.size + _FETCHED_TWICE
        return self.library.open(self.where, version_id=head.version_id, etag=head.etag, size=head.size, budget=budget)


def target_of(text: str, library: Library | None) -> Target:
    """Return the target for a path, or for `s3://BUCKET/exports/NAME.zip`.

    `library` is the plugin's; only its bucket is accepted. Without it only files are. Raises InputError.
    """
    if not text.startswith(SCHEME):
        # The absolute path on this machine: it stays the same from another folder, or by a link to its own.
        path = Path(text)
        return Target(text, f"file:{Path(os.path.realpath(path.parent), path.name)}")
    found = bucket_place(text)
    if found is None or library is None or found[0] != library.bucket:
        raise InputError("a set goes into the plugin's own bucket alone: write s3://BUCKET/exports/NAME.zip")
    return Target(exported(found[1]), text, library)


class FileDraft:
    """`SET.zip.part` beside the set's place: readable by its owner alone, and locked against a second export."""

    remedy = "free some space and go on with --resume, or choose another folder"

    def __init__(self, path: Path, *, resumes: bool = False) -> None:
        """Begin a draft of the file `path`; `resumes` empties the draft of a killed process.

        Raises InputError if the file exists, if an export of it was begun (without `resumes`) or is at work.
        """
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._is_whole = False
        self._check_free()
        descriptor = _opened_part(self._part, is_new=not resumes)
        try:
            _lock(descriptor, self._part)
            if resumes:
                _empty(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def commit(self) -> None:
        """Give the whole file its name, once it is on the disk. Where that fails, it keeps the name of the draft."""
        self._is_whole = True
        with on_disk(REFUSES, self.remedy):
            self.file.flush()
            os.fsync(self.file.fileno())
        # No other export writes to this name: the lock is held.
        self._check_free()
        with on_disk(REFUSES, self.remedy):
            if sys.platform == "win32":
                # An open file cannot be renamed there.
                self.file.close()
            self._part.replace(self._path)
            _sync_folder(self._path.parent)
        self.file.close()

    def close(self) -> None:
        """Delete a draft that is not whole, and close the file."""
        # Buffered data that does not fit on the disk is of no use any more.
        with suppress(OSError):
            if self.file.closed:
                return
            if not self._is_whole and sys.platform != "win32":
                # While it is locked: no other export has begun there.
                self._part.unlink(missing_ok=True)
        with suppress(OSError):
            self.file.close()
        if not self._is_whole and sys.platform == "win32":
            with suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _check_free(self) -> None:
        if os.path.lexists(self._path):
            raise InputError("there is a file of this name: choose another one, or say that it is to be replaced")


class BucketDraft:
    """A file in a private temporary folder, sent to the bucket once it is whole: an object under `exports/`, on hold.

    The bucket does not prevent a second export to the same key; the record of sets does.
    """

    remedy = "free some space in the temporary folder, or set TMPDIR, and go on with --resume"

    def __init__(self, library: Library, key: str) -> None:
        """Begin a draft of an object. Raises InputError for a key that is not under `exports/`, or that is taken."""
        self._library = library
        self._key = exported(key)
        self._check_free()
        with ExitStack() as stack:
            room = stack.enter_context(workroom())
            with on_disk(REFUSES, self.remedy):
                self.file: BinaryIO = stack.enter_context((room / "set.zip").open("x+b"))
            self._held = stack.pop_all()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the file."""
        self.close()

    def commit(self) -> None:
        """Send the whole file; the object exists only when it is complete."""
        self._check_free()
        with on_disk(REFUSES, self.remedy):
            self.file.seek(0)
            self._library.put_file(self._key, self.file, media_type=MEDIA_TYPE, tags=HOLD)
        # Ceph's gateway drops the tags of a multipart upload, at least without a cluster. Only the plugin reads an
        # object without tags.
        self._library.write_tags(self._key, None, HOLD)

    def close(self) -> None:
        """Delete the file."""
        # Buffered data that does not fit on the disk is of no use any more.
        with suppress(OSError):
            self._held.close()

    def _check_free(self) -> None:
        if _is_taken(self._library, self._key):
            raise SetRefused(f"{TAKEN}, or say that it is to be replaced", "taken")


def _is_taken(library: Library, key: str) -> bool:
    try:
        library.head(exported(key))
    except BucketMissing:
        raise
    except AssetMissing:
        return False
    return True


def _opened_file(path: Path) -> BinaryIO:
    # A pipe would keep its reader waiting, and cannot be read from its end.
    if not path.is_file():
        raise SetRefused("no set is in a file of this name: check the path", "no-archive")
    try:
        return path.open("rb")
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise SetRefused(f"the file of the set cannot be read ({why}): check who may read it", "no-archive") from None


def _opened_part(part: Path, *, is_new: bool) -> int:
    try:
        return os.open(part, _FLAGS | os.O_CREAT | (os.O_EXCL if is_new else 0), 0o600)
    except FileExistsError:
        raise InputError(
            f"a set was begun in this file and broke off: go on with --resume, or delete the file that ends in {PART_SUFFIX}"
        ) from None
    except OSError as error:
        why = (error.strerror or "refused").lower()
        what = "the folder does not take the set" if is_new else "the set that broke off cannot be gone on with"
        raise InputError(f"{what} ({why}): choose another folder, or export it anew") from None


def _empty(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise InputError("the file of the set that broke off is not the one that was begun: export it anew")
    with on_disk(REFUSES, FileDraft.remedy):
        os.ftruncate(descriptor, 0)


def _lock(descriptor: int, part: Path) -> None:
    """Keep other processes from the file; the system releases it however this process ends."""
    if sys.platform == "win32":
        return
    in_use = InputError("another export is writing this file: wait for it, or choose another file")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The opened file may have been given its name, or deleted, before it was locked.
        if not os.path.samestat(os.fstat(descriptor), part.lstat()):
            raise in_use
    except (BlockingIOError, FileNotFoundError):
        raise in_use from None
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise InputError(f"the folder keeps no two exports from one file ({why}): choose another folder") from None


def _sync_folder(folder: Path) -> None:
    """Have the disk hold the file's new name, where the system supports this for folders."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

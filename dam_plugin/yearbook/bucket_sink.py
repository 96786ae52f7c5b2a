"""A set that goes straight into the bucket, in parts that end where an entry does, so that nothing of it lies on a disk."""

from __future__ import annotations

from typing import Self

from dam_plugin.errors import AssetMissing, InputError
from dam_plugin.library.faults import BucketMissing
from dam_plugin.library.keys import exported
from dam_plugin.library.s3 import Library
from dam_plugin.library.stream import Stream
from dam_plugin.library.tags import RELEASE
from dam_plugin.library.upload import Sent

MEDIA_TYPE = "application/zip"
HOLD = {RELEASE: "hold"}

MIB = 1024 * 1024
# A part is sent at the first end of an entry behind so many bytes: more and more of them, so that 10,000 parts suffice for
# 430 GiB; what memory holds grows with the bytes that were sent, by 8 MiB for each thousand parts.
PART_BYTES = 8 * MIB
PARTS_OF_A_SIZE = 1_000
# An entry so large is cut: memory holds no more of it.
MOST_HELD = 32 * MIB


class BucketSink:
    """An object under `exports/`, on hold: sent in parts that end where an entry does, and there once it is whole.

    Entries larger than MOST_HELD are cut, so that memory holds at most that and what is sent at once. One process at a
    time: the bucket does not keep a second one from an upload, the caller does.
    """

    def __init__(self, library: Library, key: str, stream: Stream, *, replace: bool = False) -> None:
        """Take what `begun` and `resumed` bring together."""
        self._library = library
        self._key = key
        self._stream = stream
        self._replace = replace
        self._held = bytearray()
        self._kept = stream.size
        self._sent: Sent | None = None

    @classmethod
    def begun(cls, library: Library, key: str, *, replace: bool = False) -> Self:
        """Begin an upload; `replace` lets a new version be put over a set of that key.

        Raises InputError for a key that is not under `exports/`, or that is taken.
        """
        if not replace:
            _check_free(library, key)
        stream = library.stream(exported(key), media_type=MEDIA_TYPE, tags=HOLD)
        return cls(library, key, stream, replace=replace)

    @classmethod
    def resumed(cls, library: Library, key: str, upload_id: str, at: int, *, replace: bool = False) -> Self:
        """Go on behind the first `at` bytes of an upload that broke off.

        Raises UploadGone where it is no more, StorageError where the bucket does not hold these bytes as parts.
        """
        return cls(library, key, library.resume_stream(exported(key), upload_id, at), replace=replace)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.close()

    @property
    def upload_id(self) -> str:
        """What the upload is resumed by."""
        return self._stream.id

    @property
    def sent(self) -> Sent | None:
        """The version, ETag and size of the whole object, once it is committed."""
        return self._sent

    @property
    def position(self) -> int:
        """How many bytes were written, in the bucket or still in memory."""
        return self._stream.size + len(self._held)

    @property
    def kept(self) -> int:
        """The end of the last entry up to which the bucket holds everything."""
        return self._kept

    def write(self, data: bytes) -> None:
        """Append bytes; in the middle of an entry they are sent only when they grow too many."""
        rest = memoryview(data)
        while rest:
            room = self._most - len(self._held)
            self._held += rest[:room]
            rest = rest[room:]
            if len(self._held) >= self._most:
                self._send()

    def boundary(self) -> int:
        """Send what is held where it is enough for a part; return what is kept."""
        if len(self._held) >= self._part:
            self._send()
        if not self._held:
            self._kept = self._stream.size
        return self._kept

    def commit(self) -> None:
        """Send the rest and complete the object."""
        if not self._replace:
            _check_free(self._library, self._key)
        if self._held:
            self._send()
        self._sent = self._stream.complete()
        # Ceph's gateway drops the tags of an upload in parts, without a cluster at least; what has none, nobody else reads.
        self._library.write_tags(self._key, self._sent.version_id, HOLD)
        self._kept = self._stream.size

    def abort(self) -> None:
        """Have the bucket forget the parts."""
        self._stream.abort()
        self.close()

    def close(self) -> None:
        """Forget what is held; the parts stay in the bucket."""
        self._held = bytearray()

    @property
    def _part(self) -> int:
        return PART_BYTES * (1 + self._stream.parts // PARTS_OF_A_SIZE)

    @property
    def _most(self) -> int:
        return max(MOST_HELD, self._part)

    def _send(self) -> None:
        self._stream.send(self._held)
        self._held = bytearray()


def _check_free(library: Library, key: str) -> None:
    """Raise InputError for a key that is not under `exports/`, or under which something is."""
    try:
        library.head(exported(key))
    except BucketMissing:
        raise
    except AssetMissing:
        return
    raise InputError("a set of this key is in the bucket: choose another key, or say that it is to be replaced")

"""The signed URL of a released copy: whether the original and the copy are unchanged, and the URL itself.

`published_copy.url_seconds` says how long it works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal
from weakref import WeakKeyDictionary

from dam_plugin.errors import AssetMissing, DamPluginError, StorageError
from dam_plugin.library.lookup_cache import LookupCache
from dam_plugin.library.s3 import Library
from dam_plugin.library.sidecars import sidecars_beside
from dam_plugin.library.storage_errors import BucketMissing
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import url_seconds
from dam_plugin.sharing.stale_tags import STALE

# Name and ETag of what lies beside a recording.
Sidecars = tuple[tuple[str, str], ...]

_RECENT: WeakKeyDictionary[Library, LookupCache] = WeakKeyDictionary()
_RECENT_LOCK = Lock()


class NotYet(StorageError):
    """The storage has not answered within the caller's patience; nothing was opened, counted or recorded."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the storage has not answered yet; nothing was opened, try again in a moment")


UrlRequestId = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """How a copy is opened: to read it, or (`head`) only to ask for its size and type."""

    release: Release
    head: bool = False

    @property
    def id(self) -> UrlRequestId:
        """The id of this way; it differs from that of the same copy before it moved to another key."""
        return self.release.id, self.release.key, self.head


@dataclass(frozen=True, slots=True)
class Url:
    """A URL signed by delivery, and for how many seconds it works."""

    url: str = field(repr=False)
    seconds: int


def urls_for(
    services: Services, ways: Collection[UrlRequest], patience: float | None = None
) -> dict[UrlRequestId, Url | DamPluginError | None]:
    """Return the URL of each way, by its id; None if the original was replaced or deleted, an error where that is unknown.

    Several are asked of the storage at once; the lookup cache remembers that both are there. A way whose answer takes
    longer than `patience` seconds (null: the storage's own limit) is NotYet. A HEAD shows only size and type: it waits no
    longer, and a failed look does not refuse it. A recording that waits to be tagged again is not opened meanwhile.
    """
    recent = _recent_of(services.library)
    with services.store.reading() as unit:
        beside = unit.assets.sidecars_of({way.release.source_key for way in ways})
        stale = unit.words.stale_among({way.release.source_key for way in ways if not way.head})
    looks = {what: look for way in ways for what, look in _looks(services.library, way.release, beside)}
    # All are asked for before anything waits for an answer.
    asked = {what: recent.ask(what, look) for what, look in looks.items()}
    if patience is not None:
        wait(asked.values(), patience)
    return {
        way.id: StorageError(STALE)
        if way.release.source_key in stale
        else _url(
            services.library,
            [asked[what] for what, _ in _looks(services.library, way.release, beside)],
            way,
            waits=patience is None,
        )
        for way in ways
    }


def _url(
    library: Library, looks: Sequence[Future[bool]], way: UrlRequest, *, waits: bool
) -> Url | DamPluginError | None:
    release = way.release
    try:
        if way.head:
            if any(map(_says_no, looks)):
                return None
        elif not waits and not all(look.done() for look in looks):
            return NotYet()
        elif not all(look.result() for look in looks):
            return None
        seconds = url_seconds(release)
        method: Literal["head", "get"] = "head" if way.head else "get"
        return Url(library.presign(release.key, release.version_id, seconds=seconds, method=method), seconds)
    except DamPluginError as error:
        return error


def _says_no(look: Future[bool]) -> bool:
    """Whether a look has ended with a no."""
    return look.done() and look.exception() is None and not look.result()


def _looks(
    library: Library, release: Release, beside: Mapping[str, Sidecars]
) -> Iterator[tuple[Hashable, Callable[[], bool]]]:
    """Yield the checks that the original, the files beside it and the copy are unchanged, each with its key in the cache."""
    source = ("source", release.source_key, release.source_version, release.source_etag)
    yield source, lambda: _is_unchanged(library, release)
    known = beside.get(release.source_key)
    if known is not None:
        yield ("beside", release.source_key, known), lambda: _is_read(library, release.source_key, known)
    yield ("copy", release.key, release.version_id), lambda: bool(library.head(release.key, release.version_id))


def _is_read(library: Library, key: str, known: Sidecars) -> bool:
    """Whether the files beside a recording are those that it was tagged with. Raises StorageError if they are not."""
    if sidecars_beside(library, key) != known:
        raise StorageError(
            "a file beside this recording came, changed or went, and is not read yet; try again in a moment"
        )
    return True


def _is_unchanged(library: Library, release: Release) -> bool:
    try:
        head = library.head(release.source_key)
    except BucketMissing:
        raise
    except AssetMissing:
        return False
    return (head.version_id, head.etag) == (release.source_version, release.source_etag)


def _recent_of(library: Library) -> LookupCache:
    with _RECENT_LOCK:
        return _RECENT.setdefault(library, LookupCache())

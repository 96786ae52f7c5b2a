"""Compares a listing of the bucket with what is kept, tags what differs, and forgets what is gone.

The library is read a page at a time, so that one of millions takes no more memory than one of hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from dam_plugin.intake.events import described_if_sidecar, forget_if_gone, is_asset, is_version, tag_newest
from dam_plugin.intake.looks import LACKING
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.library.listing import Listing, kept_on_disk
from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import Listed
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.services import Services
from dam_tagging.tag import TAGGER

PAGE = 1_000
AT_ONCE = 4

Tell = Callable[[int, int], None]
"""Hears how many of how many listed objects were compared."""
Due = Literal["new", "changed", "again", "kept"]
"""What a listed recording is: not kept, kept in another version, kept as of other sidecars or an earlier tagger, or kept."""


def nobody_told(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class How:
    """How a library is compared.

    `object_tags`: whether the tags of each kept object are looked at too, which takes a request for each. `at_once`: how
    many recordings are in work at a time.
    """

    object_tags: bool = True
    at_once: int = AT_ONCE


ALL = How()


@dataclass(frozen=True, slots=True)
class Compared:
    """Counts: recordings seen, tagged, and those that could not be."""

    seen: int = 0
    tagged: int = 0
    failed: int = 0

    def __add__(self, other: Compared) -> Compared:
        """Sum up."""
        return Compared(self.seen + other.seen, self.tagged + other.tagged, self.failed + other.failed)


def listed(services: Services) -> AbstractContextManager[Listing]:
    """List the bucket, without the plugin's own objects. Raises StorageError."""
    return kept_on_disk(each for each in services.library.list() if not is_ours(each.key))


def compare(services: Services, listing: Listing, how: How = ALL, tell: Tell = nobody_told) -> Compared:
    """Compare each listed recording with what is kept of it, and tag those that differ.

    Raises StorageUnreachable and StoreError: running it again does the rest.
    """
    found, done, total = Compared(), 0, listing.count()
    with ThreadPoolExecutor(how.at_once, thread_name_prefix="compare") as pool:
        for page in _pages(listing):
            recordings = [each for each in page if _is_recording(services, listing, each.key)]
            outcomes = list(pool.map(one_of_many, _works(services, listing, recordings, how)))
            found += Compared(len(recordings), outcomes.count(True), outcomes.count(None))
            done += len(page)
            tell(done, total)
    return found


def forget_missing(services: Services, listing: Listing) -> int:
    """Forget each kept recording that is not in the bucket any more; return how many."""
    behind, count = "", 0
    while True:
        with services.store.reading() as unit:
            page = unit.assets.current_page(behind, PAGE)
        if not page:
            return count
        # Each is looked for again: it may have been uploaded after its place in the listing had passed.
        count += sum(forget_if_gone(services, key) for key in listing.missing(key for _, key in page))
        behind = page[-1][0]


def _pages(listing: Listing) -> Iterator[list[Listed]]:
    behind = ""
    while page := listing.page(behind, PAGE):
        yield page
        behind = page[-1].key


def _is_recording(services: Services, listing: Listing, key: str) -> bool:
    """Whether a listed object is a recording; one that describes others is then no longer kept as one."""
    return is_asset(key) and described_if_sidecar(services, key, listing.under) is None


def _works(services: Services, listing: Listing, page: Sequence[Listed], how: How) -> Iterator[Callable[[], bool]]:
    """Yield what is to be done for each recording of a page; each returns whether it was tagged."""
    for each, due, asset_id in _due(services, listing, page):
        if due != "kept":
            yield partial(_tagged, services, each.key, again=due == "again")
        elif how.object_tags:
            yield partial(_written, services, asset_id)


def _due(services: Services, listing: Listing, page: Sequence[Listed]) -> Iterator[tuple[Listed, Due, str]]:
    """Yield what each recording of a page is, and the id of what is kept of it ("": nothing is)."""
    keys = [each.key for each in page]
    beside = listing.sidecars_of(keys)
    with services.store.reading() as unit:
        kept = unit.assets.kept_of(keys)
    for each in page:
        before = kept.get(each.key)
        if before is None:
            yield each, "new", ""
        elif not is_version(before, each.version_id, each.etag):
            yield each, "changed", before.id
        elif LACKING in before.findings or before.tagger < TAGGER or before.sidecars != beside.get(each.key, ()):
            yield each, "again", before.id
        else:
            yield each, "kept", before.id


def _tagged(services: Services, key: str, *, again: bool) -> bool:
    return tag_newest(services, key, again=again) is not None


def _written(services: Services, asset_id: str) -> bool:
    with services.store.reading() as unit:
        stored = unit.assets.by_id(asset_id)
    if stored is not None:
        write_object_tags(services, stored)
    return False

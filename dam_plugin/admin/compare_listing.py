"""Compares a listing of the bucket with what is kept, tags what differs, and forgets what is gone.

The library is read a page at a time, so that one of millions takes no more memory than one of hundreds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from dam_plugin.intake.events import (
    described_if_sidecar,
    forget_if_gone,
    is_asset,
    is_version,
    keep_no_longer,
    tag_newest,
)
from dam_plugin.intake.jobs import ALIVE, Step
from dam_plugin.intake.looks import LACKING
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.library.inventory import inventoried
from dam_plugin.library.listing import Listing, empty_listing
from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import Listed
from dam_plugin.library.sidecars import Sidecars
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.services import Services
from dam_plugin.store import KeptVersion
from dam_plugin.store.batches import batched
from dam_tagging.tag import TAGGER

PAGE = 1_000
AT_ONCE = 4
# Requests for tagging one recording, of a file that is read in two requests: its version, its bytes for metadata and whole,
# its tags before and after; its tags are written. Of an inventory, files for its folder and a listing of those beside it.
READINGS, WRITINGS = 6, 1
READINGS_BESIDE, LISTINGS_BESIDE = 3, 1
# Amazon S3 pricing, S3 Standard in us-east-1.
DOLLARS_A_READING, DOLLARS_A_WRITING = 0.0004 / 1000, 0.005 / 1000

Due = Literal["new", "changed", "again", "kept"]
"""What a listed recording is: not kept, kept in another version, kept as of other sidecars, by an earlier tagger or
by a former roster, or kept.
"""


@dataclass(frozen=True, slots=True)
class How:
    """How a library is compared.

    `object_tags`: whether the tags of each kept object are looked at too, which takes a request for each. `at_once`: how
    many recordings are in work at a time. `inventory`: the manifest of an S3 Inventory that is read in place of a listing.
    """

    object_tags: bool = True
    at_once: int = AT_ONCE
    inventory: str | None = None


ALL = How()


def listed_objects(services: Services, how: How) -> Iterator[Listed]:
    """Yield what is in the bucket, without the plugin's own objects. Raises StorageError, and InputError for an inventory."""
    library = services.library
    objects = library.list() if how.inventory is None else inventoried(how.inventory, library.bucket)
    return (each for each in objects if not is_ours(each.key))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What comparing would do: counts of recordings and sidecars, and of requests to the storage at most.

    `changed` are kept in another version or as of other sidecars; `readings` are requests such as GET and HEAD, `writings`
    such as PUT and LIST, which cost more; `dollars`, at Amazon's price.
    """

    new: int
    changed: int
    kept: int
    sidecars: int
    readings: int
    writings: int

    @property
    def dollars(self) -> float:
        """Return the price of the requests in US dollars, at Amazon's list price of S3 Standard in us-east-1."""
        return self.readings * DOLLARS_A_READING + self.writings * DOLLARS_A_WRITING


def estimate(services: Services, how: How = ALL) -> Estimate:
    """Say what comparing the library would do, and do none of it but list it."""
    counts, sidecars = Counter[str](), 0
    with empty_listing() as listing:
        for _ in fill(listing, listed_objects(services, how)):
            pass
        for page in _pages(listing, ""):
            recordings, _ = _parted(listing, page)
            sidecars += len(page) - len(recordings)
            counts.update(each.due for each in _compared(services, listing, recordings))
        # Of an inventory no page is listed.
        lists = 0 if how.inventory else listing.count() // PAGE + 1
    tagged = counts["new"] + counts["changed"] + counts["again"]
    looked_at = counts["kept"] if how.object_tags else 0
    return Estimate(
        new=counts["new"],
        changed=counts["changed"] + counts["again"],
        kept=counts["kept"],
        sidecars=sidecars,
        readings=tagged * (READINGS + (READINGS_BESIDE if how.inventory else 0)) + looked_at,
        writings=tagged * (WRITINGS + (LISTINGS_BESIDE if how.inventory else 0)) + lists,
    )


def fill(listing: Listing, objects: Iterable[Listed]) -> Iterator[Step]:
    """Read a listing, and say meanwhile that the work goes on."""
    for batch in batched(objects, PAGE):
        listing.add(batch)
        yield ALIVE


def compare(services: Services, listing: Listing, how: How, behind: str) -> Iterator[Step]:
    """Compare each listed recording behind a key with what is kept of it, and tag those that differ.

    The steps count recordings as `seen` and `tagged`. Raises StorageUnreachable and StoreError: going on later does the rest.
    """
    with ThreadPoolExecutor(how.at_once, thread_name_prefix="compare") as pool:
        for page in _pages(listing, behind):
            recordings, sidecars = _parted(listing, page)
            for each in sidecars:
                keep_no_longer(services, each.key)
            outcomes = []
            for outcome in pool.map(one_of_many, _works(services, listing, recordings, how)):
                outcomes.append(outcome)
                yield ALIVE
            failed = outcomes.count(None)
            counts = {"seen": len(recordings), "tagged": outcomes.count(True)}
            yield Step(page[-1].key, done=len(recordings) - failed, failed=failed, counts=counts)


def forget_missing(services: Services, listing: Listing, behind: str) -> Iterator[Step]:
    """Forget each kept recording behind an id that is not in the bucket any more; the steps count them as `forgotten`."""
    while True:
        with services.store.reading() as unit:
            page = unit.assets.current_page(behind, PAGE)
        if not page:
            return
        forgotten = 0
        # Each is looked for again: it may have been uploaded after its place in the listing had passed.
        for key in listing.missing(key for _, key in page):
            forgotten += forget_if_gone(services, key)
            yield ALIVE
        behind = page[-1][0]
        yield Step(behind, counts={"forgotten": forgotten})


def _pages(listing: Listing, behind: str) -> Iterator[list[Listed]]:
    while page := listing.page(behind, PAGE):
        yield page
        behind = page[-1].key


def _parted(listing: Listing, page: Sequence[Listed]) -> tuple[list[Listed], list[Listed]]:
    """Return the recordings of a page, and what would be one if it did not describe others."""
    recordings, sidecars = list[Listed](), list[Listed]()
    for each in page:
        if is_asset(each.key):
            is_recording = described_if_sidecar(listing.under, each.key) is None
            (recordings if is_recording else sidecars).append(each)
    return recordings, sidecars


@dataclass(frozen=True, slots=True)
class _Compared:
    """A listed recording beside what is kept of it: the id ("": nothing is), and the sidecars that were listed beside it."""

    key: str
    due: Due
    asset_id: str
    sidecars: Sidecars


def _works(services: Services, listing: Listing, page: Sequence[Listed], how: How) -> Iterator[Callable[[], bool]]:
    """Yield what is to be done for each recording of a page; each returns whether it was tagged."""
    for each in _compared(services, listing, page):
        if each.due != "kept":
            # An inventory may be a day old: what lies beside a recording now is asked of the bucket.
            sidecars = None if how.inventory else each.sidecars
            yield partial(_tagged, services, each.key, sidecars, again=each.due == "again")
        elif how.object_tags:
            yield partial(_written, services, each.asset_id)


def _compared(services: Services, listing: Listing, page: Sequence[Listed]) -> Iterator[_Compared]:
    """Compare each recording of a page with what is kept of it."""
    keys = [each.key for each in page]
    beside = listing.sidecars_of(keys)
    with services.store.reading() as unit:
        kept = unit.assets.kept_of(keys)
        stale = unit.words.stale_among(keys)
    for each in page:
        before, sidecars = kept.get(each.key), beside.get(each.key, ())
        due = _due(each, before, sidecars, is_stale=each.key in stale)
        yield _Compared(each.key, due, before.id if before else "", sidecars)


def _due(listed: Listed, before: KeptVersion | None, sidecars: Sidecars, *, is_stale: bool) -> Due:
    if before is None:
        return "new"
    if not is_version(before, listed.version_id, listed.etag):
        return "changed"
    is_old = is_stale or LACKING in before.findings or before.tagger < TAGGER or before.sidecars != sidecars
    return "again" if is_old else "kept"


def _tagged(services: Services, key: str, sidecars: Sidecars | None, *, again: bool) -> bool:
    return tag_newest(services, key, again=again, sidecars=sidecars) is not None


def _written(services: Services, asset_id: str) -> bool:
    with services.store.reading() as unit:
        stored = unit.assets.by_id(asset_id)
    if stored is not None:
        write_object_tags(services, stored)
    return False

"""Compares a listing of the bucket with what is kept, tags what differs, and forgets what is gone.

The library is read a page at a time, so that one of millions takes no more memory than one of hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from dam_plugin.intake.events import described_if_sidecar, forget_if_gone, is_asset, is_version, tag_newest
from dam_plugin.intake.jobs import ALIVE, Step
from dam_plugin.intake.looks import LACKING
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.library.listing import Listing
from dam_plugin.library.object_keys import is_ours
from dam_plugin.library.s3 import Listed
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.services import Services
from dam_plugin.store.batches import batched
from dam_tagging.tag import TAGGER

PAGE = 1_000
AT_ONCE = 4

Due = Literal["new", "changed", "again", "kept"]
"""What a listed recording is: not kept, kept in another version, kept as of other sidecars or an earlier tagger, or kept."""


@dataclass(frozen=True, slots=True)
class How:
    """How a library is compared.

    `object_tags`: whether the tags of each kept object are looked at too, which takes a request for each. `at_once`: how
    many recordings are in work at a time.
    """

    object_tags: bool = True
    at_once: int = AT_ONCE


ALL = How()


def listed_objects(services: Services) -> Iterator[Listed]:
    """Yield what is in the bucket, without the plugin's own objects. Raises StorageError."""
    return (each for each in services.library.list() if not is_ours(each.key))


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
            recordings = [each for each in page if _is_recording(services, listing, each.key)]
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

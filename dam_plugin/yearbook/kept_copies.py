"""Copies that took long to make (somebody is hidden, a portrait was resized), kept in the bucket, on hold, for the next set.

One is used again for as long as everything that it was made from is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.s3 import TooLarge
from dam_plugin.library.storage_errors import BucketMissing, one_of_many
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import Copy, Recipe
from dam_plugin.sharing.stage_copy import or_undone, staged
from dam_plugin.store.shares import KEPT
from dam_plugin.yearbook.zip_file import measured

KEPT_FOR = timedelta(days=7)
"""How long a copy that was made for a set is kept for the next."""
RESIZED = "resized"
"""Where the proof of a kept copy says what is told of a resized portrait."""
_LARGEST = 256 * 1024 * 1024
_CROP = "crop"


@dataclass(frozen=True, slots=True)
class Picture:
    """A proven picture as a file: `size` in bytes, `crc` its CRC-32; `reused`: it was made for an earlier set or share.

    `covered`: somebody is hidden in it by a covered place. `coding` is `Copy.coding`.
    """

    path: Path
    suffix: str
    sha256: str
    size: int
    crc: int
    facts: tuple[str, ...] = ()
    reused: bool = False
    covered: bool = False
    coding: str | None = None


def drop_old(services: Services) -> int:
    """Delete the copies that were kept for sets and are older than they are kept; return how many.

    One that the storage refuses to delete is tried again by the next run. Raises StorageUnreachable, StoreError.
    """
    with services.store.reading() as unit:
        old = unit.shares.kept_before(services.now() - KEPT_FOR)
    gone = [each.id for each in old if one_of_many(partial(_deleted, services, each))]
    if gone:
        with services.store.writing() as unit:
            unit.shares.move_releases(gone, was=[KEPT], state="undone")
    return len(gone)


def _deleted(services: Services, release: Release) -> bool:
    services.library.delete(release.key, release.version_id)
    return True


def kept_copy(services: Services, recipe: Recipe, plan: str, folder: Path) -> Picture | None:
    """Return the copy of the same recipe that an earlier set or share left in the bucket; None where there is none."""
    asset = recipe.stored.asset
    with services.store.reading() as unit:
        known = unit.shares.reusable(
            asset.key, asset.version_id, asset.etag, recipe.redacted, plan=plan, states=(KEPT, "open")
        )
    if known is None:
        return None
    suffix = known.key[known.key.rindex(".") :] if "." in known.key.rpartition("/")[2] else ""
    if suffix not in (".jpg", ".png"):
        return None
    path = folder / f"copy{suffix}"
    try:
        head = services.library.head(known.key, known.version_id)
        sha256 = services.library.download(
            known.key, version_id=known.version_id, etag=head.etag, path=path, limit=_LARGEST
        )
    except BucketMissing:
        raise
    except (AssetMissing, TooLarge):
        return None
    # INVARIANT: what somebody put in its place is not used.
    if sha256 != known.sha256:
        return None
    with path.open("rb", buffering=0) as file:
        size, crc = measured(file)
    facts, covered = tuple(known.proof.get(RESIZED, ())), is_covered(recipe, known.proof)
    return Picture(path, suffix, sha256, size, crc, facts, reused=True, covered=covered)


def is_crop(proof: Mapping[str, object]) -> bool:
    """Whether a copy, by its proof, is a part of the picture."""
    return proof.get("operation") == _CROP


def is_covered(recipe: Recipe, proof: Mapping[str, object]) -> bool:
    """Whether somebody is hidden in a copy by a covered place: in any that hides somebody, unless it is known to be a crop."""
    return bool(recipe.redacted) and not is_crop(proof)


def keep_copy(services: Services, recipe: Recipe, picture: Picture, proof: dict[str, object]) -> None:
    """Keep a copy in the bucket, on hold: nobody but the plugin reads it, and no link opens it."""
    media_type = "image/png" if picture.suffix == ".png" else "image/jpeg"
    copy = Copy(picture.path, media_type, picture.suffix, picture.sha256, proof)
    # What cannot be kept is made again by the next set: that is no reason to fail this one.
    with suppress(StorageError):
        release = staged(services, recipe, copy)
        with or_undone(services, release), services.store.writing() as unit:
            is_kept = unit.shares.keep_release(release.id, release.version_id)
        if not is_kept:
            services.library.delete(release.key, release.version_id)

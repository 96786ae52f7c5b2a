"""A copy on its way into the bucket: put on hold there, found as an earlier share left it, or withdrawn. Opens nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dam_plugin import private_files
from dam_plugin.errors import AssetMissing, DamPluginError, NotProven
from dam_plugin.model import Release
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import PLAN, Copy, Recipe, copy_tags, keep_codings, sha256_of
from dam_plugin.store import Unit

# What the proof of a copy says that nothing was removed from.
AS_IT_IS = "released as it is for an emergency: embedded metadata was not removed"
# How long a copy may be on its way into the bucket where nobody can see whether its process still runs.
UPLOAD_HOURS = 6
_LONG = timedelta(hours=UPLOAD_HOURS)


def made_before(services: Services, recipe: Recipe, held: Release | None) -> Release | None:
    """Return a copy that was made from the same: `held`, the one this share has staged, or an earlier share's open one.

    Nothing is read, made or proven again.
    """
    asset = recipe.stored.asset
    if held is not None and _is_of(held, recipe):
        known: Release | None = held
    else:
        with services.store.reading() as unit:
            known = unit.shares.reusable(asset.key, asset.version_id, asset.etag, recipe.redacted, plan=recipe.digest)
    return known if known is not None and _is_there(services, known) else None


def staged(services: Services, recipe: Recipe, copy: Copy) -> Release:
    """Put the copy into the bucket on hold. Raises NotProven where its bytes are not those that were proven."""
    release = _release(recipe, copy.suffix, copy.sha256, copy.proof)
    tags = copy_tags(services.pseudonyms, release, "hold")
    keep_codings(services, {recipe.stored.asset.id: copy.coding} if copy.coding else {})
    with copy.path.open("rb") as file:
        # INVARIANT: what is published are the bytes that were proven.
        if sha256_of(file) != copy.sha256:
            raise NotProven(["the file changed after it was proven"])
        with _on_record(services, release):
            head = services.library.publish(release.key, file, media_type=copy.media_type, tags=tags)
    return replace(release, version_id=head.version_id)


def staged_as_it_is(services: Services, recipe: Recipe) -> Release:
    """Put the original itself on hold among the copies, for an emergency: it is not fetched, and so has no sha256 here."""
    asset = recipe.stored.asset
    proof = {"checks": [AS_IT_IS], "version": asset.version_id, "etag": asset.etag}
    release = _release(recipe, "", "", proof)
    source = (asset.key, asset.version_id, asset.etag)
    tags = copy_tags(services.pseudonyms, release, "hold")
    with _on_record(services, release):
        head = services.library.publish_as_it_is(release.key, source, media_type=asset.media_type, tags=tags)
    return replace(release, version_id=head.version_id)


@contextmanager
def or_undone(services: Services, release: Release | None) -> Iterator[None]:
    """Undo a staged copy where the block fails: only a process that is killed leaves one to `recover`."""
    try:
        yield
    except Exception:
        if release is not None:
            with suppress(DamPluginError):
                undo(services, release)
        raise


def undo(services: Services, release: Release) -> bool:
    """Withdraw a copy that was staged and not recorded; return whether it was still so."""
    with services.store.writing() as unit:
        # A share that is still at work on it finds it undone, and makes another.
        is_undone = bool(unit.shares.move_releases([release.id], was=["preparing"], state="undone"))
        known = unit.shares.release(release.id)
        if known is None or known.state != "undone":
            return False
    # Also where it was undone before: it may have been on its way into the bucket then.
    services.library.delete(release.key, release.version_id)
    return is_undone


def broken_off(services: Services, unit: Unit) -> list[Release]:
    """Return the copies that were staged and not recorded, and that nobody is at work on any more.

    Their process is known to have ended, or it began so long ago that it must have, and is not seen to be at work.
    """
    makers = unit.shares.makers()
    long_ago = {each.id for each in unit.shares.releases(["preparing"], before=services.now() - _LONG)}
    ended = {process: private_files.process_has_ended(process) for process in set(makers.values())}
    staged_ones = unit.shares.releases(["preparing"])
    return [each for each in staged_ones if _has_ended(ended.get(makers.get(each.id, "")), each.id in long_ago)]


def _has_ended(seen: bool | None, is_old: bool) -> bool:
    # A lock that is held is seen, whatever a clock says.
    return is_old if seen is None else seen


def _release(recipe: Recipe, suffix: str, sha256: str, proof: dict[str, Any]) -> Release:
    asset = recipe.stored.asset
    release_id = f"r-{secrets.token_hex(8)}"
    return Release(
        id=release_id,
        key=f"released/{release_id}/{secrets.token_hex(8)}{suffix}",
        sha256=sha256,
        source_key=asset.key,
        source_version=asset.version_id,
        source_etag=asset.etag,
        redacted=recipe.redacted,
        state="preparing",
        proof=proof,
    )


@contextmanager
def _on_record(services: Services, release: Release) -> Iterator[None]:
    """Keep the release before the block stores it: what is under `released/` and on no record is a stray."""
    with services.store.writing() as unit:
        unit.shares.add_release(release, services.now(), made_on=private_files.process_name(_LONG))
    with or_undone(services, release):
        yield


def _is_of(held: Release, recipe: Recipe) -> bool:
    asset = recipe.stored.asset
    source = (asset.key, asset.version_id, asset.etag)
    return (held.source_key, held.source_version, held.source_etag) == source and (
        # One that went as it is was made by no plan.
        recipe.urgent if PLAN not in held.proof else held.proof[PLAN] == recipe.digest
    )


def _is_there(services: Services, release: Release) -> bool:
    try:
        services.library.head(release.key, release.version_id)
    except AssetMissing:
        return False
    return True

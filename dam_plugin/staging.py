"""A proven copy on its way into the bucket: put on hold there, or found as an earlier share left it. Opens nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace

from dam_plugin.copies import Copy, Recipe, copy_tags, sha256_of
from dam_plugin.errors import AssetMissing, NotProven
from dam_plugin.model import Decision, Release
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset


def made_before(services: Services, recipe: Recipe) -> Release | None:
    """Return the open copy of an earlier share that was made from the same: nothing is read, made or proven again."""
    asset = recipe.stored.asset
    with services.store.reading() as unit:
        known = unit.shares.reusable(asset.key, asset.version_id, asset.etag, recipe.redacted, plan=recipe.digest)
    return known if known is not None and _is_there(services, known) else None


def staged(services: Services, stored: StoredAsset, decision: Decision, copy: Copy) -> Release:
    """Put the copy into the bucket on hold. Raises NotProven where its bytes are not those that were proven."""
    asset = stored.asset
    release_id = f"r-{secrets.token_hex(8)}"
    release = Release(
        id=release_id,
        key=f"released/{release_id}/{secrets.token_hex(8)}{copy.suffix}",
        sha256=copy.sha256,
        source_key=asset.key,
        source_version=asset.version_id,
        source_etag=asset.etag,
        redacted=decision.redact,
        state="preparing",
        proof=copy.proof,
    )
    tags = copy_tags(services.pseudonyms, release, "hold")
    with copy.path.open("rb") as file:
        # INVARIANT: what is published are the bytes that were proven.
        if sha256_of(file) != copy.sha256:
            raise NotProven(["the file changed after it was proven"])
        with services.store.writing() as unit:
            unit.shares.add_release(release, services.now())
        head = services.library.publish(release.key, file, media_type=copy.media_type, tags=tags)
    return replace(release, version_id=head.version_id)


def _is_there(services: Services, release: Release) -> bool:
    try:
        services.library.head(release.key, release.version_id)
    except AssetMissing:
        return False
    return True

"""What is kept of a recording, written where everybody meets it: as tags of its object. Who may read the original."""

from __future__ import annotations

from dam_plugin.errors import StorageError
from dam_plugin.gathering import case_asset
from dam_plugin.library.tags import object_tags
from dam_plugin.model import ReleaseTag, Tagging
from dam_plugin.procedure.terms import people_of
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset

MOST_CHANGES = 5


def write_tags(services: Services, stored: StoredAsset) -> None:
    """Write the object tags that say what is kept; others' tags stay. Raises StorageError where that keeps changing."""
    for _ in range(MOST_CHANGES):
        tags = _tags(stored)
        services.library.write_tags(stored.asset.key, stored.asset.version_id, tags)
        # A look that was kept meanwhile may have written its tags before these: whoever comes last looks again.
        with services.store.reading() as unit:
            stored = unit.assets.by_id(stored.asset.id) or stored
        if _tags(stored) == tags:
            return
    raise StorageError("what is known of an object changes faster than its tags can be written; try again")


def _tags(stored: StoredAsset) -> dict[str, str]:
    _, _, related = people_of(case_asset(stored.asset, stored.tagging))
    return object_tags(stored.tagging, stored.release_tag, len(related))


def release_tag(tagging: Tagging) -> ReleaseTag:
    """Return who may read the original: `hold` (the plugin alone) or `staff`. INVARIANT: an original is never `open`."""
    if tagging.state == "failed" or tagging.official_uses or tagging.record_pii:
        return "hold"
    return "hold" if tagging.closed or tagging.confidential else "staff"

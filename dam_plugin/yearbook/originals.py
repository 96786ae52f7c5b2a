"""Whether the originals of a set are in the bucket still, each in the version that was decided: by one listing of it.

What is on file is what events have told. An original may be deleted or replaced while nobody listens, or a moment ago.
"""

from __future__ import annotations

import os.path

from dam_plugin.library.s3 import Listed
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import asset_id

_BEFORE_VERSIONING = "null"


def lost_originals(services: Services, set_id: str) -> frozenset[str]:
    """Return the ids of those recordings in a set of which the bucket's current version is another one, or none.

    Asked outside of any transaction: a listing takes long. Raises StorageUnreachable, StorageError, StoreError.
    """
    with services.store.reading() as unit:
        wanted = {each.source_key: each.asset_id for each in unit.exports.files(set_id)}
    # What all keys begin with: nothing else of the bucket is listed.
    prefix = os.path.commonprefix(list(wanted))  # noqa: RUF071 - what S3 lists by is characters, not folders
    listing = services.library.list(prefix) if wanted else ()
    for listed in listing:
        if wanted.get(listed.key) in _ids(services.pseudonyms, listed):
            del wanted[listed.key]
    return frozenset(wanted.values())


def _ids(pseudonyms: Pseudonyms, listed: Listed) -> tuple[str, ...]:
    """Return what a version is called; one from before versioning has no id where it is asked for by itself."""
    own = asset_id(pseudonyms, listed.key, listed.version_id, listed.etag)
    if listed.version_id != _BEFORE_VERSIONING:
        return (own,)
    return own, asset_id(pseudonyms, listed.key, None, listed.etag)

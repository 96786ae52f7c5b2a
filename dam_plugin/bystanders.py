"""People in a picture whom no tag names, looked for once more before a copy of it hides somebody.

At an upload they are counted by `examination`; a detector that was set up since, or a box that was moved, is noticed here.
"""

from __future__ import annotations

from pathlib import Path

from dam_plugin.errors import CannotRedact
from dam_plugin.examination import DETECTOR_LIMIT
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_tagging.depicted import strangers_among

FOUND = (
    "a face was found that belongs to nobody who is named: tag who it is, or, after a look, that nobody is left to "
    "name (`--unidentified 0`)"
)


def check(services: Services, stored: StoredAsset, source: Path, media_type: str) -> None:
    """Raise CannotRedact where a detector finds a face in the picture that is in no named student's box.

    A person who looked and said that nobody is left unidentified has the last word. A detector that fails refuses: a
    missing voice is not a yes.
    """
    if _somebody_looked(services, stored) or source.stat().st_size > DETECTOR_LIMIT:
        return
    with source.open("rb") as file:
        heard = list(services.voices.find_people(file, media_type))
    for each in heard:
        if each.error:
            raise CannotRedact(f"the plugin '{each.plugin}' failed (error {each.error}): try again once it works")
    faces = [face for each in heard for face in each.value or ()]
    if strangers_among(faces, [region for each in stored.tagging.appearances for region in each.regions]):
        raise CannotRedact(FOUND)


def _somebody_looked(services: Services, stored: StoredAsset) -> bool:
    with services.store.reading() as unit:
        return any(look.unidentified == 0 for look in unit.assets.looks(stored.asset.id))

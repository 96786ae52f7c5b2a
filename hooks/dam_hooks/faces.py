"""The built-in detector of faces (`dam_plugin.intake.faces`) as one of the plugins that are asked where people are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from dam_hooks.specs import hookimpl
from dam_plugin.intake.faces import OWN_MODEL, FaceDetector, has_model
from dam_plugin.model import Region
from dam_plugin.settings import Settings

# Its name in the plugin manager.
FACES = "faces"


class Faces:
    """Answers `find_people` with the boxes of a detector."""

    def __init__(self, detector: FaceDetector) -> None:
        """Take the detector."""
        self._detector = detector

    @hookimpl
    def find_people(self, file: BinaryIO, media_type: str) -> Sequence[Region] | None:  # noqa: ARG002 - the file says
        """Return where faces are, or None if it cannot be looked."""
        return self._detector.find(file)


def built_in(settings: Settings) -> Faces | None:
    """Return the built-in detector unless the settings turn it off, or the installation lacks its model.

    Raises SettingsError for another model than the one that is known.
    """
    if not settings.count_faces or not (settings.face_model or has_model()):
        return None
    return Faces(FaceDetector(settings.face_model or OWN_MODEL, least_score=settings.face_score))

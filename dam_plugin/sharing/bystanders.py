"""People in a picture whom no tag names, looked for once more before a copy of it hides somebody.

At an upload they are counted by `examination`; a detector that was set up since, or a box that was moved, is noticed here.
A detector is asked of pictures alone: in a video nobody looks for faces but the person who tags it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from dam_plugin.errors import CannotRedact
from dam_plugin.model import Look, Region, Tagging, Truth
from dam_plugin.services import DETECTOR_LIMIT, Heard, Services
from dam_plugin.store import StoredAsset
from dam_tagging.depicted import faces_beside, shows_one_face
from dam_tagging.prominence import Scene, crowd_among

FOUND = (
    "a face was found that belongs to nobody who is named: tag who it is, or, after a look, that nobody is left to "
    "name (`--unidentified 0`)"
)
ELSEWHERE = (
    "the box of {student} shows no face, and a face was found that is in nobody's box: look again where they are, and tag it "
    "(`--person {student}@x,y,w,h`)"
)
NOT_LOOKED_AT = (
    "the detector of faces cannot look at this picture: look at it, then tag that nobody is left to name "
    "(`--unidentified 0`)"
)


def check(services: Services, stored: StoredAsset, source: Path, media_type: str) -> None:
    """Raise CannotRedact where a detector finds a face in the picture that is in no named student's box.

    A person who looked and said that nobody is left unidentified has the last word, until somebody moves a box. A detector
    that fails, or cannot look, refuses: a missing voice is not a yes. Where no detector is attached, nobody is looked for.
    """
    if _somebody_looked(services, stored):
        return
    heard = _heard(services, source, media_type)
    for each in heard:
        if each.error:
            raise CannotRedact(f"the plugin '{each.plugin}' failed (error {each.error}): try again once it works")
    answers = [each.value for each in heard if each.value is not None]
    if not answers and (heard or services.voices.who_answers("find_people")):
        raise CannotRedact(NOT_LOOKED_AT)
    faces = [face for answer in answers for face in answer]
    if _unnamed(faces, stored.tagging):
        raise CannotRedact(FOUND)


def check_boxes(tagging: Tagging, hidden: Collection[str]) -> None:
    """Raise CannotRedact where the boxes of somebody to hide show no face, and a face was found that is in nobody's box.

    Whoever marked them marked the wrong place, and the copy would show whom it is to hide.
    """
    faces = tagging.faces or ()
    regions = [region for each in tagging.appearances for region in each.regions]
    beside = faces_beside(faces, regions)
    scene = Scene(people=len(regions) + len(beside), shares=tuple(each.area for each in (*regions, *faces)))
    if not set(beside) - crowd_among(beside, scene):
        return
    for each in tagging.appearances:
        shown = any(shows_one_face(region, face) for region in each.regions for face in faces)
        if each.student in hidden and each.regions and not shown:
            raise CannotRedact(ELSEWHERE.format(student=each.student))


def _unnamed(faces: Sequence[Region], tagging: Tagging) -> bool:
    """Whether there are more faces beside the named regions than a crowd, and people named without a place, have."""
    regions = [region for each in tagging.appearances for region in each.regions]
    beside = faces_beside(faces, regions)
    declared = any(each.tag == "background" and each.truth is Truth.YES for each in tagging.findings)
    shares = tuple(each.area for each in (*regions, *faces))
    scene = Scene(people=len(tagging.appearances) + len(beside), shares=shares, crowd=declared)
    unplaced = sum(not each.located for each in tagging.appearances)
    return len(beside) - len(crowd_among(beside, scene)) > unplaced


def _heard(services: Services, source: Path, media_type: str) -> Sequence[Heard[Sequence[Region]]]:
    if source.stat().st_size > DETECTOR_LIMIT:
        return ()
    with source.open("rb") as file:
        return services.voices.find_people(file, media_type)


def _somebody_looked(services: Services, stored: StoredAsset) -> bool:
    """Whether somebody said, of the boxes as they are, that nobody is left to name."""
    with services.store.reading() as unit:
        looks = unit.assets.looks(stored.asset.id)
    telling = [look for look in looks if look.unidentified is not None or _moves(look)]
    return bool(telling) and telling[-1].unidentified == 0


def _moves(look: Look) -> bool:
    return look.nobody or look.times_anew or any(each.regions for each in look.persons)

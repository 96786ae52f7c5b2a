"""Tries to find a hidden person again, as somebody with the yearbook beside them would.

The attacker knows the way of hiding and does the same to every candidate's photo: a blurred or mosaicked face is found
by the one that looks most like it. What we hide may be found no more often than by guessing.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from drawn_faces import Shot, shot
from PIL import Image, ImageFilter

from dam_plugin.redaction.model import Order, Person
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.stills import wipe

PEOPLE, SHOTS = 12, 4
TRIALS = PEOPLE * SHOTS
CHANCE = TRIALS / PEOPLE
MOST_BY_CHANCE = CHANCE + 3 * (TRIALS * (1 / PEOPLE) * (1 - 1 / PEOPLE)) ** 0.5
"""Three standard deviations above what guessing finds."""

Hide = Callable[[Shot], Image.Image]
Score = Callable[[Image.Image, Image.Image, Shot, Shot], float]


def ours(seen: Shot) -> Image.Image:
    file = io.BytesIO()
    seen.image.save(file, "JPEG", quality=92)
    source = file.getvalue()
    planned = plan_picture(wipe.frame(source), Order(hide=(Person("box 1", (seen.face,)),)))
    return Image.open(io.BytesIO(wipe.wipe(source, planned, None))).convert("RGB")


def face_of(seen: Shot) -> tuple[int, int, int, int]:
    width, height = seen.image.size
    left, top = round(seen.face.x * width), round(seen.face.y * height)
    return left, top, left + round(seen.face.w * width), top + round(seen.face.h * height)


def blurred(seen: Shot) -> Image.Image:
    return _changed(seen, lambda face: face.filter(ImageFilter.GaussianBlur(face.width * 0.12)))


def mosaicked(seen: Shot) -> Image.Image:
    return _changed(
        seen, lambda face: face.resize((8, 10), Image.Resampling.BOX).resize(face.size, Image.Resampling.NEAREST)
    )


def _changed(seen: Shot, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    image = seen.image.copy()
    image.paste(change(image.crop(face_of(seen))), face_of(seen)[:2])
    return image


def by_template(hidden: Image.Image, candidate: Image.Image, there: Shot, here: Shot) -> float:
    """How alike the two faces are, the candidate's moved about a little; a face without any detail is like none."""
    left, top, right, bottom = face_of(here)
    around = np.asarray(candidate.crop((left - 8, top - 8, right + 8, bottom + 8)))
    face = np.asarray(hidden.crop(face_of(there)))
    if face.std() < 1:
        return 0.0
    return float(cv2.matchTemplate(around, face, cv2.TM_CCOEFF_NORMED).max())


def by_surroundings(hidden: Image.Image, candidate: Image.Image, there: Shot, here: Shot) -> float:
    """How alike the strips around head and shoulders are: hair, neck, or a rim that was left of the face."""
    return sum(
        float(cv2.matchTemplate(np.asarray(_strip(candidate, here, side, 24)), np.asarray(_strip(hidden, there, side, 16)),
                                cv2.TM_CCOEFF_NORMED).max())
        for side in ("above", "left", "right")
    )  # fmt: skip


def _strip(image: Image.Image, seen: Shot, side: str, thick: int) -> Image.Image:
    left, top, right, bottom = face_of(seen)
    wide, high = right - left, bottom - top
    return {
        "above": image.crop((left, top - high // 2 - thick, right, top - high // 2)),
        "left": image.crop((left - wide // 2 - thick, top, left - wide // 2, bottom)),
        "right": image.crop((right + wide // 2, top, right + wide // 2 + thick, bottom)),
    }[side]


def by_features(hidden: Image.Image, candidate: Image.Image, there: Shot, here: Shot) -> float:
    """How many ORB features of the two pictures answer each other."""
    detector = cv2.ORB_create(400, fastThreshold=5)
    _, ours_found = detector.detectAndCompute(_grey(hidden.crop(_wide(there))), None)
    _, theirs = detector.detectAndCompute(_grey(candidate.crop(_wide(here))), None)
    if ours_found is None or theirs is None:
        return 0.0
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(ours_found, theirs)
    return float(sum(1 for match in matches if match.distance < 40))


def _wide(seen: Shot) -> tuple[int, int, int, int]:
    left, top, right, bottom = face_of(seen)
    return left - 40, top - 48, right + 40, bottom + 48


def _grey(image: Image.Image) -> object:
    return np.asarray(image.convert("L"))


def found_again(hide: Hide, score: Score) -> int:
    """How many of the hidden people the matcher names rightly: each shot against one other shot of everybody."""
    candidates = [shot(person, 99) for person in range(PEOPLE)]
    hidden = [hide(each) if hide is not ours else each.image for each in candidates]
    right = 0
    for person in range(PEOPLE):
        for number in range(SHOTS):
            seen = shot(person, number)
            copy = hide(seen)
            scores = [score(copy, other, seen, each) for other, each in zip(hidden, candidates, strict=True)]
            right += int(np.argmax(scores)) == person
    return right


@pytest.mark.parametrize("hide", [blurred, mosaicked], ids=["blur", "mosaic"])
def test_the_matcher_finds_who_is_only_blurred_or_mosaicked(hide: Hide) -> None:
    assert found_again(hide, by_template) > TRIALS / 2


@pytest.mark.parametrize(
    "score", [by_template, by_surroundings, by_features], ids=["template", "surroundings", "features"]
)
def test_the_matcher_only_guesses_whom_we_hid(score: Score) -> None:
    assert found_again(ours, score) <= MOST_BY_CHANCE

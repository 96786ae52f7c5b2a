"""Plans a copy of a picture: the people it hides, the places, the operation, and the sentences for a custodian.

`av.plan_recording` plans recordings and uses the same sentences. This module reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.boxes import (
    LEAST_CROP,
    Rectangle,
    checked,
    covered,
    exactly,
    grow,
    grown,
    largest_crop,
    own,
    snapped,
    stored,
    usable,
)
from dam_plugin.redaction.model import (
    MOST_UNSEEN,
    NOBODY_SEEN,
    Frame,
    Operation,
    Order,
    Person,
    PixelBox,
    Plan,
)
from dam_tagging.facts import Region

KEPT_SHARE = Fraction(1, 2)
"""A crop is better than boxes only if it keeps at least this share of the picture that boxes would leave visible."""
NO_CROP = (
    f"no crop of at least {LEAST_CROP} by {LEAST_CROP} pixels shows everybody who stays and nobody to hide: "
    "hide by boxes instead, or name fewer people who stay"
)
NOBODY_TO_LEAVE_OUT = (
    "nobody to leave out was named: name the people who may not be in the crop, or ask for a clean copy"
)
COVERED_SHARE = Fraction(1, 2)
"""If more than this share of the faces of people who stay is covered, the custodian is told that most of them are
covered."""
NOBODY_STAYS = "nobody is named who stays: as far as is known, everybody who is shown or heard is hidden"


def plan_picture(frame: Frame, order: Order, *, bleed: bool | None = None) -> Plan:
    """Return how a copy of a picture hides the people of `order`: not at all, by boxes, or by a crop.

    `bleed`: the copy is written from pixels, as a rule that of any picture but a JPEG.

    `isolate` always makes a crop. `if_better` makes a crop on three conditions: everybody who stays has a box, the crop
    holds them all from head to shoulders, and it keeps at least KEPT_SHARE of what boxes would leave visible. Otherwise
    the plan has boxes; if a crop would be better, the facts offer it. A crop holds the grown boxes of people who stay. If
    only a crop is allowed, it may hold just the boxes around their faces. If no person who stays is named, the crop is
    the largest one without a person to hide.

    Hiding comes before keeping. The facts describe the people who stay by the boxes drawn around their faces. If no
    person who stays is named, everybody counts as hidden. Raises CannotRedact for a person without a usable box, for an
    impossible crop, and for options of recordings.
    """
    if order.clip is not None:
        raise CannotRedact("a picture has no stretch of time to cut out: ask for a crop without START-END")
    scene = _scene(frame, order, bleed=frame.media_type != "image/jpeg" if bleed is None else bleed)
    if order.isolate == "always":
        return scene.cropped(*_forced(scene))
    if not order.hide:
        return Plan("clean", frame)
    better = _better(scene)
    if better is not None and order.isolate == "if_better":
        return scene.cropped(better)
    return scene.boxed(better)


def percent(share: Fraction | float) -> str:
    """Return a share 0..1 in words. A small part never becomes 0 %, a large one never 100 %."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return f"{min(round(share * 100), 99) if share < 1 else 100} %"


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def clock(seconds: float) -> str:
    """Return a moment of a recording as m:ss.mmm, or h:mm:ss.mmm from an hour on."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    ending = f"{minutes:02}:{rest / 1000:06.3f}" if hours else f"{minutes}:{rest / 1000:06.3f}"
    return f"{hours}:{ending}" if hours else ending


def overlaps(shares: Sequence[tuple[str, Fraction]]) -> Iterator[str]:
    """Yield the sentences on covered faces of people who stay; `shares` are (label, covered share 0..1) of each."""
    touched = [f"{percent(share)} of {label}" for label, share in shares if share]
    if touched:
        yield f"hiding comes before keeping: the boxes cover {listed(touched)}"


def meaning(shares: Sequence[tuple[str, Fraction]], *, anybody: bool) -> Iterator[str]:
    """Yield a sentence if most people who stay are covered, or all are hidden: the recording may have lost its meaning.

    `anybody`: at least one person who stays is named, with a box or without.
    """
    if not anybody:
        yield NOBODY_STAYS
        return
    if not shares:
        return
    mean = sum((share for _, share in shares), Fraction(0)) / len(shares)
    if mean == 1:
        yield f"hiding covers everybody who stays: {NOBODY_SEEN}"
    elif mean > COVERED_SHARE:
        yield f"hiding covers {percent(mean)} of the faces of those who stay: {MOST_UNSEEN}"


def unplaced(labels: Sequence[str], what: str) -> Iterator[str]:
    """Yield a sentence on the people who stay without a usable box: it is unknown whether `what` holds for them."""
    if labels:
        yield f"no box stands around {listed(labels)}: whether {what} is not known"


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everybody of an order in pixels of the stored frame; `kept` are (label, drawn box, grown box)."""

    frame: Frame
    order: Order
    hidden: tuple[PixelBox, ...]
    kept: tuple[tuple[str, Rectangle, Rectangle], ...]

    @property
    def unplaced(self) -> tuple[str, ...]:
        placed = {label for label, _, _ in self.kept}
        return tuple(person.label for person in self.order.keep if person.label not in placed)

    def cropped(self, crop: PixelBox, *facts: str) -> Plan:
        share = Fraction((crop.right - crop.left) * (crop.bottom - crop.top), self.frame.size[0] * self.frame.size[1])
        said = f"the crop keeps {percent(share)} of the picture"
        return self._plan("crop", crop=crop, facts=(said, *facts, *unplaced(self.unplaced, "the crop shows them")))

    def boxed(self, better: PixelBox | None) -> Plan:
        boxes = [exactly(box) for box in self.hidden]
        shares = [(label, covered(place, boxes)) for label, place, _ in self.kept]
        facts = [*overlaps(shares), *meaning(shares, anybody=bool(self.order.keep))]
        facts += unplaced(self.unplaced, "a box covers them")
        if better is not None:
            facts.append("a crop would show everybody who stays without any box: the picture can be isolated instead")
        overlapped = tuple(dict.fromkeys(label for label, share in shares if share))
        return self._plan("boxes", overlapped=overlapped, facts=tuple(facts))

    def _plan(
        self,
        operation: Operation,
        *,
        crop: PixelBox | None = None,
        overlapped: tuple[str, ...] = (),
        facts: tuple[str, ...] = (),
    ) -> Plan:
        return Plan(
            operation=operation,
            frame=self.frame,
            hidden=tuple(person.label for person in self.order.hide),
            boxes=tuple(grow(region) for person in self.order.hide for region in person.regions),
            pixel_boxes=self.hidden,
            crop=crop,
            overlapped=overlapped,
            facts=facts,
        )


def _scene(frame: Frame, order: Order, *, bleed: bool) -> _Scene:
    hidden = tuple(
        snapped(grown(checked(person.label, region)), frame, bleed=bleed)
        for person in order.hide
        for region in _located(person)
    )
    kept = tuple(
        (person.label, _place(own(region), frame), _place(grown(region), frame))
        for person in order.keep
        for region in person.regions
        if usable(region) and own(region).area
    )
    return _Scene(frame, order, hidden, kept)


def _place(box: Rectangle, frame: Frame) -> Rectangle:
    return stored(box, frame.orientation).scaled(frame.size)


def _located(person: Person) -> Sequence[Region]:
    if not person.regions:
        raise CannotRedact(
            f"{person.label} has no region in this picture: draw a box around the face, then share again"
        )
    return person.regions


def _forced(scene: _Scene) -> tuple[PixelBox, *tuple[str, ...]]:
    """Return the requested crop, and the sentences about it."""
    if not scene.hidden:
        raise CannotRedact(NOBODY_TO_LEAVE_OUT)
    crop = largest_crop(scene.frame, scene.hidden, [each for _, _, each in scene.kept])
    if crop is not None:
        return (crop,)
    crop = largest_crop(scene.frame, scene.hidden, [each for _, each, _ in scene.kept])
    if crop is None:
        raise CannotRedact(NO_CROP)
    return crop, "the crop cuts close to those who stay: their faces are whole, head and shoulders are not"


def _better(scene: _Scene) -> PixelBox | None:
    """Return the crop that is better than boxes, by the rule of `plan_picture`."""
    if not scene.kept or scene.unplaced:
        return None
    crop = largest_crop(scene.frame, scene.hidden, [each for _, _, each in scene.kept])
    if crop is None:
        return None
    frame = exactly(PixelBox(0, 0, *scene.frame.size))
    seen = frame.area * (1 - covered(frame, [exactly(box) for box in scene.hidden]))
    return crop if (crop.right - crop.left) * (crop.bottom - crop.top) >= KEPT_SHARE * seen else None

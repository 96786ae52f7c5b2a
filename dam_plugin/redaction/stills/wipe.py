"""Writes the copy of a JPEG without decoding it to pixels: what is hidden loses its coefficients, the rest keeps them.

Where is `plan`'s; whether the bytes may be published is `prove`'s. A block without coefficients is flat mid-grey, and
the file is coded anew with fixed tables, so that nothing of a copy depends on what was inside a box. Where nobody is hidden the
coding of an ordinary picture may stand as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.boxes import check_plan
from dam_plugin.redaction.model import Frame, Notice, Order, PixelBox, Plan
from dam_plugin.redaction.notice import packet
from dam_plugin.redaction.plan import plan_picture
from dam_plugin.redaction.stills import jpeg, turbojpeg
from dam_plugin.redaction.stills.decoding import known
from dam_plugin.redaction.stills.plain import is_plain
from dam_plugin.redaction.stills.segments import DRI

UNFILTERED = "libturbojpeg did not go through the whole picture: install another version of it, then share again"

_SAMPLINGS = frozenset(
    {
        ((1, 1),),
        ((1, 1), (1, 1), (1, 1)),
        ((2, 1), (1, 1), (1, 1)),
        ((1, 2), (1, 1), (1, 1)),
        ((2, 2), (1, 1), (1, 1)),
        ((4, 1), (1, 1), (1, 1)),
        ((2, 1), (2, 1), (2, 1)),
        ((1, 2), (1, 2), (1, 2)),
        ((2, 2), (2, 1), (2, 1)),
        ((2, 2), (1, 2), (1, 2)),
    }
)
"""Grey, 4:4:4, 4:2:2, 4:4:0, 4:2:0, 4:1:1, and other spellings of the first ones: what every version takes."""


class NotWipeable(CannotRedact):
    """A JPEG of a rare kind whose copy has to be written from pixels."""


def frame(source: bytes) -> Frame:
    """Return what a plan needs to know; its grid is the MCU's size in pixels. Raises CannotRedact."""
    return _frame(jpeg.read(source))


def wipe(source: bytes, plan: Plan, notice: Notice | None = None, *, library: Path | None = None) -> bytes:
    """Return the copy that `plan` describes, its only metadata our JFIF, orientation, `notice` and a known profile.

    Outside of the boxes, or inside of the crop, every coefficient is the source's. `library` is the setting `turbojpeg`.
    Raises NotWipeable for a JPEG that has to be written from pixels, CannotRedact for whatever is in doubt.
    """
    picture = jpeg.read(source)
    _check(plan, picture)
    profile = _profile(picture)
    coded = _coded(jpeg.decodable(picture), plan, picture.factors, turbojpeg.find(library))
    copy = jpeg.read(coded)
    _check_copy(copy, picture, plan.crop or _whole(picture.size))
    return jpeg.dress(copy.segments, picture.orientation, profile, packet(notice) if notice else None)


def keep(source: bytes, order: Order) -> tuple[Plan, list[bytes | memoryview]] | None:
    """Return plan and copy, in pieces: the source's own coding in what `wipe` puts around it. None: it is to be coded anew.

    That is: somebody is hidden, or the coding is out of the ordinary. Raises CannotRedact for whatever is in doubt.
    """
    if order.hide:
        return None
    picture = jpeg.read(source)
    plan = plan_picture(_frame(picture), order)
    if plan.operation != "clean" or not is_plain(picture):
        return None
    _check(plan, picture)
    try:
        profile = _profile(picture)
    except NotWipeable:
        return None
    notice = packet(order.notice) if order.notice else None
    return plan, jpeg.dressed(picture.segments, picture.orientation, profile, notice)


def _frame(picture: jpeg.Jpeg) -> Frame:
    return Frame("image/jpeg", picture.size, picture.orientation, picture.mcu)


def _whole(size: tuple[int, int]) -> PixelBox:
    return PixelBox(0, 0, *size)


def _check(plan: Plan, picture: jpeg.Jpeg) -> None:
    frame = _frame(picture)
    check_plan(plan, frame, frame.grid)
    if plan.operation != "clean" and picture.xmp_orientation not in {None, picture.orientation}:
        raise CannotRedact(jpeg.SIDEWAYS)


def _profile(picture: jpeg.Jpeg) -> bytes | None:
    """Return the profile that the copy keeps; raises NotWipeable where colours have to be converted."""
    if picture.rgb:
        raise NotWipeable("the JPEG codes its colours as RGB: export it as an ordinary JPEG")
    if picture.factors not in _SAMPLINGS:
        raise NotWipeable("the JPEG samples its colours in a rare way: export it as an ordinary JPEG")
    if picture.profile is None:
        return None
    if known(picture.profile) is None:
        raise NotWipeable("the JPEG carries a colour profile that may tell its origin: export it in sRGB")
    return picture.profile


def _coded(stripped: bytes, plan: Plan, factors: Sequence[tuple[int, int]], library: turbojpeg.Library) -> bytes:
    if plan.operation == "crop":
        return library.transform(stripped, region=plan.crop)
    if plan.operation == "clean":
        return library.transform(stripped)
    wiper = _Wiper(plan, factors)
    coded = library.transform(stripped, each_row=wiper.wipe)
    wiper.check()
    return coded


def _check_copy(copy: jpeg.Jpeg, picture: jpeg.Jpeg, kept: PixelBox) -> None:
    """Hold the library to what was asked of it: the size, the sampling, and no restart markers, which tell the source's."""
    same = copy.size == (kept.right - kept.left, kept.bottom - kept.top) and copy.factors == picture.factors
    if not same or any(segment.marker == DRI for segment in copy.segments):
        raise CannotRedact(UNFILTERED)


class _Wiper:
    """The filter: empties every block of every component in the boxes, and counts that no row was left out."""

    def __init__(self, plan: Plan, factors: Sequence[tuple[int, int]]) -> None:
        (width, height), (across, down) = plan.frame.size, plan.frame.grid
        self._factors = factors
        self._units = _units(plan)
        # A component has the blocks that its share of the picture's own pixels needs (T.81 A.1.1); rows come in whole units.
        self._blocks = [-(-width * h // across) for h, _ in factors]
        self._expected = {component: -(-height // down) * v for component, (_, v) in enumerate(factors)}
        self._seen: Counter[int] = Counter()

    def wipe(self, row: turbojpeg.BlockRow) -> None:
        across, down = self._factors[row.component]
        if row.blocks != self._blocks[row.component] or row.row != self._seen[row.component]:
            raise CannotRedact(UNFILTERED)
        self._seen[row.component] += 1
        for first, end in self._units.get(row.row // down, ()):
            row.zero(first * across, min(end * across, row.blocks))

    def check(self) -> None:
        if self._seen != self._expected:
            raise CannotRedact(UNFILTERED)


def _units(plan: Plan) -> Mapping[int, Sequence[tuple[int, int]]]:
    """Return, for each row of coding units, where the boxes run: (first unit, first unit behind)."""
    across, down = plan.frame.grid
    units = defaultdict(list)
    for box in plan.pixel_boxes:
        span = (box.left // across, -(-box.right // across))
        for row in range(box.top // down, -(-box.bottom // down)):
            units[row].append(span)
    return units

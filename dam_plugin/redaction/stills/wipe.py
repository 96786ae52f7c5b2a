"""Writes the copy of a JPEG without decoding it to pixels: only hidden places lose their coefficients.

A block without coefficients is flat mid-grey. The file is coded anew with fixed tables, so that no byte of a copy depends
on the contents of a box. If the order hides no person, a usual coding stays as it is. `plan_picture` decides where boxes
lie.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.boxes import check_plan
from dam_plugin.redaction.model import Frame, Notice, Order, PixelBox, Plan
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.stills import jpeg, turbojpeg
from dam_plugin.redaction.stills.decoding import known
from dam_plugin.redaction.stills.jpeg import DHT, DQT, DRI, SOS, Jpeg, Segment

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
"""The samplings that every version of libturbojpeg accepts: grey, 4:4:4, 4:2:2, 4:4:0, 4:2:0, 4:1:1, and other ways to
write the first ones."""
_BASELINE = 0xC0
_COMPONENTS = {b"\1", b"\1\2\3"}
_MOST_SIZES = (11, 10)
"""The most bits of a DC difference and of an AC coefficient in a baseline picture of 8 bits (T.81, table F.1 and F.2)."""
_ZERO_RUNS = frozenset({0x00, 0xF0})


class NotWipeable(CannotRedact):
    """The copy of this JPEG has to be written from pixels, since the JPEG is of a rare kind."""


def frame(source: bytes) -> Frame:
    """Return the frame of a JPEG, for its plan; the grid is the MCU's size in pixels. Raises CannotRedact."""
    return _frame(jpeg.read(source))


def wipe(source: bytes, plan: Plan, notice: Notice | None = None, *, library: Path | None = None) -> bytes:
    """Return the copy that `plan` describes. Its only metadata are our JFIF, the orientation, `notice` and a known profile.

    Every coefficient outside of the boxes, or inside of the crop, is the source's. `library` is the setting `turbojpeg`.
    Raises NotWipeable for a JPEG that has to be written from pixels, CannotRedact in any doubt.
    """
    picture = jpeg.read(source)
    _check(plan, picture)
    profile = _profile(picture)
    coded = _coded(jpeg.decodable(picture), plan, picture.factors, turbojpeg.find(library))
    copy = jpeg.read(coded)
    _check_copy(copy, picture, plan.crop or _whole(picture.size))
    return jpeg.dress(copy.segments, picture.orientation, profile, packet(notice) if notice else None)


def keep(source: bytes, order: Order) -> tuple[Plan, list[bytes | memoryview]] | None:
    """Return a plan and a copy in pieces: the source's own coding between the segments that `wipe` writes; or None.

    Returns None if the order hides a person, or if the coding is unusual: then the picture is coded anew. Raises
    CannotRedact in any doubt.
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


def is_plain(picture: Jpeg) -> bool:
    """Whether a picture is coded as by a camera: one baseline scan, each table once and in use, whole coding units."""
    *before, scan = picture.segments
    frames = [segment.body for segment in before if segment.marker not in {DHT, DQT}]
    if scan.marker != SOS or scan.restarts or len(frames) != 1:
        return False
    if not any(segment.marker == _BASELINE for segment in before):
        return False
    return (
        frames[0][6::3] in _COMPONENTS
        and scan.body[1:-3:2] == frames[0][6::3]
        and _quantises(before, frames[0])
        and _codes(before, scan.body)
        and _fills_its_units(picture)
    )


class _Wiper:
    """The filter: empties every block of every component in the boxes, and counts the rows so that none is left out."""

    def __init__(self, plan: Plan, factors: Sequence[tuple[int, int]]) -> None:
        (width, height), (across, down) = plan.frame.size, plan.frame.grid
        self._factors = factors
        self._units = _units(plan)
        # A component has as many blocks as its share of the picture's own pixels needs (T.81 A.1.1). Rows come in whole
        # units.
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


@dataclass(frozen=True, slots=True)
class _Table:
    """A Huffman table: its class (0: DC, 1: AC) and destination in one byte, the codes of each length, the symbols."""

    head: int
    counts: bytes
    symbols: bytes


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
    """Return the profile that the copy keeps; raises NotWipeable if colours have to be converted."""
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
    """Check the library's work: size, sampling, and that there are no restart markers, which would reveal the source's."""
    same = copy.size == (kept.right - kept.left, kept.bottom - kept.top) and copy.factors == picture.factors
    if not same or any(segment.marker == DRI for segment in copy.segments):
        raise CannotRedact(UNFILTERED)


def _units(plan: Plan) -> Mapping[int, Sequence[tuple[int, int]]]:
    """Return the stretches of boxes in each row of coding units: (first unit, first unit behind)."""
    across, down = plan.frame.grid
    units = defaultdict(list)
    for box in plan.pixel_boxes:
        span = (box.left // across, -(-box.right // across))
        for row in range(box.top // down, -(-box.bottom // down)):
            units[row].append(span)
    return units


def _quantises(segments: Sequence[Segment], frame: bytes) -> bool:
    bodies = [segment.body for segment in segments if segment.marker == DQT]
    # A table of 16 bits begins and ends differently.
    return all(len(body) % 65 == 0 for body in bodies) and sorted(
        head for body in bodies for head in body[::65]
    ) == sorted(set(frame[8::3]))


def _codes(segments: Sequence[Segment], scan: bytes) -> bool:
    tables = [table for segment in segments if segment.marker == DHT for table in _tables(segment.body)]
    selected = scan[2:-3:2]
    wanted = {each >> 4 for each in selected} | {0x10 + (each & 15) for each in selected}
    return sorted(table.head for table in tables) == sorted(wanted) and all(map(_is_legal, tables))


def _tables(body: bytes) -> Iterator[_Table]:
    while body:
        end = 17 + sum(body[1:17])
        yield _Table(body[0], body[1:17], body[17:end])
        body = body[end:]


def _is_legal(table: _Table) -> bool:
    """Whether each symbol can occur in a baseline picture, stands in the table once, and the code leaves one word free."""
    is_ac = table.head >> 4
    least = 1 if is_ac else 0
    legal = all(
        (is_ac and symbol in _ZERO_RUNS) or ((is_ac or symbol < 16) and least <= symbol & 15 <= _MOST_SIZES[is_ac])
        for symbol in table.symbols
    )
    free = (1 << 16) - sum(count << 15 - at for at, count in enumerate(table.counts))
    return legal and len(set(table.symbols)) == len(table.symbols) and free > 0


def _fills_its_units(picture: Jpeg) -> bool:
    """Whether each block has a part in the picture: a block that is outside would be lost when the picture is coded anew."""
    largest = [side // 8 for side in picture.mcu]
    for factors in picture.factors:
        for side, unit, factor, most in zip(picture.size, picture.mcu, factors, largest, strict=True):
            samples = -(-side * factor // most)
            if -(-samples // 8) != -(-side // unit) * factor:
                return False
    return True

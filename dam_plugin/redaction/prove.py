"""Opens a written copy again and proves that nothing leaks; a copy is published with its Proof or not at all.

The walk and the geometry are the prover's own (`walk`, `compare`): only the table of known colour profiles is shared
with the writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from dam_plugin.errors import NotProven
from dam_plugin.redaction import compare, traces
from dam_plugin.redaction.profiles import KNOWN_PROFILES
from dam_plugin.redaction.walk import PROFILE, Part, Walked, untidy, walk
from dam_tagging.facts import Region

JFIF = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
ORIENTATIONS = {
    bytes.fromhex(f"457869660000 4d4d002a00000008 0001 0112000300000001 {value:04x}0000 00000000"): value
    for value in range(2, 9)
}
"""The only Exif payloads that a copy may hold: one big-endian entry, Orientation, 2 to 8."""

_CODING = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD})
_ORDER = {0xE0: 0, 0xE1: 1, 0xE2: 2}


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven, bound to the bytes: `sha256` of the copy, and a plain sentence for each check that it passed."""

    sha256: str
    checks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the proof as plain data, to be kept with the release."""
        return {"sha256": self.sha256, "checks": list(self.checks)}


def prove_redacted(released: bytes, source: bytes, boxes: Sequence[Region], secrets: Sequence[str]) -> Proof:
    """Prove that `released` is `source` with `boxes` (grown, fractions of the upright picture) black, and no more.

    `secrets` are the names and ids of the hidden students. Raises NotProven with every failure.
    """
    report = _Report()
    copy, original = report.walk(released, "the copy"), report.walk(source, "the source")
    report.container(released, copy, original, secrets)
    shown, expected = report.pictures(released, copy, source, original)
    if original is None or shown is None or expected is None:
        raise NotProven(report.failures)
    black = report.boxes(boxes, original)
    report.check(f"black from edge to edge: {len(black)} box(es)", compare.not_black(shown, black))
    report.check("outside the boxes the picture is the source's", compare.strays(shown, expected.image, black))
    return report.proof(released)


def prove_clean(released: bytes, source: bytes, secrets: Sequence[str]) -> Proof:
    """Prove that `released` shows `source` and holds none of its metadata.

    Every pixel must be the source's, unless the source had to be written afresh (a colour profile that is not on the
    list, or components coded as RGB): then within the encoder's tolerance. Raises NotProven with every failure.
    """
    report = _Report()
    copy, original = report.walk(released, "the copy"), report.walk(source, "the source")
    report.container(released, copy, original, secrets)
    shown, expected = report.pictures(released, copy, source, original)
    if original is None or shown is None or expected is None:
        raise NotProven(report.failures)
    if expected.converted or _coded_as_rgb(original):
        report.check("the picture is the source's, written afresh", compare.strays(shown, expected.image, ()))
    else:
        changed = ["the copy's pixels are not the source's"] if compare.differs(shown, expected.image) else []
        report.check("every pixel is the source's", changed)
    return report.proof(released)


@dataclass(frozen=True, slots=True)
class _Expected:
    """The picture that the copy must show; `converted` where the source's profile had to be applied."""

    image: Image.Image
    converted: bool


@dataclass(slots=True)
class _Report:
    """Gathers every failure, so that one does not hide the next."""

    failures: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    def check(self, sentence: str, failures: Iterable[str]) -> None:
        """Take the failures of one check; none means that `sentence` holds."""
        try:
            found = list(failures)
        except NotProven as error:
            found = list(error.failures)
        if found:
            self.failures.extend(found)
        else:
            self.checks.append(sentence)

    def walk(self, data: bytes, whose: str) -> Walked | None:
        try:
            return walk(data)
        except NotProven as error:
            self.failures.extend(f"{whose}: {failure}" for failure in error.failures)
            return None

    def container(self, released: bytes, copy: Walked | None, original: Walked | None, secrets: Sequence[str]) -> None:
        """Check everything but the pixels."""
        if copy is not None:
            self.check("the file holds nothing but the picture, orientation and a known profile", _only(copy))
            self.check("the coding tables and scans are exact", untidy(copy))
            self.check("the file ends where the picture ends", _ends(released, copy))
        if copy is not None and original is not None:
            self.check("size, orientation and colour profile are the source's", _same(copy, original))
        looked_for = len(traces.searchable(secrets))
        self.check(
            f"{looked_for} of {len(secrets)} names and ids looked for (3 characters or more): none is in the file",
            _named(released, copy, secrets),
        )

    def pictures(
        self, released: bytes, copy: Walked | None, source: bytes, original: Walked | None
    ) -> tuple[Image.Image | None, _Expected | None]:
        """Decode both files; None where one has no clear container or does not decode."""
        shown = expected = None
        try:
            shown = None if copy is None else compare.decoded(copy.bare(released), "the copy")
            expected = None if original is None else _expected(source, original)
        except NotProven as error:
            self.failures.extend(error.failures)
        return shown, expected

    def boxes(self, boxes: Sequence[Region], original: Walked) -> list[compare.Box]:
        """Return the pixels that must be black; a box that cannot be placed is a failure."""
        if not boxes:
            self.failures.append("no box was given to prove")
        placed = []
        for box in boxes:
            try:
                placed.append(compare.must_be_black(box, original.orientation(), original.size, original.unit))
            except NotProven as error:
                self.failures.extend(error.failures)
        return placed

    def proof(self, released: bytes) -> Proof:
        if self.failures:
            raise NotProven(self.failures)
        return Proof(hashlib.sha256(released).hexdigest(), tuple(self.checks))


def _only(copy: Walked) -> Iterator[str]:
    """Yield a failure for each segment that is not on the list, out of order or not the exact bytes allowed."""
    ranks = [_ORDER.get(part.marker, 3) for part in copy.parts]
    if ranks != sorted(ranks) or ranks.count(0) > 1 or ranks.count(1) > 1:
        yield "the segments stand out of order or twice"
    profile = copy.profile()
    for part in copy.parts:
        if not _allowed(part, profile):
            yield f"the file holds a segment {part.name} that a copy may not hold"


def _allowed(part: Part, profile: bytes) -> bool:
    if part.marker == 0xE0:
        return part.payload == JFIF
    if part.marker == 0xE1:
        return part.payload in ORIENTATIONS
    if part.marker == 0xE2:
        return part.payload.startswith(PROFILE) and len(part.payload) > 14 and _is_known(profile)
    return part.marker in _CODING


def _is_known(profile: bytes) -> bool:
    return hashlib.sha256(profile).hexdigest() in KNOWN_PROFILES


def _ends(released: bytes, copy: Walked) -> Iterator[str]:
    if copy.end != len(released):
        yield f"{len(released) - copy.end} bytes stand behind the end of the picture"
    if copy.end != 4 + sum(part.end - part.start for part in copy.parts):
        yield "fill bytes stand between the segments"


def _same(copy: Walked, original: Walked) -> Iterator[str]:
    if copy.size != original.size:
        yield "the copy's size is not the source's"
    if copy.orientation() != original.orientation():
        yield "the copy's orientation is not the source's"
    if copy.profile() != (original.profile() if _is_known(original.profile()) else b""):
        yield "the copy's colour profile is not the source's"


def _named(released: bytes, copy: Walked | None, secrets: Sequence[str]) -> Iterator[str]:
    """Yield a failure where a secret is found; a known profile's own text (its maker's name) is left out."""
    profile = copy.profile() if copy is not None else b""
    everything = released.replace(profile, b"") if profile and _is_known(profile) else released
    texts = b"\x00".join(
        part.payload for part in (copy.parts if copy is not None else ()) if not _allowed(part, profile)
    )
    count = traces.found(secrets, everything, texts)
    if count:
        yield f"{count} names or ids of hidden students stand in the file"


def _expected(source: bytes, original: Walked) -> _Expected:
    image = compare.decoded(original.bare(source), "the source")
    profile = original.profile()
    converted = compare.in_srgb(image, profile) if profile and not _is_known(profile) else None
    return _Expected(converted or image, converted is not None)


def _coded_as_rgb(original: Walked) -> bool:
    frame = next(part.payload for part in original.parts if part.marker in {0xC0, 0xC1, 0xC2})
    adobe = [part.payload for part in original.parts if part.marker == 0xEE and part.payload.startswith(b"Adobe")]
    return frame[6::3] == b"RGB" or any(payload[11:12] == b"\x00" for payload in adobe)

"""Opens a written copy again and proves that nothing leaks; a copy is published with its Proof or not at all.

Here is only which proof a picture gets; the proofs are `proof`'s, which shares nothing with the writer but the words of
`model`, the notice and the table of known colour profiles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from dam_plugin.redaction.model import Order, PixelBox, Proof
from dam_plugin.redaction.proof import as_it_was, foreign, jpeg, resized, still
from dam_plugin.redaction.proof.as_it_was import Seen
from dam_plugin.redaction.proof.report import Report

_JPEG = b"\xff\xd8"


def prove_picture(
    released: bytes,
    source: bytes,
    order: Order,
    crop: PixelBox | None = None,
    *,
    turbojpeg: Path | None = None,
) -> Proof:
    """Prove that `released` is the picture `source`, everybody of `order` hidden, and holds nothing more.

    `crop` is what stays, in pixels of the stored frame, where the copy is one; `turbojpeg` is libturbojpeg's file where
    it was set. Raises NotProven with every failure.
    """
    report = Report()
    if released.startswith(_JPEG) and source.startswith(_JPEG):
        jpeg.prove_jpeg(report, released, source, order, crop, turbojpeg=turbojpeg)
    else:
        still.prove_still(released, source, order, crop, report, turbojpeg)
    return report.proof(hashlib.sha256(released).hexdigest())


def prove_as_it_was(
    released: Path,
    read: Callable[[], bytes],
    order: Order,
    *,
    turbojpeg: Path | None = None,
    proven: str | None = None,
) -> tuple[Proof, Seen]:
    """Prove that `released` is the JPEG that `read` returns in its own coding, nobody to hide, and holds nothing more.

    Returns the proof, and what was looked at: of that source it is known then that its coding holds nothing but the picture.
    `proven` is the sha256 of such a source, and of these bytes alone that is believed. Takes a fifth of the time of
    `prove_picture`, with `proven` a twentieth, and holds one picture at a time. Raises NotProven with every failure; coded anew
    it may be proven yet.
    """
    report = Report()
    seen = as_it_was.prove_as_it_was(report, released, read, order, turbojpeg=turbojpeg, proven=proven)
    return report.proof(seen.sha256), seen


def prove_foreign(released: bytes, order: Order, *, turbojpeg: Path | None = None) -> Proof:
    """Prove what can be shown of a third party's JPEG or PNG, whose source nobody here can read.

    Its container is as strict as ours, no name is in it, and the boxes, as fractions of the upright picture, are filled.
    The proof says that the rest was not compared. Raises NotProven with every failure.
    """
    report = Report()
    foreign.prove_filled(report, released, order, turbojpeg)
    return report.proof(hashlib.sha256(released).hexdigest())


def prove_resized(released: bytes, order: Order, size: tuple[int, int], *, turbojpeg: Path | None = None) -> Proof:
    """Prove that a picture made from a proven copy is an upright JPEG of `size` (width, height) and holds nothing more.

    Of `order` count the notice and the secrets: whom it hides, the copy has shown. Raises NotProven with every failure.
    """
    report = Report()
    resized.prove_upright(report, released, order, size, turbojpeg)
    return report.proof(hashlib.sha256(released).hexdigest())

"""What a plan says to a custodian: sentences about those who stay, in plain words and without a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

COVERED_SHARE = Fraction(1, 2)
"""The share of the faces of those who stay past which the custodian is told: most of what was to be seen is gone."""
NOBODY_STAYS = "nobody is named who stays: as far as is known, everybody who is shown or heard is hidden"


def percent(share: Fraction | float) -> str:
    """Return a share 0..1 in words; a small part is not told as nothing, nor a large one as all."""
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
    """Yield that hiding wins over whom; `shares` are label and covered share of each face of somebody who stays."""
    touched = [f"{percent(share)} of {label}" for label, share in shares if share]
    if touched:
        yield f"hiding comes before keeping: the boxes cover {listed(touched)}"


def meaning(shares: Sequence[tuple[str, Fraction]], *, anybody: bool) -> Iterator[str]:
    """Yield what the question of meaning needs: that most of those who stay are covered, or that all are hidden.

    `anybody` says whether somebody is named who stays, with a box or without.
    """
    if not anybody:
        yield NOBODY_STAYS
        return
    if not shares:
        return
    mean = sum((share for _, share in shares), Fraction(0)) / len(shares)
    if mean == 1:
        yield "hiding covers everybody who stays: nobody is left to be seen"
    elif mean > COVERED_SHARE:
        yield f"hiding covers {percent(mean)} of the faces of those who stay: most of what was to be seen is gone"


def unplaced(labels: Sequence[str], what: str) -> Iterator[str]:
    """Yield who stays without a usable box, so that nobody knows whether `what` holds of them."""
    if labels:
        yield f"no box stands around {listed(labels)}: whether {what} is not known"

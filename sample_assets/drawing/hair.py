"""Hair styles, each in two layers: what hangs behind the body, and what lies over the face. Units as in `heads.py`."""

from __future__ import annotations

from collections.abc import Callable

from drawing import long_hair, short_hair
from drawing.brush import lay, strands
from drawing.canvas import Pen
from drawing.heads import Look
from drawing.shapes import deeper, ellipse, mirrored, smooth


def draw_behind(pen: Pen, look: Look) -> None:
    """Draw the layer behind neck and shoulders."""
    if look.hair in _BEHIND:
        _BEHIND[look.hair](pen, look)


def draw_over(pen: Pen, look: Look) -> None:
    """Draw the layer over the head; every style has one."""
    _OVER[look.hair](pen, look)


def draw_from_behind(pen: Pen, look: Look) -> None:
    """Draw the head of somebody who looks away: hair, ears and neck, no face."""
    pen.fill(smooth(mirrored([(-0.36, 0.4), (-0.38, 1.2), (-0.6, 1.6), (0, 1.8)])), deeper(look.skin, 0.35))
    for side in (-1, 1):
        pen.fill(ellipse(side * 0.74, 0.1, 0.12, 0.2), deeper(look.skin, 0.25))
    if look.hair in {"curls", "twists"}:
        short_hair.curls_behind(pen, look)
    skull = smooth(mirrored([(0, -1.1), (-0.5, -0.98), (-0.76, -0.5), (-0.76, 0.1), (-0.56, 0.66), (0, 0.82)]))
    lay(pen, look, skull)
    strands(pen, look, [[(k * 0.05, -0.8), (k * 0.15, -0.1), (k * 0.11, 0.75)] for k in range(-4, 5)], skull)
    if look.hair in {"long", "waves", "hijab", "bob"}:
        low = 0.9 if look.hair == "bob" else 1.9
        lay(
            pen,
            look,
            smooth(mirrored([(0, -1.1), (-0.6, -0.95), (-0.84, -0.2), (-0.86, low - 0.3), (-0.5, low), (0, low)])),
        )
    if look.hair in {"ponytail", "bun"}:
        low = 1.7 if look.hair == "ponytail" else 0.1
        lay(pen, look, smooth(mirrored([(0, -0.5), (-0.26, -0.4), (-0.3, 0.0), (-0.2, low - 0.2), (0, low)])))


_BEHIND: dict[str, Callable[[Pen, Look], None]] = {
    "curls": short_hair.curls_behind,
    "long": long_hair.long_behind,
    "waves": long_hair.long_behind,
    "bob": long_hair.bob_behind,
    "ponytail": long_hair.ponytail_behind,
    "bun": long_hair.bun_behind,
    "hijab": long_hair.scarf_behind,
}
_OVER: dict[str, Callable[[Pen, Look], None]] = {
    "short": short_hair.crop,
    "side part": short_hair.side_part,
    "fade": short_hair.fade,
    "curls": short_hair.curls_over,
    "long": long_hair.long_over,
    "waves": long_hair.waves_over,
    "bob": long_hair.bob_over,
    "ponytail": long_hair.pulled_back,
    "bun": long_hair.pulled_back,
    "braids": long_hair.braids,
    "twists": short_hair.twists,
    "hijab": long_hair.scarf_over,
}

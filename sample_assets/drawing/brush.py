"""Two strokes that every hair style is made of: a mass of hair, and the strands in it."""

from __future__ import annotations

from drawing.canvas import Gradient, Pen
from drawing.heads import Look
from drawing.shapes import Point, darker, lighter, stroke


def lay(pen: Pen, look: Look, shape: list[Point], *, shine: bool = True) -> None:
    """Lay a mass of hair and count it into the face's box; `shine` puts the studio light on it."""
    color = look.hair_color
    pen.fill(shape, Gradient(lighter(color, 0.12), darker(color, 0.3)))
    pen.note(shape)
    if shine:
        gleam = stroke([(-0.52, -0.52), (-0.3, -0.8), (0.05, -0.88)], (0.04, 0.13, 0.03))
        pen.fill(gleam, lighter(color, 0.5), blur=0.05, opacity=0.45, clip=shape)


def strands(pen: Pen, look: Look, lines: list[list[Point]], clip: list[Point]) -> None:
    """Comb lines into a mass, dark with a light edge, inside `clip`."""
    # On a head this small a strand is thinner than a pixel.
    if pen.unit < 30:
        return
    for line in lines:
        pen.fill(stroke(line, (0.01, 0.035, 0.01)), darker(look.hair_color, 0.45), opacity=0.4, clip=clip)
        moved = [(x - 0.04, y) for x, y in line]
        pen.fill(stroke(moved, (0.01, 0.025, 0.01)), lighter(look.hair_color, 0.35), opacity=0.35, clip=clip)

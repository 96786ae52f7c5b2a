"""What a figure is, and what it is now (`dam_hooks.figures` has the figures)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, what it is, and the labels that part it. `rises`: it counts from the start of the process."""

    name: str
    told: str
    labels: tuple[str, ...] = ()
    rises: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """What a figure is now, for one value of each of its labels."""

    figure: Figure
    value: float
    labels: tuple[str, ...] = ()

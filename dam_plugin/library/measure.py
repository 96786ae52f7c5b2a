"""What a command that guards a bucket tells of each thing it did or looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["done", "to do", "changed", "kept", "not here", "not tried", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing: `done` (was so already), `to do` (in a dry run), `changed` (now), `kept` (of others), or how it ended."""

    name: str
    state: State
    detail: str

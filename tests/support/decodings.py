"""Watching a prover at work: what of a copy's coding it decoded in search of a byte that no picture needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dam_plugin.redaction.proof import coefficients


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was decoded in search of a byte that no picture needs."""
    sizes: list[int] = []
    whole = coefficients.shrunk_until_missed

    def shrunk(data: bytearray, size: tuple[int, int], *, library: Path | None = None) -> bytes | None:
        sizes.append(len(data))
        return whole(data, size, library=library)

    monkeypatch.setattr(coefficients, "shrunk_until_missed", shrunk)
    return sizes

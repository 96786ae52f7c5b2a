"""The size in an AV1 sequence header, in its short form (still pictures) and its long one."""

from __future__ import annotations

import pytest
from still_samples import drawn, saved

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.heif import av1_size

START = b"\x12\x00\x0a"
"""A temporal delimiter, and the head of a sequence header."""


def coded(*, still: bool) -> bytes:
    """Return coded data from its first unit on."""
    more = {} if still else {"save_all": True, "append_images": [drawn(72, 40, 1)]}
    data = saved(drawn(72, 40), "AVIF", speed=10, **more)
    return data[data.index(START) :]


@pytest.mark.parametrize("still", [True, False], ids=["short", "long"])
def test_the_size_is_the_coded_pictures(still: bool) -> None:
    data = coded(still=still)
    assert bool(data[4] & 0b1000) == still
    assert av1_size(data) == (72, 40)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(START[:2], id="no header"),
        pytest.param(b"\x10", id="a unit without a size"),
        pytest.param(b"\x12\xff\xff\xff\xff\xff\xff", id="a size without an end"),
        pytest.param(START + b"\x01\x00", id="a header that is cut off"),
        pytest.param(START + b"\x04\x04\x00\x00\x00", id="a header with timing"),
        pytest.param(b"\x12\x00" * 20 + START + b"\x0b", id="too many units"),
    ],
)
def test_what_states_no_size_is_refused(data: bytes) -> None:
    with pytest.raises(CannotRedact, match="damaged"):
        av1_size(data)

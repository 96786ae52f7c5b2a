"""Fixture: the detectors of a run share one network, and a picture that it has looked at is not looked at again.

To look at one picture takes longer than most tests, and a network of its own for each command half a gigabyte. The network
is pure: the same pixels and the same least score give the same boxes.
"""

from __future__ import annotations

import functools
import gc
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from dam_plugin.intake import faces
from dam_plugin.model import Region

if TYPE_CHECKING:
    from dam_plugin.intake.centerface import CenterFace

_Found = tuple[Region, ...]
# By the picture and the least score: there is one model, whose hash the product knows.
_FOUND: dict[tuple[bytes, tuple[int, int], float], _Found] = {}


@functools.lru_cache(maxsize=1)
def _network_of(model: bytes) -> CenterFace:
    from dam_plugin.intake.centerface import CenterFace

    return CenterFace(model)


class OnceEach:
    """A network that is loaded for the first picture that no test has shown it yet."""

    def __init__(self, model: bytes) -> None:
        self._model = model

    def find(self, picture: Image.Image, least_score: float) -> _Found:
        asked = (hashlib.sha256(picture.tobytes()).digest(), picture.size, least_score)
        if asked not in _FOUND:
            _FOUND[asked] = _network_of(self._model).find(picture, least_score)
        return _FOUND[asked]


_own_network = faces.FaceDetector.__dict__["_network"]


@pytest.fixture(scope="session", autouse=True)
def one_network() -> Iterator[None]:
    """Give each detector the network of its model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces.FaceDetector, "_network", property(lambda self: OnceEach(self._model)))
        yield


@pytest.fixture(scope="module", autouse=True)
def let_go_of_network() -> Iterator[None]:
    """Keep no network for files of tests that look at no picture: one that has seen large ones keeps a gigabyte."""
    yield
    _network_of.cache_clear()


@pytest.fixture
def own_networks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each detector have a network of its own that looks every time, as the program does."""
    monkeypatch.setattr(faces.FaceDetector, "_network", _own_network)
    yield
    # Half a gigabyte each, which hangs in a circle of plugins.
    gc.collect()

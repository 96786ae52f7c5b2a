"""Fixture: the detectors of a run share one network, and a picture that it has looked at is not looked at again.

To look at one picture takes longer than most tests, and a network of its own for each command half a gigabyte. The network
is pure: the same pixels and the same least score give the same boxes. What was found lies in a folder of the run, for its
other workers, and for a command in a process of its own that is started as `python face_network.py ARGUMENTS`.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from dam_plugin.intake import faces
from dam_plugin.model import Region

if TYPE_CHECKING:
    from dam_plugin.intake.centerface import CenterFace

# Where a run keeps what was found; a process that it starts has the variable.
FOLDER = "DAM_TEST_FOUND_FACES"

_Found = tuple[Region, ...]
# By the picture and the least score: there is one model, whose hash the product knows.
_FOUND: dict[str, _Found] = {}


@functools.lru_cache(maxsize=1)
def _network_of(model: bytes) -> CenterFace:
    from dam_plugin.intake.centerface import CenterFace

    return CenterFace(model)


class OnceEach:
    """A network that is loaded for the first picture that no test has shown it yet."""

    def __init__(self, model: bytes) -> None:
        self._model = model

    def find(self, picture: Image.Image, least_score: float) -> _Found:
        pixels = hashlib.sha256(picture.tobytes()).hexdigest()
        asked = f"{pixels}-{picture.width}x{picture.height}-{least_score!r}"
        if asked not in _FOUND:
            _FOUND[asked] = self._found_by_anybody(asked, picture, least_score)
        return _FOUND[asked]

    def _found_by_anybody(self, asked: str, picture: Image.Image, least_score: float) -> _Found:
        file = Path(os.environ[FOLDER]) / asked
        if file.exists():
            return tuple(Region(*each) for each in json.loads(file.read_bytes()))
        found = _network_of(self._model).find(picture, least_score)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps([astuple(each) for each in found]))
        unfinished.replace(file)
        return found


_own_network = faces.FaceDetector.__dict__["_network"]


@pytest.fixture(scope="session", autouse=True)
def one_network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each detector the network of its model."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        # Each worker has its own in the run's.
        folder = folder.parent
    (folder / "found-faces").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(folder / "found-faces"))
        _share(patch)
        yield


def _share(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(faces.FaceDetector, "_network", property(lambda self: OnceEach(self._model)))


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


if __name__ == "__main__":
    from dam_plugin.cli.start import run

    _share(pytest.MonkeyPatch())
    run()

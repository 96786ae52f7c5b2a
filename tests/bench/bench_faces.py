"""What counting faces takes: CPU seconds of one process for a photo of 24 megapixels, and the memory that it peaks at."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.frame import Row
from PIL import Image

from dam_plugin.intake.faces import OWN_MODEL, FaceDetector

SIZE = (6000, 4000)
ROUNDS = 5
SAMPLE = Path(__file__).resolve().parents[2] / "sample_assets" / "events" / "athletics" / "soccer-match.jpg"
MEBIBYTE = 1024

# A process of its own, so that its peak is the detector's; one core, as a worker has.
COUNT = """
import os, resource, sys
from dam_plugin.intake.faces import OWN_MODEL, FaceDetector
with open(sys.argv[1], "rb") as file:
    assert FaceDetector(OWN_MODEL, least_score=0.3).find(file)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def rows() -> Iterable[Row]:
    """Yield the CPU seconds of a photo that says which way is up, of one that does not, and the peak of memory."""
    detector = FaceDetector(OWN_MODEL, least_score=0.3)
    upright, bare = _photo(orientation=1), _photo(orientation=None)
    yield Row("count faces in 24 megapixels", _cpu(detector, upright), "s of CPU", at_most=1.2)
    yield Row("the same without an orientation, in four turns", _cpu(detector, bare), "s of CPU")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(bare)
        told = subprocess.run(
            [sys.executable, "-c", COUNT, str(path)], check=True, capture_output=True, text=True, env=os.environ
        )
    yield Row("peak of memory with Python and OpenCV", int(told.stdout) / MEBIBYTE, "MiB")


def _cpu(detector: FaceDetector, photo: bytes) -> float:
    """Return the least CPU time of several looks: others at work on the machine only add to it."""
    detector.find(io.BytesIO(photo))
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        assert detector.find(io.BytesIO(photo))
        taken.append(time.process_time() - begun)
    return min(taken)


def _photo(orientation: int | None) -> bytes:
    with Image.open(SAMPLE) as picture:
        large = picture.convert("RGB").resize(SIZE)
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    file = io.BytesIO()
    large.save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()

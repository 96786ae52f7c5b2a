"""What hiding people takes, and proving it, beside Pillow, jpegtran, deface and a plain transcode, on the same file in one run.

The photo is a sample enlarged to 24 megapixels with a camera's grain; the clip is drawn.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.frame import Peer, Row, run_command, timed
from corpus import REPOSITORY
from PIL import Image

from dam_plugin.redaction.model import Order, Person, Plan
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.stills import wipe
from dam_tagging.facts import Region

PHOTO = REPOSITORY / "sample_assets" / "events" / "athletics" / "team-photo.jpg"
SIZE = (6000, 4000)
MEBIBYTE = 1024 * 1024
ROUNDS, WARM_UP = 7, 1

# Each is one step in a process of its own, which reads the photo and does nothing else.
IN_A_PROCESS = """
import sys
from pathlib import Path
from bench import bench_redaction
bench_redaction.{step}(*map(Path, sys.argv[1:]))
"""


def rows() -> Iterable[Row]:
    """Yield the wipe, the proof, the pixel path and the video, each with what it is measured against."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(_photo())
        yield from _pictures(photo)
        yield from _memory(photo)
    yield from _recordings()


def _pictures(photo: Path) -> Iterator[Row]:
    source = photo.read_bytes()
    pillow = _milliseconds(lambda: _decoded_and_encoded(source))
    yield Row("Pillow: decode and encode, 24 megapixels", pillow, "ms")
    few, many = ordered(1), ordered(50)
    one = _milliseconds(lambda: _wiped(source, few))
    fifty = _milliseconds(lambda: _wiped(source, many))
    yield Row("wipe of 1 box ÷ Pillow", one / pillow, "", at_most=0.75)
    yield Row("wipe of 50 boxes ÷ Pillow", fifty / pillow, "", at_most=0.75)
    copy = _wiped(source, few)
    yield Row(
        "proof ÷ Pillow",
        _milliseconds(lambda: _prove(copy, source, few)) / pillow,
        "",
        at_most=1.3,
    )
    yield Row("wipe of 1 box", one, "ms", **_beside("jpegtran -wipe", _jpegtran(photo, planned(source, few))))
    yield Row("wipe of 50 boxes", fifty, "ms", **_beside("deface (solid, its mask replaced)", _deface(photo, many)))


def _memory(photo: Path) -> Iterator[Row]:
    for step, most in (("wipe_file", 130), ("prove_file", 300)):
        yield _peak(f"{step.partition('_')[0]} of 24 megapixels, peak memory", step, most, photo)
    yield _peak("Pillow: decode and encode, peak memory", "pillow_file", None, photo)
    for suffix in ("png", "webp"):
        other = photo.with_suffix(f".{suffix}")
        with Image.open(photo) as image:
            image.save(other, **({"compress_level": 1} if suffix == "png" else {"quality": 80, "method": 0}))
        yield _peak(f"pixel path, {suffix.upper()}, peak memory", "rewrite_file", 700, other)


def _peak(name: str, step: str, most: int | None, path: Path) -> Row:
    ran = run_command([sys.executable, "-c", IN_A_PROCESS.format(step=step), str(path)])
    return Row(name, ran.peak / MEBIBYTE, "MiB", at_most=most)


def wipe_file(path: Path) -> None:
    """Wipe one box of a photo."""
    _wiped(path.read_bytes(), ordered(1))


def prove_file(path: Path) -> None:
    """Wipe one box of a photo in another process, and prove it in this one."""
    copy = path.with_suffix(".copy")
    if not copy.exists():
        subprocess.run([sys.executable, "-c", IN_A_PROCESS.format(step="write_copy"), str(path)], check=True)
    _prove(copy.read_bytes(), path.read_bytes(), ordered(1))


def write_copy(path: Path) -> None:
    """Write a photo's copy beside it."""
    path.with_suffix(".copy").write_bytes(_wiped(path.read_bytes(), ordered(1)))


def pillow_file(path: Path) -> None:
    """Decode and encode a photo with Pillow."""
    _decoded_and_encoded(path.read_bytes())


def rewrite_file(path: Path) -> None:
    """Hide one box of a picture by the pixel path."""
    from dam_plugin.redaction.stills import pixels

    source = path.read_bytes()
    frame = pixels.frame(source, f"image/{path.suffix[1:]}")
    pixels.rewrite(source, plan_picture(frame, ordered(1)), None)


def ordered(boxes: int) -> Order:
    """Return an order to hide faces of 2 % of the width, in rows over the picture."""
    places = ((0.08 + 0.09 * (number % 10), 0.1 + 0.17 * (number // 10)) for number in range(boxes))
    return Order(
        hide=tuple(Person(f"box {number}", (Region(x, y, 0.02, 0.03),)) for number, (x, y) in enumerate(places, 1))
    )


def planned(source: bytes, order: Order) -> Plan:
    """Return the plan of a photo."""
    return plan_picture(wipe.frame(source), order)


def _wiped(source: bytes, order: Order) -> bytes:
    return wipe.wipe(source, planned(source, order), None)


def _prove(copy: bytes, source: bytes, order: Order) -> None:
    # Here, so that the step which only wipes does not carry it.
    from dam_plugin.redaction.proof import prove

    prove.prove_picture(copy, source, order)


def _photo() -> bytes:
    with Image.open(PHOTO) as sample:
        large = sample.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(SIZE, 12).convert("RGB")
    file = io.BytesIO()
    Image.blend(large, grain, 0.5).save(file, "JPEG", quality=90)
    return file.getvalue()


def _decoded_and_encoded(source: bytes) -> None:
    Image.open(io.BytesIO(source)).save(io.BytesIO(), "JPEG", quality=90)


def _milliseconds(call: Callable[[], object]) -> float:
    return timed(lambda _: call(), [None], rounds=ROUNDS, warm_up=WARM_UP).median("ms")


def _beside(name: str, value: float | None) -> dict[str, Peer | str]:
    return {"note": f"{name.split(maxsplit=1)[0]} is not installed"} if value is None else {"peer": Peer(name, value)}


def _jpegtran(photo: Path, plan: Plan) -> float | None:
    """Return the milliseconds of jpegtran wiping the same box; None where it is not installed."""
    program = shutil.which("jpegtran")
    if program is None:
        return None
    box = plan.pixel_boxes[0]
    where = f"{box.right - box.left}x{box.bottom - box.top}+{box.left}+{box.top}"
    command = [program, "-wipe", where, "-outfile", str(photo.with_suffix(".tran")), str(photo)]
    return _milliseconds(lambda: run_command(command))


def _deface(photo: Path, order: Order) -> float | None:
    """Return the milliseconds of deface's own functions with our boxes for its faces; None where it is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("deface", "imageio", "cv2")):
        return None
    import imageio.v2 as imageio
    import numpy as np
    from deface.deface import anonymize_frame

    boxes = [box.as_tuple() for box in planned(photo.read_bytes(), order).pixel_boxes]
    faces = np.array([[*box, 1.0] for box in boxes])

    def redact() -> None:
        frame = imageio.imread(photo)
        anonymize_frame(faces, frame, 1.0, "solid", False, False, None, 20)  # noqa: FBT003 - its own order
        imageio.imwrite(photo.with_suffix(".deface.jpg"), frame)

    return _milliseconds(redact)


def _recordings() -> Iterator[Row]:
    """Yield the rows of the video, where the extra is installed."""
    if importlib.util.find_spec("av") is None:
        yield Row("video redaction ÷ plain transcode", 0, "", note="PyAV is not installed: pip install dam-plugin[av]")
        return
    from bench import clips

    yield from clips.rows()

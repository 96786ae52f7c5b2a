"""What a yearbook set costs beside fetching the same photos and packing them with `zip -0`, and how much memory it takes.

The command line in a process of its own, moto's server in another; rounds of both take turns, and the middle one counts.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from bench.frame import Row
from bench.storage import BUCKET, storage
from PIL import Image

from dam_hooks import manager, services_of
from dam_plugin.library.s3 import Head
from dam_plugin.model import Actor, Appearance, Asset, Region, StudentRecord, Tagging
from dam_plugin.services import Services, local_now
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.store import ChoiceSource, StoredAsset

PHOTOS, SIZE, ROUNDS = 300, (6000, 4000), 3
FEW, MANY = 200, 20_000
STUDENTS, IN_PICTURE, THREADS = 60, 3, 2
EXPORT_KEY = "YmVuY2gtZXhwb3J0LWtleS1vZi0zMi1ieXRlcy0uLi4"


def rows() -> Iterable[Row]:
    """Yield the time of 300 large photos to fetching and zipping them, and the peak memory of sets of two sizes.

    The first set of photos takes longer: what is found of their coding then need not be looked for again.
    """
    if shutil.which("zip") is None:
        yield Row("a set of 300 photos to zip -0", 0, "times", note="zip is not installed")
    else:
        yield from _beside_zip()
    peaks = [_peak_of_small(count) for count in (FEW, MANY)]
    for count, (peak, seconds) in zip((FEW, MANY), peaks, strict=True):
        yield Row(f"peak memory, {count:,} small photos", peak, "MiB", at_most=150, note=f"{seconds:.0f} s")
    yield Row(f"peak memory of {MANY:,} to that of {FEW}", peaks[1][0] / peaks[0][0], "times", at_most=1.1)


def _beside_zip() -> Iterator[Row]:
    photos = [_photo(seed) for seed in range(3)]
    with _district() as (services, folder):
        heads = _stored(services, [photos[number % len(photos)] for number in range(PHOTOS)])
        first = _export(folder, "first")
        rounds = [
            (_export(folder, f"set-{turn}"), _zip(services, heads, folder / f"zip-{turn}")) for turn in range(ROUNDS)
        ]
    ours, theirs = median(export[0] for export, _ in rounds), median(seconds for _, seconds in rounds)
    each = f"{ours:.1f} s, fetched by {THREADS} threads and zipped {theirs:.1f} s"
    yield Row(f"a set of {PHOTOS} photos of 24 megapixels to zip -0", ours / theirs, "times", at_most=1.3, note=each)
    yield Row("the first set of these photos to zip -0", first[0] / theirs, "times", note=f"{first[0]:.1f} s")
    peak = max(first[1], *(export[1] for export, _ in rounds))
    yield Row(f"peak memory, {PHOTOS} photos of 24 megapixels", peak, "MiB", at_most=150)


def _peak_of_small(count: int) -> tuple[float, float]:
    small = _encoded(Image.effect_noise((64, 48), 40).convert("RGB"), 80)
    with _district() as (services, folder):
        _stored(services, [small] * count)
        seconds, peak = _export(folder, "small")
        return peak, seconds


def _export(folder: Path, name: str) -> tuple[float, float]:
    """Make a set as a user does; return the seconds that it took, and the peak of its memory in MiB."""
    out = folder / f"{name}.zip"
    program = Path(sys.executable).with_name("dam-plugin")
    command = [str(program), "export", "yearbook", "--out", str(out), "--json"]
    started = perf_counter()
    peak = 0
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        # Not what `wait4` tells: that counts this process too, which it began as.
        while process.poll() is None:
            peak = max(peak, _high_water(process.pid))
            sleep(0.02)
    seconds = perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"the export ended with {process.returncode}")
    out.unlink()
    return seconds, peak / 1024


def _high_water(pid: int) -> int:
    """Return the most memory that a process has had so far, in KiB; 0 once it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _zip(services: Services, heads: Sequence[Head], folder: Path) -> float:
    """Fetch the same photos from the same server, pack them without compression, and return the seconds."""
    folder.mkdir()
    started = perf_counter()

    def fetch(numbered: tuple[int, Head]) -> None:
        number, head = numbered
        path = folder / f"{number}.jpg"
        services.library.download(head.key, version_id=head.version_id, etag=head.etag, path=path, limit=head.size)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fetch, enumerate(heads)))
    packed = folder.with_suffix(".zip")
    subprocess.run(["zip", "-q", "-0", "-r", str(packed), folder.name], cwd=folder.parent, check=True)
    seconds = perf_counter() - started
    shutil.rmtree(folder)
    packed.unlink()
    return seconds


@contextmanager
def _district() -> Iterator[tuple[Services, Path]]:
    with TemporaryDirectory() as name, storage(_settings(Path(name))) as library:
        # As every bucket of the plugin is: a set is made of versions, which are looked for once more at its end.
        library._client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        services = services_of(manager())
        services.store.upgrade()
        now = services.now()
        with services.store.writing() as unit:
            unit.people.upsert_roster([_student(number) for number in range(STUDENTS)], now)
            unit.people.add_import("plain", "bench", now, whole=True, students=STUDENTS, tells_opt_outs=True)
            unit.people.add_choice_source(ChoiceSource("roster", now, Actor("custodian", "bench"), "opt_outs.csv"))
        try:
            yield services, Path(name)
        finally:
            services.store.close()
            services.library.close()


def _settings(folder: Path) -> dict[str, str]:
    today = local_now().date()
    return {
        "DAM_PLUGIN_BUCKET": BUCKET,
        "DAM_PLUGIN_DATABASE_URL": f"sqlite:///{(folder / 'bench.sqlite3').as_posix()}",
        "DAM_PLUGIN_PSEUDONYM_KEY": "p" * 40,
        "DAM_PLUGIN_SIGNING_KEY": "s" * 40,
        "DAM_PLUGIN_EXPORT_KEY": EXPORT_KEY,
        "DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE": str(today - timedelta(days=90)),
        "DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS": str(today - timedelta(days=75)),
        "DAM_PLUGIN_DISTRICT__DIRECTORY_INCLUDES_IMAGES": "True",
    }


def _stored(services: Services, bodies: Sequence[bytes]) -> list[Head]:
    """Put photos into the bucket and keep what intake would have said of them."""

    def put(numbered: tuple[int, bytes]) -> Head:
        number, body = numbered
        return services.library.put(f"events/{number:06d}.jpg", body, media_type="image/jpeg")

    with ThreadPoolExecutor(THREADS) as pool:
        heads = list(pool.map(put, enumerate(bodies)))
    now = services.now()
    with services.store.writing() as unit:
        for number, head in enumerate(heads):
            known_as = asset_id(services.pseudonyms, head.key, head.version_id, head.etag)
            asset = Asset(known_as, head.key, head.version_id, head.etag, head.size, "image/jpeg")
            tagging = Tagging("complete", _appearances(number), "eligible", ground="looked")
            unit.assets.save(StoredAsset(asset, None, "staff", tagging, tagging, now, now))
    return heads


def _appearances(number: int) -> tuple[Appearance, ...]:
    return tuple(
        Appearance(
            f"S-{(number * IN_PICTURE + each) % STUDENTS}", "focus", regions=(Region(0.2 * each, 0.3, 0.1, 0.2),)
        )
        for each in range(IN_PICTURE)
    )


def _student(number: int) -> StudentRecord:
    return StudentRecord(f"S-{number}", f"r{number}", (f"Student {number}",), born=date(2011, 5, 17))


def _photo(seed: int) -> bytes:
    """Return a photo of 24 megapixels and about 8 MB, with the grain of a camera, that takes no part in another."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    grain = Image.effect_noise(SIZE, 26)
    ramps = [Image.linear_gradient("L").rotate(90 * rng.randrange(4)).resize(SIZE) for _ in range(2)]
    return _encoded(Image.merge("RGB", [grain, *(Image.blend(grain, ramp, 0.7) for ramp in ramps)]), 88)


def _encoded(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "EOS R6"
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()

"""Hostile files through the real worker: held with a reason, no name told, and the next file is tagged."""

from __future__ import annotations

import logging
import struct
import traceback
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest
from corpus import corpus_root, requires_corpus
from district import GRADUATION, TEAM, District
from made_corpus import CORPUS, is_hostile
from made_files import (
    bag,
    box,
    chunk,
    exif_segment,
    iptc_segment,
    jpeg,
    movie,
    mwg,
    packet,
    png,
    riff,
    xmp_segment,
)
from use_cases import kept

from dam_hooks import s3_events
from dam_hooks.s3_events import Worker, announcing
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import DamPluginError
from dam_plugin.intake.events import take_in
from dam_plugin.intake.reader import Limits
from dam_plugin.library.event_queue import Queue
from dam_plugin.library.setup import prepare
from dam_plugin.model import AssetEvent
from dam_plugin.store import StoredAsset

NAMES = ("Theresa", "Okafor", "Quillfeather")
PERSON = "Theresa Okafor-Quillfeather"


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


BOMB = (
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'Quillfeather'>"
    + "".join(f"<!ENTITY a{n} '{'&a' + str(n - 1) + ';' if n else '&a;'}'>" for n in range(12))
    + "]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a11;</x:xmpmeta>"
).encode()
EXTERNAL = (
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>&e;</x:xmpmeta>"
)
REGION = {"box": (0.5, 0.5, 0.1, 0.1), "name": PERSON, "kind": "Face"}


def compressed(body: bytes) -> bytes:
    """A PNG with compressed XMP."""
    return png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(body)))


def deep(levels: int) -> bytes:
    return packet("<dc:subject>" * levels + PERSON + "</dc:subject>" * levels)


def looping_tiff() -> bytes:
    """Two directories that point at each other."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)


def counting_tiff() -> bytes:
    """A field that says it holds four gigabytes."""
    entry = struct.pack("<HHII", 700, 1, 0xFFFFFFFF, 8)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "zeros": lambda: b"\0" * 5000,
    "xml bomb": lambda: jpeg(xmp_segment(BOMB)),
    "xml outside": lambda: jpeg(xmp_segment(EXTERNAL)),
    "xml compressed bomb": lambda: compressed(b"<x>" + b" " * 100_000_000),
    "xml too deep": lambda: jpeg(xmp_segment(deep(500))),
    "ifd loop": looping_tiff,
    "gigabyte count": counting_tiff,
    "many regions": lambda: compressed(packet(mwg([{**REGION, "name": f"{PERSON} {n}"} for n in range(20_000)]))),
    "100,000 regions": lambda: compressed(packet(mwg([REGION] * 100_000))),
    "long name": lambda: compressed(packet(bag("Iptc4xmpExt:PersonInImage", [PERSON * 40_000]))),
    "cut off": lambda: jpeg(xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", [PERSON]))))[:700],
    "box of 2^63": lambda: movie() + struct.pack(">I4sQ", 1, b"free", 1 << 63),
    "boxes in boxes": lambda: movie(nested(3000)),
    "wav of 4 GB": lambda: b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff",
    "many chunks": lambda: riff(b"WAVE", *[(b"junk", b"")] * 25_000),
    "id3 of 256 MB": lambda: b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"\0" * 100,
    "matroska": lambda: b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" * 500,
    "ogg": lambda: (b"OggS\0\2" + b"\xff" * 200) * 50,
}


def nested(levels: int) -> bytes:
    inner = b""
    for _ in range(levels):
        inner = box(b"udta", inner)
    return inner


LET_GO = {
    # What hangs or overflows other readers, and holds nothing that ours would have to look into.
    "boxes in boxes": ("pending", "staff"),
    "exifread_makernote_hang": ("pending", "staff"),
    # It is cut off behind its metadata, in the picture.
    "truncated_in_xmp": ("complete", "staff"),
}


@pytest.fixture
def handle(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[dict[str, bytes]], dict[str, StoredAsset]]]:
    """Upload files as any tool would, let the worker handle their events, and give what is kept of each."""
    services = district.services
    bucket = services.library.bucket
    # The queue of the tests shows at once whether it is empty: nothing has to be waited for.
    monkeypatch.setattr(s3_events, "EMPTYING_POLL_SECONDS", 0)
    _, url = prepare(bucket, f"hostile-{uuid.uuid4().hex[:8]}", dry_run=False, create_bucket=False)
    assert url is not None
    with Queue.connect(url) as queue:
        worker = Worker(queue, announcing(district.pm), bucket)

        def handled(files: dict[str, bytes]) -> dict[str, StoredAsset]:
            for key, body in files.items():
                services.library.put(key, body, media_type="image/jpeg")
            summary = worker.run(until_empty=True)
            assert (summary.failed, summary.dead) == (0, 0)
            return {key: kept(services, key) for key in files}

        yield handled


Handle = Callable[[dict[str, bytes]], dict[str, StoredAsset]]


def problems(stored: StoredAsset) -> str:
    return " ".join(finding.why for finding in stored.tagging.findings)


def not_held(district: District, stored: dict[str, StoredAsset]) -> dict[str, object]:
    """What of these the worker wrongly let go, or holds without a reason."""
    found: dict[str, object] = {}
    for key, each in stored.items():
        expected = LET_GO.get(PurePosixPath(key).stem, ("failed", "hold"))
        if (each.tagging.state, district.release_tag(key)) != expected or not problems(each):
            found[key] = (each.tagging.state, each.release_tag, problems(each))
    return found


def test_every_hostile_file_is_held_with_a_reason_and_the_worker_goes_on(district: District, handle: Handle) -> None:
    made = {f"inbox/{name}.jpg": make() for name, make in HOSTILE.items()}
    stored = handle({**made, TEAM: sample(TEAM)})
    last = stored.pop(TEAM)
    assert not_held(district, stored) == {}
    assert (last.tagging.state, district.release_tag(TEAM)) == ("complete", "staff")


def test_the_hostile_files_that_the_suite_makes_are_held_and_the_worker_goes_on(
    district: District, handle: Handle
) -> None:
    # Of the others the metadata is whole: what is cut or too long in them is none.
    bodies = {f"inbox/{name}": made.data for name, made in CORPUS.items() if is_hostile(name) and made.state != "read"}
    stored = handle({**bodies, TEAM: sample(TEAM)})
    assert stored.pop(TEAM).tagging.state == "complete"
    assert not_held(district, stored) == {}


@requires_corpus
@pytest.mark.corpus
def test_the_hostile_files_of_the_corpus_are_held_and_the_worker_goes_on(district: District, handle: Handle) -> None:
    root = corpus_root()
    assert root is not None
    bodies = {f"inbox/{path.name}": path.read_bytes() for path in sorted((root / "hostile").iterdir())}
    stored = handle({**bodies, TEAM: sample(TEAM)})
    assert stored.pop(TEAM).tagging.state == "complete"
    assert not_held(district, stored) == {}


@pytest.mark.parametrize(
    ("name", "reason"), [("hang", "it took longer than 2 s"), ("crash", "the reader stopped"), ("raise", "the reader")]
)
def test_a_file_that_ends_its_reader_is_held_and_the_next_is_tagged(
    district: District, handle: Handle, misbehaving: None, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.setattr("dam_plugin.intake.examine.reading_limits", lambda _: Limits(seconds=2))
    key = f"inbox/{name}.jpg"
    stored = handle({key: sample(GRADUATION), TEAM: sample(TEAM)})
    assert not_held(district, {key: stored[key]}) == {}
    assert f"metadata unreadable: {reason}" in problems(stored[key])
    assert stored[TEAM].tagging.state == "complete"


# Names


def named_everywhere() -> dict[str, bytes]:
    """Files that name students in every place, whole and damaged."""
    xmp = packet(
        bag("Iptc4xmpExt:PersonInImage", [PERSON])
        + bag("dc:subject", [PERSON])
        + bag("lr:hierarchicalSubject", [f"People|{PERSON}"])
        + mwg([REGION, {**REGION, "box": ("x", "y", "w", PERSON)}])
    )
    whole = jpeg(
        xmp_segment(xmp),
        exif_segment({270: PERSON, 315: PERSON}),
        iptc_segment([(2, 25, PERSON.encode()), (2, 120, PERSON.encode())]),
    )
    broken_xml = jpeg(xmp_segment(xmp.replace(b"</rdf:RDF>", f"</{PERSON.split(maxsplit=1)[0]}>".encode())))
    return {
        "inbox/whole.jpg": whole,
        "inbox/cut.jpg": whole[: len(whole) // 2],
        "inbox/broken xml.jpg": broken_xml,
        "inbox/bomb.jpg": HOSTILE["xml bomb"](),
        "inbox/long.png": HOSTILE["long name"](),
        "inbox/sound.mp3": b"ID3\4\0\0\0\0\1\0TPE1\0\0\0\x40\0\0\3" + PERSON.encode(),
        "inbox/raise.jpg": whole,
        "inbox/lie.jpg": whole,
        "inbox/print.jpg": whole,
        f"inbox/{PERSON}.jpg": whole,
        f"inbox/{PERSON}.jpg.xmp": broken_xml,
    }


def test_no_log_line_and_no_error_of_a_run_tells_a_name(
    district: District,
    handle: Handle,
    misbehaving: None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("botocore").setLevel(logging.INFO)
    files = named_everywhere()
    services = district.services
    for key, body in files.items():
        services.library.put(key, body, media_type="image/jpeg")
    errors = []
    for key in files:
        try:
            take_in(services, AssetEvent(key))
        except DamPluginError as error:
            errors.append("".join(traceback.format_exception(error)))
    told = [record.getMessage() + str(record.exc_info or "") for record in caplog.records if ours(record)]
    printed = capfd.readouterr()
    for text in (*told, *errors, printed.out, printed.err):
        assert not [name for name in NAMES if name in text], text


def ours(record: logging.LogRecord) -> bool:
    # The server of the tests runs in this process: what it logs of requests is its own.
    return record.name.startswith(("dam_", "root", "exifread", "PIL"))


def test_what_waits_after_hostile_files_tells_no_name_either(district: District, handle: Handle) -> None:
    files = {key: body for key, body in named_everywhere().items() if PERSON not in key}
    for key, stored in handle(files).items():
        text = problems(stored) + str(district.services.library.tags(key))
        assert not [name for name in NAMES if name in text], text

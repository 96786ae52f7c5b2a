"""The proof: every seeded leak is caught, no clean copy is refused, and nothing makes the prover crash."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable

import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import (
    append_segment,
    decode,
    encode,
    exif,
    insert,
    noise,
    picture,
    segment,
    skipped_refinement,
    turned,
    with_profile,
)
from PIL import Image, ImageCms, ImageFile, ImageFilter

from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.redaction.image import clean, redact
from dam_plugin.redaction.plan import Plan, plan
from dam_plugin.redaction.prove import Proof, prove_clean, prove_redacted
from dam_tagging.facts import Region

NAME = "Ava Example"
SECRETS = (NAME, "S-2041")
FACE = Region(0.3, 0.3, 0.1, 0.1)
OTHER = Region(0.8, 0.7, 0.05, 0.05)
SOURCE = turned(6, encode(picture(192, 160), subsampling="4:2:0"))
PLAN = plan(SOURCE, {"s1": [FACE]})
COPY = redact(SOURCE, PLAN)
PICTURE = decode(COPY, "RGB")
BOX = PLAN.pixel_boxes[0].as_tuple()
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def prove(released: bytes, source: bytes = SOURCE, made: Plan = PLAN) -> Proof:
    return prove_redacted(released, source, made.boxes, SECRETS)


def written(image: Image.Image, orientation: int = 6) -> bytes:
    """Write a picture as the writer would, with nothing but its own segments."""
    return redressed(encode(image, quality=92, subsampling="4:4:4"), orientation)


def redressed(fresh: bytes, orientation: int) -> bytes:
    end = 2 + 18
    return fresh[:end] + (segment(0xE1, exif(orientation)) if orientation != 1 else b"") + fresh[end:]


def filled(box: tuple[int, int, int, int], colour: int = 0) -> Image.Image:
    image = decode(SOURCE, "RGB")
    image.paste(colour, box)
    return image


def changed(change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return the source with the box replaced by a change of itself."""
    image = decode(SOURCE, "RGB")
    image.paste(change(image.crop(BOX)), BOX[:2])
    return image


def mosaic(crop: Image.Image) -> Image.Image:
    return crop.reduce(16).resize(crop.size, Image.Resampling.NEAREST)


def blurred(crop: Image.Image) -> Image.Image:
    return crop.filter(ImageFilter.GaussianBlur(12))


def dark(crop: Image.Image) -> Image.Image:
    return crop.point(lambda level: level // 16)


def with_other_person(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.paste(noise(16, 16, 3), (150, 10))
    return image


def with_tint(image: Image.Image) -> Image.Image:
    """Brighten a patch by 9 levels: too little for the mean error of its blocks, too much for their mean."""
    image = image.copy()
    patch = (144, 16, 168, 40)
    image.paste(image.crop(patch).point(lambda level: level + 9), patch)
    return image


def with_grid(image: Image.Image) -> Image.Image:
    """Lay stripes over a patch that leave the mean of each block as it was."""
    image = image.copy()
    for column in range(144, 168):
        strip = (column, 16, column + 1, 40)
        sign = 18 if column // 2 % 2 else -18
        image.paste(image.crop(strip).point(lambda level, by=sign: level + by), strip)
    return image


def behind_jfif(marker: int, body: bytes) -> bytes:
    return COPY[:20] + segment(marker, body) + COPY[20:]


LEFT, TOP, RIGHT, BOTTOM = BOX
THUMBNAIL = exif(6)[:-4] + b"\0\0\0\x1a" + encode(picture(16, 16))
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + NAME.encode() + b"</x:xmpmeta>"
EXIF_AT = COPY.find(b"\xff\xe1")
EXIF_END = EXIF_AT + 4 + 32

LEAKS = [
    pytest.param(SOURCE, "not black", id="the source itself"),
    pytest.param(clean(SOURCE), "not black", id="the source, cleaned but not redacted"),
    pytest.param(COPY[:EXIF_AT] + segment(0xE1, THUMBNAIL) + COPY[EXIF_END:], "APP1", id="an Exif thumbnail"),
    pytest.param(append_segment(COPY, 0xE1, exif(6)), "out of order or twice", id="the orientation twice"),
    pytest.param(behind_jfif(0xE1, XMP), "APP1", id="XMP"),
    pytest.param(behind_jfif(0xED, b"Photoshop 3.0\0"), "APP13", id="IPTC"),
    pytest.param(behind_jfif(0xE2, b"MPF\0"), "APP2", id="MPF"),
    pytest.param(behind_jfif(0xEE, b"Adobe\0\x64\0\0\0\0\1"), "APP14", id="Adobe"),
    pytest.param(insert(COPY, 0xFE, NAME.encode()), "names or ids", id="a name in a comment"),
    pytest.param(append_segment(COPY, 0xFE, b"s-2041"), "names or ids", id="an id in a comment behind the scan"),
    pytest.param(insert(COPY, 0xFE, NAME.upper().encode("utf-16-le")), "names or ids", id="a name in UTF-16"),
    pytest.param(insert(COPY, 0xFE, b"harmless"), "COM", id="any comment"),
    pytest.param(COPY.replace(b"JFIF\0\1\1\0\0\1\0\1\0\0", b"JFIF\0\1\1\1\0\1\0\1\0\0"), "APP0", id="another JFIF"),
    pytest.param(COPY[:-2] + b"\xff" + COPY[-2:], "fill bytes", id="a fill byte"),
    pytest.param(COPY + b"\0", "behind the end", id="a byte behind EOI"),
    pytest.param(COPY + SOURCE, "behind the end", id="a second JPEG behind EOI"),
    pytest.param(COPY[:-2] + SOURCE, "marker 0xD8", id="a second SOI in the scan"),
    pytest.param(with_profile(COPY, SRGB), "APP2", id="a profile that is not on the list"),
    pytest.param(COPY[:EXIF_AT] + COPY[EXIF_END:], "orientation", id="the orientation dropped"),
    pytest.param(COPY.replace(exif(6), exif(8)), "orientation", id="another orientation"),
    pytest.param(written(filled((LEFT, TOP, RIGHT - 8, BOTTOM))), "not black", id="one block short"),
    pytest.param(written(filled((LEFT, TOP, RIGHT, BOTTOM - 1))), "not black", id="one row short"),
    pytest.param(written(filled((LEFT + 64, TOP, RIGHT + 64, BOTTOM))), "not black", id="in the wrong place"),
    pytest.param(
        written(filled((TOP, LEFT, BOTTOM, RIGHT))), "not black", id="in the upright place of a turned picture"
    ),
    pytest.param(written(filled(BOX, 0x808080)), "not black", id="grey instead of black"),
    pytest.param(written(changed(mosaic)), "not black", id="mosaic"),
    pytest.param(written(changed(blurred)), "not black", id="blur"),
    pytest.param(written(changed(dark)), "not black", id="darkened"),
    pytest.param(written(filled((0, 0, 192, 160))), "another picture", id="all black"),
    pytest.param(written(PICTURE.resize((96, 80))), "size", id="half the size"),
    pytest.param(written(PICTURE.transpose(Image.Transpose.ROTATE_90)), "size", id="turned"),
    pytest.param(written(PICTURE.convert("L")), "colour mode", id="grey instead of colours"),
    pytest.param(written(with_other_person(PICTURE)), "a part of the copy", id="something else outside the box"),
    pytest.param(written(with_tint(PICTURE)), "a part of the copy", id="a faint patch outside the box"),
    pytest.param(written(with_grid(PICTURE)), "a part of the copy", id="faint stripes outside the box"),
    pytest.param(
        written(PICTURE.filter(ImageFilter.GaussianBlur(6))), "is not|a part of", id="the whole picture blurred"
    ),
    pytest.param(COPY[:2000], "the copy", id="cut short"),
    pytest.param(b"", "does not begin", id="empty"),
    pytest.param(COPY.replace(b"\xff\xda", b"\xff\xda\0\2\xff\xda", 1), "scan holds no data|scan", id="an odd scan"),
]


@pytest.mark.parametrize(("released", "failure"), LEAKS)
def test_a_seeded_leak_is_caught(released: bytes, failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove(released)


@pytest.mark.parametrize(
    "released",
    [
        pytest.param(COPY + b"\0", id="a byte behind the end"),
        pytest.param(append_segment(COPY, 0xFE, b"harmless"), id="a comment"),
        pytest.param(written(filled((LEFT, TOP, RIGHT - 8, BOTTOM))), id="one block short"),
        pytest.param(COPY[:EXIF_AT] + COPY[EXIF_END:], id="the orientation dropped"),
    ],
)
def test_a_single_leak_in_a_file_that_is_right_otherwise_is_the_only_failure(released: bytes) -> None:
    assert len(prove(COPY).checks) == 7
    with pytest.raises(NotProven) as caught:
        prove(released)
    assert len(caught.value.failures) == 1


def test_a_person_who_was_left_visible_is_caught() -> None:
    both = plan(SOURCE, {"s1": [FACE], "s2": [OTHER]})
    with pytest.raises(NotProven, match="box 2 of 2"):
        prove(COPY, made=both)


def test_every_failure_is_named_at_once_and_no_name_with_it() -> None:
    with pytest.raises(NotProven) as caught:
        prove(insert(SOURCE, 0xFE, NAME.encode()) + b"more")
    assert len(caught.value.failures) >= 5
    assert "Ava" not in str(caught.value)


def test_a_proof_is_bound_to_the_bytes_and_says_what_was_checked() -> None:
    proof = prove(COPY)
    assert proof.sha256 == hashlib.sha256(COPY).hexdigest()
    assert proof.as_dict() == {"sha256": proof.sha256, "checks": list(proof.checks)}
    assert any("2 of 2 names and ids" in check for check in proof.checks)
    assert NAME not in str(proof)


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param([], id="none"),
        pytest.param([Region(0.1, 0.1, 0, 0.1)], id="no area"),
        pytest.param([Region(2, 2, 0.1, 0.1)], id="outside"),
        pytest.param([Region(math.nan, 0, 0.1, 0.1)], id="not a number"),
    ],
)
def test_boxes_that_cover_nothing_prove_nothing(boxes: list[Region]) -> None:
    with pytest.raises(NotProven, match="box"):
        prove_redacted(COPY, SOURCE, boxes, SECRETS)


def test_a_source_that_cannot_be_read_proves_nothing() -> None:
    with pytest.raises(NotProven, match="the source"):
        prove(COPY, source=b"not a picture")
    with pytest.raises(NotProven, match="the source"):
        prove_clean(COPY, b"not a picture", SECRETS)


def test_a_process_that_accepts_truncated_pictures_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(NotProven, match="truncated"):
        prove(COPY)


SHAPES = [
    pytest.param("RGB", {"subsampling": "4:4:4"}, id="4:4:4"),
    pytest.param("RGB", {"subsampling": "4:2:2"}, id="4:2:2"),
    pytest.param("RGB", {"subsampling": "4:2:0", "quality": 30}, id="4:2:0, coarse"),
    pytest.param("RGB", {"progressive": True}, id="progressive"),
    pytest.param("RGB", {"optimize": True, "restart_marker_rows": 1}, id="own tables, restarts"),
    pytest.param("RGB", {"keep_rgb": True}, id="coded as RGB"),
    pytest.param("L", {}, id="grey"),
]


@pytest.mark.parametrize("draw", [picture, noise], ids=["smooth", "noise"])
@pytest.mark.parametrize(("mode", "settings"), SHAPES)
def test_our_own_copies_are_proven(mode: str, settings: dict[str, object], draw: Callable[..., Image.Image]) -> None:
    source = turned(7, encode(draw(203, 131, 1, mode=mode), **settings)) + b"Ava Example"
    made = plan(source, {"s1": [FACE], "s2": [OTHER]})
    assert prove_redacted(redact(source, made), source, made.boxes, SECRETS).checks
    assert prove_clean(clean(source), source, SECRETS).checks


@settings(max_examples=60, deadline=None)
@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    faces=st.lists(
        st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0.004, 1), st.floats(0.004, 1)),
        min_size=1,
        max_size=3,
    ),
)
def test_writer_and_prover_come_to_the_same_blocks(
    orientation: int, size: tuple[int, int], faces: list[tuple[float, float, float, float]]
) -> None:
    source = turned(orientation, encode(picture(*size)))
    made = plan(source, {"s1": [Region(*face) for face in faces]})
    assert prove_redacted(redact(source, made), source, made.boxes, SECRETS).sha256


def test_a_foreign_profile_is_proven_as_applied_and_dropped() -> None:
    for mode in ("RGB", "L"):
        source = with_profile(encode(picture(mode=mode)), SRGB)
        made = plan(source, {"s1": [FACE]})
        assert prove_redacted(redact(source, made), source, made.boxes, SECRETS).checks
        assert any("written afresh" in check for check in prove_clean(clean(source), source, SECRETS).checks)


@pytest.mark.parametrize(
    ("released", "failure"),
    [
        pytest.param(COPY, "pixels are not", id="a redacted copy"),
        pytest.param(written(decode(SOURCE, "RGB")), "pixels are not", id="written afresh without need"),
        pytest.param(written(PICTURE.resize((96, 80))), "size", id="another size"),
        pytest.param(SOURCE + NAME.encode(), "names or ids", id="a name behind EOI"),
    ],
)
def test_a_clean_copy_that_is_not_the_source_is_caught(released: bytes, failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove_clean(released, SOURCE, SECRETS)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        pytest.param(lambda data: insert(data, 0xDB, b"\0" + b"\1" * 70), "quantisation", id="behind a DQT"),
        pytest.param(lambda data: insert(data, 0xC4, b"\0" * 20), "Huffman", id="behind a DHT"),
        pytest.param(lambda data: insert(data, 0xDD, b"\0\0" + b"face"), "restart interval", id="behind a DRI"),
        pytest.param(
            lambda data: insert(data, 0xDB, (b"\0" + b"\1" * 64) * 600), "larger than any", id="in many tables"
        ),
        pytest.param(
            lambda data: data[:-2] + data[data.rfind(b"\xff\xda") :], "sends a coefficient again", id="in a scan twice"
        ),
        pytest.param(
            lambda data: data[: data.find(b"\xff\xc0")] + segment(0xDA, b"\0") + b"x" + data[data.find(b"\xff\xc0") :],
            "before the frame",
            id="in a scan before the frame",
        ),
        pytest.param(lambda data: data.replace(b"\xff\xc0", b"\xff\xc9", 1), "one Huffman-coded", id="arithmetic"),
        pytest.param(lambda data: data[:2] + b"\xff\xfe\0\1" + data[2:], "impossible length", id="a length of 1"),
        pytest.param(lambda data: data[:2] + b"\xff\xfe\xff", "length", id="cut in a length"),
        pytest.param(lambda data: data[:2] + b"junk" + data[2:], "no marker", id="bytes between segments"),
    ],
)
def test_room_for_hidden_data_is_caught(change: Callable[[bytes], bytes], failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove_clean(change(clean(SOURCE)), SOURCE, SECRETS)


def test_a_frame_without_size_or_with_too_much_of_it_is_caught() -> None:
    at = COPY.find(b"\xff\xc0") + 5
    for size, failure in ((b"\0\0\0\0", "no size"), (b"\xff\xff\xff\xff", "megapixels")):
        with pytest.raises(NotProven, match=failure):
            prove(COPY[:at] + size + COPY[at + 4 :])
    with pytest.raises(NotProven, match="8 bits"):
        prove(COPY[: at - 1] + b"\x0c" + COPY[at:])


def test_a_scan_that_skips_a_bit_is_caught() -> None:
    with pytest.raises(NotProven, match="a scan is malformed"):
        prove_clean(skipped_refinement(), SOURCE, SECRETS)


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("way", ["redact", "clean"])
def test_every_real_and_synthetic_jpeg_is_proven(way: str) -> None:
    root = corpus_root()
    assert root is not None
    files = [path for folder in ("real", "synthetic") for path in sorted((root / folder).rglob("*.jpg"))]
    refused = []
    for path in files:
        source = path.read_bytes()
        try:
            if way == "clean":
                prove_clean(clean(source), source, SECRETS)
            else:
                made = plan(source, {"s1": [FACE], "s2": [OTHER]})
                prove_redacted(redact(source, made), source, made.boxes, SECRETS)
        except CannotRedact as error:
            refused.append((path.name, error.reason))
    assert len(files) >= 20
    assert refused == []


@requires_corpus
@pytest.mark.corpus
def test_a_known_profile_does_not_count_as_its_makers_name() -> None:
    root = corpus_root()
    assert root is not None
    source = (root / "real" / "exiv2_Reagan.jpg").read_bytes()
    assert prove_clean(clean(source), source, ["Adobe Systems"]).checks


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_not_proven(data: bytes) -> None:
    for start in (b"", b"\xff\xd8", COPY[:200]):
        with pytest.raises(NotProven):
            prove(start + data)
        with pytest.raises(NotProven):
            prove(COPY, source=start + data)


@settings(max_examples=200, deadline=None)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_a_mutated_file_is_proven_or_not_and_nothing_else(source_too: bool, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(SOURCE if source_too else COPY)
    for at, value in changes:
        mutated[at % len(mutated)] = value
    with contextlib.suppress(NotProven):
        prove(COPY, source=bytes(mutated)) if source_too else prove(bytes(mutated))

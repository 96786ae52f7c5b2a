"""A corpus of whole files that the suite makes itself: each place and container of metadata, each hostile shape, once.

What a shared corpus (`corpus`) shows of files by other programs, these show where nothing lies beside the repository: its
kinds, with what each file says. JPEGs hold a picture that can be decoded; of the other containers the headers and blocks are
real. Nothing of any corpus is copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from jpeg_samples import encode, picture
from made_files import (
    RESOURCE,
    bag,
    box,
    chunk,
    cr3,
    exif_block,
    exif_segment,
    extension_segment,
    gif,
    gif_xmp,
    heif,
    iim,
    info,
    iptc_region,
    iptc_segment,
    jp2,
    jpeg,
    jxl,
    microsoft,
    movie,
    mwg,
    packet,
    pdf,
    pdf_stream,
    png,
    psd,
    raf,
    resource,
    riff,
    segment,
    tiff,
    track,
    vocabulary,
    webp,
    xmp_segment,
)

Box = tuple[float, float, float, float]

AVA, BEN = "Ava Example", "Ben Sample"
AVA_BOX: Box = (0.2, 0.25, 0.2, 0.3)
BEN_BOX: Box = (0.67, 0.255, 0.06, 0.09)
BOTH: tuple[tuple[str, Box], ...] = ((AVA, AVA_BOX), (BEN, BEN_BOX))
SIZE = (160, 120)
HOLD_SIZE = (800, 600)
_UTF8 = (1, 90, b"\x1b%G")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@dataclass(frozen=True, slots=True)
class Made:
    """A file and what it says; null: that is not what it is made for. `beside` is what lies in the same folder.

    `regions` are names with their box on the upright picture (x, y of the top left, w, h).
    """

    data: bytes
    state: str = "read"
    persons: tuple[str, ...] | None = None
    person_ids: tuple[str, ...] | None = None
    regions: tuple[tuple[str | None, Box], ...] | None = None
    keywords: tuple[str, ...] | None = None
    hierarchies: tuple[tuple[str, ...], ...] | None = None
    captions: tuple[str, ...] | None = None
    event: str | None = None
    locations: tuple[str, ...] | None = None
    official_markers: tuple[str, ...] | None = None
    image_size: tuple[int, int] | None = None
    orientation: int | None = None
    problem: str | None = None
    beside: Mapping[str, bytes] | None = None


def photo(*segments: bytes, size: tuple[int, int] = SIZE) -> bytes:
    """Return a JPEG that can be decoded, with these segments in front."""
    whole = encode(picture(*size, seed=7))
    return whole[:2] + b"".join(segments) + whole[2:]


def said(body: str, attributes: str = "", *, size: tuple[int, int] = SIZE) -> bytes:
    """Return a photo with an XMP packet."""
    return photo(xmp_segment(packet(body, attributes)), size=size)


def stored(shown: Box, orientation: int) -> Box:
    """Return the centred box of the stored frame that shows as this one once the picture is turned upright."""
    left, top, w, h = shown
    x, y = left + w / 2, top + h / 2
    places: tuple[Box, ...] = (
        (x, y, w, h),
        (1 - x, y, w, h),
        (1 - x, 1 - y, w, h),
        (x, 1 - y, w, h),
        (y, x, h, w),
        (y, 1 - x, h, w),
        (1 - y, 1 - x, h, w),
        (1 - y, x, h, w),
    )
    return places[orientation - 1]


def people(orientation: int = 1, applied: tuple[int, int] = SIZE) -> str:
    """Return MWG regions of both, as they lie in the stored frame of a turned picture."""
    return mwg([{"name": name, "kind": "Face", "box": stored(where, orientation)} for name, where in BOTH], applied)


PERSONS = bag("Iptc4xmpExt:PersonInImage", [AVA, BEN])
XMP = packet(PERSONS)


def _structure(name: str, items: list[str]) -> str:
    inside = "".join(f"<rdf:li {RESOURCE}>{each}</rdf:li>" for each in items)
    return f"<Iptc4xmpExt:{name}><rdf:Bag>{inside}</rdf:Bag></Iptc4xmpExt:{name}>"


def _details(name: str, *ids: str) -> str:
    return bag("Iptc4xmpExt:PersonName", [name], "Alt") + bag("Iptc4xmpExt:PersonId", ids)


# Places of metadata


def _places() -> Iterator[tuple[str, Made]]:
    yield "person_in_image.jpg", Made(said(PERSONS), persons=(AVA, BEN), image_size=SIZE)
    details = _structure(
        "PersonInImageWDetails", [_details(AVA, "https://sis.example.org/0012345", "0012345"), _details(BEN)]
    )
    yield (
        "person_details.jpg",
        Made(said(details), persons=(AVA, BEN), person_ids=("https://sis.example.org/0012345", "0012345")),
    )
    yield "event.jpg", Made(said(bag("Iptc4xmpExt:Event", ["Fall Concert"], "Alt")), event="Fall Concert")
    shown = "<Iptc4xmpExt:City>Springfield</Iptc4xmpExt:City><Iptc4xmpExt:Sublocation>Gym</Iptc4xmpExt:Sublocation>"
    yield "location.jpg", Made(said(_structure("LocationShown", [shown])), locations=("Gym", "Springfield"))
    hierarchies = (
        bag("lr:hierarchicalSubject", [f"People|{AVA}", "Places|Gym"])
        + bag("digiKam:TagsList", [f"People/{BEN}"], "Seq")
        + bag("MicrosoftPhoto:LastKeywordXMP", ["Events/Game"])
    )
    paths = (("People", AVA), ("Places", "Gym"), ("People", BEN), ("Events", "Game"))
    yield "hierarchies.jpg", Made(said(hierarchies), persons=(AVA, BEN), hierarchies=paths)
    tree = f"<Categories><Category Assigned='0'>People<Category Assigned='1'>{AVA}</Category></Category></Categories>"
    acdsee = f"<acdsee:categories xmlns:acdsee='http://ns.acdsee.com/iptc/1.0/'>{escape(tree)}</acdsee:categories>"
    yield "categories.jpg", Made(said(acdsee), persons=(AVA,), hierarchies=(("People", AVA),))
    media_pro = "<mediapro:CatalogSets xmlns:mediapro='http://ns.iview-multimedia.com/mediapro/1.0/'><rdf:Bag>"
    sets = f"{media_pro}<rdf:li>People|{AVA}</rdf:li></rdf:Bag></mediapro:CatalogSets>"
    yield "catalog_sets.jpg", Made(said(sets), persons=(AVA,))
    words = (
        bag("dc:subject", ["soccer", AVA])
        + bag("dc:description", ["The first game"], "Alt")
        + bag("dc:title", ["Game"], "Alt")
        + "<photoshop:Headline>We won</photoshop:Headline><photoshop:Instructions>Ask first</photoshop:Instructions>"
    )
    yield (
        "words.jpg",
        Made(said(words), keywords=("soccer", AVA), captions=("The first game", "Game", "We won", "Ask first")),
    )
    plus = "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' plus:ModelReleaseStatus='http://ns.useplus.org/ldf/vocab/MR-NON'"
    yield "rights.jpg", Made(said("", plus), official_markers=("MR-NON",))
    yield (
        "languages.jpg",
        Made(
            said(
                "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Choir</rdf:li><rdf:li xml:lang='es'>Coro</rdf:li></rdf:Alt>"
                "</dc:title>"
            ),
            captions=("Choir", "Coro"),
        ),
    )
    records = [_UTF8, (2, 25, "Zoë".encode()), (2, 120, "Zoë sings".encode()), (2, 5, b"Choir")]
    yield "iim_utf8.jpg", Made(photo(iptc_segment(records)), keywords=("Zoë",), captions=("Zoë sings", "Choir"))
    yield "iim_cp1252.jpg", Made(photo(iptc_segment([(2, 25, "Zoë".encode("cp1252"))])), keywords=("Zoë",))
    long = ";".join([AVA, *(f"word {number}" for number in range(300))])
    exif = {270: "The first game", 40094: long.encode("utf-16-le") + b"\0\0"}
    comment = {37510: b"ASCII\0\0\0" + BEN.encode()}
    yield (
        "exif.jpg",
        Made(photo(exif_segment(exif, comment)), keywords=tuple(long.split(";")), captions=("The first game", BEN)),
    )
    yield "comment.jpg", Made(photo(segment(0xFE, b"The first game")), captions=("The first game",))
    whole = packet(bag("Iptc4xmpExt:PersonInImage", [AVA]))
    main = packet("", f"xmlns:xmpNote='http://ns.adobe.com/xmp/note/' xmpNote:HasExtendedXMP='{'A' * 32}'")
    parts = [extension_segment(b"A" * 32, len(whole), at, whole[at : at + 500]) for at in range(0, len(whole), 500)]
    yield "extended.jpg", Made(photo(xmp_segment(main), *reversed(parts)), persons=(AVA,))
    yield (
        "conflict.jpg",
        Made(
            photo(xmp_segment(packet(bag("dc:subject", ["soccer"]))), iptc_segment([(2, 25, b"violin")])),
            keywords=("soccer", "violin"),
            problem="dc:subject and IPTC Keywords",
        ),
    )


# Regions


def _regions() -> Iterator[tuple[str, Made]]:
    for turn in range(1, 9):
        body = photo(exif_segment({274: turn}), xmp_segment(packet(people(turn))))
        upright = SIZE if turn < 5 else SIZE[::-1]
        yield (
            f"mwg_turned_{turn}.jpg",
            Made(body, persons=(AVA, BEN), regions=BOTH, image_size=upright, orientation=turn),
        )
    pixels = {"name": AVA, "kind": "Face", "box": (48, 48, 32, 36)}
    yield "mwg_pixels.jpg", Made(said(mwg([pixels], SIZE, unit="pixel")), regions=((AVA, AVA_BOX),))
    kinds = [
        {"name": name, "kind": kind, "box": (0.3, 0.4, 0.2, 0.3)}
        for name, kind in ((AVA, "Face"), ("Rex", "Pet"), ("4006381333931", "BarCode"), ("focus", "Focus"))
    ]
    yield (
        "mwg_kinds.jpg",
        Made(
            said(mwg(kinds, SIZE)),
            persons=(AVA,),
            regions=((AVA, AVA_BOX), ("Rex", AVA_BOX), ("4006381333931", AVA_BOX), ("focus", AVA_BOX)),
        ),
    )
    yield "mwg_cropped.jpg", Made(said(people(applied=(1600, 900))), persons=(AVA, BEN))
    tags = [(name, ", ".join(map(str, where))) for name, where in BOTH]
    for turn in (1, 6):
        yield (
            f"microsoft_turned_{turn}.jpg",
            Made(
                photo(exif_segment({274: turn}), xmp_segment(packet(microsoft(tags)))), regions=BOTH, orientation=turn
            ),
        )
    person, role = (
        bag("Iptc4xmpExt:PersonInImage", [AVA]),
        "http://cv.iptc.org/newscodes/imageregionrole/mainSubjectArea",
    )
    corners = [(0.2, 0.25), (0.4, 0.3), (0.3, 0.55)]
    shapes: dict[str, tuple[dict[str, object], Box]] = {
        "rectangle": ({"shape": "rectangle", "unit": "relative", "x": 0.2, "y": 0.25, "w": 0.2, "h": 0.3}, AVA_BOX),
        "pixels": ({"shape": "rectangle", "unit": "pixel", "x": 32, "y": 30, "w": 32, "h": 36}, AVA_BOX),
        "circle": ({"shape": "circle", "unit": "relative", "x": 0.5, "y": 0.5, "rx": 0.075}, (0.425, 0.4, 0.15, 0.2)),
        "polygon": ({"shape": "polygon", "unit": "relative", "vertices": corners}, AVA_BOX),
    }
    for name, (boundary, where) in shapes.items():
        yield (
            f"iptc_{name}.jpg",
            Made(
                said(iptc_region(boundary, person + vocabulary("rRole", role))), persons=(AVA,), regions=((AVA, where),)
            ),
        )
    for name, numbers in (("point", (48, 60)), ("circle", (48, 60, 20)), ("rectangle", (48, 60, 20, 20))):
        yield f"focus_{name}.jpg", Made(photo(exif_segment({}, {37396: numbers})), persons=())
    yield "focus_centre.jpg", Made(photo(exif_segment({}, {37396: (80, 60)})), persons=())


# Containers


def _itxt(data: bytes) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + data)


def _id3(*frames: tuple[bytes, bytes]) -> bytes:
    def safe(size: int) -> bytes:
        return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))

    body = b"".join(name + safe(len(content)) + b"\0\0" + content for name, content in frames)
    return b"ID3\4\0\0" + safe(len(body)) + body + (b"\xff\xfb\x90\xc4" + b"\0" * 413) * 4


def _wav(*chunks: tuple[bytes, bytes]) -> bytes:
    form = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    return riff(b"WAVE", form, *chunks, (b"data", b"\x80" * 80))


def _tiff(*entries: tuple[int, int, int, bytes]) -> bytes:
    size = [(256, 3, 1, struct.pack("<H", HOLD_SIZE[0])), (257, 3, 1, struct.pack("<H", HOLD_SIZE[1]))]
    return tiff([*size, *entries])


def _containers() -> Iterator[tuple[str, Made]]:
    exif = exif_block({270: "Concert"})
    record = iim([(2, 25, b"Violin")])
    both, large = {"persons": (AVA, BEN)}, {"persons": (AVA, BEN), "image_size": HOLD_SIZE}
    yield "text.png", Made(png(_itxt(XMP), chunk(b"eXIf", exif)), captions=("Concert",), **large)  # type: ignore[arg-type]
    yield "behind.png", Made(png(after=[_itxt(XMP)]), **large)  # type: ignore[arg-type]
    yield "container.webp", Made(webp((b"XMP ", XMP), (b"EXIF", exif)), captions=("Concert",), **large)  # type: ignore[arg-type]
    yield "container.gif", Made(gif(gif_xmp(XMP)), **large)  # type: ignore[arg-type]
    blocks = [(33723, 7, len(record), record), (34377, 1, len(resource(record)), resource(record))]
    yield "container.tif", Made(_tiff((700, 1, len(XMP), XMP), *blocks), keywords=("Violin",), **large)  # type: ignore[arg-type]
    items = ((b"Exif", b"\0\0\0\0" + exif), (b"mime", XMP))
    yield "container.heic", Made(heif(*items), captions=("Concert",), **large)  # type: ignore[arg-type]
    turned = heif((b"mime", packet(people(8, HOLD_SIZE))), turns=[(b"irot", 1)])
    yield "turned.heic", Made(turned, regions=BOTH, image_size=HOLD_SIZE[::-1], persons=(AVA, BEN))
    yield "container.avif", Made(heif(*items, brand=b"avif"), **large)  # type: ignore[arg-type]
    first = exif_block({256: 800, 257: 600, 270: "Concert"})
    yield "container.cr3", Made(cr3(first, xmp=XMP), captions=("Concert",), **large)  # type: ignore[arg-type]
    yield "container.dng", Made(_tiff((700, 1, len(XMP), XMP), (50706, 1, 4, b"\1\4\0\0")), **large)  # type: ignore[arg-type]
    yield "container.raf", Made(raf(said(PERSONS), {}), **both)
    yield (
        "container.jxl",
        Made(jxl(box(b"Exif", b"\0\0\0\0" + exif), box(b"xml ", XMP)), captions=("Concert",), **large),
    )  # type: ignore[arg-type]
    yield "container.jp2", Made(jp2(box(b"uuid", _XMP_UUID, XMP)), **large)  # type: ignore[arg-type]
    layers = (resource(record), resource(exif, 1058), resource(XMP, 1060))
    yield "container.psd", Made(psd(*layers), keywords=("Violin",), captions=("Concert",), **large)  # type: ignore[arg-type]
    catalog = b"<</Type/Catalog/Metadata 2 0 R>>"
    yield "container.pdf", Made(pdf(catalog, pdf_stream(XMP, b"/Type/Metadata/Subtype/XML")), **both)
    yield (
        "user_data.mov",
        Made(movie(track(), box(b"udta", box(b"XMP_", XMP), b"\0\0\0\0")), image_size=(640, 360), **both),
    )
    yield "uuid_box.mp4", Made(movie(brand=b"isom", after=box(b"uuid", _XMP_UUID, XMP)), **both)
    name = box(b"\xa9nam", box(b"data", b"\0\0\0\1\0\0\0\0", b"Concert"))
    tunes = box(b"udta", box(b"meta", b"\0" * 4, box(b"ilst", name)))
    yield "items.m4a", Made(movie(tunes, brand=b"M4A "), captions=("Concert",))
    yield "tagged.mp3", Made(_id3((b"TIT2", b"\3Concert"), (b"COMM", b"\3eng\0Solo")), captions=("Concert", "Solo"))
    yield "blocks.wav", Made(_wav((b"_PMX", XMP), info(INAM="Concert")), captions=("Concert",), **both)
    broadcast = b"Ava sings".ljust(256, b"\0") + b"\0" * 346
    yield "broadcast.wav", Made(_wav((b"bext", broadcast)), captions=("Ava sings",))
    notes = b"<?xml version='1.0'?><BWFXML><NOTE>Solo</NOTE></BWFXML>"
    yield "notes.wav", Made(_wav((b"iXML", notes)), captions=("Solo",))
    yield "alone.xmp", Made(XMP, **both)


# What lies beside a file


def _sidecars() -> Iterator[tuple[str, Made]]:
    named = {"adobe.xmp": packet(bag("Iptc4xmpExt:PersonInImage", [AVA]))}
    yield "beside_adobe/adobe.jpg", Made(photo(), persons=(AVA,), beside=named)
    own = {"darktable.jpg.xmp": packet(bag("Iptc4xmpExt:PersonInImage", [BEN]))}
    yield "beside_darktable/darktable.jpg", Made(photo(), persons=(BEN,), beside=own)
    two = {"x.xmp": named["adobe.xmp"], "x.jpg.xmp": own["darktable.jpg.xmp"]}
    yield "beside_both/x.jpg", Made(photo(), persons=(AVA, BEN), problem="do not name the same people", beside=two)
    against = {"x.xmp": packet(bag("Iptc4xmpExt:PersonInImage", ["Chris Twin"]))}
    yield (
        "beside_against/x.jpg",
        Made(said(PERSONS), persons=(AVA, BEN, "Chris Twin"), problem="do not name the same people", beside=against),
    )
    yield "beside_broken/x.jpg", Made(said(PERSONS), state="partial", persons=(AVA, BEN), beside={"x.xmp": b"<x>"})
    faces = "rect64(33323fff66668ccc),9e5a;rect64(ab854147bae0584f),ffffffffffffffff"
    ini = f"[x.jpg]\nkeywords=soccer\nfaces={faces}\n[Contacts2]\n9e5a={AVA};ava@example.org;\n"
    yield (
        "beside_picasa/x.jpg",
        Made(
            photo(),
            persons=(AVA,),
            keywords=("soccer",),
            regions=((AVA, AVA_BOX), (None, BEN_BOX)),
            beside={".picasa.ini": ini.encode()},
        ),
    )


# Hostile shapes


def _doctype(entities: str, used: str) -> bytes:
    body = packet(f"<dc:subject><rdf:Bag><rdf:li>{used}</rdf:li></rdf:Bag></dc:subject>").decode()
    return f"<?xml version='1.0'?><!DOCTYPE x [{entities}]>{body}".encode()


def _maker_note() -> bytes:
    """Return EXIF whose maker note says that it has two gigabytes."""
    entry = struct.pack("<HHI4s", 0x927C, 7, 0x7FFFFFFF, struct.pack("<I", 100))
    own = struct.pack("<H", 1) + entry + b"\0" * 4
    first = struct.pack("<HHII", 0x010F, 2, 6, 50) + struct.pack("<HHII", 0x8769, 4, 1, 56)
    head = b"II*\0" + struct.pack("<IH", 8, 2) + first + b"\0" * 4
    return head.ljust(50, b"\0") + b"Canon\0" + own


def _hostile() -> Iterator[tuple[str, Made]]:
    grown = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10 if n else 'lol'}'>" for n in range(10))
    yield "hostile/billion.jpg", Made(photo(xmp_segment(_doctype(grown, "&a9;"))), "partial", keywords=())
    outside = "<!ENTITY secret SYSTEM 'file:///etc/passwd'>"
    yield "hostile/outside.jpg", Made(photo(xmp_segment(_doctype(outside, "&secret;"))), "partial", keywords=())
    loop = struct.pack("<HHIHH", 274, 3, 1, 1, 0)
    yield "hostile/loop.tif", Made(b"II*\0" + struct.pack("<IH", 8, 1) + loop + struct.pack("<I", 8), "unreadable")
    yield "hostile/maker_note.jpg", Made(photo(segment(0xE1, b"Exif\0\0" + _maker_note())), persons=())
    cut = said(PERSONS)
    yield "hostile/cut_in_xmp.jpg", Made(cut[: cut.index(b"PersonInImage") + 20], "unreadable")
    yield "hostile/cut_in_picture.jpg", Made(cut[:-40], persons=(AVA, BEN))
    yield "hostile/empty.jpg", Made(b"", "unreadable")
    yield "hostile/no_picture.jpg", Made(jpeg(xmp_segment(packet(PERSONS)))[:-3], persons=(AVA, BEN))
    yield "hostile/deep.jpg", Made(said("<dc:subject>" * 300 + "</dc:subject>" * 300), "partial")


CORPUS: Mapping[str, Made] = dict(
    each for made in (_places, _regions, _containers, _sidecars, _hostile) for each in made()
)
"""Every file by its path in the corpus, without what lies beside some."""


def is_hostile(name: str) -> bool:
    """Whether a file is one that nobody makes by accident."""
    return name.startswith("hostile/")


def files() -> dict[str, bytes]:
    """Return the bytes of every file by its path, and of what lies beside some."""
    found: dict[str, bytes] = {}
    for name, made in CORPUS.items():
        found[name] = made.data
        folder = name.rpartition("/")[0]
        found.update({f"{folder}/{each}": data for each, data in (made.beside or {}).items()})
    return found


SOUND: Mapping[str, bytes] = {name: data for name, data in files().items() if not is_hostile(name)}
"""What no program would call damaged."""

"""A set is verified byte for byte: whatever was changed in it, it is no longer the set that was signed."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sets import DAY, KEY, SIGNER, MadeSet, archived, of, pictured, renamed, tiny

from dam_plugin.errors import SetAltered
from dam_plugin.store.sets import MANIFEST, SIGNATURE
from dam_plugin.yearbook import manifest
from dam_plugin.yearbook.manifest import ManifestFile
from dam_plugin.yearbook.signing_key import SIGNATURE_BYTES, PublicKey, Signer
from dam_plugin.yearbook.verify import MOST_TOLD, Verified, claimed, contents, verify

TINY = tiny()
SET = TINY.zip
OTHER = Signer(b"o" * 32)
PLACES = st.integers(0, len(SET) - 1)


def verified(data: bytes, key: PublicKey = KEY) -> Verified:
    return verify(io.BytesIO(data), key)


def problems(data: bytes, key: PublicKey = KEY) -> str:
    with pytest.raises(SetAltered) as caught:
        verified(data, key)
    return "; ".join(caught.value.problems)


def zipped(files: list[tuple[str, bytes]], change: Callable[[zipfile.ZipInfo], object] = lambda _: None) -> bytes:
    """A ZIP as the standard library writes it, which looks like a set's but for what `change` does."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files:
            entry = zipfile.ZipInfo(path, (DAY.year, DAY.month, DAY.day, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            change(entry)
            archive.writestr(entry, data)
    return out.getvalue()


def test_a_set_as_it_was_signed_says_what_it_is() -> None:
    told = verified(pictured().zip)
    assert (told.set_id, told.day, told.publisher, told.recipient) == (
        "x-0123456789abcdef",
        DAY,
        "pspa",
        "acme-yearbooks",
    )
    assert (told.files, told.redacted, told.key_id) == (6, 1, KEY.id)


def test_progress_is_told_file_by_file() -> None:
    heard: list[tuple[int, int, int]] = []
    verify(io.BytesIO(SET), KEY, progress=lambda *told: heard.append(told))
    assert heard == [(1, 2, 12), (2, 2, 15)]


def test_no_byte_of_a_set_can_be_changed() -> None:
    for place in range(len(SET)):
        changed = bytearray(SET)
        changed[place] ^= 0xFF
        with pytest.raises(SetAltered):
            verified(bytes(changed))


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (2, 0, 1, 3), (0, 1, 3, 2), (3, 2, 1, 0)])
def test_files_in_another_order_than_the_manifests_are_told(order: tuple[int, ...]) -> None:
    data = archived([TINY.held[place] for place in order])
    assert problems(data) == "its files are not in the order of manifest.json"


@given(PLACES, st.integers(1, 255))
def test_no_bit_of_a_set_can_be_changed(place: int, bits: int) -> None:
    changed = bytearray(SET)
    changed[place] ^= bits
    with pytest.raises(SetAltered):
        verified(bytes(changed))


@given(st.integers(0, len(SET) - 1))
def test_a_set_that_was_cut_off_is_none(length: int) -> None:
    with pytest.raises(SetAltered):
        verified(SET[:length])


@given(st.integers(0, len(SET)), st.binary(min_size=1, max_size=40))
def test_nothing_can_be_put_into_a_set(place: int, more: bytes) -> None:
    with pytest.raises(SetAltered):
        verified(SET[:place] + more + SET[place:])


@given(PLACES, st.integers(1, 40))
def test_nothing_can_be_taken_out_of_a_set(place: int, length: int) -> None:
    with pytest.raises(SetAltered):
        verified(SET[:place] + SET[place + length :])


@given(st.lists(st.tuples(PLACES, st.binary(min_size=1, max_size=8)), min_size=1, max_size=4))
def test_nothing_in_a_set_can_be_written_over(changes: list[tuple[int, bytes]]) -> None:
    changed = bytearray(SET)
    for place, data in changes:
        changed[place : place + len(data)] = data
    if bytes(changed) != SET:
        with pytest.raises(SetAltered):
            verified(bytes(changed))


@given(st.binary(max_size=300))
def test_any_other_file_is_no_set(data: bytes) -> None:
    with pytest.raises(SetAltered):
        verified(data)


def test_a_set_of_another_key_says_which_key_it_is_not() -> None:
    assert f"another key than the one given, whose id is {OTHER.key_id()}" in problems(SET, OTHER.public)


def test_the_private_half_given_as_the_key_is_told_as_that() -> None:
    assert "is the private half" in problems(SET, PublicKey(bytes(range(32))))


def test_a_manifest_that_was_altered_and_signed_by_somebody_else_is_refused() -> None:
    forged = replace(TINY, signer=OTHER)
    assert "does not hold" in problems(forged.zip)


def test_a_manifest_that_names_another_key_than_signed_it_is_refused() -> None:
    forged = renamed(replace(TINY, signer=OTHER), key=KEY.id)
    assert "names another key" in problems(forged.zip, OTHER.public)


def with_entries(files: list[tuple[str, bytes]]) -> str:
    return problems(archived(files))


def test_a_missing_file_is_named() -> None:
    assert with_entries(TINY.held[1:]) == "YEARBOOK/IMAGES/P0000001.JPG is missing"


def test_an_altered_file_is_named() -> None:
    first, *rest = TINY.held
    assert with_entries([(first[0], b"\xff\xd8 a Picture"), *rest]) == "YEARBOOK/IMAGES/P0000001.JPG was altered"


def test_a_file_of_another_size_is_named() -> None:
    first, *rest = TINY.held
    assert (
        with_entries([(first[0], first[1] + b"x"), *rest])
        == "YEARBOOK/IMAGES/P0000001.JPG has another size than was signed"
    )


def test_an_added_file_is_told_and_its_name_is_not() -> None:
    told = with_entries([("Ethan Walker.jpg", b"x"), *TINY.held])
    assert told == "entry 1 is no file that was signed"


@pytest.mark.parametrize("name", ["YEARBOOK/IMAGES/p0000001.jpg", "YEARBOOK/P0000001.JPG"], ids=["case", "folder"])
def test_a_renamed_file_is_no_file_that_was_signed(name: str) -> None:
    first, *rest = TINY.held
    told = with_entries([(name, first[1]), *rest])
    assert "entry 1 is no file that was signed" in told
    assert "YEARBOOK/IMAGES/P0000001.JPG is missing" in told


def test_two_files_whose_places_were_changed_are_both_named() -> None:
    made = MadeSet([of("candids/c1.jpg", b"one", "candid"), of("candids/c2.jpg", b"two", "candid")])
    (one, first), (two, second), *rest = made.held
    assert (
        with_entries([(one, second), (two, first), *rest]) == "candids/c1.jpg was altered; candids/c2.jpg was altered"
    )


def test_all_problems_are_told_at_once() -> None:
    first, second, *rest = TINY.held
    told = with_entries([(first[0], b"\xff\xd8 a Picture"), ("more.txt", b""), *rest])
    assert told.split("; ") == [
        "YEARBOOK/IMAGES/P0000001.JPG was altered",
        "entry 2 is no file that was signed",
        f"{second[0]} is missing",
    ]


def test_of_very_many_problems_the_rest_is_counted() -> None:
    made = MadeSet([of(f"candids/c{number:07d}.jpg", b"x", "candid") for number in range(MOST_TOLD + 7)])
    told = with_entries(made.held[-2:]).split("; ")
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == "and 7 more"


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE])
def test_a_set_without_manifest_or_signature_is_none(name: str) -> None:
    assert f"{name} is missing" in with_entries([each for each in TINY.held if each[0] != name])


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE, "YEARBOOK/README.TXT"])
def test_an_entry_twice_is_refused(name: str) -> None:
    again = next(each for each in TINY.held if each[0] == name)
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([*TINY.held, again])
    assert "twice" in problems(data)


def test_the_same_files_zipped_by_another_program_just_so_are_the_set() -> None:
    assert zipped(TINY.held) == SET


def test_plain_names_that_are_marked_as_utf_8_are_refused() -> None:
    marked = bytearray(SET)
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        marked[SET.index(signature) + place + 1] |= 0x08
    assert problems(bytes(marked)) == "entry 1 is marked otherwise than a set's files are"


def test_compressed_files_are_refused() -> None:
    told = problems(zipped(TINY.held, lambda entry: setattr(entry, "compress_type", zipfile.ZIP_DEFLATED)))
    assert "entry 1 is compressed" in told


def test_a_link_is_refused() -> None:
    told = problems(zipped(TINY.held, lambda entry: setattr(entry, "external_attr", (stat.S_IFLNK | 0o777) << 16)))
    assert "entry 1 is a link" in told


def test_a_file_that_can_be_run_is_refused() -> None:
    told = problems(zipped(TINY.held, lambda entry: setattr(entry, "external_attr", 0o100755 << 16)))
    assert "entry 1 has other permissions" in told


def test_an_encrypted_file_is_refused() -> None:
    changed = bytearray(SET)
    changed[6] |= 1
    changed[SET.index(b"PK\1\2") + 8] |= 1
    assert "entry 1 is encrypted" in problems(bytes(changed))


def test_a_comment_of_an_entry_is_refused() -> None:
    assert problems(zipped(TINY.held, lambda entry: setattr(entry, "comment", b"more"))).startswith("the directory")


def test_an_extra_field_is_refused() -> None:
    extra = struct.pack("<2H", 0x7075, 4) + b"more"
    assert problems(zipped(TINY.held, lambda entry: setattr(entry, "extra", extra))).startswith("the directory")


def test_a_set_dated_otherwise_is_refused() -> None:
    assert "entry 1 is dated otherwise" in problems(archived(TINY.held, date(2026, 10, 3)))


def test_a_header_that_says_another_name_than_the_directory_is_refused() -> None:
    assert "the header of entry 1 differs" in problems(SET.replace(b"P0000001", b"P0000002", 1))


def test_bytes_between_two_files_are_found_though_every_offset_is_right() -> None:
    first = SET.index(b"PK\3\4", 4)
    directory = SET.index(b"PK\1\2")
    moved = bytearray(SET[:first] + b"hidden" + SET[first:])
    at = directory + 6
    for number in range(len(TINY.held)):
        names, extras, comments = struct.unpack_from("<3H", moved, at + 28)
        if number:
            struct.pack_into("<L", moved, at + 42, struct.unpack_from("<L", moved, at + 42)[0] + 6)
        at += 46 + names + extras + comments
    struct.pack_into("<L", moved, at + 16, directory + 6)
    assert zipfile.ZipFile(io.BytesIO(moved)).testzip() is None
    assert problems(bytes(moved)) == "there are bytes before entry 2 that belong to no file"


def test_entries_that_share_their_bytes_are_refused() -> None:
    made = MadeSet([of("candids/c1.jpg", b"one", "candid"), of("candids/c2.jpg", b"one", "candid")])
    data = bytearray(made.zip)
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    struct.pack_into("<L", data, second + 42, 0)
    assert "entry 2 reaches into another one" in problems(bytes(data))


def test_no_more_is_read_than_the_file_has() -> None:
    data = bytearray(SET)
    at = SET.index(b"PK\1\2")
    struct.pack_into("<2L", data, at + 20, 0x7FFFFFFF, 0x7FFFFFFF)
    struct.pack_into("<2L", data, 18, 0x7FFFFFFF, 0x7FFFFFFF)
    assert "entry 1 reaches into another one, or into the directory" in problems(bytes(data))


class Counted(io.BytesIO):
    """A file that counts what is asked of it."""

    most = 0
    whole = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.most, self.whole = max(self.most, len(data)), self.whole + len(data)
        return data


def test_a_set_is_read_once_and_in_pieces() -> None:
    made = MadeSet([of(f"candids/c{number}.jpg", bytes(3_000_000), "candid") for number in range(3)])
    file = Counted(made.zip)
    verify(file, KEY)
    assert file.most <= 1024 * 1024
    assert file.whole < len(made.zip) + 10_000


@pytest.mark.parametrize("path", ["candids/c1.jpg", "Candids/C1.JPG"])
def test_a_manifest_with_two_files_of_one_name_is_refused(path: str) -> None:
    made = MadeSet([of("candids/c1.jpg", b"one", "candid"), of(path, b"one", "candid")])
    held = [made.held[0], *made.held[-2:]]
    assert "twice" in with_entries(held)


def test_which_set_a_file_says_it_is_is_told_whoever_signed_it() -> None:
    forged = TINY.manifest.replace(b"x-0123456789abcdef", b"x-fedcba9876543210")
    for text, set_id in ((TINY.manifest, "x-0123456789abcdef"), (forged, "x-fedcba9876543210")):
        data = zipped([*TINY.held[:-2], (MANIFEST, text), (SIGNATURE, b"s" * SIGNATURE_BYTES)])
        assert claimed(io.BytesIO(data)) == set_id


@pytest.mark.parametrize("what", ["no manifest", "two manifests", "another text", "no archive", "nothing"])
def test_a_file_that_says_of_no_set_that_it_is_one_is_refused(what: str) -> None:
    files = {
        "no manifest": TINY.held[:-2],
        "two manifests": [*TINY.held, (MANIFEST, TINY.manifest)],
        "another text": [(MANIFEST, b"[]")],
    }
    with warnings.catch_warnings(action="ignore"):
        data = zipped(files[what]) if what in files else b"PK and so on" * (what == "no archive")
    with pytest.raises(SetAltered):
        claimed(io.BytesIO(data))


def test_a_signed_manifest_of_a_newer_format_says_so() -> None:
    newer = TINY.manifest.replace(manifest.FORMAT.encode(), b"dam-plugin-yearbook/2")
    files = [*TINY.held[:-2], (MANIFEST, newer), (SIGNATURE, SIGNER.sign(newer))]
    assert "by a newer version" in with_entries(files)


def test_contents_are_those_that_are_wanted() -> None:
    found = list(contents(io.BytesIO(SET), KEY, lambda file: file.kind == "text", 100))
    assert found == [(TINY.files[1][0], b"x\r\n")]


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert [data for _, data in contents(io.BytesIO(SET), KEY, wanted, 5)] == [None, b"x\r\n"]


def wanted(_: ManifestFile) -> bool:
    return True


def test_a_file_that_changed_since_it_was_verified_is_not_handed_out() -> None:
    changed = SET.replace(b"\xff\xd8 a picture", b"\xff\xd8 a Picture")
    with pytest.raises(SetAltered, match="changed while it was read"):
        list(contents(io.BytesIO(changed), KEY, wanted, 100))

"""The manifest: written a file a line, read back the same, refused where it is anything else; and the page beside it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from district import CUSTODIAN, HANNAH, NOAH, District
from hypothesis import given
from hypothesis import strategies as st
from made_sets import KEY, SIGNER, head, tiny
from pydantic import ValidationError
from yearbook_plans import rename

from dam_plugin.custodian import choices
from dam_plugin.model import Consent, OptOut
from dam_plugin.services import Services
from dam_plugin.yearbook import manifest
from dam_plugin.yearbook.manifest import ManifestFile, NoManifest, roster_digest, rules_digest

FILES = st.lists(
    st.builds(
        ManifestFile,
        path=st.from_regex(r"[a-z]{4}[0-9]{1,8}(/[a-z]{4}[0-9]{1,8}\.jpg)?", fullmatch=True),
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        size=st.integers(0, 2**40),
        kind=st.sampled_from(["portrait", "candid", "index", "text", "captions", "page"]),
        redacted=st.booleans(),
        decision=st.none() | st.binary(min_size=13, max_size=13).map(lambda each: f"d-{each.hex().upper()}"),
    ),
    min_size=1,
    max_size=5,
)
FILE = ManifestFile("candids/c0000001.jpg", "0" * 64, 3, "candid")


def written(files: list[ManifestFile], others: list[ManifestFile] | None = None) -> bytes:
    out = io.BytesIO()
    sha256 = manifest.write(out, head(), files, others or [])
    assert sha256 == hashlib.sha256(out.getvalue()).hexdigest()
    return out.getvalue()


@given(FILES, FILES)
def test_what_is_written_is_read_back_the_same(files: list[ManifestFile], others: list[ManifestFile]) -> None:
    told, read = manifest.read(written(files, others))
    assert told == head()
    assert list(read) == [*files, *others]


@given(FILES)
def test_it_is_json_in_ascii_with_one_file_a_line(files: list[ManifestFile]) -> None:
    data = written(files)
    told = json.loads(data.decode("ascii"))
    assert told["format"] == "dam-plugin-yearbook/1"
    assert told["day"] == "2026-10-02"
    assert [each["path"] for each in told["files"]] == [each.path for each in files]
    assert data.count(b"\n") == len(files) + 2


def test_it_says_of_a_file_what_the_format_says_and_nothing_else() -> None:
    told = json.loads(written([FILE]))
    assert list(told) == [
        "format", "set", "day", "district", "publisher", "recipient", "roster", "rules", "key", "program", "files",
    ]  # fmt: skip
    assert list(told["files"][0]) == ["path", "sha256", "size", "kind", "redacted", "decision"]


def test_files_are_written_as_they_come() -> None:
    out, ahead = io.BytesIO(), []

    def files() -> Iterator[ManifestFile]:
        for number in range(100):
            ahead.append(out.tell())
            yield ManifestFile(f"candids/c{number:07d}.jpg", "0" * 64, 3, "candid")

    manifest.write(out, head(), files(), ())
    assert ahead == sorted(set(ahead))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "dam-plugin-yearbook/1", "files": []}',
        written([FILE]).replace(b'"day": "2026-10-02"', b'"day": "tomorrow"'),
        written([FILE]).replace(b'"set"', b'"sett"'),
        written([FILE]).replace(b'"roster"', b'"clause": "EX4", "roster"'),
        written([FILE])[:-1],
        written([FILE]) + b" ",
        written([FILE]).replace(b"\n]}", b"\n\n]}"),
        written([FILE]).replace(b"candids/", b"../"),
        written([FILE]).replace(b"candids/", b"/"),
        written([FILE]).replace(b"candids/", b"con/"),
        written([FILE]).replace(b'"size": 3', b'"size": -3'),
        written([FILE]).replace(b'"size": 3', b'"size": "3"'),
        written([FILE]).replace(b'"size": 3', b'"size": NaN'),
        written([FILE]).replace(b"false", b"0"),
        written([FILE]).replace(b'"candid"', b'"film"'),
        written([FILE]).replace(b"00000000", b"0000000G", 1),
        written([FILE]).replace(b'"kind"', b'"student": "S-1", "kind"'),
        written([FILE]).replace(b", ", b",\n"),
        written([FILE, FILE]).replace(b",\n", b",\n\n"),
        written([]),
    ],
)
def test_anything_else_is_no_manifest(data: bytes) -> None:
    with pytest.raises(NoManifest):
        list(manifest.read(data)[1])


def test_a_newer_format_says_that_it_is_one() -> None:
    with pytest.raises(NoManifest, match="by a newer version"):
        manifest.read(written([FILE]).replace(b"yearbook/1", b"yearbook/2"))


def test_a_file_of_a_path_that_leads_out_cannot_be_made() -> None:
    with pytest.raises(ValidationError):
        ManifestFile("../x.jpg", "0" * 64, 3, "candid")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_verifies_the_signature_too(tmp_path: Path) -> None:
    signed = tiny().manifest
    for name, data in (("manifest.json", signed), ("manifest.sig", SIGNER.sign(signed)), ("key.pem", KEY.pem.encode())):
        (tmp_path / name).write_bytes(data)
    openssl = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem"]
    command = [*openssl, "-rawin", "-in", "manifest.json", "-sigfile", "manifest.sig"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "manifest.json").write_bytes(signed + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def page(*files: ManifestFile, contact: str = "the records office") -> str:
    out = io.BytesIO()
    manifest.write_page(out, head(), contact, files, ())
    return out.getvalue().decode()


def test_the_page_tells_what_the_set_is_and_how_to_verify_it() -> None:
    text = page(FILE)
    for word in (
        "Riverbend School District",
        "2026-10-02",
        "the records office",
        KEY.id,
        "openssl pkeyutl",
        "c0000001.jpg",
    ):
        assert word in text


def test_the_page_marks_what_is_redacted_by_a_word() -> None:
    assert "<strong>redacted</strong>" not in page(FILE)
    assert "<strong>redacted</strong>" in page(
        ManifestFile("candids/c0000002.jpg", "0" * 64, 3, "candid", redacted=True)
    )


def test_the_page_holds_no_markup_of_others_no_script_and_nothing_from_elsewhere() -> None:
    text = page(FILE, contact="<script>alert(1)</script> & <img src=x>")
    assert "<script" not in text
    assert "<img" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_the_page_is_written_as_files_come() -> None:
    out, ahead = io.BytesIO(), []

    def files() -> Iterator[ManifestFile]:
        for number in range(3000):
            ahead.append(out.tell())
            yield ManifestFile(f"candids/c{number:07d}.jpg", "0" * 64, 3, "candid")

    manifest.write_page(out, head(), "us", files(), ())
    assert len(set(ahead)) > 100


# Digests of the roster and the rules


def roster(services: Services) -> str:
    with services.store.reading() as unit:
        return roster_digest(services, unit)


def test_the_roster_has_the_same_digest_as_long_as_nothing_changes(district: District) -> None:
    assert roster(district.services) == roster(district.services)


@pytest.mark.parametrize(
    "change",
    [{"grade": "6"}, {"names": ("Somebody Else",)}, {"active": False}, {"born": date(2001, 1, 1)}, {"given": "N."}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_student_changes_it(district: District, change: dict[str, Any]) -> None:
    before = roster(district.services)
    rename(district, district.student(NOAH), **change)
    assert roster(district.services) != before


def test_an_opt_out_and_a_consent_change_it_and_so_does_a_revocation(district: District) -> None:
    services, noah = district.services, district.student(NOAH)
    told = [roster(services)]
    choices.opt_out(services, noah, OptOut(services.now().date()), CUSTODIAN)
    told.append(roster(services))
    with services.store.writing() as unit:
        kept = unit.people.add_consent(Consent(district.student(HANNAH), purpose="yearbook"), None, services.now())
    told.append(roster(services))
    with services.store.writing() as unit:
        unit.people.revoke_consent(kept, services.now().date())
    told.append(roster(services))
    assert len(set(told)) == 4


def test_the_rules_have_another_digest_with_another_policy(district: District) -> None:
    services = district.services
    policy = services.settings.district.model_copy(update={"directory_limited_to": ("website",)})
    other = replace(services, settings=services.settings.model_copy(update={"district": policy}))
    assert rules_digest(services) == rules_digest(services)
    assert rules_digest(other) != rules_digest(services)


def test_digests_are_long_and_tell_nothing_of_what_they_stand_for(district: District) -> None:
    for told in (roster(district.services), rules_digest(district.services)):
        assert told.startswith("f-")
        assert len(told) == len("f-") + 26
        assert district.services.rules.digest.upper() not in told

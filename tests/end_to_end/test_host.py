"""The example host of docs/hooks.md: a digital asset manager that calls every host hook, in its own process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import urllib3
from district import GRADUATION, HALLWAY, INES, INES_MOTHER, PORTRAIT, TEAM, UNTITLED, District

from dam_hooks import services_of
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import AssetEvent, Recipient

SOURCE = Path(__file__).with_name("host.py")
DOCUMENT = SOURCE.parents[2] / "docs" / "hooks.md"
SHARED = "shared: /shared/"


def _load() -> ModuleType:
    """Import host.py, which is an example and in no package."""
    spec = importlib.util.spec_from_file_location("example_host", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


example = _load()
EDITOR, CUSTODIAN = example.User("media-desk"), example.User("records-office", custodian=True)


@pytest.fixture
def host(district: District) -> Iterator[Any]:
    manager = example.AssetManager(district.services.library.bucket)
    yield manager
    services = services_of(manager.plugins)
    services.store.close()
    services.library.close()
    manager.s3.close()


def sample(key: str) -> bytes:
    return (sample_folder() / key).read_bytes()


def fetched(host: Any, said: str) -> int:
    """Open a link that the host handed out, and follow it; the status that a browser ends with."""
    answer: str = host.open(said.rpartition("/shared/")[2])
    code, _, url = answer.partition(" ")
    return urllib3.request("GET", url, retries=False).status if code == "303" else int(code)


def test_the_document_shows_this_very_code() -> None:
    assert f"```python\n{SOURCE.read_text('utf-8')}```\n" in DOCUMENT.read_text("utf-8")


def test_the_example_stays_short() -> None:
    assert len(SOURCE.read_text("utf-8").splitlines()) <= 80


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param(TEAM, "ready for staff", id="ordinary"),
        pytest.param(UNTITLED, "ready for staff", id="names nobody"),
        pytest.param(HALLWAY, "held back: nobody sees the original", id="official use"),
        pytest.param("events/notes.xmp", "kept; it is no recording", id="sidecar"),
    ],
)
def test_an_upload_is_shown_to_staff_or_held_back(host: Any, key: str, said: str) -> None:
    body = b"<x:xmpmeta/>" if key.endswith(".xmp") else sample(key)
    assert host.upload(key, body) == said


def test_what_may_go_out_gets_a_link_that_opens(host: Any) -> None:
    host.upload(GRADUATION, sample(GRADUATION))
    said = host.share(EDITOR, GRADUATION, "website")
    assert said.startswith(SHARED)
    assert fetched(host, said) == 200


def test_a_student_who_opted_out_is_hidden(host: Any) -> None:
    host.upload(TEAM, sample(TEAM))
    said = host.share(EDITOR, TEAM, "website")
    assert said.startswith("shared, 1 student(s) hidden: /shared/")
    assert fetched(host, said) == 200


def test_a_refusal_says_why(host: Any) -> None:
    host.upload(PORTRAIT, sample(PORTRAIT))
    said = host.share(EDITOR, PORTRAIT, "website")
    assert said.startswith("not shared: ")
    assert "opted out" in said


def test_a_request_is_the_custodians(host: Any, district: District) -> None:
    host.upload(TEAM, sample(TEAM))
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    assert host.share(EDITOR, TEAM, "inspection", mother).startswith("waits for the records custodian: ")
    said = host.share(CUSTODIAN, TEAM, "inspection", mother)
    assert "/shared/" in said
    assert district.student(INES) not in said


def test_an_error_shares_nothing(host: Any) -> None:
    said = host.share(EDITOR, "events/never-uploaded.jpg", "website")
    assert said.startswith("not shared, ask the administrator: ")


def test_a_link_that_nobody_handed_out_tells_a_stranger_nothing(host: Any) -> None:
    host.upload(GRADUATION, sample(GRADUATION))
    opened = host.share(EDITOR, GRADUATION, "website").rpartition("/")[2]
    host.revoke(GRADUATION)
    assert host.open("a-guess") == host.open(opened)


def test_a_replacement_closes_the_links(host: Any) -> None:
    host.upload(GRADUATION, sample(GRADUATION))
    said = host.share(EDITOR, GRADUATION, "website")
    assert host.replace(GRADUATION, sample(TEAM)) == "ready for staff"
    assert fetched(host, said) == 403


def test_a_deletion_closes_the_links(host: Any) -> None:
    host.upload(GRADUATION, sample(GRADUATION))
    said = host.share(EDITOR, GRADUATION, "website")
    host.delete(GRADUATION)
    assert fetched(host, said) == 403


def test_taking_back_closes_the_links(host: Any) -> None:
    host.upload(GRADUATION, sample(GRADUATION))
    said = host.share(EDITOR, GRADUATION, "website")
    assert host.revoke(GRADUATION) == "1 link(s) closed"
    assert fetched(host, said) == 403


def test_what_somebody_waits_for_is_not_deleted_and_the_user_reads_why(host: Any, district: District) -> None:
    host.upload(UNTITLED, sample(UNTITLED))
    assert host.delete(UNTITLED) == "deleted"
    host.upload(UNTITLED, sample(UNTITLED))
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    assert host.share(EDITOR, UNTITLED, "inspection", mother).startswith("waits for the records custodian: ")
    said = host.delete(UNTITLED)
    assert said.startswith("not deleted: the recording is held by the referral rf-")
    # A tool that deletes past the asset manager: the deletion is undone.
    gone = host.s3.delete_object(Bucket=host.bucket, Key=UNTITLED)
    assert not host.hook.asset_deleted(event=AssetEvent(UNTITLED, gone["VersionId"]))
    assert host.s3.head_object(Bucket=host.bucket, Key=UNTITLED)["ContentLength"]

"""The notifications that a storage server posts by itself: who may, what they lead to, and what they do not decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from district import GRADUATION, TEAM, District
from live_service import client_of, live_service
from use_cases import is_known

from dam_hooks.http.notifications import PATH
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import StorageUnreachable
from dam_plugin.library.s3 import Library

TOKEN = "k" * 43
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


def told_of(bucket: str, key: str, *, source: str = "ceph:s3", name: str = "ObjectCreated:Put", **of: Any) -> bytes:
    """A notification as the server posts it."""
    stored = {"key": key.replace(" ", "+"), **of}
    record = {"eventSource": source, "eventName": name, "s3": {"bucket": {"name": bucket}, "object": stored}}
    return json.dumps({"EventName": name, "Key": f"{bucket}/{key}", "Records": [record]}).encode()


def put(district: District, key: str) -> None:
    district.services.library.put(key, (sample_folder() / key).read_bytes(), media_type="image/jpeg")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[tuple[District, httpx.Client]]:
    monkeypatch.setenv("DAM_PLUGIN_EVENTS", "webhook")
    monkeypatch.setenv("DAM_PLUGIN_EVENTS_TOKEN", TOKEN)
    district: District = request.getfixturevalue("district")
    with live_service(district.pm) as address, client_of(address) as client:
        yield district, client


@pytest.mark.parametrize(
    ("source", "name", "by_address"),
    [
        ("ceph:s3", "ObjectCreated:Put", True),
        ("ceph:s3", "s3:ObjectCreated:CompleteMultipartUpload", True),
        ("minio:s3", "s3:ObjectCreated:Put", False),
    ],
)
def test_an_upload_and_a_deletion_are_heard_of(
    service: tuple[District, httpx.Client], source: str, name: str, *, by_address: bool
) -> None:
    district, client = service
    bucket = district.services.library.bucket
    put(district, TEAM)
    path, headers = (f"{PATH}/{TOKEN}", {}) if by_address else (PATH, WITH_TOKEN)
    answer = client.post(path, headers=headers, content=told_of(bucket, TEAM, source=source, name=name))
    assert (answer.status_code, answer.content) == (204, b"")
    assert district.release_tag(TEAM) == "staff"
    with district.services.store.reading() as unit:
        assert unit.news.heard("webhook") is not None
    district.services.library.delete(TEAM)
    gone = told_of(bucket, TEAM, source=source, name="ObjectRemoved:DeleteMarkerCreated")
    assert client.post(path, headers=headers, content=gone).status_code == 204
    assert not is_known(district.services, TEAM)


def test_what_only_a_token_stands_for_decides_no_version(service: tuple[District, httpx.Client]) -> None:
    """A forged notification cannot make an older version the newest, nor forget what is there."""
    district, client = service
    bucket = district.services.library.bucket
    put(district, TEAM)
    older = district.services.library.head(TEAM)
    put(district, TEAM)
    newer = district.services.library.head(TEAM)
    forged = {"versionId": older.version_id, "eTag": older.etag, "size": older.size, "sequencer": "F" * 16}
    assert client.post(PATH, headers=WITH_TOKEN, content=told_of(bucket, TEAM, **forged)).status_code == 204
    with district.services.store.reading() as unit:
        assert unit.assets.need(TEAM).asset.version_id == newer.version_id
    gone = told_of(bucket, TEAM, name="ObjectRemoved:Delete", versionId=newer.version_id)
    assert client.post(PATH, headers=WITH_TOKEN, content=gone).status_code == 204
    assert is_known(district.services, TEAM)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {}),
        (PATH, {"Authorization": "Bearer " + "x" * 43}),
        (PATH, {"Authorization": f"Basic {TOKEN}"}),
        (f"{PATH}/{'x' * 43}", {}),
        (f"{PATH}/%C3%A9", {}),
    ],
    ids=["none", "another", "scheme", "address", "not ascii"],
)
def test_whoever_has_no_token_is_not_heard(
    service: tuple[District, httpx.Client], path: str, headers: dict[str, str]
) -> None:
    district, client = service
    put(district, TEAM)
    answer = client.post(path, headers=headers, content=told_of(district.services.library.bucket, TEAM))
    assert answer.status_code == 401
    assert "DAM_PLUGIN_EVENTS_TOKEN" in answer.json()["detail"]
    assert not is_known(district.services, TEAM)


@pytest.mark.parametrize(
    "content",
    [b"", b"no json", b"\xff", b"[]", told_of("another-bucket", TEAM), b"x" * (1024 * 1024 + 1)],
    ids=["empty", "text", "bytes", "list", "bucket", "large"],
)
def test_a_bad_notification_is_refused_in_one_sentence_that_quotes_nothing(
    service: tuple[District, httpx.Client], content: bytes
) -> None:
    _, client = service
    answer = client.post(PATH, headers=WITH_TOKEN, content=content)
    assert answer.status_code == 422, answer.text
    assert "another-bucket" not in answer.text


def test_the_plugins_own_objects_are_left_alone(service: tuple[District, httpx.Client]) -> None:
    district, client = service
    put(district, GRADUATION)
    content = told_of(district.services.library.bucket, "released/x.jpg")
    assert client.post(PATH, headers=WITH_TOKEN, content=content).status_code == 204


def test_the_server_posts_it_again_where_the_storage_is_down(
    service: tuple[District, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    district, client = service

    def silent(*_: object, **__: object) -> None:
        raise StorageUnreachable("the storage does not answer")

    put(district, TEAM)
    content = told_of(district.services.library.bucket, TEAM)
    with monkeypatch.context() as down:
        down.setattr(Library, "head", silent)
        assert client.post(PATH, headers=WITH_TOKEN, content=content).status_code == 503
    assert client.post(PATH, headers=WITH_TOKEN, content=content).status_code == 204
    assert is_known(district.services, TEAM)


def test_without_the_setting_nobody_may_post(district: District) -> None:
    with live_service(district.pm) as address, client_of(address) as client:
        answer = client.post(PATH, headers=WITH_TOKEN, content=b"{}")
        assert answer.status_code == 503
        assert "dam-plugin init --events webhook" in answer.json()["detail"]

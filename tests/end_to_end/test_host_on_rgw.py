"""The host on a storage that heeds its policy: what it deletes is closed, and staff get the original that it does not read.

What runs are the program's own commands, with the ordinary AWS variables and the users of three roles.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from command_line import call
from district import GRADUATION, TEAM
from guarded_place import Place
from rgw_server import Refused, played

from dam_hooks import manager, services_of
from dam_hooks.s3_events import S3Event, announcing
from dam_plugin.cli.demo.samples import sample_folder

pytestmark = pytest.mark.rgw

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")


def opened(link: dict[str, Any]) -> Any:
    return call("open", link["token"], "--json")


def deleted(place: Place, key: str) -> str:
    """Delete a recording as the host does; the version that was there."""
    host = place.rgw.clients["host"]
    (version,) = place.rgw.clients["plugin"].list_object_versions(Bucket=place.bucket, Prefix=key)["Versions"]
    assert host.delete_object(Bucket=place.bucket, Key=key)["DeleteMarker"]
    return version["VersionId"]


def told_of_the_deletion(place: Place, key: str) -> None:
    """Have the plugin hear of it as the bucket's queue tells it."""
    pm = manager()
    try:
        announcing(pm)(S3Event("removed", place.bucket, key))
    finally:
        services_of(pm).store.close()
        services_of(pm).library.close()


@pytest.mark.parametrize("is_told", [True, False], ids=["an event", "no event"])
def test_what_the_host_deletes_opens_no_more_and_its_version_stays(place: Place, is_told: bool) -> None:
    place.upload(TEAM)
    link = call("share", TEAM, *PUBLICATION).object()
    url = opened(link).object()["url"]
    assert httpx.get(url, trust_env=False).status_code == 200
    version = deleted(place, TEAM)
    if is_told:
        told_of_the_deletion(place, TEAM)
    else:
        assert call("reconcile", "--json").object()["forgotten"] == 1
    assert httpx.get(url, trust_env=False).status_code == 403
    assert opened(link).code != 0
    assert call("links", "--open", "--json").objects() == []
    assert call("share", TEAM, *PUBLICATION).code != 0
    kept = place.rgw.clients["plugin"].get_object(Bucket=place.bucket, Key=TEAM, VersionId=version)
    assert kept["Body"].read().startswith(b"\xff\xd8")


def test_even_before_anybody_tells_of_it_a_deleted_recording_is_not_opened(place: Place) -> None:
    place.upload(TEAM)
    link = call("share", TEAM, *PUBLICATION).object()
    deleted(place, TEAM)
    assert opened(link).code != 0


@pytest.mark.parametrize("is_noticed", [True, False], ids=["noticed between", "not noticed"])
def test_what_is_uploaded_again_after_a_deletion_keeps_what_sticks(place: Place, is_noticed: bool) -> None:
    place.upload(TEAM)
    ended = call("tag", TEAM, "--official", "discipline", "--as", "custodian:records-office")
    assert ended.code == 0, ended.text
    deleted(place, TEAM)
    if is_noticed:
        assert call("reconcile", "--json").object()["forgotten"] == 1
    # Another picture, which says nothing of it itself.
    place.upload(GRADUATION)
    assert call("tags", GRADUATION, "--json").object()["official_uses"] == []
    other = (sample_folder() / GRADUATION).read_bytes()
    place.rgw.clients["host"].put_object(Bucket=place.bucket, Key=TEAM, Body=other)
    assert call("reconcile").code == 0
    assert [each["purpose"] for each in call("tags", TEAM, "--json").object()["official_uses"]] == ["discipline"]
    assert call("share", TEAM, *PUBLICATION).code != 0


def test_staff_get_from_the_plugin_what_the_host_does_not_read(place: Place) -> None:
    place.upload(TEAM)
    assert place.rgw.clients["plugin"].get_object_tagging(Bucket=place.bucket, Key=TEAM)["TagSet"]
    with pytest.raises(Refused):
        played(lambda: place.rgw.clients["host"].get_object(Bucket=place.bucket, Key=TEAM))
    (place.folder / "evidence.yaml").write_text(
        "legitimate_interest: true\nrecords_authorized: true\n", encoding="utf-8"
    )
    asked = ("--to", "school_official:coach", "--purpose", "inspection", "--as", "custodian:records-office")
    ended = call("share", TEAM, *asked, "--evidence", "evidence.yaml", "--json")
    assert (ended.code, ended.object()["outcome"]) == (0, "allow"), ended.text
    url = opened(ended.object()).object()["url"]
    assert httpx.get(url, trust_env=False).content.startswith(b"\xff\xd8")

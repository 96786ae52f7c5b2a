"""What a URL that the host signs opens: `policy apply | check` with the host's own credentials, against real servers.

Ceph's gateway takes such a URL for a request of the host. A server that heeds `s3:authType` is played by a proxy in front
of it, which refuses by the bucket's policy what AWS would refuse.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from amazon_policies import Asked, is_granted
from botocore_files import files_read_once
from command_line import Called, call
from rgw_server import (
    ROLE_OPTIONS,
    ROLES,
    Refused,
    Rgw,
    applied,
    arn_of,
    checked,
    generous,
    keys_of,
    played,
    set_policy,
)
from storage_proxy import Refusal, Request, StorageProxy

from dam_plugin.library import policy
from dam_plugin.library.bucket import Bucket
from dam_plugin.library.policy import Ground
from dam_plugin.library.roles import Roles

pytestmark = pytest.mark.rgw

STAFF = "staff/game.jpg"
GATEWAY = Roles(*map(arn_of, ROLES))
BY_HEADER = Ground(owner=arn_of("plugin"), tells_urls=True, keeps_versions=True)


@pytest.fixture(scope="module", autouse=True)
def quick_clients() -> Iterator[None]:
    with files_read_once():
        yield


@pytest.fixture
def host_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the credentials of a user as the host's."""

    def give(user: str) -> None:
        access_key, secret = keys_of(user)
        monkeypatch.setenv("DAM_PLUGIN_HOST_ACCESS_KEY_ID", access_key)
        monkeypatch.setenv("DAM_PLUGIN_HOST_SECRET_ACCESS_KEY", secret)

    return give


@pytest.fixture
def heeding(rgw: Rgw) -> Iterator[Rgw]:
    """A server that heeds `s3:authType`: what the host signs in a URL is refused where AWS would by the bucket's policy."""
    door = StorageProxy(rgw.url)
    door.refuses = lambda request: Refusal(403, "AccessDenied") if _is_refused_url(rgw, request) else None
    running = Rgw(door.url)
    yield running
    door.close()


def _is_refused_url(rgw: Rgw, request: Request) -> bool:
    parts = urlsplit(request.path)
    signer = parse_qs(parts.query).get("X-Amz-Credential", [""])[0].split("/")[0]
    if request.method not in {"GET", "HEAD"} or signer != keys_of("host")[0]:
        return False
    bucket, _, key = parts.path[1:].partition("/")
    # A denial that the way of signing alone brings about: the same request by its header is not denied by it.
    found = json.loads(policy_of(rgw, bucket))["Statement"]
    denials = [each for each in found if each["Effect"] == "Deny" and "s3:authType" in json.dumps(each)]
    document = {"Statement": [each for each in denials if "Principal" in each]}
    asked = Asked(arn_of("host"), "s3:GetObject", f"{bucket}/{key}", {"s3:authType": "REST-QUERY-STRING"}, has_iam=True)
    return not is_granted(document, asked)


def policy_of(rgw: Rgw, bucket: str) -> str:
    return rgw.clients["plugin"].get_bucket_policy(Bucket=bucket)["Policy"]


def with_original(rgw: Rgw) -> str:
    bucket = rgw.bucket()
    rgw.clients["plugin"].put_object(Bucket=bucket, Key=STAFF, Body=b"x", Tagging="dam-release=staff")
    return bucket


def original(ended: Called) -> tuple[str, str]:
    """How the command ended with what the host reads: the state, and the sentence."""
    ((state, detail),) = [(each["state"], each["detail"]) for each in ended.objects() if each["step"] == "originals"]
    return state, detail


def reads(rgw: Rgw, bucket: str) -> tuple[bool, bool]:
    """Whether the host reads what is for staff by its header, and whether anybody does by a URL that it signs."""

    def by_url() -> bool:
        url = rgw.clients["host"].generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": STAFF})
        return httpx.get(url, trust_env=False).status_code == 200

    try:
        played(lambda: rgw.clients["host"].get_object(Bucket=bucket, Key=STAFF))
    except Refused:
        return False, by_url()
    return True, by_url()


def left_over(rgw: Rgw, bucket: str) -> list[str]:
    """Names of what there is besides the original, versions and delete markers included."""
    listed = rgw.clients["plugin"].list_object_versions(Bucket=bucket)
    return [
        each["Key"] for each in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])] if each["Key"] != STAFF
    ]


# Applied


def test_before_a_url_of_the_hosts_opened_what_is_for_staff(rgw: Rgw) -> None:
    bucket = with_original(rgw)
    document = policy.document(bucket, GATEWAY, ground=BY_HEADER)
    set_policy(rgw, bucket, *(each for each in document["Statement"] if "Url" not in each["Sid"]))
    assert reads(rgw, bucket) == (True, True)
    ended = checked(rgw, bucket)
    assert ended.code == 1
    assert "DamPluginDenyUrlTrialByName is missing" in ended.text
    assert applied(rgw, bucket).code == 0
    assert reads(rgw, bucket) == (False, False)


def test_where_a_url_is_not_refused_the_host_reads_no_original_and_staff_are_told_how_they_get_a_copy(
    rgw: Rgw, host_keys: Callable[[str], None]
) -> None:
    bucket = with_original(rgw)
    host_keys("host")
    for _ in range(2):
        ended = applied(rgw, bucket, "--json")
        assert ended.code == 0, ended.text
        state, detail = original(ended)
        assert state == "done"
        assert "does not heed s3:authType" in detail
        assert "dam-plugin share KEY --to school_official:NAME" in detail
        assert reads(rgw, bucket) == (False, False)
        assert left_over(rgw, bucket) == []
    assert checked(rgw, bucket).object()["originals"] == "the host reads no original (tried)"


def test_where_nobody_tries_the_host_reads_no_original_and_that_is_said(rgw: Rgw) -> None:
    bucket = with_original(rgw)
    ended = applied(rgw, bucket, "--json")
    assert ended.code == 0
    assert "since nobody tried" in original(ended)[1]
    assert "--server aws" not in original(ended)[1]
    assert reads(rgw, bucket) == (False, False)


def test_where_a_url_is_refused_the_host_reads_by_its_header(heeding: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = with_original(heeding)
    host_keys("host")
    ended = applied(heeding, bucket, "--json")
    assert ended.code == 0, ended.text
    assert original(ended)[1].endswith("a URL that it signs is refused (tried)")
    assert reads(heeding, bucket) == (True, False)
    before = policy_of(heeding, bucket)
    again = applied(heeding, bucket, "--json")
    assert (again.code, {each["state"] for each in again.objects()}) == (0, {"done", "not here"})
    assert policy_of(heeding, bucket) == before
    ended = checked(heeding, bucket)
    assert (ended.code, ended.object()["safe"]) == (0, True), ended.text
    assert ended.object()["originals"].endswith("refused (tried)")
    assert left_over(heeding, bucket) == []


def test_what_nobody_tries_any_more_is_not_safe_and_applied_anew_it_is_strict(
    heeding: Rgw, host_keys: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = with_original(heeding)
    host_keys("host")
    assert applied(heeding, bucket).code == 0
    for name in ("DAM_PLUGIN_HOST_ACCESS_KEY_ID", "DAM_PLUGIN_HOST_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ended = checked(heeding, bucket)
    assert ended.code == 1
    assert "nobody tried whether this server refuses it" in ended.text
    assert applied(heeding, bucket).code == 0
    assert reads(heeding, bucket) == (False, False)
    assert checked(heeding, bucket).code == 0


def test_a_server_that_stops_heeding_it_is_noticed(rgw: Rgw, heeding: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = with_original(heeding)
    host_keys("host")
    assert applied(heeding, bucket).code == 0
    ended = checked(rgw, bucket)
    assert ended.code == 1
    assert (
        "open an original that is for staff by a URL that the host signs (tried: GET, HEAD, GET of a version"
        in ended.text
    )
    assert applied(rgw, bucket).code == 0
    assert reads(rgw, bucket) == (False, False)


@pytest.mark.parametrize("is_heeded", [True, False])
def test_it_is_tried_under_a_policy_that_opens_nothing(
    is_heeded: bool, rgw: Rgw, heeding: Rgw, host_keys: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[dict[str, Any]] = []
    plain = Bucket.put_policy

    def noted(self: Bucket, text: str) -> None:
        put.append(json.loads(text))
        plain(self, text)

    monkeypatch.setattr(Bucket, "put_policy", noted)
    server = heeding if is_heeded else rgw
    bucket = with_original(server)
    host_keys("host")
    assert applied(server, bucket).code == 0
    assert [policy.reads_by_header(each) for each in put] == ([False, True] if is_heeded else [False])


def test_what_keeps_the_host_from_being_tried_is_mended_first(heeding: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = with_original(heeding)
    document = policy.document(bucket, GATEWAY, ground=Ground(owner=arn_of("plugin"), keeps_versions=True))
    kept = [each for each in document["Statement"] if each["Sid"] != "DamPluginAllowHostReads"]
    set_policy(heeding, bucket, *kept)
    host_keys("host")
    ended = applied(heeding, bucket, "--json")
    assert (ended.code, original(ended)[0]) == (0, "done"), ended.text
    assert reads(heeding, bucket) == (True, False)


@pytest.mark.parametrize("user", ["stranger", "delivery"])
def test_credentials_that_are_not_the_hosts_prove_nothing(
    user: str, heeding: Rgw, host_keys: Callable[[str], None]
) -> None:
    bucket = with_original(heeding)
    host_keys(user)
    ended = applied(heeding, bucket, "--json")
    assert (ended.code, original(ended)[0]) == (1, "failed")
    assert "check them and --host" in original(ended)[1]
    assert keys_of(user)[1] not in ended.text
    assert reads(heeding, bucket) == (False, False)
    assert checked(heeding, bucket).code == 1


def test_whose_server_it_is_can_be_named_and_never_by_mistake(
    rgw: Rgw, heeding: Rgw, host_keys: Callable[[str], None]
) -> None:
    bucket = with_original(rgw)
    ended = applied(rgw, bucket, "--server", "aws")
    assert (ended.code, "--server aws is for Amazon's own servers" in ended.err) == (1, True)
    with pytest.raises(rgw.clients["plugin"].exceptions.ClientError, match="NoSuchBucketPolicy"):
        policy_of(rgw, bucket)
    host_keys("host")
    ended = applied(heeding, bucket, "--server", "other", "--json")
    assert (ended.code, "--server other says so" in original(ended)[1]) == (0, True)
    assert reads(heeding, bucket) == (False, False)


def test_a_dry_run_tries_nothing(heeding: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = with_original(heeding)
    host_keys("host")
    ended = applied(heeding, bucket, "--dry-run", "--json")
    assert (ended.code, original(ended)[0]) == (0, "not tried")
    assert left_over(heeding, bucket) == []


def test_an_administrator_who_may_write_no_copy_tries_nothing(rgw: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = rgw.bucket("stranger")
    host_keys("host")
    with rgw.environment("stranger"):
        ended = call("policy", "apply", "--bucket", bucket, *ROLE_OPTIONS, "--json")
    assert "run it with the plugin's" in original(ended)[1]


def test_the_hosts_credentials_come_from_a_profile(
    heeding: Rgw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access_key, secret = keys_of("host")
    file = tmp_path / "credentials"
    file.write_text(f"[dam]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret}\n", encoding="utf-8")
    bucket = with_original(heeding)
    for name, code, told in (("dam", 0, "is refused (tried)"), ("dim", 1, "no AWS profile is called 'dim'")):
        with heeding.environment("plugin"):
            monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.fspath(file))
            ended = call("policy", "apply", "--bucket", bucket, *ROLE_OPTIONS, "--host-profile", name, "--json")
        assert (ended.code, told in ended.text) == (code, True), ended.text


# Checked


def exposed(ended: Called) -> set[str]:
    return {each["could"].removesuffix(" (tried)") for each in ended.object()["exposures"] if "(tried" in each["could"]}


def test_whatever_a_url_or_a_form_of_the_hosts_does_is_told_and_nothing_is_left_behind(
    rgw: Rgw, host_keys: Callable[[str], None]
) -> None:
    bucket = with_original(rgw)
    set_policy(rgw, bucket, generous(bucket, "*"))
    host_keys("host")
    ended = checked(rgw, bucket)
    ways = "by a URL that the host signs (tried: GET, HEAD, GET of a version, its tags)"
    assert ended.code == 1
    assert exposed(ended) - {"list what there is, names of files included", "read objects without credentials"} == {
        *(
            f"open an original {which} {ways}"
            for which in ("that is for staff", "that is not tagged yet", "that is on hold")
        ),
        *(f"read an original {which}" for which in ("that is for staff", "that is not tagged yet", "that is on hold")),
        "replace a released copy by a URL that the host signs",
        "replace a released copy by a form that the host signs",
        "tag an original `open` by a URL that the host signs",
        "upload an original that is `open` as it arrives, by a URL that the host signs",
        "delete a version for good by a URL that the host signs",
        "upload by a form that the host signs what is read before the plugin tags it",
    }
    assert all(each["remedy"] for each in ended.object()["exposures"])
    assert left_over(rgw, bucket) == []


@pytest.mark.parametrize(
    ("without", "could"),
    [
        ("Tags", "tag an original `open` by a URL that the host signs"),
        ("Ours", "replace a released copy by a URL that the host signs"),
        ("Pretagged", "upload an original that is `open` as it arrives, by a URL that the host signs"),
        ("Delete", "delete a version for good by a URL that the host signs"),
    ],
)
def test_each_statement_that_is_missing_beside_a_generous_one_is_found_by_trying(
    without: str, could: str, rgw: Rgw, host_keys: Callable[[str], None]
) -> None:
    bucket = with_original(rgw)
    document = policy.document(bucket, GATEWAY, ground=Ground(owner=arn_of("plugin"), keeps_versions=True))
    kept = [each for each in document["Statement"] if not each["Sid"].startswith(f"DamPluginDeny{without}")]
    set_policy(rgw, bucket, generous(bucket, "host"), *kept)
    host_keys("host")
    ended = checked(rgw, bucket)
    assert could in exposed(ended)
    assert left_over(rgw, bucket) == []


def test_where_nothing_is_kept_the_trial_leaves_nothing_either(rgw: Rgw, host_keys: Callable[[str], None]) -> None:
    bucket = rgw.bucket(is_versioned=False)
    host_keys("host")
    assert applied(rgw, bucket).code == 0
    assert checked(rgw, bucket).code == 0
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=bucket)


# What the host may delete


def test_versioning_that_is_turned_off_later_is_told_and_mended(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    assert "DamPluginAllowHostDeletes" in policy_of(rgw, bucket)
    rgw.clients["plugin"].put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    ended = checked(rgw, bucket)
    assert ended.code == 1
    ((who, could),) = [(each["who"], each["could"]) for each in ended.object()["exposures"]]
    assert (who, could.startswith("delete originals for good: the bucket keeps no versions")) == ("host", True)
    assert applied(rgw, bucket).code == 0
    assert "DamPluginAllowHostDeletes" not in policy_of(rgw, bucket)
    assert checked(rgw, bucket).code == 0

"""`policy apply | check` against a real server: who may change the bucket afterwards, and what the commands notice.

Every change of the bucket is also made on one that nobody guarded, where it has to succeed, or its refusal would prove
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
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

from dam_plugin.library import policy, policy_trials
from dam_plugin.library.policy import Ground
from dam_plugin.library.roles import Roles
from dam_plugin.library.s3 import Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.rgw

BLOCK = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
RULE: Any = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
CORS: Any = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}

ENCRYPTION: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
CHANGES: dict[str, Callable[[S3Client, str], object]] = {
    "delete the policy": lambda c, b: c.delete_bucket_policy(Bucket=b),
    "replace the policy": lambda c, b: c.put_bucket_policy(Bucket=b, Policy=json.dumps(other(b))),
    "open the ACL": lambda c, b: c.put_bucket_acl(Bucket=b, ACL="public-read"),
    "grant itself the bucket": lambda c, b: c.put_bucket_acl(Bucket=b, GrantFullControl="id=stranger"),
    "take the block away": lambda c, b: c.delete_public_access_block(Bucket=b),
    "turn the block off": lambda c, b: c.put_public_access_block(Bucket=b, PublicAccessBlockConfiguration=BLOCK),
    "stop versioning": lambda c, b: c.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Suspended"}),
    "let recordings expire": lambda c, b: c.put_bucket_lifecycle_configuration(
        Bucket=b, LifecycleConfiguration={"Rules": [RULE]}
    ),
    "forget when recordings expire": lambda c, b: c.delete_bucket_lifecycle(Bucket=b),
    "let any site read": lambda c, b: c.put_bucket_cors(Bucket=b, CORSConfiguration=CORS),
    "let no site read": lambda c, b: c.delete_bucket_cors(Bucket=b),
    "tag the bucket": lambda c, b: c.put_bucket_tagging(Bucket=b, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
    "take the bucket's tags away": lambda c, b: c.delete_bucket_tagging(Bucket=b),
    "let others pay": lambda c, b: c.put_bucket_request_payment(
        Bucket=b, RequestPaymentConfiguration={"Payer": "Requester"}
    ),
    "encrypt": lambda c, b: c.put_bucket_encryption(Bucket=b, ServerSideEncryptionConfiguration=ENCRYPTION),
    "delete the bucket": lambda c, b: c.delete_bucket(Bucket=b),
}
NOT_TRIED = (
    "the host reads no original (not tried: give the host's credentials (--host-profile, or DAM_PLUGIN_HOST_ACCESS_KEY_ID "
    "and its secret) to try it)"
)
CHANGERS = ("host", "delivery", "stranger", "anybody")


def other(bucket: str) -> dict[str, Any]:
    """Another policy than ours, which no access block takes for a public one."""
    return {"Version": "2012-10-17", "Statement": [only(bucket, "s3:GetObjectTorrent", effect="Deny")]}


def only(bucket: str, *actions: str, effect: str = "Allow", sid: str = "Theirs", **more: Any) -> dict[str, Any]:
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Sid": sid, "Effect": effect, "Principal": "*", "Action": list(actions), "Resource": places, **more}


def policy_of(rgw: Rgw, bucket: str, user: str = "plugin") -> str:
    return rgw.clients[user].get_bucket_policy(Bucket=bucket)["Policy"]


def block_of(rgw: Rgw, bucket: str) -> object:
    # Where there is none, the gateway may send the rest of its answer late: over a connection that is used for nothing else.
    with closing(rgw.client("plugin")) as client:
        return client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]


def details(ended: Called) -> dict[str, str]:
    return {step["step"]: step["detail"] for step in ended.objects()}


def states(ended: Called) -> dict[str, str]:
    return {step["step"]: step["state"] for step in ended.objects()}


def upload(rgw: Rgw, bucket: str, key: str, tag: str | None, user: str = "plugin") -> None:
    tags = {"Tagging": f"dam-release={tag}"} if tag else {}
    rgw.clients[user].put_object(Bucket=bucket, Key=key, Body=b"x", **tags)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def quick_clients() -> Iterator[None]:
    with files_read_once():
        yield


# Who changes the bucket


@pytest.fixture(scope="module")
def guarded(rgw: Rgw) -> str:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    return bucket


@pytest.fixture(scope="module")
def open_to_change(rgw: Rgw) -> str:
    """A guarded bucket of a stranger's, where somebody else's statement lets anybody change it."""
    bucket = rgw.bucket("stranger")
    everything = json.dumps({"Version": "2012-10-17", "Statement": [only(bucket, "s3:*")]})
    rgw.clients["stranger"].put_bucket_policy(Bucket=bucket, Policy=everything)
    applied(rgw, bucket, user="stranger")
    assert "DamPluginDenyBucketToOthers" in policy_of(rgw, bucket)
    return bucket


@pytest.mark.parametrize("name", CHANGES)
def test_who_is_bound_does_not_change_the_bucket_although_another_statement_lets_anybody(
    name: str, rgw: Rgw, guarded: str, open_to_change: str
) -> None:
    for user in CHANGERS:
        # The stranger owns the other bucket.
        for bucket in (guarded, open_to_change) if user != "stranger" else (guarded,):
            with pytest.raises(Refused):
                played(lambda u=user, b=bucket: CHANGES[name](rgw.clients[u], b))


@pytest.mark.parametrize("name", CHANGES)
def test_without_our_policy_each_of_these_changes_it(name: str, rgw: Rgw) -> None:
    for user in CHANGERS:
        bucket = rgw.bucket()
        set_policy(rgw, bucket, only(bucket, "s3:*"))
        assert played(lambda u=user, b=bucket: CHANGES[name](rgw.clients[u], b)), user


@pytest.mark.parametrize("user", ["plugin", "stranger"])
def test_the_plugin_and_the_owner_change_it_still(user: str, rgw: Rgw) -> None:
    bucket = rgw.bucket("stranger")
    ours = json.dumps(policy.document(bucket, Roles(*map(arn_of, ROLES)), ground=Ground(owner=arn_of("stranger"))))
    rgw.clients["stranger"].put_bucket_policy(Bucket=bucket, Policy=ours)
    for name, change in CHANGES.items():
        assert played(lambda c=change: c(rgw.clients[user], bucket)), name
        if name.endswith("the policy"):
            rgw.clients["stranger"].put_bucket_policy(Bucket=bucket, Policy=ours)
        if name == "let others pay":
            owner_pays: Any = {"Payer": "BucketOwner"}
            rgw.clients["stranger"].put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration=owner_pays)


def test_whom_the_buckets_acl_gives_everything_changes_it_no_more_and_is_told(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    rgw.clients["plugin"].put_bucket_acl(Bucket=bucket, GrantFullControl="id=stranger")
    assert applied(rgw, bucket).code == 1
    assert "user stranger" in {each["who"] for each in checked(rgw, bucket).object()["exposures"]}
    for name in ("delete the policy", "replace the policy", "open the ACL", "take the block away"):
        with pytest.raises(Refused):
            played(lambda n=name: CHANGES[n](rgw.clients["stranger"], bucket))


def test_the_owner_takes_the_policy_away_and_puts_it_back(rgw: Rgw) -> None:
    bucket = rgw.bucket("stranger")
    for _ in range(2):
        assert applied(rgw, bucket, user="stranger").code == 0
        rgw.clients["stranger"].delete_bucket_policy(Bucket=bucket)


def test_what_our_denial_makes_harmless_is_no_exposure_and_is_one_without_it(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    theirs = only(bucket, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl")
    set_policy(rgw, bucket, theirs)
    assert "change the policy" in str(checked(rgw, bucket).object()["exposures"])
    assert applied(rgw, bucket).code == 0
    assert checked(rgw, bucket).object()["safe"] is True
    kept = [each for each in json.loads(policy_of(rgw, bucket))["Statement"] if "DenyBucketTo" not in each["Sid"]]
    rgw.clients["plugin"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCK)
    set_policy(rgw, bucket, *kept)
    assert "change the policy" in str(checked(rgw, bucket).object()["exposures"])


# Applied again, by others, and by mistake


def test_a_second_run_changes_nothing(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    upload(rgw, bucket, "a.jpg", "hold")

    def state() -> tuple[object, ...]:
        versions = rgw.clients["plugin"].list_object_versions(Bucket=bucket)["Versions"]
        return policy_of(rgw, bucket), block_of(rgw, bucket), {each["VersionId"] for each in versions}

    before = state()
    ended = applied(rgw, bucket, "--json")
    assert ended.code == 0
    assert set(states(ended).values()) == {"done", "not here"}
    assert state() == before


def test_a_dry_run_changes_nothing(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    ended = applied(rgw, bucket, "--dry-run", "--json")
    assert list(states(ended).values()) == ["done", "to do", "not tried", "done", "not here", "to do"]
    assert "could not be checked in a dry run" in details(ended)["names of the roles"]
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        policy_of(rgw, bucket)
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=bucket)


def test_a_guarded_bucket_is_safe_and_one_that_is_not_says_why(rgw: Rgw, guarded: str) -> None:
    ended = checked(rgw, guarded)
    assert (ended.code, ended.object()) == (
        0,
        {
            "safe": True,
            "exposures": [],
            "originals": NOT_TRIED,
            "server_lacks": ["ownership controls"],
            "warnings": [],
        },
    )
    bucket = rgw.bucket()
    set_policy(rgw, bucket, generous(bucket, "*"))
    upload(rgw, bucket, "a.jpg", "hold")
    ended = checked(rgw, bucket)
    told = {(each["who"], each["could"]) for each in ended.object()["exposures"]}
    assert ended.code == 1
    assert ("anybody", "read objects without credentials (tried)") in told
    assert ("anybody", "read open copies without a link (statement Generous)") in told


def test_what_is_printed_is_what_is_applied(rgw: Rgw, guarded: str) -> None:
    printed = call(
        "policy", "print", "--bucket", guarded, *ROLE_OPTIONS, "--owner", arn_of("plugin"), "--versioned"
    ).out
    assert json.loads(printed) == json.loads(policy_of(rgw, guarded))


def test_the_roles_can_be_changed_later(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    others = ["--plugin", arn_of("plugin"), "--host", arn_of("stranger"), "--bucket", bucket]
    with rgw.environment("plugin"):
        ended = call("policy", "apply", *others, "--json")
    assert ended.code == 0
    assert "removed: DamPluginAllowDeliveryReads" in details(ended)["policy"]
    upload(rgw, bucket, "a", None, "stranger")
    with pytest.raises(Refused):
        played(lambda: upload(rgw, bucket, "b", None, "host"))
    assert block_of(rgw, bucket)["BlockPublicPolicy"]  # type: ignore[index]


def test_an_administrator_applies_it_twice_with_other_roles_and_untagged_objects(rgw: Rgw) -> None:
    bucket = rgw.bucket("stranger")
    assert applied(rgw, bucket, user="stranger").code == 0
    upload(rgw, bucket, "new.jpg", None, "host")
    others = ["--plugin", arn_of("plugin"), "--host", arn_of("delivery"), "--bucket", bucket]
    with rgw.environment("stranger"):
        ended = call("policy", "apply", *others, "--json")
    assert ended.code == 0, ended.text
    assert (states(ended)["objects"], states(ended)["policy"], states(ended)["trial"]) == (
        "done",
        "changed",
        "not tried",
    )
    with pytest.raises(Refused):
        played(lambda: rgw.clients["delivery"].get_object(Bucket=bucket, Key="new.jpg"))
    upload(rgw, bucket, "its-own.jpg", None, "delivery")


def test_where_tags_may_not_be_read_nothing_is_counted_and_that_is_said(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    upload(rgw, bucket, "a.jpg", None)
    hides = only(bucket, "s3:GetObjectTagging", "s3:GetObjectVersionTagging", effect="Deny", sid="Hides")
    set_policy(rgw, bucket, {**hides, "Principal": {"AWS": [arn_of("stranger")]}}, generous(bucket, "stranger"))
    with rgw.environment("stranger"):
        ended = call("policy", "apply", "--bucket", bucket, *ROLE_OPTIONS, "--dry-run", "--json")
    assert ended.code == 0, ended.text
    assert states(ended)["objects"] == "not tried"


def test_untagged_objects_are_counted_before_they_are_hidden(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    upload(rgw, bucket, "a", None)
    upload(rgw, bucket, "a", None)
    for options in ((), ("--dry-run",)):
        ended = applied(rgw, bucket, *options)
        assert ended.code == 1
        assert "1 object(s) in bucket" in ended.err
        assert "`dam-plugin reconcile`" in ended.err
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        policy_of(rgw, bucket)
    assert applied(rgw, bucket, "--hide-untagged").code == 0
    assert applied(rgw, bucket).code == 0


def test_a_plugin_that_is_nobody_changes_nothing(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    set_policy(rgw, bucket, generous(bucket, "host"))
    before = policy_of(rgw, bucket)
    with rgw.environment("plugin"):
        ended = call("policy", "apply", "--bucket", bucket, "--plugin", arn_of("plugn"), "--host", arn_of("host"))
    assert (ended.code, "nothing was changed" in ended.err) == (1, True)
    assert policy_of(rgw, bucket) == before
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlock"):
        block_of(rgw, bucket)
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=bucket)


def test_a_host_that_is_nobody_is_told(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    with rgw.environment("plugin"):
        words = ["--plugin", arn_of("plugin"), "--host", arn_of("hst"), "--bucket", bucket]
        ended = call("policy", "apply", *words, "--json")
        told = call("policy", "check", *words, "--json")
    assert (ended.code, states(ended)["host"], states(ended)["policy"]) == (1, "failed", "changed")
    assert (told.code, [each["who"] for each in told.object()["exposures"]]) == (1, ["host"])
    assert "no user here is called so" in told.text
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=bucket)


def test_what_locks_the_plugin_out_is_noticed_and_the_policy_before_is_back(rgw: Rgw) -> None:
    for action in ("s3:GetObject", "s3:PutObjectTagging", "s3:GetObjectTagging"):
        bucket = rgw.bucket()
        theirs = only(bucket, action, effect="Deny", Principal={"AWS": [arn_of("plugin")]})
        set_policy(rgw, bucket, theirs)
        before = policy_of(rgw, bucket)
        ended = applied(rgw, bucket)
        assert (ended.code, "the policy that was there is back" in ended.err) == (1, True)
        assert policy_of(rgw, bucket) == before
    exposures = checked(rgw, bucket).object()["exposures"]
    assert any(each["who"] == "plugin" and "statement Theirs" in each["could"] for each in exposures)


def test_somebody_elses_denial_of_the_plugin_is_told_by_apply_and_check(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    set_policy(rgw, bucket, only(bucket, "s3:PutObject", effect="Deny", Principal={"AWS": [arn_of("plugin")]}))
    for ended in (applied(rgw, bucket), checked(rgw, bucket)):
        assert ended.code == 1
        assert "s3:PutObject denied" in ended.text


def test_two_statements_of_ours_with_one_sid_are_mended(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    whole = json.loads(policy_of(rgw, bucket))["Statement"]
    rgw.clients["plugin"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCK)
    set_policy(rgw, bucket, {**generous(bucket, "stranger"), "Sid": whole[-1]["Sid"]}, *whole)
    assert checked(rgw, bucket).code == 1
    assert applied(rgw, bucket).code == 0
    assert json.loads(policy_of(rgw, bucket))["Statement"] == whole
    with pytest.raises(Refused):
        played(lambda: rgw.clients["stranger"].list_objects_v2(Bucket=bucket))


@pytest.mark.parametrize("user", ["host", "stranger"])
def test_somebody_else_cannot_apply_it(rgw: Rgw, user: str, guarded: str) -> None:
    before = policy_of(rgw, guarded)
    with rgw.environment(user):
        words = ["--plugin", arn_of(user), "--host", arn_of("plugin"), "--bucket", guarded]
        ended = call("policy", "apply", *words, "--hide-untagged")
    assert ended.code == 1
    assert policy_of(rgw, guarded) == before


def test_a_policy_that_is_too_long_is_not_sent(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    theirs = [only(bucket, "s3:GetBucketLocation", sid=f"Theirs{number}" + "x" * 900) for number in range(20)]
    set_policy(rgw, bucket, *theirs)
    before = policy_of(rgw, bucket)
    for options in ((), ("--dry-run",)):
        ended = applied(rgw, bucket, *options)
        assert (ended.code, "S3 takes 20480" in ended.err) == (1, True)
    assert policy_of(rgw, bucket) == before


# Tried


@pytest.mark.parametrize(
    ("whose", "failed"),
    [
        ("delivery", set()),
        ("host", {"trial of delivery's keys"}),
        ("plugin", {"trial as delivery"}),
        ("stranger", {"trial of a link"}),
    ],
    ids=str,
)
def test_with_deliverys_keys_a_link_is_tried(whose: str, failed: set[str], rgw: Rgw, guarded: str) -> None:
    with rgw.environment("plugin"):
        found = policy_trials.tried(rgw.clients["plugin"], guarded, keys_of(whose))
        assert {each.name for each in found if each.state == "failed"} == failed
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=guarded)


def test_a_trial_that_fails_ends_with_1_and_tells_no_secret(rgw: Rgw, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = keys_of("stranger")
    monkeypatch.setenv("DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID", key)
    monkeypatch.setenv("DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY", secret)
    ended = applied(rgw, rgw.bucket(), "--json")
    assert (ended.code, states(ended)["trial of a link"]) == (1, "failed")
    assert secret not in ended.text


def test_each_user_is_known_by_its_arn(rgw: Rgw, guarded: str) -> None:
    roles = Roles(arn_of("nobodys"), arn_of("host"), arn_of("stranger"))
    assert policy_trials.known(rgw.clients["plugin"], guarded, roles) == {"host", "delivery"}
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=guarded)


# A bucket of the host's


def test_a_host_applies_the_policy_and_is_told_that_the_plugin_does_the_rest(rgw: Rgw) -> None:
    bucket = rgw.bucket("host")
    for _ in range(2):
        ended = applied(rgw, bucket, user="host")
        assert ended.code == 1
        assert "the policy is set; run it once more with the plugin's credentials" in ended.err
    ended = applied(rgw, bucket)
    assert ended.code == 0, ended.text


def test_a_host_that_deletes_for_good_is_warned_of_and_one_that_cannot_is_not(rgw: Rgw) -> None:
    for owner, is_versioned, is_warned in (("host", False, True), ("host", True, False), ("plugin", False, False)):
        bucket = rgw.bucket(owner, is_versioned=is_versioned)
        if owner == "host":
            applied(rgw, bucket, user="host")
        ended = applied(rgw, bucket, "--json")
        assert (ended.code, states(ended).get("versioning")) == (0, "warning" if is_warned else None)
        ended = checked(rgw, bucket)
        assert (ended.code, len(ended.object()["warnings"])) == (0, int(is_warned))
        if is_warned:
            with rgw.environment("plugin"):
                words = call("policy", "check", "--bucket", bucket, *ROLE_OPTIONS).out
            assert "warning: the bucket is the host's" in words
        upload(rgw, bucket, "original.jpg", "hold")
        if owner == "host":
            rgw.clients["host"].delete_object(Bucket=bucket, Key="original.jpg")
        left = rgw.clients["plugin"].list_object_versions(Bucket=bucket).get("Versions", [])
        assert bool(left) != is_warned


def test_a_host_that_owns_the_bucket_does_not_bring_an_older_version_back(rgw: Rgw) -> None:
    bucket = rgw.bucket("host")
    for user in ("host", "plugin"):
        applied(rgw, bucket, user=user)
    plugin, host = rgw.clients["plugin"], rgw.clients["host"]
    plugin.put_object(Bucket=bucket, Key="a", Body=b"old", Tagging="dam-release=staff")
    newest = plugin.put_object(Bucket=bucket, Key="a", Body=b"new", Tagging="dam-release=hold")["VersionId"]
    with pytest.raises(Refused):
        played(lambda: host.delete_object(Bucket=bucket, Key="a", VersionId=newest))
    with pytest.raises(Refused):
        played(lambda: host.get_object(Bucket=bucket, Key="a"))
    with pytest.raises(Refused):
        played(lambda: host.delete_bucket_policy(Bucket=bucket))


# Uploads in parts, whose tags a gateway without a cluster loses


def in_parts(rgw: Rgw, bucket: str, key: str, *, is_finished: bool) -> None:
    client, to = rgw.clients["host"], {"Bucket": bucket, "Key": key}
    upload = client.create_multipart_upload(**to, Tagging="project=game")["UploadId"]  # type: ignore[arg-type]
    part = client.upload_part(**to, UploadId=upload, PartNumber=1, Body=b"x")  # type: ignore[arg-type]
    if is_finished:
        parts: Any = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        client.complete_multipart_upload(**to, UploadId=upload, MultipartUpload=parts)  # type: ignore[arg-type]


def test_an_object_whose_tags_the_server_lost_counts_as_untagged_and_is_healed_by_tagging(rgw: Rgw) -> None:
    bucket = rgw.bucket(is_versioned=False)
    set_policy(rgw, bucket, generous(bucket, "host", "plugin"))
    in_parts(rgw, bucket, "game.mp4", is_finished=True)
    assert "TagSet" not in rgw.clients["plugin"].get_object_tagging(Bucket=bucket, Key="game.mp4")
    assert "1 object(s) in bucket" in applied(rgw, bucket).err
    with rgw.environment("plugin"), Library.connect(bucket) as library:
        assert library.tags("game.mp4") == {}
        library.write_tags("game.mp4", None, {"dam-release": "staff"})
        assert library.tags("game.mp4") == {"dam-release": "staff"}
    assert states(applied(rgw, bucket, "--dry-run", "--json"))["objects"] == "done"


def test_unfinished_uploads_are_told_from_objects_without_tags(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    upload(rgw, bucket, "a.jpg", None)
    assert "unfinished" not in applied(rgw, bucket).err
    set_policy(rgw, bucket, generous(bucket, "host", "plugin"))
    in_parts(rgw, bucket, "game.mp4", is_finished=False)
    assert "or abort unfinished uploads (1 of them are such)" in applied(rgw, bucket).err

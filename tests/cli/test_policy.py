"""`policy print | apply | check`: how the commands behave. That the policy holds is tried on a server that heeds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from command_line import Called, call
from moto_server import DELIVERY_KEYS
from storage_proxy import Refusal, StorageProxy

from dam_plugin.library import guard, policy, policy_trials
from dam_plugin.library.policy import Ground, statements
from dam_plugin.library.roles import Roles, arn_of_user

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCOUNT = "arn:aws:iam::"
ROLES = Roles(f"{ACCOUNT}:user/plugin", f"{ACCOUNT}:user/host", f"{ACCOUNT}:user/delivery")
OPTIONS = [word for name, arn in ROLES.named().items() for word in (f"--{name}", arn)]


def run(command: str, bucket: str, *options: str) -> Called:
    return call("policy", command, "--bucket", bucket, *OPTIONS, *options)


def told(ended: Called) -> str:
    """What was printed, on one line."""
    return " ".join(ended.text.split())


def states(ended: Called) -> dict[str, str]:
    return {step["step"]: step["state"] for step in ended.objects()}


@pytest.fixture
def proxy(bucket: str, aws_env: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageProxy]:
    between = StorageProxy(aws_env)
    monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
    yield between
    between.close()


@pytest.fixture
def outsiders(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse whoever has no credentials: moto lets them list, whatever the policy says."""
    door = StorageProxy(aws_env)
    door.refuses = lambda _: Refusal(403, "AccessDenied")

    def stranger() -> S3Client:
        return boto3.session.Session("none", "none").client("s3", endpoint_url=door.url)

    for module in (guard, policy_trials):
        monkeypatch.setattr(module, "anonymous_s3_client", stranger)
    yield
    door.close()


def test_the_policy_is_printed_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ended = run("print", "district-media")
    assert ended.code == 0
    assert json.loads(ended.out) == run("print", "district-media", "--json").object()
    assert json.loads(ended.out) == policy.document("district-media", ROLES)


def test_each_statement_has_its_reason() -> None:
    rows = run("print", "district-media", "--reasons", "--json").objects()
    assert [row["statement"] for row in rows] == [each.sid for each in statements("district-media", ROLES)]
    assert "Only the plugin says who may read." in run("print", "district-media", "--reasons").out


@pytest.mark.parametrize("command", ["print", "apply", "check"])
@pytest.mark.parametrize(
    "options",
    [
        ("--plugin", "x", "--host", ROLES.host, "--bucket", "media"),
        ("--plugin", ROLES.host, "--host", ROLES.host, "--bucket", "media"),
        ("--plugin", ROLES.plugin, "--bucket", "media"),
        ("--plugin", ROLES.plugin, "--host", ROLES.host),
    ],
    ids=["no ARN", "one role twice", "no host", "no bucket"],
)
def test_wrong_usage_exits_2(command: str, options: tuple[str, ...]) -> None:
    assert call("policy", command, *options).code == 2


def test_a_bucket_is_guarded_once_and_then_nothing_is_left_to_do(
    outsiders: None, bucket: str, raw_s3: S3Client
) -> None:
    steps = states(run("apply", bucket, "--json"))
    assert {name: steps[name] for name in ("objects", "policy", "ownership", "public access block")} == {
        "objects": "done",
        "policy": "changed",
        "ownership": "changed",
        "public access block": "changed",
    }
    assert json.loads(raw_s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy.document(
        bucket,
        ROLES,
        ground=Ground(
            owner=arn_of_user(raw_s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]),
            keeps_versions=raw_s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled",
        ),
    )
    block = raw_s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert "Versions" not in raw_s3.list_object_versions(Bucket=bucket)
    ended = run("apply", bucket, "--json")
    assert set(states(ended).values()) == {"done"}
    assert ended.code == 0
    ended = run("check", bucket)
    assert (ended.code, "is safe" in ended.out) == (0, True)


def test_a_dry_run_sets_nothing(bucket: str, raw_s3: S3Client) -> None:
    ended = run("apply", bucket, "--dry-run", "--json")
    assert ended.code == 0
    assert set(states(ended).values()) == {"done", "to do", "not tried"}
    with pytest.raises(raw_s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        raw_s3.get_bucket_policy(Bucket=bucket)


def test_untagged_objects_hold_it_up_until_that_is_asked_for(outsiders: None, bucket: str, raw_s3: S3Client) -> None:
    raw_s3.put_object(Bucket=bucket, Key="a.jpg", Body=b"x", Tagging="dam-release=hold")
    raw_s3.put_object(Bucket=bucket, Key="b.jpg", Body=b"x", Tagging="other=tag")
    for options in ((), ("--dry-run",)):
        ended = run("apply", bucket, *options)
        assert ended.code == 1
        assert "1 object(s) in bucket" in ended.err
        assert "`dam-plugin reconcile`" in ended.err
        assert "b.jpg" not in ended.text
    run("apply", bucket, "--hide-untagged")
    assert raw_s3.get_bucket_policy(Bucket=bucket)["Policy"]
    # They are hidden now: that is not asked again, nor of a new upload that waits for its tag.
    assert run("apply", bucket).code == 0


def test_what_is_older_or_deleted_is_told_and_holds_nothing_up(outsiders: None, bucket: str, raw_s3: S3Client) -> None:
    raw_s3.put_object(Bucket=bucket, Key="a.jpg", Body=b"x")
    raw_s3.delete_object(Bucket=bucket, Key="a.jpg")
    ended = run("apply", bucket)
    assert raw_s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert "0 object(s) and 1 older version(s)" in told(ended)


@pytest.mark.parametrize("command", ["apply", "check"])
def test_roles_of_another_server_are_refused(bucket: str, command: str) -> None:
    account = "arn:aws:iam::123456789012:role"
    ended = call("policy", command, "--bucket", bucket, "--plugin", f"{account}/plugin", "--host", f"{account}/host")
    assert ended.code == 1
    assert "the server is another" in ended.err


def test_others_statements_stay_and_what_they_open_is_told(bucket: str, raw_s3: S3Client) -> None:
    theirs = {
        "Sid": "Web",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    raw_s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs}))
    ended = run("apply", bucket)
    assert ended.code == 1
    assert "1 stay as they are: Web" in told(ended)
    assert "take statement Web out" in told(ended)
    assert theirs in json.loads(raw_s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert run("check", bucket).code == 1


def test_a_bucket_that_nobody_guarded_is_not_safe(bucket: str) -> None:
    ended = run("check", bucket, "--json")
    assert ended.code == 1
    assert ended.object()["safe"] is False
    assert "the policy is not there" in told(run("check", bucket))


def test_a_weakened_policy_is_noticed_and_mended(outsiders: None, bucket: str, raw_s3: S3Client) -> None:
    run("apply", bucket)
    document = json.loads(raw_s3.get_bucket_policy(Bucket=bucket)["Policy"])
    kept = [each for each in document["Statement"] if "Hold" not in each["Sid"]]
    raw_s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**document, "Statement": kept}))
    ended = run("check", bucket)
    assert ended.code == 1
    assert "DamPluginDenyHoldByName is missing or changed" in told(ended)
    assert "added: DamPluginDenyHoldByName, DamPluginDenyHoldByArn" in told(run("apply", bucket))
    assert run("check", bucket).code == 0


def test_a_bucket_that_is_missing_is_told(aws_env: str) -> None:
    for command in ("apply", "check"):
        ended = run(command, "not-there")
        assert (ended.code, "does not exist" in ended.err) == (1, True)


def test_a_policy_that_the_server_refuses_is_one_sentence(bucket: str, proxy: StorageProxy) -> None:
    for code, told in (("MalformedPolicy", "a role may not exist"), ("AccessDenied", "use the owner's")):
        proxy.refuses = lambda request, code=code: (
            Refusal(403, code) if request.method == "PUT" and request.path.endswith("?policy") else None
        )
        ended = run("apply", bucket)
        assert ended.code == 1
        assert told in ended.err
        assert ended.err.count("\n") == 1


def test_a_policy_that_locks_the_plugin_out_is_taken_back(
    bucket: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_trials, "standing", lambda *_: "locked out")
    before = json.dumps({"Version": "2012-10-17", "Statement": []})
    for policy_before in (None, before):
        if policy_before:
            raw_s3.put_bucket_policy(Bucket=bucket, Policy=policy_before)
        ended = run("apply", bucket)
        assert (ended.code, "the policy that was there is back" in ended.err) == (1, True)
    assert raw_s3.get_bucket_policy(Bucket=bucket)["Policy"] == before


def test_a_server_that_refuses_uploads_with_blocked_acls_keeps_the_rest(
    bucket: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([True, False])
    monkeypatch.setattr(policy_trials, "can_upload", lambda *_: next(answers))
    assert "with BlockPublicAcls this server refuses uploads" in told(run("apply", bucket))
    block = raw_s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert [name for name, is_on in block.items() if not is_on] == ["BlockPublicAcls"]


@pytest.mark.parametrize("part", ["ownershipControls", "publicAccessBlock"])
def test_what_the_server_does_not_have_is_said(bucket: str, proxy: StorageProxy, part: str) -> None:
    proxy.refuses = lambda request: Refusal(501, "NotImplemented") if part in request.path else None
    assert "not here" in states(run("apply", bucket, "--json")).values()
    lacks = {"ownershipControls": "ownership controls", "publicAccessBlock": "a public access block"}
    assert run("check", bucket, "--json").object()["server_lacks"] == [lacks[part]]


def test_a_trial_object_that_the_bucket_locks_is_told(aws_env: str, raw_s3: S3Client) -> None:
    raw_s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    raw_s3.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    (*_, last) = policy_trials.tried(raw_s3, "locked", None)
    (left,) = raw_s3.list_object_versions(Bucket="locked")["Versions"]
    assert (last.name, last.state, left["Size"]) == ("trial object", "kept", 0)
    assert left["Key"] in last.detail


def test_no_line_is_longer_than_a_terminal(outsiders: None, bucket: str, raw_s3: S3Client) -> None:
    theirs = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    raw_s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs}))
    for ended in (run("apply", bucket), run("check", bucket), run("print", bucket, "--reasons")):
        assert ended.out
        assert max(map(len, ended.out.splitlines())) <= 96


def test_a_server_that_lets_delivery_read_what_is_on_hold_is_found_out(bucket: str, raw_s3: S3Client) -> None:
    # Without a policy moto lets anybody in who has credentials, as a server would that does not heed one.
    found = {each.name: each.state for each in policy_trials.tried(raw_s3, bucket, DELIVERY_KEYS)}
    assert found == {
        "trial as anybody": "done",
        "trial as delivery": "failed",
        "trial of delivery's keys": "failed",
        "trial of a link": "done",
    }
    assert "Versions" not in raw_s3.list_object_versions(Bucket=bucket)


# Whose server it is

AMAZON = Roles(f"{ACCOUNT}123456789012:role/plugin", f"{ACCOUNT}123456789012:role/host")
AMAZON_OPTIONS = ["--plugin", AMAZON.plugin, "--host", AMAZON.host]


@pytest.mark.parametrize(
    ("options", "ground"),
    [
        ((), Ground()),
        (("--server", "other"), Ground()),
        (("--server", "aws"), Ground(tells_urls=True)),
        (("--versioned",), Ground(keeps_versions=True)),
    ],
    ids=["nothing", "another server", "AWS", "versions"],
)
def test_the_strict_policy_is_printed_unless_something_else_is_said(options: tuple[str, ...], ground: Ground) -> None:
    printed = call("policy", "print", "--bucket", "district-media", *AMAZON_OPTIONS, *options).out
    assert json.loads(printed) == policy.document("district-media", AMAZON, ground=ground)


@pytest.mark.parametrize("command", ["apply", "check"])
@pytest.mark.parametrize("name", ["HOST_ACCESS_KEY_ID", "HOST_SECRET_ACCESS_KEY"])
def test_half_of_the_hosts_credentials_is_no_reason_not_to_try(
    command: str, name: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DAM_PLUGIN_{name}", "only-this")
    ended = run(command, bucket)
    assert (ended.code, "go together: set both" in ended.err) == (1, True)


def test_users_of_another_server_are_none_of_amazons() -> None:
    assert run("print", "district-media", "--server", "aws").code == 2


@pytest.mark.parametrize(
    ("options", "by_header", "told"),
    [
        ((), False, "or say --server aws"),
        (("--server", "other"), False, "--server other says so"),
        (("--server", "aws"), True, "--server aws says so; not tried"),
    ],
    ids=["nothing", "another server", "AWS"],
)
def test_on_amazons_servers_the_host_reads_by_its_header_where_that_is_said_and_never_silently(
    options: tuple[str, ...],
    by_header: bool,
    told: str,
    outsiders: None,
    bucket: str,
    raw_s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "is_amazon", lambda _: True)
    for _ in range(2):
        ended = call("policy", "apply", "--bucket", bucket, *AMAZON_OPTIONS, *options, "--json")
        details = {step["step"]: step["detail"] for step in ended.objects()}
        assert (ended.code, told in details["originals"]) == (0, True), ended.text
        standing = json.loads(raw_s3.get_bucket_policy(Bucket=bucket)["Policy"])
        assert policy.reads_by_header(standing) == by_header
    checked = call("policy", "check", "--bucket", bucket, *AMAZON_OPTIONS, "--json")
    assert (checked.code, "not tried" in checked.object()["originals"]) == (0, True), checked.text


def test_a_bucket_that_locks_what_is_stored_is_not_filled_with_trials(
    aws_env: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_s3.create_bucket(Bucket="locked-at-once", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    raw_s3.put_object_lock_configuration(
        Bucket="locked-at-once",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},  # type: ignore[typeddict-item]
    )
    monkeypatch.setenv("DAM_PLUGIN_HOST_ACCESS_KEY_ID", "HOSTHOSTHOSTHOST0001")
    monkeypatch.setenv("DAM_PLUGIN_HOST_SECRET_ACCESS_KEY", "host-secret")
    run("check", "locked-at-once")
    assert "the bucket locks what is stored (Object Lock)" in told(run("apply", "locked-at-once", "--hide-untagged"))
    left = raw_s3.list_object_versions(Bucket="locked-at-once").get("Versions", [])
    assert not [each["Key"] for each in left if "url-trial" in each["Key"] or not each["Key"].startswith("released/")]


def test_on_a_server_that_heeds_no_policy_everything_that_the_host_signs_is_told(
    bucket: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a policy moto lets anybody in who has credentials.
    monkeypatch.setenv("DAM_PLUGIN_HOST_ACCESS_KEY_ID", "HOSTHOSTHOSTHOST0001")
    monkeypatch.setenv("DAM_PLUGIN_HOST_SECRET_ACCESS_KEY", "host-secret")
    ended = run("check", bucket)
    assert ended.code == 1
    for which in ("for staff", "not tagged yet", "on hold"):
        assert f"open an original that is {which} by a URL that the host signs (tried: GET, HEAD" in told(ended)
    assert "originals: no policy of ours says what the host reads" in told(ended)
    assert "Versions" not in raw_s3.list_object_versions(Bucket=bucket)

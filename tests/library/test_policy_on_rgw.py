"""The bucket policy against a real server: what each role reads, every way past it that we know, and that each is one.

Every attack is played three times: on a bucket whose policy allows everybody everything, where it has to succeed, or it
would prove nothing; on one that `policy apply` guarded; and on one that it guarded beside others' generous statements.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from command_line import Called, call
from rgw_server import ROLES, USERS, Rgw, arn_of, keys_of

from dam_plugin.library.s3 import Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.rgw

SECRET = b"a face"
OPEN = "dam-release=open"
PART = 5 * 1024 * 1024
ROLE_OPTIONS = [word for role in ROLES for word in (f"--{role}", arn_of(role))]

TAGS = {
    "hold.jpg": "hold",
    "none.jpg": None,
    "odd.jpg": "Open",
    "staff.jpg": "staff",
    "open.jpg": "open",
    "released/hold.jpg": "hold",
    "released/none.jpg": None,
    "released/staff.jpg": "staff",
    "released/open.jpg": "open",
}
READABLE = {
    "plugin": set(TAGS),
    "host": {"staff.jpg", "open.jpg", "released/staff.jpg", "released/open.jpg"},
    "delivery": {"released/open.jpg"},
    "stranger": set(),
    "anybody": set(),
}


class Refused(Exception):
    """The server said 403."""


@dataclass
class Stage:
    """A bucket with objects of every tag, and those who come to read them."""

    bucket: str
    flat: str
    own: dict[str, str]
    users: dict[str, S3Client]
    versions: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, user: str) -> Any:
        return self.users[user]

    def put(self, user: str, key: str, body: bytes = SECRET, **how: Any) -> str:
        return str(self.users[user].put_object(Bucket=self.bucket, Key=key, Body=body, **how).get("VersionId"))

    def read(self, user: str, key: str, **how: Any) -> bytes:
        return bytes(self.users[user].get_object(Bucket=self.bucket, Key=key, **how)["Body"].read())

    def tag(self, key: str, value: str, user: str = "plugin", **how: Any) -> None:
        tags = {"TagSet": [{"Key": "dam-release", "Value": value}]}
        self.users[user].put_object_tagging(Bucket=self.bucket, Key=key, Tagging=tags, **how)

    def url(self, user: str, method: str, key: str, **how: Any) -> str:
        asked = {"Bucket": self.bucket, "Key": key, **how}
        return str(self.users[user].generate_presigned_url(method, Params=asked, ExpiresIn=600))

    def of(self, key: str, version: str | None = None) -> Any:
        return {"Bucket": self.bucket, "Key": key, **({"VersionId": version} if version else {})}


def fetched(url: str, body: bytes | None = None, method: str = "GET", **headers: str) -> bytes:
    """What a URL answers, without a proxy between."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=named, method=method)  # noqa: S310 - the gateway's
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 403:
                raise Refused from None
            raise


def played(attack: Callable[[], object]) -> object:
    """What an attack got; raises Refused where the server forbids it, and whatever else goes wrong."""
    try:
        return attack()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            raise Refused from None
        raise


# The three buckets


def generous(bucket: str, *principals: str) -> dict[str, Any]:
    """A statement of somebody else that allows users everything."""
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    named = "*" if "*" in principals else {"AWS": [arn_of(each) for each in principals]}
    return {"Sid": "Generous", "Effect": "Allow", "Principal": named, "Action": "s3:*", "Resource": places}


def set_policy(rgw: Rgw, bucket: str, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    rgw.clients["plugin"].put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def applied(rgw: Rgw, bucket: str, *options: str, user: str = "plugin") -> Called:
    with rgw.environment(user):
        return call("policy", "apply", "--bucket", bucket, *ROLE_OPTIONS, *options)


def checked(rgw: Rgw, bucket: str, user: str = "plugin") -> Called:
    with rgw.environment(user):
        return call("policy", "check", "--bucket", bucket, *ROLE_OPTIONS, "--json")


@pytest.fixture(scope="module")
def own(rgw: Rgw) -> dict[str, str]:
    """A bucket of each user's own."""
    return {user: rgw.bucket(user, is_versioned=False) for user in USERS}


def staged(rgw: Rgw, own: dict[str, str], guard: Callable[[str], None]) -> Stage:
    """Guard two buckets, with versions and without, and fill them as the plugin would leave them."""
    bucket, flat = rgw.bucket(), rgw.bucket(is_versioned=False)
    guard(bucket)
    guard(flat)
    stage = Stage(bucket, flat, own, rgw.clients)
    for key, tag in TAGS.items():
        stage.versions[key] = stage.put("plugin", key, **({"Tagging": f"dam-release={tag}"} if tag else {}))
    stage.versions["mine.jpg"] = stage.put("host", "mine.jpg")
    stage.versions["changed.jpg"] = stage.put("plugin", "changed.jpg", Tagging="dam-release=hold")
    stage.put("plugin", "changed.jpg", b"harmless", Tagging="dam-release=staff")
    stage.versions["deleted.jpg"] = stage.put("plugin", "deleted.jpg", Tagging="dam-release=hold")
    stage.plugin.delete_object(Bucket=bucket, Key="deleted.jpg")
    return stage


@pytest.fixture(scope="module")
def unguarded(rgw: Rgw, own: dict[str, str]) -> Stage:
    return staged(rgw, own, lambda bucket: set_policy(rgw, bucket, generous(bucket, "*")))


@pytest.fixture(scope="module")
def guarded(rgw: Rgw, own: dict[str, str]) -> Stage:
    def guard(bucket: str) -> None:
        ended = applied(rgw, bucket)
        assert ended.code == 0, ended.text

    return staged(rgw, own, guard)


@pytest.fixture(scope="module")
def beside_others(rgw: Rgw, own: dict[str, str]) -> Stage:
    def guard(bucket: str) -> None:
        set_policy(rgw, bucket, generous(bucket, "host", "delivery", "stranger"))
        ended = applied(rgw, bucket)
        assert ended.code == 1, ended.text
        assert "take statement Generous out" in ended.text

    return staged(rgw, own, guard)


# Reading what may not be read, in every way that there is


def copied(stage: Stage, user: str, key: str, version: str | None = None) -> object:
    """Copy to a bucket of one's own; this gateway's copies cannot be read again (`dbstore`), but it says who may make one."""
    to = stage.own[user]
    source = stage.of(key, version)
    return stage.users[user].copy_object(Bucket=to, Key="copy", CopySource=source)["CopyObjectResult"]


def part_copied(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    client, to = stage.users[user], {"Bucket": stage.own[user], "Key": "parts"}
    upload = client.create_multipart_upload(**to)["UploadId"]
    part = client.upload_part_copy(**to, UploadId=upload, PartNumber=1, CopySource=stage.of(key, version))
    finish(client, to, upload, part["CopyPartResult"]["ETag"])
    return bytes(client.get_object(**to)["Body"].read())


def presigned(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    return fetched(stage.url(user, "get_object", key, **({"VersionId": version} if version else {})))


def presigned_head(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    url = stage.url(user, "head_object", key, **({"VersionId": version} if version else {}))
    return fetched(url, method="HEAD")


def ranged(stage: Stage, user: str, key: str, version: str | None, wanted: str) -> bytes:
    # Over a connection of its own: this gateway sometimes sends more than the range, into the answer after it.
    url = stage.url(user, "get_object", key, **({"VersionId": version} if version else {}))
    return fetched(url, Range=wanted)


WAYS: dict[str, Callable[[Stage, str, str, str | None], object]] = {
    "get": lambda s, u, k, v: s.users[u].get_object(**s.of(k, v))["Body"].read(),
    "head": lambda s, u, k, v: s.users[u].head_object(**s.of(k, v)),
    "range": lambda s, u, k, v: ranged(s, u, k, v, "bytes=0-2"),
    "last bytes": lambda s, u, k, v: ranged(s, u, k, v, "bytes=-1"),
    "if modified": lambda s, u, k, v: s.users[u].get_object(**s.of(k, v), IfNoneMatch="x")["Body"].read(),
    "other headers": lambda s, u, k, v: s.users[u].get_object(**s.of(k, v), ResponseContentType="x")["Body"].read(),
    "tags": lambda s, u, k, v: s.users[u].get_object_tagging(**s.of(k, v)),
    "acl": lambda s, u, k, v: s.users[u].get_object_acl(**s.of(k, v)),
    "copy": copied,
    "part copy": part_copied,
    "presigned": presigned,
    "presigned head": presigned_head,
}
UNSIGNED_CANNOT = {"copy", "part copy", "other headers", "presigned", "presigned head"}
HIDDEN = [
    (user, key)
    for user in ("host", "delivery", "stranger", "anybody")
    for key in [*TAGS, "mine.jpg"]
    # Others' statements may let a stranger read what is open to everybody.
    if key not in READABLE[user] and (user, key) != ("stranger", "released/open.jpg")
]
READS = [(way, user, key) for way in WAYS for user, key in HIDDEN if not (user == "anybody" and way in UNSIGNED_CANNOT)]


@pytest.mark.parametrize(("way", "user", "key"), READS, ids=str)
def test_nobody_reads_what_is_not_released_to_them(
    way: str, user: str, key: str, unguarded: Stage, guarded: Stage, beside_others: Stage
) -> None:
    for by_version in (False, True):
        for stage in (guarded, beside_others):
            with pytest.raises(Refused):
                played(lambda s=stage, v=by_version: WAYS[way](s, user, key, s.versions[key] if v else None))
        assert played(
            lambda v=by_version: WAYS[way](unguarded, user, key, unguarded.versions[key] if v else None)
        ) not in (None, {})


@pytest.mark.parametrize("user", ["host", "delivery", "stranger"])
@pytest.mark.parametrize("key", ["changed.jpg", "deleted.jpg"])
def test_an_older_version_keeps_its_own_tag(
    user: str, key: str, unguarded: Stage, guarded: Stage, beside_others: Stage
) -> None:
    for stage in (guarded, beside_others):
        with pytest.raises(Refused):
            played(lambda s=stage: s.read(user, key, VersionId=s.versions[key]))
    assert unguarded.read(user, key, VersionId=unguarded.versions[key]) == SECRET


@pytest.mark.parametrize("user", READABLE)
def test_each_role_reads_what_is_released_to_it(user: str, guarded: Stage) -> None:
    for key in READABLE[user]:
        assert guarded.read(user, key) == SECRET
        assert guarded.users[user].head_object(**guarded.of(key))["ContentLength"] == len(SECRET)
        assert presigned(guarded, user, key, guarded.versions[key]) == SECRET


def test_the_attributes_of_a_hidden_object_are_refused(guarded: Stage, beside_others: Stage) -> None:
    for stage in (guarded, beside_others):
        for user in ("host", "delivery", "stranger"):
            with pytest.raises(Refused):
                played(
                    lambda s=stage, u=user: s.users[u].get_object_attributes(
                        **s.of("hold.jpg"), ObjectAttributes=["ETag", "ObjectSize"]
                    )
                )


# Opening what is not open


def multipart(stage: Stage, reader: str, key: str, **how: Any) -> bytes:
    """Upload in parts as the host and read as another; without versioning, where this gateway finds the result again."""
    client, to = stage.host, {"Bucket": stage.flat, "Key": key}
    upload = client.create_multipart_upload(**to, **how)["UploadId"]
    part = client.upload_part(**to, UploadId=upload, PartNumber=1, Body=SECRET)
    finish(client, to, upload, part["ETag"])
    return bytes(stage.users[reader].get_object(**to)["Body"].read())


def finish(client: S3Client, to: Any, upload: str, etag: str) -> None:
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    client.complete_multipart_upload(**to, UploadId=upload, MultipartUpload=parts)


def form(stage: Stage, user: str, key: str, **fields: str) -> str:
    post = stage.users[user].generate_presigned_post(
        stage.bucket, key, Fields=fields, Conditions=[{name: value} for name, value in fields.items()], ExpiresIn=600
    )
    border = "b0rder"
    parts = "".join(
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in post["fields"].items()
    )
    last = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = f"{parts}{last}".encode() + SECRET + f"\r\n--{border}--\r\n".encode()
    fetched(post["url"], body, "POST", Content_Type=f"multipart/form-data; boundary={border}")
    return key


def put_then(stage: Stage, reader: str, key: str, user: str = "host", **how: Any) -> bytes:
    stage.put(user, key, **how)
    return stage.read(reader, key)


def copy(stage: Stage, source: str, key: str, user: str = "host", **how: Any) -> object:
    return stage.users[user].copy_object(**stage.of(key), CopySource=stage.of(source), **how)


def copy_in(stage: Stage, key: str, **how: Any) -> object:
    """Copy from a bucket of the host's own."""
    stage.host.put_object(Bucket=stage.own["host"], Key="source", Body=SECRET, Tagging=OPEN)
    return stage.host.copy_object(**stage.of(key), CopySource={"Bucket": stage.own["host"], "Key": "source"}, **how)


def part_copy(stage: Stage, source: str, key: str) -> bytes:
    to = {"Bucket": stage.flat, "Key": key}
    upload = stage.host.create_multipart_upload(**to)["UploadId"]
    part = stage.host.upload_part_copy(**to, UploadId=upload, PartNumber=1, CopySource=stage.of(source))
    finish(stage.host, to, upload, part["CopyPartResult"]["ETag"])
    return bytes(stage.plugin.get_object(**to)["Body"].read())


def tag_then(stage: Stage, reader: str, key: str, user: str, **how: Any) -> bytes:
    stage.tag(key, "open", user, **how)
    return stage.read(reader, key)


def acl_then(stage: Stage, reader: str, key: str, user: str, **how: Any) -> bytes:
    stage.users[user].put_object_acl(**stage.of(key), **how)
    return stage.read(reader, key)


def put_by_url(stage: Stage, key: str, reader: str, **how: Any) -> bytes:
    headers = {"x_amz_tagging": how["Tagging"]} if "Tagging" in how else {}
    url = stage.url("host", "put_object", key, **how)
    fetched(url, SECRET, "PUT", **headers)
    return stage.read(reader, key)


REPLACED: dict[str, Any] = {"TaggingDirective": "REPLACE", "Tagging": OPEN}
REWRITTEN: dict[str, Any] = {"MetadataDirective": "REPLACE", "Metadata": {"a": "b"}}
OPENINGS: dict[str, Callable[[Stage], object]] = {
    "upload and read": lambda s: put_then(s, "host", "o/plain.jpg"),
    "upload tagged open": lambda s: put_then(s, "host", "o/open.jpg", Tagging=OPEN),
    "upload tagged staff": lambda s: put_then(s, "host", "o/staff.jpg", Tagging="dam-release=staff"),
    "upload tagged among others": lambda s: put_then(s, "host", "o/two.jpg", Tagging=f"a=b&{OPEN}"),
    "upload tagged twice": lambda s: put_then(s, "host", "o/twice.jpg", Tagging=f"{OPEN}&a=b&c=d"),
    "upload by delivery": lambda s: put_then(s, "delivery", "o/d.jpg", "delivery"),
    "upload by anybody": lambda s: put_then(s, "anybody", "o/a.jpg", "anybody"),
    "upload by a stranger": lambda s: put_then(s, "stranger", "o/s.jpg", "stranger"),
    "upload under released": lambda s: put_then(s, "delivery", "released/o1.jpg", Tagging=OPEN),
    "upload under released by delivery": lambda s: put_then(s, "delivery", "released/o2.jpg", "delivery", Tagging=OPEN),
    "upload under released by a stranger": lambda s: put_then(
        s, "delivery", "released/o3.jpg", "stranger", Tagging=OPEN
    ),
    "replace a copy": lambda s: put_then(s, "delivery", "released/open.jpg"),
    "upload then tag": lambda s: (s.put("host", "o/t.jpg"), tag_then(s, "host", "o/t.jpg", "host")),
    "upload by URL": lambda s: put_by_url(s, "o/url.jpg", "host"),
    "upload by URL tagged open": lambda s: put_by_url(s, "o/url2.jpg", "host", Tagging=OPEN),
    "upload by URL under released": lambda s: put_by_url(s, "released/url.jpg", "delivery", Tagging=OPEN),
    "multipart": lambda s: multipart(s, "host", "o/m.jpg"),
    "multipart tagged open, for delivery": lambda s: multipart(s, "delivery", "o/m2.jpg", Tagging=OPEN),
    "multipart under released": lambda s: multipart(s, "delivery", "released/m.jpg", Tagging=OPEN),
    "multipart over a copy": lambda s: multipart(s, "delivery", "released/open.jpg", Tagging=OPEN),
    "multipart with a grant": lambda s: multipart(s, "stranger", "o/m3.jpg", GrantRead="id=stranger"),
    "form": lambda s: s.read("host", form(s, "host", "o/f.jpg")),
    "form tagged open, for delivery": lambda s: s.read(
        "delivery", form(s, "host", "o/f2.jpg", tagging=tagging("open"))
    ),
    "form under released": lambda s: s.read("delivery", form(s, "host", "released/f.jpg", tagging=tagging("open"))),
    "form with an ACL": lambda s: s.read("anybody", form(s, "host", "o/f3.jpg", acl="public-read")),
    "tag": lambda s: tag_then(s, "host", "hold.jpg", "host"),
    "tag by delivery": lambda s: tag_then(s, "delivery", "released/hold.jpg", "delivery"),
    "tag by a stranger": lambda s: tag_then(s, "stranger", "released/none.jpg", "stranger"),
    "tag by anybody": lambda s: tag_then(s, "anybody", "released/none.jpg", "anybody"),
    "tag a version": lambda s: tag_then(s, "host", "none.jpg", "host", VersionId=s.versions["none.jpg"]),
    "tag its own upload": lambda s: tag_then(s, "host", "mine.jpg", "host"),
    "take tags away": lambda s: (s.host.delete_object_tagging(**s.of("hold.jpg")), s.read("host", "hold.jpg")),
    "take a version's tags away": lambda s: s.host.delete_object_tagging(
        **s.of("released/hold.jpg", s.versions["released/hold.jpg"])
    ),
    "copy": lambda s: copy(s, "hold.jpg", "o/c1.jpg"),
    "copy with replaced tags": lambda s: copy(s, "hold.jpg", "o/c2.jpg", **REPLACED),
    "copy under released": lambda s: copy(s, "hold.jpg", "released/c3.jpg", **REPLACED),
    "copy what is for staff under released": lambda s: copy(s, "staff.jpg", "released/c4.jpg", **REPLACED),
    "copy onto itself": lambda s: copy(s, "hold.jpg", "hold.jpg", **REWRITTEN),
    "copy onto itself with replaced tags": lambda s: copy(s, "mine.jpg", "mine.jpg", **REWRITTEN, **REPLACED),
    "copy a version": lambda s: s.host.copy_object(
        **s.of("o/c5.jpg"), CopySource=s.of("changed.jpg", s.versions["changed.jpg"])
    ),
    "copy with an ACL": lambda s: copy(s, "hold.jpg", "o/c6.jpg", ACL="public-read"),
    "copy by delivery": lambda s: copy(s, "released/hold.jpg", "released/c7.jpg", "delivery"),
    "copy in under released": lambda s: copy_in(s, "released/c10.jpg", **REPLACED),
    "copy in by parts": lambda s: part_copy(s, "hold.jpg", "o/c11.jpg"),
    "ACL on upload: public": lambda s: put_then(s, "anybody", "o/a1.jpg", ACL="public-read"),
    "ACL on upload: public to write": lambda s: put_then(s, "anybody", "o/a2.jpg", ACL="public-read-write"),
    "ACL on upload: anybody with an account": lambda s: put_then(s, "stranger", "o/a3.jpg", ACL="authenticated-read"),
    "ACL on upload: grant to a stranger": lambda s: put_then(s, "stranger", "o/a4.jpg", GrantRead="id=stranger"),
    "ACL on upload: grant to delivery": lambda s: put_then(s, "delivery", "o/a5.jpg", GrantFullControl="id=delivery"),
    "ACL on upload: grant to itself": lambda s: put_then(s, "host", "o/a6.jpg", GrantFullControl="id=host"),
    "ACL on upload: grant to change the ACL": lambda s: (
        s.put("host", "o/a7.jpg", GrantWriteACP="id=stranger"),
        acl_then(s, "anybody", "o/a7.jpg", "stranger", ACL="public-read"),
    ),
    "ACL": lambda s: acl_then(s, "anybody", "hold.jpg", "host", ACL="public-read"),
    "ACL of its own upload": lambda s: acl_then(s, "anybody", "mine.jpg", "host", ACL="public-read"),
    "ACL by grant": lambda s: acl_then(s, "stranger", "mine.jpg", "host", GrantRead="id=stranger"),
    "ACL of a version": lambda s: s.host.put_object_acl(**s.of("hold.jpg", s.versions["hold.jpg"]), ACL="public-read"),
    "ACL by delivery": lambda s: acl_then(s, "anybody", "released/hold.jpg", "delivery", ACL="public-read"),
    "new version of what is for staff": lambda s: put_then(s, "host", "staff-new.jpg"),
    "delete a copy": lambda s: s.host.delete_object(**s.of("released/staff.jpg")),
    "delete a copy's version": lambda s: s.host.delete_object(
        **s.of("released/staff.jpg", s.versions["released/staff.jpg"])
    ),
    "delete a copy by delivery": lambda s: s.delivery.delete_object(**s.of("released/staff.jpg")),
}


def tagging(value: str) -> str:
    """Tags as a form gives them."""
    return f"<Tagging><TagSet><Tag><Key>dam-release</Key><Value>{value}</Value></Tag></TagSet></Tagging>"


@pytest.mark.parametrize("name", OPENINGS)
def test_nobody_opens_what_is_not_open(name: str, guarded: Stage, beside_others: Stage) -> None:
    for stage in (guarded, beside_others):
        with pytest.raises(Refused):
            played(lambda s=stage: OPENINGS[name](s))


@pytest.mark.parametrize("name", OPENINGS)
def test_without_the_policy_each_of_these_opens_it(name: str, unguarded: Stage) -> None:
    assert played(lambda: OPENINGS[name](unguarded))


# The bucket itself, links handed out before, and what happens later


BLOCK = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
RULE = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
BUCKET_ATTACKS: dict[str, Callable[[Stage, str], object]] = {
    "delete the policy": lambda s, u: s.users[u].delete_bucket_policy(Bucket=s.bucket),
    "replace the policy": lambda s, u: s.users[u].put_bucket_policy(
        Bucket=s.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [generous(s.bucket, u)]})
    ),
    "open the bucket's ACL": lambda s, u: s.users[u].put_bucket_acl(Bucket=s.bucket, ACL="public-read"),
    "take the block away": lambda s, u: s.users[u].delete_public_access_block(Bucket=s.bucket),
    "turn the block off": lambda s, u: s.users[u].put_public_access_block(
        Bucket=s.bucket, PublicAccessBlockConfiguration=BLOCK
    ),
    "stop versioning": lambda s, u: s.users[u].put_bucket_versioning(
        Bucket=s.bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "let recordings expire": lambda s, u: s.users[u].put_bucket_lifecycle_configuration(
        Bucket=s.bucket, LifecycleConfiguration={"Rules": [RULE]}
    ),
    "delete the bucket": lambda s, u: s.users[u].delete_bucket(Bucket=s.bucket),
}


@pytest.mark.parametrize("user", ["host", "delivery"])
@pytest.mark.parametrize("name", BUCKET_ATTACKS)
def test_who_is_bound_does_not_change_the_bucket(name: str, user: str, guarded: Stage, beside_others: Stage) -> None:
    for stage in (guarded, beside_others):
        with pytest.raises(Refused):
            played(lambda s=stage: BUCKET_ATTACKS[name](s, user))


@pytest.mark.parametrize("user", ["delivery", "stranger", "anybody"])
@pytest.mark.parametrize(
    "listing", ["list_objects_v2", "list_objects", "list_object_versions", "list_multipart_uploads"]
)
def test_only_the_host_sees_what_there_is(user: str, listing: str, guarded: Stage) -> None:
    with pytest.raises(Refused):
        played(lambda: getattr(guarded.users[user], listing)(Bucket=guarded.bucket))
    assert guarded.host.list_objects_v2(Bucket=guarded.bucket)["KeyCount"]


@pytest.mark.parametrize("user", ["host", "delivery"])
def test_deleting_many_at_once_deletes_no_copy(user: str, guarded: Stage) -> None:
    asked = {"Objects": [{"Key": "released/open.jpg"}]}
    try:
        answer = played(lambda: guarded.users[user].delete_objects(Bucket=guarded.bucket, Delete=asked))
    except Refused:
        answer = {}
    assert "Deleted" not in answer  # type: ignore[operator]
    assert guarded.read("delivery", "released/open.jpg") == SECRET


def test_a_link_handed_out_before_ends_with_the_hold(guarded: Stage) -> None:
    version = guarded.put("plugin", "released/link.jpg", Tagging=OPEN)
    links = [
        guarded.url("delivery", "get_object", "released/link.jpg"),
        guarded.url("delivery", "get_object", "released/link.jpg", VersionId=version),
        guarded.url("host", "get_object", "released/link.jpg"),
    ]
    assert [fetched(link) for link in links] == [SECRET] * 3
    guarded.tag("released/link.jpg", "hold")
    for link in links:
        with pytest.raises(Refused):
            fetched(link)


def test_staff_lose_what_goes_on_hold(guarded: Stage) -> None:
    guarded.put("plugin", "later.jpg", Tagging="dam-release=staff")
    link = guarded.url("host", "get_object", "later.jpg")
    assert fetched(link) == SECRET
    guarded.tag("later.jpg", "hold")
    with pytest.raises(Refused):
        fetched(link)


def test_a_new_version_of_what_staff_read_waits_for_its_own_tag(guarded: Stage) -> None:
    before = guarded.put("plugin", "twice.jpg", b"harmless", Tagging="dam-release=staff")
    after = guarded.put("host", "twice.jpg")
    assert guarded.read("host", "twice.jpg", VersionId=before) == b"harmless"
    for how in ({}, {"VersionId": after}):
        with pytest.raises(Refused):
            played(lambda h=how: guarded.read("host", "twice.jpg", **h))


def test_a_delete_marker_hides_nothing_that_its_versions_would_not(guarded: Stage) -> None:
    version = guarded.put("plugin", "gone.jpg", Tagging="dam-release=hold")
    guarded.plugin.delete_object(Bucket=guarded.bucket, Key="gone.jpg")
    with pytest.raises(Refused):
        played(lambda: guarded.read("host", "gone.jpg", VersionId=version))


def test_signed_by_the_plugin_a_link_would_outlive_the_hold(guarded: Stage) -> None:
    # Why links are signed by delivery, and by nobody else.
    guarded.put("plugin", "released/ours.jpg", Tagging="dam-release=hold")
    assert fetched(guarded.url("plugin", "get_object", "released/ours.jpg")) == SECRET


# The commands


def test_a_second_run_changes_nothing(rgw: Rgw, guarded: Stage) -> None:
    def state() -> tuple[object, ...]:
        client, name = guarded.plugin, {"Bucket": guarded.bucket}
        versions = client.list_object_versions(**name)["Versions"]
        block = client.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
        return client.get_bucket_policy(**name)["Policy"], block, {each["VersionId"] for each in versions}

    before = state()
    ended = applied(rgw, guarded.bucket, "--json")
    assert ended.code == 0
    assert {step["state"] for step in ended.objects()} == {"done", "not here"}
    assert state() == before


def test_a_guarded_bucket_is_safe_and_one_that_is_not_says_why(rgw: Rgw, guarded: Stage, unguarded: Stage) -> None:
    ended = checked(rgw, guarded.bucket)
    assert (ended.code, ended.object()) == (0, {"safe": True, "exposures": [], "server_lacks": ["ownership controls"]})
    ended = checked(rgw, unguarded.bucket)
    told = {(each["who"], each["could"]) for each in ended.object()["exposures"]}
    assert ended.code == 1
    assert ("anybody", "read objects without credentials (tried)") in told
    assert ("anybody", "read open copies without a link (statement Generous)") in told


def test_the_roles_can_be_changed_later(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    others = ["--plugin", arn_of("plugin"), "--host", arn_of("stranger"), "--bucket", bucket]
    with rgw.environment("plugin"):
        ended = call("policy", "apply", *others, "--json")
    steps = {step["step"]: step for step in ended.objects()}
    assert ended.code == 0
    assert "removed: DamPluginAllowDeliveryReads" in steps["policy"]["detail"]
    rgw.clients["stranger"].put_object(Bucket=bucket, Key="a", Body=b"")
    with pytest.raises(Refused):
        played(lambda: rgw.clients["host"].put_object(Bucket=bucket, Key="b", Body=b""))
    block = rgw.clients["plugin"].get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block["BlockPublicPolicy"]


def test_untagged_objects_are_counted_before_they_are_hidden(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    rgw.clients["plugin"].put_object(Bucket=bucket, Key="a", Body=b"")
    rgw.clients["plugin"].put_object(Bucket=bucket, Key="a", Body=b"")
    ended = applied(rgw, bucket)
    assert ended.code == 1
    assert "1 object(s) in bucket" in ended.err
    assert "`dam-plugin reconcile`" in ended.err
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        rgw.clients["plugin"].get_bucket_policy(Bucket=bucket)
    assert applied(rgw, bucket, "--hide-untagged").code == 0
    assert applied(rgw, bucket).code == 0


def test_a_dry_run_changes_nothing(rgw: Rgw) -> None:
    bucket = rgw.bucket()
    ended = applied(rgw, bucket, "--dry-run", "--json")
    assert [step["state"] for step in ended.objects()] == ["done", "to do", "not here", "to do"]
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        rgw.clients["plugin"].get_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("user", ["host", "stranger"])
def test_somebody_else_cannot_apply_it(rgw: Rgw, user: str, guarded: Stage) -> None:
    before = guarded.plugin.get_bucket_policy(Bucket=guarded.bucket)["Policy"]
    with rgw.environment(user):
        words = ["--plugin", arn_of(user), "--host", arn_of("plugin"), "--bucket", guarded.bucket]
        ended = call("policy", "apply", *words, "--hide-untagged")
    assert ended.code == 1
    assert guarded.plugin.get_bucket_policy(Bucket=guarded.bucket)["Policy"] == before


# The plugin goes on working


def test_the_plugin_works_under_its_own_policy(rgw: Rgw, guarded: Stage) -> None:
    with rgw.environment("plugin"), Library.connect(guarded.bucket, delivery=keys_of("delivery")) as library:
        version = guarded.put("host", "events/game.jpg")
        head = library.head("events/game.jpg")
        assert library.read("events/game.jpg", etag=head.etag, limit=100) == SECRET
        library.write_tags("events/game.jpg", version, {"dam-release": "staff", "dam-tagging": "complete"})
        assert library.tags("events/game.jpg", version)["dam-release"] == "staff"
        assert guarded.read("host", "events/game.jpg") == SECRET
        assert library.put("notes.txt", b"x", media_type="text/plain").version_id
        copy_of = library.publish("released/game.jpg", SECRET, media_type="image/jpeg", tags={"dam-release": "open"})
        assert fetched(library.presign("released/game.jpg", copy_of.version_id)) == SECRET
        fetched(library.presign("released/game.jpg", None, method="head"), method="HEAD")
        library.write_tags("released/game.jpg", copy_of.version_id, {"dam-release": "hold"})
        with pytest.raises(Refused):
            fetched(library.presign("released/game.jpg", copy_of.version_id))
        assert "events/game.jpg" in {listed.key for listed in library.list()}
        library.delete("released/game.jpg", copy_of.version_id)


def test_with_deliverys_keys_a_link_is_tried(rgw: Rgw, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = keys_of("delivery")
    monkeypatch.setenv("DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID", key)
    monkeypatch.setenv("DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY", secret)
    bucket = rgw.bucket()
    steps = {step["step"]: step["state"] for step in applied(rgw, bucket, "--json").objects()}
    assert steps["trial as delivery"] == steps["trial of a link"] == steps["trial as anybody"] == "done"
    assert "Versions" not in rgw.clients["plugin"].list_object_versions(Bucket=bucket)


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

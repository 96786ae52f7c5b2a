"""The bucket policy against a real server: what each role reads, every way past it that we know, and that each is one.

Every attack is played three times: on a bucket whose policy allows everybody everything, where it has to succeed, or it
would prove nothing; on one that `policy apply` guarded; and on one that it guarded beside others' generous statements.
"""

from __future__ import annotations

import hmac
import itertools
import json
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore_files import files_read_once
from rgw_server import USERS, Refused, Rgw, applied, generous, keys_of, played, set_policy

from dam_plugin.library.s3 import Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.rgw

SECRET = b"a face"
OPEN = "dam-release=open"
PART = 5 * 1024 * 1024

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
    "evidence/paper.pdf": "hold",
    "exports/fall.zip": "hold",
}
READABLE = {
    "plugin": set(TAGS),
    # This gateway takes a URL that the host signs for a request of the host: so the host reads no original.
    "host": {"released/open.jpg"},
    "delivery": {"released/open.jpg"},
    "stranger": set(),
    "anybody": set(),
}


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
            if error.code in {401, 403}:
                raise Refused from None
            raise


def is_refused(attack: Callable[[], object]) -> bool:
    """Whether the server forbids it; what else goes wrong is raised."""
    try:
        played(attack)
    except Refused:
        return True
    return False


# The buckets


@pytest.fixture(scope="module", autouse=True)
def quick_clients() -> Iterator[None]:
    with files_read_once():
        yield


@pytest.fixture(scope="module")
def own(rgw: Rgw) -> dict[str, str]:
    """A bucket of each user's own."""
    return {user: rgw.bucket(user, is_versioned=False) for user in USERS}


def staged(rgw: Rgw, own: dict[str, str], guard: Callable[[str], None], owner: str = "plugin") -> Stage:
    """Guard two buckets, with versions and without, and fill them as the plugin would leave them."""
    bucket, flat = rgw.bucket(owner), rgw.bucket(owner, is_versioned=False)
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


@pytest.fixture(scope="module")
def owned_by_the_host(rgw: Rgw, own: dict[str, str]) -> Stage:
    def guard(bucket: str) -> None:
        applied(rgw, bucket, user="host")
        ended = applied(rgw, bucket)
        assert ended.code == 0, ended.text

    return staged(rgw, own, guard, "host")


@pytest.fixture(scope="module")
def unguarded_and_owned_by_the_host(rgw: Rgw, own: dict[str, str]) -> Stage:
    def guard(bucket: str) -> None:
        policy = {"Version": "2012-10-17", "Statement": [generous(bucket, "*")]}
        rgw.clients["host"].put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return staged(rgw, own, guard, "host")


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


def presigned_by_version_2(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    """Read by a URL signed in the older way, which this gateway takes too."""
    access_key, secret = keys_of(user)
    path, expires = f"/{stage.bucket}/{key}", int(time.time()) + 600
    signed = f"GET\n\n\n{expires}\n{path}{f'?versionId={version}' if version else ''}"
    signature = b64encode(hmac.digest(secret.encode(), signed.encode(), "sha1")).decode()
    asked = {"AWSAccessKeyId": access_key, "Expires": expires, "Signature": signature}
    asked |= {"versionId": version} if version else {}
    return fetched(f"{stage.plugin.meta.endpoint_url}{path}?{urlencode(asked)}")


def by_the_other_door(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    """Read by the gateway's Swift interface, which knows no signatures of S3 and no versions by id."""
    assert user == "anybody"
    return fetched(other_door(stage, key))


def other_door(stage: Stage, key: str) -> str:
    return f"{stage.plugin.meta.endpoint_url}/swift/v1/{stage.bucket}/{key}"


def torrent(stage: Stage, user: str, key: str, version: str | None = None) -> bytes:
    assert not version or stage.versions[key] == version
    return bytes(stage.users[user].get_object_torrent(**stage.of(key))["Body"].read())


def selected(stage: Stage, user: str, key: str, version: str | None = None) -> object:
    csv: Any = {"CSV": {}}
    asked = {"Bucket": stage.bucket, "Key": key, "ExpressionType": "SQL", "Expression": "select * from s3object"}
    answer = stage.users[user].select_object_content(**asked, InputSerialization=csv, OutputSerialization=csv)
    answer["Payload"].close()
    return answer


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
    "presigned by version 2": presigned_by_version_2,
    "part by its number": lambda s, u, k, v: s.users[u].get_object(**s.of(k, v), PartNumber=1)["Body"].read(),
    "torrent": torrent,
    "select": selected,
    "by the other door": by_the_other_door,
}
UNSIGNED_CANNOT = {"copy", "part copy", "other headers", "presigned", "presigned by version 2", "presigned head"}
ONLY_UNSIGNED = {"by the other door"}
# Others' statements may let a stranger read what is open to everybody.
HIDDEN = {
    user: [key for key in [*TAGS, "mine.jpg"] if key not in may and (user, key) != ("stranger", "released/open.jpg")]
    for user, may in READABLE.items()
}
# Which tag an object has matters alike for every way of one action.
ASKED_OF_ALL = {"get", "head", "tags", "acl"}
FEW = {"hold.jpg", "staff.jpg", "released/hold.jpg", "released/none.jpg", "evidence/paper.pdf", "exports/fall.zip"}
READS = [
    (way, user)
    for way in WAYS
    for user in ("host", "delivery", "stranger", "anybody")
    if not (way in UNSIGNED_CANNOT if user == "anybody" else way in ONLY_UNSIGNED)
]


@pytest.mark.parametrize(("way", "user"), READS, ids=str)
def test_nobody_reads_what_is_not_released_to_them(
    way: str, user: str, unguarded: Stage, guarded: Stage, beside_others: Stage
) -> None:
    few = set(HIDDEN[user]) if way in ASKED_OF_ALL else FEW
    for key, by_version in itertools.product(sorted(few), (False, True)):
        version = {
            stage.bucket: stage.versions[key] if by_version else None for stage in (unguarded, guarded, beside_others)
        }
        for stage in (guarded, beside_others):
            assert is_refused(lambda s=stage, k=key, v=version: WAYS[way](s, user, k, v[s.bucket])), key
        got = played(lambda k=key, v=version: WAYS[way](unguarded, user, k, v[unguarded.bucket]))
        assert got not in (None, {}), key


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
    return submitted(post["url"], post["fields"])


def unsigned_form(stage: Stage, key: str) -> str:
    return submitted(f"{stage.plugin.meta.endpoint_url}/{stage.bucket}", {"key": key, "tagging": tagging("open")})


def submitted(url: str, fields: dict[str, str]) -> str:
    """Submit a form; the key that it names."""
    border = "b0rder"
    parts = "".join(
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    last = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = f"{parts}{last}".encode() + SECRET + f"\r\n--{border}--\r\n".encode()
    fetched(url, body, "POST", Content_Type=f"multipart/form-data; boundary={border}")
    return fields["key"]


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


def marker(stage: Stage, key: str) -> str:
    listed = stage.plugin.list_object_versions(Bucket=stage.bucket, Prefix=key)
    return str(listed["DeleteMarkers"][0]["VersionId"])


def put_by_url(stage: Stage, key: str, reader: str, **how: Any) -> bytes:
    headers = {"x_amz_tagging": how["Tagging"]} if "Tagging" in how else {}
    url = stage.url("host", "put_object", key, **how)
    fetched(url, SECRET, "PUT", **headers)
    return stage.read(reader, key)


def put_by_query(stage: Stage, key: str, reader: str, query: str) -> bytes:
    """Upload by a URL that the host signed with more in its query."""
    request = AWSRequest(method="PUT", url=f"{stage.plugin.meta.endpoint_url}/{stage.bucket}/{key}?{query}")
    S3SigV4QueryAuth(Credentials(*keys_of("host")), "s3", "us-east-1", 600).add_auth(request)
    fetched(request.url, SECRET, "PUT")
    return stage.read(reader, key)


class _InChunks(S3SigV4Auth):
    """Signs the head of a request whose body is signed chunk by chunk."""

    def payload(self, request: AWSRequest) -> str:
        del request
        return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def put_in_chunks(stage: Stage, key: str, reader: str, **headers: str) -> bytes:
    """Upload as the host with a body of signed chunks (`aws-chunked`), and read as another."""
    url = f"{stage.plugin.meta.endpoint_url}/{stage.bucket}/{key}"
    decoded = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(SECRET))}
    request = AWSRequest(method="PUT", url=url, headers={**decoded, **headers})
    auth = _InChunks(Credentials(*keys_of("host")), "s3", "us-east-1")
    auth.add_auth(request)
    signature, body = request.headers["Authorization"].rpartition("Signature=")[2], b""
    at, scope = request.context["timestamp"], auth.credential_scope(request)
    for chunk in (SECRET, b""):
        digests = [sha256(each).hexdigest() for each in (b"", chunk)]
        signature = auth.signature("\n".join(["AWS4-HMAC-SHA256-PAYLOAD", at, scope, signature, *digests]), request)
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + b"\r\n"
    fetched(url, body, "PUT", **dict(request.headers.items()))
    return stage.read(reader, key)


def copy_by_url(stage: Stage, source: str, key: str) -> bytes:
    """Copy by a URL that the host signs, with the source in a header that it signs too."""
    url = stage.url("host", "copy_object", key, CopySource=stage.of(source))
    return fetched(url, b"", "PUT", x_amz_copy_source=f"{stage.bucket}/{source}")


def version_deleted_by_url(stage: Stage, key: str) -> bool:
    version = stage.put("plugin", key, Tagging="dam-release=staff")
    fetched(stage.url("host", "delete_object", key, VersionId=version), method="DELETE")
    return "Versions" not in stage.plugin.list_object_versions(Bucket=stage.bucket, Prefix=key)


REPLACED: dict[str, Any] = {"TaggingDirective": "REPLACE", "Tagging": OPEN}
REWRITTEN: dict[str, Any] = {"MetadataDirective": "REPLACE", "Metadata": {"a": "b"}}
OPENINGS: dict[str, Callable[[Stage], object]] = {
    "upload and read": lambda s: put_then(s, "host", "o/plain.jpg"),
    "upload tagged open": lambda s: put_then(s, "host", "o/open.jpg", Tagging=OPEN),
    "upload tagged staff": lambda s: put_then(s, "host", "o/staff.jpg", Tagging="dam-release=staff"),
    "upload tagged among others": lambda s: put_then(s, "host", "o/two.jpg", Tagging=f"a=b&{OPEN}"),
    "upload tagged twice": lambda s: put_then(s, "host", "o/twice.jpg", Tagging=f"{OPEN}&a=b&c=d"),
    "upload tagged in other letters": lambda s: put_then(s, "host", "o/case.jpg", Tagging="Dam-Release=open"),
    "upload tagged by an encoded name": lambda s: put_then(s, "host", "o/code.jpg", Tagging="%64am-release=%6Fpen"),
    "upload tagged in the URL's query": lambda s: put_by_query(
        s, "o/q.jpg", "host", "x-amz-tagging=dam-release%3Dopen"
    ),
    "upload by query under released": lambda s: put_by_query(
        s, "released/q.jpg", "delivery", "x-amz-tagging=dam-release%3Dopen"
    ),
    "upload public by query": lambda s: put_by_query(s, "o/q2.jpg", "anybody", "x-amz-acl=public-read"),
    "multipart tagged by an encoded name": lambda s: multipart(s, "host", "o/m6.jpg", Tagging="%64am-release=%6Fpen"),
    "form by anybody": lambda s: s.read("plugin", unsigned_form(s, "o/f4.jpg")),
    "form by anybody under released": lambda s: s.read("plugin", unsigned_form(s, "released/f5.jpg")),
    "upload by the other door": lambda s: (fetched(other_door(s, "released/s.jpg"), SECRET, "PUT"), True)[1],
    "delete by the other door": lambda s: (fetched(other_door(s, "open.jpg"), None, "DELETE"), True)[1],
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
    "upload in chunks": lambda s: put_in_chunks(s, "o/chunks.jpg", "host"),
    "upload in chunks tagged open": lambda s: put_in_chunks(
        s, "o/chunks2.jpg", "host", **{"x-amz-tagging": "dam-release=open"}
    ),
    "upload in chunks under released": lambda s: put_in_chunks(
        s, "released/chunks.jpg", "delivery", **{"x-amz-tagging": "dam-release=open"}
    ),
    "copy what is for staff": lambda s: copy(s, "staff.jpg", "o/c14.jpg"),
    "copy what is for staff by a URL": lambda s: copy_by_url(s, "staff.jpg", "o/c15.jpg"),
    "copy by a URL": lambda s: copy_by_url(s, "hold.jpg", "o/c16.jpg"),
    "delete a version by a URL": lambda s: version_deleted_by_url(s, "o/v.jpg"),
    "multipart": lambda s: multipart(s, "host", "o/m.jpg"),
    "multipart tagged open, for delivery": lambda s: multipart(s, "delivery", "o/m2.jpg", Tagging=OPEN),
    "multipart tagged open": lambda s: multipart(s, "host", "o/m4.jpg", Tagging=OPEN),
    "multipart tagged staff": lambda s: multipart(s, "host", "o/m5.jpg", Tagging="dam-release=staff"),
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
    "copy with the tags it has": lambda s: copy(s, "hold.jpg", "o/c12.jpg", TaggingDirective="COPY"),
    "copy what is for staff by a stranger": lambda s: copy(s, "staff.jpg", "o/c13.jpg", "stranger", **REPLACED),
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
    "upload under released by another name": lambda s: put_then(s, "delivery", "released//o4.jpg", Tagging=OPEN),
    "upload beside released": lambda s: put_then(s, "delivery", "/released/o5.jpg", Tagging=OPEN),
    "take a delete marker away": lambda s: (
        s.host.delete_object(**s.of("deleted.jpg", marker(s, "deleted.jpg"))),
        s.read("host", "deleted.jpg"),
    ),
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


# Writing and deleting evidence, the custodian's copies of papers, and sets that were exported


def put_in_parts(stage: Stage, user: str, key: str, **how: Any) -> object:
    client, to = stage.users[user], {"Bucket": stage.flat, "Key": key}
    upload = client.create_multipart_upload(**to, **how)["UploadId"]
    part = client.upload_part(**to, UploadId=upload, PartNumber=1, Body=b"forged")
    finish(client, to, upload, part["ETag"])
    return upload


def put_by_form(stage: Stage, user: str, key: str) -> str:
    if user == "anybody":
        return submitted(stage.plugin.meta.endpoint_url + f"/{stage.bucket}", {"key": key, "tagging": tagging("staff")})
    return form(stage, user, key, tagging=tagging("staff"))


def copied_over(stage: Stage, user: str, key: str) -> object:
    """Copy from a bucket of one's own."""
    stage.users[user].put_object(Bucket=stage.own[user], Key="source", Body=b"forged")
    return stage.users[user].copy_object(**stage.of(key), CopySource={"Bucket": stage.own[user], "Key": "source"})


def deleted_among_many(stage: Stage, user: str, key: str, version: str | None = None) -> object:
    asked: Any = {"Key": key, **({"VersionId": version} if version else {})}
    answer = stage.users[user].delete_objects(Bucket=stage.bucket, Delete={"Objects": [asked]})
    if {each["Code"] for each in answer.get("Errors", [])} == {"AccessDenied"}:
        raise Refused
    return answer["Deleted"]


FORGERIES: dict[str, Callable[[Stage, str, str, str], object]] = {
    "put": lambda s, u, k, _: s.put(u, k, b"forged"),
    "put beside": lambda s, u, k, _: s.put(u, f"{k}.new", b"forged"),
    "put tagged staff": lambda s, u, k, _: s.put(u, k, b"forged", Tagging="dam-release=staff"),
    "put in parts": lambda s, u, k, _: put_in_parts(s, u, k),
    "put in parts tagged staff": lambda s, u, k, _: put_in_parts(s, u, k, Tagging="dam-release=staff"),
    "form tagged staff": lambda s, u, k, _: put_by_form(s, u, k),
    "copy": lambda s, u, k, _: copied_over(s, u, k),
    "tag": lambda s, u, k, _: (s.tag(k, "staff", u), True)[1],
    "delete": lambda s, u, k, _: s.users[u].delete_object(**s.of(k)),
    "delete without versions": lambda s, u, k, _: s.users[u].delete_object(Bucket=s.flat, Key=k),
    "delete a version": lambda s, u, k, v: s.users[u].delete_object(**s.of(k, v)),
    "delete among many": lambda s, u, k, _: deleted_among_many(s, u, k),
    "delete a version among many": deleted_among_many,
}


def filed(stage: Stage, folder: str, name: str) -> tuple[str, str]:
    """File a piece of evidence or a set in both buckets of a stage; its key, and its version where there are versions."""
    key = f"{folder}/{name.replace(' ', '-')}"
    stage.plugin.put_object(Bucket=stage.flat, Key=key, Body=SECRET, Tagging="dam-release=hold")
    return key, stage.put("plugin", key, Tagging="dam-release=hold")


def able(name: str) -> tuple[str, ...]:
    """Who can send the request at all: a copy without a signature is none that this gateway takes."""
    return ("host", "delivery", "stranger") if name == "copy" else ("host", "delivery", "stranger", "anybody")


@pytest.mark.parametrize("folder", ["evidence", "exports"])
@pytest.mark.parametrize("name", FORGERIES)
def test_nobody_but_the_plugin_writes_or_deletes_evidence_and_exports(
    name: str, folder: str, guarded: Stage, beside_others: Stage, owned_by_the_host: Stage
) -> None:
    for stage in (guarded, beside_others, owned_by_the_host):
        key, version = filed(stage, folder, name)
        for user in able(name):
            assert is_refused(lambda s=stage, u=user, k=key, v=version: FORGERIES[name](s, u, k, v)), user
        assert stage.read("plugin", key) == stage.read("plugin", key, VersionId=version) == SECRET
        assert stage.plugin.get_object(Bucket=stage.flat, Key=key)["Body"].read() == SECRET
        assert not stage.plugin.list_object_versions(Bucket=stage.bucket, Prefix=key).get("DeleteMarkers")


@pytest.mark.parametrize("folder", ["evidence", "exports"])
@pytest.mark.parametrize("name", FORGERIES)
def test_without_the_policy_each_of_these_writes_or_deletes_evidence_and_exports(
    name: str, folder: str, unguarded: Stage, unguarded_and_owned_by_the_host: Stage
) -> None:
    for stage, user in itertools.product((unguarded, unguarded_and_owned_by_the_host), able(name)):
        assert FORGERIES[name](stage, user, *filed(stage, folder, name)), user


# The bucket itself, links handed out before, and what happens later


@pytest.mark.parametrize("user", ["delivery", "stranger", "anybody"])
@pytest.mark.parametrize(
    "listing", ["list_objects_v2", "list_objects", "list_object_versions", "list_multipart_uploads"]
)
def test_only_the_host_sees_what_there_is(user: str, listing: str, guarded: Stage) -> None:
    with pytest.raises(Refused):
        played(lambda: getattr(guarded.users[user], listing)(Bucket=guarded.bucket))
    assert guarded.host.list_objects_v2(Bucket=guarded.bucket)["KeyCount"]


@pytest.mark.parametrize("user", ["host", "delivery", "stranger", "anybody"])
def test_nobody_sees_the_parts_of_others_uploads(user: str, guarded: Stage) -> None:
    upload = guarded.plugin.create_multipart_upload(**guarded.of("parts.jpg"))["UploadId"]
    for ask in ("list_parts", "abort_multipart_upload") if user != "host" else ("list_parts",):
        with pytest.raises(Refused):
            played(lambda a=ask: getattr(guarded.users[user], a)(**guarded.of("parts.jpg"), UploadId=upload))


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


@pytest.mark.parametrize("tag", ["open", "staff"])
def test_what_a_form_tags_outside_released_nobody_reads(tag: str, guarded: Stage, beside_others: Stage) -> None:
    # This gateway asks no condition on tags of a form.
    for stage in (guarded, beside_others):
        key = form(stage, "host", f"o/form-{tag}.jpg", tagging=tagging(tag))
        assert stage.plugin.get_object_tagging(**stage.of(key))["TagSet"] == [{"Key": "dam-release", "Value": tag}]
        for user in ("host", "delivery", "stranger", "anybody"):
            with pytest.raises(Refused):
                played(lambda s=stage, u=user, k=key: s.read(u, k))
        with pytest.raises(Refused):
            presigned(stage, "host", key)


def test_the_host_loses_a_copy_that_goes_on_hold(guarded: Stage) -> None:
    guarded.put("plugin", "released/later.jpg", Tagging=OPEN)
    link = guarded.url("host", "get_object", "released/later.jpg")
    assert fetched(link) == guarded.read("host", "released/later.jpg") == SECRET
    guarded.tag("released/later.jpg", "hold")
    with pytest.raises(Refused):
        fetched(link)
    with pytest.raises(Refused):
        played(lambda: guarded.read("host", "released/later.jpg"))


def test_a_new_version_of_what_staff_may_see_waits_for_its_own_tag(guarded: Stage) -> None:
    before = guarded.put("plugin", "twice.jpg", b"harmless", Tagging="dam-release=staff")
    after = guarded.put("host", "twice.jpg")
    assert guarded.read("plugin", "twice.jpg", VersionId=before) == b"harmless"
    for how in ({}, {"VersionId": after}, {"VersionId": before}):
        with pytest.raises(Refused):
            played(lambda h=how: guarded.read("host", "twice.jpg", **h))


# What the host deletes


def deleted_by_the_host(stage: Stage, key: str, how: str) -> None:
    if how == "a URL":
        fetched(stage.url("host", "delete_object", key), method="DELETE")
    else:
        stage.host.delete_object(**stage.of(key))


@pytest.mark.parametrize("how", ["a request", "a URL"])
def test_the_host_deletes_an_original_and_its_versions_stay(how: str, guarded: Stage, beside_others: Stage) -> None:
    for stage in (guarded, beside_others):
        key = f"gone/{how.replace(' ', '-')}.jpg"
        version = stage.put("plugin", key, Tagging="dam-release=staff")
        deleted_by_the_host(stage, key, how)
        assert key not in [each["Key"] for each in stage.host.list_objects_v2(Bucket=stage.bucket)["Contents"]]
        assert stage.read("plugin", key, VersionId=version) == SECRET
        for wanted in (version, marker(stage, key)):
            with pytest.raises(Refused):
                played(lambda s=stage, k=key, w=wanted: s.host.delete_object(**s.of(k, w)))
            with pytest.raises(Refused):
                played(lambda s=stage, k=key, w=wanted: deleted_among_many(s, "host", k, w))
        with pytest.raises(Refused):
            played(lambda s=stage, k=key, v=version: s.read("host", k, VersionId=v))


@pytest.mark.parametrize("user", ["host", "delivery", "stranger", "anybody"])
def test_this_gateway_lets_nobody_delete_many_at_once(user: str, guarded: Stage) -> None:
    # It asks for a right on the bucket, which would reach copies and versions too: the host deletes one by one.
    with pytest.raises(Refused):
        played(lambda: deleted_among_many(guarded, user, "staff.jpg"))


@pytest.mark.parametrize("user", ["delivery", "stranger", "anybody"])
def test_nobody_else_deletes_an_original(user: str, guarded: Stage) -> None:
    with pytest.raises(Refused):
        played(lambda: guarded.users[user].delete_object(**guarded.of("staff.jpg")))


def test_where_no_versions_are_kept_the_host_deletes_nothing(guarded: Stage) -> None:
    guarded.plugin.put_object(Bucket=guarded.flat, Key="only.jpg", Body=SECRET, Tagging="dam-release=staff")
    for version in ({}, {"VersionId": "null"}):
        with pytest.raises(Refused):
            played(lambda v=version: guarded.host.delete_object(Bucket=guarded.flat, Key="only.jpg", **v))
    assert guarded.plugin.get_object(Bucket=guarded.flat, Key="only.jpg")["Body"].read() == SECRET


def test_a_delete_marker_hides_nothing_that_its_versions_would_not(guarded: Stage) -> None:
    version = guarded.put("plugin", "gone.jpg", Tagging="dam-release=hold")
    guarded.plugin.delete_object(Bucket=guarded.bucket, Key="gone.jpg")
    with pytest.raises(Refused):
        played(lambda: guarded.read("host", "gone.jpg", VersionId=version))


def test_signed_by_the_plugin_a_link_would_outlive_the_hold(guarded: Stage) -> None:
    # Why links are signed by delivery, and by nobody else.
    guarded.put("plugin", "released/ours.jpg", Tagging="dam-release=hold")
    assert fetched(guarded.url("plugin", "get_object", "released/ours.jpg")) == SECRET


# The plugin goes on working


def test_the_plugin_works_under_its_own_policy(rgw: Rgw, guarded: Stage) -> None:
    with rgw.environment("plugin"), Library.connect(guarded.bucket, delivery=keys_of("delivery")) as library:
        version = guarded.put("host", "events/game.jpg")
        head = library.head("events/game.jpg")
        assert library.read("events/game.jpg", etag=head.etag, limit=100) == SECRET
        library.write_tags("events/game.jpg", version, {"dam-release": "staff", "dam-tagging": "complete"})
        assert library.tags("events/game.jpg", version)["dam-release"] == "staff"
        assert library.put("notes.txt", b"x", media_type="text/plain").version_id
        copy_of = library.publish("released/game.jpg", SECRET, media_type="image/jpeg", tags={"dam-release": "open"})
        assert fetched(library.presign("released/game.jpg", copy_of.version_id)) == SECRET
        fetched(library.presign("released/game.jpg", None, method="head"), method="HEAD")
        library.write_tags("released/game.jpg", copy_of.version_id, {"dam-release": "hold"})
        with pytest.raises(Refused):
            fetched(library.presign("released/game.jpg", copy_of.version_id))
        assert "events/game.jpg" in {listed.key for listed in library.list()}
        library.delete("released/game.jpg", copy_of.version_id)

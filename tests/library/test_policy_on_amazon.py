"""The bucket policy as AWS evaluates it: what the host reads by its header, and what no URL that it signs opens.

AWS's own servers cannot be started here, so its rules are played (`amazon_policies`). That each attack is one is shown on
the policy of a version before, which let the host read what is for staff however it signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from amazon_policies import Asked, is_granted
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.library import policy
from dam_plugin.library.policy import READ_BY_TAG, READ_REGARDLESS, STRICT, Ground
from dam_plugin.library.roles import Roles

BUCKET = "district-media"
ACCOUNT = "arn:aws:iam::123456789012"
ROLES = Roles(f"{ACCOUNT}:role/plugin", f"{ACCOUNT}:role/dam/host", f"{ACCOUNT}:user/delivery")
STRANGER = f"{ACCOUNT}:role/stranger"
ABROAD = "arn:aws:iam::999999999999:user/stranger"
EVERYBODY = (ROLES.host, ROLES.delivery, STRANGER, ABROAD, None)

BY_HEADER = Ground(tells_urls=True, keeps_versions=True)
KEPT = policy.document(BUCKET, ROLES, ground=BY_HEADER)
CLOSED = policy.document(BUCKET, ROLES, ground=Ground(keeps_versions=True))
UNVERSIONED = policy.document(BUCKET, ROLES, ground=STRICT)
BEFORE = {**KEPT, "Statement": [each for each in KEPT["Statement"] if "Url" not in each["Sid"]]}
POLICIES = {"by header": KEPT, "none": CLOSED}

TAG = "s3:ExistingObjectTag/dam-release"
ORIGINAL, COPY = "events/game.jpg", "released/game.jpg"


@dataclass(frozen=True)
class Way:
    """How a request is signed, as AWS tells it in `s3:authType`, `s3:signatureversion` and `s3:x-amz-content-sha256`."""

    kind: str | None
    version: str | None = "AWS4-HMAC-SHA256"
    digest: str | None = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @property
    def context(self) -> dict[str, str]:
        named = {"s3:authType": self.kind, "s3:signatureversion": self.version, "s3:x-amz-content-sha256": self.digest}
        return {name: value for name, value in named.items() if value}


HEADER = Way("REST-HEADER")
# Bytes signed chunk by chunk are signed in the header, too; the digest then says so.
CHUNKED = Way("REST-HEADER", "AWS4-HMAC-SHA256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
OLD_HEADER = Way("REST-HEADER", "AWS", None)
URLS = {
    "URL": Way("REST-QUERY-STRING", digest="UNSIGNED-PAYLOAD"),
    "URL of version 2": Way("REST-QUERY-STRING", "AWS", None),
    "URL in chunks": Way("REST-QUERY-STRING", digest="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    "form": Way("POST"),
    "a way that nobody knows yet": Way("REST-OTHER", "AWS5"),
    "a way that is not told": Way(None, None, None),
}


def read(
    who: str | None,
    key: str,
    tag: str | None,
    way: Way = HEADER,
    action: str = "s3:GetObject",
    *,
    has_iam: bool = False,
    **more: str,
) -> Asked:
    tags = {TAG: tag} if tag else {}
    return Asked(who, action, f"{BUCKET}/{key}", {**tags, **way.context, **more}, has_iam)


# What the host reads


@pytest.mark.parametrize("action", READ_BY_TAG)
@pytest.mark.parametrize("way", [HEADER, CHUNKED, OLD_HEADER], ids=["header", "chunked", "version 2"])
def test_the_host_reads_what_is_for_staff_by_its_header(way: Way, action: str) -> None:
    asked = read(ROLES.host, ORIGINAL, "staff", way, action)
    assert is_granted(KEPT, asked)
    assert not is_granted(CLOSED, asked)


@pytest.mark.parametrize("tag", ["staff", "open", "hold", None])
@pytest.mark.parametrize("action", [*READ_BY_TAG, *READ_REGARDLESS])
@pytest.mark.parametrize("way", URLS)
def test_no_url_of_the_host_opens_an_original(way: str, action: str, tag: str | None) -> None:
    for has_iam in (False, True):
        asked = read(ROLES.host, ORIGINAL, tag, URLS[way], action, has_iam=has_iam)
        assert not any(is_granted(each, asked) for each in POLICIES.values())


@pytest.mark.parametrize("action", READ_BY_TAG)
@pytest.mark.parametrize("way", URLS)
def test_without_these_statements_each_of_them_opens_what_is_for_staff(way: str, action: str) -> None:
    assert is_granted(BEFORE, read(ROLES.host, ORIGINAL, "staff", URLS[way], action))


def test_a_copy_that_a_url_asks_for_reads_its_source_by_the_url() -> None:
    # A presigned PUT with `x-amz-copy-source`: AWS asks for s3:GetObject on the source, signed as the request is.
    assert not is_granted(KEPT, read(ROLES.host, ORIGINAL, "staff", URLS["URL"]))
    assert is_granted(KEPT, read(ROLES.host, ORIGINAL, "staff", HEADER))


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("who", [ROLES.host, ROLES.delivery])
@pytest.mark.parametrize("way", [HEADER, URLS["URL"], URLS["URL of version 2"]], ids=["header", "URL", "version 2"])
def test_what_is_released_opens_to_host_and_delivery_also_by_a_url(name: str, who: str, way: Way) -> None:
    assert is_granted(POLICIES[name], read(who, COPY, "open", way))
    for tag in ("hold", None, "Open"):
        assert not is_granted(POLICIES[name], read(who, COPY, tag, way))


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("tag", ["staff", "open", "hold", None])
def test_delivery_and_strangers_read_no_original_in_any_way(name: str, tag: str | None) -> None:
    for who in EVERYBODY[1:]:
        for way in (HEADER, *URLS.values()):
            for has_iam in (False, who is not None):
                assert not is_granted(POLICIES[name], read(who, ORIGINAL, tag, way, has_iam=has_iam))


def test_on_the_trials_copies_the_hosts_urls_alone_are_refused() -> None:
    key = "released/dam-plugin-url-trial-0a1b"
    for document in POLICIES.values():
        assert is_granted(document, read(ROLES.host, key, "open", HEADER))
        assert not is_granted(document, read(ROLES.host, key, "open", URLS["URL"]))
        assert is_granted(document, read(ROLES.delivery, key, "open", URLS["URL"]))


# What the host writes


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("way", [HEADER, URLS["URL"], URLS["form"]], ids=["header", "URL", "form"])
def test_the_host_uploads_and_lists_and_does_not_tag_or_replace_copies(name: str, way: Way) -> None:
    def may(action: str, key: str, **context: str) -> bool:
        asked = Asked(ROLES.host, action, f"{BUCKET}/{key}", {**way.context, **context}, has_iam=True)
        return is_granted(POLICIES[name], asked)

    assert is_granted(POLICIES[name], Asked(ROLES.host, "s3:ListBucket", BUCKET, way.context))
    assert is_granted(POLICIES[name], Asked(ROLES.host, "s3:PutObject", f"{BUCKET}/{ORIGINAL}", way.context))
    assert not may("s3:PutObject", ORIGINAL, **{"s3:RequestObjectTag/dam-release": "open"})
    for action in ("s3:PutObjectTagging", "s3:PutObjectVersionTagging", "s3:PutObjectAcl", "s3:DeleteObjectTagging"):
        assert not may(action, ORIGINAL)
    for folder in ("released", "evidence", "exports"):
        assert not may("s3:PutObject", f"{folder}/x")
        assert not may("s3:DeleteObject", f"{folder}/x")


@pytest.mark.parametrize("name", POLICIES)
def test_the_host_deletes_originals_and_no_version(name: str) -> None:
    for key, who in ((ORIGINAL, ROLES.host), (COPY, ROLES.host), (ORIGINAL, ROLES.delivery), (ORIGINAL, ABROAD)):
        asked = Asked(who, "s3:DeleteObject", f"{BUCKET}/{key}", HEADER.context)
        assert is_granted(POLICIES[name], asked) == ((key, who) == (ORIGINAL, ROLES.host))
    for who in EVERYBODY:
        version = Asked(who, "s3:DeleteObjectVersion", f"{BUCKET}/{ORIGINAL}", HEADER.context, has_iam=who is not None)
        assert not is_granted(POLICIES[name], version)


def test_where_no_versions_are_kept_the_host_deletes_nothing() -> None:
    assert not is_granted(UNVERSIONED, Asked(ROLES.host, "s3:DeleteObject", f"{BUCKET}/{ORIGINAL}", HEADER.context))


# Laws

WAYS = st.builds(
    Way,
    st.sampled_from([None, "REST-HEADER", "REST-QUERY-STRING", "POST", "rest-header", "REST-HEADER ", ""]),
    st.sampled_from([None, "AWS", "AWS4-HMAC-SHA256"]),
)
REQUESTS = st.builds(
    read,
    st.sampled_from(EVERYBODY),
    st.sampled_from(
        [ORIGINAL, COPY, "released", "Released/x.jpg", "/released/x.jpg", "evidence/a.pdf", "exports/s.zip"]
    ),
    st.sampled_from([None, "staff", "open", "hold", "Staff", "staff ", ""]),
    WAYS,
    st.sampled_from([*READ_BY_TAG, *READ_REGARDLESS]),
    has_iam=st.booleans(),
)


@given(REQUESTS)
def test_whoever_reads_an_original_is_the_host_by_its_header_and_it_is_for_staff(asked: Asked) -> None:
    key = asked.resource.removeprefix(f"{BUCKET}/")
    for document, by_header in ((KEPT, True), (CLOSED, False)):
        if is_granted(document, asked) and not key.startswith("released/"):
            assert by_header
            assert asked.who == ROLES.host
            assert asked.context.get("s3:authType") == "REST-HEADER"
            assert asked.context.get(TAG) in {"staff", "open"}


@given(REQUESTS)
def test_what_is_granted_where_urls_are_not_refused_is_granted_where_they_are(asked: Asked) -> None:
    assert not is_granted(CLOSED, asked) or is_granted(KEPT, asked)


@given(REQUESTS)
def test_the_plugin_reads_everything_in_every_way(asked: Asked) -> None:
    ours: Any = Asked(ROLES.plugin, asked.action, asked.resource, asked.context)
    assert is_granted(KEPT, ours)
    assert is_granted(CLOSED, ours)

"""The bucket policy that holds even without the plugin: three roles → one document, each statement with its reason. No I/O.

An object is read by its tag `dam-release` alone; whoever uploaded it, tags it or grants it by an ACL does not matter.
Sources: IAM User Guide, "Policy evaluation logic"; Ceph Object Gateway, "Bucket Policies"; tests/library/test_policy_on_rgw.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dam_plugin.library.keys import RELEASED
from dam_plugin.library.roles import Roles
from dam_plugin.library.tags import RELEASE

Body = dict[str, Any]

# Everything of ours begins so: such statements are replaced by a new run, all others are somebody else's.
PREFIX = "DamPlugin"

EXISTING = f"s3:ExistingObjectTag/{RELEASE}"
REQUESTED = f"s3:RequestObjectTag/{RELEASE}"
CALLER = "aws:PrincipalArn"

READ = ("s3:GetObject*",)
TAG = (
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
)
# Wildcards, since servers refuse names that they do not know: RGW has no ownership controls, AWS no action to delete a block.
CHANGE_BUCKET = ("s3:DeleteBucket*", "s3:Put*Configuration", "s3:PutBucket*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: why it is there, and what whom it binds (`who`) could do without it."""

    sid: str
    who: str
    reason: str
    without: str
    body: Body


def statements(bucket: str, roles: Roles) -> tuple[Statement, ...]:
    """Return our statements for a bucket: what each role may, then what nobody but the plugin may."""
    return (*_allowed(bucket, roles), *_denied(bucket, roles))


def document(bucket: str, roles: Roles, others: Mapping[str, Any] | None = None) -> Body:
    """Return the policy to be set: every statement of the policy `others` that is not ours as it stands, then ours."""
    kept = dict(others or {})
    kept.setdefault("Version", "2012-10-17")
    ours = [statement.body for statement in statements(bucket, roles)]
    return {**kept, "Statement": [*foreign(kept), *ours]}


def foreign(policy: Mapping[str, Any]) -> list[Body]:
    """Return a policy's statements that are not ours."""
    return [each for each in listed(policy) if not is_ours(each)]


def is_ours(statement: Mapping[str, Any]) -> bool:
    """Whether a statement bears our name."""
    return str(statement.get("Sid", "")).startswith(PREFIX)


def listed(policy: Mapping[str, Any]) -> list[Body]:
    """Return a policy's statements as a list, also where it has only one and no list."""
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def canonical(value: object) -> str:
    """Return a policy or a part of it as a text that is equal for equal ones: servers sort, and unwrap lists of one."""
    if isinstance(value, Mapping) and "Statement" in value:
        value = {**value, "Statement": listed(value)}
    return json.dumps(_canonical(value), sort_keys=True)


def differing(wanted: Iterable[Statement], policy: Mapping[str, Any]) -> list[Statement]:
    """Return the statements that a policy lacks or has otherwise."""
    present = {canonical(each) for each in listed(policy)}
    return [statement for statement in wanted if canonical(statement.body) not in present]


def hides_untagged(policy: Mapping[str, Any], bucket: str, roles: Roles) -> bool:
    """Whether a policy already keeps the host from what is not tagged."""
    named = [each for each in statements(bucket, roles) if each.sid == f"{PREFIX}DenyUntaggedByName"]
    return not differing(named, policy)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return in words which statements of ours come, change and go between two policies; empty where none does."""
    old, new = (
        {each["Sid"]: canonical(each) for each in listed(policy) if is_ours(each)} for policy in (before, after)
    )
    told = {
        "added": [sid for sid in new if sid not in old],
        "changed": [sid for sid in new if sid in old and old[sid] != new[sid]],
        "removed": [sid for sid in old if sid not in new],
    }
    return "; ".join(f"{what}: {', '.join(sids)}" for what, sids in told.items() if sids)


def _allowed(bucket: str, roles: Roles) -> Iterator[Statement]:
    here, objects, copies = _places(bucket, roles)
    yield _allow(
        "Plugin",
        "plugin",
        "An object belongs to its uploader on RGW, so the plugin is allowed by name.",
        "the plugin could not read or tag what others uploaded",
        {"Principal": _aws(roles.plugin), "Action": "s3:*", "Resource": [here, objects]},
    )
    yield _allow(
        "HostUploads",
        "host",
        "The host stores recordings.",
        "the host could not upload",
        {"Principal": _aws(roles.host), "Action": ["s3:AbortMultipartUpload", "s3:PutObject"], "Resource": objects},
    )
    yield _allow(
        "HostLists",
        "host",
        "The host shows what is there.",
        "the host could not list",
        {"Principal": _aws(roles.host), "Action": "s3:ListBucket", "Resource": here},
    )
    yield _allow(
        "HostReads",
        "host",
        "Signed-in staff see what the plugin has found to be ordinary.",
        "staff could see nothing",
        {
            "Principal": _aws(roles.host),
            "Action": list(READ),
            "Resource": objects,
            "Condition": {"StringEquals": {EXISTING: ["open", "staff"]}},
        },
    )
    if roles.delivery:
        yield _allow(
            "DeliveryReads",
            "delivery",
            "A link leads to a released copy that is open, and nowhere else.",
            "no link could be opened",
            {
                "Principal": _aws(roles.delivery),
                "Action": list(READ),
                "Resource": copies,
                "Condition": {"StringEquals": {EXISTING: "open"}},
            },
        )


def _denied(bucket: str, roles: Roles) -> Iterator[Statement]:
    here, objects, copies = _places(bucket, roles)
    all_others, delivery = roles.others(), (roles.delivery,) if roles.delivery else ()
    hold, untagged = "read what is on hold", "read what is not tagged yet"
    # Side by side: two values in one StringNotEquals mean "neither" on AWS, and on RGW "not both", which is always so.
    neither = {"StringNotEquals": {EXISTING: "staff"}, "StringNotLike": {EXISTING: "open"}}
    deny = _Denials(roles)
    yield from deny.each(
        "Hold",
        hold,
        "Without a tag that says so nothing is read, whoever owns the object or was granted it.",
        {"Action": list(READ), "Resource": objects, "Condition": neither},
        (roles.host, *delivery),
    )
    yield from deny.each(
        "Untagged",
        untagged,
        "A tag that is absent does not count as a different one on RGW.",
        {"Action": list(READ), "Resource": objects, "Condition": {"Null": {EXISTING: "true"}}},
        all_others,
    )
    yield from deny.each(
        "Staff",
        "read what only staff may see",
        "What is for staff is for the host alone.",
        {"Action": list(READ), "Resource": objects, "Condition": {"StringNotEquals": {EXISTING: "open"}}},
        delivery,
        exempt_host=True,
    )
    yield from deny.each(
        "Originals",
        f"read originals outside {RELEASED}",
        "An original is never delivered, whatever its tag says.",
        {"Action": list(READ), "NotResource": copies},
        delivery,
        exempt_host=True,
    )
    yield from deny.each(
        "Released",
        f"put a file of its own under {RELEASED}, open as it arrives, or delete a copy",
        "Copies are the plugin's; forms and multipart uploads escape the condition on tags.",
        {"Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"], "Resource": copies},
        all_others,
    )
    yield from deny.each(
        "Pretagged",
        "upload a file that is open as it arrives",
        "Only the plugin says who may read.",
        {"Action": "s3:PutObject", "Resource": objects, "Condition": {"StringLike": {REQUESTED: "*"}}},
        all_others,
    )
    yield from deny.each(
        "Tags",
        "open an object by changing its tags or its ACL",
        "Only the plugin says who may read.",
        {"Action": list(TAG), "Resource": objects},
        all_others,
    )
    yield from deny.each(
        "Delete",
        "delete versions for good, where the bucket is its own",
        "A version that is gone brings back the one before it, which may be readable.",
        {"Action": ["s3:DeleteObjectVersion"], "Resource": objects},
        all_others,
    )
    # By name alone: whoever administers the account must be able to take this policy away again.
    yield _statement(
        "DenyBucketByName",
        _who(roles, all_others),
        "Who is bound by the policy does not change it.",
        "take this policy, the access block or the versioning away, or replicate the bucket elsewhere",
        {"Effect": "Deny", "Principal": _aws(*all_others), "Action": list(CHANGE_BUCKET), "Resource": here},
    )


@dataclass(frozen=True, slots=True)
class _Denials:
    """Writes each denial twice: for host and delivery by name, and for everybody else on earth.

    AWS knows everybody else by `aws:PrincipalArn`, since an account's own IAM policies may grant more than this one. RGW
    never matches that key, but has NotPrincipal, which AWS does not advise: it would name sessions, not roles.
    """

    roles: Roles

    def each(
        self, name: str, could: str, reason: str, body: Body, named: tuple[str, ...], *, exempt_host: bool = False
    ) -> Iterator[Statement]:
        exempt = (self.roles.plugin, *((self.roles.host,) if exempt_host else ()))
        if named:
            yield self._one(f"{name}ByName", _who(self.roles, named), could, reason, body, {"Principal": _aws(*named)})
        # Again side by side, not as a list.
        unless = dict(zip(("ArnNotEquals", "ArnNotLike"), ({CALLER: arn} for arn in exempt), strict=False))
        everybody = {"Principal": "*", "Condition": {**body.get("Condition", {}), **unless}}
        yield self._one(f"{name}ByArn", "anybody", could, reason, body, everybody)
        if not self.roles.is_amazon:
            yield self._one(f"{name}ToOthers", "anybody", could, reason, body, {"NotPrincipal": _aws(*exempt)})

    @staticmethod
    def _one(name: str, who: str, could: str, reason: str, body: Body, to: Body) -> Statement:
        return _statement(f"Deny{name}", who, reason, could, {"Effect": "Deny", **body, **to})


def _allow(name: str, who: str, reason: str, without: str, body: Body) -> Statement:
    return _statement(f"Allow{name}", who, reason, without, {"Effect": "Allow", **body})


def _statement(name: str, who: str, reason: str, without: str, body: Body) -> Statement:
    sid = f"{PREFIX}{name}"
    return Statement(sid, who, reason, without, {"Sid": sid, **body})


def _places(bucket: str, roles: Roles) -> tuple[str, str, str]:
    here = f"arn:{roles.partition}:s3:::{bucket}"
    return here, f"{here}/*", f"{here}/{RELEASED}*"


def _aws(*arns: str) -> Body:
    return {"AWS": list(arns)}


def _who(roles: Roles, arns: tuple[str, ...]) -> str:
    return " or ".join(name for name, arn in roles.named().items() if arn in arns)


def _canonical(value: object) -> object:
    match value:
        case dict():
            return {key: _canonical(each) for key, each in value.items()}
        case list() | tuple():
            # A list of one is the same as the one, a single statement too.
            return sorted((each for one in value for each in _canonical_list(one)), key=str)
        case _:
            return _canonical_list(value)


def _canonical_list(value: object) -> list[str]:
    if isinstance(value, dict):
        return [json.dumps(_canonical(value), sort_keys=True)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]

"""The bucket policy: what each role may do, what all others may not, each statement with its reason; and the document. No I/O.

The tag `dam-release` alone decides who reads an object. Uploader, tagger and ACL do not matter. Which originals the
host itself may read depends on the server, as `Ground` says. Statements of others stay as they are.
Sources: IAM User Guide, "Policy evaluation logic"; Service Authorization Reference, "Amazon S3" (which action knows
which condition); Amazon S3 API Reference, "Signature Version 4 Authentication Specific Policy Keys"; Amazon S3 User
Guide, "Bucket policies" (20 KB at most); Ceph Object Gateway, "Bucket Policies"; tests/library/test_policy_on_rgw.py,
test_policy_on_amazon.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dam_plugin.errors import InputError
from dam_plugin.library.object_keys import EVIDENCE, EXPORTS, LEDGER, RELEASED, URL_TRIAL
from dam_plugin.library.roles import Roles
from dam_plugin.library.tags import RELEASE

Body = dict[str, Any]
# Every Sid of ours begins so. A new run replaces such statements; all others belong to other parties.
PREFIX = "DamPlugin"
EXISTING = f"s3:ExistingObjectTag/{RELEASE}"
REQUESTED = f"s3:RequestObjectTag/{RELEASE}"
CALLER = "aws:PrincipalArn"
ACCOUNT = "aws:PrincipalAccount"
# How a request is signed: in its header, in its URL (which any holder may use), or by a form.
SIGNED = "s3:authType"
BY_HEADER = "REST-HEADER"
EVERY_READ = ("s3:GetObject*",)
# On AWS a condition on a tag stands beside actions that know it. A wildcard would bring in other actions, and
# PutBucketPolicy may refuse a condition that does not apply to an action. RGW refuses names that it does not know, and
# takes the wildcard.
READ_BY_TAG = (
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
)
# Facts about an object that AWS gives away whatever its tags are.
READ_REGARDLESS = (
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
)
TAG = (
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
)
LOCK = ("s3:BypassGovernanceRetention", "s3:PutObjectLegalHold", "s3:PutObjectRetention")
# Actions by which objects arrive with their tags, past every condition on an upload; RGW has no such actions.
REPLICATE = ("s3:Replicate*",)
# Wildcards, since servers refuse names that they do not know: RGW has no ownership controls, AWS no action to delete a
# block.
CHANGE_BUCKET = ("s3:DeleteBucket*", "s3:Delete*Configuration", "s3:Put*Configuration", "s3:PutBucket*")
# The names of statements that other code looks for. URL_TRIALS is in every current policy of ours, and in no earlier
# one.
HOST_DELETES = "HostDeletes"
URLS = "Urls"
URL_TRIALS = "DenyUrlTrialByName"
# The statements that keep principals from changing the bucket who are neither named nor its owner's.
KEEPS_OTHERS = frozenset({f"{PREFIX}DenyBucketByAccount", f"{PREFIX}DenyBucketToOthers"})
MOST_BYTES = 20 * 1024
_UNTAGGED = f"{PREFIX}DenyUntagged"


@dataclass(frozen=True, slots=True)
class Ground:
    """The facts that a policy can rest on at a bucket; without knowledge, each has its strict value.

    `owner` is the ARN of the RGW user who owns the bucket. Without it, the policy keeps only host and delivery from
    changing the bucket there. AWS knows the owner by the account. `tells_urls`: the server heeds `s3:authType`, and so
    refuses a URL that the host signs. Elsewhere the host reads no original, since its URLs would open originals to
    anybody. `keeps_versions`: a deletion by the host only hides an object, so the host may delete originals.
    """

    owner: str | None = None
    tells_urls: bool = False
    keeps_versions: bool = False


STRICT = Ground()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its reason, and what the principals that it binds (`who`) could do without it."""

    sid: str
    who: str
    reason: str
    without: str
    body: Body


def document(bucket: str, roles: Roles, others: Mapping[str, Any] | None = None, *, ground: Ground = STRICT) -> Body:
    """Return the policy to be set: first the statements of `others` that are not ours, unchanged, then ours."""
    kept = dict(others or {})
    kept.setdefault("Version", "2012-10-17")
    ours = [statement.body for statement in statements(bucket, roles, ground)]
    return {**kept, "Statement": [*foreign(kept), *ours]}


def statements(bucket: str, roles: Roles, ground: Ground = STRICT) -> tuple[Statement, ...]:
    """Return our statements for a bucket: first what each role may do, then what only the plugin may do."""
    return (*_allowed(bucket, roles, ground), *_denied(bucket, roles, ground))


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
    """Return a policy or a part of it as a text, the same for equal policies: servers sort, and unwrap lists of one."""
    if isinstance(value, Mapping) and "Statement" in value:
        value = {**value, "Statement": listed(value)}
    return json.dumps(_canonical(value), sort_keys=True)


def differing(wanted: Iterable[Statement], policy: Mapping[str, Any]) -> list[Statement]:
    """Return the statements that a policy lacks or holds in another form."""
    present = {canonical(each) for each in listed(policy)}
    return [statement for statement in wanted if canonical(statement.body) not in present]


def written(policy: Mapping[str, Any], bucket: str) -> str:
    """Return a policy as it is sent. Raises InputError if S3 would find it too long."""
    text = json.dumps(policy, separators=(",", ":"))
    size = len(text.encode())
    if size > MOST_BYTES:
        raise InputError(
            f"the policy of bucket {bucket} would have {size} bytes, and S3 takes {MOST_BYTES}: take statements of others out "
            f"({len(foreign(policy))} are there)"
        )
    return text


def hides_untagged(policy: Mapping[str, Any], bucket: str, roles: Roles) -> bool:
    """Whether a policy of ours, perhaps for other roles, already hides untagged objects from this host."""
    ours = [each.body for each in statements(bucket, roles) if each.sid.startswith(_UNTAGGED)]
    wanted = {canonical(_what(each)) for each in ours}
    return any(
        str(each.get("Sid")).startswith(_UNTAGGED) and canonical(_what(each)) in wanted and _binds(each, roles.host)
        for each in listed(policy)
    )


def reads_by_header(policy: Mapping[str, Any]) -> bool:
    """Whether a policy of ours lets the host read originals by header-signed requests: right where the server heeds that."""
    return any(str(each.get("Sid")).startswith(f"{PREFIX}Deny{URLS}") for each in listed(policy))


def is_of_before(policy: Mapping[str, Any]) -> bool:
    """Whether the policy holds statements of ours from an earlier version, which let the host sign URLs of originals."""
    ours = [str(each["Sid"]) for each in listed(policy) if is_ours(each)]
    return bool(ours) and f"{PREFIX}{URL_TRIALS}" not in ours


def stands(policy: Mapping[str, Any], bucket: str, roles: Roles, ground: Ground) -> bool:
    """Whether our statements are in the policy as intended, with or without the host reading originals by its header."""
    grounds = (replace(ground, tells_urls=tells) for tells in (False, True))
    return any(not changes(policy, document(bucket, roles, policy, ground=each)) for each in grounds)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return in words which statements of ours come, change and go between two policies; empty if none does."""
    old, new = _by_sid(before), _by_sid(after)
    told = {
        "added": [sid for sid in new if sid not in old],
        "changed": [sid for sid in new if sid in old and old[sid] != new[sid]],
        "removed": [sid for sid in old if sid not in new],
    }
    if new and not old:
        return f"added: all {len(new)} statements"
    return "; ".join(f"{what}: {', '.join(sids)}" for what, sids in told.items() if sids)


def _allowed(bucket: str, roles: Roles, ground: Ground) -> Iterator[Statement]:
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
    if ground.keeps_versions:
        yield _allow(
            HOST_DELETES,
            "host",
            "A family's wish, or a mistake: what the host deletes is hidden, and its versions stay.",
            "the host could not delete a recording",
            {"Principal": _aws(roles.host), "Action": "s3:DeleteObject", "Resource": objects},
        )
    if ground.tells_urls:
        reason = "Signed-in staff see what the plugin has found to be ordinary."
        where, tags = objects, ["open", "staff"]
    else:
        reason = "The host shows copies that are open; an original it would open to anybody by a URL that it signs."
        where, tags = copies, ["open"]
    yield _allow(
        "HostReads",
        "host",
        reason,
        "staff could see nothing",
        {
            "Principal": _aws(roles.host),
            "Action": _reads(roles),
            "Resource": where,
            "Condition": {"StringEquals": {EXISTING: tags}},
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
                "Action": _reads(roles),
                "Resource": copies,
                "Condition": {"StringEquals": {EXISTING: "open"}},
            },
        )


def _denied(bucket: str, roles: Roles, ground: Ground) -> Iterator[Statement]:
    here, _, _ = _places(bucket, roles)
    deny = _Denials(roles)
    yield from _denied_reads(bucket, roles, deny, ground)
    yield from _denied_writes(bucket, roles, deny)
    reason, could = (
        "Who is bound by the policy does not change it.",
        "take this policy, the access block or the versioning away, or replicate the bucket elsewhere",
    )
    change: Body = {"Effect": "Deny", "Action": list(CHANGE_BUCKET), "Resource": here}
    named = roles.others()
    yield _statement("DenyBucketByName", _who(roles, named), reason, could, {**change, "Principal": _aws(*named)})
    # The bucket's owner and its account's administrators must be able to take this policy away again.
    if roles.account:
        unless = {"StringNotEquals": {ACCOUNT: roles.account}}
        body: Body = {**change, "Principal": "*", "Condition": unless}
        yield _statement("DenyBucketByAccount", "anybody of another account", reason, could, body)
    elif ground.owner:
        spared = _aws(*dict.fromkeys((roles.plugin, ground.owner)))
        body = {**change, "NotPrincipal": spared}
        yield _statement("DenyBucketToOthers", "anybody but the bucket's owner", reason, could, body)


def _denied_reads(bucket: str, roles: Roles, deny: _Denials, ground: Ground) -> Iterator[Statement]:
    here, objects, copies = _places(bucket, roles)
    reads, delivery = _reads(roles), (roles.delivery,) if roles.delivery else ()
    # INVARIANT: the host reads an original only where the server refuses the URLs that it signs.
    kept_off = delivery if ground.tells_urls else roles.others()
    # Separate conditions: two values in one StringNotEquals mean "neither" on AWS, and "not both" on RGW, which always
    # holds.
    neither = {"StringNotEquals": {EXISTING: "staff"}, "StringNotLike": {EXISTING: "open"}}
    yield from deny.each(
        "Hold",
        "read what is on hold",
        "Without a tag that says so nothing is read, whoever owns the object or was granted it.",
        {"Action": reads, "Resource": objects, "Condition": neither},
        (roles.host, *delivery),
    )
    yield from deny.each(
        "Untagged",
        "read what is not tagged yet",
        "A tag that is absent does not count as a different one on RGW.",
        {"Action": reads, "Resource": objects, "Condition": {"Null": {EXISTING: "true"}}},
        roles.others(),
    )
    yield from deny.each(
        "Staff",
        "read what only staff may see",
        "What is for staff is for the host alone, and for the plugin alone where the host's URLs would open it.",
        {"Action": reads, "Resource": objects, "Condition": {"StringNotEquals": {EXISTING: "open"}}},
        kept_off,
        exempt_host=ground.tells_urls,
    )
    yield from deny.each(
        "Originals",
        f"read originals outside {RELEASED}",
        "An original is never delivered, whatever its tag says.",
        {"Action": list(EVERY_READ), "NotResource": copies},
        kept_off,
        exempt_host=ground.tells_urls,
    )
    # Denies every request that is not signed in the header, not only those signed in the URL: an unknown way is
    # refused.
    unsigned = {"StringNotEquals": {SIGNED: BY_HEADER}}
    if ground.tells_urls:
        yield from deny.each(
            URLS,
            "let anybody read an original by a URL that it signs",
            "A signed URL opens to whoever holds it, signed in or not.",
            {"Action": reads, "NotResource": copies, "Condition": unsigned},
            (roles.host,),
        )
    trial: Body = {"Effect": "Deny", "Action": reads, "Resource": f"{here}/{URL_TRIAL}*", "Condition": unsigned}
    yield _statement(
        URL_TRIALS,
        "host",
        "On such copies, which are empty, it is tried whether this server refuses a URL that the host signs.",
        "not be tried on whether its URLs are refused",
        {**trial, "Principal": _aws(roles.host)},
    )
    if roles.is_amazon:
        yield from deny.each(
            "Regardless",
            "read of an object what AWS gives away whatever its tags, or replicate it",
            "These actions know no condition on tags.",
            {"Action": list(READ_REGARDLESS), "Resource": objects},
            roles.others(),
        )


def _denied_writes(bucket: str, roles: Roles, deny: _Denials) -> Iterator[Statement]:
    here, objects, copies = _places(bucket, roles)
    others, papers, sets = roles.others(), f"{here}/{EVIDENCE}*", f"{here}/{EXPORTS}*"
    heads = f"{here}/{LEDGER}*"
    yield from deny.each(
        "Ours",
        f"put a file of its own under {RELEASED}, open as it arrives, replace evidence, a set or the ledger's end, or delete "
        "any of them",
        "Copies, evidence, exports and the ledger's end are ours; forms and multipart uploads escape the condition on tags.",
        {
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"],
            "Resource": [copies, papers, sets, heads],
        },
        others,
    )
    yield from deny.each(
        "Pretagged",
        "upload a file that is open as it arrives",
        "Only the plugin says who may read.",
        {"Action": "s3:PutObject", "Resource": objects, "Condition": {"StringLike": {REQUESTED: "*"}}},
        others,
    )
    yield from deny.each(
        "Tags",
        "open an object by changing its tags or its ACL, or lock it for good",
        "Only the plugin says who may read.",
        {"Action": [*TAG, *LOCK, *(REPLICATE if roles.is_amazon else ())], "Resource": objects},
        others,
    )
    yield from deny.each(
        "Delete",
        "delete versions for good, where the bucket is its own",
        "A version that is gone brings back the one before it, which may be readable.",
        {"Action": ["s3:DeleteObjectVersion"], "Resource": objects},
        others,
    )


@dataclass(frozen=True, slots=True)
class _Denials:
    """Writes each denial twice: once for host and delivery by name, once for everybody else.

    On AWS `aws:PrincipalArn` means everybody else, since an account's own IAM policies may grant more than this one.
    RGW never matches that key, but has NotPrincipal. AWS advises against NotPrincipal: it would name sessions, not
    roles.
    """

    roles: Roles

    def each(
        self, name: str, could: str, reason: str, body: Body, named: tuple[str, ...], *, exempt_host: bool = False
    ) -> Iterator[Statement]:
        exempt = (self.roles.plugin, *((self.roles.host,) if exempt_host else ()))
        if named:
            yield self._one(f"{name}ByName", _who(self.roles, named), could, reason, body, {"Principal": _aws(*named)})
        # Again separate conditions, not a list.
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


def _reads(roles: Roles) -> list[str]:
    return list(READ_BY_TAG if roles.is_amazon else EVERY_READ)


def _places(bucket: str, roles: Roles) -> tuple[str, str, str]:
    here = f"arn:{roles.partition}:s3:::{bucket}"
    return here, f"{here}/*", f"{here}/{RELEASED}*"


def _aws(*arns: str) -> Body:
    return {"AWS": list(arns)}


def _who(roles: Roles, arns: tuple[str, ...]) -> str:
    return " or ".join(name for name, arn in roles.named().items() if arn in arns)


def _by_sid(policy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return our statements by Sid. RGW accepts several with one Sid."""
    found: dict[str, list[str]] = {}
    for each in listed(policy):
        if is_ours(each):
            found.setdefault(str(each["Sid"]), []).append(canonical(each))
    return {sid: sorted(texts) for sid, texts in found.items()}


def _what(statement: Mapping[str, Any]) -> Body:
    """Return the parts of a statement other than the principals that it binds."""
    conditions = _mapping(statement.get("Condition"))
    unless = {key: value for key, value in conditions.items() if CALLER not in _mapping(value)}
    about = {key: value for key, value in statement.items() if key not in {"Sid", "Principal", "NotPrincipal"}}
    return {**about, "Condition": unless}


def _binds(statement: Mapping[str, Any], arn: str) -> bool:
    spared = canonical(statement.get("NotPrincipal", {})) + canonical(statement.get("Condition", {}))
    if json.dumps(arn) in spared:
        return False
    named = statement.get("Principal", "*")
    return named == "*" or json.dumps(arn) in canonical(named)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _canonical(value: object) -> object:
    match value:
        case dict():
            return {key: _canonical(each) for key, each in value.items()}
        case list() | tuple():
            # A list of one equals its only element, also for a single statement.
            return sorted((each for one in value for each in _canonical_list(one)), key=str)
        case _:
            return _canonical_list(value)


def _canonical_list(value: object) -> list[str]:
    if isinstance(value, dict):
        return [json.dumps(_canonical(value), sort_keys=True)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]

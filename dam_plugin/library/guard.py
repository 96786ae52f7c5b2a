"""A bucket guarded: the policy, the access block and the ownership set, tried, and looked at again.

What others wrote into the policy stays as it is, and so does every switch that is already on. Sources: Amazon S3 User
Guide, "Blocking public access" and "Controlling ownership of objects"; what RGW cannot do was found by trying.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library import exposure, policy, trial
from dam_plugin.library.clients import anonymous_s3_client, is_amazon, s3_client
from dam_plugin.library.exposure import ENFORCED, NEEDED_BLOCK, Exposure
from dam_plugin.library.faults import code_of, host_of, told
from dam_plugin.library.measure import Measure
from dam_plugin.library.roles import Roles
from dam_plugin.library.s3 import check_bucket_name
from dam_plugin.library.untagged import count

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef

# A setting is read back as it was a moment ago where the server spreads it first.
READ_BACKS = 6
READ_BACK_SECONDS = 1.0
SAMPLE = 5

_ABSENT = frozenset(
    {"NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError", "NoSuchTagSet"}
)
_ACLS_OFF = "; where uploads are refused, as on RGW 18, turn BlockPublicAcls off: IgnorePublicAcls is enough"
_ACLS_LEFT_OUT = "; not BlockPublicAcls, with which RGW 18 refuses every upload"
_UNKNOWN_HERE = frozenset({"InvalidArgument", "MethodNotAllowed", "NotImplemented", "XNotImplemented", "501"})


def apply(
    bucket: str, roles: Roles, *, hide_untagged: bool, dry_run: bool, delivery: tuple[str, str] | None = None
) -> list[Measure]:
    """Guard a bucket; a second time changes nothing. `delivery` is that role's access key and secret, to try it with.

    Raises InputError where objects without `dam-release` would be hidden and that was not asked for, AssetMissing,
    StorageUnreachable, StorageError; what was set until then stays, and running it again takes up there.
    """
    with _at(bucket) as guarded:
        _check_server(guarded.client, roles)
        before = guarded.read_policy() or {}
        steps = [_counted(guarded.client, bucket, roles, before, hide_untagged=hide_untagged)]
        # The policy goes first: RGW takes any policy for a public one, and a block refuses those.
        steps += guarded.policy(roles, dry_run=dry_run)
        ownership = guarded.ownership(dry_run=dry_run)
        steps += [ownership, guarded.block(dry_run=dry_run, enforced=ownership.state != "not here")]
        if any(step.state == "changed" for step in steps):
            steps += trial.tried(guarded.client, bucket, delivery)
        return steps


def check(bucket: str, roles: Roles) -> tuple[list[Exposure], list[str]]:
    """Return what outsiders could do, and what the server does not have; changes nothing."""
    with _at(bucket) as guarded:
        _check_server(guarded.client, roles)
        block, ownership = guarded.read_block(), guarded.read_ownership()
        acl = guarded.client.get_bucket_acl(Bucket=bucket)
        found = [*exposure.of_policy(guarded.read_policy() or {}, bucket, roles), *exposure.of_block(block)]
        if ownership not in (ENFORCED, None):
            found.append(Exposure("an uploader of another account", "decide who reads its upload", exposure.APPLY))
        if ownership != ENFORCED:
            ignored = "IgnorePublicAcls" in (block or ())
            found += exposure.of_acl(acl["Grants"], acl.get("Owner", {}).get("ID"), public_ignored=ignored)
        found += guarded.open_to_anybody()
        lacking = {"ownership controls": ownership is None, "a public access block": block is None}
        return found, [name for name, is_lacking in lacking.items() if is_lacking]


@contextmanager
def _at(bucket: str) -> Iterator[_Guarded]:
    check_bucket_name(bucket)
    client = s3_client()
    try:
        with told(f"bucket {bucket}", host_of(client.meta.endpoint_url)):
            yield _Guarded(client, bucket)
    finally:
        client.close()


class _Guarded:
    def __init__(self, client: S3Client, name: str) -> None:
        self.client = client
        self._name = name

    # Looked at

    def read_policy(self) -> dict[str, Any] | None:
        """Return the bucket's policy, None where it has none."""
        try:
            text = self.client.get_bucket_policy(Bucket=self._name)["Policy"]
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise
            return None
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise StorageError(f"the policy of bucket {self._name} is not JSON: mend it or delete it first")
        return found

    def read_block(self) -> frozenset[str] | None:
        """Return the switches of the access block that are on, None where the server has no access blocks."""
        try:
            found = self.client.get_public_access_block(Bucket=self._name)["PublicAccessBlockConfiguration"]
        except ClientError as error:
            if code_of(error) in _UNKNOWN_HERE:
                return None
            if code_of(error) not in _ABSENT:
                raise
            return frozenset()
        return frozenset(flag for flag, is_on in found.items() if is_on)

    def read_ownership(self) -> str | None:
        """Return who owns objects, "" where that was never set; None where the server does not know the question."""
        try:
            controls = self.client.get_bucket_ownership_controls(Bucket=self._name).get("OwnershipControls", {})
        except ClientError as error:
            if code_of(error) in _UNKNOWN_HERE:
                return None
            if code_of(error) not in _ABSENT:
                raise
            return ""
        # RGW answers another question, with 200: the answer has no rules.
        rules = controls.get("Rules", [])
        return rules[0]["ObjectOwnership"] if rules else None

    def open_to_anybody(self) -> Iterator[Exposure]:
        """Ask without credentials for the listing and for some objects."""
        some = self.client.list_objects_v2(Bucket=self._name, MaxKeys=SAMPLE).get("Contents", [])
        stranger = anonymous_s3_client()
        try:
            if trial.works(lambda: stranger.list_objects_v2(Bucket=self._name, MaxKeys=1)):
                yield Exposure("anybody", "list what there is, names of files included (tried)", exposure.APPLY)
            reads = (partial(stranger.head_object, Bucket=self._name, Key=each["Key"]) for each in some)
            if any(trial.works(read) for read in reads):
                yield Exposure("anybody", "read objects without credentials (tried)", exposure.APPLY)
        finally:
            stranger.close()

    # Set

    def policy(self, roles: Roles, *, dry_run: bool) -> Iterator[Measure]:
        """Put our statements beside those of others; where that locks the plugin out, put back what was there."""
        before = self.read_policy()
        wanted = policy.document(self._name, roles, before)
        others = [str(each.get("Sid") or "without a Sid") for each in policy.foreign(before or {})]
        if others:
            yield Measure("others' statements", "kept", f"{len(others)} stay as they are: {', '.join(others)}")
        changes = policy.changes(before or {}, wanted)
        if not changes:
            yield Measure("policy", "done", f"all {len(policy.statements(self._name, roles))} statements are there")
        elif dry_run:
            yield Measure("policy", "to do", changes)
        else:
            with self._lifted(roles):
                self._put_policy(wanted)
            if trial.locks_out(self.client, self._name):
                with self._lifted(roles):
                    self._restore(before)
                raise StorageError(
                    f"under the policy the plugin's own role could not read in bucket {self._name}: the policy that was "
                    "there is back; check --plugin"
                )
            yield Measure("policy", "changed", changes)

    def ownership(self, *, dry_run: bool) -> Measure:
        """Let the bucket's owner own every upload, and ACLs mean nothing, where the server can."""
        step, present = "ownership", self.read_ownership()
        absent = Measure(step, "not here", "the server has no ownership controls: the policy names the plugin instead")
        if present == ENFORCED:
            return Measure(step, "done", ENFORCED)
        if dry_run:
            return absent if present is None else Measure(step, "to do", f"set {ENFORCED}")
        try:
            self.client.put_bucket_ownership_controls(
                Bucket=self._name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            )
        except ClientError as error:
            if code_of(error) == "InvalidBucketAclWithObjectOwnership":
                raise StorageError(
                    f"the ACL of bucket {self._name} grants something to others: make it private, then run this again"
                ) from None
            if code_of(error) not in _UNKNOWN_HERE:
                raise
            return absent
        return Measure(step, "changed", f"{ENFORCED}: ACLs mean nothing any more")

    def block(self, *, dry_run: bool, enforced: bool) -> Measure:
        """Turn the access block on; a switch that is on stays on.

        BlockPublicAcls only where ownership is enforced, as on AWS: RGW 18 then refuses every upload, with an ACL or not.
        """
        step, on = "public access block", self.read_block()
        if on is None:
            return Measure(step, "not here", "the server has no access blocks: whoever uploads may open by ACL")
        wanted = on | set(NEEDED_BLOCK) | ({"BlockPublicAcls"} if enforced else set())
        told_flags = ", ".join(sorted(wanted))
        if not enforced:
            told_flags += _ACLS_OFF if "BlockPublicAcls" in wanted else _ACLS_LEFT_OUT
        if on == wanted:
            return Measure(step, "done", told_flags)
        if dry_run:
            return Measure(step, "to do", told_flags)
        could_upload = trial.can_upload(self.client, self._name)
        self._put_block(wanted)
        if could_upload and not trial.can_upload(self.client, self._name):
            self._put_block(on | set(NEEDED_BLOCK))
            told_flags = (
                f"{', '.join(sorted(on | set(NEEDED_BLOCK)))}; with BlockPublicAcls this server refuses uploads"
            )
        return Measure(step, "changed", told_flags)

    @contextmanager
    def _lifted(self, roles: Roles) -> Iterator[None]:
        """Take BlockPublicPolicy off for as long as it takes: RGW 18 would refuse a policy that allows anybody anything."""
        on = frozenset() if roles.is_amazon else self.read_block() or frozenset()
        if "BlockPublicPolicy" not in on:
            yield
            return
        self._put_block(on - {"BlockPublicPolicy"})
        try:
            yield
        finally:
            self._put_block(on)

    def _put_policy(self, wanted: dict[str, Any]) -> None:
        try:
            self.client.put_bucket_policy(Bucket=self._name, Policy=json.dumps(wanted))
        except ClientError as error:
            match code_of(error):
                case "MalformedPolicy" | "InvalidArgument" as code:
                    raise StorageError(
                        f"bucket {self._name} does not take the policy ({code}): a role may not exist, or a statement of "
                        "others cannot stay; `dam-plugin policy print` shows ours"
                    ) from None
                case "AccessDenied":
                    raise StorageError(
                        f"bucket {self._name} refuses its policy to these credentials (AccessDenied): use the owner's; "
                        "or a statement of others opens it to the public, which its access block forbids: take that out"
                    ) from None
                case _:
                    raise
        for attempt in range(READ_BACKS):
            if policy.canonical(self.read_policy() or {}) == policy.canonical(wanted):
                return
            time.sleep(READ_BACK_SECONDS if attempt < READ_BACKS - 1 else 0)
        raise StorageError(
            f"bucket {self._name} does not keep the policy as it was given: `dam-plugin policy check` says what is missing"
        )

    def _restore(self, before: dict[str, Any] | None) -> None:
        if before is None:
            self.client.delete_bucket_policy(Bucket=self._name)
        else:
            self.client.put_bucket_policy(Bucket=self._name, Policy=json.dumps(before))

    def _put_block(self, flags: frozenset[str]) -> None:
        switches: PublicAccessBlockConfigurationTypeDef = {
            "BlockPublicAcls": "BlockPublicAcls" in flags,
            "IgnorePublicAcls": "IgnorePublicAcls" in flags,
            "BlockPublicPolicy": "BlockPublicPolicy" in flags,
            "RestrictPublicBuckets": "RestrictPublicBuckets" in flags,
        }
        self.client.put_public_access_block(Bucket=self._name, PublicAccessBlockConfiguration=switches)


def _check_server(client: S3Client, roles: Roles) -> None:
    """Raise InputError for ARNs in the form of another server: its statements would bind nobody here."""
    amazon = is_amazon(client.meta.endpoint_url)
    if amazon and not roles.is_amazon:
        raise InputError("these ARNs are Ceph's, and the server is Amazon's: write arn:aws:iam::ACCOUNT:role/NAME")
    if not amazon and roles.is_amazon:
        raise InputError(
            "these ARNs name an account of Amazon's, and the server is another: write arn:aws:iam:::user/NAME, or "
            "arn:aws:iam::TENANT:user/NAME, as its users are called there"
        )


def _counted(client: S3Client, bucket: str, roles: Roles, before: dict[str, Any], *, hide_untagged: bool) -> Measure:
    """Count what the policy would hide, unless it hides it already: then a new upload that waits for its tag is in order."""
    if policy.hides_untagged(before, bucket, roles):
        return Measure("objects", "done", "without dam-release they are hidden from the host already")
    found = count(client, bucket)
    if not found.newest + found.older:
        return Measure("objects", "done", f"all {found.seen} carry dam-release")
    # What is older stands in nobody's way: staff see the newest version, and only that is ever tagged.
    if found.newest and not hide_untagged:
        raise InputError(
            f"{found.newest} object(s) in bucket {bucket} carry no dam-release tag, and the host could no longer read "
            "them: run `dam-plugin reconcile` first, which tags them, or say --hide-untagged"
        )
    hidden = f"{found.newest} object(s) and {found.older} older version(s)"
    return Measure("objects", "kept", f"{hidden} without dam-release are hidden from the host")

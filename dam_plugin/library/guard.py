"""Guards a bucket: sets the policy, the access block and the ownership, tries them, and checks them later.

Statements of others in the policy stay unchanged, and so does every switch that is already on. Sources: Amazon S3 User
Guide, "Blocking public access" and "Controlling ownership of objects"; RGW's limits were found by trying.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library import outsiders, policy, policy_trials
from dam_plugin.library.bucket import REFUSED, UNKNOWN_HERE, Bucket
from dam_plugin.library.clients import anonymous_s3_client, is_amazon, s3_client
from dam_plugin.library.outsiders import ENFORCED, NEEDED_BLOCK, Checked, Exposure
from dam_plugin.library.policy import Ground, statements
from dam_plugin.library.policy_trials import Measure, Standing, Verdict
from dam_plugin.library.roles import Roles
from dam_plugin.library.s3 import check_bucket_name
from dam_plugin.library.storage_errors import code_of, host_of, told
from dam_plugin.library.tags import count_untagged

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Whose servers the bucket lies on, where the operator says so: Amazon's heed `s3:authType`, others are not known to.
Server = Literal["aws", "other"]
Connect = Callable[[], "S3Client"]

# Some servers take a moment to spread a setting, so it may still read back as it was before.
READ_BACKS = 6
READ_BACK_SECONDS = 1.0
SAMPLE = 5

_ACLS_OFF = "; where uploads are refused, as on RGW 18, turn BlockPublicAcls off: IgnorePublicAcls is enough"
_ACLS_LEFT_OUT = "; not BlockPublicAcls, with which RGW 18 refuses every upload"
_DESTROYED = (
    "the bucket is the host's and keeps no versions: what the host deletes, originals too, is gone for good; "
    "turn versioning on, or let the plugin own the bucket"
)
STAFF_GET = (
    "staff get a copy of one by `dam-plugin share KEY --to school_official:NAME --purpose inspection --as custodian:NAME "
    "--evidence FILE`, or your host asks for it over HTTP"
)
_BY_HEADER = "the host reads what is for staff by requests that it signs in the header; a URL that it signs is refused"
_NONE = "the host reads no original"
_BY_URL = "open an original by a URL that the host signs"
_OPENED = f"this server does not heed s3:authType, and would open to anybody a URL that the host signs: so {_NONE}"
_NOT_THE_HOST = "the host's credentials do not list, or do not read an open copy: check them and --host"
_UNTRIED: dict[Verdict, str] = {
    "not tried": "these credentials may not write a copy to try it on, run it with the plugin's",
    "locked": "the bucket locks what is stored (Object Lock), and what it is tried on would stay",
}
_GIVE = "give the host's credentials (--host-profile, or DAM_PLUGIN_HOST_ACCESS_KEY_ID and its secret)"


def apply(
    bucket: str,
    roles: Roles,
    *,
    hide_untagged: bool,
    dry_run: bool,
    delivery: tuple[str, str] | None = None,
    host: Connect | None = None,
    server: Server | None = None,
) -> list[Measure]:
    """Guard a bucket; a second run changes nothing. `delivery` is the access key and secret of that role, for the trial.

    The host may read originals in two cases. Either a trial with its own credentials (`host` connects with them) shows
    that the server refuses what it must refuse; or there is no trial, and the operator says that the `server` is
    Amazon's.
    Raises InputError if objects without `dam-release` would be hidden and the caller did not ask for that, or if
    `--plugin` names no existing user; StorageError where the plugin could not work under the policy (the earlier policy
    is then restored); AssetMissing and StorageUnreachable. Other settings made before an error stay, and a second run
    continues from there.
    """
    with _at(bucket) as guarded:
        _check_server(guarded.client, roles)
        amazon = is_amazon(guarded.client.meta.endpoint_url)
        if server == "aws" and not amazon:
            raise InputError(f"--server aws is for Amazon's own servers, and this one is another: {_GIVE} instead")
        before = guarded.read_policy() or {}
        steps = [_counted(guarded.client, bucket, roles, before, hide_untagged=hide_untagged)]
        # The policy goes first: RGW takes any policy for a public one, and a block refuses those.
        ground, standing, verdict = guarded.ground(roles), None, None
        if host is not None and server != "other" and not dry_run:
            if not policy.stands(before, bucket, roles, ground):
                # INVARIANT: trials run under the strict policy, never under a policy that would open something.
                policy_steps, standing = guarded.policy(roles, ground, dry_run=False)
                steps += policy_steps
            with closing(host()) as client:
                verdict = guarded.verdict(client, attempts=READ_BACKS if amazon else 1)
        named = server == "aws" and verdict in (None, "not tried", "locked")
        ground = replace(ground, tells_urls=verdict == "refused" or named)
        if standing is None or ground.tells_urls:
            policy_steps, standing = guarded.policy(roles, ground, dry_run=dry_run)
            steps += policy_steps
        steps.append(_originals(verdict, server, ground, amazon=amazon, is_to_be_tried=dry_run and host is not None))
        with guarded.rest():
            ownership = guarded.ownership(dry_run=dry_run)
            steps += [ownership, guarded.block(dry_run=dry_run, enforced=ownership.state != "not here")]
        steps += [Measure("versioning", "warning", each) for each in guarded.warnings(roles, ground.owner)]
        if any(step.state == "changed" for step in steps):
            steps += policy_trials.tried(guarded.client, bucket, delivery, administers=standing == "somebody else")
        return steps


def check(bucket: str, roles: Roles, *, host: Connect | None = None) -> Checked:
    """Return what outsiders could do, and other facts to know. Changes nothing.

    `host` connects with the host's own credentials. With it, the check tries what the host's URLs open, on empty
    objects that are then deleted for good. On a server that ignores digests, one more object lies under `released/` for
    a moment.
    """
    with _at(bucket) as guarded:
        _check_server(guarded.client, roles)
        standing = guarded.read_policy() or {}
        by_header = policy.reads_by_header(standing)
        ground = replace(guarded.ground(roles), tells_urls=by_header)
        block, ownership = guarded.read_block(), guarded.read_ownership()
        acl = guarded.client.get_bucket_acl(Bucket=bucket)
        found = [
            *outsiders.of_policy(standing, bucket, roles, ground=ground),
            *outsiders.of_versions(standing, keeps_versions=guarded.keeps_versions()),
            *outsiders.of_block(block),
            *outsiders.of_nobody(
                roles, None if roles.is_amazon else policy_trials.known(guarded.client, bucket, roles)
            ),
        ]
        if ownership not in (ENFORCED, None):
            found.append(Exposure("an uploader of another account", "decide who reads its upload", outsiders.APPLY))
        if ownership != ENFORCED:
            ignored = "IgnorePublicAcls" in (block or ())
            found += outsiders.of_acl(acl["Grants"], acl.get("Owner", {}).get("ID"), public_ignored=ignored)
        found += guarded.open_to_anybody()
        by_urls, originals = guarded.by_urls(host, by_header=by_header)
        found += by_urls
        if not any(map(policy.is_ours, policy.listed(standing))):
            originals = "no policy of ours says what the host reads"
        lacking = {"ownership controls": ownership is None, "a public access block": block is None}
        lacks = [name for name, is_lacking in lacking.items() if is_lacking]
        return Checked(found, lacks, guarded.warnings(roles, ground.owner), originals)


Guard = Literal["none", "of a version before", "stands"]


def guard_of(bucket: str) -> Guard:
    """Return whether the bucket's policy has statements of ours, for any roles. Raises StorageError.

    `of a version before`: they let anybody open an original for staff by a URL that the host signs.
    """
    with _at(bucket) as guarded:
        standing = guarded.read_policy() or {}
    if policy.is_of_before(standing):
        return "of a version before"
    return "stands" if any(map(policy.is_ours, policy.listed(standing))) else "none"


def _originals(
    verdict: Verdict | None, server: Server | None, ground: Ground, *, amazon: bool, is_to_be_tried: bool
) -> Measure:
    """Say in plain words which originals the host reads from now on, and how staff get an original that it does not read."""
    step = "originals"
    if ground.tells_urls:
        how = "tried" if verdict == "refused" else "--server aws says so; not tried"
        return Measure(step, "done", f"{_BY_HEADER} ({how})")
    if is_to_be_tried and server != "other":
        return Measure(step, "not tried", "whether a URL that the host signs is refused is not tried in a dry run")
    if verdict == "not the host":
        return Measure(step, "failed", f"{_NOT_THE_HOST}; until then {_NONE}")
    if verdict == "opened":
        return Measure(step, "done", f"{_OPENED} (tried); {STAFF_GET}")
    if server == "other":
        return Measure(step, "done", f"{_NONE} (--server other says so); {STAFF_GET}")
    named = ", or say --server aws" if amazon else ""
    untried = (_UNTRIED.get(verdict) if verdict else None) or f"to have it tried, {_GIVE}"
    why = "since nobody tried whether this server refuses a URL that the host signs"
    return Measure(step, "done", f"{_NONE}, {why}; {untried}{named}. Meanwhile {STAFF_GET}")


@contextmanager
def _at(bucket: str) -> Iterator[_Guarded]:
    check_bucket_name(bucket)
    client = s3_client()
    try:
        with told(f"bucket {bucket}", host_of(client.meta.endpoint_url)):
            yield _Guarded(client, bucket)
    finally:
        client.close()


class _Guarded(Bucket):
    def open_to_anybody(self) -> Iterator[Exposure]:
        """Ask without credentials for the listing and for some objects."""
        some = self.client.list_objects_v2(Bucket=self.name, MaxKeys=SAMPLE).get("Contents", [])
        stranger = anonymous_s3_client()
        try:
            if policy_trials.works(lambda: stranger.list_objects_v2(Bucket=self.name, MaxKeys=1)):
                yield Exposure("anybody", "list what there is, names of files included (tried)", outsiders.APPLY)
            reads = (partial(stranger.head_object, Bucket=self.name, Key=each["Key"]) for each in some)
            if any(policy_trials.works(read) for read in reads):
                yield Exposure("anybody", "read objects without credentials (tried)", outsiders.APPLY)
        finally:
            stranger.close()

    def verdict(self, host: S3Client, *, attempts: int = 1) -> Verdict:
        """Try whether a URL that the host signs is refused."""
        if self.locks_uploads():
            return "locked"
        return policy_trials.verdict_on_urls(self.client, self.name, host, attempts=attempts)

    def by_urls(self, host: Connect | None, *, by_header: bool) -> tuple[list[Exposure], str]:
        """Try the host's URLs; return the exposures, and in words what the host reads of originals."""
        meant = _BY_HEADER if by_header else _NONE
        if host is None:
            return self._untried(f"{_GIVE} to try it", by_header=by_header), f"{meant} (not tried: {_GIVE} to try it)"
        with closing(host()) as client:
            verdict = self.verdict(client)
            if why := _UNTRIED.get(verdict):
                return self._untried(why, by_header=by_header), f"{meant} (not tried: {why})"
            found = list(policy_trials.exposed_by_urls(self.client, self.name, client, by_header=by_header))
        if verdict == "not the host":
            found.append(Exposure("host", f"not do its part: {_NOT_THE_HOST}", "check --host and its credentials"))
        if by_header and verdict == "opened" and not found:
            could = f"{_BY_URL}: this server does not refuse it where it should (tried)"
            found.append(Exposure("anybody", could, f"{outsiders.APPLY} with the host's credentials"))
        if found:
            return found, "not as the policy is meant to have it (tried)"
        hint = "; this server would refuse its URLs: `policy apply` with these credentials lets it read them by header"
        return [], f"{meant} (tried{hint if verdict == 'refused' and not by_header else ''})"

    def _untried(self, why: str, *, by_header: bool) -> list[Exposure]:
        """Return an exposure for URLs not tried, where the policy rests on their refusal. Amazon documents that refusal."""
        if not by_header or is_amazon(self.client.meta.endpoint_url):
            return []
        could = f"{_BY_URL}: nobody tried whether this server refuses it ({why})"
        return [
            Exposure("anybody", could, f"{outsiders.APPLY}, which lets the host read originals only where it was tried")
        ]

    def ground(self, roles: Roles) -> Ground:
        """Return the facts that the policy can rest on, as far as the bucket shows them without a trial."""
        return Ground(owner=self.owner(roles), keeps_versions=self.keeps_versions() is True)

    def warnings(self, roles: Roles, owner: str | None) -> list[str]:
        """Return warnings about settings that are as intended."""
        return [_DESTROYED] if owner == roles.host and self.keeps_versions() is False else []

    # Set

    def policy(self, roles: Roles, ground: Ground, *, dry_run: bool) -> tuple[list[Measure], Standing]:
        """Put our statements beside those of others; if the plugin cannot work under them, restore the former settings."""
        before = self.read_policy()
        wanted = policy.document(self.name, roles, before, ground=ground)
        text = policy.written(wanted, self.name)
        others = [str(each.get("Sid") or "without a Sid") for each in policy.foreign(before or {})]
        steps = []
        if others:
            steps.append(Measure("others' statements", "kept", f"{len(others)} stay as they are: {', '.join(others)}"))
        changes = policy.changes(before or {}, wanted)
        if not changes:
            detail = f"all {len(statements(self.name, roles, ground))} statements are there"
            return [*steps, Measure("policy", "done", detail)], "works"
        if dry_run:
            steps.append(Measure("policy", "to do", changes))
            unchecked = "whether each has a user could not be checked in a dry run: `apply` says so"
            return [*steps, Measure("names of the roles", "not tried", unchecked)], "works"
        known = self._known(roles)
        with self.open_for_a_policy(roles):
            self._put(text, wanted)
        standing = policy_trials.standing(self.client, self.name)
        if standing == "locked out":
            self._take_back(before, roles)
        elif standing == "somebody else" and "plugin" not in known:
            # Perhaps a mistyped plugin, perhaps a server that does not tell people apart: the trial says so at the end.
            standing = "unknown"
        steps.append(Measure("policy", "changed", changes))
        missing = [name for name in roles.named() if name not in known] if known else []
        steps += [Measure(name, "failed", f"{outsiders.NOBODY}: check --{name}") for name in missing]
        return steps, standing

    def _known(self, roles: Roles) -> frozenset[str]:
        """Return the roles known to have a user, none where the server does not say. Refuses a plugin without a user."""
        if roles.is_amazon:
            # Amazon itself refuses a policy that names no existing principal.
            return frozenset(roles.named())
        known = policy_trials.known(self.client, self.name, roles)
        if known is None:
            return frozenset()
        if "plugin" not in known:
            raise InputError(
                f"--plugin {roles.plugin} names no user of this server: nothing was changed, check its name"
            )
        return known

    def _take_back(self, before: dict[str, Any] | None, roles: Roles) -> None:
        try:
            with self.open_for_a_policy(roles):
                self.restore_policy(before)
        except ClientError as error:
            if code_of(error) not in REFUSED:
                raise
            is_back = "and these credentials may not take it back: run `dam-plugin policy apply` as the bucket's owner"
        else:
            is_back = "the policy that was there is back"
        raise StorageError(
            f"under the policy these credentials could not upload, tag and read in bucket {self.name} as the plugin does: "
            f"{is_back}; check --plugin, and others' statements that deny"
        )

    def ownership(self, *, dry_run: bool) -> Measure:
        """Make the bucket's owner own every upload and make ACLs ineffective, if the server supports this."""
        step, present = "ownership", self.read_ownership()
        absent = Measure(step, "not here", "the server has no ownership controls: the policy names the plugin instead")
        if present == ENFORCED:
            return Measure(step, "done", ENFORCED)
        if dry_run:
            return absent if present is None else Measure(step, "to do", f"set {ENFORCED}")
        try:
            self.client.put_bucket_ownership_controls(
                Bucket=self.name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            )
        except ClientError as error:
            if code_of(error) == "InvalidBucketAclWithObjectOwnership":
                raise StorageError(
                    f"the ACL of bucket {self.name} grants something to others: make it private, then run this again"
                ) from None
            if code_of(error) not in UNKNOWN_HERE:
                raise
            return absent
        return Measure(step, "changed", f"{ENFORCED}: ACLs mean nothing any more")

    def block(self, *, dry_run: bool, enforced: bool) -> Measure:
        """Turn the access block on; a switch that is on stays on.

        BlockPublicAcls only if ownership is enforced, as on AWS: RGW 18 then refuses every upload, with an ACL or not.
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
        could_upload = policy_trials.can_upload(self.client, self.name)
        self.put_block(wanted)
        if could_upload and not policy_trials.can_upload(self.client, self.name):
            self.put_block(on | set(NEEDED_BLOCK))
            told_flags = (
                f"{', '.join(sorted(on | set(NEEDED_BLOCK)))}; with BlockPublicAcls this server refuses uploads"
            )
        return Measure(step, "changed", told_flags)

    def _put(self, text: str, wanted: dict[str, Any]) -> None:
        try:
            self.put_policy(text)
        except ClientError as error:
            match code_of(error):
                case "MalformedPolicy" | "InvalidArgument" as code:
                    raise StorageError(
                        f"bucket {self.name} does not take the policy ({code}): a role may not exist, or a statement of "
                        "others cannot stay; `dam-plugin policy print` shows ours"
                    ) from None
                case "AccessDenied":
                    raise StorageError(
                        f"bucket {self.name} refuses its policy to these credentials (AccessDenied): use the owner's; "
                        "or a statement of others opens it to the public, which its access block forbids: take that out"
                    ) from None
                case _:
                    raise
        for attempt in range(READ_BACKS):
            if policy.canonical(self.read_policy() or {}) == policy.canonical(wanted):
                return
            time.sleep(READ_BACK_SECONDS if attempt < READ_BACKS - 1 else 0)
        raise StorageError(
            f"bucket {self.name} does not keep the policy as it was given: `dam-plugin policy check` says what is missing"
        )


def _check_server(client: S3Client, roles: Roles) -> None:
    """Raise InputError for ARNs in the form of another server: this server would apply its statements to no user."""
    amazon = is_amazon(client.meta.endpoint_url)
    if amazon and not roles.is_amazon:
        raise InputError("these ARNs are Ceph's, and the server is Amazon's: write arn:aws:iam::ACCOUNT:role/NAME")
    if not amazon and roles.is_amazon:
        raise InputError(
            "these ARNs name an account of Amazon's, and the server is another: write arn:aws:iam:::user/NAME, or "
            "arn:aws:iam::TENANT:user/NAME, as its users are called there"
        )


def _counted(client: S3Client, bucket: str, roles: Roles, before: dict[str, Any], *, hide_untagged: bool) -> Measure:
    """Count the objects that the policy would newly hide. Skips the count where a policy already hides untagged uploads."""
    if policy.hides_untagged(before, bucket, roles):
        return Measure("objects", "done", "without dam-release they are hidden from the host already")
    try:
        found = count_untagged(client, bucket)
    except ClientError as error:
        if code_of(error) not in REFUSED:
            raise
        return Measure(
            "objects", "not tried", "these credentials may not list versions or read tags: what has none is not counted"
        )
    if not found.newest + found.older:
        return Measure("objects", "done", f"all {found.seen} carry dam-release")
    # Older versions do not count: staff see the newest version, and only the newest is ever tagged.
    if found.newest and not hide_untagged:
        abort = f"or abort unfinished uploads ({found.unfinished} of them are such), " if found.unfinished else ""
        raise InputError(
            f"{found.newest} object(s) in bucket {bucket} carry no dam-release tag, and the host could no longer read "
            f"them: run `dam-plugin reconcile` first, which tags them, {abort}or say --hide-untagged"
        )
    hidden = f"{found.newest} object(s) and {found.older} older version(s)"
    return Measure("objects", "kept", f"{hidden} without dam-release are hidden from the host")

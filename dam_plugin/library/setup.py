"""Prepares a bucket: versioning, a queue with its dead-letter queue, and the bucket's events sent to it.

Every step looks first and changes only what is missing. The configuration of others stays. No step sets a bucket
policy. Sources: Amazon S3 User Guide, "Event notifications"; SQS Developer Guide, "Dead-letter queues".
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from dam_plugin.errors import AssetMissing, StorageError
from dam_plugin.library.bucket import REFUSED
from dam_plugin.library.clients import s3_client, sqs_client
from dam_plugin.library.object_keys import SERVER_TRIAL
from dam_plugin.library.s3 import check_bucket_name, of_version
from dam_plugin.library.storage_errors import code_of, host_of, told

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectTaggingOutputTypeDef
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

MOST_RECEIVES = 5
PRECONDITION_FAILED = 412
VISIBLE_AFTER_SECONDS = 120
KEPT_SECONDS = 14 * 24 * 60 * 60
EVENTS: tuple[Literal["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], ...] = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
OUR_ID = "dam-plugin"
OUR_SID = "DamPluginBucketEvents"

State = Literal["done", "to do", "changed", "lacking"]


@dataclass(frozen=True, slots=True)
class Step:
    """One setting: `done` (was so already), `to do` (in a dry run), `changed` (now) or `lacking` in this server."""

    name: str
    state: State
    detail: str


def prepare_without_queue(bucket: str, *, dry_run: bool, create_bucket: bool) -> list[Step]:
    """Return the steps for a server that has no queue: what was set is read back, and what the server lacks is said.

    Raises as `prepare` does.
    """
    check_bucket_name(bucket)
    s3 = s3_client()
    try:
        with told(f"bucket {bucket}", host_of(s3.meta.endpoint_url)):
            made = _Bucket(s3, bucket, dry_run=dry_run)
            steps = [made.exists(create=create_bucket), made.versioned()]
            return steps if dry_run else [*steps, *made.tried()]
    finally:
        s3.close()


def prepare(bucket: str, queue_name: str, *, dry_run: bool, create_bucket: bool) -> tuple[list[Step], str | None]:
    """Return the steps and the queue's URL, None while a dry run finds no queue.

    Raises SettingsError for a malformed name or setting, AssetMissing when the bucket is missing and may not be made,
    StorageUnreachable and StorageError; running it again continues from there.
    """
    check_bucket_name(bucket)
    s3, sqs = s3_client(), sqs_client()
    try:
        with told(f"bucket {bucket}", host_of(s3.meta.endpoint_url)):
            made = _Bucket(s3, bucket, dry_run=dry_run)
            steps = [made.exists(create=create_bucket), made.versioned()]
        with told(f"queue {queue_name}", host_of(sqs.meta.endpoint_url)):
            queue = _Queue(sqs, queue_name, bucket, dry_run=dry_run)
            steps += [queue.dead_letters(), queue.exists(), queue.moves_failures(), queue.lets_bucket_send()]
        with told(f"bucket {bucket}", host_of(s3.meta.endpoint_url)):
            steps.append(made.notifies(queue.arn))
        return steps, queue.url
    finally:
        s3.close()
        sqs.close()


class _Bucket:
    def __init__(self, client: S3Client, name: str, *, dry_run: bool) -> None:
        self._client = client
        self._name = name
        self._dry_run = dry_run
        self._there = False

    def exists(self, *, create: bool) -> Step:
        step = "bucket"
        try:
            self._client.list_objects_v2(Bucket=self._name, MaxKeys=1)
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise
        else:
            self._there = True
            return Step(step, "done", f"{self._name} is there")
        if not create:
            raise AssetMissing(
                f"bucket {self._name} does not exist: mend its name, or run `dam-plugin init --create-bucket`"
            )
        if self._dry_run:
            return Step(step, "to do", f"create {self._name}")
        region = self._client.meta.region_name
        if region == "us-east-1":
            self._client.create_bucket(Bucket=self._name)
        else:
            self._client.create_bucket(
                Bucket=self._name,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
        self._there = True
        return Step(step, "changed", f"{self._name} was created")

    def versioned(self) -> Step:
        step = "versioning"
        if self._there and self._client.get_bucket_versioning(Bucket=self._name).get("Status") == "Enabled":
            return Step(step, "done", "on")
        if self._dry_run:
            return Step(step, "to do", "turn on")
        self._client.put_bucket_versioning(Bucket=self._name, VersioningConfiguration={"Status": "Enabled"})
        if self._client.get_bucket_versioning(Bucket=self._name).get("Status") != "Enabled":
            return Step(step, "lacking", "this server took the setting and does not have it")
        return Step(step, "changed", "turned on")

    def tried(self) -> list[Step]:
        """Try on an object of our own what the plugin rests on, and say what this server lacks."""
        key = f"{SERVER_TRIAL}{secrets.token_hex(8)}"
        stored = self._client.put_object(Bucket=self._name, Key=key, Body=b"trial", Tagging="trial=yes")
        version = stored.get("VersionId")
        try:
            return [
                _tried(
                    "versions", "deletions cannot be undone, and a replaced original is lost", lambda: bool(version)
                ),
                _tried(
                    "object tags",
                    "nothing can be put on hold, and no copy can be opened: this server cannot be used",
                    lambda: _tags_of(
                        self._client.get_object_tagging(Bucket=self._name, Key=key, **of_version(version))
                    ),
                ),
                _tried(
                    "conditions",
                    "an original that is replaced while it is read is not noticed",
                    lambda: self._refuses_another(key),
                ),
                _tried(
                    "listing of versions",
                    "`reconcile` finds no recordings: this server cannot be used",
                    lambda: self._lists(key),
                ),
            ]
        finally:
            self._client.delete_object(Bucket=self._name, Key=key, **of_version(version))

    def _refuses_another(self, key: str) -> bool:
        try:
            self._client.get_object(Bucket=self._name, Key=key, IfMatch='"0"')["Body"].close()
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"] == PRECONDITION_FAILED
        return False

    def _lists(self, key: str) -> bool:
        found = self._client.list_object_versions(Bucket=self._name, Prefix=key).get("Versions", [])
        return [each["Key"] for each in found] == [key]

    def notifies(self, queue_arn: str | None) -> Step:
        """Add our notification beside those of others; S3 itself refuses two that overlap."""
        step = "events"
        current: dict[str, Any] = {}
        if self._there:
            current = dict(self._client.get_bucket_notification_configuration(Bucket=self._name))
            current.pop("ResponseMetadata", None)
        queues = current.get("QueueConfigurations", [])
        if any(_sends_ours(entry, queue_arn) for entry in queues):
            return Step(step, "done", "uploads and deletions are sent to the queue")
        if self._dry_run or queue_arn is None:
            return Step(step, "to do", "send uploads and deletions to the queue")
        ours = {"Id": OUR_ID, "QueueArn": queue_arn, "Events": list(EVENTS)}
        others = [entry for entry in queues if entry.get("Id") != OUR_ID]
        try:
            self._client.put_bucket_notification_configuration(
                Bucket=self._name,
                NotificationConfiguration={**current, "QueueConfigurations": [*others, ours]},  # type: ignore[typeddict-item]
            )
        except ClientError as error:
            if code_of(error) != "InvalidArgument":
                raise
            raise StorageError(
                f"bucket {self._name} does not take the notification: it may already send the same events elsewhere; "
                "send them to one topic or to EventBridge, and from there to both"
            ) from None
        return Step(step, "changed", f"uploads and deletions are sent to the queue; {len(others)} others stay")


class _Queue:
    def __init__(self, client: SQSClient, name: str, bucket: str, *, dry_run: bool) -> None:
        self._client = client
        self._name = name
        self._dead_name = f"{name}-dead"
        self._bucket = bucket
        self._dry_run = dry_run
        self._dead_arn: str | None = None
        self.url: str | None = None
        self.arn: str | None = None

    def dead_letters(self) -> Step:
        step, url = self._made("dead-letter queue", self._dead_name)
        self._dead_arn = self._attribute(url, "QueueArn") if url else None
        return step

    def exists(self) -> Step:
        step, self.url = self._made("queue", self._name)
        self.arn = self._attribute(self.url, "QueueArn") if self.url else None
        return step

    def moves_failures(self) -> Step:
        """Move a message away after its fifth receive; a limit that another party chose for the queue stays."""
        step = "failed messages"
        if self.url and (present := self._attribute(self.url, "RedrivePolicy")):
            policy = json.loads(present)
            return Step(step, "done", f"moved to a dead-letter queue after {policy['maxReceiveCount']} receives")
        if self._dry_run or self.url is None:
            return Step(step, "to do", f"move to {self._dead_name} after {MOST_RECEIVES} receives")
        policy = {"deadLetterTargetArn": self._dead_arn, "maxReceiveCount": MOST_RECEIVES}
        self._client.set_queue_attributes(QueueUrl=self.url, Attributes={"RedrivePolicy": json.dumps(policy)})
        return Step(step, "changed", f"moved to {self._dead_name} after {MOST_RECEIVES} receives")

    def lets_bucket_send(self) -> Step:
        step = "queue policy"
        policy = json.loads((self.url and self._attribute(self.url, "Policy")) or "{}")
        statements = policy.get("Statement", [])
        statements = [statements] if isinstance(statements, dict) else statements
        ours = self._statement()
        if self.url and ours in statements:
            return Step(step, "done", f"bucket {self._bucket} may send")
        if self._dry_run or self.url is None:
            return Step(step, "to do", f"let bucket {self._bucket} send")
        others = [statement for statement in statements if statement.get("Sid") != ours["Sid"]]
        policy = {"Version": "2012-10-17", **policy, "Statement": [*others, ours]}
        self._client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})
        return Step(step, "changed", f"bucket {self._bucket} may send; {len(others)} statements of others stay")

    def _statement(self) -> dict[str, Any]:
        """Allow only this bucket to send, and only if it belongs to the queue's own account."""
        partition, account = (self.arn.split(":")[1], self.arn.split(":")[4]) if self.arn else ("aws", "")
        return {
            "Sid": OUR_SID + "".join(letter for letter in self._bucket if letter.isalnum()),
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:{partition}:s3:::{self._bucket}"},
                "StringEquals": {"aws:SourceAccount": account},
            },
        }

    def _made(self, step: str, name: str) -> tuple[Step, str | None]:
        try:
            url = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if code_of(error) not in {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}:
                raise
        else:
            return Step(step, "done", f"{name} is there"), url
        if self._dry_run:
            return Step(step, "to do", f"create {name}"), None
        attributes: dict[QueueAttributeNameType, str] = {
            "VisibilityTimeout": str(VISIBLE_AFTER_SECONDS),
            "MessageRetentionPeriod": str(KEPT_SECONDS),
        }
        url = self._client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return Step(step, "changed", f"{name} was created"), url

    def _attribute(self, url: str, name: QueueAttributeNameType) -> str:
        return (
            self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {}).get(name, "")
        )


def _tried(name: str, without: str, act: Callable[[], bool]) -> Step:
    """Return whether a server can do something; its error counts as no, but for one about what this role may do."""
    try:
        can = act()
    except ClientError as error:
        if code_of(error) in REFUSED:
            raise
        can = False
    return Step(name, "done", "tried, and it works") if can else Step(name, "lacking", without)


def _tags_of(answer: GetObjectTaggingOutputTypeDef) -> bool:
    return answer["TagSet"] == [{"Key": "trial", "Value": "yes"}]


def _sends_ours(entry: dict[str, Any], queue_arn: str | None) -> bool:
    """Whether a notification already sends every upload and deletion to the queue: no filter on names."""
    return entry["QueueArn"] == queue_arn and set(EVENTS) <= set(entry["Events"]) and not entry.get("Filter")

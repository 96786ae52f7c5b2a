"""A bucket made ready: nothing twice, nothing of others lost, nothing in a dry run."""

from __future__ import annotations

import io
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dam_plugin.errors import AssetMissing, SettingsError, StorageError
from dam_plugin.library import setup
from dam_plugin.library.clients import s3_client
from dam_plugin.library.event_queue import Queue
from dam_plugin.library.s3 import Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STEPS = ["bucket", "versioning", "dead-letter queue", "queue", "failed messages", "queue policy", "events"]


@pytest.fixture
def queue_name() -> str:
    return f"events-{uuid.uuid4().hex[:8]}"


def states(steps: list[setup.Step]) -> dict[str, str]:
    return {step.name: step.state for step in steps}


def prepare(bucket: str, queue_name: str, *, dry_run: bool = False) -> tuple[dict[str, str], str | None]:
    steps, url = setup.prepare(bucket, queue_name, dry_run=dry_run, create_bucket=True)
    return states(steps), url


def notifications(raw_s3: S3Client, bucket: str) -> dict[str, Any]:
    return dict(raw_s3.get_bucket_notification_configuration(Bucket=bucket))


def test_a_dry_run_names_every_step_and_does_none(aws_env: str, queue_name: str) -> None:
    for _ in range(2):
        done, url = prepare("not-yet-there", queue_name, dry_run=True)
        assert done == dict.fromkeys(STEPS, "to do")
        assert url is None


def test_a_bucket_is_made_ready_and_then_nothing_is_left_to_do(aws_env: str, queue_name: str, raw_s3: S3Client) -> None:
    bucket = f"made-{uuid.uuid4().hex[:8]}"
    done, url = prepare(bucket, queue_name)
    assert done == dict.fromkeys(STEPS, "changed")
    assert raw_s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert prepare(bucket, queue_name) == (dict.fromkeys(STEPS, "done"), url)
    assert prepare(bucket, queue_name, dry_run=True) == (dict.fromkeys(STEPS, "done"), url)


def test_an_upload_then_reaches_the_queue(bucket: str, queue_name: str) -> None:
    _, url = prepare(bucket, queue_name)
    assert url is not None
    with Library.connect(bucket) as library, Queue.connect(url) as queue:
        library.put("a b.jpg", b"x", media_type="image/jpeg")
        bodies = [json.loads(message.body) for message in queue.receive(1)]
    assert bodies[0]["Event"] == "s3:TestEvent"
    assert bodies[1]["Records"][0]["s3"]["object"]["key"] == "a+b.jpg"


def test_the_queue_policy_lets_this_bucket_send_and_keeps_other_statements(bucket: str, queue_name: str) -> None:
    _, url = prepare(bucket, queue_name)
    assert url is not None
    theirs = {"Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    with Queue.connect(url) as queue:
        policy = json.dumps({"Version": "2012-10-17", "Statement": theirs})
        queue._client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        done, _ = prepare(bucket, queue_name)
        answer = queue._client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])["Attributes"]
    assert done["queue policy"] == "changed"
    first, ours = json.loads(answer["Policy"])["Statement"]
    assert first == theirs
    assert ours["Principal"] == {"Service": "s3.amazonaws.com"}
    assert ours["Resource"] == answer["QueueArn"]
    assert ours["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_a_second_bucket_shares_the_queue_without_locking_out_the_first(
    aws_env: str, bucket: str, queue_name: str
) -> None:
    prepare(bucket, queue_name)
    prepare(f"other-{uuid.uuid4().hex[:8]}", queue_name)
    done, _ = prepare(bucket, queue_name, dry_run=True)
    assert done["queue policy"] == "done"


def test_notifications_of_others_stay(bucket: str, queue_name: str, raw_s3: S3Client) -> None:
    topic = {"Id": "theirs", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Events": ["s3:ObjectTagging:*"]}
    raw_s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"TopicConfigurations": [topic]},  # type: ignore[list-item]
    )
    prepare(bucket, queue_name)
    found = notifications(raw_s3, bucket)
    assert [entry["Id"] for entry in found["TopicConfigurations"]] == ["theirs"]
    assert [entry["Id"] for entry in found["QueueConfigurations"]] == ["dam-plugin"]
    assert set(found["QueueConfigurations"][0]["Events"]) == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}


def test_another_queue_of_the_bucket_goes_on_hearing_its_events(bucket: str, queue_name: str, raw_s3: S3Client) -> None:
    theirs = {
        "Id": "theirs",
        "QueueArn": "arn:aws:sqs:us-east-1:123456789012:thumbnails",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "thumbs/"}]}},
    }
    raw_s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [theirs]},  # type: ignore[list-item]
    )
    prepare(bucket, queue_name)
    found = notifications(raw_s3, bucket)["QueueConfigurations"]
    assert [entry["Id"] for entry in found] == ["theirs", "dam-plugin"]
    assert found[0]["Filter"]["Key"]["FilterRules"][0]["Value"] == "thumbs/"


def test_another_queue_name_replaces_our_own_notification(bucket: str, queue_name: str, raw_s3: S3Client) -> None:
    prepare(bucket, queue_name)
    prepare(bucket, f"{queue_name}-2")
    (entry,) = notifications(raw_s3, bucket)["QueueConfigurations"]
    assert entry["QueueArn"].endswith(f"{queue_name}-2")


def test_a_limit_of_receives_that_somebody_chose_stays(bucket: str, queue_name: str) -> None:
    _, url = prepare(bucket, queue_name)
    assert url is not None
    with Queue.connect(url) as queue:
        client = queue._client
        old = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
        chosen = json.dumps({**json.loads(old), "maxReceiveCount": 3})
        client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": chosen})
    steps, _ = setup.prepare(bucket, queue_name, dry_run=False, create_bucket=False)
    assert setup.Step("failed messages", "done", "moved to a dead-letter queue after 3 receives") in steps


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_bucket_is_created_only_when_that_is_allowed(aws_env: str, queue_name: str, dry_run: bool) -> None:
    with pytest.raises(AssetMissing, match="bucket mistyped-name does not exist"):
        setup.prepare("mistyped-name", queue_name, dry_run=dry_run, create_bucket=False)


def test_a_bucket_is_created_in_the_region_that_is_set(
    aws_env: str, queue_name: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    bucket = f"made-{uuid.uuid4().hex[:8]}"
    prepare(bucket, queue_name)
    assert raw_s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "eu-central-1"


def test_a_name_that_no_bucket_has_is_refused_before_any_request(queue_name: str) -> None:
    with pytest.raises(SettingsError, match="bucket's name"):
        setup.prepare("No Bucket", queue_name, dry_run=True, create_bucket=True)


@pytest.mark.parametrize(
    ("code", "text"),
    [("InvalidArgument", "may already send the same events elsewhere"), ("AccessDenied", "check the role")],
)
def test_a_notification_that_s3_refuses_is_explained(
    bucket: str, queue_name: str, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    client = s3_client()

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "PutBucketNotificationConfiguration")

    monkeypatch.setattr(client, "put_bucket_notification_configuration", refuse)
    monkeypatch.setattr(setup, "s3_client", lambda: client)
    with pytest.raises(StorageError, match=text):
        prepare(bucket, queue_name)


def test_a_bucket_or_queue_that_may_not_be_looked_at_is_not_created(
    bucket: str, queue_name: str, answering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = b"<Error><Code>AccessDenied</Code></Error>"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", answering(403, denied))
    with pytest.raises(StorageError, match=f"bucket {bucket} refuses"):
        prepare(bucket, queue_name)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", answering(400, b'{"__type": "com.amazonaws.sqs#AccessDenied"}'))
    with pytest.raises(StorageError, match=f"queue {queue_name} refuses"):
        prepare(bucket, queue_name)


# A server without a queue

TRIED = ["versions", "object tags", "conditions", "listing of versions"]


def without_queue(bucket: str, *, dry_run: bool = False) -> dict[str, str]:
    return states(setup.prepare_without_queue(bucket, dry_run=dry_run, create_bucket=True))


def test_a_server_without_a_queue_is_tried_and_nothing_is_left_of_it(aws_env: str, raw_s3: S3Client) -> None:
    bucket = f"made-{uuid.uuid4().hex[:8]}"
    assert without_queue(bucket, dry_run=True) == {"bucket": "to do", "versioning": "to do"}
    assert without_queue(bucket) == {"bucket": "changed", "versioning": "changed", **dict.fromkeys(TRIED, "done")}
    assert without_queue(bucket) == dict.fromkeys(["bucket", "versioning", *TRIED], "done")
    listed = raw_s3.list_object_versions(Bucket=bucket)
    assert (listed.get("Versions"), listed.get("DeleteMarkers")) == (None, None)
    assert notifications(raw_s3, bucket).get("QueueConfigurations") is None


@pytest.mark.parametrize(
    ("operation", "lacking"),
    [
        ("GetObjectTagging", {"object tags"}),
        ("ListObjectVersions", {"listing of versions"}),
    ],
)
def test_what_the_server_lacks_is_said(
    aws_env: str, bucket: str, monkeypatch: pytest.MonkeyPatch, operation: str, lacking: set[str]
) -> None:
    made = s3_client

    def poor() -> S3Client:
        client = made()

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "NotImplemented"}}, operation)

        client.meta.events.register(f"before-call.s3.{operation}", refuse)
        return client

    monkeypatch.setattr(setup, "s3_client", poor)
    told = setup.prepare_without_queue(bucket, dry_run=False, create_bucket=False)
    assert {step.name for step in told if step.state == "lacking"} == lacking
    assert all(step.detail for step in told)


def test_a_role_that_may_not_is_not_taken_for_a_server_that_cannot(
    aws_env: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = s3_client

    def refused() -> S3Client:
        client = made()

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObjectTagging")

        client.meta.events.register("before-call.s3.GetObjectTagging", refuse)
        return client

    monkeypatch.setattr(setup, "s3_client", refused)
    with pytest.raises(StorageError, match=f"bucket {bucket} refuses"):
        setup.prepare_without_queue(bucket, dry_run=False, create_bucket=False)


def test_a_server_that_takes_a_setting_and_does_not_keep_it_is_found_out(
    aws_env: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"made-{uuid.uuid4().hex[:8]}"
    raw_s3.create_bucket(Bucket=bucket)
    made = s3_client

    def forgetful() -> S3Client:
        client = made()
        monkeypatch.setattr(client, "put_bucket_versioning", lambda **_: None)
        monkeypatch.setattr(client, "get_object", lambda **_: {"Body": io.BytesIO(b"trial")})
        return client

    monkeypatch.setattr(setup, "s3_client", forgetful)
    lacking = {
        step.name
        for step in setup.prepare_without_queue(bucket, dry_run=False, create_bucket=False)
        if step.state == "lacking"
    }
    assert lacking == {"versioning", "versions", "conditions"}

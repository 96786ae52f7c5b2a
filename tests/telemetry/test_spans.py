"""Spans of work at hand: their nesting, the storage's requests, and what has none; collected in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import get_args

import pytest
from command_line import call
from court_orders import AS, by_order
from district import CUSTODIAN, HALLWAY, SCIENCE_LAB, TEAM, District

from dam_plugin.gate.open_link import LinkRequest, open_links
from dam_plugin.intake.jobs import INTAKE_KINDS, TAG_AGAIN, add_job, run_waiting
from dam_plugin.telemetry import spans
from dam_plugin.telemetry.spans import ATTRIBUTES, SPANS, Attributes, SpanName


@dataclass
class Collected:
    """What was collected: the name and the attributes of each span, in the order of their ends."""

    spans: list[tuple[str, Attributes]] = field(default_factory=list)

    def of(self, name: SpanName) -> list[Attributes]:
        return [attributes for each, attributes in self.spans if each == name]

    @contextmanager
    def span(self, name: SpanName) -> Iterator[Callable[[Attributes | None], None]]:
        yield lambda attributes: self.spans.append((name, attributes)) if attributes is not None else None

    def ended(self, name: SpanName, began: int, attributes: Attributes) -> None:
        assert began > 1_700_000_000_000_000_000
        self.spans.append((name, attributes))

    def traceparent(self) -> str | None:
        return None

    def continuing(self, traceparent: str) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def collected() -> Iterator[Collected]:
    made = Collected()
    with spans.collected_by(made):
        yield made


def test_every_span_and_attribute_is_described() -> None:
    assert set(SPANS) == set(get_args(SpanName))
    assert set(ATTRIBUTES) == set(Attributes.__annotations__)


def test_requests_count_for_the_work_that_this_is_a_part_of_too(collected: Collected) -> None:
    with spans.span("job step", job_id="job-1"):
        with spans.span("tag recording", asset_id="A-1"):
            spans.count_request()
        spans.count_request()
    spans.count_request()
    assert collected.spans == [
        ("tag recording", {"job_id": "job-1", "asset_id": "A-1", "s3_requests": 1}),
        ("job step", {"job_id": "job-1", "s3_requests": 2}),
    ]


def test_an_error_goes_on_and_its_type_alone_is_told(collected: Collected) -> None:
    with pytest.raises(ValueError, match="Okafor"), spans.span("tag recording"):
        raise ValueError("Okafor")
    assert collected.spans == [("tag recording", {"error": "ValueError", "s3_requests": 0})]


def test_a_job_has_a_span_for_each_step_and_none_for_its_end(district: District, collected: Collected) -> None:
    stored = district.upload(TEAM)
    with district.services.store.writing() as unit:
        unit.words.add_stale([stored.asset.id], unit.people.last_change())
        job = add_job(district.services, unit, TAG_AGAIN, CUSTODIAN)
    assert job is not None
    assert run_waiting(district.services, INTAKE_KINDS) == 1
    (step,) = collected.of("job step")
    assert (step["job_id"], step["job_kind"], step["outcome"]) == (job.job.id, "tag again", "done")


def test_of_what_is_sealed_no_more_is_told_than_that_some_link_was_opened(
    district: District, collected: Collected
) -> None:
    district.upload(SCIENCE_LAB)
    made = by_order()
    assert made["outcome"] == "allow"
    assert collected.of("decide share") == []
    assert call("open", made["token"], "--json").code == 0
    (opened,) = collected.of("open link")
    assert (opened["outcome"], set(opened)) == ("opened", {"outcome", "s3_requests"})


def test_a_request_that_opens_nothing_has_no_span(district: District, collected: Collected) -> None:
    district.upload(TEAM)
    token = district.share(TEAM).token or ""
    looks = [LinkRequest(token, head=True), LinkRequest("a" * 43, head=True)]
    assert [bool(each.url) for each in open_links(district.services, looks)] == [True, False]  # type: ignore[union-attr]
    assert collected.of("open link") == []
    open_links(district.services, [LinkRequest(token), LinkRequest("a" * 43)])
    assert [each["outcome"] for each in collected.of("open link")] == ["opened", "refused"]


def test_a_viewing_in_the_office_is_a_share_that_was_decided(district: District, collected: Collected) -> None:
    district.upload(HALLWAY)
    done = call("view", HALLWAY, "--in-office", "--for", "public", "--purpose", "news", *AS, "--json")
    (decided,) = collected.of("decide share")
    assert decided["outcome"] == done.object()["outcome"]

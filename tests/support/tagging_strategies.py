"""Looks and taggings that Hypothesis draws: small sets of students, uses and boxes, so that they often meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from district import CUSTODIAN, MEDIA_STAFF
from hypothesis import strategies as st

from dam_plugin.model import Appearance, Closure, Look, OfficialUse, Region, Tagging

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
BOX, OTHER_BOX = Region(0.1, 0.1, 0.2, 0.2), Region(0.5, 0.5, 0.2, 0.2)
students = st.sampled_from(["s1", "s2", "s3"])
uses = st.builds(
    OfficialUse, st.sampled_from(["discipline", "victim", "other"]), st.lists(students, unique=True).map(tuple)
)
why = st.sampled_from([None, None, "a reason", "another reason"])
appearances = st.lists(
    st.builds(
        Appearance,
        students,
        st.sampled_from(["focus", "incidental", "unknown"]),
        st.booleans(),
        st.lists(st.sampled_from([BOX, OTHER_BOX]), max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda each: each.student,
).map(tuple)
closures = st.lists(
    st.builds(
        Closure,
        st.sampled_from(["closed", "confidential"]),
        st.sampled_from(["a reason", "another reason", "a third"]),
        st.sampled_from([None, date(2026, 10, 2), date(2026, 12, 31)]),
    ),
    max_size=2,
    unique=True,
).map(tuple)
looks = st.builds(
    Look,
    at=st.integers(0, 9).map(lambda day: NOW + timedelta(days=day)),
    by=st.just(CUSTODIAN),
    persons=appearances,
    nobody=st.booleans(),
    unidentified=st.sampled_from([None, None, 0, 3]),
    directory_status=st.sampled_from([None, "eligible", "not_eligible", "undetermined"]),
    official_uses=st.lists(uses, max_size=2).map(tuple),
    closed=why,
    confidential=why,
    closures=closures,
)
# What a custodian finds besides: by two people, by one, or by somebody who is no custodian.
findings = st.builds(
    Look,
    at=st.integers(0, 9).map(lambda day: NOW + timedelta(days=day)),
    by=st.sampled_from([CUSTODIAN, MEDIA_STAFF]),
    closures=closures,
    reopened=closures,
    maintained_by=st.sampled_from([None, "district", "other"]),
    cannot_be_redacted=st.sampled_from([None, True, False]),
    meaning=st.sampled_from([None, "preserved", "destroyed"]),
    approved=st.booleans(),
)
taggings = st.builds(
    Tagging,
    state=st.sampled_from(["complete", "pending", "failed"]),
    appearances=appearances,
    official_uses=st.lists(uses, max_size=2, unique=True).map(tuple),
    record_pii=st.lists(students, unique=True).map(tuple),
    closed=why,
    confidential=why,
    unidentified_people=st.integers(0, 3),
    closures=closures,
)

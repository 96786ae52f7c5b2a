"""Until when the family of a student who enrolled after the annual notice may answer it. Pure.

A notice reaches the families of the students who are on the roster that day, and the district's own window is for them. A
student who comes later has had neither, and parents have a time to refuse of their own (34 CFR 99.37(a)(3)).
"""

from __future__ import annotations

from datetime import date, timedelta

from dam_plugin.model import StudentRecord
from dam_plugin.settings import District


def may_answer_until(record: StudentRecord, district: District) -> date | None:
    """Return the last day on which this family may answer by itself; None where the district's window is also theirs.

    It is counted from the day on which the roster first had the student after the notice, or from the day on which this
    family was given the notice, where that is known. A family that has answered needs no more time.
    """
    notice = district.directory_notice
    if notice is None or district.unanswered == "in":
        return None
    if record.answered_on is not None and record.answered_on >= notice:
        return None
    # INVARIANT: who came, or went, on the day of the notice itself may not have had it.
    if any((came is None or came < notice) and (left is None or left > notice) for came, left in record.enrolled):
        return None
    came_since = [came for came, _ in record.enrolled if came is not None and came >= notice]
    if not came_since or record.notified_on == notice:
        return None
    told = record.notified_on if record.notified_on is not None and record.notified_on > notice else min(came_since)
    return told + timedelta(days=district.unanswered_days)

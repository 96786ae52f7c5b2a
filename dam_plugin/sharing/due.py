"""When work for the custodian is due. Pure.

Follows RSMo 610.023.3 (a Sunshine request is answered by the end of the third business day after it is received) and
34 CFR 99.10(b) (a parent or eligible student inspects a record within 45 days). The rest is the plugin's own rule:
whoever else asks is answered as soon as the public, and an emergency is looked at on the next business day.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from dam_plugin.model import ReferralKind

SUNSHINE_BUSINESS_DAYS = 3
INSPECTION_DAYS = 45
REVIEW_BUSINESS_DAYS = 1

_SATURDAY = 5
_ONE = timedelta(days=1)


def due_on(kind: ReferralKind, day: date, holidays: Collection[date]) -> date:
    """Return the last day on which work that came on `day` is in time; `holidays` are the district's calendar."""
    if kind in ("inspection", "offer"):
        return day + timedelta(days=INSPECTION_DAYS)
    count = REVIEW_BUSINESS_DAYS if kind == "review" else SUNSHINE_BUSINESS_DAYS
    return after_business_days(day, count, holidays)


def after_business_days(day: date, count: int, holidays: Collection[date]) -> date:
    """Return the `count`-th business day after `day`, which itself does not count."""
    while count:
        day += _ONE
        if day.weekday() < _SATURDAY and day not in holidays:
            count -= 1
    return day

"""The kinds of jobs that a whole process can do: the worker, and the command line. How a job runs is in `intake/jobs.py`."""

from __future__ import annotations

from dam_plugin.admin.export_job import YEARBOOK_SET
from dam_plugin.admin.reconcile import RECONCILE
from dam_plugin.admin.rule_changes import RULES_APPLY, RULES_DIFF
from dam_plugin.intake.jobs import TAG_AGAIN, kinds_of

# One line for each kind, in no order. A kind is a `Kind` beside what it does.
KINDS = kinds_of(
    TAG_AGAIN,
    RECONCILE,
    RULES_APPLY,
    RULES_DIFF,
    YEARBOOK_SET,
)

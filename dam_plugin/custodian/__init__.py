"""The records custodian's desk: the queue of referrals, findings and approvals, families' choices, reports, lawful deletion."""

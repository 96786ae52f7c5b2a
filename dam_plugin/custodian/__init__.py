"""The records custodian's desk: queue and requests, findings and approvals, families' choices, reports, lawful deletion."""

"""The records custodian's queue: each referral is work with a date and an owner. Not the queue of the bucket's events."""

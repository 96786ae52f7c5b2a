"""What administrators do: rule changes, reconciling store and bucket, the audit of names, work that waits."""

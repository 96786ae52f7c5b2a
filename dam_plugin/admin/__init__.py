"""What administrators do: change rules, reconcile store and bucket, audit names, finish storage work that waits."""

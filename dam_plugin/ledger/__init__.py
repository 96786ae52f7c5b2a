"""The ledger, the record of shares and openings: written, verified, exported, shown to a student's family."""

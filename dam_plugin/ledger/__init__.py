"""The ledger, the record of shares and openings: written, verified, exported, told to one student's family."""

"""What the plugin does with what a file says: the procedure, sharing, redaction, library, ledger, roster, CLI."""

"""A share: its case is gathered and decided, third parties asked, the copy made, proven and published, all recorded."""

"""A share: its case gathered and decided, third parties heard, the copy made, proven and published, all of it recorded."""

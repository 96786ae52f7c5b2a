"""Tags files by what they say about people: reads metadata into facts, applies rules. No S3, no database, no host."""

"""Tags files by what they say about people: metadata to facts, rules to findings. No S3, no database, no host."""

"""What a file says about people: metadata to facts, rules to findings. Knows no S3, no database, no host."""

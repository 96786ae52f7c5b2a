"""What lies beside a file: XMP sidecars, Picasa's folders, Takeout's JSON, notes."""

"""Uploads: examined, tagged, and held or opened to staff. A person's look corrects tags; no tag loosens by itself."""

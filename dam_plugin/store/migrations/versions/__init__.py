"""The revisions of the database's tables, one file each. `down_revision` names the one before."""

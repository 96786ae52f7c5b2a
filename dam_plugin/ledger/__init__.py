"""The record: appended to, verified, exported, and told to one student's family."""

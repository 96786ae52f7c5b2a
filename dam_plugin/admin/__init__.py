"""Administrators' work: changes rules, reconciles store and bucket, audits names, finishes storage work that waits."""

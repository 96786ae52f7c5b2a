"""Connects any digital asset manager over HTTP: hosts send signed requests to `/v1`; recipients open links at the gate.

Importing this needs no web framework; `app.create_app` does (the extra `http`).
"""

"""Any digital asset manager over HTTP: hosts ask under `/v1`, signed; recipients open links at the gate.

Importing this needs no web framework; `app.create_app` does (the extra `http`).
"""

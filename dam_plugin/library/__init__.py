"""The host's object storage: objects and their tags, presigned URLs, the queue of events, the bucket's settings.

Only this package imports boto3. It turns botocore's errors into the plugin's own, since their texts hold URLs and so
file names. `dam_plugin.intake.events` handles uploads; `dam_hooks.s3_events` reads events.
"""

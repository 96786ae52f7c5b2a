"""The host's object storage: objects and their tags, presigned URLs, the queue of events, the bucket's settings.

The only package that imports boto3: botocore's errors end here and become ours, since their texts hold URLs and so
file names. What an upload means is `dam_plugin.intake.events`'s, what an event means is `dam_hooks.s3_events`'s.
"""

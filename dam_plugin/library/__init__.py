"""The host's object storage: objects and their tags, presigned URLs, the queue of events, the bucket's settings.

The only package that imports boto3. botocore's errors become ours here, since their texts hold URLs and so file names.
What the plugin does with an upload is in `dam_plugin.intake.events`; events are read in `dam_hooks.s3_events`.
"""

"""A stand-in for SQS: queues in a file, and their server."""

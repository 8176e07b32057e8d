"""Plays Lambda, EventBridge, SQS, and DynamoDB's streams."""

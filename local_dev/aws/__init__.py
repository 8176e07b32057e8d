"""Stand-ins for Lambda, EventBridge, SQS, and DynamoDB's streams."""

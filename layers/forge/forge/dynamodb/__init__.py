"""The language of DynamoDB, which knows nothing of sessions."""

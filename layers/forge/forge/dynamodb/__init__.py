"""Access to one DynamoDB table, without any knowledge of sessions."""

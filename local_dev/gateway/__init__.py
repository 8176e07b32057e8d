"""Stand-ins for CloudFront and API Gateway."""

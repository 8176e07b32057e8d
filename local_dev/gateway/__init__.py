"""Plays CloudFront and API Gateway."""

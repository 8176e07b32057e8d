"""Limits of what callers and the deployment may use, and how much of them is left."""

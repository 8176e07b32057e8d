"""Runs: how they are claimed, written by the holder of the lease, stopped, and found when no worker holds them."""

"""The processes of the local run, and how they are kept running."""

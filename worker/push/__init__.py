"""What clients should see reaches them."""

"""What may be used up, and how much of it is left."""

"""What a review warns of: a file for each kind of danger."""

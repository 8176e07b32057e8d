"""What is stored of a session: the form of its items, read leniently, and mended."""

"""What the functions share: composition, authentication, problems, the entry stacks and the work itself."""

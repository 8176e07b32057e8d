"""What the functions share: composition, authentication, problem documents, the entry stacks and the use cases."""

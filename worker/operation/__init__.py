"""What an operator sees of a worker, and how the container is kept alive."""

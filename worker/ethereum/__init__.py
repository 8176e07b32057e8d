"""What we know of Ethereum: chains, transactions and contracts. It is nobody's server."""

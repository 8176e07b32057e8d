"""What a wallet has answered, checked on the chain after the person has signed."""

"""A development issuer for logins."""

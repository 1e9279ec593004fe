"""Who may connect: the gate, logins, credentials and rate limits."""

"""Who may call: credentials, forwarded authentication, pages of which origins."""

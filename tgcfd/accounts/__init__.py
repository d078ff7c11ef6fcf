"""Who may enter: accounts, passwords, tokens and log-in sessions."""

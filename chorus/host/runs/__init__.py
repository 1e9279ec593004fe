"""Agent runs on this host: started, watched, spoken to and stopped."""

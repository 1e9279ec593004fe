"""Starting runs, delivering messages to them, restarting them."""

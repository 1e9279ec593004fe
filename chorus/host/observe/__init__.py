"""What can be seen of an agent without its reports."""

"""The use cases. Transactions begin here and nowhere else; events leave after the commit."""

"""References of tasks to documents, and what agents were told of them."""

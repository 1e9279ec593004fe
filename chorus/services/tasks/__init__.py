"""Tasks: their fields, their transitions and the views of them."""

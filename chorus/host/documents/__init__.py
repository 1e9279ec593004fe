"""Documents of projects, as the host reads and watches them."""

"""This system: processes, changed files and memory. The only place that asks which system it is."""

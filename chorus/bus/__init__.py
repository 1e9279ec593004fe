"""How parts of Chorus wake each other. Pushes are hints: the truth is always read again from the record."""

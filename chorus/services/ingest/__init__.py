"""What hosts and agents report, applied to the record."""

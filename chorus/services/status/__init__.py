"""The status of runs, and the checks that keep it true."""

"""The record: tables, transactions, the event log and migrations. The only package that speaks SQL."""

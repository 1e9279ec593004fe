"""The permission broker: requests, decisions, rules, profiles."""

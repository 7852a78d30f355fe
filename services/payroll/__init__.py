"""Payroll: what is owed to wage accounts, what the banks say came in, and what is missing."""

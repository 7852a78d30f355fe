"""The services: registry, payroll, cases and alerts."""

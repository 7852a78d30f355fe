"""Plumbing and contracts that every service uses; knows no service."""

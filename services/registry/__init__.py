"""Areas, calendars, organisations, projects, works contracts, responsible persons, API keys."""

"""The cluster without Docker: broker, database and four services under one supervisor."""

"""What is not ours: statement files of banks. Modules that a child imports stay light."""

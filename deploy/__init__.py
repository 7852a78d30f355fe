"""How Xinqing is run; nothing here is imported by services or shared."""

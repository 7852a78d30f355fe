"""Who left a site unpaid and complains: his item is red at once (P17). Pure."""

RULE = "leaver_complaint"
"""By which rule a complaint raises the item of those who left on a day."""

"""What is not ours: files of areas."""

from services.registry.adapters import area_file

__all__ = ["area_file"]

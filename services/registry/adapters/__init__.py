"""What is not ours: files of areas, and the lists that a county begins with."""

from services.registry.adapters import area_file, onboarding

__all__ = ["area_file", "onboarding"]
from services.registry.adapters import (
    evidence_file,
)

__all__ = [
    "area_file",
    "evidence_file",
]

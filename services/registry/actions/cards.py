"""What others need to know of a project."""

from services.registry.models import Project
from shared.events.registry import ProjectCard


def card(project: Project) -> ProjectCard:
    """Give what others need to know of a project."""
    return ProjectCard(
        project_id=project.id,
        name=project.name,
        area_code=project.area_code,
        status=project.status,
        investment_type=project.investment_type,
        funding_source=project.funding_source,
        developer_id=project.developer_id,
        developer_name=project.developer_name,
        contractor_id=project.contractor_id,
        contractor_name=project.contractor_name,
        sector_authority_id=project.sector_authority_id,
        supervised_since=project.supervised_since,
        started_on=project.started_on,
        completed_on=project.completed_on,
    )

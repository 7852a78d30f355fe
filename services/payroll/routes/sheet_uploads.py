"""How a payroll sheet comes over HTTP: a file or JSON lines, read before the transaction begins."""

import hashlib
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from services.payroll.actions.sheets import SentSheet
from services.payroll.schemas.sheets import SheetIn
from shared.problems import Invalid, findings

JSON = "application/json"


async def _sent(request: Request) -> SentSheet:
    """Read what is sent by its media type."""
    body = await request.body()
    try:
        said = SheetIn.model_validate_json(body)
    except ValidationError as error:
        raise Invalid(errors=findings(error.errors())) from error
    digest = hashlib.sha256(body).hexdigest()
    return SentSheet(said.period, said.run, said.employer_id, digest, len(body), None, said.read())


Sent = Annotated[SentSheet, Depends(_sent)]


def _schema() -> dict[str, Any]:
    """Give the form of the body in one piece: nothing else in the document refers to its parts."""
    schema = SheetIn.model_json_schema()
    schema["properties"]["lines"]["items"] = schema.pop("$defs")["SheetLineIn"]
    return schema


BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {JSON: {"schema": _schema()}}}}

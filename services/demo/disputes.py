"""Plays what workers say of wages that the bank paid, and what showed that it is settled."""

from collections.abc import Iterator, Mapping

from services.demo import workers
from services.demo.facts import Row, Scenario
from services.demo.payrolls import Payrolls
from services.demo.stage import Client, Fact

# Lines of a batch that are asked for at a time.
PAGE = "200"


class Disputes:
    """Knows who notes what a worker says, and what of was noted."""

    def __init__(self, scenario: Scenario, client: Client, payrolls: Payrolls) -> None:
        """Take the facts, the way to the services, and the batches that were paid."""
        self.scenario, self.client, self.payrolls = scenario, client, payrolls
        self.noted: dict[tuple[str, str, str], str] = {}

    def happenings(self) -> Iterator[Fact]:
        """Give what was said, and what showed that it is settled, each at its instant."""
        for row in self.scenario.rows("disputes.csv"):
            yield self.payrolls.fact(row["said_at"], self._note, row)
            if row["closed_at"]:
                yield self.payrolls.fact(row["closed_at"], self._close, row)

    async def _note(self, row: Row) -> None:
        """Find the worker's line in the batch, and note what he says of it."""
        who, line = self._who(row), await self._line(row)
        body = {name: row[name] for name in ("answer", "note") if row[name]}
        path = f"{self._batch(row)}/lines/{line}/disputes"
        made = await self.client.call("POST", path, body=body, **who)
        self.noted[_key(row)] = made["id"]

    async def _close(self, row: Row) -> None:
        path = f"{self._batch(row)}/disputes/{self.noted[_key(row)]}/close"
        who = {"role": "wage_office", "area": self.scenario.area_code}
        await self.client.call("POST", path, body={"proof": row["proof"]}, **who)

    def _batch(self, row: Row) -> str:
        batch = self.payrolls.batches[row["project"], row["period"]]
        return f"/payroll/v1/disbursements/{batch}"

    def _who(self, row: Row) -> Mapping[str, str]:
        """Give who notes it: the wage office, or the wage officer of the project's contractor."""
        who = {"role": row["role"], "area": self.scenario.area_code}
        if row["role"] == "wage_office":
            return who
        return who | {"org": self.payrolls.contractor(row["project"])}

    async def _line(self, row: Row) -> str:
        """Give the worker's line, who is found by his ID number."""
        who = dict(self._who(row))
        project = self.payrolls.projects[row["project"]]
        sought = {"id_number": workers.id_number(int(row["worker"]))}
        path = f"/payroll/v1/projects/{project}/roster-entries/search"
        (worker, *_) = await self.client.call("POST", path, body=sought, **who)
        shown = await self.client.everything(
            f"{self._batch(row)}/lines", seen_by=who.pop("role"), **who, limit=PAGE
        )
        (line, *_) = [
            one["line"]["id"] for one in shown if one["line"]["worker_id"] == worker["worker_id"]
        ]
        return str(line)


def _key(row: Row) -> tuple[str, str, str]:
    return row["project"], row["period"], row["worker"]

"""Required systems in a scenario: what is filed of them, and what the page says of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Say = Callable[[str], None]
Told: TypeAlias = Mapping[str, Any]
Table = Callable[[Sequence[Sequence[str]], Say], None]
# So much evidence goes into one request.
MOST_AT_ONCE = 500


def bodies(rows: Sequence[Mapping[str, str]], ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Give what is sent to file rows of evidence, as many at a time as the service takes."""
    for first in range(0, len(rows), MOST_AT_ONCE):
        yield {
            "items": [
                {
                    "project_id": ids[row["project"]],
                    "kind": row["system"],
                    "done_on": row["done_on"],
                    "valid_until": row["valid_until"] or None,
                    "reference": row["reference"],
                }
                for row in rows[first : first + MOST_AT_ONCE]
            ]
        }


def show(summary: Told, say: Say, table: Table) -> None:
    """Print how many of the required systems are in place: by unit, and each system by itself."""
    total = summary["total"]
    if not total["required"]:
        return
    say(f"\n制度落实 required systems by the end of {summary['as_of']}")
    say(
        f"  应落实 {total['required']} 项，已落实 {total['done']} 项，占 {total['share']} %；"
        f"全部落实 {total['all_done']} 个项目，占 {total['all_share']} %；"
        f"一项未落实 {total['none_done']} 个"
    )
    say(
        f"  {total['done']} of {total['required']} done, {total['share']} %; all in place at "
        f"{total['all_done']} projects, {total['all_share']} %; none at {total['none_done']}\n"
    )
    kinds = [one["kind"] for one in total["systems"]]
    rows = [["业主 developer", "已落实 done", "占比 share", *kinds]]
    for one in [*summary["items"], {"name": "合计 all", "tally": total}]:
        tally = one["tally"]
        of = {each["kind"]: f"{each['done']}/{each['required']}" for each in tally["systems"]}
        done = f"{tally['done']}/{tally['required']}"
        rows.append([one["name"], done, f"{tally['share']} %", *(of.get(k, "") for k in kinds)])
    table(rows, say)

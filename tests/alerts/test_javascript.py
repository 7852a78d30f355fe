"""The official JavaScript library of Standard Webhooks verifies what we send, in Node itself.

Where Node and npm are, and the library can be had: `make soak`.
"""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.alerts.adapters import calls, webhook
from tests.alerts.postbox import Postbox
from tests.alerts.test_subscribers import parcel

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not shutil.which("npm"), reason="needs Node and npm"),
]
# Reads one case a line and says of each what the library made of it.
VERIFY = """
const { Webhook } = require("standardwebhooks");
const lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");
for (const line of lines) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
  } catch (error) {
    console.log(JSON.stringify(error.constructor.name));
  }
}
"""


async def run(*command: str, folder: Path, said: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(said.encode())
    assert process.returncode == 0, f"{command}: {out.decode()}"
    return out.decode()


async def test_the_javascript_library_verifies_each_delivery_during_a_rotation_too(
    postbox: Postbox, tmp_path: Path
) -> None:
    await run(
        "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@^1",
        folder=tmp_path,
    )  # fmt: skip
    new, former, other = (webhook.new_secret() for _ in range(3))
    async with calls.client() as client:
        await webhook.send(client, parcel(postbox.url, new))
        await webhook.send(client, parcel(postbox.url, new, former))
    alone, turning = postbox.posts
    cases: list[tuple[str, dict[str, str], bytes, Any]] = [
        (new, alone.headers, alone.body, {"a": "预警"}),
        (former, alone.headers, alone.body, "WebhookVerificationError"),
        (new, turning.headers, turning.body, {"a": "预警"}),
        (former, turning.headers, turning.body, {"a": "预警"}),
        (other, turning.headers, turning.body, "WebhookVerificationError"),
        (new, turning.headers, turning.body + b" ", "WebhookVerificationError"),
    ]
    lines = [
        json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
        for secret, headers, body, _ in cases
    ]
    told = await run("node", "-e", VERIFY, folder=tmp_path, said="\n".join(lines))
    assert [json.loads(line) for line in told.splitlines()] == [case[-1] for case in cases]

"""Platforms of chat groups as real local servers, written from their pages and not from our code.

Each checks the signature by code of its own, enforces the documented limits, and gives each
documented error once, when it is asked to.
"""

import base64
import hashlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.alerts.postbox import Post, Postbox, answer, listening

Said = dict[str, Any]


def mac(key: bytes, message: bytes) -> bytes:
    """Give HMAC-SHA256 as RFC 2104 writes it down."""
    padded = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@dataclass
class Platform:
    """What the three have in common: a group that shows what it was sent, and a queue of errors."""

    path: ClassVar[str]
    code: ClassVar[str]
    most: ClassVar[int]
    """Messages a minute."""
    secret: str = ""
    url: str = ""
    shown: list[Said] = field(default_factory=list)
    errors: deque[int] = field(default_factory=deque)
    taken: int = 0
    gets: int = 0

    async def reply(self, post: Post) -> bytes:
        """Answer as the page says: 200, whatever became of it."""
        if not post.body:
            self.gets += 1
            return self._say(43002)
        if self.errors:
            return self._say(self.errors.popleft())
        problem = self.problem(post, json.loads(post.body))
        self.taken += 1
        if not problem and self.taken > self.most:
            problem = self.too_fast
        if not problem:
            self.shown.append(json.loads(post.body))
        return self._say(problem)

    def _say(self, code: int) -> bytes:
        body = json.dumps({self.code: code, "errmsg": "said", "msg": "said"}).encode()
        return answer(200, body, content_type="application/json")

    too_fast: ClassVar[int]

    def problem(self, post: Post, said: Said) -> int:
        """Give the code of what is wrong with a message; 0 if nothing is."""
        raise NotImplementedError


class WeCom(Platform):
    """群机器人配置说明: markdown of 4,096 bytes at most, the key in the address, 20 a minute."""

    path, code, most, too_fast = "/cgi-bin/webhook/send?key=k-1", "errcode", 20, 45009

    def problem(self, post: Post, said: Said) -> int:
        """See above."""
        if parse_qs(urlsplit(post.path).query) != {"key": ["k-1"]}:
            return 93000
        if said["msgtype"] != "markdown":
            return 40008
        return 45002 if len(said["markdown"]["content"].encode()) > 4096 else 0


class DingTalk(Platform):
    """自定义机器人安全设置: timestamp and sign in the address; 20 a minute; 20,000 bytes."""

    path, code, most, too_fast = "/robot/send?access_token=t-1", "errcode", 20, 130101

    def problem(self, post: Post, said: Said) -> int:
        """See above."""
        asked = parse_qs(urlsplit(post.path).query, strict_parsing=True)
        if asked["access_token"] != ["t-1"]:
            return 400101
        stamp = asked["timestamp"][0]
        right = base64.b64encode(mac(self.secret.encode(), f"{stamp}\n{self.secret}".encode()))
        late = abs(time.time() * 1000 - int(stamp)) > 3_600_000
        if late or len(stamp) != 13 or asked["sign"] != [right.decode()]:
            return 310000
        if said["msgtype"] != "markdown" or not said["markdown"]["title"]:
            return 400105
        return 400105 if len(post.body) > 20_000 else 0


class Feishu(Platform):
    """自定义机器人使用指南: timestamp and sign in the body; 100 a minute; 20 kB."""

    path, code, most, too_fast = "/open-apis/bot/v2/hook/h-1", "code", 100, 11232

    def problem(self, post: Post, said: Said) -> int:
        """See above."""
        if post.path != self.path:
            return 19001
        key = f"{said['timestamp']}\n{self.secret}".encode()
        late = abs(time.time() - int(said["timestamp"])) > 3_600
        if late or said["sign"] != base64.b64encode(mac(key, b"")).decode():
            return 19021
        (post_said,) = said["content"]["post"].values()
        whole = said["msg_type"] == "post" and isinstance(post_said["title"], str)
        return 0 if whole and len(post.body) <= 20 * 1024 else 9499


@asynccontextmanager
async def running(platform: Platform) -> AsyncIterator[Platform]:
    """Run a platform on a free port of loopback."""
    async with listening() as box:
        box.reply = platform.reply
        platform.url = _origin(box) + platform.path
        yield platform


def _origin(box: Postbox) -> str:
    return box.url.removesuffix("/hook")

"""What crosses between a child and whoever called it: JSON, by the annotations of the function."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

READY, DONE, FAILED, MORE = b".", b"+", b"!", b">"
LENGTH = 4
"""Bytes of a piece's length."""


class Value(BaseModel):
    """What crosses; bytes as base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@lru_cache
def codecs(
    function: Callable[..., object], args: int, *, stream: bool = False
) -> tuple[type[Value], type[Value]]:
    """Give the forms of a function's arguments and of its answer, or of each piece that it yields.

    The file that is lent, a stream's first argument, does not cross.
    """
    if function.__module__ == "__main__" or "<" in function.__qualname__:
        raise ValueError(f"{function.__qualname__} cannot be imported by a child")
    hints = get_type_hints(function, include_extras=True)
    result = hints.pop("return")
    kinds = tuple(hints.values())[int(stream) : args]
    asked: Any = tuple[kinds] if kinds else tuple[()]  # type: ignore[valid-type]
    if stream:
        (result,) = get_args(result)
    return (
        create_model("Ask", __base__=Value, value=(asked, ...)),
        create_model("Answer", __base__=Value, value=(result, ...)),
    )

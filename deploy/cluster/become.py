"""What the supervisor starts for broker and database: makes their folders ready, becomes them.

The supervisor's child is thus the broker or the server itself, and a signal that is meant for it
reaches it. `python -m deploy.cluster.become kafka|postgres FOLDER`.
"""

import os
import shutil
import sys
from pathlib import Path

from deploy.cluster.folder import Folder
from deploy.cluster.postgres import Supervised


def main(what: str, folder: Path) -> None:
    """Turn this process into the broker or the database of a cluster's folder."""
    cluster = Folder(folder)
    if what == "postgres":
        Supervised(cluster.postgres).become()
    # On Linux the broker ends with the supervisor.
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    guard = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
    command = [*guard, *cluster.broker().command()]
    os.execve(command[0], command, {"PATH": os.defpath})  # noqa: S606  Kafka, by our own Java


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

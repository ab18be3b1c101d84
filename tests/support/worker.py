"""A little worker: an HTTP server of its own process, with a start-up time and one thing at a time.

    worker.py start FOLDER PORT     starts the worker of a port, unless it runs
    worker.py stop FOLDER PORT      ends it once it has finished what it has, and waits for that

What it is like stands in FOLDER/worker.json: {"boot": seconds until it listens, "work": seconds
that one request takes, "even": whether each takes just that, or that only on average, by the
exponential distribution}. Each start and stop is a line in FOLDER/log. A request is answered
with the port; /slow?2 takes 2 seconds, beside the others. /metrics tells for how many seconds it
was at work.
"""

import http.server
import json
import os
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path


def main():
    verb, folder, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    {"start": start, "stop": stop, "serve": serve}[verb](folder, port)


def settings(folder):
    return json.loads((folder / "worker.json").read_text())


def note(folder, what):
    with open(folder / "log", "a") as log:
        log.write(what + "\n")


def running(folder, port):
    """The process of a port's worker, if it runs."""
    try:
        pid = int((folder / f"{port}.pid").read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return pid if state != "Z" else None
    except (OSError, ValueError):
        return None


def start(folder, port):
    if (folder / f"{port}.broken").exists():
        print("this machine is broken", file=sys.stderr)
        sys.exit(1)
    if running(folder, port):
        return
    note(folder, f"start {port}")
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(folder), str(port)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    (folder / f"{port}.pid").write_text(str(process.pid))


def stop(folder, port):
    pid = running(folder, port)
    if (folder / f"{port}.stubborn").exists() or not pid:
        return
    note(folder, f"stop {port}")
    os.kill(pid, signal.SIGTERM)
    while running(folder, port):
        time.sleep(0.02)


class Worker(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 1024
    allow_reuse_address = True


def serve(folder, port):
    kept = settings(folder)
    time.sleep(kept["boot"])
    turn, busy, luck = threading.Lock(), [0.0], random.Random(port)

    class Answer(http.server.BaseHTTPRequestHandler):
        def setup(self):
            self.began = time.monotonic()
            super().setup()

        def do_GET(self):
            path, _, seconds = self.path.partition("?")
            if path == "/slow":
                time.sleep(float(seconds))
            elif path == "/work":
                with turn:
                    even = kept["even"] or not kept["work"]
                    time.sleep(kept["work"] if even else luck.expovariate(1 / kept["work"]))
            text = f"worker_busy_seconds_total {busy[0]}\n" if path == "/metrics" else f"{port}\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def finish(self):
            super().finish()
            if self.path.startswith("/work"):
                with turn:
                    busy[0] += time.monotonic() - self.began

        def log_message(self, *_):
            pass

    worker = Worker(("127.0.0.1", port), Answer)
    ends = lambda *_: threading.Thread(target=worker.shutdown).start()
    signal.signal(signal.SIGTERM, ends)
    worker.serve_forever(poll_interval=0.05)
    worker.server_close()


main()

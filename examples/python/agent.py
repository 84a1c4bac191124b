"""Three agents, each in its own thread, do small real tasks and are shown live in Wattline.

    python3 agent.py --url http://127.0.0.1:9288 --run demo     # watch it
    python3 agent.py --save run.jsonl                           # or open it later

The tools are real: they hash files, search text, run a child process and fetch pages. The model is a
local HTTP server that waits and then streams words, so its first token and its answer are real
requests too. Some calls fail.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import random
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from wattline_recorder import EventRecorder

# Files that exist wherever Python does: its standard library.
LIBRARY = sorted(Path(contextlib.__file__).resolve().parent.glob("*.py"))
MODEL = "scripted/local-8B"
USD_PER_TOKEN = 0.25e-6


class ScriptedModel(BaseHTTPRequestHandler):
    """POST /chat: waits like a model that reads its prompt, then streams an answer word by word."""

    protocol_version = "HTTP/1.0"
    speed = 1.0

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        time.sleep(request["input_tokens"] / 4_000 / self.speed)
        for _ in range(request["output_tokens"]):
            self.wfile.write(b"word ")
            time.sleep(1 / 120 / self.speed)

    def do_GET(self) -> None:
        """GET /page: a page. Any other path is answered with 404."""
        time.sleep(random.uniform(0.05, 0.4) / self.speed)
        found = self.path == "/page"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"<p>energy is power times time</p>" * 200 if found else b"")

    def log_message(self, *_: Any) -> None:
        """Prints nothing: the terminal is for the agent."""


class Agent:
    """Performs its tasks and records a span for each step."""

    _ids = itertools.count(1)
    _fetches = itertools.count()

    def __init__(self, name: str, recorder: EventRecorder, port: int, seed: int) -> None:
        self.name = name
        self._recorder = recorder
        self._port = port
        self._random = random.Random(seed)
        self._tools: Dict[str, Callable[[], Dict[str, Any]]] = {
            "hash_files": self._hash_files,
            "search_text": self._search_text,
            "fetch_page": self._fetch_page,
            "run_python": self._run_python,
        }

    @contextlib.contextmanager
    def _span(self, kind: str, parent: Optional[str], **metadata: Any) -> Iterator[Dict[str, Any]]:
        """Records a start and an end with the same span_id, which pairs them across threads."""
        span_id = f"{self.name}-{next(self._ids)}"
        ids = {"span_id": span_id, **({"parent_id": parent} if parent else {})}
        end: Dict[str, Any] = {"span_id": span_id}
        self._recorder.record(f"{kind}_start", agent_name=self.name, **ids, **metadata)
        try:
            yield end
        except Exception as error:
            end.update(success=False, error=f"{type(error).__name__}: {error}")
            raise
        finally:
            self._recorder.record(f"{kind}_end", **end)

    def run(self, tasks: int) -> None:
        for task in range(tasks):
            with self._span("agent", None, task_id=f"{self.name}-{task}") as span:
                turns = self._random.randint(2, 4)
                for index in range(turns):
                    self._turn(span["span_id"], index)
                span.update(status="completed", n_turns=turns)

    def _turn(self, parent: str, index: int) -> None:
        with self._span("turn", parent, turn_idx=index) as span:
            self._think(span["span_id"], input_tokens=600 + 500 * index)
            calls = self._random.sample(sorted(self._tools), self._random.randint(1, 3))
            # Tools that the model calls together run together, in threads with overlapping spans.
            threads = [
                threading.Thread(target=self._call, args=(tool, span["span_id"])) for tool in calls
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            span["n_tool_calls"] = len(calls)

    def _think(self, parent: str, input_tokens: int) -> None:
        output_tokens = self._random.randint(10, 60)
        question = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        with self._span("lm_inference", parent, model=MODEL) as span:
            connection = http.client.HTTPConnection("127.0.0.1", self._port)
            with self._span("prefill", span["span_id"], input_tokens=input_tokens):
                connection.request("POST", "/chat", json.dumps(question))
                response = connection.getresponse()
                words = response.read(5)
            with self._span("decode", span["span_id"]) as decode:
                words += response.read()
                decode["output_tokens"] = len(words.split())
            connection.close()
            total = input_tokens + output_tokens
            span.update(question, total_tokens=total, cost_usd=total * USD_PER_TOKEN)

    def _call(self, tool: str, parent: str) -> None:
        # The span has recorded the error. The agent continues.
        with contextlib.suppress(OSError), self._span("tool_call", parent, tool=tool) as span:
            span.update(self._tools[tool](), success=True)

    def _some_files(self, count: int) -> List[Path]:
        return self._random.sample(LIBRARY, min(count, len(LIBRARY)))

    def _hash_files(self) -> Dict[str, Any]:
        digest = hashlib.sha256()
        for path in self._some_files(60):
            digest.update(path.read_bytes())
        return {"sha256": digest.hexdigest()[:12]}

    def _search_text(self) -> Dict[str, Any]:
        texts = [path.read_text("utf-8", "replace") for path in self._some_files(150)]
        return {"hits": sum(len(re.findall(r"class \w+Error", text)) for text in texts)}

    def _fetch_page(self) -> Dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        # The first request and every fifth one after it are for a missing page.
        path = "/missing" if next(self._fetches) % 5 == 0 else "/page"
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != 200:
            raise OSError(f"GET {path}: HTTP {response.status}")
        return {"bytes": len(body)}

    def _run_python(self) -> Dict[str, Any]:
        code = f"print(sum(i * i for i in range({self._random.randint(100_000, 2_000_000)})))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        return {"stdout": done.stdout.strip()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--url", help="Wattline server (default: WATTLINE_URL)")
    parser.add_argument("--run", help="run id (default: WATTLINE_RUN, else made from the time)")
    parser.add_argument("--speed", type=float, default=1.0, help="of the model and pages (default 1)")
    parser.add_argument("--tasks", type=int, default=3, help="tasks per agent (default 3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write the events to this JSONL file at the end")
    options = parser.parse_args()

    ScriptedModel.speed = options.speed
    server = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedModel)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    with EventRecorder(options.url, options.run, name="agent.py") as recorder:
        agents = [
            Agent(name, recorder, server.server_address[1], options.seed + index)
            for index, name in enumerate(("researcher", "coder", "reviewer"))
        ]
        threads = [threading.Thread(target=agent.run, args=(options.tasks,)) for agent in agents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lost = recorder.close()
        if options.save:
            lines = (event.to_json() + "\n" for event in recorder.get_events())
            options.save.write_text("".join(lines), "utf-8")
        print(f"{len(recorder)} events recorded, {lost} not delivered", file=sys.stderr)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()

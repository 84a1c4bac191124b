"""Tests against real HTTP servers on free ports: python3 -m unittest discover examples/python"""

from __future__ import annotations

import contextlib
import enum
import gzip
import json
import logging
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple
from unittest import mock

import wattline_recorder
from wattline_recorder import AgentEvent, EventRecorder

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent.parent / "packages/server/dist/cli.js"

# Without a handler, logging would print the warnings of the tests.
logging.getLogger("wattline").addHandler(logging.NullHandler())


class Peer:
    """A server that keeps lines by (writer, number) and answers according to a plan."""

    def __init__(self) -> None:
        self.lines: Dict[Tuple[str, int], Dict[str, Any]] = {}
        self.requests: List[Tuple[str, int, int]] = []  # (writer, first, count)
        self.headers: List[Dict[str, str]] = []
        self.ended: List[str] = []
        # The answers to the next requests: a status; bytes, which are sent as they are; 'cut' (keep
        # the lines, then close the connection without an answer); or 'hang up' (answer, then close
        # the connection without announcing it). Afterwards every answer is 200.
        self.plan: List[Any] = []
        # Why a line is rejected; None if it is accepted.
        self.judge: Callable[[Dict[str, Any]], Optional[str]] = lambda line: None
        # Above this, a proxy refuses the request.
        self.max_body_bytes = 2**40
        self.gate = threading.Event()
        self.gate.set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                peer.connections.add(self.client_address)
                peer.gate.wait()
                peer.take(self, body)

            def log_message(self, *_: Any) -> None:
                """Prints nothing."""

        self.connections: Set[Any] = set()
        self.path: Optional[str] = None
        self._handler = Handler
        self.start(0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def start(self, port: int) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        writer, first = query["writer"], int(query["first"])
        lines = body.decode("utf-8").splitlines()
        assert body == b"" or body.endswith(b"\n")
        self.path = parts.path
        self.headers.append(dict(handler.headers))
        self.requests.append((writer, first, len(lines)))
        answer = self.plan.pop(0) if self.plan else 200
        if len(body) > self.max_body_bytes:
            answer = http_response(413, b"<html>Request Entity Too Large</html>")
        if isinstance(answer, bytes):
            handler.close_connection = True
            handler.wfile.write(answer)
            return
        result: Dict[str, Any] = {"error": "expected something else"}
        if answer in (200, "cut", "hang up"):
            rejected: List[Dict[str, Any]] = []
            accepted = 0
            for number, text in enumerate(lines, 1):
                line = json.loads(text)
                reason = self.judge(line)
                if reason is None:
                    self.lines.setdefault((writer, first + accepted), line)
                    accepted += 1
                else:
                    rejected.append({"line": number, "reason": reason})
            result = {"accepted": accepted, "rejected": rejected, "rejectedCount": len(rejected)}
            if query.get("end") == "1":
                self.ended.append(writer)
        if answer == "cut":
            handler.close_connection = True
            return
        handler.send_response(200 if answer == "hang up" else answer)
        text = json.dumps(result).encode()
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)
        if answer == "hang up":
            handler.close_connection = True

    def events(self) -> List[Dict[str, Any]]:
        return [line for _, line in sorted(self.lines.items())]

    def numbers(self) -> List[int]:
        return sorted(number for _, number in self.lines)

    def close(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


def http_response(status: int, body: bytes, *headers: str, length: Optional[int] = None) -> bytes:
    head = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


class PeerTest(unittest.TestCase):
    """A test with a peer. The recorder's pauses are short."""

    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)
        quick = mock.patch.object(wattline_recorder, "_MIN_BACKOFF_S", 0.005)
        quick.start()
        self.addCleanup(quick.stop)

    def recorder(self, **options: Any) -> EventRecorder:
        options = {"url": self.peer.url, "run": "a run/1", "interval_s": 0.005, **options}
        recorder = EventRecorder(**options)
        self.addCleanup(recorder.close, 0)
        return recorder

    def wait_until(self, condition: Any) -> None:
        ready = threading.Event()
        for _ in range(2_000):
            if condition():
                return
            ready.wait(0.005)
        self.fail("the condition did not come true")

    @contextlib.contextmanager
    def logged(self) -> Iterator[List[str]]:
        """Collects what the recorder logs. Unlike assertLogs, nothing is fine."""
        messages: List[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("wattline")
        logger.addHandler(handler)
        logger.propagate = False
        try:
            yield messages
        finally:
            logger.propagate = True
            logger.removeHandler(handler)


class RecorderTest(PeerTest):

    def test_events_arrive_once_in_order_numbered_from_one(self) -> None:
        recorder = self.recorder(name="worker é")
        for index in range(5_000):
            recorder.record("tool_call_start", tool="search", index=index)
        self.assertEqual(recorder.close(), 0)
        self.assertEqual(self.peer.numbers(), list(range(1, 5_001)))
        self.assertEqual([e["metadata"]["index"] for e in self.peer.events()], list(range(5_000)))
        self.assertEqual(self.peer.path, "/api/runs/a%20run%2F1/events")
        self.assertLess(len(self.peer.requests), 100)

    def test_a_line_has_the_fields_of_its_event(self) -> None:
        recorder = self.recorder()
        recorder.record("turn_start", turn_idx=0, text="é🙂\n\ud800")
        recorder.close()
        [event] = recorder.get_events()
        [line] = self.peer.events()
        self.assertEqual(list(line), ["event_type", "timestamp", "metadata"])
        self.assertEqual(line["timestamp"], event.timestamp)
        self.assertEqual(line["metadata"], event.metadata)

    def test_an_update_has_the_id_of_its_span(self) -> None:
        recorder = self.recorder()
        recorder.update("t1", model="Qwen3-8B", span_id="other")
        recorder.close()
        [line] = self.peer.events()
        self.assertEqual(line["event_type"], "span_update")
        self.assertEqual(line["metadata"], {"model": "Qwen3-8B", "span_id": "t1"})

    def test_a_sample_is_sent_between_the_events_but_is_not_an_event(self) -> None:
        recorder = self.recorder()
        recorder.record("a")
        recorder.sample("host/gpu0", power_watts=212.5, energy_joules=None)
        recorder.sample(timestamp=1_700_000_000.25, power_watts=1)
        cycle: List[Any] = []
        cycle.append(cycle)
        with self.assertLogs("wattline", "WARNING"):
            recorder.sample("odd", power_watts=cycle)
        recorder.record("b")
        self.assertEqual(recorder.close(), 0)
        first, gpu, other, last = self.peer.events()
        self.assertEqual((first["event_type"], last["event_type"]), ("a", "b"))
        self.assertEqual(gpu["reading"], {"power_watts": 212.5, "energy_joules": None})
        self.assertEqual(gpu["source"], "host/gpu0")
        self.assertGreaterEqual(gpu["timestamp"], first["timestamp"])
        self.assertEqual(other, {"timestamp": 1_700_000_000.25, "reading": {"power_watts": 1}})
        self.assertEqual(len(recorder), 2)
        EventRecorder().sample(power_watts=1)

    def test_a_refused_or_unanswered_batch_is_posted_again_with_its_numbers(self) -> None:
        self.peer.plan = [503, "cut", 429]
        recorder = self.recorder()
        recorder.record("a")
        recorder.record("b")
        self.assertTrue(recorder.flush())
        recorder.record("c")
        self.assertEqual(recorder.close(), 0)
        self.assertEqual([e["event_type"] for e in self.peer.events()], ["a", "b", "c"])
        self.assertEqual(self.peer.numbers(), [1, 2, 3])
        firsts = [(first, count) for _, first, count in self.peer.requests if count]
        self.assertEqual(len(set(firsts[:4])), 1, "the first batch, four times the same")
        self.assertEqual(len({writer for writer, _, _ in self.peer.requests}), 1)

    def test_close_ends_the_writer_after_its_last_line(self) -> None:
        recorder = self.recorder()
        recorder.record("a")
        recorder.close()
        self.assertEqual(len(self.peer.ended), 1)
        self.assertEqual(self.peer.requests[-1][1:], (2, 0))
        self.assertEqual(recorder.close(), 0, "a second close does nothing")
        recorder.record("late")
        self.assertEqual((recorder.dropped, len(recorder)), (1, 2))

    def test_a_full_queue_drops_lines_and_reports_the_count(self) -> None:
        self.peer.gate.clear()
        recorder = self.recorder(max_queue=10)
        recorder.record("first")
        self.wait_until(lambda: not recorder._sender._queue)
        for _ in range(25):
            recorder.record("more")
        self.assertEqual(recorder.dropped, 15)
        self.peer.gate.set()
        self.assertEqual(recorder.close(), 15)
        events = self.peer.events()
        dropped = [e for e in events if e["event_type"] == "recorder_dropped"]
        self.assertEqual([e["metadata"] for e in dropped], [{"count": 15}])
        self.assertEqual(len(events), 1 + 10 + 1)
        self.assertEqual(self.peer.numbers(), list(range(1, 13)))

    def test_a_final_refusal_stops_sending_and_counts_the_events(self) -> None:
        self.peer.plan = [410]
        recorder = self.recorder()
        with self.assertLogs("wattline", "WARNING"):
            recorder.record("a")
            self.assertFalse(recorder.flush())
        recorder.record("b")
        self.assertEqual(recorder.close(), 2)
        self.assertEqual((self.peer.lines, len(recorder)), ({}, 2))

    def test_a_refused_batch_does_not_stop_later_ones(self) -> None:
        self.peer.plan = [400]
        recorder = self.recorder()
        with self.assertLogs("wattline", "WARNING"):
            recorder.record("a")
            self.assertTrue(recorder.flush())
        recorder.record("b")
        self.assertEqual(recorder.close(), 1)
        dropped, event = self.peer.events()
        self.assertEqual((dropped["metadata"], event["event_type"]), ({"count": 1}, "b"))
        self.assertEqual(self.peer.numbers(), [1, 2], "a dropped line has no number")

    def test_an_absent_server_delays_close_by_the_timeout_at_most(self) -> None:
        self.peer.close()
        recorder = self.recorder()
        recorder.record("a")
        self.assertFalse(recorder.flush(0.05))
        self.assertEqual(recorder.close(0.3), 1)
        self.assertFalse(recorder._sender._thread.is_alive())

    def test_an_absent_server_is_logged_once_and_the_lost_events_at_the_end(self) -> None:
        self.peer.close()
        with self.assertLogs("wattline", "WARNING") as logged:
            recorder = self.recorder()
            recorder.record("a")
            recorder.close(0.5)
            recorder.close(0.5)
        away, missed = (record.getMessage() for record in logged.records)
        self.assertRegex(away, f"no answer from {self.peer.url} .*Connection refused")
        self.assertEqual(missed, f"wattline: 1 events were not delivered to {self.peer.url}")

    def test_threads_lose_no_event_and_keep_their_order(self) -> None:
        recorder = self.recorder()

        def work(name: int) -> None:
            for index in range(2_000):
                recorder.record("point", thread=name, index=index)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(recorder.close(), 0)
        events = self.peer.events()
        self.assertEqual(len(events), 16_000)
        for name in range(8):
            mine = [e["metadata"]["index"] for e in events if e["metadata"]["thread"] == name]
            self.assertEqual(mine, list(range(2_000)))
        self.assertEqual([e.metadata for e in recorder.get_events()], [e["metadata"] for e in events])

    def test_metadata_is_encoded_at_the_call_and_never_raises(self) -> None:
        class Broken:
            def __repr__(self) -> str:
                raise RuntimeError("no")

        nested = {"n": 1}
        cycle: List[Any] = []
        cycle.append(cycle)
        recorder = self.recorder()
        recorder.record("snapshot", nested=nested)
        nested["n"] = 2
        recorder.record("odd", path=Broken(), keys={(1, 2): 3, 4: 5}, when=b"x", some={1})
        recorder.record("cycle", cycle=cycle)
        recorder.close()
        snapshot, odd, cyclic = (e["metadata"] for e in self.peer.events())
        self.assertEqual(snapshot, {"nested": {"n": 1}})
        self.assertEqual(odd["keys"], {"4": 5})
        self.assertEqual(odd["when"], "b'x'")
        self.assertIn("RuntimeError", odd["path"])
        self.assertIn("Circular", cyclic["unserializable"])

    def test_the_token_is_sent_in_a_header(self) -> None:
        recorder = self.recorder(token="secret-secret-secret")
        recorder.record("a")
        recorder.close()
        self.assertEqual(self.peer.headers[0]["Authorization"], "Bearer secret-secret-secret")


PAGE = b"<html>moved</html>"
HTML = "Content-Type: text/html"
JSON = "Content-Type: application/json"
FINAL = (401, 403, 404, 405, 409, 410)


class AnswerTest(PeerTest):
    """Only the answer of a Wattline server to these lines is a delivery."""

    def test_a_page_or_a_redirect_is_reported_once_and_the_events_are_sent_again(self) -> None:
        answers = [
            http_response(status, PAGE, HTML, "Location: https://wattline.example/x")
            for status in (200, 201, 203, 206, 300, 301, 302, 303, 307, 308, 400, 418, 500, 502, *FINAL)
        ]
        answers += [
            http_response(200, body, JSON)
            for body in (
                b"",
                b"{}",
                b"[]",
                b"null",
                b"not JSON",
                b"\xff",
                b"[" * 100_000,
                b'{"ok": true}',
                b'{"error": "no"}',
                b'{"accepted": true}',
                b'{"accepted": "1"}',
                b'{"accepted": 1.0}',
                b'{"accepted": -1, "rejectedCount": 2}',
                b'{"accepted": 0}',
                b'{"accepted": 2}',
                b'{"accepted": 1, "rejectedCount": 1}',
                b'{"accepted": 1, "rejec',
            )
        ]
        accepted = b'{"accepted": 1, "rejected": [], "rejectedCount": 0, "lastSeq": 1}'
        answers += [
            http_response(200, accepted, HTML),
            http_response(202, accepted, JSON),
            http_response(301, accepted, JSON),
            http_response(200, accepted, JSON, length=1_000),
            http_response(200, gzip.compress(PAGE), HTML, "Content-Encoding: gzip"),
            http_response(200, gzip.compress(PAGE), JSON, "Content-Encoding: gzip"),
            b"HTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc",
            b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000,
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"",
        ]
        for answer in answers:
            with self.subTest(answer[:150]), self.logged() as messages:
                self.peer.plan = [answer] * 2
                self.peer.lines.clear()
                recorder = self.recorder()
                recorder.record("a")
                self.assertTrue(recorder.flush())
                self.assertEqual((recorder.close(), recorder.dropped), (0, 0))
                self.assertEqual(self.peer.numbers(), [1])
                self.assertEqual(len(messages), 1, messages)
                self.assertRegex(messages[0], "events are kept and sent again$")

    def test_events_that_meet_only_redirects_are_not_delivered(self) -> None:
        for status in (200, 301, 302, 308, 404):
            self.peer.plan = [http_response(status, PAGE, HTML, "Location: https://x.example/")] * 1_000
            with self.subTest(status), self.logged() as messages:
                recorder = self.recorder()
                for _ in range(10):
                    recorder.record("tick")
                self.assertFalse(recorder.flush(0.05))
                self.assertEqual(recorder.close(0.05), 10)
                self.assertEqual(len(messages), 2, messages)
                self.assertIn(f"answers with HTTP {status}", messages[0])
                self.assertEqual("a redirect to https://x.example/" in messages[0], 300 <= status < 400)
                self.assertIn("10 events were not delivered", messages[1])
        self.assertEqual(self.peer.lines, {})

    def test_control_characters_of_an_answer_are_not_logged(self) -> None:
        self.peer.plan = [http_response(302, b"", "Location: http://x/\x1b[31m")]
        with self.logged() as messages:
            recorder = self.recorder()
            recorder.record("a")
            self.assertTrue(recorder.flush())
        self.assertIn("http://x/?[31m", messages[0])

    def test_a_final_error_of_the_server_stops_the_recorder_with_its_reason(self) -> None:
        for status in FINAL:
            self.peer.plan = [status]
            with self.subTest(status), self.logged() as messages:
                recorder = self.recorder()
                recorder.record("a")
                self.assertFalse(recorder.flush())
                requests = len(self.peer.requests)
                recorder.record("b")
                self.assertEqual((recorder.close(), recorder.dropped), (2, 2))
                self.assertEqual(len(self.peer.requests), requests)
                self.assertIn(f"(HTTP {status}: expected something else)", messages[0])
                self.assertIn("stops sending", messages[0])

    def test_a_temporary_error_of_the_server_is_reported_and_the_events_are_sent_again(self) -> None:
        self.peer.plan = [503, 429, 507, 503]
        with self.logged() as messages:
            recorder = self.recorder()
            recorder.record("a")
            self.assertTrue(recorder.flush())
        self.assertEqual(len(messages), 3, messages)
        self.assertIn("answers with HTTP 503: expected something else", messages[0])

    def test_a_batch_that_a_proxy_refuses_as_too_large_is_split(self) -> None:
        self.peer.max_body_bytes = 4_000
        with self.logged() as messages:
            recorder = self.recorder(interval_s=0.05)
            for index in range(200):
                recorder.record("big" if index == 77 else "tick", text="x" * (5_000 if index == 77 else 50))
            self.assertTrue(recorder.flush())
            self.assertEqual(recorder.close(), 1)
        events = self.peer.events()
        self.assertEqual([e["event_type"] for e in events].count("tick"), 199)
        self.assertEqual([e["metadata"] for e in events if e["event_type"] == "recorder_dropped"], [{"count": 1}])
        self.assertEqual(self.peer.numbers(), list(range(1, 201)))
        self.assertIn("HTTP 413", messages[0])
        self.assertEqual(len(messages), 2, messages)

    def test_rejected_lines_are_counted_reported_and_leave_an_event(self) -> None:
        self.peer.judge = lambda line: "nested 600 levels" if line["metadata"].get("bad") else None
        with self.logged() as messages:
            recorder = self.recorder()
            for index in range(30):
                recorder.record("tick", i=index, bad=index % 10 == 0)
            recorder.record("last", bad=True)
            self.assertTrue(recorder.flush())
            self.assertEqual(recorder.dropped, 4)
            self.assertEqual(recorder.close(), 4)
        events = self.peer.events()
        reports = [e["metadata"]["count"] for e in events if e["event_type"] == "recorder_dropped"]
        self.assertEqual(sum(reports), 4)
        self.assertEqual([e["metadata"]["i"] for e in events if e["event_type"] == "tick"], [i for i in range(30) if i % 10])
        self.assertEqual(self.peer.numbers(), list(range(1, len(events) + 1)), "the server sees no gap")
        self.assertRegex(messages[0], r"the server rejected \d+ of \d+ lines: nested 600 levels")
        self.assertEqual(len(messages), 2, "the reason once, and the count at the end")

    def test_a_server_that_rejects_every_line_is_not_flooded(self) -> None:
        self.peer.judge = lambda line: "no"
        with self.logged() as messages:
            recorder = self.recorder()
            recorder.record("a")
            self.assertTrue(recorder.flush())
            self.assertEqual(recorder.close(), 1)
        self.assertEqual([count for _, _, count in self.peer.requests], [1, 1, 0], "event, report, end")
        self.assertEqual(len(messages), 2, messages)

    def test_a_log_handler_may_record_events(self) -> None:
        recorder = self.recorder()
        handler = logging.Handler()
        handler.emit = lambda record: recorder.record("log", text=record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("wattline")
        self.addCleanup(logger.removeHandler, handler)
        logger.addHandler(handler)
        self.peer.plan = [503, 410]
        with self.logged():
            recorder.record("a")
            self.assertFalse(recorder.flush())
            self.assertGreaterEqual(recorder.close(), 2)
        self.assertEqual([e.event_type for e in recorder.get_events()], ["a", "log", "log", "log"])


class ConnectionTest(PeerTest):
    def test_a_connection_that_the_server_closed_is_replaced_silently(self) -> None:
        with self.logged() as messages:
            recorder = self.recorder()
            for index in range(10):
                self.peer.plan = [(200, "cut", "hang up")[index % 3]]
                recorder.record("tick", i=index)
                self.assertTrue(recorder.flush())
            self.assertEqual(recorder.close(), 0)
        self.assertEqual([e["metadata"]["i"] for e in self.peer.events()], list(range(10)))
        self.assertEqual(messages, [])

    def test_a_server_that_restarts_between_two_events_is_not_reported(self) -> None:
        with self.logged() as messages:
            recorder = self.recorder()
            self.peer.plan = ["hang up"]
            recorder.record("a")
            self.assertTrue(recorder.flush())
            port = self.peer.server.server_address[1]
            self.peer.close()
            self.peer.start(port)
            recorder.record("b")
            self.assertTrue(recorder.flush())
            self.assertEqual(recorder.close(), 0)
        self.assertEqual((self.peer.numbers(), messages), ([1, 2], []))

    def test_only_a_failing_reconnect_is_reported(self) -> None:
        with self.logged() as messages:
            recorder = self.recorder()
            self.peer.plan = ["hang up"]
            recorder.record("a")
            self.assertTrue(recorder.flush())
            self.peer.close()
            recorder.record("b")
            self.assertFalse(recorder.flush(0.1))
            self.assertEqual(recorder.close(0), 1)
        self.assertEqual(len(messages), 2, messages)
        self.assertRegex(messages[0], "no answer from .*refused.*; events are kept and sent again")

    def test_heartbeats_keep_a_quiet_writer_and_its_connection_alive(self) -> None:
        self.assertLess(wattline_recorder._HEARTBEAT_S, 5, "a server closes idle connections after 5 s")
        with mock.patch.object(wattline_recorder, "_HEARTBEAT_S", 0.005), self.logged() as messages:
            recorder = self.recorder()
            recorder.record("a")
            self.wait_until(lambda: len(self.peer.requests) > 10)
            self.assertEqual(recorder.close(), 0)
        self.assertEqual(len({writer for writer, _, _ in self.peer.requests}), 1)
        self.assertEqual((len(self.peer.connections), messages), (1, []))


class InputTest(PeerTest):
    """Whatever the agent and its environment pass, record() does not raise."""

    def test_metadata_may_have_any_key(self) -> None:
        recorder = self.recorder()
        keys = ["self", "event_type", "metadata", "timestamp", "source", "reading", "class", "sélf", "", "a b"]
        recorder.record("x", **{key: 1 for key in keys})
        recorder.sample("host", **{"self": 1, "source": 2, "reading": 3, "power_watts": 4})
        recorder.sample(source="named", power_watts=1)
        recorder.record(event_type="named", tool="a")
        self.assertEqual(recorder.close(), 0)
        event, sample, named_source, named = self.peer.events()
        self.assertEqual((event["event_type"], event["metadata"]), ("x", {key: 1 for key in keys}))
        self.assertEqual(sample["source"], "host")
        self.assertEqual(sample["reading"], {"self": 1, "source": 2, "reading": 3, "power_watts": 4})
        self.assertEqual((named_source["source"], named_source["reading"]), ("named", {"power_watts": 1}))
        self.assertEqual((named["event_type"], named["metadata"]), ("named", {"tool": "a"}))

    def test_any_event_type_and_value_is_recorded(self) -> None:
        class Bad(Exception):
            def __str__(self) -> str:
                raise KeyError("no text")

            __repr__ = __str__

        class BadDict(Dict[str, Any]):
            def items(self) -> Any:
                raise Bad

        deep: Dict[str, Any] = {}
        for _ in range(100_000):
            deep = {"x": deep}
        types = [None, 5, b"x", "", "\ud800", "tab\tnew\nline", Bad(), Type.TOOL_CALL_START]
        values = [Bad(), BadDict(a=1), deep, 10**5_000, float("nan"), "\ud83d", "a\0b", {None: {1, 2}}]
        recorder = self.recorder()
        with self.logged():
            for event_type in types:
                recorder.record(event_type, v=1)
            for value in values:
                recorder.record("v", value=value)
                recorder.sample("s", power_watts=value)
            self.assertTrue(recorder.flush())
        self.assertEqual(len(recorder), len(types) + len(values))
        recorded = [line["event_type"] for line in self.peer.events() if "event_type" in line]
        self.assertEqual(len(recorded), len(recorder))
        self.assertEqual(recorded[7], "tool_call_start")

    def test_a_signal_handler_may_record_at_any_time(self) -> None:
        recorder = self.recorder()
        count = 0

        def handler(*_: Any) -> None:
            nonlocal count
            count += 1
            recorder.record("signal")

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        try:
            for _ in range(5_000):
                recorder.record("tick")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertEqual((recorder.close(), len(self.peer.lines)), (0, 5_000 + count))

    def test_white_space_around_a_token_and_a_url_is_removed(self) -> None:
        port = self.peer.server.server_address[1]
        urls = ["http://127.0.0.1:%d", " http://127.0.0.1:%d\n", "127.0.0.1:%d", "localhost:%d/", "ws://127.0.0.1:%d"]
        for url in urls:
            variables = {"WATTLINE_URL": url % port, "WATTLINE_TOKEN": " abcdefghijklmnopqrst\r\n", "WATTLINE_RUN": " r\n"}
            with self.subTest(url), mock.patch.dict(os.environ, variables), self.logged() as messages:
                self.peer.headers.clear()
                recorder = self.recorder(url=None, run=None)
                recorder.record("a")
                self.assertEqual((recorder.close(), messages), (0, []))
                self.assertEqual(self.peer.headers[0]["Authorization"], "Bearer abcdefghijklmnopqrst")
                self.assertEqual(self.peer.path, "/api/runs/r/events")

    def test_a_url_may_have_a_path(self) -> None:
        for path, expected in {
            "/wattline/": "/wattline",
            "/a b/é": "/a%20b/%C3%A9",
            "/a%20b": "/a%20b",
            "/?token=x#run=y": "",
        }.items():
            with self.subTest(path):
                recorder = self.recorder(url=self.peer.url + path)
                recorder.record("a")
                self.assertEqual(recorder.close(), 0)
                self.assertEqual(self.peer.path, f"{expected}/api/runs/a%20run%2F1/events")

    def test_an_invalid_token_is_reported_and_the_agent_goes_on(self) -> None:
        for token in ("abcdefghijklmnopqr…t", "two words", "a\nb", "tab\there", "nul\0", "\ud800", "ü", "\x7f"):
            with self.subTest(token), self.logged() as messages:
                self.peer.headers.clear()
                recorder = self.recorder(token=token)
                recorder.record("a")
                self.assertEqual(recorder.close(), 0)
                self.assertNotIn("Authorization", self.peer.headers[0])
                self.assertEqual(len(messages), 1, messages)
                self.assertIn("the token is not sent: expected visible ASCII characters", messages[0])
                self.assertNotIn(token, messages[0])

    def test_an_invalid_wattline_url_is_reported_and_events_stay_in_memory(self) -> None:
        for url in ("ftp://x", "http://", "http://a b:1", "http://x:99999", "http://[::1", "http://x:port"):
            with self.subTest(url), mock.patch.dict(os.environ, WATTLINE_URL=url), self.logged() as messages:
                recorder = EventRecorder()
                recorder.record("a")
                self.assertEqual((len(recorder), recorder.flush(), recorder.close()), (1, True, 0))
                self.assertEqual(len(messages), 1)
                self.assertIn("WATTLINE_URL is ignored: expected a URL like http", messages[0])

    def test_any_run_id_and_name_is_sent(self) -> None:
        for run in ("a/b?c#d", "é\ud800", 5, Path("x")):
            with self.subTest(run):
                recorder = self.recorder(run=run, name="n\ud800\n")
                recorder.record("a")
                self.assertEqual(recorder.close(), 0)

    def test_an_unexpected_error_does_not_end_the_sender(self) -> None:
        failing = mock.patch.object(
            wattline_recorder._Peer, "_exchange", side_effect=UnicodeError("odd"), autospec=True
        )
        with self.logged() as messages:
            recorder = self.recorder()
            with failing:
                recorder.record("a")
                self.assertFalse(recorder.flush(0.05))
            self.assertTrue(recorder.flush())
        self.assertEqual(len(messages), 1, messages)
        self.assertIn("UnicodeError: odd", messages[0])

    def test_without_a_thread_close_sends_the_events(self) -> None:
        error = RuntimeError("can't start new thread")
        with mock.patch.object(threading.Thread, "start", side_effect=error):
            recorder = EventRecorder(self.peer.url, "run")
            recorder.record("a")
            self.assertFalse(recorder.flush(60))
        self.assertEqual(recorder.close(), 0)
        self.assertEqual((self.peer.numbers(), len(self.peer.ended)), ([1], 1))


@unittest.skipUnless(hasattr(os, "fork"), "needs fork")
class ForkTest(PeerTest):
    """A forked process is another writer, and never waits for a lock of its parent."""

    def run_script(self, code: str, *arguments: str) -> str:
        """Runs a script with the peer's URL, and returns what it printed to both streams."""
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            script.write_text(textwrap.dedent(code), "utf-8")
            done = subprocess.run(
                [sys.executable, "-W", "ignore", str(script), self.peer.url, *arguments],
                env={**os.environ, "PYTHONPATH": str(HERE)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
            )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def events_of(self, event_type: str) -> List[Tuple[str, Dict[str, Any]]]:
        """The writers and the metadata of the events of a type."""
        found = sorted(self.peer.lines.items())
        return [(writer, e["metadata"]) for (writer, _), e in found if e["event_type"] == event_type]

    def test_children_record_as_other_writers_while_a_thread_of_the_parent_records(self) -> None:
        output = self.run_script(
            """
            import os, sys, threading
            from wattline_recorder import EventRecorder

            recorder = EventRecorder(sys.argv[1], "forks", interval_s=0.001)
            done = threading.Event()

            def hammer():
                while not done.is_set():
                    recorder.record("tick")

            threads = [threading.Thread(target=hammer) for _ in range(3)]
            for thread in threads:
                thread.start()
            children = []
            for number in range(24):
                child = os.fork()
                if child == 0:
                    if number % 3 == 0:
                        sys.exit(0)  # records nothing
                    recorder.record("in child", number=number)
                    assert recorder.dropped == 0
                    if number % 3 == 1:
                        assert recorder.flush(30)
                        os._exit(0)  # skips close()
                    sys.exit(0)
                children.append(child)
            for child in children:
                assert os.waitpid(child, 0)[1] == 0
            done.set()
            for thread in threads:
                thread.join()
            print("not delivered:", recorder.close(30))
            """
        )
        self.assertEqual(output, "not delivered: 0\n")
        children = self.events_of("in child")
        self.assertEqual(sorted(m["number"] for _, m in children), [n for n in range(24) if n % 3])
        writers = {writer for writer, _ in children}
        self.assertEqual(len(writers), 16, "each child is a writer")
        self.assertEqual(len({writer for writer, _ in self.events_of("tick")} - writers), 1)
        self.assertEqual(len({writer for writer, _, _ in self.peer.requests}), 17, "silent children send nothing")
        for writer in writers:
            self.assertEqual([n for w, n in self.peer.lines if w == writer], [1])

    def test_a_child_does_not_wait_for_locks_that_other_threads_held_at_the_fork(self) -> None:
        output = self.run_script(
            """
            import os, sys, threading
            from wattline_recorder import EventRecorder

            recorder = EventRecorder(sys.argv[1], "locks")
            recorder.record("parent")
            assert recorder.flush(30)
            held, release = threading.Event(), threading.Event()

            def hold():
                with recorder._lock, recorder._sender._changed:
                    held.set()
                    release.wait()

            thread = threading.Thread(target=hold)
            thread.start()
            held.wait()
            child = os.fork()
            if child == 0:
                recorder.record("in child")
                assert len(recorder) == 2 and recorder.dropped == 0
                assert recorder.flush(30)
                assert recorder.close(30) == 0
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            release.set()
            thread.join()
            print("not delivered:", recorder.close(30))
            """
        )
        self.assertEqual(output, "not delivered: 0\n")
        self.assertEqual((len(self.events_of("parent")), len(self.events_of("in child"))), (1, 1))

    def test_events_that_wait_in_the_parent_are_not_the_childs(self) -> None:
        output = self.run_script(
            """
            import os, sys
            from wattline_recorder import EventRecorder

            recorder = EventRecorder(sys.argv[1], "waiting", interval_s=60)
            for _ in range(100):
                recorder.record("parent")
            child = os.fork()
            if child == 0:
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            print("not delivered:", recorder.close(30))
            """
        )
        self.assertEqual(output, "not delivered: 0\n")
        self.assertEqual(len(self.events_of("parent")), 100)
        self.assertEqual(len(self.peer.ended), 1)

    def test_workers_of_a_server_that_loaded_the_recorder_before_the_fork(self) -> None:
        output = self.run_script(
            """
            import os, signal, sys
            from wattline_recorder import EventRecorder

            recorder = EventRecorder(sys.argv[1], "preload")
            workers = []
            for number in range(4):
                ready, told = os.pipe()
                worker = os.fork()
                if worker == 0:
                    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
                    recorder.record("in child", number=number)
                    os.write(told, b"x")
                    while True:
                        signal.pause()
                os.read(ready, 1)
                workers.append(worker)
            for worker in workers:
                os.kill(worker, signal.SIGTERM)
                assert os.waitpid(worker, 0)[1] == 0
            print("not delivered:", recorder.close(30))
            """
        )
        self.assertEqual(output, "not delivered: 0\n")
        self.assertEqual(len({writer for writer, _ in self.events_of("in child")}), 4)
        self.assertEqual(len(self.peer.ended), 5, "each worker, and the parent, ends its writer")

    def test_processes_of_multiprocessing(self) -> None:
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method):
                self.peer.lines.clear()
                output = self.run_script(
                    """
                    import multiprocessing, sys
                    from wattline_recorder import EventRecorder

                    def work(recorder, url):
                        recorder.record("in child", how="passed")
                        own = EventRecorder(url, "multi")
                        own.record("in child", how="own")

                    if __name__ == "__main__":
                        context = multiprocessing.get_context(sys.argv[2])
                        recorder = EventRecorder(sys.argv[1], "multi", interval_s=0.5)
                        recorder.record("parent")
                        children = [context.Process(target=work, args=(recorder, sys.argv[1])) for _ in range(2)]
                        for child in children:
                            child.start()
                        for child in children:
                            child.join()
                            assert child.exitcode == 0
                        print("not delivered:", recorder.close(30))
                    """,
                    method,
                )
                self.assertEqual(output, "not delivered: 0\n")
                children = self.events_of("in child")
                self.assertEqual(sorted(m["how"] for _, m in children), ["own", "own", "passed", "passed"])
                self.assertEqual(len({writer for writer, _ in children}), 4)

    def test_a_closed_recorder_stays_closed_in_a_child(self) -> None:
        self.run_script(
            """
            import os, sys
            from wattline_recorder import EventRecorder

            recorder = EventRecorder(sys.argv[1], "closed")
            recorder.close()
            child = os.fork()
            if child == 0:
                recorder.record("late")
                assert recorder.dropped == 1
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            """
        )
        self.assertEqual(self.peer.lines, {})

    def test_a_copied_recorder_is_another_writer_of_the_same_run(self) -> None:
        recorder = self.recorder(name="n", token="t")
        copy = pickle.loads(pickle.dumps(recorder))
        self.addCleanup(copy.close, 0)
        self.assertEqual(copy.run, recorder.run)
        copy.record("a")
        recorder.record("b")
        self.assertEqual((copy.close(), recorder.close()), (0, 0))
        self.assertEqual(len({writer for writer, _ in self.peer.lines}), 2)


@unittest.skipUnless(shutil.which("node") and SERVER.exists(), "needs Node and `npm run build`")
class ServerTest(PeerTest):
    """Against the real server."""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def serve(self, *options: str, port: int = 0) -> Tuple["subprocess.Popen[str]", str]:
        command = ["node", str(SERVER), "serve", "--port", str(port), "--no-open", "--dir", self.folder, *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for line in server.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                return server, found.group()
        self.fail("the server did not start")

    def test_rejected_lines(self) -> None:
        _, url = self.serve()
        deep: List[Any] = []
        for _ in range(600):
            deep = [deep]
        with self.logged() as messages:
            recorder = self.recorder(url=url, run="rejected")
            recorder.record("fine", i=1)
            recorder.record("deep", value=deep)
            recorder.record("", i=3)
            recorder.record("big", text="x" * (17 * 1024 * 1024))
            recorder.record("fine", i=2)
            self.assertTrue(recorder.flush(30))
            self.assertEqual((recorder.dropped, recorder.close(30)), (3, 3))
        for reason in ("expected event_type to be a name", "expected a line of at most 16777216 bytes", "expected at most 500 nested levels"):
            self.assertTrue(any(reason in message for message in messages), (reason, messages))
        with urllib.request.urlopen(f"{url}/api/runs/rejected/events.jsonl") as log:
            events = [json.loads(line) for line in log]
        reported = [e["metadata"]["count"] for e in events if e["event_type"] == "recorder_dropped"]
        self.assertEqual([e["event_type"] for e in events if e["event_type"] != "recorder_dropped"], ["fine", "fine"])
        self.assertEqual(sum(reported), 3)
        with urllib.request.urlopen(f"{url}/api/runs/rejected") as info:
            run = json.load(info)
        self.assertEqual((run["lost"], run["state"]), (0, "ended"), "the log's own event counts them")

    def test_a_server_that_is_killed_and_started_again(self) -> None:
        server, url = self.serve()
        recorder = self.recorder(url=url, run="restart")
        with self.logged() as messages:
            recorder.record("tick", i=0)
            self.assertTrue(recorder.flush(30))
            server.kill()
            server.wait()
            self.serve(port=int(url.rpartition(":")[2]))
            for index in range(1, 100):
                recorder.record("tick", i=index)
            self.assertEqual(recorder.close(30), 0)
        self.assertEqual(messages, [])
        with urllib.request.urlopen(f"{url}/api/runs/restart/events.jsonl") as log:
            self.assertEqual([json.loads(line)["metadata"]["i"] for line in log], list(range(100)))

    def test_a_missing_token_is_reported_and_a_stripped_one_works(self) -> None:
        _, url = self.serve("--token", "abcdefghijklmnopqrst")
        with self.logged() as messages:
            recorder = self.recorder(url=url, run="token", token="not\nvalid")
            recorder.record("a")
            self.assertFalse(recorder.flush(30))
            self.assertEqual(recorder.close(30), 1)
        self.assertIn("the token is not sent", messages[0])
        self.assertRegex(messages[1], r"\(HTTP 401: expected the token of this server.*stops sending")
        recorder = self.recorder(url=url, run="token", token="abcdefghijklmnopqrst\n")
        recorder.record("a")
        self.assertEqual(recorder.close(30), 0)


class MemoryTest(unittest.TestCase):
    def test_without_a_url_events_stay_in_memory(self) -> None:
        recorder = EventRecorder()
        recorder.record("tool_call_start", tool="a")
        events = recorder.get_events()
        self.assertEqual(events, [AgentEvent("tool_call_start", events[0].timestamp, {"tool": "a"})])
        events.clear()
        self.assertEqual(len(recorder), 1)
        recorder.clear()
        self.assertEqual((len(recorder), recorder.close(), recorder.flush()), (0, 0, True))

    def test_retain_keeps_the_latest_events(self) -> None:
        recorder = EventRecorder(retain=3)
        for index in range(10):
            recorder.record("point", index=index)
        self.assertEqual([e.metadata["index"] for e in recorder.get_events()], [7, 8, 9])

    def test_an_invalid_url_is_rejected(self) -> None:
        for url in ("ftp://x", "http://", "http://a b", "http://x:99999", "http://[::1", "x:port", "a..b"):
            with self.subTest(url), self.assertRaisesRegex(ValueError, "expected a URL like http"):
                EventRecorder(url, "run")

    def test_each_recorder_without_a_run_has_its_own_run_id(self) -> None:
        runs = {EventRecorder().run for _ in range(1_000)}
        self.assertEqual(len(runs), 1_000)
        self.assertRegex(min(runs), r"^py-\d{8}-\d{6}-[0-9a-f]{8}$")


class Type(str, enum.Enum):
    TOOL_CALL_START = "tool_call_start"


@dataclass
class BusEvent:
    event_type: Type
    timestamp_ns: int
    payload: Dict[str, Any] = field(default_factory=dict)
    turn_id: Optional[str] = None
    correlation_id: Optional[str] = None


class Bus:
    """A bus with the interface of Intelligence Per Watt's EventBus."""

    def __init__(self) -> None:
        self.subscribers: Dict[str, Any] = {}

    def subscribe(self, event_type: Optional[Type], callback: Any) -> str:
        assert event_type is None
        self.subscribers["handle"] = callback
        return "handle"

    def unsubscribe(self, handle: str) -> None:
        del self.subscribers[handle]

    def publish(self, event: BusEvent) -> None:
        for callback in list(self.subscribers.values()):
            callback(event)


class BusTest(unittest.TestCase):
    def test_published_events_are_recorded(self) -> None:
        bus, recorder = Bus(), EventRecorder()
        detach = recorder.attach(bus)
        bus.publish(BusEvent(Type.TOOL_CALL_START, 1_500_000_000, {"tool": "a"}, "t1", "c1"))
        bus.publish(BusEvent(Type.TOOL_CALL_START, 2_000_000_000, {"turn_id": "own"}, "t1"))
        detach()
        bus.publish(BusEvent(Type.TOOL_CALL_START, 3))
        self.assertEqual(
            recorder.get_events(),
            [
                AgentEvent("tool_call_start", 1.5, {"tool": "a", "turn_id": "t1", "correlation_id": "c1"}),
                AgentEvent("tool_call_start", 2.0, {"turn_id": "own"}),
            ],
        )

    def test_a_bus_whose_subscribe_takes_only_a_callback(self) -> None:
        class Simple:
            def subscribe(self, callback: Any) -> Any:
                self.callback = callback
                return lambda: setattr(self, "callback", None)

        bus, recorder = Simple(), EventRecorder()
        detach = recorder.attach(bus)
        bus.callback(BusEvent(Type.TOOL_CALL_START, 10))
        detach()
        self.assertEqual(([e.event_type for e in recorder.get_events()], bus.callback), (["tool_call_start"], None))


if __name__ == "__main__":
    unittest.main()

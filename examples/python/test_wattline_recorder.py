"""Tests against a real HTTP server on a free port: python3 -m unittest discover examples/python"""

from __future__ import annotations

import enum
import json
import threading
import unittest
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Optional, Tuple

from wattline_recorder import AgentEvent, EventRecorder


class Peer:
    """A server that keeps lines by (writer, number) and answers according to a plan."""

    def __init__(self) -> None:
        self.lines: Dict[Tuple[str, int], Dict[str, Any]] = {}
        self.requests: List[Tuple[str, int, int]] = []  # (writer, first, count)
        self.headers: List[Dict[str, str]] = []
        self.ended: List[str] = []
        # The answers to the next requests: a status, or 'cut' (keep the lines, then close the
        # connection without an answer). Afterwards every answer is 200.
        self.plan: List[Any] = []
        self.gate = threading.Event()
        self.gate.set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                peer.gate.wait()
                peer.take(self, body)

            def log_message(self, *_: Any) -> None:
                """Prints nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.path: Optional[str] = None
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
        if answer in (200, "cut"):
            for offset, line in enumerate(lines):
                self.lines.setdefault((writer, first + offset), json.loads(line))
            if query.get("end") == "1":
                self.ended.append(writer)
        if answer == "cut":
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(answer)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")

    def events(self) -> List[Dict[str, Any]]:
        return [line for _, line in sorted(self.lines.items())]

    def numbers(self) -> List[int]:
        return sorted(number for _, number in self.lines)

    def close(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class RecorderTest(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def recorder(self, **options: Any) -> EventRecorder:
        recorder = EventRecorder(self.peer.url, "a run/1", interval_s=0.005, **options)
        self.addCleanup(recorder.close, 0)
        return recorder

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
        self.assertEqual(self.peer.numbers(), [2], "the gap shows that a line is missing")

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

    def wait_until(self, condition: Any) -> None:
        ready = threading.Event()
        for _ in range(1_000):
            if condition():
                return
            ready.wait(0.005)
        self.fail("the condition did not come true")


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
        with self.assertRaisesRegex(ValueError, "expected a URL like http"):
            EventRecorder("ftp://x", "run")


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

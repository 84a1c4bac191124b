"""Records the events of an agent and shows them live in Wattline. Standard library only, Python 3.9+.

``EventRecorder`` has the interface of Intelligence Per Watt's: ``record``, ``get_events``, ``clear``,
``len``. With a URL, a background thread also posts each event to a Wattline server, about 50 ms
after it was recorded:

    recorder = EventRecorder(url="http://127.0.0.1:9288", run="my-run")
    recorder.record("tool_call_start", tool="search", span_id="1")
    recorder.record("tool_call_end", tool="search", span_id="1", success=True)
    recorder.close()

``record`` encodes each event as a line and puts it into a bounded queue. A thread takes a batch, numbers
its lines and posts them with the number of the first one. A batch without an answer is posted again
with the same number. The server skips lines that it already has, so no line is lost or duplicated.
"""

from __future__ import annotations

import atexit
import http.client
import json
import logging
import os
import random
import threading
import time
import urllib.parse
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Optional

__all__ = ["AgentEvent", "EventRecorder"]

_logger = logging.getLogger("wattline")

_BATCH_LINES = 2_000
_BATCH_BYTES = 512 * 1024
_REQUEST_TIMEOUT_S = 10.0
_MIN_BACKOFF_S = 0.1
_MAX_BACKOFF_S = 5.0
# A writer that is silent for 30 s counts as lost. Empty requests keep it alive.
_HEARTBEAT_S = 10.0
# Statuses after which the same request can succeed later. Other 4xx requests never succeed.
_RETRY_STATUS = frozenset({408, 425, 429})
# Statuses after which no request of this recorder can succeed.
_GIVE_UP_STATUS = frozenset({401, 403, 404, 405, 409, 410})


@dataclass
class AgentEvent:
    """One event. ``timestamp`` is Unix seconds."""

    event_type: str
    timestamp: float
    metadata: Dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The event as one line of a log. Values that JSON cannot represent are written as ``repr``."""
        record = {
            "event_type": self.event_type,
            "timestamp": self.timestamp,
            "metadata": self.metadata,
        }
        try:
            return json.dumps(record, default=_fallback, skipkeys=True, separators=(",", ":"))
        except (ValueError, RecursionError, RuntimeError) as error:
            # A cycle, too deep, or changed by another thread. The event is kept without its metadata.
            record["metadata"] = {"unserializable": f"{type(error).__name__}: {error}"[:200]}
            return json.dumps(record, separators=(",", ":"))


def _fallback(value: Any) -> Any:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a __repr__ may raise anything
        return f"<{type(value).__name__}: repr failed with {type(error).__name__}>"


class EventRecorder:
    """Thread-safe recorder of agent events. ``record`` never raises and never waits for the network.

    url          the Wattline server; default: WATTLINE_URL. Without one, events stay in memory.
    run          the run's id; default: WATTLINE_RUN, else made from the time.
    name         the name of the writer on the page.
    token        the server's token; default: WATTLINE_TOKEN.
    retain       how many of the latest events get_events() returns; default: all.
    max_queue    lines that may wait for the server; further lines are dropped and counted.
    interval_s   how long lines are collected into a batch.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        run: Optional[str] = None,
        *,
        name: Optional[str] = None,
        token: Optional[str] = None,
        retain: Optional[int] = None,
        max_queue: int = 100_000,
        interval_s: float = 0.05,
    ) -> None:
        self._events: Deque[AgentEvent] = deque(maxlen=retain)
        self._lock = threading.Lock()
        self.run = run or os.environ.get("WATTLINE_RUN") or time.strftime("py-%Y%m%d-%H%M%S")
        self._sender: Optional[_Sender] = None
        url = url or os.environ.get("WATTLINE_URL")
        if url:
            self._sender = _Sender(
                _Peer(url, self.run, name, token or os.environ.get("WATTLINE_TOKEN")),
                max_queue,
                interval_s,
            )
            atexit.register(self.close)

    def record(self, event_type: str, **metadata: Any) -> None:
        """Records one event with the current time. Metadata is encoded at the call."""
        self._add(AgentEvent(str(getattr(event_type, "value", event_type)), time.time(), metadata))

    def sample(
        self, source: Optional[str] = None, timestamp: Optional[float] = None, **reading: Any
    ) -> None:
        """Records a telemetry sample: ``sample("host/gpu0", power_watts=212.5)``.

        ``timestamp`` is the time of measurement in Unix seconds, by default now. Samples are only
        sent: get_events() does not return them.
        """
        if self._sender is None:
            return
        record: Dict[str, Any] = {
            "timestamp": time.time() if timestamp is None else timestamp,
            "reading": reading,
        }
        if source is not None:
            record["source"] = source
        try:
            line = json.dumps(record, default=_fallback, skipkeys=True, separators=(",", ":"))
        except (ValueError, RecursionError, RuntimeError) as error:
            _logger.warning("wattline: a sample could not be recorded: %s", error)
            return
        with self._lock:
            self._sender.put(line)

    def get_events(self) -> List[AgentEvent]:
        """A copy of the events kept in memory."""
        with self._lock:
            return list(self._events)

    def clear(self) -> None:
        """Removes the events from memory. Events that wait for the server are still sent."""
        with self._lock:
            self._events.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._events)

    def attach(self, bus: Any) -> Callable[[], None]:
        """Records every event published on an event bus; returns a function that stops it.

        The native agents of Intelligence Per Watt publish on a bus and leave get_events() empty.
        The bus has ``subscribe(event_type_or_None, callback) -> handle``; one with
        ``subscribe(callback)`` works too. Events have ``event_type``, ``timestamp_ns``,
        ``payload``, ``turn_id`` and ``correlation_id``.
        """
        try:
            handle = bus.subscribe(None, self._on_bus_event)
        except TypeError:
            handle = bus.subscribe(self._on_bus_event)

        def detach() -> None:
            if callable(handle):
                handle()
            elif hasattr(bus, "unsubscribe"):
                bus.unsubscribe(handle)

        return detach

    @property
    def dropped(self) -> int:
        """Events that do not reach the server: the queue was full, or the server refused them."""
        return self._sender.lost if self._sender else 0

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until everything recorded so far is on the server. Returns False at the timeout."""
        return self._sender.drain(timeout_s) if self._sender else True

    def close(self, timeout_s: float = 5.0) -> int:
        """Sends the rest, ends the writer, and returns how many events were not delivered."""
        if self._sender is None:
            return 0
        atexit.unregister(self.close)
        return self._sender.close(timeout_s)

    def __enter__(self) -> "EventRecorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_bus_event(self, event: Any) -> None:
        metadata = dict(event.payload or {})
        for key in ("turn_id", "correlation_id"):
            value = getattr(event, key, None)
            if value is not None and metadata.get(key) is None:
                metadata[key] = value
        event_type = str(getattr(event.event_type, "value", event.event_type))
        self._add(AgentEvent(event_type, event.timestamp_ns / 1e9, metadata))

    def _add(self, event: AgentEvent) -> None:
        line = event.to_json() if self._sender else ""
        with self._lock:
            self._events.append(event)
            # Under the same lock, so that the log and get_events() have the same order.
            if self._sender:
                self._sender.put(line)


class _Peer:
    """One open connection to the server. Used only by the sender's thread."""

    def __init__(self, url: str, run: str, name: Optional[str], token: Optional[str]) -> None:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"expected a URL like http://127.0.0.1:9288, got {url!r}")
        self.url = url
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        run_path = urllib.parse.quote(run, safe="")
        self._path = f"{parts.path.rstrip('/')}/api/runs/{run_path}/events"
        self._query = {"writer": str(uuid.uuid4()), **({"name": name} if name else {})}
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: Optional[http.client.HTTPConnection] = None

    def post(self, first: int, lines: List[str], end: bool = False) -> int:
        """Posts lines (or none: a heartbeat) and returns the status; raises OSError, HTTPException."""
        query = {**self._query, "first": str(first), **({"end": "1"} if end else {})}
        body = "".join(line + "\n" for line in lines).encode("utf-8")
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = kind(self._host, self._port, timeout=_REQUEST_TIMEOUT_S)
        try:
            target = f"{self._path}?{urllib.parse.urlencode(query)}"
            self._connection.request("POST", target, body, self._headers)
            response = self._connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            self.disconnect()
            raise

    def disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Sender:
    """A bounded queue of lines and the thread that posts them."""

    def __init__(self, peer: _Peer, max_queue: int, interval_s: float) -> None:
        self._peer = peer
        self._max_queue = max_queue
        self._interval_s = interval_s
        self._queue: Deque[str] = deque()
        self._changed = threading.Condition()
        # The batch being posted. Its lines keep their numbers until the server has answered.
        self._batch: List[str] = []
        self._next_number = 1
        self._full = 0
        self._refused = 0
        self._unreported = 0
        self._closing = False
        self._gave_up = False
        self._warned_away = False
        self._deadline_s = float("inf")
        self._thread = threading.Thread(target=self._work, name="wattline", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        with self._changed:
            return self._full + self._refused

    def put(self, line: str) -> None:
        with self._changed:
            if self._closing or self._gave_up or len(self._queue) >= self._max_queue:
                self._full += 1
                self._unreported += 1
                return
            self._queue.append(line)
            # While a batch is collected the thread sleeps, so only the first line wakes it.
            if len(self._queue) == 1:
                self._changed.notify_all()

    def drain(self, timeout_s: float) -> bool:
        with self._changed:
            idle = lambda: self._gave_up or not (self._queue or self._batch)  # noqa: E731
            return self._changed.wait_for(idle, timeout_s) and not self._gave_up

    def close(self, timeout_s: float) -> int:
        with self._changed:
            is_first = not self._closing
            if is_first:
                self._closing = True
                self._deadline_s = time.monotonic() + timeout_s
                self._changed.notify_all()
        self._thread.join(timeout_s + 0.5)
        with self._changed:
            undelivered = self._full + self._refused + len(self._queue) + len(self._batch)
        if is_first and undelivered > 0:
            _logger.warning(
                "wattline: %d events were not delivered to %s", undelivered, self._peer.url
            )
        return undelivered

    def _work(self) -> None:
        while self._take_batch():
            self._deliver()
        if not self._gave_up and time.monotonic() < self._deadline_s:
            self._request(self._next_number, [], end=True)
        self._peer.disconnect()

    def _take_batch(self) -> bool:
        """Waits for the next batch; an empty one is a heartbeat. Returns False after the last one."""
        with self._changed:
            woken = lambda: self._queue or self._closing  # noqa: E731
            self._changed.wait_for(woken, _HEARTBEAT_S)
            if self._queue and not self._closing:
                # Collect the lines of a short time into one request.
                self._changed.wait_for(lambda: self._closing, self._interval_s)
            if self._gave_up or (self._closing and not self._queue and self._unreported == 0):
                return False
            if self._unreported > 0:
                self._batch.append(_dropped_line(self._unreported))
                self._unreported = 0
            size = 0
            while self._queue and len(self._batch) < _BATCH_LINES and size < _BATCH_BYTES:
                size += len(self._queue[0])
                self._batch.append(self._queue.popleft())
            return True

    def _deliver(self) -> None:
        """Posts the batch until it is answered, the deadline passes, or the server refuses it."""
        backoff_s = _MIN_BACKOFF_S
        while True:
            status = self._request(self._next_number, self._batch)
            with self._changed:
                if status is not None and self._settle(status):
                    self._changed.notify_all()
                    return
                # A heartbeat is not repeated, because another one follows.
                if not self._batch:
                    return
                left_s = self._deadline_s - time.monotonic()
                if left_s <= 0:
                    self._gave_up = True
                    self._changed.notify_all()
                    return
                pause_s = min(backoff_s * (0.5 + random.random()), left_s)
                was_closing = self._closing
                # close() ends the pause for one more attempt.
                self._changed.wait_for(lambda: self._closing and not was_closing, pause_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    def _settle(self, status: int) -> bool:
        """Applies an answer to the batch. Returns False if the batch has to be posted again."""
        if status >= 500 or status in _RETRY_STATUS:
            return False
        if status >= 400:
            _logger.warning("wattline: the server refused %d lines (HTTP %d)", len(self._batch), status)
            self._refused += len(self._batch)
        if status in _GIVE_UP_STATUS:
            _logger.warning("wattline: the recorder stops sending")
            self._gave_up = True
            self._refused += len(self._queue)
            self._queue.clear()
        # Refused lines keep their numbers, so that the server counts them as lost.
        self._next_number += len(self._batch)
        self._batch = []
        return True

    def _request(self, first: int, lines: List[str], end: bool = False) -> Optional[int]:
        try:
            status = self._peer.post(first, lines, end)
            self._warned_away = False
            return status
        except (OSError, http.client.HTTPException) as error:
            # Logged once until the server answers again.
            if not self._warned_away:
                self._warned_away = True
                _logger.warning(
                    "wattline: no answer from %s (%s); events are kept, trying again",
                    self._peer.url,
                    error,
                )
            return None


def _dropped_line(count: int) -> str:
    return AgentEvent("recorder_dropped", time.time(), {"count": count}).to_json()

"""Records the events of an agent and shows them live in Wattline. Standard library only, Python 3.9+.

``EventRecorder`` has the interface of Intelligence Per Watt's: ``record``, ``get_events``, ``clear``,
``len``. With a URL, a background thread also posts each event to a Wattline server, about 50 ms
after it was recorded:

    recorder = EventRecorder(url="http://127.0.0.1:9288", run="my-run")
    recorder.record("tool_call_start", tool="search", span_id="1")
    recorder.record("tool_call_end", tool="search", span_id="1", success=True)
    recorder.close()

``record`` encodes each event as a line and puts it into a bounded queue. A thread takes a batch, numbers
its lines and posts them with the number of the first one. Only the answer of a Wattline server, which
counts the lines, is a delivery. Without one, the batch is posted again with the same number. The server
skips lines that it already has, so no line is lost or duplicated.

After ``fork()`` the child is a writer of its own: it sends the events that it records, and leaves those
of its parent to the parent.
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import logging
import os
import random
import re
import sys
import threading
import time
import urllib.parse
import uuid
import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Optional, Set, Tuple

__all__ = ["AgentEvent", "EventRecorder"]

_logger = logging.getLogger("wattline")

_BATCH_LINES = 2_000
_BATCH_BYTES = 512 * 1024
_REQUEST_TIMEOUT_S = 10.0
_MIN_BACKOFF_S = 0.1
_MAX_BACKOFF_S = 5.0
# An empty request keeps the writer alive, which counts as lost after 30 s of silence, and the
# connection, which the server closes after 5 s.
_HEARTBEAT_S = 4.0
# An answer of the server is shorter: it lists 1,000 rejected lines at most.
_MAX_ANSWER_BYTES = 4 * 1024 * 1024
# Statuses after which the same request can succeed later.
_RETRY_STATUS = frozenset({408, 425, 429})
# Errors of a Wattline server after which no request of this recorder can succeed.
_STOP_STATUS = frozenset({401, 403, 404, 405, 409, 410})
# Different reasons for rejected lines that are logged.
_MAX_REASONS = 20


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
            return _encode(record)
        except Exception as error:  # noqa: BLE001 - metadata may be a class that raises anything
            # A cycle, too deep, or changed by another thread. The event is kept without its metadata.
            record["metadata"] = {"unserializable": _describe(error)}
            return _encode(record)


def _encode(record: Dict[str, Any]) -> str:
    return json.dumps(record, default=_fallback, skipkeys=True, separators=(",", ":"))


def _fallback(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a __repr__ may raise anything
        return f"<{type(value).__name__}: repr failed with {type(error).__name__}>"


def _type_name(event_type: Any) -> str:
    """The event type as text. The type of an enum is its value."""
    try:
        return str(getattr(event_type, "value", event_type))
    except Exception:  # noqa: BLE001 - a __str__ may raise anything
        return _fallback(event_type)


def _describe(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a __str__ may raise anything
        text = ""
    return _printable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _printable(text: str) -> str:
    """Foreign text for a log: one line of limited length, without control characters."""
    return "".join(char if char.isprintable() else "?" for char in text[:200])


class EventRecorder:
    """Thread-safe recorder of agent events. ``record`` never raises and never waits for the network.

    url          the Wattline server; default: WATTLINE_URL. Without one, events stay in memory.
    run          the run's id; default: WATTLINE_RUN, else made from the time and a random end.
    name         the name of the writer on the page.
    token        the server's token; default: WATTLINE_TOKEN.
    retain       how many of the latest events get_events() returns; default: all.
    max_queue    lines that may wait for the server; further lines are dropped and counted.
    interval_s   how long lines are collected into a batch.

    White space around the texts is removed. Raises ValueError if ``url`` is not a URL. A
    WATTLINE_URL or a token that cannot be used is logged and ignored.
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
        # Reentrant, because a signal handler may record while its thread is in record().
        self._lock = threading.RLock()
        self.run = _stripped(run) or _stripped(os.environ.get("WATTLINE_RUN")) or _new_run_id()
        self._options: Dict[str, Any] = {
            "run": self.run,
            "name": name,
            "retain": retain,
            "max_queue": max_queue,
            "interval_s": interval_s,
        }
        self._has_worker_hook = False
        self._sender: Optional[_Sender] = None
        address = _address(_stripped(url))
        self._options["url"] = address.url if address else None
        if address:
            self._options["token"] = _usable_token(
                _stripped(token) or _stripped(os.environ.get("WATTLINE_TOKEN"))
            )
            peer = _Peer(address, self.run, _stripped(name), self._options["token"])
            self._sender = _Sender(peer, max_queue, interval_s)
            self._sender.start()
            self._close_at_exit()
            _forkable.add(self)

    def __reduce__(self) -> Tuple[Any, ...]:
        """A recorder that is passed to another process is created again there, as another writer."""
        return _recreate, (self._options,)

    # The parameters before `/` have no names, so that metadata may have any key.
    def record(self, event_type: Any = None, /, **metadata: Any) -> None:
        """Records one event with the current time. Metadata is encoded at the call."""
        if event_type is None and "event_type" in metadata:
            event_type = metadata.pop("event_type")
        self._add(AgentEvent(_type_name(event_type), time.time(), metadata))

    def update(self, span_id: Any, /, **metadata: Any) -> None:
        """Lays metadata over the start of a span: ``update("t1", model="Qwen3-8B")``.

        For what becomes known after the start. It can be called before or after the end.
        """
        self.record("span_update", **{**metadata, "span_id": span_id})

    def sample(
        self, source: Optional[str] = None, /, timestamp: Optional[float] = None, **reading: Any
    ) -> None:
        """Records a telemetry sample: ``sample("host/gpu0", power_watts=212.5)``.

        ``timestamp`` is the time of measurement in Unix seconds, by default now. Samples are only
        sent: get_events() does not return them.
        """
        if self._sender is None:
            return
        if source is None:
            source = reading.pop("source", None)
        record: Dict[str, Any] = {
            "timestamp": time.time() if timestamp is None else timestamp,
            "reading": reading,
        }
        if source is not None:
            record["source"] = source
        try:
            line = _encode(record)
        except Exception as error:  # noqa: BLE001 - a reading may be a class that raises anything
            _logger.warning("wattline: a sample could not be recorded: %s", _describe(error))
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
        """Events that do not reach the server: the queue was full, or the server rejected them."""
        return self._sender.lost if self._sender else 0

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until no event waits for the server: each is there, or counted in ``dropped``.

        Returns False at the timeout, and when the recorder has stopped sending.
        """
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
        try:
            metadata = dict(event.payload or {})
            for key in ("turn_id", "correlation_id"):
                value = getattr(event, key, None)
                if value is not None and metadata.get(key) is None:
                    metadata[key] = value
            recorded = AgentEvent(_type_name(event.event_type), event.timestamp_ns / 1e9, metadata)
        except Exception as error:  # noqa: BLE001 - an event of the bus may raise anything
            _logger.warning("wattline: an event of the bus could not be recorded: %s", _describe(error))
            return
        self._add(recorded)

    def _add(self, event: AgentEvent) -> None:
        line = event.to_json() if self._sender else ""
        with self._lock:
            self._events.append(event)
            # Under the same lock, so that the log and get_events() have the same order.
            if self._sender:
                self._sender.put(line)

    def _close_at_exit(self) -> None:
        atexit.unregister(self.close)
        atexit.register(self.close)
        util = sys.modules.get("multiprocessing.util")
        process = sys.modules.get("multiprocessing.process")
        if util is None or process is None:
            return
        # A process of multiprocessing forgets at its start what is registered before, and ends with
        # os._exit(), which skips atexit.
        if not self._has_worker_hook:
            self._has_worker_hook = True
            util.register_after_fork(self, EventRecorder._close_at_exit)
        if process.parent_process() is not None:
            util.Finalize(None, self.close, exitpriority=0)

    def _continue_after_fork(self) -> None:
        """Makes the recorder of a forked process another writer.

        At the fork, other threads may have been inside the recorder. They do not exist in the child,
        so their locks are never released. The child replaces every object that has a lock.
        """
        self._lock = threading.RLock()
        if self._sender is not None:
            self._sender = self._sender.successor()
            self._close_at_exit()


def _recreate(options: Dict[str, Any]) -> EventRecorder:
    return EventRecorder(**options)


_forkable: "weakref.WeakSet[EventRecorder]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for recorder in list(_forkable):
        recorder._continue_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _stripped(text: Any) -> Optional[str]:
    """The text without white space around it; None if nothing is left."""
    return None if text is None else str(text).strip() or None


def _new_run_id() -> str:
    """For example ``py-20261124-031822-7f3a9c01``."""
    return f"{time.strftime('py-%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"


def _usable_token(token: Optional[str]) -> Optional[str]:
    if token is None or re.fullmatch(r"[!-~]+", token):
        return token
    _logger.warning(
        "wattline: the token is not sent: expected visible ASCII characters without spaces, "
        "got other characters"
    )
    return None


@dataclass
class _Address:
    """Where a server is."""

    is_secure: bool
    host: str
    port: Optional[int]
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{'https' if self.is_secure else 'http'}://{host}{port}{self.path}"

    def connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.is_secure else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=_REQUEST_TIMEOUT_S)


def _address(url: Optional[str]) -> Optional[_Address]:
    """The address of ``url``, else of WATTLINE_URL; None without either."""
    if url is not None:
        return _parse_url(url)
    inherited = _stripped(os.environ.get("WATTLINE_URL"))
    try:
        return _parse_url(inherited) if inherited else None
    except ValueError as error:
        _logger.warning("wattline: WATTLINE_URL is ignored: %s; events stay in memory", error)
        return None


def _parse_url(url: str) -> _Address:
    """Parses a URL, which may lack ``http://``. Query and fragment are ignored."""
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https", "ws", "wss"):
            raise ValueError("another scheme")
        host = parts.hostname or ""
        if not re.fullmatch(r"[^\s\x00-\x20\x7f]+", host):
            raise ValueError("no host")
        host.encode("idna")
        path = urllib.parse.quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=", errors="replace")
        return _Address(parts.scheme in ("https", "wss"), host, parts.port, path)
    except ValueError:
        raise ValueError(
            f"expected a URL like http://127.0.0.1:9288, got {_printable(repr(url))}"
        ) from None


@dataclass
class _Answer:
    """The answer to one request."""

    status: int
    # The JSON object of the body; None if the body is anything else, such as a page.
    fields: Optional[Dict[str, Any]]
    content_type: str = ""
    location: str = ""

    @property
    def error(self) -> Optional[str]:
        """The error text of a Wattline server."""
        error = self.fields.get("error") if self.fields and self.status >= 400 else None
        return _printable(error) if isinstance(error, str) else None

    def accepted(self, sent: int) -> Optional[int]:
        """How many of ``sent`` lines are in the log; None if it is not the answer of a Wattline server."""
        if self.status != 200 or self.fields is None:
            return None
        accepted, rejected = self.fields.get("accepted"), self.fields.get("rejectedCount", 0)
        if type(accepted) is not int or type(rejected) is not int or min(accepted, rejected) < 0:
            return None
        return accepted if accepted + rejected == sent else None

    def rejected(self) -> List[Tuple[int, str]]:
        """The first rejected lines, with their numbers from 1 and the reasons."""
        listed = self.fields.get("rejected") if self.fields else None
        return [
            (item["line"], _printable(str(item.get("reason", "no reason given"))))
            for item in (listed if isinstance(listed, list) else [])
            if isinstance(item, dict) and isinstance(item.get("line"), int)
        ]

    def describe(self) -> str:
        if self.error is not None:
            return f"HTTP {self.status}: {self.error}"
        if 300 <= self.status < 400:
            to = f" to {_printable(self.location.partition('?')[0])}" if self.location else ""
            return f"HTTP {self.status}, a redirect{to}, which is not followed"
        kind = f" ({_printable(self.content_type)})" if self.content_type else ""
        return f"HTTP {self.status}{kind}, which is not the answer of a Wattline server"


class _Peer:
    """One open connection to the server, for one writer. Used by one thread."""

    def __init__(self, address: _Address, run: str, name: Optional[str], token: Optional[str]) -> None:
        self._address = address
        self.url = address.url
        run_path = urllib.parse.quote(run, safe="", errors="replace")
        self._path = f"{address.path}/api/runs/{run_path}/events"
        self._query = {"writer": str(uuid.uuid4()), **({"name": name} if name else {})}
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: Optional[http.client.HTTPConnection] = None

    def successor(self) -> "_Peer":
        """Another writer of the same run, for a forked process. The connection stays the parent's."""
        successor = _Peer.__new__(_Peer)
        successor.__dict__.update(self.__dict__)
        successor._query = {**self._query, "writer": str(uuid.uuid4())}
        successor._connection = None
        # Closes the child's copy of the socket without the methods of its buffers, which have locks.
        socket = getattr(self._connection, "sock", None)
        if socket is not None:
            with contextlib.suppress(OSError):
                os.close(socket.detach())
        return successor

    def post(
        self, first: int, lines: List[str], end: bool = False, timeout_s: float = _REQUEST_TIMEOUT_S
    ) -> _Answer:
        """Posts lines (or none: a heartbeat). Raises OSError or HTTPException without an answer.

        A server, or a proxy, may close a connection that waits for the next request at any time. A
        request that fails on such a connection is repeated on a new one.
        """
        query = {**self._query, "first": str(first), **({"end": "1"} if end else {})}
        target = f"{self._path}?{urllib.parse.urlencode(query, errors='replace')}"
        body = "".join(line + "\n" for line in lines).encode("utf-8")
        is_reused = self._connection is not None and self._connection.sock is not None
        try:
            return self._exchange(target, body, timeout_s)
        except (OSError, http.client.HTTPException):
            self.disconnect()
            if not is_reused:
                raise
        return self._exchange(target, body, timeout_s)

    def _exchange(self, target: str, body: bytes, timeout_s: float) -> _Answer:
        connection = self._connection = self._connection or self._address.connect()
        connection.timeout = timeout_s
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)
        try:
            connection.request("POST", target, body, self._headers)
        except (BrokenPipeError, ConnectionResetError):
            # The server may have answered before it read the whole body.
            if connection.sock is None:
                raise
        response = connection.getresponse()
        content = response.read(_MAX_ANSWER_BYTES)
        if response.length:
            raise http.client.IncompleteRead(content, response.length)
        if not response.isclosed():
            self.disconnect()
        content_type = response.headers.get("Content-Type", "")
        fields = _json_object(content) if not content_type or "json" in content_type.lower() else None
        return _Answer(response.status, fields, content_type, response.headers.get("Location", ""))

    def disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _json_object(content: bytes) -> Optional[Dict[str, Any]]:
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class _Sender:
    """A bounded queue of lines and the thread that posts them.

    Messages are logged without the lock: a log handler may record an event.
    """

    def __init__(self, peer: _Peer, max_queue: int, interval_s: float) -> None:
        self._peer = peer
        self._max_queue = max_queue
        self._interval_s = interval_s
        self._queue: Deque[str] = deque()
        self._changed = threading.Condition()
        # The batch being posted. Its lines keep their numbers until the server has answered.
        self._batch: List[str] = []
        # Whether the first line of the batch is a recorder_dropped event, which is not counted.
        self._has_report = False
        self._batch_bytes = _BATCH_BYTES
        # Lines that are dropped never get a number.
        self._next_number = 1
        self._full = 0
        self._refused = 0
        # Dropped events that no recorder_dropped event reports yet.
        self._unreported = 0
        self._closing = False
        self._gave_up = False
        # The kinds of problems that were logged since the last delivery.
        self._warned: Set[str] = set()
        self._reasons: Set[str] = set()
        self._deadline_s = float("inf")
        self._thread: Optional[threading.Thread] = None
        self._is_started = False

    def start(self) -> None:
        self._is_started = True
        thread = threading.Thread(target=self._work, name="wattline", daemon=True)
        try:
            thread.start()
            self._thread = thread
        except RuntimeError:
            # Too many threads, or the interpreter shuts down: close() sends the lines itself.
            self._thread = None

    def successor(self) -> "_Sender":
        """The sender of a forked process. It starts with the first line; without one it is silent."""
        successor = _Sender(self._peer.successor(), self._max_queue, self._interval_s)
        successor._closing = self._closing
        return successor

    @property
    def lost(self) -> int:
        with self._changed:
            return self._full + self._refused

    def put(self, line: str) -> None:
        with self._changed:
            if self._closing or self._gave_up:
                self._full += 1
                return
            if len(self._queue) >= self._max_queue:
                self._full += 1
                self._unreported += 1
                return
            self._queue.append(line)
            if not self._is_started:
                self.start()
            # While a batch is collected the thread sleeps, so only the first line wakes it.
            if len(self._queue) == 1:
                self._changed.notify_all()

    def drain(self, timeout_s: float) -> bool:
        with self._changed:
            waits = lambda: self._queue or self._batch or self._unreported  # noqa: E731
            if self._thread is None or not self._thread.is_alive():
                return not waits()
            self._changed.wait_for(lambda: self._gave_up or not waits(), timeout_s)
            return not self._gave_up and not waits()

    def close(self, timeout_s: float) -> int:
        with self._changed:
            is_first = not self._closing
            if is_first:
                self._closing = True
                self._deadline_s = time.monotonic() + timeout_s
                self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s + 0.5)
        elif is_first and self._is_started:
            self._work()
        with self._changed:
            waiting = len(self._queue) + len(self._batch) - self._has_report
            undelivered = self._full + self._refused + waiting
        if is_first and undelivered > 0:
            _logger.warning(
                "wattline: %d events were not delivered to %s", undelivered, self._peer.url
            )
        return undelivered

    def _work(self) -> None:
        while self._take_batch():
            self._deliver()
        if not self._gave_up and time.monotonic() < self._deadline_s:
            self._request(end=True)
        self._peer.disconnect()

    def _take_batch(self) -> bool:
        """Waits for the next batch; an empty one is a heartbeat. Returns False after the last one."""
        with self._changed:
            woken = lambda: self._queue or self._unreported or self._closing  # noqa: E731
            self._changed.wait_for(woken, _HEARTBEAT_S)
            if self._queue and not self._closing:
                # Collect the lines of a short time into one request.
                self._changed.wait_for(lambda: self._closing, self._interval_s)
            if self._gave_up or (self._closing and not self._queue and self._unreported == 0):
                return False
            if self._unreported > 0:
                self._batch.append(_dropped_line(self._unreported))
                self._has_report = True
                self._unreported = 0
            size = 0
            while self._queue and len(self._batch) < _BATCH_LINES and size < self._batch_bytes:
                size += len(self._queue[0])
                self._batch.append(self._queue.popleft())
            return True

    def _deliver(self) -> None:
        """Posts the batch until it is answered, the deadline passes, or the server refuses it."""
        backoff_s = _MIN_BACKOFF_S
        while True:
            answer = self._request()
            with self._changed:
                if answer is not None and self._settle(answer):
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
                if answer is not None and answer.status == 413:
                    self._shrink()
                    continue
                pause_s = min(backoff_s * (0.5 + random.random()), left_s)
                was_closing = self._closing
                # close() ends the pause for one more attempt.
                self._changed.wait_for(lambda: self._closing and not was_closing, pause_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    def _settle(self, answer: _Answer) -> bool:
        """Applies an answer to the batch. Returns False if the batch has to be posted again."""
        accepted = answer.accepted(len(self._batch))
        if accepted is not None:
            report_rejected = self._has_report and any(line == 1 for line, _ in answer.rejected())
            self._drop(len(self._batch) - accepted - report_rejected)
            self._next_number += accepted
        elif _is_final(answer, len(self._batch)):
            self._drop(len(self._batch) - self._has_report)
            if answer.status in _STOP_STATUS:
                self._gave_up = True
                self._refused += len(self._queue)
                self._unreported = 0
                self._queue.clear()
        else:
            return False
        self._batch = []
        self._has_report = False
        return True

    def _drop(self, count: int) -> None:
        self._refused += count
        self._unreported += count

    def _shrink(self) -> None:
        """Keeps the first half of a batch that is too large for a proxy; the rest waits."""
        half = len(self._batch) // 2
        self._batch_bytes = max(1, sum(len(line) for line in self._batch) // 2)
        self._queue.extendleft(reversed(self._batch[half:]))
        self._batch = self._batch[:half]

    def _request(self, end: bool = False) -> Optional[_Answer]:
        """Posts the batch, or the end of the writer, and logs an answer that is not a delivery."""
        left_s = self._deadline_s - time.monotonic()
        timeout_s = min(_REQUEST_TIMEOUT_S, max(left_s, 0.1))
        url, sent = self._peer.url, len(self._batch)
        try:
            answer = self._peer.post(self._next_number, self._batch, end, timeout_s)
        except Exception as error:  # noqa: BLE001 - the thread has to survive every error
            self._peer.disconnect()
            text = f"no answer from {url} ({_describe(error)}); events are kept and sent again"
            self._warn_once("no answer", text)
            return None
        if answer.accepted(sent) is not None:
            self._warned.clear()
            self._warn_of_rejected(answer, sent)
        elif not _is_final(answer, sent):
            if answer.status != 413 or sent == 0:
                text = f"{url} answers with {answer.describe()}; events are kept and sent again"
                self._warn_once(f"answer {answer.status}", text)
        elif answer.status in _STOP_STATUS:
            text = f"the server refused {sent} lines ({answer.describe()}); the recorder stops sending"
            self._warn_once("stop", text)
        else:
            text = f"the server refused {sent} lines ({answer.describe()})"
            self._warn_once(f"refused {answer.status}", text)
        return answer

    def _warn_once(self, kind: str, text: str) -> None:
        """Logs each kind of problem once until the next delivery."""
        if kind not in self._warned:
            self._warned.add(kind)
            _logger.warning("wattline: %s", text)

    def _warn_of_rejected(self, answer: _Answer, sent: int) -> None:
        """Logs rejected lines once for each reason. Reasons that differ in numbers are the same."""
        count = sent - (answer.accepted(sent) or 0)
        reasons = [reason for _, reason in answer.rejected()] or ["no reason given"]
        for reason in reasons if count > 0 else []:
            key = re.sub(r"\d+", "0", reason)
            if key not in self._reasons and len(self._reasons) < _MAX_REASONS:
                self._reasons.add(key)
                _logger.warning("wattline: the server rejected %d of %d lines: %s", count, sent, reason)


def _is_final(answer: _Answer, sent: int) -> bool:
    """Whether the same request would be refused again.

    Only a Wattline server can tell, with an error text. A proxy's page may be gone soon, except if
    it refuses a single line as too large.
    """
    if answer.status == 413:
        return sent == 1
    is_client_error = 400 <= answer.status < 500 and answer.status not in _RETRY_STATUS
    return is_client_error and answer.error is not None


def _dropped_line(count: int) -> str:
    return AgentEvent("recorder_dropped", time.time(), {"count": count}).to_json()

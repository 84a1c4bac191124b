"""Reimplements the documented steps of one record() call of Intelligence Per Watt's Python recorder.

The steps: read the clock, create a dataclass, take the lock, append to the list, publish on a bus that
has one subscriber of another type. Prints nanoseconds per event: elapsed time and processor time.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable


@dataclass
class AgentEvent:
    event_type: str
    timestamp: float
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class BusEvent:
    event_type: str
    timestamp_ns: int
    payload: dict[str, Any]


class Bus:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[str, list[Callable[[BusEvent], None]]] = {}

    def subscribe(self, event_type: str, subscriber: Callable[[BusEvent], None]) -> None:
        with self._lock:
            self._subscribers.setdefault(event_type, []).append(subscriber)

    def publish(self, event: BusEvent) -> None:
        with self._lock:
            subscribers = list(self._subscribers.get(event.event_type, ()))
        for subscriber in subscribers:
            subscriber(event)


class Recorder:
    def __init__(self, bus: Bus) -> None:
        self._lock = threading.Lock()
        self._events: list[AgentEvent] = []
        self._bus = bus

    def record(self, event_type: str, **metadata: Any) -> None:
        event = AgentEvent(event_type, time.time(), metadata)
        with self._lock:
            self._events.append(event)
        self._bus.publish(BusEvent(event_type, int(event.timestamp * 1e9), metadata))


def main() -> None:
    count = int(sys.argv[1])
    bus = Bus()
    bus.subscribe("another_type", lambda event: None)
    recorder = Recorder(bus)
    started, cpu_started = time.perf_counter(), time.process_time()
    for _ in range(count):
        recorder.record("tool_call_start", tool="search")
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    print(json.dumps({"wall": wall * 1e9 / count, "cpu": cpu * 1e9 / count}))


main()

"""The worker: polls what is due, executes runs and delivers what is owed, until it is told to stop. Owns apscheduler.

APScheduler is only the clockwork here: what is due, and who has it, is in the database.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
import threading
from datetime import timedelta
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import col, delete

from bridge import clock, delivering, executing, logs, polling, pruning
from bridge.models import Worker
from bridge.runtime import Runtime

log = structlog.get_logger()
HEARTBEAT_SECONDS: Final = 5
TICK_SECONDS: Final = 0.5
PRUNE_SECONDS: Final = 600
FORGOTTEN_AFTER: Final = timedelta(days=1)


def work(runtime: Runtime, stop: threading.Event) -> None:
    """Work until `stop` is set; then finish the polls under way and finish or return the deliveries."""
    me = _arrive(runtime)
    wake = threading.Event()
    deliverer = threading.Thread(target=_deliver, args=(runtime, stop, wake), name="deliverer", daemon=True)
    scheduler = _scheduler(runtime, me, stop, wake)
    # What is loaded now lives as long as the process: the collector need not look through it again and again.
    gc.freeze()
    deliverer.start()
    scheduler.start()
    log.info("worker.started", worker_id=me)
    stop.wait()
    log.info("worker.stopping", worker_id=me)
    scheduler.shutdown(wait=True)
    wake.set()
    deliverer.join()
    with runtime.database.write() as session:
        session.exec(delete(Worker).where(col(Worker.id) == me))
    log.info("worker.stopped", worker_id=me)


def _scheduler(
    runtime: Runtime, me: str, stop: threading.Event, wake: threading.Event
) -> BackgroundScheduler:
    # A poll that outlasts a tick is no news: its thread claims whatever else is due when it is done.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    threads = runtime.settings.poll_threads
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={
            "default": ThreadPoolExecutor(1),
            "polls": ThreadPoolExecutor(threads),
            "runs": ThreadPoolExecutor(runtime.settings.run_threads),
            "pruning": ThreadPoolExecutor(1),
        },
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    scheduler.add_job(_beat, "interval", (runtime, me), seconds=HEARTBEAT_SECONDS, next_run_time=clock.now())
    scheduler.add_job(
        _prune,
        "interval",
        (runtime, stop),
        executor="pruning",
        seconds=PRUNE_SECONDS,
        next_run_time=clock.now() + timedelta(seconds=PRUNE_SECONDS * secrets.SystemRandom().random()),
    )
    spread = ((_poll_due, "polls", threads), (_execute_due, "runs", runtime.settings.run_threads))
    for claim, executor, count in spread:
        for number in range(count):  # one after the other within a tick, not all at once
            scheduler.add_job(
                claim,
                "interval",
                (runtime, stop, wake),
                id=f"{executor}-{number}",
                executor=executor,
                seconds=TICK_SECONDS,
                next_run_time=clock.now() + timedelta(seconds=number * TICK_SECONDS / count),
            )
    return scheduler


def _poll_due(runtime: Runtime, stop: threading.Event, wake: threading.Event) -> None:
    while not stop.is_set():
        claimed = polling.claim_due(runtime, 1)
        if not claimed:
            return
        for watch_id, token in claimed:
            with logs.bound(watch_id=watch_id):
                polled = polling.poll(runtime, watch_id, token)
            if polled.events:
                wake.set()


def _execute_due(runtime: Runtime, stop: threading.Event, wake: threading.Event) -> None:
    while not stop.is_set() and executing.execute_due(runtime, stop):
        wake.set()


def _prune(runtime: Runtime, stop: threading.Event) -> None:
    if cleared := pruning.prune(runtime, stop):
        log.info("pruned", **cleared)


def _deliver(runtime: Runtime, stop: threading.Event, wake: threading.Event) -> None:
    try:
        delivering.deliver(runtime, stop, wake)
    except Exception:
        # Without deliveries a worker is no worker: stop, so that whatever runs it starts another.
        log.exception("deliverer.broken")
        stop.set()


def _arrive(runtime: Runtime) -> str:
    row = Worker(host=socket.gethostname(), pid=os.getpid())
    with runtime.database.write() as session:
        session.exec(delete(Worker).where(col(Worker.heartbeat_at) < clock.now() - FORGOTTEN_AFTER))
        session.add(row)
    return row.id


def _beat(runtime: Runtime, me: str) -> None:
    with runtime.database.write() as session:
        row = session.get(Worker, me)
        if row is not None:
            row.heartbeat_at = clock.now()

"""The same work, spread over machines: PostgreSQL holds the state, and Procrastinate's queue carries the jobs.

    turn      what is due of one newsletter: collect, condense, build, approve, start    queue "site"
    shepherd  an edition on its way: hands out what is left of it, until nobody is       queue "send"
    part      a range of its audience, or those whose deferred mail is due again         queue "send"

Each job runs the function of the pipeline that one machine alone runs in its own process.  A job says what to look at,
never what is true: the ledger decides who is left, so a job that runs twice, or after its worker was taken for dead,
reaches nobody twice.  Whoever takes "site" jobs needs the site's folders; for "send" the settings are enough.
Kept out: when a turn is due (schedule.py), and what a turn does; it is handed in.
"""

from digest.workers.queue import QUEUES, SEND, SITE, Queue
from digest.workers.worker import Worker

__all__ = ["QUEUES", "SEND", "SITE", "Queue", "Worker"]

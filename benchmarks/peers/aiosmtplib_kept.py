"""aiosmtplib with kept connections and ready bytes: PORT CONNECTIONS FILE MESSAGES; prints the seconds it took."""

import asyncio
import sys
import time
from pathlib import Path

import aiosmtplib


async def send(port: int, connections: int, message: bytes, messages: int) -> None:
    """Send so many, each connection taking the next."""
    left = iter(range(messages))

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
            for number in left:
                await client.sendmail("news@example.org", [f"reader{number}@example.org"], message)

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())


started = time.perf_counter()
asyncio.run(send(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes(), int(sys.argv[4])))
print(time.perf_counter() - started)

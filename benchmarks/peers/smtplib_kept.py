"""smtplib with one kept connection and ready bytes: PORT _ FILE MESSAGES; prints the seconds it took."""

import smtplib
import sys
import time
from pathlib import Path

message = Path(sys.argv[3]).read_bytes()
started = time.perf_counter()
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as client:
    for number in range(int(sys.argv[4])):
        client.sendmail("news@example.org", [f"reader{number}@example.org"], message)
print(time.perf_counter() - started)

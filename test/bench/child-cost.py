"""Runs a command and prints, as JSON, what it and all that it started took: seconds, CPU seconds,
and the most memory that one of its processes held, in KiB."""

import json
import resource
import subprocess
import sys
import time

started = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
took = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "tookMs": took * 1e3,
    "cpuMs": (used.ru_utime + used.ru_stime) * 1e3,
    "peakKib": used.ru_maxrss,
}))
sys.exit(done.returncode)

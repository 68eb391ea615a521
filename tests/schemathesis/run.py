#!/usr/bin/env python3
"""Runs schemathesis against a live server; README.md says how. Exits with 0 only where nothing was found.

It runs twice. The phases examples, coverage and fuzzing end by themselves. The stateful one is given a time instead: in
4.32 it gives up, without a word and as a success, once a scenario that it begins again goes another way, and that
happens where an answer depends on how far a run has come. Only with a time it begins anew. The others are not given
one: it would be shared out among the operations and cut the coverage of the largest one short, without a word too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIN_CASES = 2000


def users():
    """The file with the users' keys, in the form of Web Fuzzing Commons."""
    names = {"first": "SNOWSCRAPE_KEY", "second": "SNOWSCRAPE_OTHER_KEY"}
    return {
        "auth": [
            {"name": user, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {os.environ[name]}"}]}
            for user, name in names.items()
        ]
    }


def schemathesis(folder, url, arguments):
    """One run: its exit status, its report, and how often each operation answered with which status."""
    files = {name: folder / f"{name}.json" for name in ("users", "report", "answers")}
    files["users"].write_text(json.dumps(users()), "utf-8")
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
        "SNOWSCRAPE_USERS_FILE": str(files["users"]),
        "SNOWSCRAPE_ANSWERS_FILE": str(files["answers"]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{url}/openapi.json", "--url", url, "--report-json-path", str(files["report"]), *arguments]
    # In the folder, since it leaves files where it runs.
    status = subprocess.run(command, cwd=folder, env=environment).returncode
    try:
        report, answers = (json.loads(files[name].read_text("utf-8")) for name in ("report", "answers"))
    except FileNotFoundError:
        sys.exit(status or 1)
    # It has said itself why it could not begin.
    if report["running_time"] is None:
        sys.exit(status or 1)
    return status, report, Counter(answers)


def shortcomings(reports, answers):
    """Why a run that found nothing may still say too little."""
    for report in reports:
        if report["stop_reason"] not in ("completed", "max_time"):
            yield f"it ended early: {report['stop_reason']}"
        for phase, outcome in report["phases"].items():
            if outcome["status"] != "success" and outcome["skip_reason"] != "disabled":
                yield f"the phase `{phase}` ended with {outcome['status']}: {outcome['skip_reason'] or 'see above'}"
    operations = reports[0]["operations"]
    if operations["tested"] != operations["total"]:
        yield f"{operations['tested']} of {operations['total']} operations were tested"
    if cases(reports) < MIN_CASES:
        yield f"{cases(reports)} cases are fewer than {MIN_CASES}: raise max-examples in schemathesis.toml"
    for operation in sorted({answer.rsplit(" ", 1)[0] for answer in answers} - UNACCEPTED):
        if not any(answers[f"{operation} {status}"] for status in range(200, 300)):
            yield f"no request of `{operation}` was accepted"


# A picture is there only of a page that was rendered, and a browser for each of thousands of jobs would take hours; the
# end-to-end tests ask for one.
UNACCEPTED = {"GET /jobs/{id}/runs/{run}/pages/{page}/screenshot"}


def cases(reports):
    return sum(report["test_cases"]["generated"] for report in reports)


def main():
    parser = argparse.ArgumentParser(description="Runs schemathesis against a live server.")
    parser.add_argument("url", help="where the server listens, such as http://127.0.0.1:3000")
    parser.add_argument("--stateful-seconds", type=int, default=60, help="time for the stateful phase (default: 60)")
    parser.add_argument("arguments", nargs="*", help="further arguments of `schemathesis run`, after `--`")
    arguments = parser.parse_args()
    runs = []
    for part in (
        ["--phases", "examples,coverage,fuzzing"],
        ["--phases", "stateful", "--max-time", str(arguments.stateful_seconds)],
    ):
        with tempfile.TemporaryDirectory(prefix="snowscrape-schemathesis-") as folder:
            runs.append(schemathesis(Path(folder), arguments.url, [*part, *arguments.arguments]))
    statuses, reports, answers = zip(*runs)
    seconds = sum(report["running_time"] for report in reports)
    print(f"\n{cases(reports)} cases in {seconds:.0f} s")
    found = list(shortcomings(reports, sum(answers, Counter())))
    for shortcoming in found:
        print(f"error: {shortcoming}")
    sys.exit(1 if found or any(statuses) else 0)


if __name__ == "__main__":
    main()

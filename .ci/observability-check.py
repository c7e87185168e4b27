"""Holds the dashboard and the rules against a Prometheus that has scraped the service:  observability-check.py PROMETHEUS FOLDER ALERTS

Every selector (name and label matchers) has to find a series, every label that is grouped by has to be on one, every panel has to have a value,
every recording rule a result and every alert a section in ALERTS. Whether an alert fires is the business of promtool's tests, but for the
database, which is away by now.
"""

import json
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

import yaml

prometheus, folder, alerts = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
STRING = r'"(?:[^"\\]|\\.)*"'
MATCHERS = rf"\{{(?:[^\"}}]|{STRING})*\}}"
SELECTOR = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*({MATCHERS})?(?!\s*\(|[a-zA-Z0-9_:])")
GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
WORDS = {"and", "or", "unless", "bool", "offset"}
VARIABLES = {"$job": "threadstore", "$instance": ".*", "$__rate_interval": "1m"}
# Java shows it only once it has collected.
MAY_BE_MISSING = {"jvm_gc_pause_seconds_sum"}
failures = []


def get(path, **parameters):
    url = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as refusal:
        return {"result": [], "error": refusal.read().decode()}


def query(expression):
    return get("query", query=expression)


def check(where, expression, needs_value):
    """Looks for each selector of an expression, and for a value where there has to be one."""
    bare = GROUPING.sub(" ", expression)
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    bare = re.sub(r'(?<![\w:"])[0-9][0-9.e]*\b', " ", bare)
    seen, labels = 0, set()
    for name, matchers in SELECTOR.findall(bare):
        if name in WORDS:
            continue
        seen += 1
        found = query(name + matchers)
        labels.update(label for series in found["result"] for label in series["metric"])
        if not found["result"] and name not in MAY_BE_MISSING:
            failures.append(f"{where}: nothing is like {name}{matchers} {found.get('error', '')}")
    if not seen:
        failures.append(f"{where}: no selector was found in {expression}")
    for kind, names in GROUPING.findall(expression):
        for label in filter(None, (name.strip() for name in names.split(","))):
            if labels and label not in labels:
                failures.append(f"{where}: no series has the label {label}, which it is {kind}")
    found = query(expression)
    if "error" in found or needs_value and not found["result"] and not any(name in expression for name in MAY_BE_MISSING):
        failures.append(f"{where}: no value: {expression} {found.get('error', '')}")
    return seen


def panels():
    dashboard = json.loads((folder / "threadstore-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            assert "$" not in expression, f"a variable that this check does not know: {expression}"
            yield f"panel {panel['title']}", expression
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            yield f"variable {variable['name']}", f"count by ({inner[2]}) ({inner[1].replace('$job', 'threadstore')})"


def firing():
    return {alert["labels"]["alertname"] for alert in get("alerts")["alerts"]}


sections = re.findall(r"^## Alert (\w+)$", alerts.read_text(), re.M)
rules = [rule for group in yaml.safe_load((folder / "threadstore-rules.yaml").read_text())["groups"] for rule in group["rules"]]
names = [rule["alert"] for rule in rules if "alert" in rule]
if sorted(names) != sorted(sections):
    failures.append(f"{alerts.name} and the rules have different alerts: {sorted(set(names) ^ set(sections))}")
tests = (folder / "threadstore-rules.test.yaml").read_text()
count = 0
for where, expression in panels():
    count += check(where, expression, True)
for rule in rules:
    count += check(rule.get("record") or rule["alert"], rule["expr"], "record" in rule)
    if "alert" in rule:
        anchor = f"docs/{alerts.name}#alert-{rule['alert'].lower()}"
        if rule["annotations"].get("runbook_url") != anchor or not {"summary", "description"} <= rule["annotations"].keys():
            failures.append(f"{rule['alert']}: its annotations have to be summary, description and runbook_url: {anchor}")
        if not re.search(rf"alertname: {rule['alert']}\n\s+exp_alerts:\n", tests):
            failures.append(f"{rule['alert']}: no test shows it firing")
for group in get("rules")["groups"]:
    for rule in group["rules"]:
        if rule["health"] != "ok":
            failures.append(f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}")

deadline = time.monotonic() + 20
while "ThreadstoreDatabaseUnavailable" not in firing() and time.monotonic() < deadline:
    time.sleep(1)
if "ThreadstoreDatabaseUnavailable" not in firing():
    failures.append("ThreadstoreDatabaseUnavailable: the database is away, and it is not even pending")

print(f"{count} selectors, {len(list(panels()))} expressions of the dashboard, {len(rules)} rules; pending or firing: {', '.join(sorted(firing()))}")
print("\n".join(failures) or "all are there")
sys.exit(bool(failures))

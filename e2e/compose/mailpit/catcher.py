"""Stands in for Mailpit where its image cannot be pulled: takes every mail, keeps it, and tells of it.

Of Mailpit's documented interface it has what the demo's test uses: the settings MP_SMTP_BIND_ADDR, MP_UI_BIND_ADDR and
MP_DATABASE (a folder of mails here, beside that name), and GET /readyz, /api/v1/messages and /api/v1/message/{ID}.
"""

import email
import email.policy
import email.utils
import json
import os
import pathlib
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


def address(value):
    """The host and the port of `host:port`, `[::]:port` or `:port`."""
    host, _, port = value.rpartition(":")
    return host.strip("[]") or "0.0.0.0", int(port)


class Mails:
    """A folder with one file a mail, numbered in the order of arrival."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def ids(self):
        return sorted((path.stem for path in self.folder.glob("*.eml")), key=int, reverse=True)

    def read(self, name):
        return email.message_from_bytes((self.folder / f"{name}.eml").read_bytes(), policy=email.policy.default)

    async def handle_DATA(self, _server, _session, envelope):
        number = max((int(name) for name in self.ids()), default=0) + 1
        part = self.folder / f"{number}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{number}.eml")
        return "250 kept"


def people(header):
    return [{"Name": name, "Address": mail} for name, mail in email.utils.getaddresses([str(header or "")])]


def summary(name, mail):
    return {
        "ID": name,
        "MessageID": str(mail["Message-ID"] or "").strip("<>"),
        "From": next(iter(people(mail["From"])), None),
        "To": people(mail["To"]),
        "Subject": str(mail["Subject"] or ""),
    }


def body(mail, kind):
    part = mail.get_body((kind,))
    return part.get_content() if part else ""


class Api(BaseHTTPRequestHandler):
    mails = None

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/readyz":
            return self.answer(200, {"status": "ready"})
        if path == "/api/v1/messages":
            messages = [summary(name, self.mails.read(name)) for name in self.mails.ids()]
            return self.answer(200, {"total": len(messages), "count": len(messages), "start": 0, "messages": messages})
        name = path.removeprefix("/api/v1/message/")
        if name in self.mails.ids():
            mail = self.mails.read(name)
            return self.answer(200, summary(name, mail) | {"Text": body(mail, "plain"), "HTML": body(mail, "html")})
        return self.answer(404, {"Error": "not found"})

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nobody reads it."""


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    database = pathlib.Path(os.environ.get("MP_DATABASE", "/tmp/mailpit.db"))
    Api.mails = Mails(database.with_suffix(".mails"))
    host, port = address(os.environ.get("MP_SMTP_BIND_ADDR", "[::]:1025"))
    Controller(Api.mails, hostname=host, port=port).start()
    ThreadingHTTPServer(address(os.environ.get("MP_UI_BIND_ADDR", "[::]:8025")), Api).serve_forever()


main()

"""A mail server on 127.0.0.1 that behaves as it is told, and reads what it gets with Python's own parser.

Prints one JSON object a line: first {"port": N}, then {"mail": {...}} for each mail that it took
and {"refused": [USER, PASSWORD]} for each login that it did not.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def told(event):
    print(json.dumps(event), flush=True)


def part(found):
    body = found.get_content() if found.get_content_maintype() == "text" else None
    raw = found.get_payload(decode=True)
    return {
        "type": found.get_content_type(),
        "charset": found.get_content_charset(),
        "encoding": found["Content-Transfer-Encoding"],
        "disposition": found.get_content_disposition(),
        "name": found.get_filename(),
        "text": body,
        "bytes": len(raw),
    }


def parsed(content):
    mail = email.message_from_bytes(content, policy=email.policy.default)
    defects = [repr(defect) for found in mail.walk() for defect in found.defects]
    for value in mail.values():
        defects += [repr(defect) for defect in getattr(value, "defects", [])]
    return {
        "headers": [[name, str(value)] for name, value in mail.items()],
        "structure": [found.get_content_type() for found in mail.walk()],
        "parts": [part(found) for found in mail.walk() if not found.is_multipart()],
        "defects": defects,
        "longest_line": max(len(line) for line in content.split(b"\r\n")),
        "is_ascii": content.isascii(),
    }


class Handler:
    def __init__(self, mode):
        self.mode = mode
        self.seen = set()
        self.is_first = True

    async def handle_RCPT(self, server, session, envelope, address, options):
        is_grey = self.mode == "greylist" or address.startswith("grey")
        if is_grey and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 Greylisted, try again later"
        if address.startswith("nobody"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        told(
            {
                "mail": parsed(envelope.content),
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "is_tls": server.transport.get_extra_info("sslcontext") is not None,
                "hello": session.host_name,
                "login": session.authenticated,
            }
        )
        is_first, self.is_first = self.is_first, False
        if self.mode == "swallow" and is_first:
            server.transport.abort()
        if self.mode == "echo":
            return "554 5.7.1 no, " + " ".join(session.spoken)
        return "250 2.0.0 queued as 4711"


class Server(SMTP):
    async def _handle_client(self):
        if self.event_handler.mode == "silent" and self.event_handler.is_first:
            self.event_handler.is_first = False
            await asyncio.sleep(3600)
        await super()._handle_client()

    async def smtp_DATA(self, argument):
        handler = self.event_handler
        if handler.mode == "refuse":
            await self.push("554 5.7.1 Message refused")
            return
        if handler.mode == "hang" and handler.is_first:
            handler.is_first = False
            await self.push("354 go on")
            await asyncio.sleep(3600)
        if handler.mode == "drop" and handler.is_first:
            handler.is_first = False
            await self.push("354 go on")
            await self._reader.read(512)
            self.transport.abort()
            return
        await super().smtp_DATA(argument)


async def serve(arguments):
    handler = Handler(arguments.mode)
    context = None
    if arguments.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certificate, arguments.key)

    def authenticate(server, session, envelope, mechanism, data):
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        session.spoken = [data.login.decode(), data.password.decode()]
        if arguments.mode == "wrong":
            told({"refused": session.spoken})
            return AuthResult(
                success=False, handled=False, message="535 5.7.8 not with " + data.password.decode()
            )
        return AuthResult(success=data.password.decode() == arguments.password, handled=False)

    def made():
        return Server(
            handler,
            hostname="mx.example.org",
            tls_context=context if arguments.tls == "starttls" else None,
            require_starttls=arguments.tls == "starttls",
            authenticator=authenticate,
            auth_required=arguments.password is not None,
            auth_require_tls=arguments.tls == "starttls",
        )

    loop = asyncio.get_running_loop()
    implicit = context if arguments.tls == "tls" else None
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=implicit)
    told({"port": server.sockets[0].getsockname()[1]})
    # Whoever started this holds the other end.
    await loop.run_in_executor(None, sys.stdin.read)


options = argparse.ArgumentParser()
options.add_argument("--mode", default="ok")
options.add_argument("--tls", default="none")
options.add_argument("--certificate")
options.add_argument("--key")
options.add_argument("--password")
asyncio.run(serve(options.parse_args()))

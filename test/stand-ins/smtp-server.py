"""A real SMTP server (aiosmtpd) that delivers to a Maildir. Prints one line of JSON when it answers.

Arguments: one JSON object: directory, and if wanted user and password, certificate and key, and
tls: "starttls" or "tls". Ends when its standard input does, or with SIGTERM.
What it does beside delivering is known by the receiver:
  nobody@…  is refused for good;  later@…  for now;  spam@…  once its message is there;
  silent@…  is delivered, and the connection cut instead of an answer;
  cut@…     is not delivered, and the connection cut after RCPT.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])


class Handler(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        local = address.split("@")[0]
        if local == "nobody":
            return "550 5.1.1 no such mailbox"
        if local == "later":
            return "451 4.3.0 come back later"
        if local == "cut":
            server.transport.abort()
            return "421 4.3.0 not heard"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local == "spam":
            return "554 5.7.1 this looks like spam"
        answer = await super().handle_DATA(server, session, envelope)
        if local == "silent":
            server.transport.abort()
        return answer


def authenticate(server, session, envelope, mechanism, data):
    good = (options.get("user"), options.get("password"))
    given = (data.login.decode(), data.password.decode())
    return AuthResult(success=given == good, handled=False)


async def main():
    context = None
    if "certificate" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    mode = options.get("tls")
    handler = Handler(options["directory"])
    loop = asyncio.get_running_loop()

    def connection():
        return SMTP(
            handler,
            loop=loop,
            hostname="mail.example.net",
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            authenticator=authenticate if "user" in options else None,
            auth_required="user" in options,
            auth_require_tls=mode == "starttls",
        )

    server = await loop.create_server(
        connection, "127.0.0.1", 0, ssl=context if mode == "tls" else None
    )
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


asyncio.run(main())

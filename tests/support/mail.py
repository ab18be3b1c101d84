"""A mail server that keeps what it is sent: a line of JSON for each message, on standard output.

It listens on a free port and says which. With a certificate it takes nothing before STARTTLS and
a login; a recipient called "nobody" is refused for good.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult


def say(**words):
    print(json.dumps(words), flush=True)


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 there is nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=default)
        say(
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            subject=message["Subject"],
            body=message.get_content().replace("\r\n", "\n"),
            tls=session.ssl is not None,
            user=(session.auth_data or b"").decode() if session.authenticated else None,
        )
        return "250 kept"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"setpoint" and data.password == b"some words"
    return AuthResult(success=good, auth_data=data.login if good else None)


async def main():
    context = None
    if len(sys.argv) == 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    loop = asyncio.get_running_loop()

    def connection():
        if context is None:
            return SMTP(Keep(), loop=loop)
        return SMTP(
            Keep(),
            loop=loop,
            tls_context=context,
            require_starttls=True,
            authenticator=login,
            auth_required=True,
        )

    server = await loop.create_server(connection, "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())

"""What the clients of the simulated Azure have in common: how they are made, and how they wait."""

import sys
import time

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy

DONE = set()


class Token(SansIOHTTPPolicy):
    """A token over plain HTTP, which the client's own policy refuses to send."""

    def __init__(self, token):
        self.token = token

    def on_request(self, request):
        if self.token:
            request.http_request.headers["Authorization"] = f"Bearer {self.token}"


def connect(client, token, subscription="s"):
    """A client of this kind that asks once, and polls as often as the server says."""
    more = {"base_url": sys.argv[1], "credential_scopes": ["x"], "authentication_policy": Token(token),
            "retry_total": 0, "polling_interval": 1}
    return client(object(), subscription, **more)


def ok(call, *arguments, **more):
    """What the server says, all pages of it, once it is over; counts the operation."""
    said = call(*arguments, **more)
    if hasattr(said, "by_page"):
        said = list(said)
    elif hasattr(said, "result"):
        said = said.result()
    DONE.add(call.__qualname__)
    return said


def no(status, code, call, *arguments, **more):
    """The error with which a call is refused, or comes to nothing, by this status and code."""
    try:
        said = call(*arguments, **more)
        list(said) if hasattr(said, "by_page") else said.result() if hasattr(said, "result") else None
    except HttpResponseError as error:
        assert error.status_code == status, f"{status} was expected: {error.status_code} {error}"
        assert error.error.code == code, f"{code} was expected: {error}"
        return error
    raise AssertionError(f"{arguments} was taken, {code} was expected")


def until(what, look, seconds=20):
    """What `look` gives, once that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come in {seconds} s")


def end():
    print(f"{len(DONE)} operations")
    sys.exit()

"""What the clients of the simulated clouds have in common: how they are made, and how they wait."""

import sys
import time

import boto3
import botocore.validate
from botocore.config import Config
from botocore.exceptions import ClientError

OPERATIONS = set()


def connect(url, service, key="fake", retries=1):
    """A client of AWS that asks once, and whose every answer is held against the service's model."""
    config = Config(
        retries={"total_max_attempts": retries},
        connect_timeout=5,
        read_timeout=20,
        parameter_validation=True,
    )
    client = boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=config,
    )
    client.meta.events.register("after-call", judge)
    return client


def judge(http_response, parsed, model, **_):
    """Fails if an answer lacks what the model requires, or has another type."""
    if http_response.status_code >= 300:
        return
    OPERATIONS.add(f"{model.service_model.service_name}.{model.name}")
    if model.output_shape is None:
        return
    said = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    report = botocore.validate.ParamValidator().validate(said, model.output_shape)
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"


def refused(code, call, **arguments):
    """The message with which a call is refused, by this code."""
    try:
        call(**arguments)
    except ClientError as error:
        said = error.response["Error"]
        assert said["Code"] == code, f"{code} was expected: {said}"
        return said["Message"]
    raise AssertionError(f"{arguments} was taken, {code} was expected")


def until(what, look, seconds=20):
    """What `look` gives, once that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {what} in {seconds} s")


def done():
    """Tells how many different operations were answered."""
    print(f"{len(OPERATIONS)} operations")
    for name in sorted(OPERATIONS):
        print(f"  {name}", file=sys.stderr)

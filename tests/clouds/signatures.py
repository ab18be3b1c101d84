"""Signatures, where they are verified: argv[1] is the address. The secret of a key is its name."""

import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

from client import connect, refused

asg = connect(sys.argv[1], "autoscaling")
assert asg.describe_auto_scaling_groups()["AutoScalingGroups"]
assert connect(sys.argv[1], "sts", key="another").get_caller_identity()

forged = boto3.client(
    "autoscaling",
    endpoint_url=sys.argv[1],
    region_name="eu-west-1",
    aws_access_key_id="fake",
    aws_secret_access_key="wrong",
    config=Config(retries={"total_max_attempts": 1}),
)
refused("SignatureDoesNotMatch", forged.describe_auto_scaling_groups)

try:
    urllib.request.urlopen(sys.argv[1] + "/?Action=GetCallerIdentity&Version=2011-06-15")
    raise AssertionError("an unsigned request was taken")
except urllib.error.HTTPError as error:
    assert error.code == 403 and b"MissingAuthenticationToken" in error.read()

"""Starts moto so that a filter with several values matches as EC2's does.

EC2 answers with every object of which any element of a list is among the values of a filter. moto asks that all elements
are among them, or all values among the elements: associations of several route tables, of some but not of all subnets,
would look as if they were gone.

And of several writes of one object of S3 under the condition that there is none, one alone succeeds, as S3 promises: moto
looks and writes in two steps, and two threads can both see nothing.

S3 puts the tags that come with a new bucket on it at once; moto leaves them out.
"""

import fnmatch
import sys
import threading

import xmltodict
from moto.ec2 import utils
from moto.s3.responses import S3Response
from moto.s3.responses import S3Response
from moto.server import main

of_one = utils.is_filter_matching


def of_any(obj, name, values):
    if isinstance(values, list) and len(values) > 1:
        held = obj.get_filter_value(name)
        if not isinstance(held, (str, bool, int)) and hasattr(held, "__iter__"):
            return any(fnmatch.fnmatchcase(str(element), value) for element in held for value in values)
    return of_one(obj, name, values)


one_at_a_time = threading.Lock()
write_object = S3Response._key_response_put


def of_one_writer(*arguments, **named):
    with one_at_a_time:
        return write_object(*arguments, **named)


S3Response._key_response_put = of_one_writer
utils.is_filter_matching = of_any

put_bucket = S3Response._bucket_response_put


def with_tags(self, request, bucket_name, querystring):
    answer = put_bucket(self, request, bucket_name, querystring)
    if not set(querystring) - {"x-id"} and self.body:
        tags = (xmltodict.parse(self.body).get("CreateBucketConfiguration") or {}).get("Tags") or {}
        tags = tags.get("Tag") or []
        tags = tags if isinstance(tags, list) else [tags]
        if tags:
            self.backend.put_bucket_tagging(bucket_name, {tag["Key"]: tag["Value"] or "" for tag in tags})
    return answer


S3Response._bucket_response_put = with_tags
sys.exit(main(sys.argv[1:]))

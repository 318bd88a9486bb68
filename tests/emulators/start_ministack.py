"""Starts ministack so that the SDK for Rust can read its answers.

ministack writes some truth values of DocumentDB with white space around them, and those of health checks of Route 53
with a capital. Other SDKs pass over it; the one for Rust refuses the whole answer. And it does not know the list of query
logs of Route 53: here that list is empty. It cannot list the newest versions of all launch templates, which is how many are
read in one call.
"""

import re
import sys

from ministack.app import main
from ministack.services import documentdb, ec2, route53


def trimmed(write):
    return lambda record: re.sub(r">\s*(true|false)\s*<", r">\1<", write(record))


def small(parse):
    def parsed(element):
        config = parse(element)
        return {name: str(value).lower() if isinstance(value, bool) else value for name, value in config.items()}

    return parsed


def without_query_logs(handle):
    async def handled(method, path, headers, body, query_params):
        if method == "GET" and path.endswith("/queryloggingconfig"):
            empty = lambda root: route53.SubElement(root, "QueryLoggingConfigs")
            return route53._xml_response("ListQueryLoggingConfigsResponse", empty)
        return await handle(method, path, headers, body, query_params)

    return handled


def of_all_templates(describe):
    def described(parameters):
        if "LaunchTemplateId" in parameters or "LaunchTemplateName" in parameters:
            return describe(parameters)
        newest = (
            version
            for template in ec2._launch_templates.values()
            for version in template["Versions"]
            if version["VersionNumber"] == template["LatestVersionNumber"]
        )
        items = "".join(map(ec2._lt_version_xml, newest))
        body = f"<launchTemplateVersionSet>{items}</launchTemplateVersionSet>"
        return ec2._xml(200, "DescribeLaunchTemplateVersionsResponse", body)

    return described


DESCRIBE = "DescribeLaunchTemplateVersions"
actions = next(table for table in vars(ec2).values() if isinstance(table, dict) and DESCRIBE in table)
actions[DESCRIBE] = of_all_templates(actions[DESCRIBE])
documentdb._cluster_xml = trimmed(documentdb._cluster_xml)
documentdb._instance_xml = trimmed(documentdb._instance_xml)
route53._parse_health_check_config = small(route53._parse_health_check_config)
route53.handle_request = without_query_logs(route53.handle_request)

if __name__ == "__main__":
    sys.exit(main())

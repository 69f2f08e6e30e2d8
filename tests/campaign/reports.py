# SPDX-License-Identifier: MIT
"""The SARIF and the JUnit file of a campaign with the one finding of toy_target.c, fault r."""
import json
import sys
import xml.etree.ElementTree

KEY = "return:R51:toy/range"

sarif = json.load(open(sys.argv[1]))
assert sarif["version"] == "2.1.0", sarif["version"]
(run,) = sarif["runs"]
(rule,) = run["tool"]["driver"]["rules"]
(result,) = run["results"]
assert rule["id"] == result["ruleId"] == KEY, result
assert result["message"]["text"].startswith('return: a <range> & "quotes"'), result
uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
assert uri.startswith("file:///"), uri
open(uri[len("file://"):], "rb").close()

suite = xml.etree.ElementTree.parse(sys.argv[2]).getroot()
assert (suite.get("tests"), suite.get("failures")) == ("1", "1"), suite.attrib
(case,) = suite.findall("testcase")
assert case.get("name") == KEY, case.attrib
assert case.find("failure").get("message") == 'return: a <range> & "quotes"'

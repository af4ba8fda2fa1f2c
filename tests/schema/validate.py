#!/usr/bin/python3
"""validate.py SCHEMA FILE...: holds every line of each file against the JSON Schema.

Prints what is wrong, one line each; exit status 1 if anything is.
"""
import json
import sys

import jsonschema


def problems(validator, path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                yield "%s:%d: %s" % (path, number, error)
                continue
            for error in validator.iter_errors(record):
                yield "%s:%d: %s" % (path, number, error.message)


def main(schema_path, *paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    found = [problem for path in paths for problem in problems(validator, path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

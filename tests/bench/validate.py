#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""validate.py SCHEMA DOCUMENT: the part of JSON Schema that results/bench.schema.json uses.

A keyword that is not known here is an error: a check that is skipped would look like one that
passed.
"""
import json
import sys

TYPES = {
    'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None),
    'integer': int, 'number': (int, float),
}
KNOWN = {'$schema', '$defs', '$ref', 'title', 'type', 'required', 'properties',
         'additionalProperties', 'items', 'enum', 'const', 'anyOf', 'minimum', 'minItems', 'maxItems'}


def is_type(value, name):
    if isinstance(value, bool):
        return name == 'boolean'
    return isinstance(value, TYPES[name])


class Validator:
    def __init__(self, root):
        self.root = root
        self.errors = []

    def fail(self, path, why):
        self.errors.append('%s: %s' % (path or 'the document', why))

    def resolve(self, ref):
        at = self.root
        for part in ref.lstrip('#/').split('/'):
            at = at[part]
        return at

    def fits(self, value, schema):
        other = Validator(self.root)
        other.check(value, schema, '')
        return not other.errors

    def check(self, value, schema, path):
        unknown = set(schema) - KNOWN
        if unknown:
            raise SystemExit('validate.py: keyword %s is not known here' % sorted(unknown))
        if '$ref' in schema:
            self.check(value, self.resolve(schema['$ref']), path)
        types = schema.get('type', [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, t) for t in types):
            self.fail(path, 'is %s, not %s' % (json.dumps(value)[:60], ' or '.join(types)))
            return
        if 'const' in schema and value != schema['const']:
            self.fail(path, 'is %r, not %r' % (value, schema['const']))
        if 'enum' in schema and value not in schema['enum']:
            self.fail(path, 'is %r, none of %r' % (value, schema['enum']))
        if 'anyOf' in schema and not any(self.fits(value, s) for s in schema['anyOf']):
            self.fail(path, 'is %s, which fits no alternative' % json.dumps(value)[:60])
        if 'minimum' in schema and value < schema['minimum']:
            self.fail(path, 'is %r, below %r' % (value, schema['minimum']))
        if isinstance(value, dict):
            self.check_object(value, schema, path)
        if isinstance(value, list):
            self.check_array(value, schema, path)

    def check_object(self, value, schema, path):
        properties = schema.get('properties', {})
        for name in schema.get('required', []):
            if name not in value:
                self.fail(path, 'has no %s' % name)
        for name, v in value.items():
            below = '%s.%s' % (path, name) if path else name
            if name in properties:
                self.check(v, properties[name], below)
            elif schema.get('additionalProperties') is False:
                self.fail(below, 'is not in the schema')
            elif isinstance(schema.get('additionalProperties'), dict):
                self.check(v, schema['additionalProperties'], below)

    def check_array(self, value, schema, path):
        if len(value) < schema.get('minItems', 0) or len(value) > schema.get('maxItems', 1 << 60):
            self.fail(path, 'has %d items' % len(value))
        for i, v in enumerate(value):
            if 'items' in schema:
                self.check(v, schema['items'], '%s[%d]' % (path, i))


def main():
    with open(sys.argv[1]) as f:
        schema = json.load(f)
    with open(sys.argv[2]) as f:
        document = json.load(f)
    v = Validator(schema)
    v.check(document, schema, '')
    print('\n'.join(v.errors[:20]))
    sys.exit(bool(v.errors))


main()

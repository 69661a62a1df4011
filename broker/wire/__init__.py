"""SAML in and out: bindings, requests, responses, artifacts, metadata, signatures, encryption.

Knows messages and keys, and nothing of logins, suppliers or HTTP frameworks.
"""

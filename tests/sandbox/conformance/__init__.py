"""What AWS does, one case a line, each with the public page that says so.

Without options the cases ask the sandbox. The same cases can be asked of a real account:

    pytest tests/sandbox/conformance --aws-profile NAME --aws-region R --aws-endpoint-service com.amazonaws.vpce…

with an endpoint service that admits the account. `--skysql-url URL`, with the key in SKYSQL_API_KEY, finds one instead:
the first private service of the region. The account needs room for four more VPCs; everything the cases make
they delete again, which takes minutes there. Cases that need what only the sandbox has are skipped and say why.
"""

"""The check of raw answers against the service model can fail, in every way it should."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.model import OperationModel

from tests.sandbox.wire import faults

ENDPOINT = """<item>
  <vpcEndpointId>vpce-0f89a33420c1931d7</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>
  <vpcId>vpc-1a2b3c4d</vpcId><serviceName>com.amazonaws.us-east-1.elasticloadbalancing</serviceName>
  <state>available</state><routeTableIdSet/><subnetIdSet><item>subnet-d6fcaa8d</item></subnetIdSet>
  <groupSet><item><groupId>sg-54e8bf31</groupId><groupName>default</groupName></item></groupSet>
  <privateDnsEnabled>false</privateDnsEnabled><networkInterfaceIdSet/>
  <dnsEntrySet><item><hostedZoneId>Z7HUB22UULQXV</hostedZoneId><dnsName>vpce-0f8.example.com</dnsName></item></dnsEntrySet>
  <creationTimestamp>2017-09-05T17:55:27.583Z</creationTimestamp><ownerId>123456789012</ownerId>
</item>"""
GOOD = f"""<DescribeVpcEndpointsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><vpcEndpointSet>{ENDPOINT}</vpcEndpointSet>
</DescribeVpcEndpointsResponse>"""
WHO = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/operator</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>01234567</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""
REFUSED = """<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>Does not exist</Message></Error>
</Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"""
DENIED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>No.</Message></Error><RequestId>01234567</RequestId></ErrorResponse>"""


def operation(service: str, name: str) -> OperationModel:
    model: OperationModel = botocore.session.get_session().get_service_model(service).operation_model(name)
    return model


EC2, STS = operation("ec2", "DescribeVpcEndpoints"), operation("sts", "GetCallerIdentity")


@pytest.mark.parametrize(
    ("asked", "status", "text"), [(EC2, 200, GOOD), (STS, 200, WHO), (EC2, 400, REFUSED), (STS, 403, DENIED)]
)
def test_what_aws_answers_is_without_fault(asked: OperationModel, status: int, text: str) -> None:
    assert faults(asked, status, text.encode()) == []


def but(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


AT = "DescribeVpcEndpoints.VpcEndpoints[0]"
WRONG = [
    (EC2, 200, GOOD[:-9], "no XML"),
    (EC2, 200, but(GOOD, "DescribeVpcEndpointsResponse", "Vpcs"), "the answer is a Vpcs"),
    (EC2, 200, but(GOOD, "requestId", "requestID"), "no requestId"),
    (EC2, 200, but(GOOD, "vpcEndpointSet", "vpcEndpoints"), "DescribeVpcEndpoints: the model knows no vpcEndpoints"),
    (EC2, 200, but(GOOD, "<vpcId>", "<colour>red</colour><vpcId>"), f"{AT}: the model knows no colour"),
    (EC2, 200, but(GOOD, "<state>available</state>", ""), f"{AT}: no State"),
    (EC2, 200, but(GOOD, "<routeTableIdSet/>", "<routeTableIdSet/>" * 2), f"{AT}: routeTableIdSet comes 2 times"),
    (EC2, 200, but(GOOD, ">available<", ">fine<"), f"{AT}.State: 'fine' is none of PendingAcceptance"),
    (EC2, 200, but(GOOD, ">Interface<", ">interface<"), f"{AT}.VpcEndpointType: 'interface' is none of Interface"),
    (EC2, 200, but(GOOD, ">false<", ">False<"), f"{AT}.PrivateDnsEnabled: 'False' is no boolean"),
    (EC2, 200, but(GOOD, "T17:55:27.583Z", " at five"), "'2017-09-05 at five' is no timestamp"),
    (EC2, 200, but(GOOD, "27.583Z", "27.583"), "is no timestamp"),
    (EC2, 200, but(GOOD, "vpce-0f89a33420c1931d7<", "vpce-1<"), "'vpce-1' does not look like a VpcEndpointId"),
    (EC2, 200, but(GOOD, ">subnet-d6fcaa8d<", ">sub-1<"), "SubnetIds[0]: 'sub-1' does not look like a SubnetIds"),
    (EC2, 200, but(GOOD, "<item>subnet-d6fcaa8d</item>", "<member>x</member>"), "an item is called member"),
    (EC2, 200, but(GOOD, ">false<", "><item/><"), "PrivateDnsEnabled: not a boolean but elements"),
    (STS, 200, but(WHO, "GetCallerIdentityResult", "Result"), "no GetCallerIdentityResult"),
    (STS, 200, but(WHO, "<Account>123456789012</Account>", ""), "GetCallerIdentity: no Account"),
    (STS, 200, but(WHO, ">123456789012<", ">12345678901<"), "'12345678901' does not look like a Account"),
    (EC2, 400, but(REFUSED, "RequestID", "RequestId"), "an error without RequestID"),
    (EC2, 400, but(REFUSED, "Code", "ErrorCode"), "an error without Errors/Error/Code"),
    (EC2, 400, DENIED, "an error is a Response, not a ErrorResponse"),
    (STS, 403, REFUSED, "an error is a ErrorResponse, not a Response"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "text", "fault"), WRONG, ids=[row[-1] for row in WRONG])
def test_what_aws_would_not_answer_is_told(asked: OperationModel, status: int, text: str, fault: str) -> None:
    found = faults(asked, status, text.encode())
    assert any(fault in one for one in found), found

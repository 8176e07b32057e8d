"""`make deploy` and `make undeploy`: the whole application into an AWS account, and out of it again.

Whatever is done in the account is done by the AWS CLI, SAM and Docker, which `Programs` starts; nothing else here does.
"""

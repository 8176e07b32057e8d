"""`make deploy` and `make undeploy`: deploy the whole application to an AWS account, and remove it again.

Only the AWS CLI, SAM and Docker change the account, and `Programs` starts them.
"""

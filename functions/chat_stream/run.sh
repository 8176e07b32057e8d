#!/bin/sh
# Started by the Lambda Web Adapter, which hands it requests over HTTP and streams what it answers.
PYTHONPATH="/opt/python:$LAMBDA_TASK_ROOT:$PYTHONPATH"
export PYTHONPATH
exec python -m uvicorn handler:app --host 127.0.0.1 --port "$AWS_LWA_PORT" --no-access-log --timeout-graceful-shutdown 2

"""All ports of the system, as protocols in terms of our models. This page lists them:

- `clock`: `Clock`
- `sessions`: `Sessions`, `Accounts`, `Approvals`, `Expiry`
- `requests`: `Admission`, `Tickets`, `OpenStreams`, `Waits`
- `runs`: `Inbox`, `Runs`, `Journal`, `Spendings`, `Recovery`
- `controls`: `Controls`, `Commands`
- `tool_pins`: `Proposal`, `Pins`, `OperatorPins`
- `queue`: `RunQueue`, `DeadLetterQueue`, `DeliveryFailures`
- `connections`: `Connections`, `AsyncConnections`

Adapters: `forge.store` (DynamoDB), `forge.queue` (SQS), `forge.connections`, `worker.push`.

A method that names a session raises `SessionUnreadable` if its stored item cannot be read; a method that reads many
sessions leaves such a session out. The store's methods block; the worker calls them in threads. Unless said otherwise
they raise `StorageUnavailable` when the storage is throttled or unreachable, and no error of botocore's.

Nothing is imported here, so that a function loads only the ports that it uses.
"""

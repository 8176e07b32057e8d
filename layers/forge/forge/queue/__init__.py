"""The run queue on SQS FIFO."""

from forge.queue.run_queue import SqsRunQueue, open_queue

__all__ = ["SqsRunQueue", "open_queue"]

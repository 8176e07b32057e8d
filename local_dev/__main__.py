"""The start of `make run`. Ctrl-C during the imports ends the process without a traceback, as other programs end."""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from local_dev.application import main

    sys.exit(main())

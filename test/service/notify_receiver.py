"""Stands for systemd at a notify socket: prints each datagram as one JSON list of its lines, with the sender's user in front."""

import json
import os
import socket
import struct
import sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print("listening", flush=True)
while True:
    space = socket.CMSG_SPACE(4 * 16) + socket.CMSG_SPACE(12)
    data, ancillary, _, _ = receiver.recvmsg(4096, space)
    lines = data.decode().split("\n")
    for level, kind, value in ancillary:
        # A barrier: whoever sent it waits until this descriptor is closed.
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for (fd,) in struct.iter_unpack("i", value[: len(value) // 4 * 4]):
                os.close(fd)
    if lines != ["BARRIER=1"]:
        print(json.dumps(lines), flush=True)

"""A client made of Debian's python3-h2: sends requests at once over one connection and prints what came back as JSON.

Usage: h2_client.py PORT [NAME]; requests on standard input: [[fields, body in hex, trailers or null] ...].
With a name it speaks TLS, asks for the site of that name and does not verify it.
"""
import json
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events

requests = json.load(sys.stdin)
connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="latin-1"))
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
if len(sys.argv) > 2:
    context = ssl._create_unverified_context()
    context.set_alpn_protocols(["h2"])
    sock = context.wrap_socket(sock, server_hostname=sys.argv[2])
connection.initiate_connection()
answers, pending = {}, {}


def pump():
    for stream, (body, trailers) in list(pending.items()):
        while True:
            room = min(connection.local_flow_control_window(stream), connection.max_outbound_frame_size)
            last = len(body) <= room
            piece, body = body[:room], body[room:]
            if piece or last:
                connection.send_data(stream, piece, end_stream=last and not trailers)
            if last and trailers:
                connection.send_headers(stream, trailers, end_stream=True)
            if last:
                del pending[stream]
                break
            pending[stream] = (body, trailers)
            if room == 0:
                break
    sock.sendall(connection.data_to_send())


for fields, body, trailers in requests:
    stream = connection.get_next_available_stream_id()
    answers[stream] = {"fields": None, "early": [], "body": "", "trailers": None, "ended": False, "reset": None}
    body = bytes.fromhex(body)
    whole = not body and not trailers
    connection.send_headers(stream, [tuple(f) for f in fields], end_stream=whole)
    if not whole:
        pending[stream] = (body, trailers)
pump()
while not all(a["ended"] or a["reset"] is not None for a in answers.values()):
    octets = sock.recv(65536)
    if not octets:
        break
    for event in connection.receive_data(octets):
        answer = answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ResponseReceived):
            answer["fields"] = event.headers
        elif isinstance(event, h2.events.InformationalResponseReceived):
            answer["early"].append(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            answer["body"] += event.data.hex()
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer["trailers"] = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            answer["ended"] = True
        elif isinstance(event, h2.events.StreamReset):
            answer["reset"] = int(event.error_code)
            pending.pop(event.stream_id, None)
    pump()
connection.close_connection()
sock.sendall(connection.data_to_send())
json.dump(list(answers.values()), sys.stdout)

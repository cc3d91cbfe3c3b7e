"""Encodes or decodes field blocks with Debian's python3-hpack: one JSON list in, one out.

Input: a list of connections; each is a list of blocks in order. A block is {"fields": [[name, value, sensitive]...],
"size": table size or null} to encode, or {"block": hex} to decode.
"""
import json
import sys

from hpack import Decoder, Encoder, NeverIndexedHeaderTuple

results = []
for blocks in json.load(sys.stdin):
    encoder, decoder, result = Encoder(), Decoder(max_header_list_size=1 << 24), []
    for block in blocks:
        if "block" in block:
            fields = decoder.decode(bytes.fromhex(block["block"]), raw=True)
            result.append([[f[0].decode("latin-1"), f[1].decode("latin-1"), isinstance(f, NeverIndexedHeaderTuple)] for f in fields])
            continue
        if block.get("size") is not None:
            encoder.header_table_size = block["size"]
        fields = [(n.encode("latin-1"), v.encode("latin-1"), s) for n, v, s in block["fields"]]
        result.append(encoder.encode(fields, huffman=block.get("huffman", True)).hex())
    results.append(result)
json.dump(results, sys.stdout)

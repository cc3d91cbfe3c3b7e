-- Leads the name in the URL to 127.0.0.1, so that wrk asks for that name (SNI and Host) without any resolver,
-- and prints the figures of the run as one line of JSON.
function wrk.resolve()
  wrk.addrs = wrk.lookup("127.0.0.1", os.getenv("BENCH_PORT"))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nfigures {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end

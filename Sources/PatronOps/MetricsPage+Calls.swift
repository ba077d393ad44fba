import TTRPC

// Counts of the I/O loops.
extension MetricsPage {
  mutating func addCalls(_ counts: LoopCounts, _ methods: [Method]) {
    let labels = Self.labels(of: methods) + ["unknown"]
    let codes = (0..<Int32(LoopCounts.codes)).map { StatusCode(rawValue: $0) }
    text.begin("patron_rpc_total", .counter, "Ended calls by method and status.")
    for (method, label) in labels.enumerated() {
      for code in codes where counts.calls(method, code) > 0 {
        text.add(
          "patron_rpc_total",
          ["method": label, "code": code.description],
          counts.calls(method, code)
        )
      }
    }
    let bounds = LoopCounts.boundsMicros.map { Double($0) / 1e6 }
    let name = "patron_rpc_duration_seconds"
    text.begin(name, .histogram, "Time of unary calls, waits in the server included.")
    for (method, label) in labels.enumerated() {
      let durations = counts.durations(method)
      guard durations.contains(where: { $0 > 0 }) else { continue }
      text.add(
        name,
        ["method": label],
        bounds: bounds,
        counts: durations,
        sum: counts.seconds(method)
      )
    }
    text.begin("patron_rpc_refused_total", .counter, "Calls that a limit has refused.")
    for limit in RefusedLimit.allCases {
      text.add("patron_rpc_refused_total", ["limit": limit.label], counts.refusals(limit))
    }
  }

  mutating func addConnections(_ counts: LoopCounts) {
    text.begin("patron_connections", .gauge, "Open connections by transport.")
    for transport in Transport.allCases {
      text.add("patron_connections", ["transport": transport.label], counts.open(transport))
    }
    let name = "patron_connections_closed_total"
    text.begin(name, .counter, "Ended connections by the reason.")
    for (reason, count) in counts.closed.sorted(by: { $0.key < $1.key }) {
      text.add(name, ["reason": reason], count)
    }
    text.begin("patron_bytes_total", .counter, "Bytes of clients, without those of TLS.")
    text.add("patron_bytes_total", ["direction": "in"], counts.bytesIn)
    text.add("patron_bytes_total", ["direction": "out"], counts.bytesOut)
  }

  /// Returns the label of each method: its name, with the service before it where two methods have
  /// the same name.
  private static func labels(of methods: [Method]) -> [String] {
    let uses = Dictionary(grouping: methods, by: \.name)
    return methods.map { method in
      if uses[method.name]?.count == 1 { return method.name }
      let service = method.service.split(separator: ".").last ?? ""
      return "\(service)/\(method.name)"
    }
  }
}

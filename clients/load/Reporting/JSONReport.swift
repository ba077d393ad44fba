import TTRPC

/// The report as JSON, with the keys of ghz where it has them. Times are in nanoseconds.
struct JSONReport {
  let result: LoadResult
  let request: RequestDescription

  var text: String { value.text + "\n" }

  private var value: JSONValue {
    let statistics = result.statistics
    return .object([
      ("date", .string(result.date)),
      ("endReason", .string(endReason)),
      ("options", options),
      ("count", .integer(statistics.answers)),
      ("okCount", .integer(result.succeeded)),
      ("total", .integer(result.elapsed)),
      ("average", .integer(UInt64(statistics.response.mean.rounded()))),
      ("fastest", .integer(result.succeeded == 0 ? 0 : statistics.response.least)),
      ("slowest", .integer(statistics.response.most)),
      ("rps", .number(result.rate)),
      (
        "statusCodeDistribution",
        .object(result.codes.map { ($0.code.description, .integer($0.count)) })
      ),
      (
        "errorDistribution",
        .object(result.messages.map { ($0.message, .integer($0.count)) })
      ),
      ("latencyDistribution", Self.distribution(statistics.response)),
      ("responseTime", Self.summary(statistics.response)),
      (
        "serviceTime",
        Self.summary(result.settings.rate == nil ? statistics.response : statistics.service)
      ),
      ("dropped", .integer(statistics.dropped)),
      ("late", .integer(statistics.late)),
      ("mostLate", .integer(statistics.maxLateness)),
      ("distinct", statistics.distinct.map { .integer(UInt64($0.count)) } ?? .null),
      (
        "bytes",
        .object([
          ("sent", .integer(statistics.bytesSent)),
          ("received", .integer(statistics.bytesReceived)),
        ])
      ),
      ("cpu", cpu),
      (
        "warmup",
        .object([
          ("answers", .integer(statistics.warmupAnswers)),
          ("notOK", .integer(statistics.warmupFailures)),
        ])
      ),
      ("lostConnections", .integer(statistics.lostConnections)),
      ("seed", .integer(request.seed)),
    ])
  }

  /// The end reason, in ghz's words where it has them.
  private var endReason: String {
    switch result.endReason {
    case .total: "normal"
    case .duration: "timeout"
    case .interrupted: "cancel"
    case .unreachable: "unreachable"
    }
  }

  private var options: JSONValue {
    let settings = result.settings
    return .object([
      ("call", .string(settings.method.description)),
      ("host", .string(settings.target.description)),
      ("data", .string(request.json)),
      ("store", request.store.map { .string($0) } ?? .null),
      ("mode", .string(settings.rate == nil ? "closed" : "open")),
      ("concurrency", .integer(UInt64(settings.callers))),
      ("connections", .integer(UInt64(settings.connections))),
      ("threads", .integer(UInt64(settings.threads))),
      ("rate", settings.rate.map { .number($0.perSecond) } ?? .null),
      ("total", settings.total.map { .integer($0) } ?? .null),
      ("duration", settings.duration.map { .integer($0.nanoseconds) } ?? .null),
      ("warmup", .integer(settings.warmup.nanoseconds)),
      ("skipFirst", .integer(settings.skipFirst)),
      ("timeout", .integer(settings.timeout.nanoseconds)),
    ])
  }

  private var cpu: JSONValue {
    .object([
      ("user", .integer(result.cpu.user)),
      ("system", .integer(result.cpu.system)),
      ("percent", .number((result.cpuShare * 1000).rounded() / 10)),
      ("saturated", .bool(result.isSaturated)),
    ])
  }

  private static func distribution(_ latencies: Latencies) -> JSONValue {
    .array(
      LoadResult.percentiles.map { percentile in
        .object([
          ("percentage", .number(percentile)),
          ("latency", .integer(latencies.percentile(percentile))),
        ])
      }
    )
  }

  private static func summary(_ latencies: Latencies) -> JSONValue {
    .object([
      ("count", .integer(latencies.count)),
      ("average", .integer(UInt64(latencies.mean.rounded()))),
      ("fastest", .integer(latencies.count == 0 ? 0 : latencies.least)),
      ("slowest", .integer(latencies.most)),
      ("latencyDistribution", distribution(latencies)),
    ])
  }
}

/// The request of a run, as the user wrote it.
struct RequestDescription: Sendable {
  /// The template in JSON.
  let json: String
  /// The store that was filled in, or nil.
  let store: String?
  let seed: UInt64
}

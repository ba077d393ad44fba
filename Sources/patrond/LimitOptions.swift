import ArgumentParser
import TTRPC

/// The flags for the limits on clients. Their descriptions and ranges come from `Limits.all`.
struct LimitOptions: ParsableArguments {
  @Option(name: .customLong("max-request-bytes"), help: LimitOptions.help(\.requestBytes, "bytes"))
  var requestBytes: Int?

  @Option(
    name: .customLong("max-response-bytes"),
    help: LimitOptions.help(\.responseBytes, "bytes")
  )
  var responseBytes: Int?

  @Option(
    name: .customLong("max-metadata-bytes"),
    help: LimitOptions.help(\.metadataBytes, "bytes")
  )
  var metadataBytes: Int?

  @Option(
    name: .customLong("max-stream-queue-bytes"),
    help: LimitOptions.help(\.streamQueueBytes, "bytes")
  )
  var streamQueueBytes: Int?

  @Option(
    name: .customLong("max-stream-outbound-bytes"),
    help: LimitOptions.help(\.streamOutboundBytes, "bytes")
  )
  var streamOutboundBytes: Int?

  @Option(
    name: .customLong("max-outbound-bytes"),
    help: LimitOptions.help(\.outboundBytes, "bytes")
  )
  var outboundBytes: Int?

  @Option(
    name: .customLong("max-total-outbound-bytes"),
    help: LimitOptions.help(\.totalOutboundBytes, "bytes")
  )
  var totalOutboundBytes: Int?

  @Option(
    name: .customLong("max-total-inbound-bytes"),
    help: LimitOptions.help(\.totalInboundBytes, "bytes")
  )
  var totalInboundBytes: Int?

  @Option(
    name: .customLong("max-calls-per-connection"),
    help: LimitOptions.help(\.callsPerConnection, "calls")
  )
  var callsPerConnection: Int?

  @Option(name: .customLong("max-calls"), help: LimitOptions.help(\.callsInFlight, "calls"))
  var callsInFlight: Int?

  @Option(
    name: .customLong("max-streams-per-connection"),
    help: LimitOptions.help(\.streamsPerConnection, "streams")
  )
  var streamsPerConnection: Int?

  @Option(
    name: .customLong("max-connections"),
    help: LimitOptions.help(\.connections, "connections")
  )
  var connections: Int?

  @Option(
    name: .customLong("max-connections-per-peer"),
    help: LimitOptions.help(\.connectionsPerPeer, "connections")
  )
  var connectionsPerPeer: Int?

  @Option(
    name: .customLong("max-metadata-pairs"),
    help: LimitOptions.help(\.metadataPairs, "pairs")
  )
  var metadataPairs: Int?

  @Option(
    name: .customLong("max-stream-queue-messages"),
    help: LimitOptions.help(\.streamQueueMessages, "messages")
  )
  var streamQueueMessages: Int?

  @Option(name: .customLong("max-calls-per-turn"), help: LimitOptions.help(\.callsPerTurn, "calls"))
  var callsPerTurn: Int?

  @Option(name: .customLong("max-turn-us"), help: LimitOptions.help(\.turnMicros, "us"))
  var turnMicros: Int?

  @Option(
    name: .customLong("header-timeout-ms"),
    help: LimitOptions.help(\.headerTimeoutMillis, "ms")
  )
  var headerTimeoutMillis: Int?

  @Option(name: .customLong("idle-timeout-ms"), help: LimitOptions.help(\.idleTimeoutMillis, "ms"))
  var idleTimeoutMillis: Int?

  @Option(
    name: .customLong("write-timeout-ms"),
    help: LimitOptions.help(\.writeTimeoutMillis, "ms")
  )
  var writeTimeoutMillis: Int?

  @Option(
    name: .customLong("full-stream-grace-ms"),
    help: LimitOptions.help(\.fullStreamGraceMillis, "ms")
  )
  var fullStreamGraceMillis: Int?

  @Option(name: .customLong("drain-grace-ms"), help: LimitOptions.help(\.drainGraceMillis, "ms"))
  var drainGraceMillis: Int?

  /// Returns the limits, with defaults for flags that were not given.
  ///
  /// - Throws: a usage error if a value is out of range.
  func limits() throws -> Limits {
    var limits = Limits()
    try set(\.requestBytes, requestBytes, &limits)
    try set(\.responseBytes, responseBytes, &limits)
    try set(\.metadataBytes, metadataBytes, &limits)
    try set(\.streamQueueBytes, streamQueueBytes, &limits)
    try set(\.streamOutboundBytes, streamOutboundBytes, &limits)
    try set(\.outboundBytes, outboundBytes, &limits)
    try set(\.totalOutboundBytes, totalOutboundBytes, &limits)
    try set(\.totalInboundBytes, totalInboundBytes, &limits)
    try set(\.callsPerConnection, callsPerConnection, &limits)
    try set(\.callsInFlight, callsInFlight, &limits)
    try set(\.streamsPerConnection, streamsPerConnection, &limits)
    try set(\.connections, connections, &limits)
    try set(\.connectionsPerPeer, connectionsPerPeer, &limits)
    try set(\.metadataPairs, metadataPairs, &limits)
    try set(\.streamQueueMessages, streamQueueMessages, &limits)
    try set(\.callsPerTurn, callsPerTurn, &limits)
    try set(\.turnMicros, turnMicros, &limits)
    try set(\.headerTimeoutMillis, headerTimeoutMillis, &limits)
    try set(\.idleTimeoutMillis, idleTimeoutMillis, &limits)
    try set(\.writeTimeoutMillis, writeTimeoutMillis, &limits)
    try set(\.fullStreamGraceMillis, fullStreamGraceMillis, &limits)
    try set(\.drainGraceMillis, drainGraceMillis, &limits)
    return limits
  }

  private func set(
    _ field: any WritableKeyPath<Limits, Int> & Sendable,
    _ value: Int?,
    _ limits: inout Limits
  ) throws {
    guard let value else { return }
    let limit = LimitOptions.description(of: field)
    guard limit.range.contains(value) else {
      throw ValidationError(
        "--\(limit.flag) is \(value); expected \(limit.range.lowerBound) to "
          + "\(limit.range.upperBound) \(limit.unit)."
      )
    }
    limits[keyPath: field] = value
  }

  private static func description(
    of field: any WritableKeyPath<Limits, Int> & Sendable
  ) -> LimitDescription {
    guard let found = Limits.all.first(where: { $0.keyPath as AnyKeyPath == field }) else {
      preconditionFailure("Limits.all does not describe \(field)")
    }
    return found
  }

  private static func help(
    _ field: any WritableKeyPath<Limits, Int> & Sendable,
    _ unit: String
  ) -> ArgumentHelp {
    let limit = description(of: field)
    return ArgumentHelp(
      "\(limit.help). (default: \(Limits()[keyPath: field]))",
      valueName: unit
    )
  }
}

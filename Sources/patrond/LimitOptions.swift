import ArgumentParser
import TTRPC

/// The flags for the limits on clients. ``Setting`` has their ranges.
struct LimitOptions: ParsableArguments {
  @Option(name: .customLong("max-request-bytes"), help: .setting("max-request-bytes"))
  var requestBytes: Int?

  @Option(name: .customLong("max-response-bytes"), help: .setting("max-response-bytes"))
  var responseBytes: Int?

  @Option(name: .customLong("max-metadata-bytes"), help: .setting("max-metadata-bytes"))
  var metadataBytes: Int?

  @Option(name: .customLong("max-stream-queue-bytes"), help: .setting("max-stream-queue-bytes"))
  var streamQueueBytes: Int?

  @Option(
    name: .customLong("max-stream-outbound-bytes"),
    help: .setting("max-stream-outbound-bytes")
  )
  var streamOutboundBytes: Int?

  @Option(name: .customLong("max-outbound-bytes"), help: .setting("max-outbound-bytes"))
  var outboundBytes: Int?

  @Option(name: .customLong("max-total-outbound-bytes"), help: .setting("max-total-outbound-bytes"))
  var totalOutboundBytes: Int?

  @Option(name: .customLong("max-total-inbound-bytes"), help: .setting("max-total-inbound-bytes"))
  var totalInboundBytes: Int?

  @Option(name: .customLong("max-calls-per-connection"), help: .setting("max-calls-per-connection"))
  var callsPerConnection: Int?

  @Option(name: .customLong("max-calls"), help: .setting("max-calls")) var callsInFlight: Int?

  @Option(
    name: .customLong("max-streams-per-connection"),
    help: .setting("max-streams-per-connection")
  )
  var streamsPerConnection: Int?

  @Option(name: .customLong("max-connections"), help: .setting("max-connections"))
  var connections: Int?

  @Option(name: .customLong("max-connections-per-peer"), help: .setting("max-connections-per-peer"))
  var connectionsPerPeer: Int?

  @Option(name: .customLong("max-metadata-pairs"), help: .setting("max-metadata-pairs"))
  var metadataPairs: Int?

  @Option(
    name: .customLong("max-stream-queue-messages"),
    help: .setting("max-stream-queue-messages")
  )
  var streamQueueMessages: Int?

  @Option(name: .customLong("max-calls-per-turn"), help: .setting("max-calls-per-turn"))
  var callsPerTurn: Int?

  @Option(name: .customLong("max-turn-us"), help: .setting("max-turn-us")) var turnMicros: Int?

  @Option(name: .customLong("header-timeout-ms"), help: .setting("header-timeout-ms"))
  var headerTimeoutMillis: Int?

  @Option(name: .customLong("idle-timeout-ms"), help: .setting("idle-timeout-ms"))
  var idleTimeoutMillis: Int?

  @Option(name: .customLong("write-timeout-ms"), help: .setting("write-timeout-ms"))
  var writeTimeoutMillis: Int?

  @Option(name: .customLong("full-stream-grace-ms"), help: .setting("full-stream-grace-ms"))
  var fullStreamGraceMillis: Int?

  @Option(name: .customLong("drain-grace-ms"), help: .setting("drain-grace-ms"))
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
    try Setting.check(value, LimitOptions.flag(of: field))
    limits[keyPath: field] = value
  }

  private static func flag(of field: any WritableKeyPath<Limits, Int> & Sendable) -> String {
    guard let found = Limits.all.first(where: { $0.keyPath as AnyKeyPath == field }) else {
      preconditionFailure("Limits.all does not describe \(field)")
    }
    return found.flag
  }
}

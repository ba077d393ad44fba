import PatronProto
package import TTRPC
package import TTRPCNIO

extension PatronClient.Options {
  /// The limit of ``onBehalfOf``, in characters.
  private static let maxOnBehalfOf = 64

  /// Returns the settings of a client of `target`. Throws INVALID_ARGUMENT for options that are
  /// wrong, and FAILED_PRECONDITION for a file that cannot be read.
  package func configuration(for target: ClientTarget) throws(RPCError) -> ClientConfiguration {
    var configuration = ClientConfiguration(target: target)
    if let tls {
      configuration.target = try target.encrypted()
      configuration.tls = try tls.load()
    } else if case .tls = target {
      configuration.tls = try PatronClient.TLS().load()
    }
    if key != nil, !sendsKeyUnencrypted { try Self.checkEncryption(configuration.target) }
    if let key { configuration.metadata.append("authorization", "Bearer \(key.text)") }
    if key != nil || tls?.certificateFile != nil {
      configuration.greeting = GRPCHealth.Health.check.method
    }
    if !onBehalfOf.isEmpty {
      try Self.check(onBehalfOf: onBehalfOf)
      configuration.metadata.append("patron-on-behalf-of", onBehalfOf)
    }
    configuration.connections = connections
    configuration.connectTimeout = connectTimeout
    configuration.defaultTimeout = timeout
    configuration.retry = retry
    configuration.waitForReady = waitsForServer
    return configuration
  }

  /// Refuses an address to which the key would go in the clear over a network.
  private static func checkEncryption(_ target: ClientTarget) throws(RPCError) {
    guard case .host = target, !target.isLocal else { return }
    throw RPCError(
      code: .invalidArgument,
      message: "the key would go unencrypted to \(target), where others can read it on the way: "
        + "write tls://\(target), or set sendsKeyUnencrypted on a network that you trust"
    )
  }

  private static func check(onBehalfOf text: String) throws(RPCError) {
    let isPlain = !text.unicodeScalars.contains(where: SafeText.isControl)
    guard isPlain, text.count <= maxOnBehalfOf else {
      throw RPCError(
        code: .invalidArgument,
        message: "on behalf of takes up to \(maxOnBehalfOf) characters on one line; "
          + (isPlain ? "\(text.count) were given" : "a control character was given")
      )
    }
  }
}

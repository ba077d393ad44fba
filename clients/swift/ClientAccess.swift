package import TTRPC
import TTRPCNIO

/// The way into a server, from the flags and environment variables of a program: address, TLS and
/// key.
///
/// There is no flag for a key: other users of a machine can read the command lines of programs, and
/// shells keep them in files.
package struct ClientAccess: Sendable {
  /// The flags that say how to get in; nil for those that were not given.
  package struct Flags: Sendable {
    /// True: connections are encrypted.
    package var usesTLS = false
    package var tlsCA: String?
    package var tlsCertificate: String?
    package var tlsKey: String?
    package var tlsServerName: String?
    package var tlsMinVersion: PatronClient.TLS.Version?
    package var keyFile: String?
    package var onBehalfOf: String?

    package init() {}
  }

  /// The address of the server.
  package let target: ClientTarget
  /// The TLS of the connections, or nil for none.
  package let tls: PatronClient.TLS?
  /// The key, or nil for none.
  package let key: ClientKey?
  /// The person or program for whom calls are made; empty for none.
  package let onBehalfOf: String
  /// Dangers of these settings, each a sentence for people without a full stop.
  package let warnings: [String]

  /// Reads flags, and for those that were not given the variables of the environment. Variables
  /// name files of TLS, but only the address or a flag turns TLS on. Throws INVALID_ARGUMENT for
  /// wrong usage, and FAILED_PRECONDITION for a file that cannot be read.
  package init(
    address: String,
    _ flags: Flags,
    environment: (String) -> String?
  ) throws(RPCError) {
    var variables: [String: String] = [:]
    for name in Self.variableNames {
      if let value = environment(name), !value.isEmpty { variables[name] = value }
    }
    let given = try ClientTarget(parsing: address)
    let tls = Self.tls(for: given, flags, variables)
    let key = try Self.key(flags, variables)
    target = tls == nil ? given : try given.encrypted()
    self.tls = tls
    self.key = key
    onBehalfOf = flags.onBehalfOf ?? variables["PATRON_ON_BEHALF_OF"] ?? ""
    warnings = Self.warnings(target, key, flags.keyFile ?? variables["PATRON_KEY_FILE"], tls)
  }

  /// The names of all environment variables that are read.
  package static let variableNames = [
    "PATRON_KEY", "PATRON_KEY_FILE", "PATRON_ON_BEHALF_OF", "PATRON_TLS_CA",
    "PATRON_TLS_CLIENT_CERT", "PATRON_TLS_CLIENT_KEY", "PATRON_TLS_SERVER_NAME",
  ]

  /// Sets what the options of a client say of TLS and keys. The programs show ``warnings`` where
  /// the client would refuse to send the key.
  package func apply(to options: inout PatronClient.Options) {
    options.sendsKeyUnencrypted = true
    options.tls = tls
    options.key = key
    options.onBehalfOf = onBehalfOf
  }

  private static func tls(
    for target: ClientTarget,
    _ flags: Flags,
    _ variables: [String: String]
  ) -> PatronClient.TLS? {
    let isTLS = if case .tls = target { true } else { false }
    let hasFlags =
      [flags.tlsCA, flags.tlsCertificate, flags.tlsKey, flags.tlsServerName]
      .contains { $0 != nil } || flags.tlsMinVersion != nil
    guard isTLS || hasFlags || flags.usesTLS else { return nil }
    // A certificate and its key belong together: variables do not complete a flag.
    let hasPair = flags.tlsCertificate != nil || flags.tlsKey != nil
    return PatronClient.TLS(
      caFile: flags.tlsCA ?? variables["PATRON_TLS_CA"],
      certificateFile: flags.tlsCertificate
        ?? (hasPair ? nil : variables["PATRON_TLS_CLIENT_CERT"]),
      keyFile: flags.tlsKey ?? (hasPair ? nil : variables["PATRON_TLS_CLIENT_KEY"]),
      serverName: flags.tlsServerName ?? variables["PATRON_TLS_SERVER_NAME"],
      minVersion: flags.tlsMinVersion ?? .v13
    )
  }

  private static func key(
    _ flags: Flags,
    _ variables: [String: String]
  ) throws(RPCError) -> ClientKey? {
    if let path = flags.keyFile { return try ClientKey(file: path) }
    if let text = variables["PATRON_KEY"] {
      do {
        return try ClientKey(text)
      } catch {
        throw RPCError(code: error.code, message: "PATRON_KEY: \(error.message)")
      }
    }
    if let path = variables["PATRON_KEY_FILE"] { return try ClientKey(file: path) }
    return nil
  }

  private static func warnings(
    _ target: ClientTarget,
    _ key: ClientKey?,
    _ keyPath: String?,
    _ tls: PatronClient.TLS?
  ) -> [String] {
    var warnings: [String] = []
    if let key, key.isExposed, let keyPath { warnings.append(exposed(keyPath)) }
    if let path = tls?.keyFile, (try? CredentialFile(path))?.isExposed == true {
      warnings.append(exposed(path))
    }
    if key != nil, tls == nil, !target.isLocal {
      warnings.append("the key is sent unencrypted to \(target); write tls://\(target)")
    }
    return warnings
  }

  private static func exposed(_ path: String) -> String {
    "every user of this machine may read or replace \(path); protect it with `chmod 600`"
  }
}

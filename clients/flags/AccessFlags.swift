import ArgumentParser
package import PatronClient

/// The options that say how to get into a server: TLS and key. `patron` and `patron-load` have the
/// same.
package struct AccessFlags: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Encrypt the connection with TLS, as an address that begins with tls:// does. Each of the "
        + "other --tls options implies it."
    )
  )
  var tls = false

  @Option(
    name: .customLong("tls-ca"),
    help: ArgumentHelp(
      "The CAs that sign servers' certificates, as PEM. (default: $PATRON_TLS_CA, else those of "
        + "the system)",
      valueName: "file"
    ),
    completion: .file()
  )
  var tlsCA: String?

  @Option(
    help: ArgumentHelp(
      "The client's certificate, for servers that want one, as PEM. (default: "
        + "$PATRON_TLS_CLIENT_CERT)",
      valueName: "file"
    ),
    completion: .file()
  )
  var tlsCert: String?

  @Option(
    help: ArgumentHelp(
      "The private key of --tls-cert, as PEM without a passphrase. (default: "
        + "$PATRON_TLS_CLIENT_KEY)",
      valueName: "file"
    ),
    completion: .file()
  )
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "The name that the server's certificate must have. (default: $PATRON_TLS_SERVER_NAME, else "
        + "the host of the address)",
      valueName: "name"
    )
  )
  var tlsServerName: String?

  @Option(
    help: ArgumentHelp(
      "The oldest version of TLS that is accepted. (default: 1.3)",
      valueName: "1.2|1.3"
    ),
    completion: .list(TLSVersion.allCases.map(\.rawValue))
  )
  var tlsMinVersion: TLSVersion?

  @Option(
    help: ArgumentHelp(
      "The file that holds the API key. There is no option for the key itself, because other users "
        + "can read command lines. (default: $PATRON_KEY is the key, else $PATRON_KEY_FILE)",
      valueName: "file"
    ),
    completion: .file()
  )
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "For whom you act, up to 64 characters; histories and the audit log show it beside the key. "
        + "(default: $PATRON_ON_BEHALF_OF)",
      valueName: "text"
    )
  )
  var onBehalfOf: String?

  package init() {}

  /// The versions of TLS, as `--tls-min-version` names them.
  enum TLSVersion: String, ExpressibleByArgument, CaseIterable, Sendable {
    case v12 = "1.2"
    case v13 = "1.3"
  }

  /// The flags as ``ClientAccess`` takes them.
  package var flags: ClientAccess.Flags {
    var flags = ClientAccess.Flags()
    flags.usesTLS = tls
    flags.tlsCA = tlsCA
    flags.tlsCertificate = tlsCert
    flags.tlsKey = tlsKey
    flags.tlsServerName = tlsServerName
    flags.tlsMinVersion = tlsMinVersion.map { $0 == .v12 ? .v12 : .v13 }
    flags.keyFile = keyFile
    flags.onBehalfOf = onBehalfOf
    return flags
  }
}

package import TTRPC
package import TTRPCNIO

extension PatronClient {
  /// TLS of a client: whom it trusts, its own certificate, and the name that it expects. All files
  /// are PEM; they are read when the client is made.
  public struct TLS: Sendable, Hashable {
    /// A version of TLS.
    public enum Version: String, Sendable, Hashable, CaseIterable {
      /// TLS 1.2.
      case v12 = "1.2"
      /// TLS 1.3.
      case v13 = "1.3"
    }

    /// The CAs that sign the certificates of servers; nil for those of the system.
    public var caFile: String?
    /// The client's certificate, and those between it and its CA; nil for none.
    public var certificateFile: String?
    /// The private key of the client's certificate, without a passphrase.
    public var keyFile: String?
    /// The name that the server's certificate must have; nil for the host of the address.
    public var serverName: String?
    /// The oldest version that is accepted.
    public var minVersion: Version

    /// The defaults: the system's CAs, no client certificate, TLS 1.3.
    public init(
      caFile: String? = nil,
      certificateFile: String? = nil,
      keyFile: String? = nil,
      serverName: String? = nil,
      minVersion: Version = .v13
    ) {
      self.caFile = caFile
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.serverName = serverName
      self.minVersion = minVersion
    }

    /// Reads the files. Throws FAILED_PRECONDITION for a file that cannot be read, and
    /// INVALID_ARGUMENT for content or settings that are wrong.
    package func load() throws(RPCError) -> ClientTLS {
      var settings = ClientTLS.Settings()
      settings.caFile = caFile
      settings.certificateFile = certificateFile
      settings.keyFile = keyFile
      settings.serverName = serverName
      settings.minVersion = minVersion == .v12 ? .tls12 : .tls13
      return try ClientTLS(settings)
    }
  }
}

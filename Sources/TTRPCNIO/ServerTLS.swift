/// The transport security of a server's ``ListenAddress/tls(host:port:)`` listeners.
///
/// The files are PEM. They are read again when their contents change: connections keep what they
/// began with, and handshakes from then on use the new ones.
package struct ServerTLS: Sendable, Hashable {
  /// The oldest version of TLS that a client may speak. 1.3 is the newest that there is.
  package enum Version: String, Sendable, CaseIterable {
    case v12 = "1.2"
    case v13 = "1.3"
  }

  /// The server's certificate, followed by those of the authorities between it and the root.
  package var certificateFile: String
  /// The private key of the certificate, without a passphrase.
  package var keyFile: String
  /// The authorities of which every client needs a certificate, or nil if clients need none.
  package var clientCAFile: String?
  /// The oldest version that is accepted.
  package var minVersion = Version.v13
  /// The time from the connection to the end of its handshake, the wait for a turn included.
  package var handshakeTimeout = Duration.seconds(5)
  /// The handshakes that are under way at the same time, at least one for each I/O thread.
  package var maxHandshakes = 256
  /// The time between two looks at the files.
  package var watchInterval = Duration.seconds(1)

  /// The application protocol (ALPN) of ttrpc over TLS. Clients offer it or none.
  package static let applicationProtocol = "ttrpc/1"

  package init(certificateFile: String, keyFile: String, clientCAFile: String? = nil) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.clientCAFile = clientCAFile
  }

  /// Reads the files once, so that a program can say what is wrong with them before it does
  /// anything else. Blocks for the time of the disk.
  package func check() throws(ListenError) { _ = try expiry() }

  /// Reads the files once. Returns the time at which the first certificate of the chain expires, in
  /// seconds since 1970. Blocks for the time of the disk.
  package func expiry() throws(ListenError) -> Int { try ServerCertificates(self).expiry }
}

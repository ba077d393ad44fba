import TTRPC

/// The failure to connect, and the use of another attempt.
struct ClientConnectFailure: Error {
  let error: RPCError
  /// True if other attempts meet it too, until somebody changes a certificate or an address.
  let isFinal: Bool
}

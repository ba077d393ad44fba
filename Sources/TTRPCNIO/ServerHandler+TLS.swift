import NIOCore
import TTRPC

// The handshake of a connection on a TLS listener, as its handler sees it.
extension ServerHandler {
  /// The client's address, for logs.
  var address: String { peer.address }

  func handshakeBegan(_ handshake: ServerHandshake, transport: ChannelHandlerContext) {
    self.handshake = handshake
    self.transport = transport
  }

  /// Lets the connection go on after its handshake. `names` are those of the client's certificate.
  func handshakeSucceeded(_ names: [String], transport: ChannelHandlerContext) {
    handshake = nil
    self.transport = transport
    peer = Peer(address: peer.address, certificateNames: names)
  }

  /// The output, in bytes, that is encrypted at once. With what its records add it fits 64 KiB.
  private static let maxPieceBytes = 60 << 10

  /// Sends ``outgoing`` piece by piece, because the TLS handler keeps a buffer as large as the
  /// largest output that it has encrypted at once, for the life of the connection. A write may make
  /// the channel writable and call this again, which goes on with the next piece.
  func sendPieces(_ context: ChannelHandlerContext) {
    while transport != nil, outgoing.readableBytes > 0 {
      let length = min(Self.maxPieceBytes, outgoing.readableBytes)
      guard let piece = outgoing.readSlice(length: length) else { return }
      context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
    }
  }

  /// Gives the client a moment to read why the handshake has failed.
  func handshakeFailed() {
    guard case .open = ending else { return }
    handshake = nil
    ending = .lingering(until: .now + Self.linger)
  }

  /// Answers a client that speaks ttrpc on a listener for TLS. Its connection leaves its place.
  func refuseWithoutTLS(_ error: RPCError) {
    handshake = nil
    transport = nil
    connection.refuseCalls(error)
    if place == .held {
      owner.shared.releasePlace()
      owner.addSpare(self)
    }
    place = .none
  }
}

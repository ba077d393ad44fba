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

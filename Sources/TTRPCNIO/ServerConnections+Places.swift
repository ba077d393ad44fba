import NIOCore
import TTRPC

// The places of connections. The server has as many as `Limits.connections`. A connection beyond
// them stays without one for a moment: it gets one when it calls, from a connection that is idle,
// or is refused with an answer.
extension ServerConnections {
  /// Returns the handler for a connection that was accepted from `address`.
  func makeHandler(for address: SocketAddress?) -> ServerHandler {
    shared.connectionOpened()
    let host = PeerHost(address)
    if let host, !shared.enter(host) {
      return ServerHandler(self, host: host, place: .none, refusal: shared.tooManyFromPeer)
    }
    return ServerHandler(self, host: host, place: takeFirstPlace() ? .held : .wanted)
  }

  /// Finds a place for a connection that has sent its first frame: a free one, or that of an idle
  /// connection of this loop, or of another. Without one the connection is refused.
  func claimPlace(for handler: ServerHandler) {
    if shared.takePlace() || giveWay(to: .calling) {
      if !handler.takePlace() { shared.releasePlace() }
    } else {
      ask(others[...], for: handler.id)
    }
  }

  private func ask(_ loops: ArraySlice<ServerEventLoop>, for id: UInt64) {
    guard let other = loops.first else {
      shared.placesAreTaken()
      handlers[id]?.refuse(shared.tooManyConnections)
      return
    }
    other.eventLoop.execute { [loop] in
      let isFreed = other.connections?.giveWay(to: .calling) ?? false
      loop.eventLoop.execute { loop.connections?.answered(isFreed, loops.dropFirst(), id) }
    }
  }

  private func answered(_ isFreed: Bool, _ rest: ArraySlice<ServerEventLoop>, _ id: UInt64) {
    if !isFreed {
      ask(rest, for: id)
    } else if handlers[id]?.takePlace() != true {
      shared.releasePlace()
    }
  }

  /// Closes the connection of this loop that has been idle longest. Returns true if there is one;
  /// its place is then the caller's.
  func giveWay(to newcomer: IdleOrder.Newcomer) -> Bool {
    let now = ContinuousClock.now
    if idleOrder.isStale(now) {
      let idle = handlers.values.compactMap { $0.idleEntry }
      idleOrder.renew(idle, from: now, to: .now)
    }
    while let entry = idleOrder.next(for: newcomer, now) {
      guard let handler = handlers[entry.id], handler.idleEntry == entry,
        !handler.hasUnsentOutput
      else { continue }
      shared.placesAreTaken()
      handler.leavePlace()
      return true
    }
    return false
  }

  /// Keeps a connection without a place for a moment. If there are too many, the one that came
  /// first is closed, so that each has a moment to call.
  func addSpare(_ handler: ServerHandler) {
    spare.append(handler)
    guard shared.spareOpened() > TTRPCServer.maxRefusedConnections else { return }
    let first = spare.removeFirst()
    shared.spareClosed()
    first.closeNow()
  }

  func removeSpare(_ handler: ServerHandler) {
    guard let index = spare.firstIndex(where: { $0 === handler }) else { return }
    spare.remove(at: index)
    shared.spareClosed()
  }

  /// Gives back all that a connection held. Its descriptor is closed.
  func left(_ handler: ServerHandler) {
    removeSpare(handler)
    if handler.place == .held { shared.releasePlace() }
    if handler.isStranger { shared.releaseStrangerPlace() }
    if handler.place == .uncounted { shared.releaseOperatorPlace() }
    if let host = handler.host { shared.leave(host) }
    shared.connectionClosed()
  }
}

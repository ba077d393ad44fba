import TTRPC

// The connection's claim to one of the server's places.
extension ServerHandler {
  /// The connection as one that may give way, or nil if it is not idle.
  var idleEntry: IdleOrder.Entry? {
    guard case .open = ending, place == .held, let since = connection.idleSince else { return nil }
    return IdleOrder.Entry(id: id, isSilent: connection.isSilent, since: since)
  }

  /// Leaves the place to another connection and closes.
  func leavePlace() {
    place = .none
    // Nothing was sent that the client could still have to read.
    if connection.isSilent {
      ends(.evicted)
      closeNow()
    } else {
      close(.evicted)
      owner.addSpare(self)
    }
  }

  /// Takes the place that the connection has asked for, and goes on with its input. Returns false
  /// if the connection has ended in between.
  func takePlace() -> Bool {
    guard place == .asked, case .open = ending else { return false }
    place = .held
    owner.removeSpare(self)
    decide(refusal: nil)
    return true
  }

  /// Counts a connection whose caller has lost its right among those without an accepted key. If
  /// there are too many it ends, unless calls that have begun wait for their answers: they have the
  /// time of a stranger.
  func becomeStranger() {
    guard case .open = ending else { return }
    if place == .held, owner.shared.takeStrangerPlace() {
      isStranger = true
    } else if connection.callsInFlight == 0 {
      close(.unauthenticated)
    }
  }

  /// Answers the call of a connection that gets no place, and closes.
  func refuse(_ error: RPCError) {
    guard place == .asked, case .open = ending else { return }
    place = .none
    decide(refusal: error)
  }

  func decide(refusal: RPCError?) {
    connection.placeDecided(refusal: refusal)
    if let grace = owner.drainGraceMillis { connection.drain(graceMillis: grace) }
    process(beginsTurn: true)
    finishTurn()
  }
}

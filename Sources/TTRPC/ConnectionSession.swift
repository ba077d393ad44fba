/// The state of a connection that its dispatcher keeps between calls: if the client has proved who
/// it is, and who called last. Used on the connection's loop only.
public final class ConnectionSession {
  /// True while the client may use the connection whole. Otherwise ``Limits/unauthenticated``
  /// bounds it. A dispatcher sets it; the connection takes it back when ``caller`` loses its right.
  public var isAuthenticated: Bool
  /// The caller that has proved last who the client is; nil for one whose right does not end. A
  /// dispatcher sets it.
  public var caller: (any CallOwner)?
  /// The number of the call that is being dispatched, for logs; 0 for none. A dispatcher sets it.
  public var callID: UInt64 = 0
  /// A value of the dispatcher, released with the connection.
  public var state: AnyObject?
  /// The owner of the last call that had one. Kept so that calls of the same owner cost no
  /// reference counting.
  private var owner: (any CallOwner)?
  private var places: CallPlaces = []
  /// True if the call that is being dispatched belongs to `owner`.
  private var isOwned = false

  /// Creates the session of a new connection.
  public init(isAuthenticated: Bool = true) { self.isAuthenticated = isAuthenticated }

  /// Sets the owner of the call that is being dispatched, and the places that it holds. The
  /// connection gives them back when the call ends.
  public func own(_ owner: any CallOwner, holding places: CallPlaces = []) {
    if self.owner !== owner { self.owner = owner }
    self.places = places
    isOwned = true
  }

  /// Makes another value of the same caller the owner of the call that is being dispatched. It
  /// holds `more` places beside those that the call has.
  public func passOn(to owner: any CallOwner, adding more: CallPlaces) {
    own(owner, holding: isOwned ? places.union(more) : more)
  }

  /// Begins the dispatch of a call, which has no owner yet.
  func beginCall() {
    isOwned = false
    callID = 0
  }

  /// Takes the ownership of the call that was dispatched, for a call that stays open.
  func takeOwnership() -> CallOwnership? {
    guard isOwned, let owner else { return nil }
    isOwned = false
    return CallOwnership(owner: owner, places: places)
  }

  /// Ends the ownership of a call that was answered at once with `bytes`, or failed.
  func endCall(answer bytes: Int? = nil) {
    guard isOwned, let owner else { return }
    isOwned = false
    if let bytes { owner.answered(bytes) }
    if !places.isEmpty { owner.leave(places) }
  }
}

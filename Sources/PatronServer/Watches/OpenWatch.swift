internal import TTRPC

/// A client's open watch. Used on the I/O loop of its connection only.
final class OpenWatch {
  let stream: any ServerStream
  let call: CallContext
  /// The groups among which the watch moves.
  let places: WatchPlaces
  /// Every event up to this sequence was sent to the client or is not requested. Its group may know
  /// a later position; see ``WatchGroup/settled``.
  var position: Int64
  /// The group that reads for the watch; nil while the stream is full.
  weak var group: WatchGroup?
  /// The index in ``WatchGroup/members``.
  var index = 0
  private var lastSent = ContinuousClock.now

  init(
    _ opening: WatchOpening,
    _ places: WatchPlaces
  ) {
    stream = opening.stream
    call = opening.call
    self.places = places
    position = opening.source.start
  }

  /// Sends a message. Returns false if there is no room for another.
  func send(_ message: [UInt8], _ now: ContinuousClock.Instant) -> Bool {
    lastSent = now
    return stream.send(message)
  }

  /// Returns true if nothing was sent since `instant` although there was room.
  func isQuiet(since instant: ContinuousClock.Instant) -> Bool {
    group != nil && lastSent <= instant
  }
}
